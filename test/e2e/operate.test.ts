/** The everyday commands on a live cluster: true after promotes and rotations, and no database pod restarts for any of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ClusterLab,
  docker,
  envFileOf,
  startClusterLab,
  type TestCluster,
} from '../support/cluster-lab.ts';
import { addressOf } from '../support/writer.ts';

let lab: ClusterLab;
let cluster: TestCluster;
const spec = { image: 'postgres:17', replicas: 3, user: 'appuser', database: 'appdata', port: 5433 };
const idle = ['bash', '-c', 'trap "exit 0" TERM INT; while :; do sleep 0.2; done'];

beforeAll(async () => {
  lab = await startClusterLab();
  cluster = lab.cluster(lab.scope('ops'));
  await cluster.apply(spec);
  for (const name of ['web', 'api'])
    await lab.controller.apply([
      {
        kind: 'deployment',
        scope: cluster.scope,
        name,
        spec: { image: 'postgres:17', replicas: 1, command: idle, env: { A: '1' } },
      },
    ]);
  await cluster.settled(0, 3);
});
afterAll(() => lab?.close());

const bucket = (name: string) => lab.controller.bucket(cluster.scope, name);
const consumer = (name: string) => `${cluster.scope}/${name}`;
const refusal = async (command: string, ...words: string[]) => {
  const { code, stdout, stderr } = await cluster.pg(command, ...words);
  expect(code).not.toBe(0);
  return stdout + stderr;
};

/** psql of a pod's image, on the cluster's own network: how an app connects. */
async function psqlWith(major: number, url: string, sql: string): Promise<string> {
  const words = [
    'run',
    '--rm',
    '--tmpfs',
    '/var/lib/postgresql',
    '--network',
    lab.controller.network,
    '-e',
    'URL',
    `postgres:${major}`,
  ];
  const result = await execa('docker', [...words, 'bash', '-c', `psql "$URL" -XAtc "${sql}"`], {
    env: { URL: url },
    timeout: 30_000,
  });
  return result.stdout;
}

/** node-postgres as an app would use it; the names of the pods are resolved as docker's DNS would. */
async function nodePostgres(url: string, sql: string): Promise<unknown> {
  const host = new URL(url).hostname;
  const ordinal = Number(/-(\d+)\./.exec(host)![1]);
  const client = new pg.Client({
    connectionString: url.replace(host, await addressOf(cluster.pod(ordinal))),
  });
  await client.connect();
  try {
    return Object.values((await client.query(sql)).rows[0] as object)[0];
  } finally {
    await client.end();
  }
}

