import packageJson from '../../../package.json' with { type: 'json' };
import { findBackup, loadCatalogue, requireDump } from '../../backup/catalogue.ts';
import { awaitJob, followJob } from '../../backup/job.ts';
import { loadPlace } from '../../backup/place.ts';
import { startVerification, verifyExit } from '../../backup/verify.ts';
import { command, message } from '../../cli/command.ts';
import { formatRef } from '../../cluster/names.ts';
import { Failure } from '../../errors.ts';
import { clusterParam } from '../shared-params.ts';
import { backupParam } from './parameters.ts';

/** A verification that takes longer is followed on the operator's terminal. */
const patienceMs = 10_000;

export const verify = command({
  name: 'backups:verify',
  summary: 'Check a backup: checksum, and a full decode of every block',
  params: { cluster: clusterParam, id: backupParam },
  details: `
The result is kept and shown in the list. A backup of an older plugin gets its checksum now, so that later changes show.
Leaves with 0 when the backup is sound. Nothing is restored; see vd pg:backups:test for that.`,
  examples: [{ line: 'vd pg:backups:verify my-app/db b007', does: 'is it still what was captured?' }],
  run: async ({ io, deadline }, { cluster: ref, id }) => {
    const place = await loadPlace(io, ref);
    const backup = requireDump(place, findBackup(place, await loadCatalogue(io, place), id));
    const container = await startVerification(io, place, backup, packageJson.version);
    const until = new Date(Math.min(deadline.getTime(), io.host.now().getTime() + patienceMs));
    const ended = await awaitJob(io, container, until);
    if (ended === undefined)
      return message(`postgres ${formatRef(ref)}: verifying ${backup.id}`, [followJob(container)]);
    const { stdout, stderr } = await io.docker.logs(container);
    const said = stdout
      .trim()
      .split('\n')
      .filter(line => !line.startsWith('  ['))
      .join('\n');
    if (ended.exitCode === verifyExit.verified) {
      await io.docker.remove(container);
      return message(said);
    }
    throw new Failure(
      ended.exitCode === verifyExit.corrupt ? 'refused' : 'docker',
      said || stderr.trim() || `verification ended with status ${ended.exitCode}`,
      {
        hint:
          ended.exitCode === verifyExit.corrupt
            ? `Do not restore from it. Others: vd pg:backups ${formatRef(ref)}.`
            : `See docker logs ${container} on the host.`,
      },
    );
  },
});
