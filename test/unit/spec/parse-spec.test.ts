import { describe, expect, it } from 'vitest';
import { formatFailure } from '../../../src/errors.ts';
import { parseSpec } from '../../../src/spec/parse-spec.ts';
import { failureOf, hintsOf, problemsOf } from '../../support/expansion.ts';

const parse = (spec: Record<string, unknown>) => parseSpec(spec, 'postgres "s" "n"');

describe('a block without fields', () => {
  it('has the defaults that `defaults` and the README promise', () => {
    expect(parse({})).toEqual({
      image: 'postgres:17',
      replicas: 1,
      database: 'postgres',
      user: 'postgres',
      port: 5432,
      password: undefined,
      replicationUser: 'replicator',
      initdbLocale: 'C.UTF-8',
      initdbEncoding: 'UTF8',
      settings: {},
      extensions: [],
      shmSize: undefined,
      stopTimeoutSeconds: 120,
      statefulset: {
        env: {},
        ports: undefined,
        volumes: [],
        volume_claims: [],
        docker_options: [],
        health_check: undefined,
        probes: undefined,
        rest: {},
      },
    });
  });

  it.each([
    'image',
    'replicas',
    'database',
    'user',
    'port',
    'password',
    'replication_user',
    'initdb_locale',
    'initdb_encoding',
    'pg_config',
    'extensions',
    'shm_size',
    'stop_timeout',
    'env',
    'ports',
    'volumes',
    'volume_claims',
    'docker_options',
    'health_check',
    'probes',
    'inits',
    'restart',
    'networks',
  ])('%s = null is the default', field => expect(parse({ [field]: null })).toEqual(parse({})));
});

describe('values an operator may write', () => {
  it.each([
    ['image', 'ghcr.io/acme/pg:16-1', { image: 'ghcr.io/acme/pg:16-1' }],
    ['replicas', 3, { replicas: 3 }],
    ['replicas', '3', { replicas: 3 }],
    ['replicas', 8, { replicas: 8 }],
    ['database', 'app-data', { database: 'app-data' }],
    ['user', 'app.user', { user: 'app.user' }],
    ['port', '5433', { port: 5433 }],
    ['port', 65_535, { port: 65_535 }],
    ['password', '', { password: undefined }],
    ['password', `it's "x" $y \\ z`, { password: `it's "x" $y \\ z` }],
    ['replication_user', 'streamer', { replicationUser: 'streamer' }],
    ['initdb_locale', 'pt_BR.UTF-8', { initdbLocale: 'pt_BR.UTF-8' }],
    ['initdb_locale', 'de_DE@euro', { initdbLocale: 'de_DE@euro' }],
    ['initdb_encoding', 'LATIN1', { initdbEncoding: 'LATIN1' }],
    [
      'extensions',
      ['pgvector', 'pg_stat_statements', 'uuid-ossp'],
      { extensions: ['pgvector', 'pg_stat_statements', 'uuid-ossp'] },
    ],
    ['shm_size', '1g', { shmSize: '1g' }],
    ['shm_size', 268_435_456, { shmSize: '268435456' }],
    ['stop_timeout', '5m', { stopTimeoutSeconds: 300 }],
    ['stop_timeout', 90, { stopTimeoutSeconds: 90 }],
    [
      'pg_config',
      { work_mem: '16MB', max_connections: 200, jit: false, 'auto_explain.log_analyze': true },
      { settings: { work_mem: '16MB', max_connections: 200, jit: false, 'auto_explain.log_analyze': true } },
    ],
  ])('%s = %j', (field, value, parsed) => {
    expect(parse({ [field]: value })).toMatchObject(parsed);
  });
});

describe('values that are refused, each with its path', () => {
  it.each<[string, unknown, string]>([
    ['image', 17, 'image: wants a word, not 17'],
    ['image', 'postgres: 17', 'image: wants a word, not "postgres: 17"'],
    ['replicas', 0, 'replicas: wants a whole number from 1 to 8, not 0'],
    ['replicas', 9, 'replicas: wants a whole number from 1 to 8, not 9'],
    ['replicas', 2.5, 'replicas: wants a whole number from 1 to 8, not 2.5'],
    ['replicas', 'three', 'replicas: wants a whole number from 1 to 8, not "three"'],
    ['replicas', true, 'replicas: wants a whole number from 1 to 8, not true'],
    ['port', 65_536, 'port: wants a whole number from 1 to 65535, not 65536'],
    ['port', '5432/tcp', 'port: wants a whole number from 1 to 65535, not "5432/tcp"'],
    [
      'database',
      'a b',
      'database: "a b" must begin with a letter or _ and hold only letters, digits and _ $ . -',
    ],
    ['database', ['a'], 'database: wants a name, not a list'],
    [
      'user',
      `x'; DROP TABLE y`,
      `user: "x'; DROP TABLE y" must begin with a letter or _ and hold only letters, digits and _ $ . -`,
    ],
    ['user', 'pg_app', 'user: "pg_app" begins with pg_, which PostgreSQL reserves'],
    ['user', 'u'.repeat(64), 'user: is longer than 63 bytes'],
    ['replication_user', 'postgres', 'replication_user: is the same role as user ("postgres")'],
    ['password', 42, 'password: wants a string'],
    ['initdb_locale', 'C; rm -rf /', 'initdb_locale: "C; rm -rf /" is not a name initdb can be given'],
    ['initdb_encoding', '$(id)', 'initdb_encoding: "$(id)" is not a name initdb can be given'],
    ['pg_config', ['a'], 'pg_config: wants a map of settings, not a list'],
    [
      'pg_config',
      { work_mem: ['16MB'] },
      'pg_config.work_mem: is a list; write one string, for example "a, b"',
    ],
    [
      'pg_config',
      { work_mem: { a: 1 } },
      'pg_config.work_mem: wants a number, a boolean or a string, not a map',
    ],
    ['pg_config', { work_mem: null }, 'pg_config.work_mem: wants a number, a boolean or a string, not null'],
    ['pg_config', { work_mem: '1\0' }, 'pg_config.work_mem: holds a NUL byte'],
    [
      'pg_config',
      { 'Work Mem': 1 },
      'pg_config.Work Mem: is not the name of a setting (lowercase letters, digits, _ and one dot)',
    ],
    [
      'pg_config',
      { 'a = 1\nport': 1 },
      'pg_config.a = 1\nport: is not the name of a setting (lowercase letters, digits, _ and one dot)',
    ],
    ['extensions', 'pgvector', 'extensions: wants a list of names, not "pgvector"'],
    ['extensions', ['pgvector', 'a;b'], 'extensions[1]: "a;b" is not the name of an extension'],
    ['shm_size', '1 potato', 'shm_size: wants a size like "1GB", not "1 potato"'],
    ['shm_size', 0, 'shm_size: wants a size like "1GB", not 0'],
    ['stop_timeout', 'soon', 'stop_timeout: wants a duration like "120s", not "soon"'],
    ['stop_timeout', '0s', 'stop_timeout: wants a duration like "120s", not "0s"'],
  ])('%s = %j', (field, value, problem) => {
    expect(problemsOf({ [field]: value })).toEqual([problem]);
  });
});

