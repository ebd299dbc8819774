/**
 * A real release, installed in a root of Debian that has neither node nor curl, nor a place to write but the plugin's
 * own directory (contract 2.1), with no network and an empty environment.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { attemptDocker, createLab } from '../lab/docker.ts';

const root = join(import.meta.dirname, '../..');
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
const place = '/opt/voodu/plugins/postgres';
const lab = createLab('install');

const block = {
  kind: 'postgres',
  scope: 'clowk-lp',
  name: 'db',
  spec: { image: 'postgres:17', replicas: 3, pg_config: { shared_buffers: '256MB', jit: false } },
};

let scratch: string;
let release: string;
let plugin: string;
let host: string;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'voodu-e2e-install-'));
  release = join(scratch, 'release');
  plugin = join(scratch, 'plugin');
  const built = spawnSync(
    process.execPath,
    ['src/build/release.ts', '--quick', `--out=${release}`, architecture],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  expect(built).toMatchObject({ status: 0 });
  mkdirSync(join(plugin, 'bin'), { recursive: true });
  for (const name of ['bin/voodu-postgres', 'install', 'uninstall', 'plugin.yml', 'examples/voodu.hcl'])
    copyFileSync(join(root, name), join(plugin, name.replace('examples/', '')));
  host = await lab.start(
    'host',
    'postgres:17',
    [
      '--read-only',
      '--network=none',
      '-v',
      `${plugin}:${place}`,
      '-v',
      `${release}:/release:ro`,
      '--entrypoint=sleep',
    ],
    ['infinity'],
  );
});

afterAll(async () => {
  await lab.removeAll();
  rmSync(scratch, { recursive: true, force: true });
});

/** In the plugin's directory, as root, with nothing of an environment but what is said. */
const onHost = (...words: string[]) => attemptDocker('exec', '-w', place, host, 'env', '-i', ...words);
const hookEnvironment = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  `HOME=${place}`,
  `TMPDIR=${place}`,
  'VOODU_POSTGRES_BASE_URL=file:///release',
];

interface Reply {
  readonly status: string;
  readonly data: {
    readonly actions: readonly { readonly kv: object }[];
    readonly manifests: readonly unknown[];
  };
}

function expand(command: readonly string[], config: object): { text: string; data: Reply['data'] } {
  const [program = '', ...args] = command;
  const input = JSON.stringify({ ...block, config });
  const { status, stdout, stderr } = spawnSync(program, [...args, 'expand'], {
    input,
    encoding: 'utf8',
    timeout: 20_000,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return { text: stdout, data: (JSON.parse(stdout) as Reply).data };
}

it('begins without a node, a curl, the library node wants, or a place for temporary files', async () => {
  const { text } = await onHost(
    'sh',
    '-c',
    'command -v node curl wget; ls /usr/lib/*/libatomic.so.1 2>/dev/null; touch /tmp/x; bin/voodu-postgres expand',
  );
  expect(text).toMatch(
    /^touch: .*Read-only file system\n\{"status":"error","error":"voodu-postgres is not built: .*"\}$/,
  );
});

it('installs the executable', async () => {
  const { exitCode, text } = await onHost(...hookEnvironment, './install', 'postgres');
  expect(text).toContain(`installed ${packageJson.version} as an executable for ${architecture}`);
  expect(exitCode).toBe(0);
  expect(readdirSync(join(plugin, 'bin')).toSorted()).toEqual(['voodu-postgres', 'voodu-postgres.bin']);
});

it('expands a block into what the bundle makes of it, byte for byte', () => {
  const executable = ['docker', 'exec', '-i', host, 'env', '-i', `${place}/bin/voodu-postgres`];
  const bundle = [process.execPath, join(root, 'dist/voodu-postgres.mjs')];
  const first = expand(executable, {});
  expect(first.data.manifests).toHaveLength(2);
  // With everything in the bucket that the first apply puts there, nothing is left to chance.
  const config = Object.assign({}, ...first.data.actions.map(({ kv }) => kv));
  expect(Object.keys(config)).toContain('POSTGRES_PASSWORD');
  expect(expand(executable, config).text === expand(bundle, config).text).toBe(true);
});

it('previews a file with the HCL parser it carries', async () => {
  const { exitCode, text } = await onHost('bin/voodu-postgres', 'expand', '-f', 'voodu.hcl');
  expect(text).toContain('voodu-99-overrides.conf');
  expect(exitCode).toBe(0);
});

it('ends with the exit status of a failure', async () => {
  const { exitCode, text } = await onHost('bin/voodu-postgres', 'expnd');
  expect({ exitCode, answer: JSON.parse(text) }).toMatchObject({
    exitCode: 2,
    answer: { status: 'error', error: expect.stringContaining('Did you mean vd pg:expand?') },
  });
});

it('reaches a controller', async () => {
  const asked = spawnSync(
    process.execPath,
    [
      '-e',
      `const { createServer } = require('node:http');
       const { spawn } = require('node:child_process');
       const server = createServer((_, response) => response.end('{"status":"ok","data":[]}')).listen(0, '127.0.0.1', () => {
         const child = spawn(process.argv[1], ['list'], { stdio: ['pipe', 'inherit', 'inherit'] });
         child.stdin.end(JSON.stringify({ plugin: 'pg', controller_url: 'http://127.0.0.1:' + server.address().port }));
         child.on('close', status => process.exit(status));
       });`,
      join(plugin, 'bin/voodu-postgres'),
    ],
    { encoding: 'utf8', timeout: 20_000 },
  );
  expect({ status: asked.status, stderr: asked.stderr }).toEqual({ status: 0, stderr: '' });
  expect(asked.stdout).toMatch(/no postgres/);
});

it('has nothing to do a second time, and goes again', async () => {
  expect((await onHost(...hookEnvironment, './install', 'postgres')).text).toContain('nothing to do');
  expect((await onHost(...hookEnvironment, './uninstall', 'postgres')).exitCode).toBe(0);
  expect(readdirSync(join(plugin, 'bin'))).toEqual(['voodu-postgres']);
});

it('is the same file whichever way it was compressed', () => {
  const name = join(release, `voodu-postgres-${packageJson.version}-linux-${architecture}`);
  const xz = spawnSync('xz', ['-dc', `${name}.xz`], { maxBuffer: 2 ** 28 }).stdout;
  expect(gunzipSync(readFileSync(`${name}.gz`)).equals(xz)).toBe(true);
});

it('is built alike twice', () => {
  const again = join(scratch, 'again');
  spawnSync(process.execPath, ['src/build/release.ts', '--quick', `--out=${again}`, architecture], {
    cwd: root,
    env: { ...process.env, TZ: 'Asia/Tokyo', LANG: 'C', SOME: 'thing' },
  });
  expect(readFileSync(join(again, 'SHA256SUMS'), 'utf8')).toBe(
    readFileSync(join(release, 'SHA256SUMS'), 'utf8'),
  );
});
