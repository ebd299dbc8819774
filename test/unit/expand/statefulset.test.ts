import { describe, expect, it } from 'vitest';
import { formatFailure } from '../../../src/errors.ts';
import { expandBlock, failureOf, manifestOf, statefulsetOf } from '../../support/expansion.ts';

describe('env', () => {
  it('tells the pods who they are, without anything that moves at run time', () => {
    expect(
      statefulsetOf(
        {
          user: 'app',
          database: 'data',
          port: 5433,
          replication_user: 'streamer',
          initdb_locale: 'C',
          initdb_encoding: 'LATIN1',
        },
        { scope: 'a', name: 'b' },
      )['env'],
    ).toEqual({
      PGDATA: '/var/lib/postgresql/data/pgdata',
      PG_NAME: 'b',
      PG_PORT: '5433',
      PG_REPLICATION_USER: 'streamer',
      PG_SCOPE_SUFFIX: '.a',
      POSTGRES_DB: 'data',
      POSTGRES_INITDB_ARGS: '--locale=C --encoding=LATIN1',
      POSTGRES_USER: 'app',
    });
  });

  it("is merged by name with the operator's, whose words for initdb come last", () => {
    const env = statefulsetOf({ env: { TZ: 'UTC', POSTGRES_INITDB_ARGS: '--data-checksums' } })['env'];
    expect(env).toMatchObject({
      TZ: 'UTC',
      POSTGRES_INITDB_ARGS: '--locale=C.UTF-8 --encoding=UTF8 --data-checksums',
      POSTGRES_USER: 'postgres',
    });
  });

  it('holds strings only, for the controller decodes nothing else', () => {
    for (const value of Object.values(statefulsetOf({ env: { A: 1, B: true, C: null } })['env'] as object))
      expect(value).toBeTypeOf('string');
  });
});

describe('volumes', () => {
  const asset = 's-n-pg1';
  const own = [
    `\${asset.s.${asset}.entrypoint}:/usr/local/bin/voodu-postgres-entrypoint:ro`,
    `\${asset.s.${asset}.pg_overrides_conf}:/etc/postgresql/conf.d/voodu-99-overrides.conf:ro`,
    `\${asset.s.${asset}.streaming_conf}:/etc/postgresql/conf.d/voodu-50-streaming.conf:ro`,
    `\${asset.s.${asset}.init_replication_sh}:/docker-entrypoint-initdb.d/00_create_replication.sh:ro`,
    `/opt/voodu/assets/s/${asset}:/etc/voodu:ro`,
    '/opt/voodu/state/postgres/s/n:/var/lib/voodu:rw',
    '/opt/voodu/backups/s/n:/backups:rw',
  ];

  it('mount the emitted files, the state and the backups', () =>
    expect(statefulsetOf({})['volumes']).toEqual(own));

  it('of the operator come after, or in the place of the one with their destination', () => {
    expect(statefulsetOf({ volumes: ['/srv/x:/x', '/mnt/nas:/backups/:rw'] })['volumes']).toEqual([
      ...own.slice(0, -1),
      '/mnt/nas:/backups/:rw',
      '/srv/x:/x',
    ]);
  });

  it('mount every asset key that is emitted, and no other', () => {
    const data = expandBlock({});
    const files = Object.keys(manifestOf(data, 'asset').spec['files'] as object);
    const referred = own.flatMap(volume => /\.([a-z_]+)\}:/.exec(volume)?.[1] ?? []);
    // `replicas` is read by running pods through the mounted directory, so that a scale restarts nobody.
    expect(files.toSorted()).toEqual([...referred, 'replicas'].toSorted());
  });
});

describe('volume claims', () => {
  it("have data first, with the operator's size if there is one", () => {
    expect(statefulsetOf({})['volume_claims']).toEqual([
      { name: 'data', mount_path: '/var/lib/postgresql/data' },
    ]);
    expect(
      statefulsetOf({
        volume_claim: [
          { _labels: ['wal'], mount_path: '/wal' },
          { _labels: ['data'], mount_path: '/var/lib/postgresql/data', size: '50Gi' },
        ],
      })['volume_claims'],
    ).toEqual([
      { name: 'data', mount_path: '/var/lib/postgresql/data', size: '50Gi' },
      { name: 'wal', mount_path: '/wal' },
    ]);
  });
});

