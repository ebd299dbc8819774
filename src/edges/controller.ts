/** The controller's HTTP API (contract section 5), through undici. */
import { request } from 'undici';
import * as z from 'zod/mini';
import { Failure } from '../errors.ts';
import type { Controller, StoredManifest } from '../io.ts';
import { clipTo } from './clip.ts';

const manifest = z.object({
  kind: z.string(),
  scope: z.optional(z.string()),
  name: z.string(),
  spec: z.pipe(
    z.nullish(z.record(z.string(), z.unknown())),
    z.transform(spec => spec ?? {}),
  ),
});
const described = z.object({
  manifest,
  status: z.nullish(z.record(z.string(), z.unknown())),
  pods: z.nullish(
    z.array(z.object({ name: z.string(), replica_id: z.optional(z.string()), running: z.boolean() })),
  ),
});
const bucket = z.object({ vars: z.nullish(z.record(z.string(), z.string())) });
const envelope = z.object({
  status: z.string(),
  data: z.optional(z.unknown()),
  error: z.optional(z.string()),
});

const longestMs = 15_000;

export function createController(url: string | undefined, endsAt?: Date): Controller {
  const call = async (method: Method, path: string, query: Query, body?: unknown) => {
    const { status, text } = await ask(url, method, path, query, body, clipTo(endsAt, longestMs));
    return dataOf(`${method} ${path}`, status, text);
  };
  const stored = (found: z.infer<typeof manifest>): StoredManifest => ({
    kind: found.kind,
    name: found.name,
    spec: found.spec,
    ...(found.scope === undefined ? {} : { scope: found.scope }),
  });
  const vars = async (query: Query) =>
    understood('GET /config', bucket, await call('GET', '/config', query)).vars ?? {};
  return {
    describe: async (kind, scope, name) => {
      const { status, text } = await ask(
        url,
        'GET',
        '/describe',
        { kind, scope, name },
        undefined,
        clipTo(endsAt, longestMs),
      );
      // Here alone "not found" is an answer.
      if (status === 404) return undefined;
      const found = understood('GET /describe', described, dataOf('GET /describe', status, text));
      return {
        manifest: stored(found.manifest),
        status: found.status ?? undefined,
        pods: (found.pods ?? []).map(pod => ({
          name: pod.name,
          running: pod.running,
          ...(pod.replica_id === undefined ? {} : { replica_id: pod.replica_id }),
        })),
      };
    },
    manifests: async kind => {
      const data = await call('GET', '/apply', kind === undefined ? {} : { kind });
      return understood('GET /apply', z.nullish(z.array(manifest)), data)?.map(stored) ?? [];
    },
    bucket: (scope, name, { own = false } = {}) => vars({ scope, name, ...(own ? { merge: 'false' } : {}) }),
    scopeBucket: scope => vars({ scope }),
    record: async (scope, name, values) => {
      await call('POST', '/config', { scope, name, restart: 'false' }, values);
    },
    apply: async found => {
      await call('POST', '/apply', {}, found);
    },
  };
}

type Method = 'GET' | 'POST';
type Query = Readonly<Record<string, string>>;

async function ask(
  url: string | undefined,
  method: Method,
  path: string,
  query: Query,
  body: unknown,
  timeoutMs: number,
): Promise<{ readonly status: number; readonly text: string }> {
  if (url === undefined)
    throw new Failure('controller', 'no controller: this command was not started by the controller', {
      hint: 'Run it as vd pg:<command>.',
    });
  const what = `${method} ${path}`;
  if (timeoutMs === 0)
    throw new Failure('deadline', `${what} was not begun: the time of this command is over`);
  try {
    const response = await request(new URL(path, url), {
      method,
      query,
      // Of the whole call: the other limits begin anew with every part of an answer.
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return { status: response.statusCode, text: await response.body.text() };
  } catch (cause) {
    throw new Failure('controller', `the controller does not answer (${what})`, {
      hint: 'Is the voodu service running?',
      cause,
    });
  }
}

function dataOf(what: string, status: number, text: string): unknown {
  const reply = envelope.safeParse(parseJson(text));
  if (status >= 400 || !reply.success || reply.data.status === 'error') {
    const reason = reply.success ? reply.data.error : undefined;
    throw new Failure('controller', `the controller refused ${what}: ${reason ?? `status ${status}`}`);
  }
  return reply.data.data;
}

function understood<T>(what: string, schema: z.ZodMiniType<T>, data: unknown): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Failure(
    'controller',
    `the controller's answer to ${what} is not understood: ${issue?.path.join('.') || 'the whole'}: ${issue?.message ?? 'another shape'}`,
    { hint: 'Does this plugin fit this version of voodu? See vd pg:version.', cause: parsed.error },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
