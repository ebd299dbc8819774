/** Restores on real servers: exactly what was captured, or nothing changed (acceptance D, C9, C10). */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClusterLab, docker, startClusterLab, type TestCluster } from '../support/cluster-lab.ts';
import {
  anonymousVolumes,
  database,
  databasesOf,
  difference,
  fingerprint,
  globalsOf,
  goDump,
  holdTransaction,
  monday,
  owner,
  vd,
} from '../support/restore-lab.ts';

let lab: ClusterLab;
beforeAll(async () => {
  lab = await startClusterLab();
});
afterAll(() => lab?.close());

async function bring(
  hint: string,
  major: number,
  replicas: number,
  spec: Record<string, unknown> = { database },
): Promise<TestCluster> {
  const cluster = lab.cluster(lab.scope(hint));
  await cluster.apply({ image: `postgres:${major}`, replicas, ...spec });
  await cluster.settled(0, replicas);
  return cluster;
}

/** Tuesday: a later table that hangs on an old one, changed rows, a setting and a grant that must stay. */
const tuesday = `
CREATE TABLE public.orders (id int, by int REFERENCES public.users); INSERT INTO public.orders VALUES (1, 1);
UPDATE public.users SET name = 'changed' WHERE id < 100; INSERT INTO public.users VALUES (30000, 'late'); DROP TABLE public.parts;`;

const restoreContainers = async (cluster: TestCluster) =>
  (
    await docker(
      'ps',
      '-a',
      '--filter',
      `name=${cluster.scope}-db-restore-`,
      '--format',
      '{{.Names}} {{.State}}',
    )
  )
    .split('\n')
    .filter(Boolean);

describe.each([15, 17, 18])('postgres:%i', major => {
  let cluster: TestCluster;
  let captured: string;
  // Not skipped elsewhere but absent: a full run skips nothing.
  const only17: typeof it | (() => void) = major === 17 ? it : () => {};
  const from17: typeof it | (() => void) = major >= 17 ? it : () => {};
  beforeAll(async () => {
    cluster = await bring(`re${major}`, major, 2);
    await cluster.sql(0, monday);
    captured = await fingerprint(cluster);
    expect(await cluster.ok('backups:capture', '--follow')).toContain('backup b001 captured');
    await goDump(cluster, 'b002');
  });

  it('D1: ends with exactly what was captured, owners, grants and settings included; undo and discard', async () => {
    await cluster.sql(0, tuesday);
    const before = await fingerprint(cluster);
    expect(before).not.toBe(captured);
    const said = await cluster.ok('backups:restore', 'b001', '--yes');
    expect(said).toMatch(/restored: app of .* is what b001-\d{8}T\d{6}Z holds, 3 tables/);
    expect(said).toMatch(/replayed by 1 standby\b/);
    expect(difference(await fingerprint(cluster), captured)).toBe('');
    expect(difference(await fingerprint(cluster, cluster.pod(1)), captured)).toBe('');
    expect(await databasesOf(cluster)).toEqual(['app', expect.stringMatching(/^app__before_[0-9a-f]{8}$/)]);
    await cluster.ok('backups:restore', '--undo');
    expect(difference(await fingerprint(cluster), before)).toBe('');
    await cluster.ok('backups:restore', '--undo');
    expect(difference(await fingerprint(cluster), captured)).toBe('');
    await cluster.ok('backups:restore', '--discard', '--yes');
    expect(await databasesOf(cluster)).toEqual(['app']);
    const nothing = await vd(cluster, 'backups:restore', '--undo');
    expect(nothing).toMatchObject({ code: 1, said: expect.stringContaining('nothing to undo') });
    expect(await anonymousVolumes(cluster)).toEqual([]);
  });

  only17(
    'a dump of the Go plugin, which has no companion, is restored just so; the earlier previous database goes',
    async () => {
      await cluster.sql(0, tuesday);
      await cluster.ok('backups:restore', 'b001', '--yes');
      await cluster.sql(0, tuesday);
      expect(await cluster.ok('backups:restore', 'b002', '--yes')).toMatch(
        /dropped app__before_[0-9a-f]{8}, kept since/,
      );
      expect(difference(await fingerprint(cluster), captured)).toBe('');
      expect(await databasesOf(cluster)).toHaveLength(2);
    },
  );

  from17('C10: test restores a copy elsewhere, compares, records, and touches nothing', async () => {
    const [before, lsn] = [
      await fingerprint(cluster),
      await cluster.sql(0, 'SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()'),
    ];
    expect(await cluster.ok('backups:test', 'b001')).toMatch(
      /backup b001 restores: 3 tables, 20053 rows and their bytes compared/,
    );
    expect(await cluster.ok('backups:test', 'b002')).toMatch(/backup b002 restores: 3 tables, 20053 rows/);
    expect(difference(await fingerprint(cluster), before)).toBe('');
    expect(lsn).toBeTruthy();
    expect(await cluster.ok('backups')).toMatch(/b001 .*tested 20/);
    expect(readdirSync(cluster.backups).filter(name => name.startsWith('.'))).toEqual(
      expect.not.arrayContaining([expect.stringContaining('.test-')]),
    );
    expect(await anonymousVolumes(cluster)).toEqual([]);
  });
});