describe('link', () => {
  it('gives URLs that connect with psql 15, 17, 18 and node-postgres, and restarts no database pod, now or at the next apply', async () => {
    const before = await cluster.ids();
    expect(await cluster.ok('link', consumer('web'), '--reads')).toContain(
      'linked (DATABASE_URL and DATABASE_READ_URL)',
    );
    const { DATABASE_URL: writer, DATABASE_READ_URL: reader } = bucket('web');
    for (const major of [15, 17, 18]) {
      expect(await psqlWith(major, writer!, 'select current_user || pg_is_in_recovery()')).toBe(
        'appuserfalse',
      );
      expect(await psqlWith(major, reader!, 'select current_database() || pg_is_in_recovery()')).toBe(
        'appdatatrue',
      );
    }
    expect(await nodePostgres(writer!, 'select pg_is_in_recovery()')).toBe(false);
    expect(await nodePostgres(reader!, 'select pg_is_in_recovery()')).toBe(true);
    expect(bucket('db')['POSTGRES_LINKED_CONSUMERS']).toBe(consumer('web'));
    expect(envFileOf(lab.controller, cluster.scope)).toContain(
      `POSTGRES_LINKED_CONSUMERS=${consumer('web')}`,
    );
    await cluster.apply(spec);
    await lab.controller.replay();
    await lab.controller.idle();
    expect(await cluster.ids()).toEqual(before);
  });

  it('libpq goes on to the second standby when the first is down', async () => {
    await docker('pause', cluster.pod(1));
    try {
      expect(
        await psqlWith(
          15,
          `${bucket('web')['DATABASE_READ_URL']!}&connect_timeout=2`,
          'select inet_server_port()',
        ),
      ).toBe('5433');
    } finally {
      await docker('unpause', cluster.pod(1));
    }
  });

  it('again: nothing changes and nobody restarts', async () => {
    const events = lab.controller.events.length;
    expect(await cluster.ok('link', consumer('web'), '--reads')).toContain('is linked already');
    expect(lab.controller.events.length).toBe(events);
  });

  it('a DATABASE_URL from elsewhere is refused without --alias', async () => {
    await lab.controller.setConfig(cluster.scope, 'api', { DATABASE_URL: 'postgres://x:y@elsewhere:5432/z' });
    expect(await refusal('link', consumer('api'))).toMatch(/already has DATABASE_URL[\s\S]*--alias/);
    await cluster.ok('link', consumer('api'), '--alias', 'REPORTS');
    expect(bucket('api')['REPORTS_URL']).toContain(`@db-0.${cluster.scope}.voodu:5433/appdata`);
    expect(bucket('api')['DATABASE_URL']).toContain('elsewhere');
    expect(bucket('api')['REPORTS_READ_URL']).toBeUndefined();
  });

  it('F12: as a role without superuser rights, where that is asked for', async () => {
    await cluster.sql(0, 'create table made_by_superuser (i int)', { database: 'appdata' });
    expect(await cluster.ok('link', consumer('jobs'), '--app-role', '--reads')).toContain('as voodu_app');
    const { DATABASE_URL: url, DATABASE_READ_URL: reader } = bucket('jobs');
    expect(url).toContain('postgres://voodu_app:');
    const query = (statement: string) => psqlWith(17, url!, statement);
    expect(await query('select rolsuper from pg_roles where rolname = current_user')).toBe('f');
    expect(
      await query(
        'create schema own; create table own.t (i int); create table t (i int); insert into t values (1), (2); insert into made_by_superuser values (7); select count(*) from t',
      ),
    ).toMatch(/^2$/m);
    await expect(query("copy (select 1) to program 'id'")).rejects.toThrow(
      /permission denied|pg_execute_server_program/,
    );
    await expect(query("select pg_read_file('/etc/passwd')")).rejects.toThrow(/permission denied/);
    await cluster.until(
      'a standby has it',
      async () => (await psqlWith(17, reader!, 'select count(*) from t').catch(() => '')) === '2',
    );
    await cluster.sql(0, 'create table made_later (i int)', { database: 'appdata' });
    expect(await query('select count(*) from made_later')).toBe('0');
    expect(await cluster.ok('link', consumer('jobs'), '--app-role')).toContain('is linked already');

    expect(await cluster.ok('new-password', '--app-role')).toContain(`linked apps: ${consumer('jobs')}`);
    await expect(query('select 1')).rejects.toThrow(/password authentication failed/);
    expect(await psqlWith(17, bucket('jobs')['DATABASE_URL']!, 'select current_user')).toBe('voodu_app');
  });

  it('says plainly when there is no such cluster', async () => {
    const { code, stdout, stderr } = await lab.controller.vd([
      'pg:link',
      `${cluster.scope}/nothing`,
      consumer('web'),
    ]);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(/there is no postgres .*\/nothing[\s\S]*vd apply/);
  });
});

describe('after a promote', () => {
  it('link, info, psql, new-password and the URLs all mean the new primary', async () => {
    await cluster.ok('promote', '--replica', '1');
    await cluster.settled(1, 3);
    expect(bucket('web')['DATABASE_URL']).toContain(`@db-1.${cluster.scope}.voodu:5433/`);
    expect(bucket('web')['DATABASE_READ_URL']).toMatch(/host=db-0\.[^,]+,db-2\./);
    expect(bucket('api')['REPORTS_READ_URL']).toBeUndefined();
    expect(await cluster.json('info')).toMatchObject({
      primary: 1,
      pods: [{ role: 'standby', state: 'streaming' }, { role: 'primary' }, { state: 'streaming' }],
    });
    expect(await cluster.ok('psql', '-c', 'select pg_is_in_recovery(), current_user')).toMatch(
      /f +\| appuser/,
    );
    expect(await cluster.ok('psql', '--replica', '0', '-c', 'select pg_is_in_recovery()')).toMatch(/ t\n/);
  });
});

describe('psql', () => {
  it("passes psql's exit status and odd quoting on", async () => {
    expect((await cluster.pg('psql', '-c', 'select nonsense')).code).toBe(1);
    expect(await cluster.ok('psql', '-c', `select 'it''s "q" $x \\ %' as "odd name"`)).toContain(
      `it's "q" $x \\ %`,
    );
    expect(await cluster.ok('psql', '--', '-At', '-c', 'select 6 * 7')).toMatch(/^42$/m);
    expect(
      (await lab.controller.vd(['pg:psql', cluster.ref], { stdin: "select 'from stdin' as x;\n" })).stdout,
    ).toContain('from stdin');
  });
});

