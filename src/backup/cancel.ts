/** Stops captures, and looks whether they stopped. */
import { formatRef } from '../cluster/names.ts';
import { Failure, isFailure } from '../errors.ts';
import type { Io } from '../io.ts';
import { fileName, partialName } from './file.ts';
import type { Place } from './place.ts';
import { isLive, type WorkContainer } from './work.ts';

/** pg_dump ends at once on SIGTERM, and its session with it. */
const graceSeconds = 8;

export interface Cancelled {
  readonly stopped: readonly WorkContainer[];
  /** Was complete before it could be stopped. */
  readonly finished: readonly WorkContainer[];
}

export async function cancelCaptures(
  io: Io,
  place: Place,
  captures: readonly WorkContainer[],
): Promise<Cancelled> {
  const stopped: WorkContainer[] = [];
  const finished: WorkContainer[] = [];
  await Promise.all(
    captures.map(async capture => {
      await stopCapture(io, place, capture);
      const dump = await io.files.stat(`${place.directory}/${fileName(capture, 'dump')}`);
      if (dump !== undefined) finished.push(capture);
      else stopped.push(capture);
    }),
  );
  return { stopped, finished };
}

async function stopCapture(io: Io, place: Place, capture: WorkContainer): Promise<void> {
  const { name } = capture.container;
  // An error matters only where the container runs on.
  let cause: unknown;
  const keep = (error: unknown) => {
    cause = error;
  };
  await io.docker.stop(name, graceSeconds).catch(keep);
  if (await isRunning(io, name)) await io.docker.kill(name, 'KILL').catch(keep);
  if (await isRunning(io, name))
    throw new Failure(
      'docker',
      `capture ${capture.id} of ${formatRef(place.ref)} does not stop (container ${name})${isFailure(cause) ? `: ${cause.message}` : ''}`,
      { hint: `Look at docker inspect ${name} on the host.`, cause },
    );
  // Its own script removes it; one that had to be killed could not.
  for (const kind of ['dump', 'sidecar', 'globals'] as const)
    await io.files.remove(`${place.directory}/${partialName(capture, kind)}`);
}

async function isRunning(io: Io, name: string): Promise<boolean> {
  const [container] = await io.docker.inspect([name]);
  return container !== undefined && isLive(container);
}
