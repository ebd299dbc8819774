/** A cluster of the Go plugin, taken over by one apply: rows, passwords, links and backups stay, and no pod is recreated twice. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ClusterLab,
  docker,
  envFileOf,
  startClusterLab,
  type TestCluster,
} from '../support/cluster-lab.ts';
import { bringGoCluster, type GoBlock, type GoCluster } from '../support/go-plugin-cluster.ts';
import { addressOf } from '../support/writer.ts';

let lab: ClusterLab;
beforeAll(async () => {
  lab = await startClusterLab();
});
afterAll(() => lab?.close());

const database = 'appdata';
/** Both plugins' way to write the same settings. A max_connections below 100 would keep the Go plugin's standbys from starting. */
const settings = { pg_config: { max_connections: 150, log_statement: 'ddl' } };
const goSettings = "max_connections = 150\nlog_statement = 'ddl'\n";

const bucket = (cluster: TestCluster, name = 'db') => lab.controller.bucket(cluster.scope, name);

/** Ordinals whose pods were made anew or restarted since `from`, in order. */
const touched = (cluster: TestCluster, from: number) =>
  lab.controller.events
    .slice(from)
    .filter(
      ({ type, scope, name }) =>
        scope === cluster.scope && name === 'db' && ['create', 'roll', 'restart', 'remove'].includes(type),
    )
    .map(({ type, ordinal }) => `${type} ${ordinal}`);

const appRestarts = (cluster: TestCluster, name: string, from: number) =>
  lab.controller.events
    .slice(from)
    .filter(event => event.scope === cluster.scope && event.name === name && event.type === 'roll').length;

/** Over the network, as an app logs in: no line of pg_hba.conf trusts it. */
async function login(cluster: TestCluster, ordinal: number, password: string, sql = 'select 1') {
  const words = ['-XAtq', '-h', await addressOf(cluster.pod(ordinal)), '-U', 'postgres', '-d', database];
  return docker('exec', '-e', `PGPASSWORD=${password}`, cluster.pod(ordinal), 'psql', ...words, '-c', sql);
}

const fill = async (cluster: TestCluster, ordinal = 0) => {
  await cluster.sql(
    ordinal,
    "create table orders as select g as id, md5(g::text) as what from generate_series(1, 20000) g; create role app login password 'app-secret'",
    { database },
  );
};
const ordersOn = (cluster: TestCluster, ordinal: number) =>
  cluster.sql(ordinal, "select count(*) || ' ' || md5(string_agg(what, '' order by id)) from orders", {
    database,
  });

const namesAndSlots = (cluster: TestCluster, primary: number) =>
  cluster.sql(
    primary,
    `select (select string_agg(application_name, ',' order by application_name) from pg_stat_replication where state = 'streaming')
      || ' ' || (select string_agg(slot_name || '=' || active, ',' order by slot_name) from pg_replication_slots)`,
  );

const systemOf = (cluster: TestCluster, ordinal: number) =>
  cluster.sql(ordinal, 'select system_identifier from pg_control_system()');

/** Functions are granted database by database; pg_rewind connects to postgres. */
const mayRewind = (cluster: TestCluster, ordinal: number) =>
  cluster.sql(
    ordinal,
    "select has_function_privilege('replicator', 'pg_read_binary_file(text)', 'execute')",
    { database: 'postgres' },
  );

/** Apps whose image is nowhere: only their buckets and restarts matter. */
const deployApp = (cluster: TestCluster, name: string) =>
  lab.controller.apply([
    { kind: 'deployment', scope: cluster.scope, name, spec: { image: 'voodu-lab/app:none', replicas: 1 } },
  ]);

async function begin(hint: string, block: Omit<GoBlock, 'database'>) {
  const cluster = lab.cluster(lab.scope(hint));
  const go = await bringGoCluster(lab, cluster, { database, ...block });
  return { cluster, go };
}