describe('C9: a fresh cluster', () => {
  it('has the roles, memberships, settings, owners, grants and comments of the backup', async () => {
    const old = await bring('c9a', 17, 1);
    await old.sql(0, monday);
    await old.ok('backups:capture', '--follow');
    const [captured, globals] = [await fingerprint(old), await globalsOf(old)];
    const fresh = await bring('c9b', 17, 1);
    await docker(
      'run',
      '--rm',
      '-v',
      `${old.backups}:/from`,
      '-v',
      `${fresh.backups}:/to`,
      '--tmpfs',
      '/var/lib/postgresql/data',
      '--entrypoint',
      'bash',
      'postgres:17',
      '-c',
      'cp -p /from/b001* /to/',
    );
    const said = await fresh.ok('backups:restore', 'b001', '--yes');
    expect(said).toContain('created the roles this cluster lacked:');
    expect(await globalsOf(fresh)).toBe(globals);
    expect(difference(await fingerprint(fresh), captured)).toBe('');
    await fresh.sql(0, 'SET ROLE "ro\'s"; SELECT count(*) FROM public.users');
    expect(
      (await fresh.trySql(0, 'SET ROLE "ro\'s"; INSERT INTO public.users VALUES (-1)')).stderr,
    ).toContain('permission denied');
  });
});

describe('the default database', () => {
  it('postgres itself is restored and brought back, with a user, a port and a database of other names beside it', async () => {
    const cluster = await bring('dflt', 17, 2, {});
    await cluster.sql(0, 'CREATE TABLE t AS SELECT generate_series(1, 10) AS i');
    await cluster.ok('backups:capture', '--follow');
    await cluster.sql(0, 'DROP TABLE t; CREATE TABLE later (i int)');
    await cluster.ok('backups:restore', 'b001', '--yes');
    expect(await cluster.sql(0, 'SELECT count(*) FROM t')).toBe('10');
    await cluster.settled(0, 2);
    expect(await cluster.sql(1, 'SELECT count(*) FROM t')).toBe('10');
    await cluster.ok('backups:restore', '--undo');
    expect(await cluster.sql(0, "SELECT to_regclass('later') IS NOT NULL")).toBe('t');
    await cluster.ok('backups:restore', '--discard', '--yes');

    const other = await bring('names', 17, 1, {
      user: 'appuser',
      port: 5433,
      database: `a.b-c$d_${'x'.repeat(50)}`,
    });
    await other.sql(0, 'CREATE TABLE t AS SELECT generate_series(1, 10) AS i');
    await other.ok('backups:capture', '--follow');
    await other.sql(0, 'DROP TABLE t');
    await other.ok('backups:restore', 'b001', '--yes');
    expect(await other.sql(0, 'SELECT count(*) FROM t')).toBe('10');
    await other.ok('backups:test', 'b001');
    await other.ok('backups:restore', '--undo');
    expect(await other.sql(0, "SELECT to_regclass('t') IS NULL")).toBe('t');
  });
});

