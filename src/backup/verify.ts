/** Checksum and full decode of a dump, in a container without a network; the result goes into its sidecar. */
import { formatRef } from '../cluster/names.ts';
import type { Io } from '../io.ts';
import type { WholeBackup } from './catalogue.ts';
import { startJob } from './job.ts';
import type { Place } from './place.ts';
import { verifyScript } from './script.ts';
import { isLive, listWork } from './work.ts';

/** Exit statuses of templates/jobs/verify.sh.hbs. */
export const verifyExit = { verified: 0, corrupt: 65 } as const;

/** Joins a verification of the same backup that already runs. */
export async function startVerification(
  io: Io,
  place: Place,
  backup: WholeBackup,
  pluginVersion: string,
): Promise<string> {
  const before = (await listWork(io.docker, place.ref, 'verify')).find(
    ({ id }) => id === backup.id,
  )?.container;
  if (before && isLive(before)) return before.name;
  if (before) await io.docker.remove(before.name);
  return startJob(io, place, {
    work: 'verify',
    stem: backup,
    image: place.spec.image,
    script: verifyScript(),
    network: 'none',
    env: { BACKUP_REF: formatRef(place.ref), BACKUP_PLUGIN_VERSION: pluginVersion },
  });
}