describe('postgres:17, three replicas', () => {
  let cluster: TestCluster;
  let go: GoCluster;
  let before: { orders: string; system: string };
  const spec = { image: 'postgres:17', replicas: 3, database, ...settings };

  beforeAll(async () => {
    const began = Date.now();
    ({ cluster, go } = await begin('go17', { image: 'postgres:17', replicas: 3, pg_config: goSettings }));
    await go.restart();
    await go.streaming(0);
    await fill(cluster);
    for (const app of ['web', 'api']) await deployApp(cluster, app);
    await go.link('web');
    await go.link('api', { reads: true });
    await go.capture('b001-20260505T020000Z.dump');
    await lab.controller.idle();
    before = { orders: await ordersOn(cluster, 0), system: await systemOf(cluster, 0) };
    console.log(`a cluster of the Go plugin: ${Date.now() - began} ms`);
  }, 120_000);

  it('is as the Go plugin leaves it', async () => {
    const conf = await docker(
      'exec',
      cluster.pod(0),
      'tail',
      '-n',
      '3',
      '/var/lib/postgresql/data/pgdata/postgresql.conf',
    );
    expect(conf.split('\n').filter(Boolean)).toEqual([
      "include_dir = '/etc/postgresql/conf.d'",
      "include_if_exists = 'voodu-runtime.conf'",
    ]);
    expect(await cluster.sql(1, 'show primary_conninfo')).toContain(
      'application_name=voodu-postgres-standby',
    );
    expect(await cluster.sql(0, 'select count(*) from pg_replication_slots')).toBe('0');
    expect(await cluster.sql(0, 'show data_checksums')).toBe('off');
    expect(await cluster.sql(0, 'show wal_log_hints')).toBe('off');
    expect(await mayRewind(cluster, 0)).toBe('f');
    expect(bucket(cluster)['POSTGRES_LINKED_CONSUMERS']).toBe(`${cluster.scope}/web,${cluster.scope}/api`);
  });

  it('before the first apply: info and backups look, promote and rejoin say what to do first', async () => {
    expect(await cluster.json('info')).toMatchObject({ primary: 0, database, replicas: 3 });
    expect(await cluster.ok('backups')).toMatch(/b001 +complete/);
    for (const command of ['promote', 'rejoin']) {
      const { code, stdout, stderr } = await cluster.pg(command, '--replica', '1');
      expect(code).not.toBe(0);
      expect(stdout + stderr).toMatch(/does not run this plugin's entrypoint yet[\s\S]*vd apply/);
    }
  });

  it('one apply takes it over: every pod is recreated once, all stream under our names, nothing is lost', async () => {
    const from = lab.controller.events.length;
    const began = Date.now();
    await cluster.apply(spec);
    await cluster.settled(0, 3);
    console.log(`taken over: ${Date.now() - began} ms from apply to two streaming standbys`);
    expect(touched(cluster, from)).toEqual(['roll 2', 'roll 1', 'roll 0']);
    expect(await namesAndSlots(cluster, 0)).toBe('voodu_1,voodu_2 voodu_1=true,voodu_2=true');
    for (const ordinal of [0, 1, 2]) {
      expect(await systemOf(cluster, ordinal)).toBe(before.system);
      expect(await ordersOn(cluster, ordinal)).toBe(before.orders);
      expect(await login(cluster, ordinal, go.password)).toBe('1');
    }
    expect(bucket(cluster)['POSTGRES_PASSWORD']).toBe(go.password);
    await expect(login(cluster, 0, 'wrong')).rejects.toThrow(/password authentication failed/);
    expect(envFileOf(lab.controller, cluster.scope)).not.toMatch(/^PG_REPLICATION_PASSWORD=/m);
  });

  it('has its configuration in force, and the rights that pg_rewind needs', async () => {
    for (const ordinal of [0, 1, 2]) {
      expect(await cluster.sql(ordinal, 'show max_connections')).toBe('150');
      expect(await cluster.sql(ordinal, 'show log_statement')).toBe('ddl');
      expect(await cluster.sql(ordinal, 'show wal_log_hints')).toBe('on');
    }
    expect(await cluster.sql(1, 'show primary_conninfo')).toMatch(/passfile=.*application_name=voodu_1/);
    await cluster.until('the role may read files', async () => (await mayRewind(cluster, 0)) === 't', 15_000);
  });

  it('a second apply changes nothing', async () => {
    const [ids, kept, from] = [await cluster.ids(), bucket(cluster), lab.controller.events.length];
    await cluster.apply(spec);
    await lab.controller.replay();
    await lab.controller.idle();
    expect(touched(cluster, from)).toEqual([]);
    expect(await cluster.ids()).toEqual(ids);
    expect(bucket(cluster)).toEqual(kept);
  });

  it('info is healthy; the old backup is complete and verifies', async () => {
    expect(await cluster.json('info')).toMatchObject({
      primary: 0,
      password_in_bucket: 'matches the database',
      pods: [{ state: 'primary' }, { state: 'streaming' }, { state: 'streaming' }],
      consumers: [{ ref: `${cluster.scope}/web` }, { ref: `${cluster.scope}/api` }],
      findings: [],
    });
    expect(await cluster.ok('backups')).toMatch(/b001 +complete/);
    await cluster.ok('backups:verify', 'b001');
    expect(await cluster.ok('backups')).toMatch(/b001 +complete.*verified/);
  });

  it('link finds the plain link of the Go plugin as it should be: nothing changes, nobody restarts', async () => {
    const [apps, record, ids, from] = [
      bucket(cluster, 'web'),
      bucket(cluster),
      await cluster.ids(),
      lab.controller.events.length,
    ];
    expect(await cluster.ok('link', `${cluster.scope}/web`)).toContain('is linked already (DATABASE_URL)');
    expect(bucket(cluster, 'web')).toEqual(apps);
    expect(bucket(cluster)).toEqual(record);
    expect(lab.controller.events.length).toBe(from);
    expect(await cluster.ids()).toEqual(ids);
  });

  it('promote works, and apps follow: the one with a read URL keeps one, over the new standbys', async () => {
    const ids = await cluster.ids();
    const from = lab.controller.events.length;
    await cluster.ok('promote', '--replica', '1');
    await cluster.settled(1, 3);
    expect(await cluster.ids()).toEqual(ids);
    const url = (ordinal: number) =>
      `postgres://postgres:${go.password}@db-${ordinal}.${cluster.scope}.voodu:5432/${database}`;
    expect(bucket(cluster, 'web')).toEqual({ DATABASE_URL: url(1) });
    expect(bucket(cluster, 'api')['DATABASE_URL']).toBe(url(1));
    expect(bucket(cluster, 'api')['DATABASE_READ_URL']).toMatch(
      new RegExp(`^${url(0)}#.*host=db-0\\.[^,]+,db-2\\.`),
    );
    expect([appRestarts(cluster, 'web', from), appRestarts(cluster, 'api', from)]).toEqual([1, 1]);
    await cluster.apply(spec);
    expect(await cluster.ids()).toEqual(ids);
  });

  it('new-password keeps the read URL true as well, and link writes down that there is one', async () => {
    await cluster.ok('new-password');
    const password = bucket(cluster)['POSTGRES_PASSWORD']!;
    expect(password).not.toBe(go.password);
    for (const key of ['DATABASE_URL', 'DATABASE_READ_URL'])
      expect(bucket(cluster, 'api')[key]).toContain(`:${password}@`);
    expect(Object.keys(bucket(cluster, 'web'))).toEqual(['DATABASE_URL']);
    expect(await cluster.ok('link', `${cluster.scope}/api`)).toContain(
      'is linked already (DATABASE_URL and DATABASE_READ_URL)',
    );
    expect(bucket(cluster)['POSTGRES_LINKED_CONSUMERS']).toBe(`${cluster.scope}/web,${cluster.scope}/api`);
    expect(bucket(cluster)['POSTGRES_LINK_OPTIONS']).toBe(`${cluster.scope}/api?reads`);
  });

  it('a diverged pod rejoins by pg_rewind', async () => {
    await docker('network', 'disconnect', lab.controller.network, cluster.pod(1));
    await docker(
      'exec',
      cluster.pod(1),
      'psql',
      '-XAtq',
      '-U',
      'postgres',
      '-c',
      'create table only_here as select generate_series(1, 100) as i',
    );
    await docker('pause', cluster.pod(1));
    const target = (await cluster.pg('promote', '--replica', '0', '--force')).code === 0 ? 0 : 2;
    if (target === 2) await cluster.ok('promote', '--replica', '2', '--force');
    await docker('network', 'connect', ...aliases(cluster, 1), lab.controller.network, cluster.pod(1)).catch(
      () => '',
    );
    await cluster.sql(target, 'create table later as select 1 as i');
    expect(await cluster.ok('rejoin', '--replica', '1')).toMatch(
      new RegExp(`ordinal 1 was rewound and streams from ordinal ${target}`),
    );
    await cluster.settled(target, 3);
    expect(
      await cluster.sql(
        1,
        "select string_agg(tablename, ',') from pg_tables where tablename in ('only_here', 'later')",
      ),
    ).toBe('later');
    expect(await ordersOn(cluster, 1)).toBe(before.orders);
    await cluster.remove();
  });
});

const aliases = (cluster: TestCluster, ordinal: number) =>
  ['', '.voodu'].flatMap(suffix => ['--alias', `db-${ordinal}.${cluster.scope}${suffix}`]);

describe('after a failover of the Go plugin', () => {
  it('ordinal 1 stays the primary, on its timeline', async () => {
    const { cluster, go } = await begin('go-one', { image: 'postgres:17', replicas: 3 });
    await fill(cluster);
    await go.promote(1);
    await cluster.sql(1, 'insert into orders values (0, 7)', { database });
    expect(bucket(cluster)['PG_PRIMARY_ORDINAL']).toBe('1');
    const orders = await ordersOn(cluster, 1);
    const from = lab.controller.events.length;
    await cluster.apply({ image: 'postgres:17', replicas: 3, database });
    await cluster.settled(1, 3);
    expect(touched(cluster, from)).toEqual(['roll 2', 'roll 1', 'roll 0']);
    expect(await namesAndSlots(cluster, 1)).toBe('voodu_0,voodu_2 voodu_0=true,voodu_2=true');
    expect(await cluster.json('info')).toMatchObject({ primary: 1, recorded_primary: 1, timeline: 2 });
    for (const ordinal of [0, 1, 2]) expect(await ordersOn(cluster, ordinal)).toBe(orders);
    expect(bucket(cluster)['PG_PRIMARY_ORDINAL']).toBe('1');
    await cluster.ok('promote', '--replica', '0');
    await cluster.settled(0, 3);
    await cluster.remove();
  });
});

describe('after a promote --no-restart of the Go plugin, and a new-password', () => {
  it('the old primary, which still writes, ends fenced; rejoin brings it and its standby back', async () => {
    const { cluster, go } = await begin('go-split', { image: 'postgres:17', replicas: 3 });
    await fill(cluster);
    const orders = await ordersOn(cluster, 0);
    await cluster.sql(1, 'select pg_promote(true, 60)');
    await lab.controller.setConfig(cluster.scope, 'db', { PG_PRIMARY_ORDINAL: '1' }, { restart: false });
    await cluster.sql(0, 'create table only_here as select 1 as i');
    // The Go plugin's new-password wrote the bucket and never told the database.
    await lab.controller.setConfig(
      cluster.scope,
      'db',
      { POSTGRES_PASSWORD: 'never-in-the-database' },
      { restart: false },
    );
    const from = lab.controller.events.length;
    await cluster.apply({ image: 'postgres:17', replicas: 3, database });
    await cluster.settled(1, 1);
    expect(touched(cluster, from)).toEqual(['roll 2', 'roll 1', 'roll 0']);
    await cluster.until('0 is fenced', async () =>
      /FENCED: ordinal 1 is primary on timeline 2/.test(await cluster.logs(0)),
    );
    expect((await cluster.trySql(0, 'create table refused (i int)')).exitCode).not.toBe(0);
    expect(await cluster.json('info')).toMatchObject({
      primary: 1,
      password_in_bucket: 'does not match the database',
    });
    for (const replica of ['0', '2']) await cluster.ok('rejoin', '--replica', replica);
    await cluster.settled(1, 3);
    for (const ordinal of [0, 1, 2]) expect(await ordersOn(cluster, ordinal)).toBe(orders);
    expect(await login(cluster, 1, go.password)).toBe('1');
    await cluster.ok('new-password');
    expect(await login(cluster, 1, bucket(cluster)['POSTGRES_PASSWORD']!)).toBe('1');
    await cluster.remove();
  });
});

describe('a single primary on postgres:15, its password in HCL', () => {
  const password = 'in/the@file: 1';
  const spec = { image: 'postgres:15', database, password, ...settings };

  it('is taken over after its very first start, whose volume has no includes yet; the password is recorded', async () => {
    const { cluster, go } = await begin('go15', {
      image: 'postgres:15',
      replicas: 1,
      password,
      pg_config: goSettings,
    });
    await fill(cluster);
    expect(await cluster.sql(0, 'show max_connections')).toBe('100');
    expect(bucket(cluster)['POSTGRES_PASSWORD']).toBeUndefined();
    const orders = await ordersOn(cluster, 0);
    const from = lab.controller.events.length;
    await cluster.apply(spec);
    await cluster.settled(0, 1);
    expect(touched(cluster, from)).toEqual(['roll 0']);
    expect(await ordersOn(cluster, 0)).toBe(orders);
    expect(await cluster.sql(0, 'show max_connections')).toBe('150');
    expect(await login(cluster, 0, go.password)).toBe('1');
    expect(bucket(cluster)['POSTGRES_PASSWORD']).toBe(password);
    const ids = await cluster.ids();
    await cluster.apply(spec);
    expect(await cluster.ids()).toEqual(ids);
    await cluster.ok('link', `${cluster.scope}/web`);
    expect(bucket(cluster, 'web')['DATABASE_URL']).toContain(`:${encodeURIComponent(password)}@db-0.`);
    await cluster.remove();
  });

  it('an image of another major: the pod says so and touches nothing; the right image, and it is taken over', async () => {
    const { cluster, go } = await begin('go-major', { image: 'postgres:15', replicas: 1 });
    await fill(cluster);
    const orders = await ordersOn(cluster, 0);
    await cluster.apply({ database });
    await cluster.until('it refuses', async () =>
      (await cluster.logs(0)).includes('REFUSED: the data is PostgreSQL 15 and this image is PostgreSQL 17'),
    );
    await cluster.apply({ image: 'postgres:15', database });
    await cluster.settled(0, 1);
    expect(await ordersOn(cluster, 0)).toBe(orders);
    expect(await login(cluster, 0, go.password)).toBe('1');
    await cluster.remove();
  });
});
