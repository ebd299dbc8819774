/** Promote and rejoin on real servers: nothing acknowledged is lost, never two primaries, no pod is recreated. */
import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ClusterLab, docker, startClusterLab, type TestCluster } from '../support/cluster-lab.ts';
import { missingFrom, startWriter } from '../support/writer.ts';

let lab: ClusterLab;
beforeAll(async () => {
  lab = await startClusterLab();
});
afterAll(() => lab?.close());
const finished: TestCluster[] = [];
afterEach(async () => {
  for (const cluster of finished.splice(0)) await cluster.remove();
});

async function bring(hint: string, major = 17, replicas = 3, keep = false): Promise<TestCluster> {
  const cluster = lab.cluster(lab.scope(hint));
  if (!keep) finished.push(cluster);
  await cluster.apply({ image: `postgres:${major}`, replicas });
  await cluster.settled(0, replicas);
  return cluster;
}

const passwordOf = (cluster: TestCluster) =>
  lab.controller.bucket(cluster.scope, cluster.name)['POSTGRES_PASSWORD']!;
const epochsOf = (cluster: TestCluster) =>
  readdirSync(`${cluster.state}/epochs`).filter(name => /^\d+$/.test(name));

describe.each([15, 17, 18])('planned promote on postgres:%i under a steady writer', major => {
  it('loses nothing, has one writable pod at any instant, recreates none, and everybody follows; then back again', async () => {
    const cluster = await bring(`plan${major}`, major);
    await lab.controller.apply([
      {
        kind: 'deployment',
        scope: cluster.scope,
        name: 'web',
        spec: {
          image: 'postgres:17',
          replicas: 1,
          command: ['bash', '-c', 'trap "exit 0" TERM INT; while :; do sleep 0.2; done'],
        },
      },
    ]);
    await cluster.ok('link', `${cluster.scope}/web`, '--reads');
    const ids = await cluster.ids();
    const writer = await startWriter(cluster, passwordOf(cluster), 3);
    try {
      for (const target of [1, 2, 0]) {
        await sleep(1_000);
        const said = await cluster.ok('promote', '--replica', String(target));
        expect(said).toMatch(new RegExp(`ordinal ${target} is the primary, on timeline \\d`));
        await cluster.settled(target, 3, 20_000);
        expect(lab.controller.bucket(cluster.scope, 'db')['PG_PRIMARY_ORDINAL']).toBe(String(target));
        expect(lab.controller.bucket(cluster.scope, 'web')['DATABASE_URL']).toContain(
          `db-${target}.${cluster.scope}.voodu`,
        );
      }
      await sleep(500);
    } finally {
      await writer.stop();
    }
    console.log(
      `postgres:${major}: ${writer.acknowledged.length} acknowledged, longest gap ${writer.longestGapMs()} ms`,
    );
    expect(await missingFrom(cluster, 0, writer.acknowledged)).toEqual([]);
    expect(writer.mostWritable()).toBe(1);
    expect(await cluster.ids()).toEqual(ids);
    await cluster.apply({ image: `postgres:${major}`, replicas: 3 });
    expect(await cluster.ids()).toEqual(ids);
    for (const ordinal of [1, 2])
      await cluster.until(
        'no slot is left on a standby',
        async () => (await cluster.sql(ordinal, 'select count(*) from pg_replication_slots')) === '0',
        20_000,
      );
    const sums = await Promise.all(
      [0, 1, 2].map(ordinal => cluster.sql(ordinal, 'select count(*), sum(id) from written')),
    );
    expect(new Set(sums).size).toBe(1);
  });
});

