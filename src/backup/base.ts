/** postgres:backup and postgres:restore: a physical copy of the whole cluster, as the older plugin's commands were. */
import {
  type Cluster,
  livePrimary,
  localServer,
  type Pod,
  podOf,
  primaryOrdinal,
} from '../cluster/cluster.ts';
import { formatRef, podPaths, workContainer } from '../cluster/names.ts';
import { Failure } from '../errors.ts';
import type { Io } from '../io.ts';
import { quoteIdentifier, quoteLiteral, sql } from '../postgres/local-sql.ts';
import { baseBackupScript, baseRestoreScript } from './base-script.ts';
import type { Place } from './place.ts';
import { clearEarlier, newOperation, notePath, restoreLabels, type StartedRestore } from './restore.ts';
import { coveredVolumes, isLive } from './work.ts';

/** A file of the docker host, named by the operator. */
export interface HostFile {
  readonly directory: string;
  readonly name: string;
}

export function splitHostPath(path: string): HostFile {
  const match = /^(\/.*)\/([^/]+)$/.exec(path.replaceAll(/\/+/g, '/'));
  if (match && match[2] !== '.' && match[2] !== '..' && !match[1]!.includes(':'))
    return { directory: match[1]!, name: match[2]! };
  throw new Failure('usage', `${path} is not the absolute path of a file in a directory of this host`, {
    hint: 'For example /srv/backups/db.tar.',
  });
}

export async function startBaseBackup(
  io: Io,
  cluster: Cluster,
  place: Place,
  source: Pod,
  file: HostFile,
): Promise<string> {
  const op = newOperation(io);
  const bytes = Number(
    await sql(
      io.docker,
      localServer(cluster, source),
      'SELECT sum(pg_database_size(oid))::bigint + 64 * 1024 * 1024 FROM pg_database',
      { database: 'template1' },
    ),
  );
  const container = workContainer(cluster.ref, 'backup', `base-${op}`);
  const labels = { ...restoreLabels(place), 'voodu.postgres.work': 'base-backup' };
  await removeEnded(io, labels);
  await io.docker.run({
    name: container,
    image: source.container!.image,
    entrypoint: 'bash',
    command: ['-c', baseBackupScript()],
    user: '0:0',
    network: `container:${source.name}`,
    labels,
    volumes: [`${file.directory}:/destination`, `${place.state}:${podPaths.state}`],
    tmpfs: coveredVolumes,
    extra: ['--stop-timeout', '30'],
    env: {
      ...commonEnvironment(cluster, op),
      VR_MODE: 'base-backup',
      VR_FILE: file.name,
      VR_DESTINATION: `${file.directory}/${file.name}`,
      VR_SOURCE_ORDINAL: String(source.ordinal),
      VR_RAW_BYTES: String(bytes),
      VR_UNCHANGED: 'nothing was written',
    },
  });
  return container;
}

/** Logs of earlier ones stay until the next. */
async function removeEnded(io: Io, labels: Record<string, string>): Promise<void> {
  for (const found of await io.docker.inspect(await io.docker.list(labels)))
    if (!isLive(found)) await io.docker.remove(found.name, { force: true }).catch(() => {});
}

export interface BaseRestoreRequest {
  readonly file: HostFile;
  readonly otherSystem: boolean;
}

export async function startBaseRestore(
  io: Io,
  cluster: Cluster,
  place: Place,
  { file, otherSystem }: BaseRestoreRequest,
): Promise<StartedRestore> {
  const ref = formatRef(cluster.ref);
  const primary = podOf(cluster, primaryOrdinal(cluster));
  if (primary?.container?.state !== 'running' || primary.note === undefined)
    throw new Failure(
      'refused',
      `pod ${primary?.name ?? primaryOrdinal(cluster)} of ${ref}, the primary, is not running`,
      { hint: `Start it first: vd restart ${ref}; the restore happens on its volume.` },
    );
  await clearEarlier(io, place);
  const op = newOperation(io);
  const answers = livePrimary(cluster)?.ordinal === primary.ordinal;
  const volume = dataVolume(primary);
  await io.files.writeAtomic(notePath(place, op, '.roles'), passwordStatements(io, cluster), { mode: 0o600 });
  const container = workContainer(cluster.ref, 'restore', op);
  await io.docker.run({
    name: container,
    image: primary.container.image,
    entrypoint: 'bash',
    command: ['-c', baseRestoreScript()],
    user: '0:0',
    network: answers ? `container:${primary.name}` : 'none',
    labels: restoreLabels(place),
    volumes: [`${volume}:${podPaths.data}`, `${place.state}:${podPaths.state}`, `${file.directory}:/from:ro`],
    tmpfs: ['/var/lib/postgresql'],
    extra: ['--stop-timeout', '30', '--shm-size', '256m'],
    env: {
      ...commonEnvironment(cluster, op),
      VR_MODE: 'base-restore',
      VR_PREFIX: workContainer(cluster.ref, 'restore', ''),
      VR_SOURCE: `${file.directory}/${file.name}`,
      VR_TAR: `/from/${file.name}`,
      VR_PRIMARY: String(primary.ordinal),
      VR_STANDBYS: cluster.pods
        .filter(pod => pod !== primary)
        .map(pod => pod.ordinal)
        .join(' '),
      VR_SYSTEM: primary.answer?.system_id ?? cluster.epoch?.systemId ?? '',
      VR_TIMELINE: String(Math.max(primary.answer?.timeline ?? 0, cluster.epoch?.timeline ?? 0)),
      VR_EPOCH: String(cluster.epoch?.epoch ?? 0),
      VR_UNCHANGED: 'the cluster is unchanged',
      ...(otherSystem ? { VR_OTHER_SYSTEM: '1' } : {}),
      ...(answers ? {} : { VR_OFFLINE: '1' }),
    },
  });
  return { op, container };
}

const commonEnvironment = ({ ref, spec }: Cluster, op: string): Record<string, string> => ({
  VR_OP: op,
  VR_REF: formatRef(ref),
  VR_USER: spec.user,
  VR_PORT: String(spec.port),
  VR_DATABASE: spec.database,
});

function dataVolume({ name, container }: Pod): string {
  const mount = container?.mounts.find(({ destination }) => destination === podPaths.data);
  const source = mount?.type === 'volume' ? mount.name : mount?.source;
  if (source !== undefined) return source;
  throw new Failure('refused', `${name} keeps no volume at ${podPaths.data}`);
}

/** The backup has the passwords of its day; consumers and standbys use those of the bucket. Verifiers, not passwords. */
function passwordStatements(io: Io, { spec, bucket }: Cluster): string {
  const roles: [string, string | undefined][] = [
    [spec.user, bucket['POSTGRES_PASSWORD']],
    [spec.replicationUser, bucket['POSTGRES_REPLICATION_PASSWORD']],
  ];
  const statements = roles.flatMap(([role, password]) =>
    password
      ? [`ALTER ROLE ${quoteIdentifier(role)} PASSWORD ${quoteLiteral(io.host.scramVerifier(password))};\n`]
      : [],
  );
  return ["SET log_statement = 'none';\nSET log_min_error_statement = 'panic';\n", ...statements].join('');
}
