/** Nothing is promoted beside a primary that may still write: its container is killed and seen to stay dead. */
import type { Pod } from '../cluster/cluster.ts';
import { Failure } from '../errors.ts';
import type { Container, Io } from '../io.ts';
import { seconds } from './attempt.ts';
import { type Deadline, reserves } from './deadline.ts';

/** Longer than docker's first waits before it restarts what crashed. */
const provenAfterMs = 300;
const pauseMs = 100;

/** `again` is the command line to run once the container was stopped by hand. */
export async function fence(
  io: Pick<Io, 'docker' | 'host'>,
  deadline: Deadline,
  pod: Pod,
  again: string,
): Promise<void> {
  deadline.begin(`stopping the container of ordinal ${pod.ordinal}`);
  const began = io.host.now().getTime();
  let downSince: number | undefined;
  let last: Container['state'] | 'gone' | undefined;
  let cause: unknown;
  do {
    try {
      const [now] = await io.docker.inspect([pod.name]);
      last = now?.state ?? 'gone';
      if (isDown(last)) {
        downSince ??= io.host.now().getTime();
        if (io.host.now().getTime() - downSince >= provenAfterMs) return;
      } else {
        downSince = undefined;
        // While docker waits to restart a container that crashed, this ends the waiting: it stays stopped.
        await io.docker.kill(pod.name, 'KILL');
        // Only after the kill: the first thing a thawed server meets is its end.
        if (last === 'paused') await io.docker.unpause(pod.name);
      }
    } catch (error) {
      cause = error;
    }
    await io.host.sleep(pauseMs);
  } while (deadline.leftMs(reserves.promoteMs) > 0);
  throw new Failure(
    'docker',
    `ordinal ${pod.ordinal} could not be fenced: after ${seconds(io.host.now().getTime() - began)} s its container ${pod.name} is ${last ?? 'unknown to docker'}${cause instanceof Error ? ` (${cause.message})` : ''}; nothing was promoted`,
    { hint: `Stop it by hand (docker kill ${pod.name}), then run ${again} again.`, cause },
  );
}

const isDown = (state: Container['state'] | 'gone'): boolean =>
  state === 'gone' || state === 'exited' || state === 'dead' || state === 'created';