describe('names that are no fields', () => {
  it.each([
    ['imgae', 'did you mean image?'],
    ['replica', 'did you mean replicas?'],
    ['pgconfig', 'did you mean pg_config?'],
    ['volume_clam', 'did you mean volume_claim?'],
    ['stop_timeuot', 'did you mean stop_timeout?'],
  ])('%s is a slip of the finger', (field, hint) => {
    expect(problemsOf({ [field]: 1 })).toEqual([`${field}: is not a field of a postgres block`]);
    expect(hintsOf({ [field]: 1 })).toEqual([hint]);
  });

  it.each([
    ['version', 'write image = "postgres:16"'],
    ['storage', 'data lives in the volume claim data; sizes are not enforced by the controller'],
    ['instances', 'write replicas = n (1 primary + n-1 standbys)'],
    ['memory', 'write resources { limits { memory = "4Gi" } }'],
  ])('%s is what people write elsewhere', (field, hint) => {
    expect(hintsOf({ [field]: 1 })).toEqual([hint]);
  });

  it.each(['dockerfile', 'workdir', 'path', 'lang', 'build', 'env_file', 'command', 'plugin'])(
    '%s is refused by name, with the alternative',
    field => {
      expect(problemsOf({ [field]: 'x' })).toEqual([`${field}: is not possible in a postgres block`]);
      expect(hintsOf({ [field]: 'x' })[0]).toMatch(/;|once only/);
    },
  );

  it('far from every field a key is refused too: the controller would pass over it without a word', () => {
    expect(problemsOf({ something_else: { a: 1 } })).toEqual([
      'something_else: is not a field of a postgres block or of a statefulset',
    ]);
  });

  it.each(['image', 'database', 'user', 'replication_user', 'port', 'initdb_locale'])(
    '%s is the default where it is empty, as from a variable that is not set',
    field => {
      expect(parse({ [field]: '' })).toEqual(parse({}));
    },
  );

  it.each(['constructor', 'toString', '__proto__'])(
    'a key that every object has (%s) is an unknown key like others',
    key => {
      expect(problemsOf(JSON.parse(`{"${key}": 1}`))).toEqual([
        `${key}: is not a field of a postgres block or of a statefulset`,
      ]);
    },
  );
});

describe('the report', () => {
  it('names every problem of the block at once', () => {
    const failure = failureOf(() =>
      parse({ replicas: 0, port: 'x', pg_config: { port: 1, ssl: [] }, env: { PGDATA: '/x' } }),
    );
    expect(formatFailure(failure)).toBe(
      [
        'postgres "s" "n" has 5 problems:',
        '  replicas: wants a whole number from 1 to 8, not 0',
        '  port: wants a whole number from 1 to 65535, not "x"',
        '  pg_config.port: is set by the plugin: use the field port',
        '  pg_config.ssl: is a list; write one string, for example "a, b"',
        '  env.PGDATA: is set by the plugin — data always lives in the claim at /var/lib/postgresql/data/pgdata',
      ].join('\n'),
    );
  });

  it.each([
    ['a line break', 'hunter2\nsecret', /line break/],
    ['a NUL byte', 'hunter2\0', /NUL byte/],
    ['white space at an end', ' hunter2', /begins or ends with white space/],
    ['a reference', 'hunter2${x}', /holds \$\{/],
    ['a list', ['hunter2'], /wants a string/],
    ['a map', { is: 'hunter2' }, /wants a string/],
  ])('never repeats a password, here one with %s', (_, password, why) => {
    const text = formatFailure(failureOf(() => parse({ password, user: 'pg_x' })));
    expect(text).toMatch(why);
    expect(text).not.toContain('hunter2');
  });
});
