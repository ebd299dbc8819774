/** Captures on real servers: what is called complete is whole, and whatever ends a capture leaves nothing that looks like one. */
import { spawnSync } from 'node:child_process';
import {
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClusterLab, docker, startClusterLab, type TestCluster } from '../support/cluster-lab.ts';

let lab: ClusterLab;
beforeAll(async () => {
  lab = await startClusterLab();
});
afterAll(() => lab?.close());

async function bring(hint: string, spec: Record<string, unknown> = {}): Promise<TestCluster> {
  const cluster = lab.cluster(lab.scope(hint));
  await cluster.apply({ image: 'postgres:17', ...spec });
  await cluster.settled(0, Number(spec['replicas'] ?? 1));
  return cluster;
}

interface View {
  readonly id: string;
  readonly status: string;
  readonly [field: string]: unknown;
}

async function listed(cluster: TestCluster): Promise<View[]> {
  const envelope = JSON.parse(await cluster.ok('backups', '-o', 'json'));
  return JSON.parse(envelope.data.message).backups;
}

const statuses = async (cluster: TestCluster) =>
  (await listed(cluster)).map(({ id, status }) => `${id} ${status}`);
const filesOf = (cluster: TestCluster) => readdirSync(cluster.backups).sort();
const dumpOf = (cluster: TestCluster, id: string) =>
  join(cluster.backups, filesOf(cluster).find(name => name.startsWith(`${id}-`) && name.endsWith('.dump'))!);
const container = (cluster: TestCluster, id: string) => `${cluster.scope}-db-backup-${id}`;

/** Docker volumes it has: anonymous ones would stay when it goes. */
const volumesOf = (name: string) =>
  docker('inspect', '--format', '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}', name);

/** A capture that is slow enough to be caught in the middle; resolves with its id once so much is written. */
async function slowCapture(cluster: TestCluster, bytes: number, ...words: string[]): Promise<string> {
  const id = /backup (b\d+) capturing/.exec(await cluster.ok('backups:capture', ...words))![1]!;
  await docker('update', '--cpus', '0.03', container(cluster, id));
  const written = () =>
    filesOf(cluster).filter(name => name.startsWith(`.${id}-`) && name.endsWith('.dump.partial'));
  await cluster.until('something is written', async () =>
    written().some(name => statSync(join(cluster.backups, name)).size > bytes),
  );
  return id;
}

const incompressible = (megabytes: number) => `
  create extension if not exists pgcrypto;
  create table random as select g as id, gen_random_bytes(1000) as b from generate_series(1, ${megabytes * 1000}) g`;

