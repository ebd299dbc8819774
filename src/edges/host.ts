/** This machine and this process. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Host } from '../io.ts';

export const host: Host = {
  now: () => new Date(),
  environment: () => process.env as Record<string, string>,
  sleep: async ms => {
    await sleep(ms);
  },
  randomHex: bytes => randomBytes(bytes).toString('hex'),
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
