/**
 * What the scripts of pods and jobs meet in the Alpine images: uid 70, su-exec, busybox before every other tool
 * (test/lab/image/uid70.Dockerfile).
 */
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ClusterLab, docker, startClusterLab, type TestCluster } from '../support/cluster-lab.ts';

let lab: ClusterLab;
let cluster: TestCluster;

beforeAll(async () => {
  lab = await startClusterLab();
  cluster = lab.cluster(lab.scope('alpine'));
});
afterAll(async () => lab.close());

const psql = ['psql', '-XqU', 'postgres', '-c'];
const count = (ordinal: number, table = 't') => cluster.sql(ordinal, `select count(*) from ${table}`);

it('boots and clones, and everything belongs to uid 70', async () => {
  await cluster.apply({ image: 'postgres:17-uid70', replicas: 2, pg_config: { work_mem: '5MB' } });
  await cluster.settled(0, 2);
  const owners = await docker(
    'exec',
    cluster.pod(1),
    ...['stat', '-c', '%u', '/var/lib/postgresql/data/pgdata', '/backups'],
  );
  expect(owners).toBe('70\n70');
  expect(await cluster.sql(1, 'show work_mem')).toBe('5MB');
  expect(await docker('exec', cluster.pod(0), 'readlink', '-f', '/usr/local/sbin/stat')).toMatch(/busybox$/);
});

it('hands over, and takes back a node that went its own way', async () => {
  await cluster.sql(0, 'create table t as select generate_series(1, 1000) as i');
  await cluster.ok('promote', '--replica', '1');
  await cluster.settled(1, 2);
  await cluster.ok('promote', '--replica', '0');
  await cluster.settled(0, 2);
  // Rows that only the old primary has when it comes back.
  await docker('network', 'disconnect', lab.controller.network, cluster.pod(0));
  await docker('exec', cluster.pod(0), ...psql, 'insert into t select generate_series(-50, -1)');
  await docker('pause', cluster.pod(0));
  await cluster.ok('promote', '--replica', '1', '--force');
  const aliases = ['', '.voodu'].flatMap(suffix => ['--alias', `db-0.${cluster.scope}${suffix}`]);
  await docker('network', 'connect', ...aliases, lab.controller.network, cluster.pod(0)).catch(() => '');
  const said = await cluster.ok('rejoin', '--replica', '0');
  expect(said).toContain('ordinal 0 was rewound and streams from ordinal 1');
  await cluster.settled(1, 2);
  expect(await count(0, 't where i < 0')).toBe('0');
  await cluster.ok('rejoin', '--replica', '0', '--reclone');
  await cluster.settled(1, 2);
});

it('captures, proves, compares and restores', async () => {
  await cluster.sql(1, 'create role reader; grant select on t to reader');
  expect(await cluster.ok('backups:capture', '--follow')).toContain('backup b001 captured');
  expect(await cluster.ok('backups:capture', '--from-replica', '0', '--follow')).toContain(
    'backup b002 captured',
  );
  expect(readdirSync(cluster.backups).filter(name => name.startsWith('.'))).toEqual([]);
  await cluster.ok('backups:verify', 'b001');
  expect(await cluster.ok('backups:test', 'b001')).toMatch(/b001/);
  await cluster.sql(1, 'delete from t where i > 10; create table later (i int)');
  await cluster.ok('backups:restore', 'b001', '--yes');
  expect(await count(1)).toBe('1000');
  await cluster.ok('backups:restore', '--undo');
  expect(await count(1)).toBe('10');
});

it('writes a physical copy and puts it back', async () => {
  const tar = `${cluster.backups}/base.tar`;
  await cluster.ok('backup', '--destination', tar);
  await cluster.sql(1, 'drop table t');
  await cluster.ok('restore', '--from', tar, '--yes');
  await cluster.settled(1, 2, 120_000);
  expect(await count(1)).toBe('10');
  expect(await count(0)).toBe('10');
});
