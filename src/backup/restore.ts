/**
 * Starts a restore: a sibling of the primary that shares its network, so that the server is at 127.0.0.1, where the image
 * trusts every role and no password is needed. All steps are in its script (templates/jobs/restore); this end knows what
 * only the host knows, and says no early.
 */
import { type Cluster, type Pod, requirePrimary } from '../cluster/cluster.ts';
import { formatRef, podPaths, workContainer } from '../cluster/names.ts';
import { Failure } from '../errors.ts';
import type { Io } from '../io.ts';
import type { WholeBackup } from './catalogue.ts';
import { fileName, stemOf } from './file.ts';
import type { Place } from './place.ts';
import { restoreScript } from './restore-script.ts';
import { isLive, workLabels } from './work.ts';

export interface RestoreOptions {
  readonly lockTimeoutSeconds: number;
  readonly kick: boolean;
  readonly noOwner: boolean;
}

/** What is restored: a backup of this cluster, or a dump that is being downloaded. */
export type RestoreSource =
  | { readonly type: 'backup'; readonly backup: WholeBackup }
  | { readonly type: 'download'; readonly host: string };

export interface StartedRestore {
  readonly op: string;
  readonly container: string;
}

/** Notes of an operation, in the cluster's state directory; the script writes most of them. */
export const notePath = (place: Place, op: string, ending = ''): string =>
  `${place.state}/restores/${op}${ending}`;

/** Of a dump that is downloaded. It lies among the notes: this process may not write everywhere that an operator mounts at /backups (contract 2.1). */
export const downloadEnding = '.dump';

export const newOperation = (io: Io): string => io.host.randomHex(4);

/** One at a time; containers of earlier ones are taken away. The script holds a lock as well. */
export async function clearEarlier(io: Io, place: Place): Promise<void> {
  const names = await io.docker.list(restoreLabels(place));
  for (const found of await io.docker.inspect(names)) {
    if (isLive(found))
      throw new Failure(
        'refused',
        `a restore of ${formatRef(place.ref)} is running in container ${found.name}`,
        {
          hint: `Follow it with docker logs -f ${found.name}, or stop it with docker stop ${found.name}: the live database stays as it is until the swap.`,
        },
      );
    await io.docker.remove(found.name, { force: true }).catch(() => {});
  }
}

/** The labels of any restore, whatever it restores. */
export function restoreLabels(place: Place): Record<string, string> {
  const labels = workLabels(place.ref, 'restore', { id: '' as WholeBackup['id'], stamp: '' });
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}

export async function startRestore(
  io: Io,
  cluster: Cluster,
  place: Place,
  op: string,
  source: RestoreSource,
  options: RestoreOptions,
): Promise<StartedRestore> {
  const primary = requirePrimary(cluster, 'there is nothing to restore into');
  if (source.type === 'backup') await writeTables(io, place, op, source.backup);
  return run(io, place, primary, op, source.type === 'backup' ? source.backup : undefined, {
    VR_MODE: 'restore',
    ...optionsEnvironment(options),
    ...sourceEnvironment(cluster, op, source),
  });
}

export function startSwapBack(
  io: Io,
  cluster: Cluster,
  place: Place,
  mode: 'undo' | 'discard',
  options: RestoreOptions,
): Promise<StartedRestore> {
  return run(
    io,
    place,
    requirePrimary(cluster, 'there is nothing to restore into'),
    newOperation(io),
    undefined,
    {
      VR_MODE: mode,
      ...optionsEnvironment(options),
    },
  );
}

async function run(
  io: Io,
  place: Place,
  primary: Pod,
  op: string,
  backup: WholeBackup | undefined,
  env: Record<string, string>,
): Promise<StartedRestore> {
  const container = workContainer(place.ref, 'restore', op);
  await io.docker.run({
    name: container,
    image: primary.container!.image,
    entrypoint: 'bash',
    command: ['-c', restoreScript()],
    user: '0:0',
    network: `container:${primary.name}`,
    labels: backup === undefined ? restoreLabels(place) : workLabels(place.ref, 'restore', backup),
    volumes: [
      `${place.source}:${podPaths.backups}`,
      `${place.state}:${podPaths.state}`,
      ...dataVolume(primary),
    ],
    tmpfs:
      dataVolume(primary).length === 0 ? ['/var/lib/postgresql', podPaths.data] : ['/var/lib/postgresql'],
    extra: ['--stop-timeout', '30'],
    env: {
      VR_OP: op,
      VR_REF: formatRef(place.ref),
      VR_PREFIX: workContainer(place.ref, 'restore', ''),
      VR_USER: place.spec.user,
      VR_PORT: String(place.spec.port),
      VR_DATABASE: place.spec.database,
      VR_BACKUPS: place.directory,
      ...env,
    },
  });
  return { op, container };
}