describe.each([15, 17, 18])('postgres:%i', major => {
  let cluster: TestCluster;
  const password = `it's "a" \\ p@ss:/?#%`;
  beforeAll(async () => {
    cluster = await bring(`cap${major}`, {
      image: `postgres:${major}`,
      user: 'appuser',
      database: 'appdata',
      port: 5433,
      password,
    });
    await cluster.sql(
      0,
      `
      create table "we""ird \\ t" (a int, "b c" text);
      insert into "we""ird \\ t" select g, E'COPY x FROM stdin;\\n\\\\.\\n' || g from generate_series(1, 1000) g;
      create schema "Other"; create table "Other".empty ();
      create function liar() returns text language sql as $f$ select 'COPY public.nothing FROM stdin;' $f$;
      create role ro; create role member in role ro; grant select on "we""ird \\ t" to ro;
      alter role ro set work_mem = '3MB'; alter database appdata set work_mem = '5MB'; grant connect on database appdata to ro;
      select lo_from_bytea(0, 'large')`,
    );
  });

  it('captures, follows to the end, and lists what was proven', async () => {
    const said = await cluster.ok('backups:capture', '--follow');
    expect(said).toMatch(
      new RegExp(
        `backup b001 capturing in background \\(container ${container(cluster, 'b001')}, source: ordinal 0\\)`,
      ),
    );
    expect(said).toMatch(
      /capture: pg_dump → \/backups\/b001-\d{8}T\d{6}Z\.dump \(db=appdata, user=appuser; raw size \d+ MB, estimated dump ~\d+ MB, container /,
    );
    expect(said).toMatch(/done: [\d.]+ kB in \d+s/);
    expect(said).toMatch(
      /backup b001 captured \(b001-\d{8}T\d{6}Z\.dump, [\d.]+ kB, source: ordinal 0, elapsed \d+s\)/,
    );
    expect(filesOf(cluster).map(name => name.replace(/-\d{8}T\d{6}Z/, ''))).toEqual([
      'b001.dump',
      'b001.globals.sql',
      'b001.json',
    ]);
    const sidecar = JSON.parse(readFileSync(dumpOf(cluster, 'b001').replace('.dump', '.json'), 'utf8'));
    expect(sidecar).toMatchObject({
      id: 'b001',
      standing: 'verified',
      database: 'appdata',
      source_ordinal: 0,
      source_role: 'primary',
      row_count: 1000,
      large_objects: 1,
      compression: major >= 16 ? 'zstd:1' : 'gzip:1',
    });
    expect(sidecar.server_version).toMatch(new RegExp(`^${major}\\b`));
    expect(sidecar.tables.map(({ table, rows }: { table: string; rows: number }) => [table, rows])).toEqual(
      expect.arrayContaining([
        ['public."we""ird \\ t"', 1000],
        ['"Other".empty', 0],
      ]),
    );
    expect(spawnSync('sha256sum', [dumpOf(cluster, 'b001')]).stdout.toString()).toContain(sidecar.sha256);
    expect(await statuses(cluster)).toEqual(['b001 complete']);
    expect(await cluster.ok('backups')).toMatch(
      / {2}b001 {3}complete {3}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {3}[\d.]+ kB {3}verified /,
    );
    expect(await volumesOf(container(cluster, 'b001'))).toBe('');
  });

  it('keeps roles, memberships and settings beside it, and no password', () => {
    const globals = readFileSync(dumpOf(cluster, 'b001').replace('.dump', '.globals.sql'), 'utf8');
    for (const line of [
      'CREATE ROLE ro;',
      'GRANT ro TO member',
      "ALTER ROLE ro SET work_mem TO '3MB';",
      "ALTER DATABASE appdata SET work_mem TO '5MB';",
      'GRANT CONNECT ON DATABASE appdata TO ro;',
    ])
      expect(globals).toContain(line);
    expect(globals).not.toMatch(/PASSWORD|SCRAM|\\connect/);
  });

  it('has no secret in the container, its log, or the text', async () => {
    const secrets = Object.entries(lab.controller.bucket(cluster.scope, 'db'))
      .filter(([key]) => key.includes('PASSWORD'))
      .map(([, value]) => value);
    expect(secrets).toContain(password);
    const text =
      (await docker('inspect', container(cluster, 'b001'))) +
      (await cluster.ok('backups:logs', 'b001')) +
      (await cluster.ok('backups'));
    for (const secret of secrets) expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
    for (const secret of secrets) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/PGPASSWORD|POSTGRES_PASSWORD/);
  });

  it('verifies; sees a flipped bit and a cut tail, which pg_restore --list does not; hands neither out', async () => {
    expect(await cluster.ok('backups:verify', 'b001')).toMatch(
      /backup b001 verified \([\d.]+ kB, 1000 rows, sha256 [0-9a-f]{64}/,
    );
    await cluster.ok('backups:capture', '--follow');
    const [flipped, cut] = [dumpOf(cluster, 'b001'), dumpOf(cluster, 'b002')];
    const original = readFileSync(flipped);
    const file = openSync(flipped, 'r+');
    const at = Math.floor(original.length * 0.6);
    writeSync(file, Buffer.from([original[at]! ^ 1]), 0, 1, at);
    truncateSync(cut, statSync(cut).size - 4096);
    const listing = await docker(
      'exec',
      cluster.pod(0),
      'pg_restore',
      '--list',
      flipped.replace(cluster.backups, '/backups'),
    );
    expect(listing).toContain('TABLE DATA');
    const verified = await cluster.pg('backups:verify', 'b001');
    expect(verified.code).not.toBe(0);
    expect(verified.stderr).toMatch(
      /backup b001 is CORRUPT: sha256 is [0-9a-f]{64}, but [0-9a-f]{64} was captured/,
    );
    expect(await statuses(cluster)).toEqual(['b001 corrupt', 'b002 corrupt']);
    expect(await cluster.ok('backups')).toMatch(/b002 {3}corrupt .*\d+ bytes, but \d+ were captured/);
    for (const id of ['b001', 'b002'])
      expect((await cluster.pg('backups:download', id)).stderr).toMatch(/is corrupt: /);
    writeFileSync(flipped, original);
    await cluster.ok('backups:verify', 'b001');
    expect(await statuses(cluster)).toEqual(['b001 complete', 'b002 corrupt']);
  });

  it('compresses as it is told, and records it', async () => {
    const known = major >= 16 ? ['gzip:3', 'lz4:1', 'none'] : ['gzip:3', 'none'];
    for (const method of known) {
      const id = /backup (b\d+) captured/.exec(
        await cluster.ok('backups:capture', '--follow', `--compress=${method}`),
      )![1]!;
      const dump = dumpOf(cluster, id);
      expect(JSON.parse(readFileSync(dump.replace('.dump', '.json'), 'utf8')).compression).toBe(method);
      const list = await docker(
        'exec',
        cluster.pod(0),
        'pg_restore',
        '--list',
        dump.replace(cluster.backups, '/backups'),
      );
      expect(list).toMatch(
        new RegExp(`Compression: ${major >= 16 ? method.split(':')[0] : method === 'none' ? '0' : ''}`),
      );
      await cluster.ok('backups:delete', id, '-y');
    }
    if (major < 16)
      expect((await cluster.pg('backups:capture', '--compress', 'zstd')).stderr).toContain(
        'PostgreSQL 15 cannot compress a dump with zstd',
      );
  });
});

describe('a capture that does not end well', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await bring('ill');
    await cluster.sql(0, incompressible(40));
  });

  it('killed at half: failed with the reason, never selectable, its id not used again', async () => {
    const id = await slowCapture(cluster, 5e6);
    expect(id).toBe('b001');
    expect(await statuses(cluster)).toEqual(['b001 running']);
    expect((await listed(cluster))[0]!['size_bytes']).toBeGreaterThan(5e6);
    expect((await cluster.pg('backups:delete', 'b001', '--yes')).stderr).toMatch(
      /is being captured[\s\S]*backups:cancel/,
    );
    await docker('kill', '-s', 'KILL', container(cluster, id));
    await cluster.until('it is over', async () => (await statuses(cluster))[0] === 'b001 failed');
    expect(await cluster.ok('backups')).toMatch(/b001 {3}failed .*killed/);
    expect(filesOf(cluster).filter(name => !name.startsWith('.'))).toEqual([]);
    for (const command of ['backups:verify', 'backups:download', 'backups:restore'])
      expect(
        (await cluster.pg(command, 'b001', ...(command === 'backups:restore' ? ['--yes'] : []))).stderr,
      ).toMatch(/b001 .*is failed: it has no dump/);
    await cluster.ok('backups:capture', '--follow');
    expect(await statuses(cluster)).toEqual(['b001 failed', 'b002 complete']);
    expect(filesOf(cluster).some(name => name.includes('partial'))).toBe(false);
    expect(await cluster.ok('backups')).toMatch(/b001 {3}failed .*killed/);
    await cluster.ok('backups:delete', 'b001', '--yes');
    expect(await statuses(cluster)).toEqual(['b002 complete']);
  });

  it('cancelled: really stopped, session gone, partial file gone', async () => {
    const id = await slowCapture(cluster, 1e6);
    expect(await cluster.ok('backups:cancel')).toContain(
      `postgres ${cluster.ref}: stopped 1 capture\n${id}\n`,
    );
    expect(
      await docker('inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', container(cluster, id)),
    ).toBe('exited 143');
    expect(
      await cluster.sql(
        0,
        "select count(*) from pg_stat_activity where application_name like 'voodu_backup%'",
      ),
    ).toBe('0');
    expect(filesOf(cluster).some(name => name.includes('partial'))).toBe(false);
    expect((await listed(cluster)).find(backup => backup.id === id)).toMatchObject({
      status: 'failed',
      reason: 'the capture was cancelled',
    });
    expect(await cluster.ok('backups:cancel')).toContain('no capture is running');
    expect((await cluster.pg('backups:cancel', id)).stderr).toMatch(/is failed, not running/);
  });

  it("server stopped in the middle: failed with pg_dump's words", async () => {
    const id = await slowCapture(cluster, 1e6);
    await cluster.sql(
      0,
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'voodu_backup%'",
    );
    await cluster.until('it failed', async () => (await statuses(cluster)).includes(`${id} failed`));
    expect((await listed(cluster)).find(backup => backup.id === id)!['reason']).toMatch(/pg_dump: error: /);
  });

  it('refused: unknown pods, unknown ids, unknown clusters', async () => {
    for (const [words, reason] of [
      [['backups:capture', '--from-replica', '3'], /has no pod 3: it has 1/],
      [['backups:capture', '--kep', '3'], /--kep is not a flag of pg:backups:capture; did you mean --keep\?/],
      [['backups:logs', 'b099'], /has no backup b099[\s\S]*the newest is b/],
      [['backups:delete', 'b002'], /this removes backup b002[\s\S]*only verified[\s\S]*--yes/],
      [['backups:verify', 'latest'], /wants the id of a backup, like b007/],
    ] as const)
      expect((await cluster.pg(words[0], ...words.slice(1))).stderr).toMatch(reason);
    expect((await lab.controller.vd(['pg:backups:capture', `${cluster.scope}/nothing`])).stderr).toMatch(
      /there is no postgres .*nothing/,
    );
    expect((await lab.controller.vd(['pg:backups', 'no-such-scope'])).stderr).toMatch(
      /no postgres cluster in scope no-such-scope/,
    );
    expect((await lab.controller.vd(['pg:backups', cluster.scope])).stdout).toContain(
      `=== Backups for ${cluster.ref}`,
    );
    expect((await lab.controller.vd(['pg:backups'])).stdout).toContain(`=== Backups for ${cluster.ref}`);
  });
});

