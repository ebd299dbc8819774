/**
 * What the plugin's templates take for granted about the official postgres image. Runs on the lab's stand-ins
 * (test/lab/images.sh), and as well on the real images where a machine has them.
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  attemptDocker,
  createLab,
  docker,
  type Lab,
  mountsOf,
  stillThere,
  waitUntil,
} from '../lab/docker.ts';

const bootBudgetMs = 60_000;
const superuser = 'app';
const password = `it's a "pass" $word\\`;
const claimPath = '/var/lib/postgresql/data';
const claimData = `${claimPath}/pgdata`;

const majors = [
  { major: 15, volume: '/var/lib/postgresql/data', data: '/var/lib/postgresql/data', checksums: 'off' },
  { major: 17, volume: '/var/lib/postgresql/data', data: '/var/lib/postgresql/data', checksums: 'off' },
  { major: 18, volume: '/var/lib/postgresql', data: '/var/lib/postgresql/18/docker', checksums: 'on' },
];

describe.each(majors)('postgres:$major', ({ major, volume, data, checksums }) => {
  const image = `postgres:${major}`;
  const lab = createLab(`image${major}`);
  const credentials = ['-e', `POSTGRES_USER=${superuser}`, '-e', `POSTGRES_PASSWORD=${password}`];
  const explicitData = ['-e', `PGDATA=${claimData}`];
  const claim = (name: string) => ['-v', `${name}:${claimPath}`];
  /** 18 declares a VOLUME above the claim; without something mounted there every create leaves one behind. */
  const shield = volume === claimPath ? [] : ['--tmpfs', volume];

  let network: string;

  beforeAll(async () => {
    await requireImage(image);
    network = await lab.createNetwork('net');
  });
  afterAll(() => lab.removeAll());

  describe('its configuration', () => {
    it('declares the entrypoint, the fast-shutdown signal and the data volume', async () => {
      const config = JSON.parse(await docker('image', 'inspect', '--format', '{{json .Config}}', image));
      expect(config.Entrypoint).toEqual(['docker-entrypoint.sh']);
      expect(config.Cmd).toEqual(['postgres']);
      expect(config.StopSignal).toBe('SIGINT');
      expect(config.User ?? '').toBe('');
      expect(Object.keys(config.Volumes)).toEqual([volume]);
      expect(config.Env).toEqual(
        expect.arrayContaining([`PG_MAJOR=${major}`, `PGDATA=${data}`, 'LANG=en_US.utf8']),
      );
    });
  });

  describe('a command other than postgres', () => {
    it('runs as root, beside a postgres user with uid and gid 999', async () => {
      expect(await runOnce('bash', '-c', 'id -u; id -u postgres; id -g postgres')).toBe('0\n999\n999');
    });

    it('finds the server programs of its major on PATH', async () => {
      const programs = ['postgres', 'initdb', 'pg_ctl', 'pg_rewind', 'pg_controldata'];
      expect(await runOnce('bash', '-c', `command -v ${programs.join(' ')}`)).toBe(
        programs.map(name => `/usr/lib/postgresql/${major}/bin/${name}`).join('\n'),
      );
    });

    it('finds the client programs as the wrapper of Debian, which runs those of its major', async () => {
      const programs = ['psql', 'pg_dump', 'pg_restore', 'pg_basebackup', 'pg_isready'];
      expect(await runOnce('bash', '-c', `readlink -f $(command -v ${programs.join(' ')}) | sort -u`)).toBe(
        '/usr/share/postgresql-common/pg_wrapper',
      );
      expect(await runOnce('psql', '--version')).toContain(`(PostgreSQL) ${major}.`);
    });

    it('has gosu, bash, xz and zstd, but neither curl nor wget', async () => {
      expect(
        await runOnce(
          'bash',
          '-c',
          'for c in gosu bash xz zstd curl wget; do type $c &>/dev/null && echo $c; done; true',
        ),
      ).toBe('gosu\nbash\nxz\nzstd');
    });

    it('has 64 MB of shared memory unless told otherwise', async () => {
      const shm = ['bash', '-c', 'df --output=size -k /dev/shm | tail -n 1'];
      expect(Number(await runOnce(...shm))).toBe(64 * 1024);
      const larger = await docker(
        'run',
        '--rm',
        '--pull',
        'never',
        '--network',
        'none',
        '--shm-size',
        '128m',
        image,
        ...shm,
      );
      expect(Number(larger)).toBe(128 * 1024);
    });

    it.each([
      ['initdb', ['-D', '/tmp/data']],
      ['pg_rewind', ['-D', '/tmp/data', '--source-server=host=nowhere']],
    ])('that is %s is refused, for being root', async (command, args) => {
      const { exitCode, text } = await attemptDocker(
        'run',
        '--rm',
        '--network',
        'none',
        image,
        command,
        ...args,
      );
      expect(exitCode).not.toBe(0);
      expect(text).toMatch(/cannot be (run as|executed by) "?root/);
    });

    const runOnce = (...command: string[]) =>
      docker('run', '--rm', '--pull', 'never', '--network', 'none', image, ...command);
  });

  describe('the first boot', () => {
    let initFiles: string;
    let pod: string;
    let claimName: string;

    beforeAll(async () => {
      initFiles = await writeInitFiles(image);
      claimName = await lab.createVolume('first-boot');
      pod = await lab.start(
        'first-boot',
        image,
        [
          ...['--network', network, ...credentials, ...explicitData, ...claim(claimName), ...shield],
          ...['-v', `${initFiles}:/docker-entrypoint-initdb.d:ro`],
          ...['-e', 'POSTGRES_INITDB_ARGS=--wal-segsize="$((1 + 1))"'],
        ],
        ['-c', 'shared_buffers=24MB'],
      );
      await untilServing(pod);
    });
    afterAll(() => rm(initFiles, { recursive: true }));

    it('drops from root to postgres and owns a private data directory', async () => {
      expect(await inPod(pod, 'stat', '-c', '%u', '/proc/1')).toBe('999');
      expect(await inPod(pod, 'stat', '-c', '%u %a', claimData)).toBe('999 700');
      expect(await inPod(pod, 'stat', '-c', '%u', '/var/run/postgresql')).toBe('999');
    });

    it('lets the shell evaluate POSTGRES_INITDB_ARGS', async () => {
      expect(await sql(pod, 'SHOW wal_segment_size')).toBe('2MB');
    });

    it(`has data checksums ${checksums} by default`, async () => {
      expect(await sql(pod, 'SHOW data_checksums')).toBe(checksums);
    });

    it('makes POSTGRES_USER the only superuser and names the database after it', async () => {
      expect(await sql(pod, "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'")).toBe(superuser);
      expect(await sql(pod, 'SELECT current_database()')).toBe(superuser);
    });

    it('listens on every address and collates by en_US.utf8', async () => {
      expect(await sql(pod, 'SHOW listen_addresses')).toBe('*');
      expect(await sql(pod, 'SELECT datcollate FROM pg_database WHERE datname = current_database()')).toBe(
        'en_US.utf8',
      );
    });

    it('ends pg_hba.conf with a line for the network, after trust for the socket and loopback', async () => {
      const rules = await inPod(
        pod,
        'sed',
        '-E',
        '/^[[:space:]]*(#|$)/d; s/[[:space:]]+/ /g',
        `${claimData}/pg_hba.conf`,
      );
      expect(rules.split('\n')).toEqual([
        'local all all trust',
        'host all all 127.0.0.1/32 trust',
        'host all all ::1/128 trust',
        'local replication all trust',
        'host replication all 127.0.0.1/32 trust',
        'host replication all ::1/128 trust',
        'host all all all scram-sha-256',
      ]);
    });

    it('asks for the password through the network, and only there', async () => {
      const hostname = await docker('inspect', '--format', '{{.Config.Hostname}}', pod);
      const query = ['psql', '-wAtX', '-U', superuser, '-c', 'SELECT 1'];
      expect(await inPod(pod, ...query)).toBe('1');
      expect(await inPod(pod, ...query, '-h', '127.0.0.1')).toBe('1');
      const refused = await attemptDocker('exec', pod, ...query, '-h', hostname);
      expect(refused.text).toContain('no password supplied');
      expect(await docker('exec', '-e', `PGPASSWORD=${password}`, pod, ...query, '-h', hostname)).toBe('1');
    });

    it('runs the init files in name order, on a server that nobody outside can reach', async () => {
      expect((await sql(pod, 'SELECT file FROM boot ORDER BY step')).split('\n')).toEqual([
        '00-sourced.sh',
        '10-executed.sh',
        '20-plain.sql',
        '30-gzip.sql.gz',
        '40-xz.sql.xz',
        '50-zstd.sql.zst',
      ]);
      expect(await sql(pod, 'SELECT DISTINCT listen_addresses FROM boot')).toBe('');
    });

    it('gives the private server the arguments of the real one', async () => {
      expect(await sql(pod, 'SELECT DISTINCT shared_buffers FROM boot')).toBe('24MB');
      expect(await sql(pod, 'SHOW shared_buffers')).toBe('24MB');
    });

    it('sources a script without the exec bit, with set -e in force, and executes one that has it', async () => {
      expect(await sql(pod, "SELECT ran_by FROM boot WHERE file = '00-sourced.sh'")).toBe(
        '/usr/local/bin/docker-entrypoint.sh errexit postgres',
      );
      expect(await sql(pod, "SELECT ran_by FROM boot WHERE file = '10-executed.sh'")).toBe(
        '/docker-entrypoint-initdb.d/10-executed.sh no-errexit postgres',
      );
    });

    it('happens once: a recreated pod keeps its rows and runs no init file', async () => {
      const identifier = 'SELECT system_identifier FROM pg_control_system()';
      const before = await sql(pod, identifier);
      await lab.removeAsController(pod);
      const again = await lab.start('recreated', image, [
        ...['--network', network, ...credentials, ...explicitData, ...claim(claimName), ...shield],
        ...['-v', `${initFiles}:/docker-entrypoint-initdb.d:ro`],
      ]);
      await untilServing(again);
      expect(await sql(again, identifier)).toBe(before);
      expect(await sql(again, 'SELECT count(*) FROM boot')).toBe('6');
      expect((await attemptDocker('logs', again)).text).toContain('Skipping initialization');
    });

    it('leaves no anonymous volume, at whatever path the image declares one', async () => {
      const mounts = await mountsOf(lab.name('recreated'));
      expect(mounts).toEqual([{ path: claimPath, volume: claimName, anonymous: false }]);
    });

    it('ends, on docker stop, with a fast shutdown', async () => {
      const name = lab.name('recreated');
      await docker('stop', name);
      const { text } = await attemptDocker('logs', name);
      expect(text).toContain('received fast shutdown request');
      expect(text.trimEnd().split('\n').at(-1)).toContain('database system is shut down');
      expect(await docker('inspect', '--format', '{{.State.ExitCode}}', name)).toBe('0');
    });
  });

  describe('a first boot that cannot succeed', () => {
    it('fails when a sourced script fails', async () => {
      const directory = await mkdtemp(join(tmpdir(), 'voodu-lab-init-'));
      try {
        await chmod(directory, 0o755);
        await writeFile(join(directory, '00-fails.sh'), 'false\necho "reached the next line"\n');
        const { exitCode, text } = await runToTheEnd('failing-init', [
          ...credentials,
          ...['-v', `${directory}:/docker-entrypoint-initdb.d:ro`],
        ]);
        expect(exitCode).not.toBe(0);
        expect(text).toContain('00-fails.sh');
        expect(text).not.toContain('reached the next line');
        expect(text).not.toContain('init process complete');
      } finally {
        await rm(directory, { recursive: true });
      }
    });

    it('fails without a password', async () => {
      const { exitCode, text } = await runToTheEnd('no-password', []);
      expect(exitCode).toBe(1);
      expect(text).toContain('POSTGRES_PASSWORD');
    });

    it('takes an empty PG_VERSION for an absent one, and initdb for what it says', async () => {
      const name = await lab.createVolume('empty-version');
      const mounted = [...explicitData, ...claim(name), ...shield];
      await docker(
        ...['run', '--rm', '--pull', 'never', '--network', 'none', ...mounted, image],
        ...['bash', '-c', `mkdir ${claimData} && touch ${claimData}/PG_VERSION`],
      );
      const { exitCode, text } = await runToTheEnd('empty-version', [...credentials, ...mounted]);
      expect(exitCode).not.toBe(0);
      expect(text).toContain('exists but is not empty');
    });
  });

  describe('variables read from files', () => {
    it('reads POSTGRES_PASSWORD_FILE and POSTGRES_DB_FILE', async () => {
      const directory = await mkdtemp(join(tmpdir(), 'voodu-lab-secret-'));
      try {
        await chmod(directory, 0o755);
        await writeFile(join(directory, 'password'), `${password}\n`);
        await writeFile(join(directory, 'database'), 'ledger\n');
        const pod = await lab.start('files', image, [
          ...['--network', network, '-v', `${directory}:/secrets:ro`, '-e', `POSTGRES_USER=${superuser}`],
          ...['-e', 'POSTGRES_PASSWORD_FILE=/secrets/password', '-e', 'POSTGRES_DB_FILE=/secrets/database'],
        ]);
        await untilServing(pod);
        const hostname = await docker('inspect', '--format', '{{.Config.Hostname}}', pod);
        const login = ['psql', '-wAtX', '-h', hostname, '-U', superuser, '-d', 'ledger', '-c', 'SELECT 1'];
        expect(await docker('exec', '-e', `PGPASSWORD=${password}`, pod, ...login)).toBe('1');
      } finally {
        await rm(directory, { recursive: true });
      }
    });

    it('refuses a variable that is given both ways', async () => {
      const { exitCode, text } = await runToTheEnd('both', [
        ...credentials,
        '-e',
        'POSTGRES_PASSWORD_FILE=/x',
      ]);
      expect(exitCode).toBe(1);
      expect(text).toContain('POSTGRES_PASSWORD_FILE');
    });
  });

  describe('the VOLUME when nothing is mounted on it', () => {
    it('becomes an anonymous volume that the controller leaves behind', async () => {
      const job = await lab.start('leaks', image, ['--network', 'none'], ['true']);
      const [mount] = await mountsOf(job);
      expect(mount).toMatchObject({ path: volume, anonymous: true });
      await lab.removeAsController(job);
      expect(await stillThere([mount!.volume])).toEqual([mount!.volume]);
    });

    it('is covered by a tmpfs at the same path', async () => {
      const job = await lab.start('covered', image, ['--network', 'none', '--tmpfs', volume], ['true']);
      expect(await mountsOf(job)).toEqual([]);
    });
  });

  if (major >= 18)
    describe('the guard against data of the old layout', () => {
      it('refuses a volume mounted where data used to be, while PGDATA is the default', async () => {
        const name = await lab.createVolume('guarded');
        const { exitCode, text } = await runToTheEnd('guarded', [...credentials, ...claim(name)]);
        expect(exitCode).toBe(1);
        expect(text).toContain('/var/lib/postgresql/data (unused mount/volume)');
      });

      it('is silent with an explicit PGDATA, and without the tmpfs leaves a volume at every create', async () => {
        const name = await lab.createVolume('unguarded');
        const options = ['--network', network, ...credentials, ...explicitData, ...claim(name)];
        const left: string[] = [];
        for (const round of ['first', 'second']) {
          const pod = await lab.start(`unguarded-${round}`, image, options);
          await untilServing(pod);
          left.push(...(await mountsOf(pod)).filter(mount => mount.anonymous).map(mount => mount.volume));
          await lab.removeAsController(pod);
        }
        expect(new Set(left).size).toBe(2);
        expect(await stillThere(left)).toEqual(left);
      });
    });

  const runToTheEnd = (suffix: string, options: readonly string[]) =>
    attemptDocker(
      'run',
      '--pull',
      'never',
      '--name',
      lab.name(suffix),
      '--network',
      'none',
      ...options,
      image,
    );
});

