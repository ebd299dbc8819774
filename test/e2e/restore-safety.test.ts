/** Restores that are killed, run out of disk, or come from a stranger: the live database stays as it was. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBackup, loadCatalogue, requireDump } from '../../src/backup/catalogue.ts';
import { parseBackupName } from '../../src/backup/id.ts';
import { placeOf } from '../../src/backup/place.ts';
import { newOperation, startRestore } from '../../src/backup/restore.ts';
import { loadCluster } from '../../src/cluster/load-cluster.ts';
import { type ClusterLab, docker, startClusterLab, type TestCluster } from '../support/cluster-lab.ts';
import {
  database,
  databasesOf,
  difference,
  fingerprint,
  goDump,
  holdingAt,
  monday,
  serve,
  untilHeld,
  vd,
  wake,
} from '../support/restore-lab.ts';

let lab: ClusterLab;
const volumes: string[] = [];
beforeAll(async () => {
  lab = await startClusterLab();
});
afterAll(async () => {
  await lab?.close();
  for (const volume of volumes) await docker('volume', 'rm', '-f', volume);
});

async function bring(hint: string, spec: Record<string, unknown> = {}): Promise<TestCluster> {
  const cluster = lab.cluster(lab.scope(hint));
  await cluster.apply({ image: 'postgres:17', replicas: 1, database, ...spec });
  await cluster.settled(0, 1);
  return cluster;
}

/** The restore of the plugin, with a container that waits in one of its phases. */
async function startHeld(cluster: TestCluster, id: string, phase: string): Promise<string> {
  const io = holdingAt(lab, phase);
  const live = await loadCluster(io, { scope: cluster.scope, name: cluster.name });
  const place = await placeOf(io.docker, live.ref, live.spec);
  const backup = requireDump(place, findBackup(place, await loadCatalogue(io, place), parseBackupName(id)));
  const options = { lockTimeoutSeconds: 5, kick: false, noOwner: false };
  const { container } = await startRestore(
    io,
    live,
    place,
    newOperation(io),
    { type: 'backup', backup },
    options,
  );
  await untilHeld(cluster, container, phase);
  return container;
}

describe('D2: killed in any phase', () => {
  it('the live database is as before, or the swap is complete; the next command clears up', async () => {
    const cluster = await bring('kill');
    await cluster.sql(0, monday);
    await cluster.ok('backups:capture', '--follow');
    const captured = await fingerprint(cluster);
    await cluster.sql(0, 'CREATE TABLE later AS SELECT 1 AS i');
    const live = await fingerprint(cluster);
    for (const phase of [
      'verifying',
      'connecting',
      'creating',
      'loading',
      'checking',
      'properties',
      'waiting',
      'swapping',
    ]) {
      const container = await startHeld(cluster, 'b001', phase);
      await docker('kill', container);
      expect(difference(await fingerprint(cluster), live), phase).toBe('');
      await cluster.ok('backups:restore', '--discard', '--yes');
      expect(await databasesOf(cluster), phase).toEqual(['app']);
    }
    const stopped = await startHeld(cluster, 'b001', 'checking');
    await docker('stop', stopped);
    expect(await docker('logs', stopped)).toMatch(
      /FAILED: stopped on request while checking\n(.*\n)*the live database app is unchanged/,
    );
    expect(await databasesOf(cluster)).toEqual(['app']);

    const swapped = await startHeld(cluster, 'b001', 'swapped');
    await docker('kill', swapped);
    expect(difference(await fingerprint(cluster), captured)).toBe('');
    await cluster.ok('backups:restore', '--undo');
    expect(difference(await fingerprint(cluster), live)).toBe('');
  });
});