describe('new-password', () => {
  it('rotates in the database, the bucket and the consumers; the old one is refused; no pod restarts', async () => {
    const before = {
      ids: await cluster.ids(),
      password: bucket('db')['POSTGRES_PASSWORD']!,
      url: bucket('web')['DATABASE_URL']!,
    };
    const said = await cluster.ok('new-password');
    expect(said).toContain('rotated and proven on 0, 1, 2');
    const after = bucket('db')['POSTGRES_PASSWORD']!;
    expect(said).not.toContain(after);
    expect(after).not.toBe(before.password);
    expect(bucket('web')['DATABASE_URL']).toContain(after);
    expect(await psqlWith(17, bucket('web')['DATABASE_URL']!, 'select 1')).toBe('1');
    await expect(psqlWith(17, before.url, 'select 1')).rejects.toThrow(/password authentication failed/);
    await cluster.apply(spec);
    expect(await cluster.ids()).toEqual(before.ids);
    for (const ordinal of [0, 1, 2]) expect(await cluster.logs(ordinal)).not.toContain(after);
  });

  it('--replication: standbys stream on, also after they are restarted with their old environment', async () => {
    const before = await cluster.ids();
    await cluster.ok('new-password', '--replication');
    await cluster.apply(spec);
    expect(await cluster.ids()).toEqual(before);
    await docker('restart', cluster.pod(2));
    await cluster.settled(1, 3);
  });

  it('heals a bucket that no longer matches the database, and says so', async () => {
    await cluster.sql(1, "alter role appuser password 'changed by hand'");
    expect((await cluster.json('info')).password_in_bucket).toBe('does not match the database');
    expect(await refusal('link', consumer('web'))).toMatch(/the database refuses the POSTGRES_PASSWORD/);
    expect(await cluster.ok('new-password')).toContain('the bucket and the database had different passwords');
    expect(await psqlWith(17, bucket('web')['DATABASE_URL']!, 'select 1')).toBe('1');
  });

  it('a standby whose replay is paused is named, and takes the new one when it goes on', async () => {
    await cluster.sql(0, 'select pg_wal_replay_pause()');
    expect(await cluster.ok('new-password')).toMatch(/proven on 1, 2 \(not on 0: its replay is paused/);
    await cluster.sql(0, 'select pg_wal_replay_resume()');
    const url = bucket('web')['DATABASE_URL']!;
    expect(await psqlWith(17, url, 'select 1')).toBe('1');
    await cluster.until(
      '0 takes it',
      async () => (await nodePostgres(url.replace('@db-1.', '@db-0.'), 'select 1')) === 1,
    );
  });

  const unchanged = async (said: Promise<string>, reason: RegExp) => {
    const before = bucket('db')['POSTGRES_PASSWORD'];
    expect(await said).toMatch(reason);
    expect(bucket('db')['POSTGRES_PASSWORD']).toBe(before);
    expect(await psqlWith(17, bucket('web')['DATABASE_URL']!, 'select 1')).toBe('1');
  };

  it('a pod that refuses it: the old one is in force again, everywhere', async () => {
    const hba = '/var/lib/postgresql/data/pgdata/pg_hba.conf';
    await docker(
      'exec',
      cluster.pod(2),
      'sed',
      '-i',
      '1i host all appuser 127.0.0.1/32 trust\\nhost all appuser all reject',
      hba,
    );
    await cluster.sql(2, 'select pg_reload_conf()');
    await unchanged(
      refusal('new-password'),
      /\.2 refuses the new password; the old password is in force again/,
    );
    await docker('exec', cluster.pod(2), 'sed', '-i', '1,2d', hba);
    await cluster.sql(2, 'select pg_reload_conf()');
  });

  it('a session that holds the role: refused within seconds, and nothing takes effect when it lets go', async () => {
    const holding = cluster.sql(
      1,
      "begin; alter role appuser valid until 'infinity'; select pg_sleep(8); rollback",
    );
    await sleep(1_000);
    const began = performance.now();
    await unchanged(refusal('new-password'), /another session holds the role appuser; nothing was changed/);
    expect(performance.now() - began).toBeLessThan(8_000);
    await holding;
    await unchanged(Promise.resolve(''), /^$/);
  });

  it('synchronous_standby_names that nobody answers to does not keep it waiting', async () => {
    await cluster.sql(1, "alter system set synchronous_standby_names = 'nobody'");
    await cluster.sql(1, 'select pg_reload_conf()');
    expect(await cluster.ok('new-password')).toContain('proven on 0, 1, 2');
    await cluster.sql(1, 'alter system reset synchronous_standby_names');
    await cluster.sql(1, 'select pg_reload_conf()');
  });

  it('mends the environment file that a killed command left incomplete: no pod restarts at the next apply', async () => {
    const ids = await cluster.ids();
    const config = `/config?scope=${cluster.scope}&name=db&restart=false`;
    await lab.controller.request('POST', config, { PG_PRIMARY_ORDINAL: '1' });
    expect(envFileOf(lab.controller, cluster.scope)).not.toContain('PGDATA=');
    await cluster.ok('new-password', '--replication');
    expect(envFileOf(lab.controller, cluster.scope)).toContain('PGDATA=');
    await cluster.apply(spec);
    expect(await cluster.ids()).toEqual(ids);
  });
});

describe("a primary outside docker's networks", () => {
  it.each([
    ['host', 5441, /rotated and proven on 0\n/],
    ['none', 5442, /rotated and could not be proven by a login \(not on 0: it has no address to log in at\)/],
  ])('network_mode = "%s": new-password', async (network_mode, port, said) => {
    const single = lab.cluster(lab.scope(network_mode));
    await single.apply({ image: 'postgres:17', port, network_mode });
    await single.settled(0, 1);
    const before = await single.sql(0, "select rolpassword from pg_authid where rolname = 'postgres'");
    expect(await single.ok('new-password')).toMatch(said);
    expect(await single.sql(0, "select rolpassword from pg_authid where rolname = 'postgres'")).not.toBe(
      before,
    );
    await single.remove();
  });
});

describe('info and check', () => {
  it('answers within 3 s when a pod hangs, which is then unknown and never 0', async () => {
    await docker('pause', cluster.pod(2));
    try {
      const began = performance.now();
      const view = await cluster.json('info');
      console.log(`info with a hanging pod: ${Math.round(performance.now() - began)} ms`);
      expect(view.pods[2]).toMatchObject({ state: 'unknown', role: null, lag_bytes: null });
      expect(JSON.stringify(view)).not.toContain(bucket('db')['POSTGRES_PASSWORD']!);
    } finally {
      await docker('unpause', cluster.pod(2));
    }
    await cluster.settled(1, 3);
  });

  it('check: 0 when healthy, 2 without a primary', async () => {
    expect(await cluster.pg('check')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^OK - .*: primary 1, 2 of 2 standbys streaming/),
    });
    await docker('pause', cluster.pod(1));
    const { code, stdout } = await cluster.pg('check');
    await docker('unpause', cluster.pod(1));
    expect(stdout).toMatch(/^CRITICAL - .*no pod accepts writes/);
    expect(code).toBe(2);
    await cluster.settled(1, 3);
  });

  it('list names the cluster', async () => {
    expect((await lab.controller.vd(['pg:list'])).stdout).toMatch(
      new RegExp(`${cluster.ref} +postgres:17 +3 +appdata`),
    );
  });
});

