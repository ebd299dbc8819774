/** The `vd` of the operator in local mode, for plugin words (contract 1.7, 2.5). */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DispatchReply } from './dispatch.ts';
import { formatDuration, isObject } from './go.ts';
import { errorText, type VdResult } from './types.ts';
import { readArgv } from './vd-argv.ts';

export interface VdOptions {
  /** Given to exec_local commands; a plugin never sees the operator's stdin. */
  readonly stdin?: string;
  /** The operator's working directory: exec_local runs here, fetch_file writes here. */
  readonly cwd?: string;
  /** Over ssh: a download runs with `-o json` on the host, and its file is copied from there. */
  readonly fromElsewhere?: boolean;
  /** The CLI's own limit for one request; 30 s there. */
  readonly timeoutMs?: number;
  /** Bound for one exec_local command; none there. */
  readonly execTimeoutMs?: number;
}

export async function runVd(
  url: string,
  words: readonly string[],
  options: VdOptions = {},
): Promise<VdResult> {
  const call = readArgv(words);
  if (call.to === 'remote')
    return failure(`remote ${JSON.stringify(call.remote)} not found: no such git remote`);
  if (call.to === 'built-in')
    return failure(`vd ${call.words.join(' ')}: built-in commands are not modelled by the double`);
  if (call.to === 'nowhere') {
    return failure(
      `unknown command ${JSON.stringify(call.words.join(' '))}: no builtin and no plugin registered`,
    );
  }
  const target = `${url}/plugin/${call.plugin}/${call.command}`;
  const fetches = options.fromElsewhere === true && call.command.endsWith('backups:download');
  const args = fetches ? [...call.args, '-o', 'json'] : call.args;
  const body = JSON.stringify(args.length > 0 ? { args } : {});
  let status: number;
  let text: string;
  const timeoutMs = options.timeoutMs ?? 30_000;
  try {
    const response = await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(timeoutMs),
    });
    status = response.status;
    text = await response.text();
  } catch (error) {
    const late = (error as Error).name === 'TimeoutError';
    const why = late
      ? `Post ${JSON.stringify(target)}: context deadline exceeded (Client.Timeout exceeded while awaiting headers) after ${formatDuration(timeoutMs)}`
      : errorText(error);
    return failure(`dispatch ${call.plugin}:${call.command}: controller at ${target} unreachable (${why})`);
  }
  if (status >= 400) return failure(errorField(text));
  if (call.json) return { code: 0, stdout: text.endsWith('\n') ? text : text + '\n', stderr: '' };
  return render((JSON.parse(text) as { data: DispatchReply }).data, options);
}

/** Message, one line per action, then the deferred commands in order: the first that fails ends it with its code. */
async function render(reply: DispatchReply, options: VdOptions): Promise<VdResult> {
  let stdout = reply.message ? reply.message + '\n' : '';
  let stderr = '';
  for (const line of reply.applied) stdout += `  ✓ ${line}\n`;
  for (const { command } of reply.exec_local ?? []) {
    const result = await runLocal(command, options);
    stdout += result.stdout;
    stderr += result.stderr;
    if (result.code !== 0) return { code: result.code, stdout, stderr };
  }
  for (const { remote_path, dest_path } of reply.fetch_file ?? []) {
    const destination = resolve(options.cwd ?? process.cwd(), dest_path);
    if (existsSync(destination)) {
      stderr += `fetch_file ${dest_path}: file already exists (move/rename it, or pass --to <other>)\n`;
      return { code: 1, stdout, stderr };
    }
    try {
      copyFileSync(remote_path, destination);
    } catch (error) {
      return { code: 1, stdout, stderr: `${stderr}fetch_file: open ${remote_path}: ${errorText(error)}\n` };
    }
    stdout += `  ✓ wrote ${dest_path} (${statSync(destination).size} bytes)\n`;
  }
  return { code: 0, stdout, stderr };
}

/** Really run, as the operator: with the operator's environment, without a terminal. */
function runLocal(command: readonly string[], options: VdOptions): Promise<VdResult> {
  const [program = '', ...args] = command;
  return new Promise(done => {
    const child = spawn(program, args, { cwd: options.cwd, stdio: 'pipe' });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const limit = setTimeout(() => child.kill('SIGKILL'), options.execTimeoutMs ?? 60_000);
    child.stdout.on('data', chunk => out.push(chunk));
    child.stderr.on('data', chunk => err.push(chunk));
    child.stdin.on('error', () => {});
    child.stdin.end(options.stdin ?? '');
    child.on('error', error => {
      clearTimeout(limit);
      done({ code: 1, stdout: '', stderr: `exec_local ${program}: ${error.message}\n` });
    });
    child.on('close', code => {
      clearTimeout(limit);
      done({
        code: code ?? -1,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      });
    });
  });
}

/** The operator sees just the error string. */
function errorField(text: string): string {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isObject(parsed) && typeof parsed.error === 'string') return parsed.error;
  } catch {
    // Not the envelope: shown as it is.
  }
  return text;
}

const failure = (message: string): VdResult => ({ code: 1, stdout: '', stderr: message + '\n' });