describe('refusals change nothing and say what to type', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await bring('refuse', 17, 3, true);
  });
  const refusal = async (...words: string[]) => {
    const before = [lab.controller.bucket(cluster.scope, 'db'), epochsOf(cluster)];
    const { code, stdout, stderr } = await cluster.pg('promote', ...words);
    expect(code).not.toBe(0);
    expect([lab.controller.bucket(cluster.scope, 'db'), epochsOf(cluster)]).toEqual(before);
    return stdout + stderr;
  };

  it('already primary, out of range', async () => {
    expect(await refusal('--replica', '0')).toMatch(/ordinal 0 is the primary already/);
    expect(await refusal('--replica', '7')).toMatch(/has no ordinal 7: replicas = 3/);
  });

  it('paused replay', async () => {
    await cluster.sql(1, 'select pg_wal_replay_pause()');
    expect(await refusal('--replica', '1')).toMatch(
      /replay is paused on ordinal 1[\s\S]*pg_wal_replay_resume/,
    );
    await cluster.sql(1, 'select pg_wal_replay_resume()');
  });

  it('nobody streams and the primary is 5,000 rows ahead', async () => {
    await docker('pause', cluster.pod(2));
    await cluster.sql(1, "alter system set primary_conninfo = 'host=nowhere'");
    await cluster.sql(1, 'select pg_reload_conf()');
    await cluster.until(
      '1 no longer streams',
      async () => (await cluster.sql(1, 'select count(*) from pg_stat_wal_receiver')) === '0',
    );
    await cluster.sql(0, 'create table ahead as select generate_series(1, 5000) as i');
    expect(await refusal('--replica', '1')).toMatch(
      /ordinal 1 is not streaming: it replayed up to 0\/[0-9A-F]+/,
    );
    expect(await cluster.sql(1, 'select pg_is_in_recovery()')).toBe('t');
    await cluster.sql(1, 'alter system reset primary_conninfo');
    await cluster.sql(1, 'select pg_reload_conf()');
    await docker('unpause', cluster.pod(2));
    await cluster.settled(0, 3);
  });

  it('--dry-run prints checks and plan', async () => {
    const said = await cluster.ok('promote', '--replica', '1', '--dry-run');
    expect(said).toMatch(
      /nothing was changed[\s\S]*checked:[\s\S]*is streaming, [\d.]+ (bytes?|kB|MB) behind[\s\S]*would do:[\s\S]*may lose: nothing/,
    );
    expect(epochsOf(cluster)).toEqual(['1']);
  });

  it('a single replica', async () => {
    const single = await bring('single', 17, 1);
    const { code, stdout, stderr } = await single.pg('promote', '--replica', '0');
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(/replicas = 1: there is no standby to promote/);
  });
});