describe('ids and files', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await bring('ids');
    await cluster.sql(0, 'create table t as select generate_series(1, 10) as i');
  });

  it('two older backups of the Go plugin are listed and adopted; ids go on after them', async () => {
    const old = (name: string) =>
      docker('exec', '-u', 'postgres', cluster.pod(0), 'pg_dump', '-Fc', '-f', `/backups/${name}`);
    await old('b006-20260505T143000Z.dump');
    await old('b007-20260505T143000Z.dump');
    await old('b007-20260505T143001Z.dump');
    expect((await listed(cluster)).map(({ id, status, standing }) => [id, status, standing])).toEqual(
      ['b006', 'b007', 'b007'].map(id => [id, 'complete', 'unverified']),
    );
    expect((await cluster.pg('backups:verify', 'b007')).stderr).toMatch(
      /2 backups of .* are called b007[\s\S]*b007-20260505T143000Z or b007-20260505T143001Z/,
    );
    await cluster.ok('backups:verify', 'b006');
    await cluster.ok('backups:verify', 'b007-20260505T143001Z');
    expect((await listed(cluster)).map(({ standing, rows }) => [standing, rows])).toEqual([
      ['verified', 10],
      ['unverified', null],
      ['verified', 10],
    ]);
    rmSync(join(cluster.backups, 'b006-20260505T143000Z.json'));
  });

  it('four captures at once get four ids, and all are complete', async () => {
    const said = await Promise.all(
      [1, 2, 3, 4].map(() => cluster.pg('backups:capture', '--follow', '--keep', '0')),
    );
    expect(said.map(({ code, stderr }) => [code, stderr])).toEqual(said.map(() => [0, '']));
    expect(new Set(said.map(({ stdout }) => /backup (b\d+) capturing/.exec(stdout)![1])).size).toBe(4);
    expect((await statuses(cluster)).slice(3)).toEqual(
      ['b008', 'b009', 'b010', 'b011'].map(id => `${id} complete`),
    );
  });

  it('a deleted id is not given again', async () => {
    await cluster.ok('backups:delete', 'b011', '--yes');
    expect(await cluster.ok('backups:capture', '--follow')).toContain('backup b012 captured');
    await docker('rm', '-f', container(cluster, 'b012'));
  });

  it('retention inside the capture prunes, spares the newest verified one, and says so', async () => {
    await lab.controller.setConfig(cluster.scope, 'db', { BACKUP_KEEP: '2' }, { restart: false });
    const said = await cluster.ok('backups:capture', '--follow');
    expect(said).toMatch(/retention \(keep 2\): pruned 6 backup\(s\): b010, b009, b008, b007, b007, b006/);
    expect(await statuses(cluster)).toEqual(['b012 complete', 'b013 complete']);
    writeFileSync(dumpOf(cluster, 'b013'), 'not a dump');
    const dry = await cluster.ok('backups:prune', '--keep', '1', '--dry-run');
    expect(dry).toMatch(
      /retention \(keep 1\): nothing to prune\nretention \(keep 1\): kept b012: it is the newest verified backup/,
    );
    expect((await cluster.pg('backups:prune', '--keep', '1', '--max-age', '1d')).code).toBe(0);
    const age = await cluster.ok('backups:prune', '--keep', '0', '--retention', '1w', '--dry-run');
    expect(age).toContain('retention (max age 1w): nothing to prune');
    expect(await statuses(cluster)).toEqual(['b012 complete', 'b013 corrupt']);
    expect(await cluster.ok('backups:capture', '--follow', '--keep', '1')).toMatch(
      /pruned 2 backup\(s\): b013, b012/,
    );
    expect(await statuses(cluster)).toEqual(['b014 complete']);
    expect((await cluster.pg('backups:prune', '--keep', '0')).stderr).toMatch(/no limit is set/);
  });

  it('download brings the same bytes and refuses to overwrite', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'voodu-download-'));
    try {
      const words = ['pg:backups:download', cluster.ref, 'b014', '--to', 'db.dump'];
      expect((await lab.controller.vd(words, { cwd })).stdout).toMatch(/sha256 [0-9a-f]{64} verified/);
      expect(readFileSync(join(cwd, 'db.dump')).equals(readFileSync(dumpOf(cluster, 'b014')))).toBe(true);
      expect((await lab.controller.vd(words, { cwd })).code).not.toBe(0);

      const elsewhere = await lab.controller.vd([...words.slice(0, -1), 'far.dump'], {
        cwd,
        fromElsewhere: true,
      });
      expect(elsewhere).toMatchObject({ code: 0, stderr: '' });
      expect(readFileSync(join(cwd, 'far.dump')).equals(readFileSync(join(cwd, 'db.dump')))).toBe(true);
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });
});