/** Read-only, for its free space alone. It covers the image's VOLUME too, so no anonymous volume is made. */
function dataVolume({ container }: Pod): string[] {
  const mount = container?.mounts.find(({ destination }) => destination === podPaths.data);
  const source = mount?.type === 'volume' ? mount.name : mount?.source;
  return source === undefined ? [] : [`${source}:${podPaths.data}:ro`];
}

const optionsEnvironment = ({
  lockTimeoutSeconds,
  kick,
  noOwner,
}: RestoreOptions): Record<string, string> => ({
  VR_LOCK_TIMEOUT: String(lockTimeoutSeconds),
  ...(kick ? { VR_KICK: '1' } : {}),
  ...(noOwner ? { VR_NO_OWNER: '1' } : {}),
});

export function sourceEnvironment(
  cluster: Pick<Cluster, 'pods'>,
  op: string,
  source: RestoreSource,
): Record<string, string> {
  if (source.type === 'download')
    return {
      VR_SOURCE: source.host,
      VR_FETCH: '1',
      VR_UNTRUSTED: '1',
      VR_DUMP: `${podPaths.state}/restores/${op}${downloadEnding}`,
    };
  const { backup } = source;
  const sidecar = backup.sidecar;
  const raw = sidecar?.database_bytes ?? undefined;
  return {
    VR_SOURCE: stemOf(backup),
    VR_DUMP: `${podPaths.backups}/${fileName(backup, 'dump')}`,
    VR_NEED_BYTES: String(
      neededBytes(raw ?? (backup.sizeBytes ?? 0) * leastGrowth, serversOnTheDisk(cluster)),
    ),
    ...(raw === undefined ? {} : { VR_RAW_BYTES: String(raw) }),
    ...(sidecar === undefined
      ? {}
      : { VR_SHA256: sidecar.sha256, VR_LARGE_OBJECTS: String(sidecar.large_objects) }),
    // The very bytes that the capture decoded need no second decode: the checksum says that they are the same.
    ...(sidecar?.standing === 'verified' ? { VR_DECODED: '1' } : {}),
    ...(sidecar?.globals
      ? {
          VR_GLOBALS: `${podPaths.backups}/${sidecar.globals.file}`,
          VR_GLOBALS_SHA256: sidecar.globals.sha256,
        }
      : {}),
  };
}

/** A dump of unknown contents is compressed; a database is at least this many times as large. */
const leastGrowth = 2;
/** The log of a long load is recycled; it stays about this large (max_wal_size and wal_keep_size). */
const mostWalBytes = 2 * 1024 ** 3;

/** Each server that keeps its data on that disk writes the database and its log. */
export const neededBytes = (databaseBytes: number, servers: number): number =>
  Math.ceil((databaseBytes + Math.min(databaseBytes, mostWalBytes)) * servers);

/** Docker keeps volumes on one disk; where an operator mounted directories, each is taken for a disk of its own. */
function serversOnTheDisk({ pods }: Pick<Cluster, 'pods'>): number {
  const volumes = pods.filter(({ container }) =>
    container?.mounts.some(({ type, destination }) => type === 'volume' && destination === podPaths.data),
  );
  return Math.max(1, volumes.length);
}

/** What the script compares the restored tables with, one a line, as COPY reads it. */
async function writeTables(io: Io, place: Place, op: string, { sidecar }: WholeBackup): Promise<void> {
  if (sidecar === undefined || sidecar.tables.length === 0) return;
  const escaped = (text: string) =>
    text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  const lines = sidecar.tables.map(({ table, rows, bytes }) => `${escaped(table)}\t${rows}\t${bytes}\n`);
  await io.files.writeAtomic(notePath(place, op, '.tables'), lines.join(''));
}