describe('an unreachable primary', () => {
  it('is refused with three choices; with --force it is fenced, and never accepts a write again', async () => {
    const cluster = await bring('gone');
    await cluster.sql(0, 'create table t as select 1 as i');
    await docker('pause', cluster.pod(0));
    const refused = await cluster.pg('promote', '--replica', '1');
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).toMatch(/Three choices: wait[\s\S]*docker stop[\s\S]*--force/);
    const said = await cluster.ok('promote', '--replica', '1', '--force', '--reason', 'rack 3 lost power');
    expect(readFileSync(`${cluster.state}/epochs/2`, 'utf8')).toMatch(
      /^by=promote [0-9a-f]{8}$[\s\S]*^target_lsn=0\/[0-9A-F]+$[\s\S]*^reason=rack 3 lost power$/m,
    );
    expect(said).toMatch(
      /ordinal 1 is the primary, on timeline 2[\s\S]*forced: it may lack whatever the old primary committed and never sent/,
    );
    await docker('unpause', cluster.pod(0)).catch(() => '');
    await docker('restart', '-t', '5', cluster.pod(0));
    await cluster.until(
      'it says it is fenced',
      async () => /FENCED: ordinal 1 is primary/.test(await cluster.logs(0)),
      30_000,
    );
    const end = Date.now() + 8_000;
    while (Date.now() < end) {
      expect((await cluster.trySql(0, 'insert into t values (2)')).exitCode).not.toBe(0);
      await sleep(100);
    }
    await cluster.settled(1, 2);
    expect(await cluster.ok('info')).toMatch(/ordinal 0 is (fenced|diverged)/);
    await cluster.ok('rejoin', '--replica', '0');
    await cluster.settled(1, 3);
  });

  it('of two standbys only the more advanced one is taken', async () => {
    const cluster = await bring('ahead');
    // Off the network, not paused: a paused pod's kernel goes on receiving.
    await docker('network', 'disconnect', lab.controller.network, cluster.pod(1));
    await cluster.sql(0, 'create table t as select generate_series(1, 1000) as i');
    await cluster.until('2 has it', async () => (await cluster.sql(2, 'select count(*) from t')) === '1000');
    await docker('kill', cluster.pod(0));
    const alias = `db-1.${cluster.scope}`;
    await docker(
      'network',
      'connect',
      '--alias',
      `${alias}.voodu`,
      '--alias',
      alias,
      lab.controller.network,
      cluster.pod(1),
    );
    await sleep(1_500);
    const refused = await cluster.pg('promote', '--replica', '1', '--force');
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).toMatch(/ordinal 2 is ahead by [\d.]+ (bytes?|kB|MB)/);
    await cluster.ok('promote', '--replica', '2', '--force');
    expect(await cluster.sql(2, 'select count(*) from t')).toBe('1000');
    await cluster.settled(2, 2);
  });

  it('thawed after somebody else took over by hand, it is demoted within seconds', async () => {
    const cluster = await bring('thaw');
    await cluster.sql(0, 'create table t as select 1 as i');
    await sleep(500);
    await docker('pause', cluster.pod(0));
    await cluster.sql(1, 'select pg_promote()');
    await cluster.until('1 took the record', async () => epochsOf(cluster).includes('2'));
    await docker('unpause', cluster.pod(0));
    await cluster.until(
      '0 is demoted',
      async () => (await cluster.trySql(0, 'insert into t values (2)')).exitCode !== 0,
      30_000,
    );
    expect(await cluster.logs(0)).toMatch(/FENCED: ordinal 1 is primary/);
    expect(await cluster.json('info')).toMatchObject({ primary: 1 });
    expect(await cluster.ok('info')).toContain(
      `the bucket says ordinal 0, the primary is ordinal 1 — vd pg:promote ${cluster.ref} --replica 1`,
    );
    const ids = await cluster.ids();
    expect(await cluster.ok('promote', '--replica', '1')).toContain('PG_PRIMARY_ORDINAL: 0 → 1');
    expect(lab.controller.bucket(cluster.scope, 'db')['PG_PRIMARY_ORDINAL']).toBe('1');
    expect((await cluster.pg('promote', '--replica', '1')).code).not.toBe(0);
    expect(epochsOf(cluster)).toEqual(['1', '2']);
    expect(await cluster.ids()).toEqual(ids);
  });

  it('a crash loop is ended: docker brings nothing back beside the new primary', async () => {
    const cluster = await bring('loop');
    const data = '/var/lib/postgresql/data/pgdata';
    await docker('exec', cluster.pod(0), 'mv', `${data}/global/pg_control`, `${data}/global/pg_control.off`);
    await docker('exec', cluster.pod(0), 'bash', '-c', `kill -KILL $(head -n 1 ${data}/postmaster.pid)`);
    await cluster.until(
      'it was restarted more than once',
      async () =>
        Number(await docker('container', 'inspect', '--format', '{{.RestartCount}}', cluster.pod(0))) > 1,
    );
    expect(await cluster.ok('promote', '--replica', '1', '--force')).toContain('ordinal 1 is the primary');
    await cluster.settled(1, 2);
    await docker('exec', cluster.pod(0), 'mv', `${data}/global/pg_control.off`, `${data}/global/pg_control`);
    await cluster.until('0 says it is fenced', async () => /FENCED|followed/.test(await cluster.logs(0)));
    expect(await cluster.json('info')).toMatchObject({ primary: 1 });
  });
});

