/** The double's plugin processes: contract 1 and 2. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  installFake,
  type LabController,
  print,
  reply,
  startController,
  writeFake,
} from '../support/controller/index.ts';

let lab: LabController;
/** Another controller, whose limit of a plugin process is short. */
let hasty: LabController;
beforeAll(async () => {
  lab = await startController({ pods: 'recorded' });
  hasty = await startController({ pods: 'recorded', commandTimeoutMs: 700 });
});
afterAll(async () => {
  await lab.close();
  await hasty.close();
});

const run = (plugin: string, command: string, args: string[] = [], at = lab) =>
  at.request('POST', `/plugin/${plugin}/${command}`, { args });

describe('loading', () => {
  it('finds a plugin by directory, then by alias, anew for every request', async () => {
    await installFake(lab, { name: 'alpha', aliases: ['al'], commands: { help: print('one') } });
    expect((await run('alpha', 'help')).body.data).toEqual({ message: 'one', applied: [] });
    expect((await run('al', 'help')).body.data.message).toBe('one');
    await installFake(lab, { name: 'alpha', commands: { help: print('two') } });
    expect((await run('alpha', 'help')).body.data.message).toBe('two');
    expect((await run('al', 'help')).body.error).toBe(
      `plugin "al": plugin "al" not found in ${lab.root}/plugins (no directory match, no alias match)`,
    );
  });

  it('refuses commands that are not declared, and names the first twenty', async () => {
    const commands = Object.fromEntries(
      Array.from({ length: 22 }, (_, i) => [`c${String(i).padStart(2, '0')}`, 'true']),
    );
    await installFake(lab, { name: 'many', commands: { ...commands, 'backups:capture': print('ok') } });
    expect((await run('many', 'backups:capture')).status).toBe(200);
    const { status, body } = await run('many', 'nope');
    expect(status).toBe(400);
    const shown = ['backups:capture', ...Object.keys(commands)].slice(0, 20).join(', ');
    expect(body.error).toBe(`plugin "many" has no command "nope" (available: ${shown}, ...)`);
  });

  it('lists what is installed, without the source', async () => {
    const { body } = await lab.request('GET', '/plugins');
    const alpha = body.data.plugins.find((plugin: { name: string }) => plugin.name === 'alpha');
    expect(alpha).toMatchObject({ name: 'alpha', version: '0.1.0', entrypoint: 'bin/fake' });
    expect(alpha.source).toBeUndefined();
  });

  it('does not run a script without a shebang, or without the exec bit', async () => {
    await installFake(lab, { name: 'bare', commands: { go: 'true' } });
    const file = join(lab.root, 'plugins/bare/bin/fake');
    writeFileSync(file, 'echo hi\n');
    expect((await run('bare', 'go')).body.error).toContain('exec format error');
    chmodSync(file, 0o644);
    expect(await run('bare', 'go')).toMatchObject({
      status: 500,
      body: { error: expect.stringContaining('permission denied') },
    });
    rmSync(file);
    expect((await run('bare', 'go')).body.error).toContain('did the install hook fetch the binary?');
  });
});

