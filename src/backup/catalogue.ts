/** All backups of a cluster and how each stands: its files, the sidecar, and the container that makes it. */
import { formatRef, workContainer } from '../cluster/names.ts';
import { Failure } from '../errors.ts';
import type { FileEntry, Io } from '../io.ts';
import { type BackupFile, type BackupStem, fileName, parseFileName, parseStamp, stemOf } from './file.ts';
import { type BackupId, type BackupName, backupNumber, formatBackupName } from './id.ts';
import type { Shelf } from './place.ts';
import { parseSidecar, type Sidecar, type Standing } from './sidecar.ts';
import { isLive, listWork, type WorkContainer } from './work.ts';

export type BackupStatus = 'running' | 'complete' | 'failed' | 'corrupt';

export interface Backup extends BackupStem {
  readonly status: BackupStatus;
  readonly createdAt: string;
  /** Of the dump, or of what is written of it so far. */
  readonly sizeBytes: number | undefined;
  /** The dump on the docker host, where there is a whole one. */
  readonly path: string | undefined;
  readonly sidecar: Sidecar | undefined;
  /** `unverified` where no sidecar says more, as with dumps of the Go plugin. */
  readonly standing: Standing;
  /** The container that captures it or did, as long as it is there. */
  readonly container: string | undefined;
  /** Why it failed or is corrupt. */
  readonly reason: string | undefined;
}

export interface Seen {
  readonly entries: readonly (BackupFile & { readonly entry: FileEntry; readonly text?: string })[];
  readonly captures: readonly WorkContainer[];
}

/** Oldest first. A caller that knows the containers already hands them over. */
export async function loadCatalogue(
  io: Io,
  place: Shelf,
  known?: readonly WorkContainer[],
): Promise<readonly Backup[]> {
  const [entries, work] = await Promise.all([
    seeFiles(io, place),
    known ?? listWork(io.docker, place.ref, 'backup'),
  ]);
  const captures = work.filter(({ work: kind }) => kind === 'backup');
  return buildCatalogue(place, {
    entries,
    captures: [...captures, ...(await unlabelled(io, place, entries, captures))],
  });
}

async function seeFiles(io: Io, place: Shelf): Promise<Seen['entries']> {
  const files = (await io.files.list(place.directory)).flatMap(entry => {
    const file = parseFileName(entry.name);
    return file === undefined || entry.directory ? [] : [{ ...file, entry }];
  });
  return Promise.all(
    files.map(async file => {
      if (file.type !== 'sidecar' && file.type !== 'failure') return file;
      const text = await io.files.read(file.entry.path);
      return text === undefined ? file : { ...file, text };
    }),
  );
}

/** The Go plugin's capture writes under the final name, in a container of the same name without our labels. */
async function unlabelled(
  io: Io,
  place: Shelf,
  entries: Seen['entries'],
  captures: readonly WorkContainer[],
): Promise<WorkContainer[]> {
  const known = new Set([...captures, ...entries.filter(({ type }) => type === 'sidecar')].map(stemOf));
  const bare = entries.filter(entry => entry.type === 'dump' && !known.has(stemOf(entry)));
  const containers = await io.docker.inspect([
    ...new Set(bare.map(({ id }) => workContainer(place.ref, 'backup', id))),
  ]);
  return bare.flatMap(({ id, stamp }) => {
    const container = containers.find(({ name }) => name === workContainer(place.ref, 'backup', id));
    return container && isLive(container) ? [{ id, stamp, work: 'backup' as const, container }] : [];
  });
}

export function buildCatalogue(place: Pick<Shelf, 'directory'>, seen: Seen): readonly Backup[] {
  const stems = new Map<string, BackupStem>();
  for (const { id, stamp } of [...seen.entries, ...seen.captures])
    stems.set(stemOf({ id, stamp }), { id, stamp });
  return [...stems.values()]
    .flatMap(stem => describe(place, stem, seen) ?? [])
    .sort((a, b) =>
      a.stamp === b.stamp ? backupNumber(a.id) - backupNumber(b.id) : a.stamp < b.stamp ? -1 : 1,
    );
}

