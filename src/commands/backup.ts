import { splitHostPath, startBaseBackup } from '../backup/base.ts';
import { placeOf } from '../backup/place.ts';
import { outcomeOf } from '../backup/restore-outcome.ts';
import { chooseSource } from '../backup/source.ts';
import { command, message } from '../cli/command.ts';
import { titleOf } from '../cluster/cluster.ts';
import { loadCluster, patience } from '../cluster/load-cluster.ts';
import { clusterParam, replicaFlag } from './shared-params.ts';

export const backup = command({
  name: 'backup',
  summary: 'Physical copy of the whole cluster to a tar; for everyday backups use backups:capture',
  params: {
    cluster: clusterParam,
    destination: {
      type: 'flag',
      metavar: '<path>',
      doc: 'the tar, an absolute path on the host; never overwritten',
      required: true,
      parse: splitHostPath,
    },
    fromReplica: { ...replicaFlag, doc: 'copy this pod instead of the primary' },
  },
  details: `
The tar holds base.tar, pg_wal.tar and the manifest; it is unpacked and checked by pg_verifybackup before it gets its name.
It fits the same major only, and restores the whole cluster: vd postgres:restore.`,
  examples: [
    { line: 'vd postgres:backup my-app/db --destination /srv/backups/db.tar', does: 'a copy of the primary' },
    {
      line: 'vd postgres:backup my-app/db --destination /srv/backups/db.tar --from-replica 1',
      does: 'a copy of pod 1',
    },
  ],
  run: async ({ io, deadline }, { cluster: ref, destination, fromReplica }) => {
    const cluster = await loadCluster(io, ref, patience.toAct);
    const place = await placeOf(io.docker, cluster.ref, cluster.spec);
    const container = await startBaseBackup(
      io,
      cluster,
      place,
      chooseSource(cluster, fromReplica),
      destination,
    );
    const text = `${titleOf(cluster)}: copying in container ${container}; Ctrl-C stops following, not the backup (docker stop ${container} does)`;
    const outcome = await outcomeOf(io, container, deadline, text);
    return message(outcome.message, outcome.actions);
  },
});