describe('install', () => {
  it('keeps modes, makes bin and hooks executable, runs the hook with HOME and the real root', async () => {
    const dir = writeFake({
      name: 'hooked',
      commands: { help: 'true' },
      files: {
        install: '#!/bin/sh\n{ echo "$1 $VOODU_ROOT $VOODU_PLUGIN_DIR $HOME $TMPDIR"; pwd; } > seen\n',
        'lib/data': 'x',
        'node_modules/m/index.js': '1',
      },
    });
    chmodSync(join(dir, 'bin/fake'), 0o600);
    await lab.install(dir, 'hooked');
    rmSync(dir, { recursive: true });
    const installed = join(lab.root, 'plugins/hooked');
    expect(readFileSync(join(installed, 'seen'), 'utf8')).toBe(
      `hooked ${lab.root} ${installed} ${installed} ${installed}\n${installed}\n`,
    );
    expect(statSync(installed).mode & 0o777).toBe(0o700);
    expect(statSync(join(installed, 'bin/fake')).mode & 0o777).toBe(0o755);
    expect(existsSync(join(installed, 'node_modules/m/index.js'))).toBe(true);
  });

  it('leaves the directory of a failing hook in place, with the last lines of its output in the error', async () => {
    const dir = writeFake({
      name: 'sad',
      commands: { help: print('still here') },
      files: { install: '#!/bin/sh\nseq 1 20; exit 3\n' },
    });
    await expect(lab.install(dir)).rejects.toThrow(
      `plugin "sad": install hook: exit status 3\n${[13, 14, 15, 16, 17, 18, 19, 20].join('\n')}`,
    );
    rmSync(dir, { recursive: true });
    expect((await run('sad', 'help')).body.data.message).toBe('still here');
    expect((await lab.request('DELETE', '/plugins/sad')).status).toBe(200);
    expect((await lab.request('DELETE', '/plugins/sad')).body.error).toBe('plugin "sad" not installed');
  });

  it('fails on a link to a directory', async () => {
    const dir = writeFake({ name: 'linked', commands: { help: 'true' } });
    mkdirSync(join(dir, 'real'));
    symlinkSync('real', join(dir, 'link'));
    await expect(lab.install(dir)).rejects.toThrow(/EISDIR/);
    rmSync(dir, { recursive: true });
    expect(existsSync(join(lab.root, 'plugins/linked'))).toBe(false);
  });
});