describe('a full disk', () => {
  const mount = mkdtempSync(join(tmpdir(), 'voodu-small-'));
  afterAll(() => {
    spawnSync('umount', ['-l', mount]);
    rmSync(mount, { recursive: true, force: true });
  });

  it('is seen before, with numbers; and in the middle, leaving no file and a healthy cluster', async () => {
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=65m', 'tmpfs', mount]).status).toBe(0);
    const cluster = await bring('full', { volumes: [`${mount}:/backups`] });
    await cluster.sql(0, incompressible(70));
    const { stderr, stdout, code } = await cluster.pg('backups:capture', '--follow');
    expect(stdout + stderr).toMatch(/failed: pg_dump: error: .*No space left on device/);
    expect(code).not.toBe(0);
    expect(readdirSync(mount).filter(name => !name.endsWith('.failed'))).toEqual([]);
    expect(await statuses(cluster)).toEqual(['b001 failed']);
    writeFileSync(join(mount, 'ballast'), Buffer.alloc(25 << 20));
    const refused = await cluster.pg('backups:capture');
    expect(refused.stderr).toMatch(/needs about \d+ MB, and \d+ MB are free at .*voodu-small/);
    expect(await statuses(cluster)).toEqual(['b001 failed']);
    expect(await cluster.sql(0, 'select count(*) from random')).toBe('70000');
  });
});

