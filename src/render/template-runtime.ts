/**
 * What a precompiled template needs at run time: the small Handlebars runtime and our helpers.
 * A hole is final syntax or goes through `conf` (a postgresql.conf value) or `sh` (a shell word).
 */
import Handlebars from 'handlebars/runtime.js';
import { confLiteral } from './conf-literal.ts';
import { shellWord } from './shell-word.ts';

export type Template<T = unknown> = (context: T) => string;

const runtime = Handlebars.create();
runtime.registerHelper('conf', confLiteral);
runtime.registerHelper('sh', shellWord);
// Handlebars' own `each` renders nothing for a missing list, even in strict mode; a typo must not pass.
runtime.registerHelper('each', (list: unknown, options: { fn: (item: unknown) => string }) => {
  if (!Array.isArray(list)) throw new Error('template: #each wants an array');
  return list.map(item => options.fn(item)).join('');
});

export function instantiate<T>(spec: Parameters<typeof runtime.template>[0]): Template<T> {
  const template = runtime.template(spec);
  return context => template(context);
}
