/** One plugin process: its environment, its stdin, its end, and what its stdout means (contract 2.1 to 2.4). */
import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as go from './go.ts';
import type { Plugin } from './plugin-load.ts';

export interface Envelope {
  readonly status: string;
  readonly data?: unknown;
  readonly error?: string;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly envelope: Envelope | undefined;
}

export interface RunRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly stdin: string;
  readonly timeoutMs: number;
  /** Aborted when the client goes away: the process gets SIGKILL. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string>>;
}

/** Rejects when the process cannot be started or is killed by the limit or the client. */
export async function runPlugin(plugin: Plugin, request: RunRequest): Promise<RunResult> {
  const file = plugin.commands[request.command];
  if (file === undefined) throw new Error(`plugin has no command ${go.quote(request.command)}`);
  checkExecutable(plugin, file);
  const args = plugin.entrypoint === undefined ? request.args : [request.command, ...request.args];
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: plugin.dir, env: request.env, stdio: 'pipe' });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let killed: Error | undefined;
    // Only the direct child is killed; a grandchild holding stdout keeps the call waiting, as it does in Go.
    const kill = (reason: Error) => {
      killed ??= reason;
      child.kill('SIGKILL');
    };
    const limit = setTimeout(
      () =>
        kill(
          new Error(`plugin ${go.quote(plugin.name)}: timeout after ${go.formatDuration(request.timeoutMs)}`),
        ),
      request.timeoutMs,
    );
    const gone = () => kill(new Error(`plugin ${go.quote(plugin.name)}: signal: killed`));
    request.signal.addEventListener('abort', gone, { once: true });
    if (request.signal.aborted) gone();
    const settle = () => {
      clearTimeout(limit);
      request.signal.removeEventListener('abort', gone);
    };
    child.stdout.on('data', chunk => out.push(chunk));
    child.stderr.on('data', chunk => err.push(chunk));
    child.stdin.on('error', () => {});
    child.stdin.end(request.stdin);
    child.on('error', error => {
      settle();
      reject(error);
    });
    child.on('close', code => {
      settle();
      if (killed !== undefined) return reject(killed);
      const stdout = Buffer.concat(out).toString('utf8');
      resolve({
        code: code ?? -1,
        stdout,
        stderr: Buffer.concat(err).toString('utf8'),
        envelope: parseEnvelope(stdout),
      });
    });
  });
}

/** What Go's exec would refuse: node falls back to /bin/sh for a file without a shebang, execve does not. */
function checkExecutable(plugin: Plugin, file: string): void {
  if (!(statSync(file, { throwIfNoEntry: false })?.isFile() ?? false)) {
    throw new Error(
      `plugin ${go.quote(plugin.name)}: entrypoint ${go.quote(plugin.entrypoint ?? '')} not found or not a file at ${file}` +
        ` — did the install hook fetch the binary?`,
    );
  }
  try {
    accessSync(file, constants.X_OK);
  } catch {
    throw new Error(`plugin ${go.quote(plugin.name)}: fork/exec ${file}: permission denied`);
  }
  const head = Buffer.alloc(4);
  const fd = openSync(file, 'r');
  readSync(fd, head, 0, 4, 0);
  closeSync(fd);
  if (head.toString('latin1', 0, 2) !== '#!' && head.toString('latin1') !== '\x7fELF') {
    throw new Error(`plugin ${go.quote(plugin.name)}: fork/exec ${file}: exec format error`);
  }
}

const envelopeShape = go.struct('Envelope', { status: go.string, data: go.any, error: go.string });

/** The whole text must be one object with a non-empty status; anything else is not an envelope. */
export function parseEnvelope(stdout: string): Envelope | undefined {
  const text = stdout.trim();
  if (!text.startsWith('{')) return undefined;
  try {
    const envelope = go.decode<Partial<Envelope>>(envelopeShape, JSON.parse(text));
    return envelope.status ? { ...envelope, status: envelope.status } : undefined;
  } catch {
    return undefined;
  }
}

/** Why a non-zero exit happened, in the order the controller looks. */
export function failureDetail(result: RunResult): string {
  return result.envelope?.error || result.stderr.trim() || result.stdout.trim() || 'no output';
}

export interface Host {
  readonly root: string;
  readonly pluginsRoot: string;
  readonly httpAddress: string;
  readonly nodeName: string;
}

/**
 * The controller's own environment under systemd: no HOME, no locale of the person running the tests, systemd's PATH
 * plus the directory of the docker CLI when it lies elsewhere. DOCKER_HOST is the laboratory's, not the contract's.
 */
export function controllerEnv(host: Host): Record<string, string> {
  const standard = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const docker = whichDir('docker');
  const path =
    docker === undefined || standard.split(':').includes(docker) ? standard : `${standard}:${docker}`;
  const dockerHost = process.env.DOCKER_HOST;
  return {
    PATH: path,
    LANG: 'C.UTF-8',
    INVOCATION_ID: '00000000000000000000000000000000',
    VOODU_ROOT: host.root,
    VOODU_HTTP_ADDR: host.httpAddress,
    VOODU_PAT_ADDR: '0.0.0.0:8687',
    DOCKER_CONFIG: join(host.root, 'docker'),
    AWS_ECR_CACHE_DIR: join(host.root, 'docker', 'ecr'),
    ...(dockerHost === undefined ? {} : { DOCKER_HOST: dockerHost }),
  };
}

/** VOODU_ROOT is the plugins root here: the real root is its parent. Hooks see the real one (see plugin-install). */
export function commandEnv(host: Host, plugin: Plugin): Record<string, string> {
  return {
    ...controllerEnv(host),
    VOODU_PLUGIN_DIR: plugin.dir,
    ...plugin.env,
    VOODU_ROOT: host.pluginsRoot,
    VOODU_NODE: host.nodeName,
    VOODU_ETCD_CLIENT: 'http://127.0.0.1:2379',
  };
}

function whichDir(program: string): string | undefined {
  for (const dir of (process.env.PATH ?? '').split(':')) {
    const candidate = join(dir, program);
    if (statSync(candidate, { throwIfNoEntry: false })?.isFile()) return dirname(candidate);
  }
  return undefined;
}