describe('D2: killed in the middle of pg_restore', () => {
  it('the live database is as before, and the next command drops what was loaded', async () => {
    const cluster = await bring('mid');
    await cluster.sql(0, monday);
    await cluster.sql(
      0,
      'CREATE TABLE public.wide AS SELECT g AS id, repeat(md5(g::text), 30) AS t FROM generate_series(1, 60000) g',
    );
    await cluster.ok('backups:capture', '--follow');
    await cluster.sql(0, 'CREATE TABLE later AS SELECT 1 AS i');
    const live = await fingerprint(cluster);
    // It goes on slowly from where it waits.
    const container = await startHeld(cluster, 'b001', 'loading');
    await docker('update', '--cpus', '0.05', container);
    await wake(container);
    await cluster.until(
      'a table is being copied',
      async () =>
        (await cluster.sql(
          0,
          "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'app\\_\\_restore\\_%' AND query LIKE 'COPY %' AND state = 'active'",
        )) !== '0',
    );
    await docker('kill', container);
    expect(difference(await fingerprint(cluster), live)).toBe('');
    expect(await databasesOf(cluster)).toEqual(['app', expect.stringMatching(/^app__restore_/)]);
    await cluster.ok('backups:restore', '--discard', '--yes');
    expect(await databasesOf(cluster)).toEqual(['app']);
    expect(difference(await fingerprint(cluster), live)).toBe('');
  });
});

describe('a disk that is too small', () => {
  it('is seen before and during the load; the live server goes on', async () => {
    const scope = lab.scope('full');
    const volume = `voodu-${scope}-db-data-0`;
    volumes.push(volume);
    await docker(
      'volume',
      'create',
      '--opt',
      'type=tmpfs',
      '--opt',
      'device=tmpfs',
      '--opt',
      'o=size=360m',
      volume,
    );
    const cluster = lab.cluster(scope);
    await cluster.apply({
      image: 'postgres:17',
      replicas: 1,
      database,
      pg_config: { wal_keep_size: '0', max_wal_size: '64MB', min_wal_size: '32MB' },
    });
    await cluster.settled(0, 1);
    await cluster.sql(
      0,
      "CREATE TABLE big AS SELECT g, repeat('x', 1000) AS t FROM generate_series(1, 100000) g",
    );
    await cluster.sql(0, 'CHECKPOINT');
    await cluster.ok('backups:capture', '--follow');
    await goDump(cluster, 'b002');
    const before = await vd(cluster, 'backups:restore', 'b001', '--yes');
    expect(before).toMatchObject({
      code: 1,
      said: expect.stringMatching(/the disk of the database has .* free and about .* are needed/),
    });
    const during = await vd(cluster, 'backups:restore', 'b002', '--yes');
    expect(during).toMatchObject({
      code: 1,
      said: expect.stringMatching(/the disk of the database is nearly full/),
    });
    expect(await databasesOf(cluster)).toEqual(['app']);
    expect(await cluster.sql(0, 'INSERT INTO big VALUES (0, NULL); SELECT count(*) FROM big')).toBe('100001');
    expect(await cluster.logs(0)).not.toMatch(/PANIC/);
  });
});

