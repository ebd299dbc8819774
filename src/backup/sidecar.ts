/**
 * `bNNN-….json`: what is known about the dump beside it. Scripts inside containers write and change it too
 * (templates/jobs/dump.sh.hbs), line by line: one top-level field a line, two spaces deep.
 */
import * as z from 'zod/mini';
import type { Files } from '../io.ts';
import { once } from '../once.ts';

export const sidecarFormat = 1;

/** `verified`: checksum and a full decode agreed. `corrupt`: they did not. */
export const standings = ['verified', 'unverified', 'corrupt'] as const;

const schema = once(() =>
  z.object({
    format: z.number(),
    id: z.string(),
    file: z.string(),
    standing: z.enum(standings),
    /** Why it is corrupt; empty otherwise. */
    standing_reason: z.string(),
    verified_at: z.nullable(z.string()),
    sha256: z.string(),
    size_bytes: z.number(),
    globals: z.nullable(z.object({ file: z.string(), sha256: z.string(), size_bytes: z.number() })),
    cluster: z.string(),
    database: z.string(),
    user: z.string(),
    database_bytes: z.nullable(z.number()),
    server_version: z.string(),
    dump_version: z.string(),
    system_id: z.string(),
    /** Null where it is not known: an older plugin's dump that was verified later. */
    source_ordinal: z.nullable(z.number()),
    source_role: z.nullable(z.enum(['primary', 'standby'])),
    started_at: z.string(),
    finished_at: z.nullable(z.string()),
    duration_seconds: z.nullable(z.number()),
    compression: z.string(),
    plugin_version: z.string(),
    row_count: z.number(),
    large_objects: z.number(),
    tested: z.nullable(z.object({ at: z.string(), result: z.enum(['ok', 'failed']), detail: z.string() })),
    tables: z.array(
      z.object({
        /** Schema and name as SQL quotes them. */
        table: z.string(),
        rows: z.number(),
        /** Of the rows as COPY writes them: with the count, a cheap comparison of contents. */
        bytes: z.number(),
      }),
    ),
  }),
);

export type Sidecar = z.infer<ReturnType<typeof schema>>;
export type Standing = Sidecar['standing'];
export type TableCount = Sidecar['tables'][number];

/** Undefined where the text is not a sidecar of a format this version knows. */
export function parseSidecar(text: string): Sidecar | undefined {
  try {
    const parsed = schema().safeParse(JSON.parse(text));
    return parsed.success && parsed.data.format === sidecarFormat ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** In the schema's order, whatever the order of the value's own keys. */
export function formatSidecar(sidecar: Sidecar): string {
  const fields = Object.keys(schema().shape) as (keyof Sidecar)[];
  const lines = fields.map(
    field =>
      `  ${JSON.stringify(field)}: ${field === 'tables' ? formatTables(sidecar.tables) : JSON.stringify(sidecar[field])}`,
  );
  return `{\n${lines.join(',\n')}\n}\n`;
}

const formatTables = (tables: Sidecar['tables']): string =>
  tables.length === 0 ? '[]' : `[\n${tables.map(entry => `    ${JSON.stringify(entry)}`).join(',\n')}\n  ]`;

/** Read, change, and put in place at once, owned as before. False where there is no sidecar (any more). */
export async function changeSidecar(
  files: Files,
  path: string,
  change: (sidecar: Sidecar) => Sidecar,
): Promise<boolean> {
  const text = await files.read(path);
  const sidecar = text === undefined ? undefined : parseSidecar(text);
  if (sidecar === undefined) return false;
  await files.writeAtomic(path, formatSidecar(change(sidecar)), { like: path });
  return true;
}