describe('unlink', () => {
  it('removes exactly what link set', async () => {
    await cluster.ok('unlink', consumer('api'));
    expect(bucket('api')).toEqual({ DATABASE_URL: 'postgres://x:y@elsewhere:5432/z' });
    await cluster.ok('unlink', consumer('web'));
    await cluster.ok('unlink', consumer('jobs'));
    expect(bucket('web')).toEqual({});
    expect(bucket('db')['POSTGRES_LINKED_CONSUMERS']).toBeUndefined();
    expect(await refusal('unlink', consumer('web'))).toMatch(/is not linked/);
  });
});

describe('expose', () => {
  it('is refused for several replicas, and for one publishes really, across applies', async () => {
    expect(await refusal('expose')).toMatch(/replicas = 3; one host port cannot belong to 3 pods/);
    const single = lab.cluster(lab.scope('expo'));
    const block = { image: 'postgres:17', port: 5439 };
    await single.apply(block);
    await single.settled(0, 1);
    expect(await single.ok('expose')).toContain('exposed on 0.0.0.0:5439');
    await single.settled(0, 1);
    const bound = async () =>
      await docker('container', 'inspect', '--format', '{{json .HostConfig.PortBindings}}', single.pod(0));
    expect(JSON.parse(await bound())).toEqual({ '5439/tcp': [{ HostIp: '0.0.0.0', HostPort: '5439' }] });
    const ids = await single.ids();
    await single.apply(block);
    expect(await single.ids()).toEqual(ids);
    await single.ok('unexpose');
    await single.settled(0, 1);
    expect(await bound()).not.toContain('0.0.0.0');
    const after = await single.ids();
    await single.apply(block);
    expect(await single.ids()).toEqual(after);
  });
});