describe('the promoted one is lost too', () => {
  it('a standby that was away during the promotion is taken by force, on the timeline before', async () => {
    const cluster = await bring('away');
    await cluster.sql(0, 'create table t as select generate_series(1, 10) as i');
    await cluster.until('2 has it', async () => (await cluster.sql(2, 'select count(*) from t')) === '10');
    await docker('stop', cluster.pod(2));
    await cluster.ok('promote', '--replica', '1');
    await cluster.settled(1, 2);
    await docker('kill', cluster.pod(0), cluster.pod(1));
    await docker('start', cluster.pod(2));
    await cluster.until('2 answers', async () => (await cluster.sql(2, 'select 1')) === '1');
    const refused = await cluster.pg('promote', '--replica', '2');
    expect(refused.code).not.toBe(0);
    expect(refused.stdout + refused.stderr).not.toContain('pg:rejoin');
    const plan = await cluster.ok('promote', '--replica', '2', '--force', '--dry-run');
    expect(plan).toMatch(
      /ordinal 2 is on timeline 1, the record says 2, and nobody who answers is on that \(--force\)[\s\S]*may lose: whatever/,
    );
    await cluster.ok('promote', '--replica', '2', '--force');
    expect(await cluster.sql(2, 'select count(*) from t')).toBe('10');
    await cluster.sql(2, 'insert into t values (11)');
    // It followed the lost one on a timeline of the same number: not a byte of that is mixed in.
    await docker('start', cluster.pod(0));
    await cluster.settled(2, 2);
    expect(await cluster.logs(0)).toContain('the previous data directory is kept at');
    expect(await cluster.sql(0, 'select count(*) from t')).toBe('11');
  });

  it('and where nobody answers, a pod that parks with its data is taken by force', async () => {
    const cluster = await bring('parked', 17, 2);
    await cluster.sql(0, 'create table t as select generate_series(1, 10) as i');
    await cluster.until('1 has it', async () => (await cluster.sql(1, 'select count(*) from t')) === '10');
    await docker('kill', cluster.pod(0));
    await cluster.ok('promote', '--replica', '1', '--force');
    await cluster.until('0 parks', async () => /FENCED/.test(await cluster.logs(0)));
    const refused = await cluster.pg('promote', '--replica', '0', '--force');
    expect(refused.code).not.toBe(0);
    await docker('kill', cluster.pod(1));
    expect(await cluster.ok('promote', '--replica', '0', '--force')).toMatch(
      /ordinal 0 is the primary, on timeline 1[\s\S]*forced: it may lack whatever/,
    );
    await cluster.sql(0, 'insert into t values (11)');
    await cluster.until('1 says it is fenced', async () => /FENCED: ordinal 0/.test(await cluster.logs(1)));
    expect(await cluster.ok('rejoin', '--replica', '1')).toContain('ordinal 1 was copied anew');
    await cluster.settled(0, 2);
    expect(await cluster.sql(1, 'select count(*) from t')).toBe('11');
  });
});

describe('afterwards', () => {
  it('a reboot of all pods at once, with yesterday\u2019s environment, keeps the new primary; so does a roll', async () => {
    const cluster = await bring('reboot');
    await cluster.ok('promote', '--replica', '2');
    await cluster.settled(2, 3);
    await Promise.all([0, 1, 2].map(ordinal => docker('restart', '-t', '5', cluster.pod(ordinal))));
    await cluster.settled(2, 3);
    await lab.controller.request('POST', `/restart?kind=statefulset&scope=${cluster.scope}&name=db`);
    await lab.controller.idle();
    await cluster.settled(2, 3);
    expect((await cluster.json('info')).epoch).toBe(2);
  });

  it('--no-restart leaves the old primary stopped until it is told to rejoin', async () => {
    const cluster = await bring('staged', 17, 2);
    expect(await cluster.ok('promote', '--replica', '1', '--no-restart')).toMatch(
      /ordinal 0 is stopped; make it a standby with vd pg:rejoin/,
    );
    await cluster.until('0 says it is held', async () =>
      (await cluster.logs(0)).includes('HELD: ordinal 1 is primary'),
    );
    await cluster.ok('rejoin', '--replica', '0');
    await cluster.settled(1, 2);
  });
});

