/** Restores a dump into a throw-away server in a container without a network; the result goes into its sidecar. */
import { type Cluster, livePrimary, localServer } from '../cluster/cluster.ts';
import { formatRef } from '../cluster/names.ts';
import { Failure } from '../errors.ts';
import type { Io } from '../io.ts';
import { sql } from '../postgres/local-sql.ts';
import type { WholeBackup } from './catalogue.ts';
import { startJob } from './job.ts';
import type { Place } from './place.ts';
import { neededBytes } from './restore.ts';
import { testScript } from './restore-script.ts';
import { isLive, listWork } from './work.ts';

/** Exit statuses of templates/jobs/test.sh.hbs. */
export const testExit = { restores: 0, fails: 65 } as const;

/** Joins a test of the same backup that already runs. */
export async function startTest(
  io: Io,
  cluster: Cluster,
  place: Place,
  backup: WholeBackup,
): Promise<string> {
  const before = (await listWork(io.docker, place.ref, 'test')).find(({ id }) => id === backup.id)?.container;
  if (before && isLive(before)) return before.name;
  if (before) await io.docker.remove(before.name);
  const needed = neededBytes(backup.sidecar?.database_bytes ?? (backup.sizeBytes ?? 0) * 2, 1);
  return startJob(io, place, {
    work: 'test',
    stem: backup,
    image: place.spec.image,
    script: testScript(),
    network: 'none',
    env: {
      BACKUP_REF: formatRef(place.ref),
      BACKUP_NEED_BYTES: String(needed),
      BACKUP_INITDB_ARGS: place.spec.env['POSTGRES_INITDB_ARGS'] ?? '',
      PGUSER: place.spec.user,
      ...(await liveSettings(io, cluster)),
    },
  });
}

/** What changes how values are written or which extensions load; without a server the image's own defaults. */
async function liveSettings(io: Io, cluster: Cluster): Promise<Record<string, string>> {
  const primary = livePrimary(cluster);
  if (primary === undefined) return {};
  const statement =
    "SELECT current_setting('TimeZone') || E'\\n' || current_setting('shared_preload_libraries')";
  try {
    const [timezone = '', preload = ''] = (
      await sql(io.docker, localServer(cluster, primary), statement, {
        database: cluster.spec.database,
        timeoutMs: 3_000,
      })
    ).split('\n');
    return { BACKUP_TIMEZONE: timezone.replaceAll("'", "''"), BACKUP_PRELOAD: preload.replaceAll("'", "''") };
  } catch (error) {
    if (error instanceof Failure) return {};
    throw error;
  }
}