describe('the process', () => {
  it('gets argv, cwd and the environment of the unit, and no HOME', async () => {
    await installFake(lab, {
      name: 'env',
      aliases: ['e'],
      env: { FROM_YML: 'yes', VOODU_NODE: 'not this' },
      commands: { show: 'printf "%s|" "$@"; echo; pwd; env | sort' },
    });
    const text: string = (await run('e', 'show', ['a b', '', '--x'])).body.data.message;
    const [args, cwd, ...env] = text.split('\n');
    const dir = join(lab.root, 'plugins/env');
    expect(args).toBe('a b||--x|');
    expect(cwd).toBe(dir);
    expect(env).toContain(`VOODU_ROOT=${lab.root}/plugins`);
    expect(env).toContain(`VOODU_PLUGIN_DIR=${dir}`);
    expect(env).toContain('VOODU_NODE=voodu-0');
    expect(env).toContain('FROM_YML=yes');
    expect(env).toContain(`VOODU_HTTP_ADDR=${lab.url.replace('http://', '')}`);
    expect(env.find(line => line.startsWith('PATH='))).toMatch(
      /^PATH=\/usr\/local\/sbin:\/usr\/local\/bin:\/usr\/sbin:\/usr\/bin:\/sbin:\/bin/,
    );
    for (const absent of ['HOME', 'VOODU_CONTROLLER_URL', 'VOODU_APP', 'TMPDIR', 'USER']) {
      expect(env.filter(line => line.startsWith(`${absent}=`))).toEqual([]);
    }
  });

  it('gets the invocation on stdin, with the name as typed', async () => {
    await installFake(lab, { name: 'stdin', aliases: ['si'], commands: { 'a:b': 'cat | tr "{}" "<>"' } });
    const { body } = await run('si', 'a:b');
    expect(JSON.parse(body.data.message.replace('<', '{').replace('>', '}'))).toEqual({
      plugin: 'si',
      command: 'a:b',
      controller_url: lab.url,
      plugin_dir: join(lab.root, 'plugins/stdin'),
      node_name: 'voodu-0',
    });
  });

  it('is killed at the limit, with the text of Go', async () => {
    await installFake(hasty, { name: 'slow', aliases: ['sl'], commands: { go: 'exec sleep 20' } });
    expect(await run('sl', 'go', [], hasty)).toMatchObject({
      status: 500,
      body: { error: 'invoke plugin: plugin "slow": timeout after 700ms' },
    });
  });

  it('keeps the call waiting while a grandchild holds stdout', async () => {
    await installFake(hasty, { name: 'fork', commands: { go: '(sleep 1.2) & wait' } });
    const started = Date.now();
    expect((await run('fork', 'go', [], hasty)).body.error).toContain('timeout after');
    expect(Date.now() - started).toBeGreaterThan(1100);
  });

  it('is killed when the client goes away, and its actions are lost', async () => {
    await installFake(lab, {
      name: 'gone',
      commands: {
        go: `echo $$ > pid; sleep 1.5; ${reply({ actions: [{ type: 'config_set', scope: 'g', name: 'n', kv: { A: '1' } }] })}`,
      },
    });
    const result = await lab.vd(['gone:go'], { timeoutMs: 800 });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toMatch(/^dispatch gone:go: controller at .* unreachable .*deadline exceeded/);
    await sleep(1000);
    const pid = Number(readFileSync(join(lab.root, 'plugins/gone/pid'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow();
    expect(lab.bucket('g', 'n')).toEqual({});
  });
});

describe('the envelope', () => {
  const ok = '{"status":"ok","data":{"message":"m"}}';
  const cases: [name: string, script: string, message: string][] = [
    ['an envelope', print(`\n  ${ok}  \n`), 'm'],
    ['keys in another case', print('{"Status":"ok","DATA":{"Message":"m"}}'), 'm'],
    ['a status of its own', print('{"status":"great","data":{"message":"m"}}'), 'm'],
    ['a line before', print(`log line\n${ok}`), `log line\n${ok}`],
    ['garbage after', print(`${ok}\nbye`), `${ok}\nbye`],
    ['two documents', print(`${ok}\n${ok}`), `${ok}\n${ok}`],
    ['no status', print('{"data":{"message":"m"}}'), '{"data":{"message":"m"}}'],
    ['an empty status', print('{"status":""}'), '{"status":""}'],
    ['a status that is a number', print('{"status":1}'), '{"status":1}'],
    ['an error that is an object', print('{"status":"error","error":{}}'), '{"status":"error","error":{}}'],
    ['plain text', 'printf "a\\n\\n  b\\n\\n"', 'a\n\n  b'],
    ['stderr beside it', `echo noise >&2; ${print(ok)}`, 'm'],
  ];
  it.each(cases)('%s', async (name, script, message) => {
    await installFake(lab, { name: 'says', commands: { it: script } });
    expect((await run('says', 'it')).body, name).toEqual({ status: 'ok', data: { message, applied: [] } });
  });

  const failures: [name: string, script: string, status: number, error: string][] = [
    [
      'exit with an envelope',
      `${print({ status: 'error', error: 'no' })}; exit 2`,
      400,
      'plugin "f" it exited 2: no',
    ],
    [
      'exit with an envelope and stderr',
      `echo noise >&2; ${print({ error: 'no', status: 'x' })}; exit 2`,
      400,
      'plugin "f" it exited 2: no',
    ],
    ['exit with stderr', 'echo out; echo " why " >&2; exit 1', 400, 'plugin "f" it exited 1: why'],
    ['exit with stdout', 'echo out; exit 1', 400, 'plugin "f" it exited 1: out'],
    ['exit with nothing', 'exit 9', 400, 'plugin "f" it exited 9: no output'],
    [
      'envelope on stderr',
      `{ ${print('{"status":"error","error":"x"}')}; } >&2; exit 1`,
      400,
      'plugin "f" it exited 1: {"status":"error","error":"x"}',
    ],
    ['exit 0 with an error', print({ status: 'error', error: 'no' }), 400, 'plugin "f" it: no'],
    [
      'data that is a string',
      print('{"status":"ok","data":"x"}'),
      400,
      'decode plugin response: json: cannot unmarshal string into Go value of type controller.pluginDispatchResponse',
    ],
    [
      'message that is a number',
      reply({ message: 1 }),
      400,
      'decode plugin response: json: cannot unmarshal number into Go struct field pluginDispatchResponse.message of type string',
    ],
    [
      'kv that is a number',
      reply({ actions: [{ type: 'config_set', kv: { A: 1 } }] }),
      400,
      'decode plugin response: json: cannot unmarshal number into Go struct field pluginDispatchResponse.actions.kv of type string',
    ],
    [
      'skip_restart that is a string',
      reply({ actions: [{ skip_restart: 'true' }] }),
      400,
      'decode plugin response: json: cannot unmarshal string into Go struct field pluginDispatchResponse.actions.skip_restart of type bool',
    ],
  ];
  it.each(failures)('%s', async (_name, script, status, error) => {
    await installFake(lab, { name: 'fails', aliases: ['f'], commands: { it: script } });
    expect(await run('f', 'it')).toMatchObject({ status, body: { status: 'error', error } });
  });
});
