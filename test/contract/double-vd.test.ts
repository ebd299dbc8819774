/** The double's `vd`: contract 1.7 and 2.5. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  installFake,
  type LabController,
  print,
  reply,
  startController,
} from '../support/controller/index.ts';
import { readArgv } from '../support/controller/vd-argv.ts';

const split = (line: string[]) => {
  const call = readArgv(line);
  return call.to === 'plugin' ? [call.plugin, call.command, ...call.args] : call.to;
};

describe('argument mangling', () => {
  const table: [typed: string[], becomes: string[] | string][] = [
    [
      ['pg:backups:capture', 'clowk-lp/db', '--follow'],
      ['pg', 'backups:capture', 'clowk-lp/db', '--follow'],
    ],
    [
      ['pg', 'info', 's/n'],
      ['pg', 'info', 's/n'],
    ],
    // The rewrite runs over every token: a command with a colon keeps it only behind the plugin's own.
    [
      ['pg', 'backups:capture', 's/n'],
      ['pg', 'backups', 'capture', 's/n'],
    ],
    [
      ['pg:psql', 's/n', '--', '-c', 'select 1'],
      ['pg', 'psql', 's/n', '--', '-c', 'select 1'],
    ],
    [
      ['pg:r', 's/n', '--at', '2026-08-01T10:00:00Z'],
      ['pg', 'r', 's/n', '--at', '2026-08-01T10', '00:00Z'],
    ],
    [
      ['pg:r', '--at=2026-08-01T10:00:00Z'],
      ['pg', 'r', '--at=2026-08-01T10:00:00Z'],
    ],
    [
      ['pg:r', '--at', '2026-08-01 10:00:00'],
      ['pg', 'r', '--at', '2026-08-01 10:00:00'],
    ],
    [
      ['pg:r', '--at', '2026-08-01T10:00:00+00:00'],
      ['pg', 'r', '--at', '2026-08-01T10:00:00+00:00'],
    ],
    [
      ['pg:x', 'host:5432'],
      ['pg', 'x', 'host', '5432'],
    ],
    [
      ['pg:x', 'config:set', 'a', 'b'],
      ['pg', 'x', 'config', 'a', 'set', 'b'],
    ],
    [
      ['pg:x', 'config:unset', '--flag', 'a'],
      ['pg', 'x', 'config', 'a', 'unset', '--flag'],
    ],
    [
      ['pg:x', 'config:set', 'K=V'],
      ['pg', 'x', 'config', 'set', 'K=V'],
    ],
    [
      ['pg:x', 'config:get', 'a'],
      ['pg', 'x', 'config', 'get', 'a'],
    ],
    [
      ['pg:x', '', 'a b', '{"a":1}', '--flag'],
      ['pg', 'x', '', 'a b', '{"a":1}', '--flag'],
    ],
    [
      ['pg:x', 's/n', '--output', 'json'],
      ['pg', 'x', 's/n', '--output', 'json'],
    ],
    [
      ['pg:x', '--format', 'a:b', '-f', 'c:d'],
      ['pg', 'x', '--format', 'a:b', '-f', 'c:d'],
    ],
    [
      ['pg:x', 's3://bucket/key', 'user@host:path', 'a:'],
      ['pg', 'x', 's3://bucket/key', 'user@host:path', 'a:'],
    ],
    [
      ['pg:x', 's/n', '-h'],
      ['pg', 'x', 's/n', '-h'],
    ],
    [['pg:backups'], ['pg', 'backups']],
    [
      ['pg', '-h'],
      ['pg', 'help'],
    ],
    [
      ['pg', '--help'],
      ['pg', 'help'],
    ],
    [
      ['-o', 'json', 'pg:info', 'x'],
      ['pg', 'info', 'x'],
    ],
    [['pg'], 'nowhere'],
    [['pg:promote', 's/n', '-r', '1'], 'remote'],
    [['pg:promote', 's/n', '-r=1'], 'remote'],
    [['pg:promote', 's/n', '--remote', '1'], 'remote'],
    [['config:set', 's/n', 'K=V'], 'built-in'],
  ];
  it.each(table)('%j', (typed, becomes) => {
    expect(split(typed)).toEqual(becomes);
  });
});

describe('a run', () => {
  let lab: LabController;
  let cwd: string;
  beforeAll(async () => {
    lab = await startController({ pods: 'recorded' });
    cwd = mkdtempSync(join(tmpdir(), 'voodu-vd-'));
    writeFileSync(join(cwd, 'source'), '12345');
    await installFake(lab, {
      name: 'postgres',
      aliases: ['pg'],
      commands: {
        help: print('usage'),
        args: 'printf "[%s]" "$@"',
        body: 'cat | tr "{}" "()"',
        fail: 'echo broken >&2; exit 7',
        both: reply({
          message: 'hello',
          actions: [
            { type: 'config_set', scope: 's', name: 'n', kv: { A: '1' } },
            { type: 'exec_local', command: ['sh', '-c', 'cat; echo err >&2; pwd'], summary: 'run it' },
            { type: 'exec_local', command: ['sh', '-c', 'echo second; exit 5'] },
            { type: 'exec_local', command: ['echo', 'never'] },
          ],
        }),
        fetch: reply({
          actions: [
            { type: 'fetch_file', remote_path: join(cwd, 'source'), dest_path: 'copy', summary: 'copied' },
          ],
        }),
      },
    });
  });
  afterAll(async () => {
    await lab.close();
    rmSync(cwd, { recursive: true, force: true });
  });

  it('prints the message, a line per action, and runs what was deferred until one fails', async () => {
    expect(await lab.vd(['pg:both'], { stdin: 'typed\n', cwd })).toEqual({
      code: 5,
      stdout: `hello\n  ✓ config_set s/n: A\n  ✓ run it\n  ✓ exec_local [sh -c echo second; exit 5] (deferred to CLI)\n  ✓ exec_local [echo never] (deferred to CLI)\ntyped\n${cwd}\nsecond\n`,
      stderr: 'err\n',
    });
  });

  it('prints only the envelope with -o json, before or after the word, and defers nothing', async () => {
    for (const words of [
      ['-o', 'json', 'pg:both'],
      ['pg:both', '-o', 'json'],
      ['pg:both', '--output=json'],
    ]) {
      const { code, stdout, stderr } = await lab.vd(words);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ status: 'ok', data: { message: 'hello' } });
    }
  });

  it('hands flags after the word on to the plugin', async () => {
    expect((await lab.vd(['pg:args', 's/n', '-o', 'text', 'a:b'])).stdout).toBe('[s/n][-o][text][a][b]\n');
    expect((await lab.vd(['pg', '-h'])).stdout).toBe('usage\n');
    expect((await lab.vd(['pg:body'], { stdin: 'operator' })).stdout).not.toContain('operator');
  });

  it('copies fetched files, never over another', async () => {
    expect(await lab.vd(['pg:fetch'], { cwd })).toEqual({
      code: 0,
      stdout: '  ✓ copied\n  ✓ wrote copy (5 bytes)\n',
      stderr: '',
    });
    expect(readFileSync(join(cwd, 'copy'), 'utf8')).toBe('12345');
    expect(await lab.vd(['pg:fetch'], { cwd })).toMatchObject({
      code: 1,
      stderr: 'fetch_file copy: file already exists (move/rename it, or pass --to <other>)\n',
    });
  });

  it('shows just the error and exits 1', async () => {
    expect(await lab.vd(['pg:fail'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'plugin "pg" fail exited 7: broken\n',
    });
    expect((await lab.vd(['pg:none'])).stderr).toMatch(/^plugin "pg" has no command "none" \(available: /);
    expect((await lab.vd(['pg'])).stderr).toMatch(/^unknown command "pg"/);
    expect((await lab.vd(['pg:fail', '-r', '1'])).code).toBe(1);
  });
});
