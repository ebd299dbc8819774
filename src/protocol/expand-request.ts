/** stdin of `expand` (contract 2.2): scope, spec and config are left out when empty. */
import * as z from 'zod/mini';
import { Failure } from '../errors.ts';

const schema = z.object({
  kind: z.string().check(z.minLength(1)),
  scope: z._default(z.string(), ''),
  name: z._default(z.string(), ''),
  spec: z.pipe(
    z.nullish(z.record(z.string(), z.unknown())),
    z.transform(spec => spec ?? {}),
  ),
  config: z.pipe(
    z.nullish(z.record(z.string(), z.string())),
    z.transform(config => config ?? {}),
  ),
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
      message: wanted(issue),
    })),
  });
}

/** In our own words: zod's are a table for each language, which every start would load. */
function wanted(issue: z.core.$ZodIssue): string {
  if (issue.code === 'too_small') return 'is empty';
  if (issue.code !== 'invalid_type') return 'is not valid';
  return issue.expected === 'string' ? 'wants a string' : 'wants an object';
}
