/** What a handover costs: the pause of a writer and its parts, and rejoin by rewind against a re-clone at two sizes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClusterLab, docker, startClusterLab, type TestCluster } from '../support/cluster-lab.ts';
import { startWriter } from '../support/writer.ts';
import type { Row, Section } from './bench.ts';

export const bench: Section = {
  name: 'failover: planned promote under a writer, and rejoin of a diverged node (postgres:17, 2 nodes; ratios against a plain pg_basebackup of the small database)',
  run,
};

const rounds = 3;

async function run(): Promise<readonly Row[]> {
  const lab = await startClusterLab();
  try {
    return [...(await handovers(lab)), ...(await rejoins(lab))];
  } finally {
    await lab.close();
  }
}

async function handovers(lab: ClusterLab): Promise<Row[]> {
  const cluster = lab.cluster(lab.scope('bgap'));
  await cluster.apply({ image: 'postgres:17', replicas: 2 });
  await cluster.settled(0, 2);
  const rows: Row[] = [];
  for (let round = 0; round < rounds; round++) {
    const target = (round + 1) % 2;
    const writer = await startWriter(
      cluster,
      lab.controller.bucket(cluster.scope, 'db')['POSTGRES_PASSWORD']!,
      2,
    );
    await sleep(1_000);
    const began = performance.now();
    const said = await cluster.ok('promote', '--replica', String(target));
    const total = performance.now() - began;
    await cluster.settled(target, 2);
    await sleep(500);
    await writer.stop();
    rows.push(
      row(
        `planned promote ${round + 1}: writer's gap`,
        writer.longestGapMs() / 1000,
        `command ${(total / 1000).toFixed(1)} s, ${/writes paused for [\d.]+ s/.exec(said)?.[0] ?? ''}`,
      ),
    );
  }
  await cluster.remove();
  return rows;
}

async function rejoins(lab: ClusterLab): Promise<Row[]> {
  const rows: Row[] = [];
  let reference = 0;
  for (const megabytes of [100, 1000]) {
    const cluster = lab.cluster(lab.scope(`brejoin${megabytes}`));
    await cluster.apply({ image: 'postgres:17', replicas: 2 });
    await cluster.settled(0, 2);
    await cluster.sql(
      0,
      `create table bulk as select g, repeat(md5(g::text), 30) as t from generate_series(1, ${megabytes * 1000}) g`,
    );
    await cluster.until(
      'the standby has it',
      async () => (await cluster.sql(1, 'select count(*) from bulk')) === String(megabytes * 1000),
      120_000,
    );
    const clone = await timed(() =>
      docker(
        'exec',
        '-u',
        'postgres',
        cluster.pod(1),
        'bash',
        '-c',
        `PGPASSFILE=/var/lib/voodu/replication.pgpass pg_basebackup -h db-0.${cluster.scope}.voodu -U replicator -D /tmp/c -X none --checkpoint=fast --no-password 2>/dev/null; rm -rf /tmp/c`,
      ),
    );
    reference ||= clone;
    await diverge(cluster, lab);
    const rewind = await timed(() => cluster.ok('rejoin', '--replica', '0'));
    await cluster.settled(1, 2, 120_000);
    const reclone = await timed(async () => {
      await cluster.pg('rejoin', '--replica', '0', '--reclone');
      await cluster.settled(1, 2, 300_000);
    });
    for (const [what, seconds] of [
      ['rejoin by rewind', rewind],
      ['rejoin by reclone', reclone],
    ] as const)
      rows.push({ ...row(`${megabytes} MB: ${what}`, seconds, ''), ratio: (seconds / reference).toFixed(2) });
    await cluster.remove();
  }
  return rows;
}

/** The primary writes 100 rows that nobody receives, and the standby is made the primary. */
async function diverge(cluster: TestCluster, lab: ClusterLab): Promise<void> {
  await docker('network', 'disconnect', lab.controller.network, cluster.pod(1));
  await docker(
    'exec',
    cluster.pod(0),
    'psql',
    '-XqU',
    'postgres',
    '-c',
    'create table only_here as select generate_series(1, 100)',
  );
  await docker('pause', cluster.pod(0));
  await docker(
    'network',
    'connect',
    '--alias',
    `db-1.${cluster.scope}.voodu`,
    lab.controller.network,
    cluster.pod(1),
  );
  await cluster.ok('promote', '--replica', '1', '--force');
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

const row = (what: string, seconds: number, note: string): Row => ({
  what,
  seconds: seconds.toFixed(2),
  ratio: '',
  note,
});
