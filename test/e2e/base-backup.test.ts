/** postgres:backup and postgres:restore on real servers: verified, nothing overwritten, nothing wiped, all standbys back. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { splitHostPath, startBaseRestore } from '../../src/backup/base.ts';
import { placeOf } from '../../src/backup/place.ts';
import { loadCluster } from '../../src/cluster/load-cluster.ts';
import { type ClusterLab, docker, startClusterLab, type TestCluster } from '../support/cluster-lab.ts';
import { holdingAt, untilHeld, vd, wake } from '../support/restore-lab.ts';

let lab: ClusterLab;
let shelf: string;
beforeAll(async () => {
  lab = await startClusterLab();
  shelf = mkdtempSync(join(tmpdir(), 'voodu-base-'));
});
afterAll(async () => {
  await lab?.close();
  rmSync(shelf, { recursive: true, force: true });
});

async function bring(hint: string, major: number, replicas: number): Promise<TestCluster> {
  const cluster = lab.cluster(lab.scope(hint));
  await cluster.apply({ image: `postgres:${major}`, replicas });
  await cluster.settled(0, replicas);
  return cluster;
}

const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
const login = (cluster: TestCluster, password: string) =>
  docker(
    'exec',
    '-e',
    `PGPASSWORD=${password}`,
    cluster.pod(1),
    'psql',
    '-h',
    `db-0.${cluster.scope}.voodu`,
    '-U',
    'postgres',
    '-XAtqc',
    'SELECT 1',
  );

describe.each([17, 18])('postgres:%i', major => {
  it('a copy goes out, the cluster changes, and the copy comes back with all standbys; old data is kept', async () => {
    const cluster = await bring(`base${major}`, major, 2);
    await cluster.sql(
      0,
      "CREATE TABLE t AS SELECT g, repeat('x', 100) AS t FROM generate_series(1, 10000) g",
    );
    const tar = join(shelf, `${major}.tar`);
    const said = await cluster.ok(
      'backup',
      `--destination=${tar}`,
      ...(major === 17 ? ['--from-replica', '1'] : []),
    );
    expect(said).toMatch(/base backup written to .* verified/);
    expect(execaSync('tar', ['-tf', tar]).stdout.split('\n').sort()).toEqual([
      'backup_manifest',
      'base.tar',
      'pg_wal.tar',
    ]);
    const before = digest(tar);
    expect(await vd(cluster, 'backup', `--destination=${tar}`)).toMatchObject({
      code: 1,
      said: expect.stringContaining('no file is overwritten'),
    });
    expect(digest(tar)).toBe(before);
    expect(readdirSync(shelf).filter(name => name.startsWith('.'))).toEqual([]);
    expect(statSync(tar).mode & 0o077).toBe(0);

    await cluster.sql(0, 'DELETE FROM t WHERE g > 10; CREATE TABLE later (i int)');
    const timeline = Number(await cluster.sql(0, 'SELECT timeline_id FROM pg_control_checkpoint()'));
    if (major === 17) {
      // The passwords of the bucket are newer than those of the backup.
      await cluster.ok('new-password');
      await cluster.settled(0, 2);
    }
    const ids = await cluster.ids();
    expect(await vd(cluster, 'restore', '--from', tar)).toMatchObject({
      code: 1,
      said: expect.stringContaining('add --yes'),
    });
    const restored = await cluster.ok('restore', '--from', tar, '--yes');
    expect(restored).toMatch(/verified by pg_verifybackup(.*\n)*.*1 standby streaming/);
    await cluster.settled(0, 2);
    for (const ordinal of [0, 1]) {
      await cluster.until(
        'the rows are there',
        async () =>
          (await cluster.sql(ordinal, "SELECT count(*) || ' ' || (to_regclass('later') IS NULL) FROM t")) ===
          '10000 true',
      );
      expect(
        await docker('exec', cluster.pod(ordinal), 'sh', '-c', 'ls -d /var/lib/postgresql/data/pgdata.*'),
      ).toMatch(/pgdata\.before-restore-\d{8}T\d{6}Z-tl\d+$/);
    }
    expect(
      Number(await cluster.sql(0, 'CHECKPOINT; SELECT timeline_id FROM pg_control_checkpoint()')),
    ).toBeGreaterThan(timeline);
    expect(await cluster.ids()).toEqual(ids);
    expect(await login(cluster, lab.controller.bucket(cluster.scope, 'db')['POSTGRES_PASSWORD']!)).toBe('1');
    await cluster.sql(0, 'INSERT INTO t VALUES (0, NULL)');
    if (major !== 17) return;
    // A failover still works, and the next restart finds its data.
    await cluster.ok('promote', '--replica', '1');
    await cluster.settled(1, 2);
  });
});

describe('refused, with the cluster unchanged', () => {
  let cluster: TestCluster;
  let tar: string;
  beforeAll(async () => {
    cluster = await bring('baseno', 17, 2);
    await cluster.sql(0, 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS i');
    tar = join(shelf, 'good.tar');
    await cluster.ok('backup', `--destination=${tar}`);
    await cluster.sql(0, 'CREATE TABLE later (i int)');
  });
  const unchanged = async () => {
    expect(await cluster.sql(0, "SELECT to_regclass('later') IS NOT NULL")).toBe('t');
    await cluster.settled(0, 2);
    expect(await docker('exec', cluster.pod(0), 'sh', '-c', 'ls /var/lib/postgresql/data')).not.toMatch(
      /pgdata\./,
    );
  };

  it('a promote while it is prepared: the wrong pod is not told', async () => {
    const io = holdingAt(lab, 'recovering');
    const live = await loadCluster(io, { scope: cluster.scope, name: cluster.name });
    const place = await placeOf(io.docker, live.ref, live.spec);
    const request = { file: splitHostPath(tar), otherSystem: false };
    const { container } = await startBaseRestore(io, live, place, request);
    await untilHeld(cluster, container, 'recovering');
    await cluster.ok('promote', '--replica', '1');
    await wake(container);
    expect(await docker('wait', container)).toBe('1');
    expect(await docker('logs', container)).toMatch(
      /FAILED: ordinal 0 was the primary when this restore began \(epoch \d+\), and ordinal 1 is since(.*\n)*the cluster is unchanged/,
    );
    await cluster.settled(1, 2);
    await cluster.ok('promote', '--replica', '0');
    await unchanged();
  });

  it('a flipped byte, a cut file, no tar at all, a missing file, another major, another system', async () => {
    const whole = readFileSync(tar);
    const flipped = Buffer.from(whole);
    const at = whole.indexOf('PostgreSQL') > 0 ? Math.floor(whole.length * 0.5) : 0;
    flipped[at]! ^= 1;
    writeFileSync(join(shelf, 'flipped.tar'), flipped);
    writeFileSync(join(shelf, 'cut.tar'), whole.subarray(0, Math.floor(whole.length / 2)));
    writeFileSync(join(shelf, 'noise.tar'), randomBytes(10_000));
    const other = await bring('baseother', 17, 1);
    await other.ok('backup', `--destination=${join(shelf, 'other.tar')}`);
    const cases: [string, RegExp][] = [
      ['flipped.tar', /CORRUPT|cannot be unpacked|does not recover/],
      ['cut.tar', /no tar|cannot be unpacked|CORRUPT/],
      ['noise.tar', /is no tar/],
      ['absent.tar', /there is no file/],
      ['other.tar', /is of another cluster: system \d+/],
    ];
    for (const [name, reason] of cases) {
      expect(await vd(cluster, 'restore', '--from', join(shelf, name), '--yes'), name).toMatchObject({
        code: 1,
        said: expect.stringMatching(reason),
      });
      await unchanged();
    }
    expect(await vd(cluster, 'backup', '--destination', 'relative.tar')).toMatchObject({
      code: 1,
      said: expect.stringContaining('absolute path'),
    });

    // After the loss of a host: another system, on purpose.
    await cluster.ok('restore', '--from', join(shelf, 'other.tar'), '--yes', '--other-system');
    await cluster.settled(0, 2);
    expect(await cluster.sql(1, "SELECT to_regclass('later') IS NULL")).toBe('t');
  });
});
