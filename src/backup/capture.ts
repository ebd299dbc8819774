/**
 * Starts a capture: a sibling of the source pod that shares its network, so that the server is at 127.0.0.1, where the image
 * trusts every role and no password is needed. A container of docker's own rather than a job of the controller: it gets the name
 * the README promises, leaves no env file behind, and needs no manifest to be cleaned up.
 */
import type { Cluster } from '../cluster/cluster.ts';
import { localServer, type Pod, titleOf } from '../cluster/cluster.ts';
import { formatRef } from '../cluster/names.ts';
import type { Ordinal } from '../cluster/ordinal.ts';
import { Failure } from '../errors.ts';
import type { Io } from '../io.ts';
import { sql } from '../postgres/local-sql.ts';
import { allocateId } from './allocate.ts';
import { type Compression, firstMajorWith } from './compression.ts';
import { checkDisk } from './estimate.ts';
import { type BackupStem, formatStamp } from './file.ts';
import { startJob } from './job.ts';
import { type Place, placeOf } from './place.ts';
import { formatPolicy, isLimited, type Policy } from './policy.ts';
import { inUse } from './remove.ts';
import { captureScript } from './script.ts';
import { chooseSource } from './source.ts';
import { tidy } from './tidy.ts';
import type { WorkContainer } from './work.ts';

export interface CaptureRequest {
  readonly fromReplica: Ordinal | undefined;
  readonly policy: Policy;
  /** Undefined: the fastest there is. */
  readonly compression: Compression | undefined;
  readonly pluginVersion: string;
}

export interface StartedCapture {
  readonly stem: BackupStem;
  readonly container: string;
  readonly source: Pod;
}

export async function startCapture(
  io: Io,
  cluster: Cluster,
  request: CaptureRequest,
): Promise<StartedCapture> {
  const source = chooseSource(cluster, request.fromReplica);
  requireCompression(source, request.compression);
  const place = await placeOf(io.docker, cluster.ref, cluster.spec);
  await io.files.makeDirectory(place.directory).catch(() => {});
  const [{ catalogue, live }, databaseBytes] = await Promise.all([
    tidy(io, place),
    databaseSize(io, cluster, source),
  ]);
  await checkDisk(io, place, databaseBytes, catalogue, request.compression?.method);
  const id = await allocateId(io, place, `capture of ordinal ${source.ordinal}`);
  const stem = { id, stamp: formatStamp(io.host.now()) };
  const container = await startJob(io, place, {
    work: 'backup',
    stem,
    image: source.container!.image,
    script: captureScript(),
    network: `container:${source.name}`,
    env: environment(place, source, request, live),
  });
  return { stem, container, source };
}

/** The job would find out too, in the background. */
export function requireCompression(
  { answer }: Pick<Pod, 'answer'>,
  compression: Compression | undefined,
): void {
  const major = Number.parseInt(answer?.version ?? '', 10);
  if (compression === undefined || !(major < firstMajorWith(compression.method))) return;
  throw new Failure('refused', `PostgreSQL ${major} cannot compress a dump with ${compression.method}`, {
    hint: `--compress ${compression.method} wants ${firstMajorWith(compression.method)} or newer; this one knows gzip and none.`,
  });
}

function environment(
  place: Place,
  source: Pod,
  { policy, compression, pluginVersion }: CaptureRequest,
  live: readonly WorkContainer[],
): Record<string, string> {
  const { user, port, database } = place.spec;
  return {
    PGUSER: user,
    PGPORT: String(port),
    PGDATABASE: database,
    BACKUP_REF: formatRef(place.ref),
    BACKUP_SOURCE: String(source.ordinal),
    BACKUP_PLUGIN_VERSION: pluginVersion,
    ...(compression === undefined ? {} : { BACKUP_COMPRESS: compression.text }),
    ...(isLimited(policy)
      ? {
          BACKUP_KEEP: String(policy.keep ?? 0),
          BACKUP_MAX_AGE_SECONDS: String(policy.maxAge?.seconds ?? 0),
          BACKUP_POLICY: formatPolicy(policy),
          BACKUP_PROTECTED: [...inUse(live)].join(' '),
        }
      : {}),
  };
}

async function databaseSize(io: Io, cluster: Cluster, source: Pod): Promise<number> {
  const { database } = cluster.spec;
  return Number(
    await sql(io.docker, localServer(cluster, source), 'SELECT pg_database_size(current_database())', {
      database,
    }),
  );
}

/** The seed's promise, and what scripts read the id from. */
export const capturingText = (cluster: Cluster, { stem, container, source }: StartedCapture): string =>
  `${titleOf(cluster)}: backup ${stem.id} capturing in background (container ${container}, source: ordinal ${source.ordinal}).`;