describe('what must change nothing', () => {
  let cluster: TestCluster;
  let live: string;
  beforeAll(async () => {
    cluster = await bring('nochange', 17, 1);
    await cluster.sql(0, monday);
    await cluster.ok('backups:capture', '--follow');
    await cluster.sql(0, tuesday);
    live = await fingerprint(cluster);
  });
  const unchanged = async () => {
    expect(difference(await fingerprint(cluster), live)).toBe('');
    expect(await databasesOf(cluster)).toEqual(['app']);
    expect(await cluster.sql(0, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'voodu%'")).toBe('0');
  };

  it('without --yes, with an unknown id, a running or damaged backup: refused by the command itself', async () => {
    expect(await vd(cluster, 'backups:restore', 'b001')).toMatchObject({
      code: 1,
      said: expect.stringContaining('add --yes'),
    });
    expect(await vd(cluster, 'backups:restore', 'b099', '--yes')).toMatchObject({
      code: 1,
      said: expect.stringContaining('no backup b099'),
    });
    expect(await vd(cluster, 'backups:restore')).toMatchObject({
      code: 1,
      said: expect.stringContaining('name a backup'),
    });
    expect(await vd(cluster, 'backups:restore', 'nonsense', '--yes')).toMatchObject({
      code: 1,
      said: expect.stringContaining('wants the id'),
    });
    await unchanged();
  });

  it('C2: one flipped byte, a truncated file, globals that changed: refused before a connection', async () => {
    const dump = readdirSync(cluster.backups).find(name => name.endsWith('.dump'))!;
    const whole = readFileSync(`${cluster.backups}/${dump}`);
    const flipped = Buffer.from(whole);
    flipped[Math.floor(whole.length * 0.6)]! ^= 1;
    writeFileSync(`${cluster.backups}/${dump}`, flipped);
    expect(await vd(cluster, 'backups:restore', 'b001', '--yes')).toMatchObject({
      code: 1,
      said: expect.stringMatching(/CORRUPT: the sha256 of b001/),
    });
    expect(await vd(cluster, 'backups:test', 'b001')).toMatchObject({
      code: 1,
      said: expect.stringMatching(/CORRUPT/),
    });
    writeFileSync(`${cluster.backups}/${dump}`, whole.subarray(0, whole.length - 4096));
    expect((await vd(cluster, 'backups:restore', 'b001', '--yes')).code).toBe(1);
    writeFileSync(`${cluster.backups}/${dump}`, whole);
    await cluster.ok('backups:verify', 'b001');

    // The same without a companion: the decode alone finds it.
    const bare = await goDump(cluster, 'b005');
    const bytes = readFileSync(bare);
    bytes[Math.floor(bytes.length * 0.6)]! ^= 1;
    writeFileSync(bare, bytes);
    expect(await vd(cluster, 'backups:restore', 'b005', '--yes')).toMatchObject({
      code: 1,
      said: expect.stringMatching(/CORRUPT/),
    });
    writeFileSync(bare, bytes.subarray(0, bytes.length - 4096));
    expect(await vd(cluster, 'backups:restore', 'b005', '--yes')).toMatchObject({
      code: 1,
      said: expect.stringMatching(/CORRUPT/),
    });
    await unchanged();
  });

  it('D3: an open transaction is named; --kick ends it, idle sessions only lose their connection', async () => {
    const held = await holdTransaction(cluster);
    const refused = await vd(cluster, 'backups:restore', 'b001', '--yes', '--lock-timeout', '1s');
    expect(refused.code).toBe(1);
    expect(refused.said).toContain(`pid ${held.pid}`);
    expect(refused.said).toContain('--kick');
    await unchanged();
    const done = await vd(cluster, 'backups:restore', 'b001', '--yes', '--lock-timeout', '1s', '--kick');
    expect(done.said).toContain('ending 1 session (--kick)');
    expect(done.code).toBe(0);
    expect(await cluster.sql(0, `SELECT count(*) FROM pg_stat_activity WHERE pid = ${held.pid}`)).toBe('0');
    await held.end();
    await cluster.ok('backups:restore', '--undo');
    await cluster.ok('backups:restore', '--discard', '--yes');
    await unchanged();
  });

  it('D4: errors are counted and shown, nothing is put in place', async () => {
    await cluster.sql(
      0,
      'CREATE ROLE gone; CREATE TABLE public.mine (i int); ALTER TABLE public.mine OWNER TO gone; GRANT SELECT ON public.users TO gone',
    );
    await goDump(cluster, 'b006');
    await cluster.sql(0, 'DROP TABLE public.mine; DROP OWNED BY gone; DROP ROLE gone');
    const refused = await vd(cluster, 'backups:restore', 'b006', '--yes');
    expect(refused.code).toBe(1);
    expect(refused.said).toMatch(
      /restored with 3 errors, so nothing was put in place; the first: .*role "gone" does not exist/,
    );
    expect(refused.said).toContain('--no-owner');
    await unchanged();
    await cluster.ok('backups:restore', 'b006', '--yes', '--no-owner');
    expect(
      await cluster.sql(0, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"),
    ).toBe(owner);
    await cluster.ok('backups:restore', '--undo');
    await cluster.ok('backups:restore', '--discard', '--yes');
    await unchanged();
  });

  it('two restores at once: the second is refused', async () => {
    const held = await holdTransaction(cluster);
    const first = vd(cluster, 'backups:restore', 'b001', '--yes', '--lock-timeout', '6s');
    await cluster.until('the first waits', async () =>
      (await restoreContainers(cluster)).some(line => line.endsWith('running')),
    );
    const second = await vd(cluster, 'backups:restore', 'b001', '--yes');
    expect(second).toMatchObject({ code: 1, said: expect.stringContaining('is running in container') });
    expect((await first).code).toBe(1);
    await held.end();
    await unchanged();
  });

  it('leaves nothing behind', async () => {
    expect(await anonymousVolumes(cluster)).toEqual([]);
    expect(
      readdirSync(`${cluster.state}/restores`).filter(
        name => name !== '.lock' && !/^[0-9a-f]{8}$/.test(name),
      ),
    ).toEqual([]);
  });
});
