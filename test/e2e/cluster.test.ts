/** A block becomes a cluster that boots, replicates and survives. On real servers of each tested major. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClusterLab, docker, startClusterLab, type TestCluster } from '../support/cluster-lab.ts';

let lab: ClusterLab;
beforeAll(async () => {
  lab = await startClusterLab();
});
afterAll(() => lab?.close());

const rolls = (cluster: TestCluster) =>
  lab.controller.events.filter(
    event => event.scope === cluster.scope && ['create', 'roll', 'restart'].includes(event.type),
  );

describe.each([15, 17, 18])('postgres:%i with replicas = 3', major => {
  let cluster: TestCluster;
  const spec = {
    image: `postgres:${major}`,
    replicas: 3,
    pg_config: { max_connections: 77, log_statement: 'ddl' },
  };

  it('streams on both standbys within 60 s', async () => {
    cluster = lab.cluster(lab.scope(`boot${major}`));
    await cluster.apply(spec);
    await cluster.settled(0, 3);
    await cluster.sql(0, 'create table t (i int); insert into t select generate_series(1, 1000)');
    for (const ordinal of [1, 2])
      await cluster.until(
        'the rows arrive',
        async () => (await cluster.sql(ordinal, 'select count(*) from t')) === '1000',
      );
    expect(
      await cluster.sql(
        0,
        "select string_agg(application_name, ',' order by application_name) from pg_stat_replication",
      ),
    ).toBe('voodu_1,voodu_2');
    expect(
      await cluster.sql(
        0,
        "select string_agg(slot_name || ' ' || active, ',' order by slot_name) from pg_replication_slots",
      ),
    ).toBe('voodu_1 true,voodu_2 true');
  });

  it('has its configuration in force from the first start, on primary and standbys', async () => {
    for (const ordinal of [0, 1, 2]) {
      expect(await cluster.sql(ordinal, 'show max_connections')).toBe('77');
      expect(await cluster.sql(ordinal, 'show wal_log_hints')).toBe('on');
    }
    expect(await cluster.sql(0, 'show data_checksums')).toBe('on');
    expect(await cluster.logs(0)).not.toMatch(/PASSWORD '/);
  });

  it('a second apply changes nothing', async () => {
    const before = {
      ids: await cluster.ids(),
      bucket: lab.controller.bucket(cluster.scope, 'db'),
      events: rolls(cluster).length,
    };
    await cluster.apply(spec);
    expect({
      ids: await cluster.ids(),
      bucket: lab.controller.bucket(cluster.scope, 'db'),
      events: rolls(cluster).length,
    }).toEqual(before);
  });

  it('keeps its rows when a pod is recreated, and leaves no anonymous volume', async () => {
    await lab.controller.request('DELETE', `/resource?scope=${cluster.scope}&name=db&ordinal=0`);
    await lab.controller.idle();
    await cluster.settled(0, 3);
    expect(await cluster.sql(0, 'select count(*) from t')).toBe('1000');
    const mounts = JSON.parse(
      await docker('container', 'inspect', '--format', '{{json .Mounts}}', cluster.pod(0)),
    ) as { Type: string; Name?: string }[];
    expect(mounts.filter(mount => mount.Type === 'volume').map(mount => mount.Name)).toEqual([
      `voodu-${cluster.scope}-db-data-0`,
    ]);
  });

  it('stops cleanly under load: the log ends with "database system is shut down", the next start recovers nothing', async () => {
    const load = cluster.trySql(
      0,
      'create table if not exists load (i int); do $$ begin for i in 1..100000 loop insert into load values (i); commit; end loop; end $$',
    );
    await cluster.until(
      'the load runs',
      async () => Number(await cluster.sql(0, 'select count(*) from load')) > 100,
    );
    await docker('stop', cluster.pod(0));
    await load;
    expect((await cluster.logs(0)).trimEnd().split('\n').slice(-4).join('\n')).toContain(
      'database system is shut down',
    );
    await docker('start', cluster.pod(0));
    await cluster.settled(0, 3);
    expect((await cluster.logs(0)).split('database system is shut down').at(-1)).not.toContain(
      'automatic recovery in progress',
    );
  });
});

describe('scale', () => {
  it('3 → 2 drops the slot of the removed ordinal and restarts nobody; 2 → 3 streams again', async () => {
    const cluster = lab.cluster(lab.scope('scale'));
    await cluster.apply({ image: 'postgres:17', replicas: 3 });
    await cluster.settled(0, 3);
    const before = await cluster.ids();
    await cluster.apply({ image: 'postgres:17', replicas: 2 });
    expect(await cluster.ids()).toEqual(before.slice(0, 2));
    await cluster.until(
      'the slot is dropped',
      async () =>
        (await cluster.sql(0, "select string_agg(slot_name, ',') from pg_replication_slots")) === 'voodu_1',
      30_000,
    );
    await cluster.apply({ image: 'postgres:17', replicas: 3 });
    await cluster.settled(0, 3);
    expect((await cluster.ids()).slice(0, 2)).toEqual(before.slice(0, 2));
  });

  it('two scopes with the same name are two clusters', async () => {
    const [one, two] = [lab.cluster(lab.scope('same')), lab.cluster(lab.scope('same'))];
    await one.apply({ image: 'postgres:17' });
    await two.apply({ image: 'postgres:17', pg_config: { max_connections: 33 } });
    await one.settled(0, 1);
    await two.settled(0, 1);
    expect(await one.sql(0, 'show max_connections')).toBe('100');
    expect(await two.sql(0, 'show max_connections')).toBe('33');
    const system = 'select system_identifier from pg_control_system()';
    expect(await one.sql(0, system)).not.toBe(await two.sql(0, system));
  });
});

describe('names, ports and passwords of the operator', () => {
  it('user, database, port, locale and a nasty password work end to end', async () => {
    const cluster = lab.cluster(lab.scope('nasty'));
    const password = `a'"\\$@:/%# ?x`;
    await cluster.apply({
      image: 'postgres:17',
      replicas: 2,
      user: 'appuser',
      database: 'appdata',
      port: 5433,
      password,
      replication_user: 'repl-1',
      initdb_locale: 'C',
      initdb_encoding: 'UTF8',
    });
    await cluster.settled(0, 2);
    expect(lab.controller.bucket(cluster.scope, 'db')['POSTGRES_PASSWORD']).toBe(password);
    const words = [
      'exec',
      '-e',
      `PGPASSWORD=${password}`,
      cluster.pod(1),
      'psql',
      '-XAt',
      '-h',
      `db-0.${cluster.scope}.voodu`,
      '-p',
      '5433',
      '-U',
      'appuser',
      '-d',
      'appdata',
    ];
    expect(await docker(...words, '-c', 'select current_user || current_database()')).toBe('appuserappdata');
    expect(await cluster.sql(0, "select datcollate from pg_database where datname = 'appdata'")).toBe('C');
    expect(await cluster.ok('info')).toContain('streaming');
  });
});

describe('what a pod refuses', () => {
  it('an image of another major: at apply where the tag shows it, by the pod otherwise', async () => {
    const cluster = lab.cluster(lab.scope('major'));
    await cluster.apply({ image: 'postgres:15' });
    await cluster.settled(0, 1);
    await cluster.sql(0, 'create table kept (i int)');
    const before = await cluster.ids();
    const refused = await cluster.tryApply({ image: 'postgres:17' });
    expect(refused.ok).toBe(false);
    expect(refused.error).toMatch(/image postgres:17 is PostgreSQL 17, the data is PostgreSQL 15/);
    expect(await cluster.ids()).toEqual(before);
    await docker('tag', 'postgres:17', 'voodu-lab/untold:latest');
    await cluster.apply({ image: 'voodu-lab/untold:latest' });
    await cluster.until('the pod says why', async () =>
      (await cluster.logs(0)).includes('REFUSED: the data is PostgreSQL 15 and this image is PostgreSQL 17'),
    );
    await cluster.apply({ image: 'postgres:15' });
    await cluster.settled(0, 1);
    expect(await cluster.sql(0, "select count(*) from pg_tables where tablename = 'kept'")).toBe('1');
    await docker('rmi', 'voodu-lab/untold:latest');
  });

  it('an emptied primary volume beside standbys: no new cluster, and what to type', async () => {
    const cluster = lab.cluster(lab.scope('empty'));
    await cluster.apply({ image: 'postgres:17', replicas: 2 });
    await cluster.settled(0, 2);
    await cluster.sql(0, 'create table precious as select 1 as i');
    await cluster.until('it arrives', async () => (await cluster.sql(1, 'select i from precious')) === '1');
    await docker('exec', cluster.pod(0), 'bash', '-c', 'rm -rf /var/lib/postgresql/data/pgdata');
    await docker('restart', '-t', '2', cluster.pod(0));
    await cluster.until('it says so', async () =>
      /REFUSED: the volume of ordinal 0.*ordinal 1 holds system \d+: make it the primary with vd pg:promote/.test(
        await cluster.logs(0),
      ),
    );
    expect(await cluster.sql(1, 'select i from precious')).toBe('1');
    await cluster.ok('promote', '--replica', '1', '--force');
    await cluster.settled(1, 2);
    expect(await cluster.sql(0, 'select i from precious')).toBe('1');
  });

  it('a clone that is killed begins anew and ends up streaming', async () => {
    const cluster = lab.cluster(lab.scope('clone'));
    await cluster.apply({ image: 'postgres:17' });
    await cluster.settled(0, 1);
    await cluster.sql(
      0,
      'create table big as select g, repeat(md5(g::text), 20) as t from generate_series(1, 400000) g',
    );
    await cluster.apply({ image: 'postgres:17', replicas: 2 });
    await cluster.until(
      'the clone runs',
      async () =>
        (await docker('exec', cluster.pod(1), 'ls', '/var/lib/postgresql/data')).includes('pgdata.cloning'),
      20_000,
    );
    await docker('kill', cluster.pod(1));
    await docker('start', cluster.pod(1));
    await cluster.settled(0, 2);
    expect(await cluster.sql(1, 'select count(*) from big')).toBe('400000');
    expect(await docker('exec', cluster.pod(1), 'ls', '/var/lib/postgresql/data')).not.toContain('cloning');
  });
});

describe('scaling down', () => {
  it('is refused where it would remove the primary', async () => {
    const cluster = lab.cluster(lab.scope('keepprim'));
    await cluster.apply({ image: 'postgres:17', replicas: 2 });
    await cluster.settled(0, 2);
    await cluster.ok('promote', '--replica', '1');
    const refused = await cluster.tryApply({ image: 'postgres:17', replicas: 1 });
    expect(refused.error).toMatch(
      /replicas = 1 would remove ordinal 1, which is the primary[\s\S]*pg:promote .* --replica 0/,
    );
  });
});
