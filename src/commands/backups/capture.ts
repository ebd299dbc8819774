import packageJson from '../../../package.json' with { type: 'json' };
import { capturingText, startCapture } from '../../backup/capture.ts';
import { parseCompression } from '../../backup/compression.ts';
import { followJob } from '../../backup/job.ts';
import { formatPolicy, isLimited, resolvePolicy } from '../../backup/policy.ts';
import { command, message } from '../../cli/command.ts';
import { loadCluster, patience } from '../../cluster/load-cluster.ts';
import { formatRef } from '../../cluster/names.ts';
import { clusterParam, replicaFlag } from '../shared-params.ts';
import { keepFlag, maxAgeFlag } from './parameters.ts';

export const capture = command({
  name: 'backups:capture',
  summary: 'Capture a backup in the background; --follow shows its progress',
  params: {
    cluster: clusterParam,
    fromReplica: { ...replicaFlag, doc: 'capture from this pod instead of the primary' },
    follow: { type: 'switch', doc: 'show bytes, rate and estimate until it is done' },
    keep: keepFlag,
    maxAge: maxAgeFlag,
    compress: {
      type: 'flag',
      metavar: '<method>',
      doc: 'zstd, gzip, lz4 or none; with a level: --compress=gzip:6; default zstd:1 where pg_dump has it, else gzip:1',
      parse: parseCompression,
    },
  },
  details: `
Runs pg_dump in a container of its own, which survives this command, the terminal and the connection. The dump is decoded to
its end and hashed before it gets its name; roles, memberships and database settings lie beside it, without passwords.
Then older backups go as --keep and --max-age say, each by default what the config bucket says; the newest verified backup
always stays. The share of the estimate is a hint: it takes half of the database's size for the dump's.
A dump with zstd or lz4 is read only by a pg_restore that was built with it. --compress gzip makes a portable one, for every
pg_restore of the same major or a newer one. Write a level with "=" (--compress=gzip:6): vd splits a bare a:b.
While a standby is captured it replays nothing, so that nothing it replays can end the dump.`,
  examples: [
    { line: 'vd pg:backups:capture my-app/db', does: 'in the background; prints the id' },
    {
      line: 'vd pg:backups:capture my-app/db --from-replica 1 --follow',
      does: 'from a standby, with progress',
    },
    {
      line: 'vd pg:backups:capture my-app/db --keep 14 --max-age 30d',
      does: 'and keep 14 backups of the last 30 days',
    },
    {
      line: 'vd pg:backups:capture my-app/db --compress=gzip:6',
      does: 'a portable dump, also for a pg_restore without zstd',
    },
  ],
  run: async ({ io }, { cluster: ref, fromReplica, follow, keep, maxAge, compress }) => {
    const cluster = await loadCluster(io, ref, patience.toAct);
    const { policy, problems } = resolvePolicy({ keep, maxAge }, cluster.bucket);
    const started = await startCapture(io, cluster, {
      fromReplica,
      policy,
      compression: compress,
      pluginVersion: packageJson.version,
    });
    const name = formatRef(ref);
    const notes = [
      ...(isLimited(policy) ? [`retention (${formatPolicy(policy)}) follows when it is complete`] : []),
      ...problems.map(problem => `warning: ${problem}; nothing is pruned for it`),
    ];
    if (follow) {
      const text = `${capturingText(cluster, started)} Ctrl-C ends the following, not the capture.`;
      return message([text, ...notes].join('\n'), [followJob(started.container)]);
    }
    const track = `track via: vd pg:backups ${name}  |  vd pg:backups:logs ${name} ${started.stem.id} --follow`;
    return message([`${capturingText(cluster, started)} ${track}`, ...notes].join('\n'));
  },
});