describe('rejoin', () => {
  it('rewinds a diverged old primary and keeps what only it had', async () => {
    const cluster = await bring('diverge');
    await docker('network', 'disconnect', lab.controller.network, cluster.pod(1));
    await docker('network', 'disconnect', lab.controller.network, cluster.pod(2));
    const local = (ordinal: number, sql: string) =>
      docker('exec', cluster.pod(ordinal), 'psql', '-XAtq', '-U', 'postgres', '-c', sql);
    await local(0, 'create table only_here as select generate_series(1, 100) as i');
    // Killed, not paused: a paused pod's kernel would still deliver what the server had sent.
    await docker('kill', cluster.pod(0));
    for (const ordinal of [1, 2])
      await docker(
        'network',
        'connect',
        '--alias',
        `db-${ordinal}.${cluster.scope}.voodu`,
        '--alias',
        `db-${ordinal}.${cluster.scope}`,
        lab.controller.network,
        cluster.pod(ordinal),
      );
    // Whichever received more before it was cut off: the other one is refused.
    const target = (await cluster.pg('promote', '--replica', '2', '--force')).code === 0 ? 2 : 1;
    if (target === 1) await cluster.ok('promote', '--replica', '1', '--force');
    await cluster.sql(target, 'create table later as select 1 as i');
    const said = await cluster.ok('rejoin', '--replica', '0');
    expect(said).toMatch(
      new RegExp(
        `ordinal 0 was rewound and streams from ordinal ${target}[\\s\\S]*only this pod had \\d+ commits[\\s\\S]*kept at`,
      ),
    );
    await cluster.settled(target, 3);
    expect(
      await cluster.sql(0, "select count(*) from pg_tables where tablename in ('only_here', 'later')"),
    ).toBe('1');
    const kept = /kept at (\S+) in/.exec(said)![1]!;
    expect(await docker('exec', cluster.pod(0), 'ls', kept)).toContain('records.txt');
  });

  it('--reclone keeps the old directory aside', async () => {
    const cluster = await bring('reclone', 17, 2);
    const said = await cluster.ok('rejoin', '--replica', '1', '--reclone');
    expect(said).toMatch(
      /ordinal 1 was copied anew and streams[\s\S]*kept at \/var\/lib\/postgresql\/data\/pgdata\.diverged-\d{8}T\d{6}Z-tl1/,
    );
    await cluster.settled(0, 2);
  });

  it('a standby beyond retention is recognised and healed', async () => {
    const cluster = lab.cluster(lab.scope('stale'));
    await cluster.apply({
      image: 'postgres:17',
      replicas: 2,
      pg_config: {
        max_slot_wal_keep_size: '32MB',
        wal_keep_size: '0',
        max_wal_size: '64MB',
        min_wal_size: '32MB',
      },
    });
    await cluster.settled(0, 2);
    await docker('stop', cluster.pod(1));
    await cluster.sql(0, 'create table bulk (t text)');
    for (let round = 0; round < 8; round++) {
      await cluster.sql(
        0,
        'insert into bulk select repeat(md5(g::text), 10) from generate_series(1, 60000) g',
      );
      await cluster.sql(0, 'checkpoint');
      await cluster.sql(0, 'select pg_switch_wal()');
    }
    await docker('start', cluster.pod(1));
    await cluster.until(
      'info says so',
      async () => (await cluster.json('info')).pods[1].state === 'needs-reclone',
    );
    expect((await cluster.json('info')).endpoints.readers).toEqual([]);
    expect((await lab.controller.request('GET', `/pods/${cluster.pod(1)}/ready`)).status).toBe(503);
    await cluster.ok('rejoin', '--replica', '1', '--reclone');
    await cluster.settled(0, 2);
  });
});