describe('probes', () => {
  it("ask for the block's own user, database and port", () => {
    const spec = statefulsetOf({ user: 'app', database: 'data', port: 5433 });
    expect(spec['health_check']).toBe('pg_isready -U app -d data -p 5433');
    expect(spec['probes']).toMatchObject({
      liveness: { tcp_socket: { port: 5433 }, initial_delay: '20s', period: '10s', failure_threshold: 3 },
      readiness: {
        exec: { command: expect.arrayContaining(['-U', 'app', '-d', 'data', '-p', '5433']) },
        period: '5s',
        failure_threshold: 1,
        success_threshold: 2,
      },
      startup: { tcp_socket: { port: 5433 } },
    });
  });

  it('of the operator replace all three; an empty block means none', () => {
    const liveness = { exec: { command: ['true'] } };
    expect(statefulsetOf({ probes: { liveness } })['probes']).toEqual({ liveness });
    expect(statefulsetOf({ probes: {} })['probes']).toEqual({});
    expect(statefulsetOf({ health_check: 'true' })['health_check']).toBe('true');
  });
});

describe('ports', () => {
  it("are the listen port on loopback, or the operator's", () => {
    expect(statefulsetOf({ port: 5433 })['ports']).toEqual(['5433']);
    expect(statefulsetOf({ ports: ['5432:5432'] })['ports']).toEqual(['5432:5432']);
  });

  const config = { PG_EXPOSE_PUBLIC: 'true' };

  it('are on every address once exposed', () => {
    expect(statefulsetOf({ port: 5433 }, { config })['ports']).toEqual(['0.0.0.0:5433:5433']);
    expect(statefulsetOf({}, { config: { PG_EXPOSE_PUBLIC: 'false' } })['ports']).toEqual(['5432']);
  });

  it.each([{ replicas: 2 }, { ports: ['5432'] }])('cannot be exposed with %j', spec => {
    const text = formatFailure(failureOf(() => expandBlock(spec, { config })));
    expect(text).toMatch(/hint: Run vd pg:unexpose s\/n first\.$/);
  });
});

describe('docker options', () => {
  const options = (spec: Record<string, unknown>) => statefulsetOf(spec)['docker_options'];
  const plain = ['--stop-timeout', '120', '--shm-size', '268435456'];

  it('let a shutdown checkpoint finish and parallel queries share memory', () =>
    expect(options({})).toEqual(plain));

  it.each([
    [{ pg_config: { shared_buffers: '1GB' } }, 1024 ** 3],
    [{ pg_config: { shared_buffers: '128MB' } }, 256 * 1024 ** 2],
    [{ pg_config: { shared_buffers: 65_536 } }, 512 * 1024 ** 2],
    [{ pg_config: { shared_buffers: '65536' } }, 512 * 1024 ** 2],
    [{ pg_config: { shared_buffers: 'nonsense' } }, 256 * 1024 ** 2],
    [{ pg_config: { shared_buffers: '1GB' }, shm_size: '64MB' }, 64 * 1024 ** 2],
  ])('/dev/shm follows shared_buffers unless set: %j', (spec, bytes) => {
    expect(options(spec)).toEqual(['--stop-timeout', '120', '--shm-size', String(bytes)]);
  });

  it('follow stop_timeout', () => expect(options({ stop_timeout: '5m' })).toContain('300'));

  it.each([['--shm-size=1g'], ['--shm-size', '1g']])('leave out what the operator gives: %s', (...theirs) => {
    expect(options({ docker_options: theirs })).toEqual(['--stop-timeout', '120', ...theirs]);
  });

  it('of the operator come last', () => {
    expect(options({ docker_options: ['--stop-timeout=30', '--cpu-shares', '512'] })).toEqual([
      '--shm-size',
      '268435456',
      '--stop-timeout=30',
      '--cpu-shares',
      '512',
    ]);
  });

  // Images of 18 declare a volume above the claim (test/e2e/lab-image.test.ts).
  it.each(['postgres:18', 'postgres:19', 'postgres:latest', 'ghcr.io/acme/pg:1.2'])(
    'cover the volume above the data for %s',
    image => {
      expect(options({ image })).toEqual([...plain, '--tmpfs', '/var/lib/postgresql']);
    },
  );

  it.each(['postgres:15', 'postgres:17', 'pgvector/pgvector:pg17'])('cover nothing for %s', image =>
    expect(options({ image })).toEqual(plain),
  );
});

describe('everything else', () => {
  it("is the operator's, and fields of the plugin do not leak", () => {
    const spec = statefulsetOf({
      database: 'd',
      user: 'u',
      password: 'p',
      pg_config: { a: 1 },
      extensions: ['x'],
      shm_size: '1g',
      stop_timeout: '1m',
      restart: 'always',
      networks: ['n'],
      env_from: ['aws/cli'],
    });
    expect(Object.keys(spec).toSorted()).toEqual([
      'command',
      'docker_options',
      'env',
      'env_from',
      'health_check',
      'image',
      'networks',
      'ports',
      'probes',
      'replicas',
      'restart',
      'volume_claims',
      'volumes',
    ]);
  });

  it("runs the pod's entrypoint whatever the block says", () => {
    expect(statefulsetOf({})['command']).toEqual(['bash', '/usr/local/bin/voodu-postgres-entrypoint']);
  });
});
