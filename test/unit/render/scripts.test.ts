/** Every file a pod mounts, as it is rendered. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { emittedFiles, planAsset } from '../../../src/expand/asset.ts';
import { parseSpec } from '../../../src/spec/parse-spec.ts';

const spec = parseSpec(
  { replicas: 3, pg_config: { work_mem: '16MB', jit: false, max_connections: 200 } },
  'postgres "s" "n"',
);
const files = planAsset({ scope: 's', name: 'n' }, spec).spec['files'] as Record<string, string>;
const scripts = ['entrypoint', 'init_replication_sh'];
const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0;
// A full run (test/run.ts) installs shellcheck; a quick one takes the machine as it is.
const mayBeMissing = process.env['VOODU_TEST_FULL'] !== '1';

describe.each(Object.entries(files))('%s', (_key, text) => {
  it('ends with one newline, has no carriage return, no tab and no trailing space', () => {
    expect(text).toMatch(/[^\n]\n$/);
    expect(text).not.toMatch(/[\r\t]| $/m);
  });

  it('has no left-overs of a template', () => {
    expect(text).not.toMatch(/\{\{/);
    expect(text).not.toMatch(/undefined|\[object Object\]|NaN/);
  });
});

describe.each(scripts)('the script %s', key => {
  const script = () => files[key]!;

  it('passes bash -n', () => {
    expect(spawnSync('bash', ['-n'], { input: script(), encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });

  it.skipIf(!hasShellcheck && mayBeMissing)('passes shellcheck', () => {
    const { status, stdout, error } = spawnSync(
      'shellcheck',
      ['--shell=bash', '--norc', '--format=gcc', '-'],
      { input: script(), encoding: 'utf8' },
    );
    expect({ status, stdout, error }).toEqual({ status: 0, stdout: '', error: undefined });
  });
});

it('the init script is sourced, so it must not exit and must not change the options of the shell', () => {
  expect(files['init_replication_sh']).not.toMatch(/^\s*(exit|set [-+])\b/m);
});

it('pg_config is rendered in the order of the names, one setting a line', () => {
  expect(files['pg_overrides_conf']).toBe(
    "# voodu-postgres: pg_config of the postgres block.\njit = off\nmax_connections = 200\nwork_mem = '16MB'\n",
  );
});

it('a block without pg_config has an overrides file without settings', () => {
  const bare = emittedFiles.find(file => file.key === 'pg_overrides_conf')!.render(parseSpec({}, ''));
  expect(bare.split('\n').filter(line => line !== '' && !line.startsWith('#'))).toEqual([]);
});

it('no password is an argument of a program the scripts start', () => {
  for (const key of scripts) {
    const commands = files[key]!.split('\n').filter(line => !/^\s*#/.test(line));
    // printf is a builtin: it has no argument list anyone could read. A leading NAME=value is environment, not argument.
    const suspicious = commands.filter(
      line =>
        /\$\{?(POSTGRES_(REPLICATION_)?PASSWORD|PG_REPLICATION_PASSWORD)/.test(line) &&
        !/\bprintf\b|^\s*(local |export )?[A-Za-z_]+=|\[\[|: "?\$\{/.test(line),
    );
    expect(suspicious).toEqual([]);
  }
});
