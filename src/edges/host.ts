/** This machine and this process. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import type { Host } from '../io.ts';
import { scramVerifier } from './scram.ts';

/**
 * Modules of node that a command loads when it comes to them: together they take as long as node's own start,
 * and `expand`, which runs on every apply, needs none.
 */
const load = process.getBuiltinModule;

export const host: Host = {
  now: () => new Date(),
  environment: () => process.env as Record<string, string>,
  sleep: async ms => {
    await new Promise(resolve => setTimeout(resolve, ms));
  },
  after: ms => AbortSignal.timeout(ms),
  detach: ([program = '', ...words]) => {
    const child = load('node:child_process').spawn(program, words, { detached: true, stdio: 'ignore' });
    // Whoever waits for its results sees that none come.
    child.on('error', () => {});
    child.unref();
  },
  randomHex: bytes => randomBytes(bytes).toString('hex'),
  scramVerifier: password => scramVerifier(password, randomBytes(16)),
  portTaken: port =>
    new Promise(resolve => {
      const server = load('node:net').createServer();
      server.once('error', () => resolve(true));
      server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(false)));
    }),
  processTag: () => `${process.pid}:${startedAt(process.pid) ?? ''}`,
  processAlive: tag => {
    const [pid, started] = tag.split(':');
    const now = startedAt(Number(pid));
    return now !== undefined && now === started;
  },
};

/** Clock ticks since boot at which the process began: with its pid that names it for good (proc(5), field 22). */
function startedAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** From the operating system's generator, as `node:crypto` would ask it. */
function randomBytes(count: number): Buffer {
  const bytes = Buffer.alloc(count);
  const source = openSync('/dev/urandom', 'r');
  try {
    if (readSync(source, bytes) !== count) throw new Error('/dev/urandom gave too few bytes');
  } finally {
    closeSync(source);
  }
  return bytes;
}