function describe(
  place: Pick<Shelf, 'directory'>,
  stem: BackupStem,
  { entries, captures }: Seen,
): Backup | undefined {
  const own = entries.filter(entry => stemOf(entry) === stemOf(stem));
  const dump = own.find(({ type }) => type === 'dump');
  const partial = own.find(entry => entry.type === 'partial' && entry.of === 'dump');
  const failure = own.find(({ type }) => type === 'failure');
  const sidecar = parseSidecar(own.find(({ type }) => type === 'sidecar')?.text ?? '');
  const container = captures.find(capture => stemOf(capture) === stemOf(stem))?.container;
  const common = {
    ...stem,
    createdAt: parseStamp(stem.stamp)?.toISOString().replace('.000Z', 'Z') ?? '',
    container: container?.name,
  };
  const nothing = { path: undefined, sidecar: undefined, standing: 'unverified' as const, reason: undefined };
  if (container && isLive(container) && (dump === undefined || sidecar === undefined))
    return { ...common, ...nothing, status: 'running', sizeBytes: (dump ?? partial)?.entry.sizeBytes };
  if (dump !== undefined) {
    const damage = damageOf(dump.entry, sidecar);
    const standing = damage === undefined ? (sidecar?.standing ?? 'unverified') : 'corrupt';
    return {
      ...common,
      status: standing === 'corrupt' ? 'corrupt' : 'complete',
      sizeBytes: dump.entry.sizeBytes,
      path: `${place.directory}/${fileName(stem, 'dump')}`,
      sidecar,
      standing,
      reason: damage,
    };
  }
  const reason = failure?.text?.trim() || failureOf(container?.exitCode, partial !== undefined);
  return reason === undefined
    ? undefined
    : { ...common, ...nothing, status: 'failed', sizeBytes: undefined, reason };
}

/** What is visible without reading the dump. */
function damageOf(dump: FileEntry, sidecar: Sidecar | undefined): string | undefined {
  if (sidecar === undefined) return dump.sizeBytes === 0 ? 'the file is empty' : undefined;
  if (dump.sizeBytes !== sidecar.size_bytes)
    return `${dump.sizeBytes} bytes, but ${sidecar.size_bytes} were captured`;
  return sidecar.standing === 'corrupt' ? sidecar.standing_reason || 'verification failed' : undefined;
}

/** A container that ended well and left no dump made one that was deleted since. */
function failureOf(exitCode: number | undefined, partial: boolean): string | undefined {
  if (exitCode === 0 || (exitCode === undefined && !partial)) return undefined;
  if (exitCode === undefined) return 'the capture was interrupted';
  return exitCode === 137
    ? 'the capture was killed (docker kill, or out of memory)'
    : `the capture ended with status ${exitCode}`;
}

/** The backup an operator named. */
export function findBackup(
  place: Pick<Shelf, 'ref'>,
  catalogue: readonly Backup[],
  name: BackupName,
): Backup {
  const ref = formatRef(place.ref);
  const found = catalogue.filter(
    backup => backup.id === name.id && (name.stamp === undefined || backup.stamp === name.stamp),
  );
  if (found.length === 1) return found[0]!;
  if (found.length === 0)
    throw new Failure('not-found', `${ref} has no backup ${formatBackupName(name)}`, {
      hint:
        catalogue.length === 0
          ? `It has none yet: vd pg:backups:capture ${ref}.`
          : `vd pg:backups ${ref} lists its ${catalogue.length}; the newest is ${catalogue.at(-1)!.id}.`,
    });
  throw new Failure('refused', `${found.length} backups of ${ref} are called ${name.id}`, {
    hint: `Two captures of the older plugin shared an id. Name one in full: ${found.map(stemOf).join(' or ')}.`,
  });
}

/** A backup with a dump to read. */
export type WholeBackup = Backup & { readonly path: string };

export function requireDump(place: Pick<Shelf, 'ref'>, backup: Backup): WholeBackup {
  const ref = formatRef(place.ref);
  if (backup.path !== undefined) return backup as WholeBackup;
  throw new Failure('refused', `backup ${backup.id} of ${ref} is ${backup.status}: it has no dump`, {
    hint:
      backup.status === 'running'
        ? `Follow it: vd pg:backups:logs ${ref} ${backup.id} --follow.`
        : `${backup.reason ?? 'It failed'}. Choose another: vd pg:backups ${ref}.`,
  });
}

export const idsIn = (catalogue: readonly Backup[]): ReadonlySet<BackupId> =>
  new Set(catalogue.map(({ id }) => id));