describe('from a standby', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await bring('stand', { replicas: 2, pg_config: { max_standby_streaming_delay: 0 } });
    await cluster.sql(0, incompressible(30));
    await cluster.settled(0, 2);
  });
  const replay = () => cluster.sql(1, 'select pg_get_wal_replay_pause_state()');

  it('is not cancelled by what the primary vacuums meanwhile; replay goes on afterwards', async () => {
    const id = await slowCapture(cluster, 1e6, '--from-replica', '1');
    expect(await replay()).toBe('paused');
    await cluster.sql(0, 'delete from random');
    await cluster.sql(0, 'vacuum random');
    await cluster.sql(0, 'alter table random add column late int');
    await docker('update', '--cpus', '2', container(cluster, id));
    await cluster.until('it is complete', async () => (await statuses(cluster)).includes(`${id} complete`));
    expect((await listed(cluster)).at(-1)).toMatchObject({ rows: 30_000, source_ordinal: 1 });
    await cluster.until(
      'replay goes on',
      async () => (await cluster.sql(1, 'select count(*) from random')) === '0',
      10_000,
    );
    expect(await replay()).toBe('not paused');
  });

  it('replay goes on by itself when the capture is killed', async () => {
    await cluster.sql(
      0,
      'insert into random select g, gen_random_bytes(1000) from generate_series(1, 20000) g',
    );
    await cluster.until(
      'it is replayed',
      async () => (await cluster.sql(1, 'select count(*) from random')) === '20000',
    );
    const id = await slowCapture(cluster, 1e6, '--from-replica', '1');
    expect(await replay()).toBe('paused');
    await docker('kill', '-s', 'KILL', container(cluster, id));
    await cluster.until('replay goes on', async () => (await replay()) === 'not paused', 30_000);
  });

  it('leaves a pause that somebody else made', async () => {
    await cluster.sql(1, 'select pg_wal_replay_pause()');
    expect(await cluster.ok('backups:capture', '--from-replica', '1', '--follow')).toContain(
      'paused already; it is left so',
    );
    expect(await replay()).toBe('paused');
    await cluster.sql(1, 'select pg_wal_replay_resume()');
  });
});

