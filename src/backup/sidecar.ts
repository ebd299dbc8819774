/**
 * `bNNN-….json`: what is known about the dump beside it. Scripts inside containers write and change it too
 * (templates/jobs/dump.sh.hbs), line by line: one top-level field a line, two spaces deep.
 */
import * as z from 'zod';
import type { Files } from '../io.ts';

export const sidecarFormat = 1;

const table = z.object({
  /** Schema and name as SQL quotes them. */
  table: z.string(),
  rows: z.number(),
  /** Of the rows as COPY writes them: with the count, a cheap comparison of contents. */
  bytes: z.number(),
});

const tested = z.object({ at: z.string(), result: z.enum(['ok', 'failed']), detail: z.string() });

/** `verified`: checksum and a full decode agreed. `corrupt`: they did not. */
export const standings = ['verified', 'unverified', 'corrupt'] as const;

const schema = z.object({
  format: z.number(),
  id: z.string(),
  file: z.string(),
  standing: z.enum(standings),
  /** Why it is corrupt; empty otherwise. */
  standing_reason: z.string(),
  verified_at: z.string().nullable(),
  sha256: z.string(),
  size_bytes: z.number(),
  globals: z.object({ file: z.string(), sha256: z.string(), size_bytes: z.number() }).nullable(),
  cluster: z.string(),
  database: z.string(),
  user: z.string(),
  database_bytes: z.number().nullable(),
  server_version: z.string(),
  dump_version: z.string(),
  system_id: z.string(),
  /** Null where it is not known: an older plugin's dump that was verified later. */
  source_ordinal: z.number().nullable(),
  source_role: z.enum(['primary', 'standby']).nullable(),
  started_at: z.string(),
  finished_at: z.string().nullable(),
  duration_seconds: z.number().nullable(),
  compression: z.string(),
  plugin_version: z.string(),
  row_count: z.number(),
  large_objects: z.number(),
  tested: tested.nullable(),
  tables: z.array(table),
});

export type Sidecar = z.infer<typeof schema>;
export type Standing = Sidecar['standing'];
export type TableCount = Sidecar['tables'][number];

/** Undefined where the text is not a sidecar of a format this version knows. */
export function parseSidecar(text: string): Sidecar | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success && parsed.data.format === sidecarFormat ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** In the schema's order, whatever the order of the value's own keys. */
export function formatSidecar(sidecar: Sidecar): string {
  const fields = Object.keys(schema.shape) as (keyof Sidecar)[];
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
