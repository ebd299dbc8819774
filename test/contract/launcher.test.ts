/** `bin/voodu-postgres` as the controller starts it: from anywhere, with next to no environment (contract 0.4, 2.1). */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { toolPath, writeScript } from '../support/tool-path.ts';

const root = join(import.meta.dirname, '../..');
const version = `voodu-postgres ${packageJson.version}\n`;
const request = JSON.stringify({ kind: 'postgres', scope: 's', name: 'db' });

let scratch: string;
let plugin: string;

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'voodu-launcher-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The launcher and nothing else. */
beforeEach(() => {
  plugin = mkdtempSync(join(scratch, 'plugin-'));
  mkdirSync(join(plugin, 'bin'));
  copyFileSync(join(root, 'bin/voodu-postgres'), join(plugin, 'bin/voodu-postgres'));
});

function launch(
  args: readonly string[],
  options: { path?: string; cwd?: string; input?: string; program?: string } = {},
) {
  const { status, stdout, stderr } = spawnSync(options.program ?? join(plugin, 'bin/voodu-postgres'), args, {
    cwd: options.cwd ?? '/',
    env: options.path === undefined ? {} : { PATH: options.path },
    input: options.input ?? '',
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}

const withBundle = () => cpSync(join(root, 'dist'), join(plugin, 'dist'), { recursive: true });
const withRuntime = () => {
  mkdirSync(join(plugin, 'runtime'));
  symlinkSync(process.execPath, join(plugin, 'runtime/node'));
};
const errorOf = (stdout: string): string => {
  const { status, error } = JSON.parse(stdout) as { status: string; error: string };
  expect(status).toBe('error');
  return error;
};

describe('with a bundle and a runtime', () => {
  beforeEach(() => {
    withBundle();
    withRuntime();
  });

  it('runs from any directory with an empty environment', () => {
    expect(launch(['--version'])).toEqual({ status: 0, stdout: version, stderr: '' });
    const { status, stdout } = launch(['expand'], { cwd: scratch, input: request });
    expect({ status, answer: JSON.parse(stdout).status }).toEqual({ status: 0, answer: 'ok' });
  });

  it('runs by a relative name, by its bare name and through a link', () => {
    expect(launch(['--version'], { program: 'bin/voodu-postgres', cwd: plugin }).stdout).toBe(version);
    expect(
      launch(['voodu-postgres', '--version'], { program: '/bin/sh', cwd: join(plugin, 'bin') }).stdout,
    ).toBe(version);
    symlinkSync(join(plugin, 'bin/voodu-postgres'), join(plugin, 'linked'));
    expect(launch(['--version'], { program: join(plugin, 'linked') }).stdout).toBe(version);
  });

  it('hands arguments, stdin and the exit status through', () => {
    const { status, stdout } = launch(['expand', '--no-such flag']);
    expect(status).toBe(2);
    expect(errorOf(stdout)).toContain('--no-such flag is not a flag');
  });

  it.each([
    ['pipes', ''],
    ['pipes that do not block', `use Fcntl; fcntl($_, F_SETFL, O_NONBLOCK) for *STDIN, *STDOUT;`],
  ])('reads a slow request and writes a large reply through %s', (_, prepare) => {
    const env = Object.fromEntries(
      Array.from({ length: 2000 }, (_, index) => [`K${index}`, 'x'.repeat(100)]),
    );
    writeFileSync(join(plugin, 'request'), JSON.stringify({ ...JSON.parse(request), spec: { env } }));
    const script = `(sleep 0.2; head -c 99 request; sleep 0.2; tail -c +100 request) |
      perl -e '${prepare} exec @ARGV' bin/voodu-postgres expand | (sleep 0.5; cat)`;
    const { stdout } = spawnSync('/bin/sh', ['-c', script], {
      cwd: plugin,
      encoding: 'utf8',
      maxBuffer: 2 ** 24,
    });
    expect(stdout.length).toBeGreaterThan(200_000);
    expect(JSON.parse(stdout).status).toBe('ok');
  });

  it('says nothing where nobody reads', () => {
    const script = 'bin/voodu-postgres defaults 2>complaint | true; cat complaint';
    expect(spawnSync('/bin/sh', ['-c', script], { cwd: plugin, encoding: 'utf8' }).stdout).toBe('');
  });

  it('runs where nothing can be written', () => {
    chmodSync(join(plugin, 'dist'), 0o555);
    writeFileSync(join(plugin, 'not-a-directory'), '');
    const blocked = spawnSync(join(plugin, 'bin/voodu-postgres'), ['--version'], {
      env: { NODE_COMPILE_CACHE: join(plugin, 'not-a-directory/cache'), TMPDIR: '/nonexistent' },
      encoding: 'utf8',
    });
    expect({ stdout: blocked.stdout, stderr: blocked.stderr }).toEqual({ stdout: version, stderr: '' });
  });

  it('writes its compiled code below its own directory and nothing elsewhere', () => {
    launch(['--version']);
    expect(readdirSync(plugin).toSorted()).toEqual(['bin', 'dist', 'runtime']);
    expect(readdirSync(join(plugin, 'dist'))).toContain('cache');
  });
});

describe('the choice of what to start', () => {
  it('is the executable where there is one', () => {
    withBundle();
    writeScript(join(plugin, 'bin/voodu-postgres.bin'), 'echo "executable: $*"');
    expect(launch(['info', 's/db']).stdout).toBe('executable: info s/db\n');
  });

  it('is the node that install noted, unless it has gone since', () => {
    withBundle();
    const noted = join(plugin, 'noted-node');
    writeScript(noted, 'echo noted');
    writeFileSync(join(plugin, 'dist/node-path'), `${noted}\n`);
    expect(launch(['--version']).stdout).toBe('noted\n');
    rmSync(noted);
    const path = toolPath(scratch, [], { node: `[ "$1" = --version ] && echo v22.0.0 || echo probed` });
    expect(launch(['--version'], { path }).stdout).toBe('probed\n');
  });

  it('passes over a node that is too old', () => {
    withBundle();
    const path = toolPath(scratch, [], { node: 'echo v18.19.1' });
    const { status, stdout } = launch(['--version'], { path });
    // A machine may have a newer one in /usr/bin, and that is then the right one.
    if (status === 0) expect(stdout).toBe(version);
    else
      expect(errorOf(stdout)).toMatch(
        /^voodu-postgres needs Node 22 or newer to run its bundle, not \d\d; run /,
      );
  });
});

describe('where it cannot start, it answers as a plugin has to', () => {
  it('without a build', () => {
    const { status, stdout, stderr } = launch(['expand'], { input: request });
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(errorOf(stdout)).toMatch(
      /^voodu-postgres is not built: .* run its install hook, or make build in a clone$/,
    );
  });

  it('with an executable that is not for this machine', () => {
    writeFileSync(join(plugin, 'bin/voodu-postgres.bin'), '\x7fELF not really');
    chmodSync(join(plugin, 'bin/voodu-postgres.bin'), 0o755);
    const { status, stdout } = launch(['expand'], { input: request });
    expect(status).toBe(1);
    expect(errorOf(stdout)).toMatch(/its runtime does not run on this machine; run the install hook/);
  });
});