describe('postgres:17-uid70, the ids of an Alpine image', () => {
  const image = 'postgres:17-uid70';
  const lab: Lab = createLab('uid70');

  beforeAll(() => requireImage(image));
  afterAll(() => lab.removeAll());

  it('has no gosu, and runs the server as uid and gid 70', async () => {
    const claimName = await lab.createVolume('data');
    const pod = await lab.start('pod', image, [
      ...['--network', 'none', '-e', `POSTGRES_USER=${superuser}`, '-e', 'POSTGRES_PASSWORD=p'],
      ...['-e', `PGDATA=${claimData}`, '-v', `${claimName}:${claimPath}`],
    ]);
    await untilServing(pod);
    expect(
      await inPod(
        pod,
        'bash',
        '-c',
        'id -u postgres; id -g postgres; type gosu &>/dev/null || type -t su-exec',
      ),
    ).toBe('70\n70\nfile');
    expect(await inPod(pod, 'stat', '-c', '%u', '/proc/1', claimData)).toBe('70\n70');
  });
});

async function requireImage(image: string): Promise<void> {
  const { exitCode } = await attemptDocker('image', 'inspect', image);
  if (exitCode !== 0) {
    throw new Error(`${image} is not there: run test/lab/engine.sh, then test/lab/images.sh`);
  }
}

