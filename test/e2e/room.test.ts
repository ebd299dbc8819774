/** A copy of the primary, where the disk is small, and where it takes longer than the liveness probe waits. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ClusterLab, docker, startClusterLab, type TestCluster } from '../support/cluster-lab.ts';

let lab: ClusterLab;
beforeAll(async () => {
  lab = await startClusterLab();
});
const disk = mkdtempSync(join(tmpdir(), 'voodu-disk-'));
afterAll(async () => {
  await lab?.close();
  spawnSync('umount', ['-l', disk]);
  rmSync(disk, { recursive: true, force: true });
});

const data = '/var/lib/postgresql/data';
const inPod = (cluster: TestCluster, script: string) => docker('exec', cluster.pod(1), 'bash', '-c', script);

/** Puts `prelude` before the pod's pg_basebackup; PostgreSQL finds its files beside the program. */
const slowDown = (cluster: TestCluster, prelude: string) =>
  inPod(
    cluster,
    `cd /usr/lib/postgresql/17/bin && { [ -e real_basebackup ] || mv pg_basebackup real_basebackup; }
     printf '%s\\n' '#!/bin/sh' '${prelude}' >pg_basebackup && chmod 755 pg_basebackup`,
  );

it('a small disk: nothing is begun that does not fit, nothing goes on into the reserve, and it heals by itself', async () => {
  const cluster = lab.cluster(lab.scope('room'));
  const volume = `voodu-${cluster.scope}-db-data-1`;
  expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=80m', 'tmpfs', disk]).status).toBe(0);
  const options = ['type=none', 'o=bind', `device=${disk}`].flatMap(option => ['--opt', option]);
  await docker('volume', 'create', '--driver', 'local', ...options, volume);
  await cluster.apply({ image: 'postgres:17' });
  await cluster.settled(0, 1);
  await cluster.sql(
    0,
    'create table big as select g, repeat(md5(g::text), 20) as t from generate_series(1, 100000) g',
  );
  await cluster.apply({ image: 'postgres:17', replicas: 2 });
  await cluster.until('it waits for room', async () =>
    /waiting for room to copy ordinal 0: the databases of ordinal 0 are \d+ MB, the disk of \S+ has 80 MB free, and 4 MB of that stay free/.test(
      await cluster.logs(1),
    ),
  );
  expect(await cluster.sql(0, 'select count(*) from pg_replication_slots')).toBe('0');

  await slowDown(cluster, 'exec /usr/lib/postgresql/17/bin/real_basebackup --max-rate=6M "$@"');
  expect(spawnSync('mount', ['-o', 'remount,size=300m', disk]).status).toBe(0);
  await cluster.until('the copy runs', async () =>
    (await inPod(cluster, `ls ${data}/pgdata.cloning`)).includes('base'),
  );
  await inPod(cluster, `dd if=/dev/zero of=${data}/ballast bs=1M count=220 2>&1`);
  await cluster.until('it is stopped', async () =>
    /waiting for room: copying ordinal 0 was stopped half-way, the disk of \S+ has \d+ MB free/.test(
      await cluster.logs(1),
    ),
  );
  expect(await inPod(cluster, `ls ${data}; pgrep -c basebackup || true`)).toBe('ballast\nvoodu\n0');
  await inPod(cluster, `rm ${data}/ballast`);
  await docker('kill', '--signal', 'USR1', cluster.pod(1));
  await cluster.settled(0, 2);
  expect(await cluster.sql(1, 'select count(*) from big')).toBe('100000');

  // What cannot succeed does not stop a standby that works.
  await inPod(cluster, `dd if=/dev/zero of=${data}/ballast bs=1M count=120 2>&1`);
  const { code, stdout, stderr } = await cluster.pg('rejoin', '--replica', '1', '--reclone');
  expect(code).not.toBe(0);
  expect(stdout + stderr).toMatch(/ordinal 1 could not rejoin: the databases of ordinal 0 are \d+ MB/);
  await cluster.settled(0, 2, 3_000);
});

it('a copy of 50 s is not cut off by the liveness probe, and the port says nothing meanwhile', async () => {
  const cluster = lab.cluster(lab.scope('slow'));
  await cluster.apply({ image: 'postgres:17', replicas: 2 });
  await cluster.settled(0, 2);
  expect(await inPod(cluster, 'readlink /etc/postgresql/voodu-*.conf')).toBe(
    '/etc/postgresql/conf.d/voodu-50-streaming.conf\n/etc/postgresql/conf.d/voodu-99-overrides.conf',
  );
  // A stray file in the record is nobody's right, and takes none away.
  writeFileSync(`${cluster.state}/epochs/99`, '');

  await slowDown(cluster, 'sleep 50; exec /usr/lib/postgresql/17/bin/real_basebackup "$@"');
  const rejoin = cluster.pg('rejoin', '--replica', '1', '--reclone');
  await cluster.until(
    'the copy begins',
    async () => (await cluster.logs(1)).split('cloning from').length === 3,
  );
  expect(
    await inPod(
      cluster,
      'exec 9<>/dev/tcp/127.0.0.1/5432 && cat <&9 | wc -c; psql -h 127.0.0.1 -U postgres 2>&1 || true',
    ),
  ).toMatch(/^0\n.*server closed the connection unexpectedly/s);
  await cluster.settled(0, 2, 120_000);
  await sleep(2_000);
  const restarts = lab.controller.events.filter(
    event => event.scope === cluster.scope && event.reason === 'liveness',
  );
  expect(restarts).toEqual([]);
  expect(await docker('container', 'inspect', '--format', '{{.RestartCount}}', cluster.pod(1))).toBe('0');
  expect(await cluster.logs(1)).toContain('clone complete');
  expect(await cluster.sql(0, 'create table still_primary (i int)')).toBe('');
  expect((await rejoin).stdout).toMatch(/ordinal 1 is at it/);
  expect(await cluster.logs(0)).toMatch(/epochs\/99 names no primary: it is ignored/);
});
