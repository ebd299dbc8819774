/** How large a dump will be, and whether the disk has room for it. */
import { formatRef } from '../cluster/names.ts';
import { Failure } from '../errors.ts';
import type { Io } from '../io.ts';
import type { Backup } from './catalogue.ts';
import { type Method, methodOf } from './compression.ts';
import type { Place } from './place.ts';

/** Without a backup to learn from: half of the database. */
const usualShare = 0.5;
/** The database may compress worse than it did. */
const reserve = 1.2;
/** Companions, and air for the others on that disk. */
const leastFreeBytes = 16 * 1024 ** 2;

export function estimateBytes(databaseBytes: number, catalogue: readonly Backup[], method?: Method): number {
  const known = catalogue.findLast(
    ({ sidecar }) =>
      sidecar?.database_bytes && (methodOf(sidecar.compression) === 'none') === (method === 'none'),
  );
  // Text is not much smaller than a database, whose indexes it leaves out.
  const unknown = method === 'none' ? 1 : usualShare;
  const share = known ? (known.sidecar!.size_bytes / known.sidecar!.database_bytes!) * reserve : unknown;
  return Math.ceil(databaseBytes * share);
}

export async function checkDisk(
  io: Io,
  place: Place,
  databaseBytes: number,
  catalogue: readonly Backup[],
  method?: Method,
): Promise<void> {
  const needed = estimateBytes(databaseBytes, catalogue, method) + leastFreeBytes;
  const free = await io.files.freeBytes(place.directory);
  if (free >= needed) return;
  const ref = formatRef(place.ref);
  throw new Failure(
    'refused',
    `a backup of ${ref} needs about ${megabytes(needed)}, and ${megabytes(free)} are free at ${place.directory}`,
    { hint: `Make room first: vd pg:backups ${ref}, then vd pg:backups:prune ${ref} --keep <n> --yes.` },
  );
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MB`;