describe('backup { }', () => {
  const run = async (cluster: TestCluster) => {
    const { status, body } = await lab.controller.request(
      'POST',
      `/cronjobs/run?scope=${cluster.scope}&name=db-backup`,
    );
    const names = (
      await docker('ps', '-a', '--filter', `name=${cluster.scope}-db-backup\\.`, '--format', '{{.Names}}')
    ).split('\n');
    return { status, body, container: names[0]!, log: await docker('logs', names[0]!) };
  };

  it('becomes a cronjob that captures, waits, and fails when the capture fails', async () => {
    const cluster = await bring('cron', {
      replicas: 1,
      backup: { schedule: '30 2 * * *', keep: 3, max_age: '30d' },
    });
    await cluster.sql(0, 'create table t as select generate_series(1, 10) as i');
    const first = await run(cluster);
    expect(first.log).toMatch(/backup b001 is complete: b001-\d{8}T\d{6}Z\.dump, \d+ bytes/);
    expect(first.status).toBe(200);
    expect(await statuses(cluster)).toEqual(['b001 complete']);
    expect(await cluster.ok('backups:logs', 'b001')).toContain(
      'retention (keep 3, max age 30d): nothing to prune',
    );
    expect(await volumesOf(first.container)).toBe('');
    expect((await cluster.json('info')).backup).toMatchObject({
      last: { id: 'b001', status: 'complete' },
      schedule: { expression: '30 2 * * *', timezone: 'UTC', next: expect.stringMatching(/T02:30:00.000Z$/) },
    });
    expect(await cluster.ok('check')).toMatch(/^OK - /);
    await docker('pause', cluster.pod(0));
    const second = await run(cluster);
    await docker('unpause', cluster.pod(0));
    expect(second.status).toBe(500);
    expect(second.log).toMatch(/the capture of .* was refused: .*no pod of .* accepts writes/);
  });
});