/** The private server of a first boot has no TCP port, so an answer there comes from the real one. */
async function untilServing(pod: string): Promise<void> {
  await waitUntil(`${pod} accepting connections`, bootBudgetMs, async () => {
    if ((await attemptDocker('exec', pod, 'pg_isready', '-q', '-h', '127.0.0.1')).exitCode === 0) return true;
    if ((await docker('inspect', '--format', '{{.State.Running}}', pod)) === 'true') return false;
    throw new Error(`${pod} has stopped:\n${(await attemptDocker('logs', '--tail', '30', pod)).text}`);
  });
}

function inPod(pod: string, ...command: string[]): Promise<string> {
  return docker('exec', pod, ...command);
}

function sql(pod: string, query: string): Promise<string> {
  return inPod(pod, 'psql', '-wAtX', '-v', 'ON_ERROR_STOP=1', '-U', superuser, '-c', query);
}

/** Init files that each leave a row saying how they were run. The image brings the compressors. */
async function writeInitFiles(image: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'voodu-lab-init-'));
  await chmod(directory, 0o755);

  const record = (file: string, ranBy: string) =>
    `INSERT INTO boot (file, ran_by) VALUES ('${file}', '${ranBy}');\n`;
  const script = (file: string, before: string) =>
    [
      'errexit=no-errexit',
      'case $- in *e*) errexit=errexit ;; esac',
      'psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<SQL',
      before + record(file, '$0 $errexit $(id -un)') + 'SQL',
      '',
    ].join('\n');
  const table =
    'CREATE TABLE boot (step serial, file text, ran_by text, ' +
    "listen_addresses text DEFAULT current_setting('listen_addresses'), " +
    "shared_buffers text DEFAULT current_setting('shared_buffers'));\n";
  const files = {
    '00-sourced.sh': script('00-sourced.sh', table),
    '10-executed.sh': `#!/bin/bash\n${script('10-executed.sh', '')}`,
    '20-plain.sql': record('20-plain.sql', 'psql'),
    '30-gzip.sql': record('30-gzip.sql.gz', 'psql'),
    '40-xz.sql': record('40-xz.sql.xz', 'psql'),
    '50-zstd.sql': record('50-zstd.sql.zst', 'psql'),
    '60-ignored.txt': 'not sql',
  };
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(directory, name), content);
    await chmod(join(directory, name), name === '10-executed.sh' ? 0o755 : 0o644);
  }
  const compress = 'cd /files && gzip 30-gzip.sql && xz 40-xz.sql && zstd -q --rm 50-zstd.sql';
  await docker(
    'run',
    '--rm',
    '--network',
    'none',
    '-v',
    `${directory}:/files`,
    image,
    'bash',
    '-c',
    compress,
  );
  return directory;
}
