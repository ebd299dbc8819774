import { findBackup, loadCatalogue, requireDump } from '../../backup/catalogue.ts';
import { parseBackupName } from '../../backup/id.ts';
import { placeOf } from '../../backup/place.ts';
import { outcomeOf } from '../../backup/restore-outcome.ts';
import { startTest } from '../../backup/test.ts';
import { command, message } from '../../cli/command.ts';
import { titleOf } from '../../cluster/cluster.ts';
import { loadCluster, patience } from '../../cluster/load-cluster.ts';
import { clusterParam } from '../shared-params.ts';

export const backupsTest = command({
  name: 'backups:test',
  summary: 'Restore a backup into a throw-away server and compare every table',
  params: {
    cluster: clusterParam,
    id: { type: 'positional', metavar: '<id>', doc: 'a backup, like b007', parse: parseBackupName },
  },
  details: `
The copy lives beside the backups, in a container without a network, and is dropped afterwards: the cluster is not touched.
Rows and their bytes are compared table by table with what was captured. The result is shown by vd pg:backups.`,
  examples: [{ line: 'vd pg:backups:test my-app/db b007', does: 'would b007 restore?' }],
  run: async ({ io, deadline }, { cluster: ref, id }) => {
    const cluster = await loadCluster(io, ref, patience.toAct);
    const place = await placeOf(io.docker, cluster.ref, cluster.spec);
    const backup = requireDump(place, findBackup(place, await loadCatalogue(io, place), id));
    const container = await startTest(io, cluster, place, backup);
    const outcome = await outcomeOf(
      io,
      container,
      deadline,
      `${titleOf(cluster)}: testing ${backup.id} in container ${container}; Ctrl-C stops following, not the test`,
    );
    return message(outcome.message, outcome.actions);
  },
});