describe('a dump from a URL', () => {
  let cluster: TestCluster;
  let good: Buffer;
  let live: string;
  const local = ['--allow-http', '--allow-private'];
  beforeAll(async () => {
    cluster = await bring('url');
    await cluster.sql(0, 'CREATE DATABASE scratch', { database: 'postgres' });
    await cluster.sql(0, 'CREATE EXTENSION pg_trgm; CREATE ROLE somebody; CREATE TABLE here (i int)');
    live = await fingerprint(cluster);
  });
  const dumpOf = async (sql: string) => {
    await cluster.sql(0, 'DROP DATABASE scratch WITH (FORCE)', { database: 'postgres' });
    await cluster.sql(0, 'CREATE DATABASE scratch', { database: 'postgres' });
    await cluster.sql(0, sql, { database: 'scratch' });
    const path = await goDump(cluster, 'b900', 'scratch');
    const bytes = readFileSync(path);
    await docker('exec', cluster.pod(0), 'rm', '-f', `/backups/${path.split('/').at(-1)}`, '/tmp/whoami');
    return bytes;
  };
  const unchanged = async () => {
    expect(difference(await fingerprint(cluster), live)).toBe('');
    expect(await databasesOf(cluster)).toEqual(['app', 'scratch']);
    expect(readdirSync(join(cluster.state, 'restores')).filter(name => name.includes('.dump'))).toEqual([]);
    expect(
      await cluster.sql(0, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'voodu\\_restore\\_%'"),
    ).toBe('0');
  };

  it('is restored: owned by no superuser, with the extensions the live database has, and its URL is nowhere', async () => {
    good = await dumpOf(
      'CREATE EXTENSION pg_trgm; CREATE TABLE t AS SELECT generate_series(1, 10) AS i; ALTER TABLE t OWNER TO somebody; GRANT SELECT ON t TO somebody; CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM t',
    );
    const server = await serve(path =>
      path.startsWith('/first')
        ? { status: 302, headers: { location: '/second?signature=topsecret' } }
        : { body: good },
    );
    const url = `${server.url}/first?signature=topsecret`;
    const said = await cluster.ok(
      'backups:restore',
      url,
      '--yes',
      ...local,
      `--sha256=${createHash('sha256').update(good).digest('hex')}`,
    );
    expect(said).toContain('restored: app of');
    expect(server.paths).toHaveLength(2);
    expect(await cluster.sql(0, 'SELECT count(*) FROM t')).toBe('10');
    expect(await cluster.sql(0, "SELECT tableowner FROM pg_tables WHERE tablename = 't'")).toBe(
      'voodu_restored',
    );
    expect(
      await cluster.sql(0, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'app'"),
    ).toBe('postgres');
    const container = (
      await docker('ps', '-a', '--filter', `name=${cluster.scope}-db-restore-`, '--format', '{{.Names}}')
    ).split('\n')[0]!;
    const traces = [
      said,
      await docker('inspect', container),
      await docker('logs', container),
      await docker(
        'run',
        '--rm',
        '-v',
        `${cluster.state}:/s`,
        '--tmpfs',
        '/var/lib/postgresql/data',
        '--entrypoint',
        'sh',
        'postgres:17',
        '-c',
        'cat /s/restores/* 2>/dev/null',
      ),
    ];
    expect(traces.filter(text => text.includes('topsecret'))).toEqual([]);
    await cluster.ok('backups:restore', '--undo');
    await cluster.ok('backups:restore', '--discard', '--yes');
    await server.close();
    await unchanged();
  });

  it.each(['stop', 'kill'])('that stalls ends with its restore: docker %s', async ending => {
    const server = await serve(() => ({ body: good.subarray(0, 1000), stalls: true }));
    const going = vd(cluster, 'backups:restore', `${server.url}/slow`, '--yes', ...local);
    await cluster.until('something has arrived', async () =>
      readdirSync(join(cluster.state, 'restores')).some(name => name.endsWith('.dump.partial')),
    );
    expect(await server.connections()).toBe(1);
    await docker(
      ending,
      await docker('ps', '--filter', `name=${cluster.scope}-db-restore-`, '--format', '{{.Names}}'),
    );
    expect((await going).code).not.toBe(0);
    await cluster.until('the download has ended', async () => (await server.connections()) === 0, 15_000);
    await server.close();
    await cluster.ok('backups:restore', '--discard', '--yes');
    await unchanged();
  });

  it("belongs to the database's owner where that is no superuser", async () => {
    await cluster.sql(0, 'ALTER DATABASE app OWNER TO somebody');
    const server = await serve(() => ({ body: good }));
    await cluster.ok('backups:restore', `${server.url}/x`, '--yes', ...local);
    expect(await cluster.sql(0, "SELECT tableowner FROM pg_tables WHERE tablename = 't'")).toBe('somebody');
    await cluster.ok('backups:restore', '--undo');
    await cluster.ok('backups:restore', '--discard', '--yes');
    await cluster.sql(0, 'ALTER DATABASE app OWNER TO postgres');
    await server.close();
    await unchanged();
  });

  it('D5: cannot run a command, while it is loaded or later', async () => {
    // COPY wants a volatile function, an index an immutable one: one calls the other.
    const run = (
      guard: string,
    ) => `CREATE FUNCTION public.g() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ${guard} COPY (SELECT 1) TO PROGRAM 'whoami > /tmp/whoami'; ${guard ? 'END IF;' : ''} END $$;
      CREATE FUNCTION public.f(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM public.g(); RETURN i; END $$;`;
    const loud = await dumpOf(
      `${run('')} CREATE TABLE t AS SELECT 1 AS i; CREATE MATERIALIZED VIEW m AS SELECT public.f(i) FROM t;`,
    );
    const server = await serve(() => ({ body: loud }));
    const refused = await vd(cluster, 'backups:restore', `${server.url}/evil`, '--yes', ...local);
    expect(refused).toMatchObject({
      code: 1,
      said: expect.stringMatching(
        /restored with \d error.*permission denied to COPY to or from an external program/,
      ),
    });
    await server.close();
    await unchanged();

    // This one waits for a superuser to come by: autovacuum analyzes an index's expression as the table's owner.
    const patient = await dumpOf(
      `${run('IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN')} CREATE TABLE public.t AS SELECT g AS i FROM generate_series(1, 100) g; CREATE INDEX ON public.t (public.f(i));`,
    );
    const later = await serve(() => ({ body: patient }));
    await cluster.ok('backups:restore', `${later.url}/patient`, '--yes', ...local);
    await cluster.sql(0, 'ANALYZE public.t');
    expect(await docker('exec', cluster.pod(0), 'sh', '-c', 'ls /tmp/whoami 2>/dev/null || echo none')).toBe(
      'none',
    );
    await cluster.ok('backups:restore', '--undo');
    await cluster.ok('backups:restore', '--discard', '--yes');
    await later.close();
    await unchanged();
  });

  it('D6: is refused, each for its own reason, and leaves nothing', async () => {
    const reasons: [string[], RegExp][] = [
      [['file:///etc/passwd'], /file:\/\/ is not downloaded/],
      [['http://example.com/x'], /neither private nor protected/],
      [['https://127.0.0.1/x'], /127\.0\.0\.1 is a loopback address/],
      [['https://10.0.0.5/x'], /10\.0\.0\.5 is a private address/],
      [['http://169.254.169.254/latest', ...local], /a cloud's metadata service/],
      [['https://localhost/x'], /localhost resolves to .*, which is a loopback address/],
      [['https://user:pass@example.com/x'], /user name or password/],
    ];
    for (const [words, reason] of reasons)
      expect(await vd(cluster, 'backups:restore', ...words, '--yes'), words[0]!).toMatchObject({
        code: 1,
        said: expect.stringMatching(reason),
      });
    const server = await serve(path =>
      path === '/html'
        ? { body: Buffer.from('<html>') }
        : path === '/gone'
          ? { status: 404 }
          : path === '/big'
            ? { body: Buffer.concat([Buffer.from('PGDMP'), Buffer.alloc(100_000)]), headers: {} }
            : path === '/cut'
              ? { body: good.subarray(0, good.length - 200) }
              : path === '/inside'
                ? { status: 302, headers: { location: 'http://169.254.169.254/latest' } }
                : { body: good },
    );
    const served: [string[], RegExp][] = [
      [['/html'], /not a dump in pg_dump's custom format/],
      [['/gone'], /answered with status 404/],
      [
        ['/big', '--max-size', '50kB'],
        /reached \d+ bytes, and --max-size allows 51200|has 100005 bytes, and --max-size/,
      ],
      [['/good', `--sha256=${'0'.repeat(64)}`], /sha256 is [0-9a-f]{64}, not the 0{64}/],
      [['/cut'], /CORRUPT/],
      [['/inside'], /metadata service \(127\.0\.0\.1:\d+ redirected there\)/],
    ];
    for (const [[path, ...flags], reason] of served)
      expect(
        await vd(cluster, 'backups:restore', `${server.url}${path}`, '--yes', ...local, ...flags),
        path!,
      ).toMatchObject({ code: 1, said: expect.stringMatching(reason) });
    await server.close();
    await unchanged();
  });
});
