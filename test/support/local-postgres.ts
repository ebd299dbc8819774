/**
 * A real server without docker: the machine's own binaries, an unprivileged user (postgres refuses root), a temporary
 * directory, a unix socket only. Ends with `stop`, and by itself after ten minutes should a test run be killed.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Binaries {
  readonly major: number;
  readonly directory: string;
}

/** Every server this machine has, the newest first. */
export const installed: readonly Binaries[] = globSync('/usr/lib/postgresql/*/bin/initdb')
  .map(path => ({ major: Number(path.split('/')[4]), directory: path.slice(0, -'/initdb'.length) }))
  .toSorted((a, b) => b.major - a.major);

/** In a full run (test/run.ts) a missing server is a failure, not a reason to skip. */
export const mayBeMissing = process.env['VOODU_TEST_FULL'] !== '1';

export interface LocalServer {
  readonly directory: string;
  readonly sql: (statement: string) => string;
  readonly stop: () => Promise<void>;
}

const budgetMs = 60_000;
const lifetime = '600';

/** `conf` are the files of conf.d by name, as the pods mount them. */
export async function startServer(
  { directory: bin }: Binaries,
  conf: Readonly<Record<string, string>>,
): Promise<LocalServer> {
  const user = unprivilegedUser();
  const directory = mkdtempSync(join(tmpdir(), 'voodu-pg-'));
  const data = join(directory, 'data');
  const own = (path: string) => user && chownSync(path, user.uid, user.gid);
  const as = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  // A stale PGPORT or PGDATA of the machine must not lead anywhere else.
  const env = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', HOME: directory };
  try {
    own(directory);
    execFileSync(
      join(bin, 'initdb'),
      ['-D', data, '-U', 'postgres', '-A', 'trust', '-N', '-E', 'UTF8', '--locale=C.UTF-8'],
      { ...as, env, cwd: directory, stdio: 'pipe' },
    );
    const confd = join(directory, 'conf.d');
    mkdirSync(confd);
    for (const [name, text] of Object.entries(conf)) writeFileSync(join(confd, name), text);
    chmodSync(confd, 0o755);
    writeFileSync(join(data, 'postgresql.conf'), `fsync = off\ninclude_dir = '${confd}'\n`);
    own(join(data, 'postgresql.conf'));
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }

  const log: Buffer[] = [];
  const server = spawn(
    'timeout',
    [
      '--signal=INT',
      lifetime,
      join(bin, 'postgres'),
      '-D',
      data,
      '-c',
      'listen_addresses=',
      '-c',
      `unix_socket_directories=${directory}`,
      '-c',
      'logging_collector=off',
    ],
    { ...as, env, cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  server.stderr.on('data', (chunk: Buffer) => log.push(chunk));
  const ended = new Promise<void>(resolve => server.on('close', () => resolve()));

  const stop = async () => {
    server.kill('SIGINT');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  const psql = (...args: string[]) =>
    execFileSync(
      join(bin, 'psql'),
      ['-XAtq', '-v', 'ON_ERROR_STOP=1', '-h', directory, '-U', 'postgres', '-d', 'postgres', ...args],
      { env, cwd: directory, encoding: 'utf8', stdio: 'pipe' },
    );

  const until = Date.now() + budgetMs;
  while (true) {
    try {
      psql('-c', 'SELECT 1');
      break;
    } catch {
      if (server.exitCode === null && Date.now() < until) {
        await sleep(50);
        continue;
      }
      await stop();
      throw new Error(`the server did not start:\n${Buffer.concat(log).toString()}`);
    }
  }
  return { directory, sql: statement => psql('-c', statement).replace(/\n$/, ''), stop };
}

function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'));
  const found = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!found) throw new Error('this machine has neither a user postgres nor nobody');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}