/** SIGKILLs the command as soon as it has noted this step; false where it was through before it could be caught. */
async function killHolderAt(cluster: TestCluster, stepName: string, ended: () => boolean): Promise<boolean> {
  while (!ended()) {
    const notes = readIfThere(`${cluster.state}/operation`);
    const holder = /^holder=(\d+):/m.exec(notes)?.[1];
    if (holder && notes.includes(`step=${stepName}\n`)) {
      process.kill(Number(holder), 'SIGKILL');
      return true;
    }
    await setImmediate();
  }
  return false;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

describe('cut off in the middle', () => {
  const steps = [
    'checkpoint',
    'stopping the old primary',
    'waiting for the target',
    'claiming the epoch',
    'promoting',
    'recording the new primary',
    'waiting for the standbys',
  ];
  it.each(steps)(
    'killed at "%s": the cluster heals or the same command finishes, with one primary',
    async stepName => {
      const cluster = await bring('cut', 17, 2);
      const writer = await startWriter(cluster, passwordOf(cluster), 2);
      try {
        await sleep(300);
        const cut = cluster.pg('promote', '--replica', '1');
        let ended = false;
        void cut.then(() => {
          ended = true;
        });
        if (!(await killHolderAt(cluster, stepName, () => ended)))
          console.log(`"${stepName}" was over too soon`);
        await cut;
        await sleep(2_000);
        await cluster.until(
          'the command is accepted again',
          async () => {
            const { code, stderr, stdout } = await cluster.pg('promote', '--replica', '1');
            return code === 0 || (stdout + stderr).includes('ordinal 1 is the primary already');
          },
          60_000,
        );
        await cluster.settled(1, 2);
        await sleep(300);
      } finally {
        await writer.stop();
      }
      expect(await missingFrom(cluster, 1, writer.acknowledged)).toEqual([]);
      expect(writer.mostWritable()).toBe(1);
      expect(lab.controller.bucket(cluster.scope, 'db')['PG_PRIMARY_ORDINAL']).toBe('1');
      expect(
        readFileSync(
          `${cluster.state}/epochs/${epochsOf(cluster)
            .sort((a, b) => Number(a) - Number(b))
            .at(-1)}`,
          'utf8',
        ),
      ).toContain('primary=1');
    },
  );
});

describe('what goes wrong around a promote', () => {
  it('a crash after one is restarted by docker: waking a pod is no stop by hand', async () => {
    const cluster = await bring('crash', 17, 2);
    await cluster.ok('promote', '--replica', '1');
    await cluster.settled(1, 2);
    for (const ordinal of [1, 0]) {
      await docker(
        'exec',
        cluster.pod(ordinal),
        'bash',
        '-c',
        'kill -KILL $(head -n 1 /var/lib/postgresql/data/pgdata/postmaster.pid)',
      );
      await cluster.settled(1, 2);
    }
    expect(
      await docker('container', 'inspect', '--format', '{{.RestartCount}}', cluster.pod(0), cluster.pod(1)),
    ).toBe('1\n1');
  });

  it('a second failover soon after the first is possible', async () => {
    const cluster = await bring('twice');
    await cluster.ok('promote', '--replica', '1');
    await cluster.settled(1, 3);
    await docker('kill', cluster.pod(1));
    await cluster.until(
      'they see it',
      async () => (await cluster.sql(2, 'select count(*) from pg_stat_wal_receiver')) === '0',
    );
    const taken = (await cluster.pg('promote', '--replica', '2', '--force')).code === 0 ? 2 : 0;
    if (taken === 0) await cluster.ok('promote', '--replica', '0', '--force');
    await cluster.until(
      'it writes',
      async () => (await cluster.sql(taken, 'select pg_is_in_recovery()')) === 'f',
    );
  });

  it('synchronous_standby_names without a standby keeps neither the first boot nor a stop waiting', async () => {
    const cluster = lab.cluster(lab.scope('sync'));
    finished.push(cluster);
    await cluster.apply({ image: 'postgres:17', pg_config: { synchronous_standby_names: '*' } });
    await cluster.settled(0, 1);
    await docker('restart', cluster.pod(0));
    await cluster.settled(0, 1);
    await docker('stop', cluster.pod(0));
    // 137 would be docker's SIGKILL at the end of the stop timeout.
    expect(await docker('container', 'inspect', '--format', '{{.State.ExitCode}}', cluster.pod(0))).toBe('0');
    expect(await cluster.logs(0)).toContain('database system is shut down');
  });
});
