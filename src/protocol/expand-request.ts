/** stdin of `expand` (contract 2.2): scope, spec and config are left out when empty. */
import * as z from 'zod';
import { Failure } from '../errors.ts';

const schema = z.object({
  kind: z.string().min(1),
  scope: z.string().default(''),
  name: z.string().default(''),
  spec: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform(spec => spec ?? {}),
  config: z
    .record(z.string(), z.string())
    .nullish()
    .transform(config => config ?? {}),
});

export type ExpandRequest = z.infer<typeof schema>;

export function parseExpandRequest(text: string): ExpandRequest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Failure(
      'usage',
      text.trim() === ''
        ? 'expand reads a request from stdin and got nothing'
        : 'expand got no JSON on stdin',
      {
        hint: 'To preview a file, run voodu-postgres expand -f voodu.hcl.',
        cause,
      },
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new Failure('usage', 'the expand request is not what the controller sends', {
    problems: parsed.error.issues.map(issue => ({
      path: issue.path.join('.') || 'request',
      message: issue.message,
    })),
  });
}
