import { splitHostPath, startBaseRestore } from '../backup/base.ts';
import { placeOf } from '../backup/place.ts';
import { outcomeOf } from '../backup/restore-outcome.ts';
import { command, message } from '../cli/command.ts';
import { titleOf } from '../cluster/cluster.ts';
import { loadCluster, patience } from '../cluster/load-cluster.ts';
import { formatRef } from '../cluster/names.ts';
import { Failure } from '../errors.ts';
import { describeUnfinished } from '../failover/operation.ts';
import { yesSwitch } from './backups/parameters.ts';
import { clusterParam } from './shared-params.ts';

export const restore = command({
  name: 'restore',
  summary: 'Physical: put a tar of pg:backup in place of the whole cluster; for dumps use backups:restore',
  params: {
    cluster: clusterParam,
    from: {
      type: 'flag',
      metavar: '<path>',
      doc: 'the tar, an absolute path on the host',
      required: true,
      parse: splitHostPath,
    },
    yes: { ...yesSwitch, doc: 'really replace the data of every pod' },
    otherSystem: {
      type: 'switch',
      doc: 'accept the backup of another cluster, after the loss of a host for example',
    },
  },
  details: `
The tar is unpacked on the primary's volume, verified and recovered beside the running server; only a backup that starts
takes its place. The present data of every pod is moved aside on its volume, not wiped. The standbys clone anew, and the
command ends when all of them stream. The passwords stay those of the bucket.`,
  examples: [
    {
      line: 'vd postgres:restore my-app/db --from /srv/backups/db.tar --yes',
      does: 'the whole cluster is what the tar holds',
    },
  ],
  run: async ({ io, deadline }, { cluster: ref, from, yes, otherSystem }) => {
    const cluster = await loadCluster(io, ref, patience.toAct);
    const unfinished = await describeUnfinished(io, ref, cluster.spec.state);
    if (unfinished !== undefined)
      throw new Failure('refused', `${formatRef(ref)} has an unfinished ${unfinished}`, {
        hint: `Which pod is the primary must be settled first; vd pg:info ${formatRef(ref)} shows it.`,
      });
    if (!yes)
      throw new Failure(
        'refused',
        `this replaces the data of every pod of ${formatRef(ref)} by ${from.directory}/${from.name}`,
        {
          hint: 'To do it, add --yes. The present data stays on each volume under another name.',
        },
      );
    const place = await placeOf(io.docker, cluster.ref, cluster.spec);
    const { container } = await startBaseRestore(io, cluster, place, { file: from, otherSystem });
    const text = `${titleOf(cluster)}: restoring in container ${container}; Ctrl-C stops following, not the restore`;
    const outcome = await outcomeOf(io, container, deadline, text);
    return message(outcome.message, outcome.actions);
  },
});
