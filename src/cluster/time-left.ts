/** Work under a deadline: what waits ends in time to say what is true. */
import { Failure } from '../errors.ts';
import type { Host } from '../io.ts';

export const msUntil = (host: Host, instant: Date): number => instant.getTime() - host.now().getTime();

/** The instant so many milliseconds before another. */
export const before = (instant: Date, ms: number): Date => new Date(instant.getTime() - ms);

/** What the work gives, or a `deadline` failure where it takes longer; the work itself may then still go on. */
export async function within<T>(host: Host, until: Date, what: string, work: Promise<T>): Promise<T> {
  let settled = false;
  const noticed = work.finally(() => {
    settled = true;
  });
  noticed.catch(() => {});
  // Looked at, not raced against one long sleep: that would keep this process alive when the work is done.
  for (let wait = 1; !settled && msUntil(host, until) > 0; wait = Math.min(wait * 2, 50))
    await host.sleep(wait);
  if (settled) return noticed;
  throw new Failure('deadline', `${what} did not end in time`);
}
