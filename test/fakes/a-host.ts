/** A host whose clock moves only when somebody sleeps, and whose other processes are as alive as a test says. */
import type { Host } from '../../src/io.ts';

export function aHost(alive: readonly string[] = [], tag = 'me'): Host & { pass(ms: number): void } {
  let ms = Date.UTC(2026, 0, 1);
  let count = 0;
  const pass = (more: number) => {
    ms += more;
  };
  const absent = () => {
    throw new Error('not in this host');
  };
  return {
    now: () => new Date(ms),
    pass,
    sleep: async more => pass(more),
    environment: () => ({}),
    after: absent,
    detach: absent,
    randomHex: () => `${tag}${count++}`,
    scramVerifier: absent,
    portTaken: absent,
    processTag: () => tag,
    processAlive: holder => alive.includes(holder),
  };
}
