/** The statefulset: what the operator wrote, over what every postgres pod needs. */
import { assetName, backupsDirectory, type ClusterRef, podPaths, stateDirectory } from '../cluster/names.ts';
import type { Manifest } from '../protocol/manifest.ts';
import { imageMajor } from '../spec/image.ts';
import { mountDestination } from '../spec/mounts.ts';
import type { PostgresSpec } from '../spec/postgres-spec.ts';
import { sizeBytes } from '../spec/quantity.ts';
import { emittedFiles } from './asset.ts';

export interface Surroundings {
  /** The controller's root on the docker host, `/opt/voodu` unless it runs elsewhere. */
  readonly root: string;
  /** Whether the bucket publishes the port on every address (`vd pg:expose`). */
  readonly exposed: boolean;
}

export function planStatefulset(ref: ClusterRef, spec: PostgresSpec, around: Surroundings): Manifest {
  const { env, health_check, ports, probes, rest, volume_claims } = spec.statefulset;
  return {
    kind: 'statefulset',
    ...ref,
    spec: {
      ...rest,
      image: spec.image,
      replicas: spec.replicas,
      command: ['bash', podPaths.entrypoint],
      env: { ...env, ...ownEnvironment(ref, spec) },
      ports: around.exposed ? [`0.0.0.0:${spec.port}:${spec.port}`] : (ports ?? [String(spec.port)]),
      volumes: planVolumes(ref, spec, around.root),
      volume_claims: [
        { name: 'data', mount_path: podPaths.data, ...volume_claims.find(claim => claim.name === 'data') },
        ...volume_claims.filter(claim => claim.name !== 'data'),
      ],
      docker_options: planDockerOptions(spec),
      health_check: health_check ?? ['pg_isready', ...readyArguments(spec)].join(' '),
      probes: probes ?? defaultProbes(spec),
    },
  };
}

/** No password and no ordinal of the primary: those move, and spec.env would win over the bucket for ever (contract 6.3). */
function ownEnvironment(ref: ClusterRef, spec: PostgresSpec): Record<string, string> {
  const initdbArgs = spec.statefulset.env['POSTGRES_INITDB_ARGS'];
  return {
    PGDATA: podPaths.pgdata,
    PG_NAME: ref.name,
    PG_PORT: String(spec.port),
    PG_REPLICATION_USER: spec.replicationUser,
    PG_SCOPE_SUFFIX: `.${ref.scope}`,
    POSTGRES_DB: spec.database,
    // initdb takes the last of two, so the operator's come behind.
    POSTGRES_INITDB_ARGS: [
      `--locale=${spec.initdbLocale} --encoding=${spec.initdbEncoding}`,
      ...(initdbArgs === undefined ? [] : [initdbArgs]),
    ].join(' '),
    POSTGRES_USER: spec.user,
  };
}

/** By destination: the operator's mount replaces ours of the same place. */
function planVolumes(ref: ClusterRef, spec: PostgresSpec, root: string): string[] {
  const asset = assetName(ref);
  const own = [
    ...emittedFiles.map(file => `\${asset.${ref.scope}.${asset}.${file.key}}:${file.mountPath}:ro`),
    `${root}/assets/${ref.scope}/${asset}:${podPaths.live}:ro`,
    `${stateDirectory(ref)}:${podPaths.state}:rw`,
    `${backupsDirectory(ref)}:${podPaths.backups}:rw`,
  ];
  const theirs = new Map(spec.statefulset.volumes.map(volume => [mountDestination(volume), volume]));
  const claimed = new Set(spec.statefulset.volume_claims.map(claim => claim.mount_path));
  const merged = own
    .filter(volume => !claimed.has(ownDestination(volume)))
    .map(volume => {
      const destination = ownDestination(volume);
      const replacement = theirs.get(destination);
      theirs.delete(destination);
      return replacement ?? volume;
    });
  return [...merged, ...theirs.values()];
}

/** Our own sources may be asset references, which hold no colon. */
const ownDestination = (volume: string): string => volume.split(':')[1]!;

function planDockerOptions(spec: PostgresSpec): string[] {
  const theirs = spec.statefulset.docker_options;
  const given = (option: string) => theirs.some(word => word === option || word.startsWith(`${option}=`));
  return [
    ...(given('--stop-timeout') ? [] : ['--stop-timeout', String(spec.stopTimeoutSeconds)]),
    ...(given('--shm-size') ? [] : ['--shm-size', planShmSize(spec)]),
    ...(volumeAboveData(spec) ? ['--tmpfs', '/var/lib/postgresql'] : []),
    ...theirs,
  ];
}

/**
 * Images of 18 and later declare the directory above ours as a volume, which would pile up anonymous volumes;
 * a tmpfs there prevents it (test/e2e/lab-image.test.ts). Harmless where the major is not known.
 */
function volumeAboveData({ image, statefulset }: PostgresSpec): boolean {
  const mounted = [
    ...statefulset.volumes.map(mountDestination),
    ...statefulset.volume_claims.map(claim => claim.mount_path),
  ];
  return (imageMajor(image) ?? 18) >= 18 && !mounted.includes('/var/lib/postgresql');
}

const leastShmBytes = 256 * 1024 ** 2;
const blockBytes = 8192;

/** Parallel queries share memory through /dev/shm; docker's 64 MB are too few (test/e2e). In bytes, for docker. */
function planShmSize(spec: PostgresSpec): string {
  if (spec.shmSize !== undefined) return String(sizeBytes(spec.shmSize));
  const buffers = sizeBytes(String(spec.settings['shared_buffers'] ?? '128MB'), blockBytes) ?? 0;
  return String(Math.max(leastShmBytes, buffers));
}

function readyArguments(spec: PostgresSpec): string[] {
  return ['-U', spec.user, '-d', spec.database, '-p', String(spec.port)];
}

/**
 * Liveness: the port accepts. Readiness: pg_isready, and a standby really streams (the entrypoint keeps that file).
 * Startup waits for the port as long as a clone or a crash recovery may take, so that liveness cannot cut it short.
 */
function defaultProbes(spec: PostgresSpec): Record<string, unknown> {
  return {
    liveness: { tcp_socket: { port: spec.port }, initial_delay: '20s', period: '10s', failure_threshold: 3 },
    readiness: {
      exec: {
        command: [
          'bash',
          '-c',
          `pg_isready "$@" && bash ${podPaths.entrypoint} ready`,
          'pg_isready',
          ...readyArguments(spec),
        ],
      },
      period: '5s',
      timeout: '3s',
      failure_threshold: 1,
      success_threshold: 2,
    },
    startup: { tcp_socket: { port: spec.port }, period: '2s', failure_threshold: 43_200 },
  };
}
