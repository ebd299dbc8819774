/** Takes away what ended captures left: partial files, containers that have exited, old notes of failures. */
import type { Container, Io } from '../io.ts';
import { type Backup, loadCatalogue } from './catalogue.ts';
import { failureName, fileName, parseFileName, parseStamp, partialName, stemOf } from './file.ts';
import type { Place } from './place.ts';
import { isLive, listWork, type WorkContainer } from './work.ts';

/** How long a failure stays in the list. */
const failureSeconds = 14 * 86_400;

export interface Tidied {
  readonly catalogue: readonly Backup[];
  /** Captures, verifications, tests and restores that go on. */
  readonly live: readonly WorkContainer[];
}

/** Best effort: nothing that is left behind makes a capture impossible. */
export async function tidy(io: Io, place: Place): Promise<Tidied> {
  // Files first: what was partial then and has no live container now is nobody's.
  const files = (await io.files.list(place.directory)).flatMap(entry => parseFileName(entry.name) ?? []);
  const work = await listWork(io.docker, place.ref);
  const catalogue = await loadCatalogue(io, place, work);
  const running = work.filter(({ container }) => isLive(container));
  const live = new Set(running.map(stemOf));
  await Promise.all(catalogue.map(backup => keepReason(io, place, backup)));
  const ended = work.filter(
    ({ work: kind, container }) =>
      !isLive(container) && (kind === 'backup' || (kind === 'verify' && isRead(io, container))),
  );
  await Promise.all(ended.map(({ container }) => attempt(io.docker.remove(container.name))));
  for (const file of files) {
    if (live.has(stemOf(file))) continue;
    if (file.type === 'partial')
      await attempt(io.files.remove(`${place.directory}/${partialName(file, file.of)}`));
    else if (file.type === 'failure' && isOld(io, file.stamp))
      await attempt(io.files.remove(`${place.directory}/${failureName(file)}`));
    else if (file.type !== 'failure' && file.type !== 'dump' && !(await hasDump(io, place, file)))
      await attempt(io.files.remove(`${place.directory}/${fileName(file, file.type)}`));
  }
  return { catalogue, live: running };
}

/** Somebody may still be following the end of a verification. */
const isRead = (io: Io, { finishedAt }: Container): boolean =>
  io.host.now().getTime() - Date.parse(finishedAt) > 3_600_000;

/** A capture that was killed said nothing; the reason goes with its container. */
async function keepReason(io: Io, place: Place, { id, stamp, status, reason }: Backup): Promise<void> {
  if (status !== 'failed' || reason === undefined) return;
  await attempt(io.files.createExclusive(`${place.directory}/${failureName({ id, stamp })}`, `${reason}\n`));
}

const isOld = (io: Io, stamp: string): boolean =>
  io.host.now().getTime() - (parseStamp(stamp)?.getTime() ?? 0) > failureSeconds * 1000;

const hasDump = async (io: Io, place: Place, file: { id: Backup['id']; stamp: string }): Promise<boolean> =>
  (await io.files.stat(`${place.directory}/${fileName(file, 'dump')}`)) !== undefined;

async function attempt(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch {
    // The next capture tries again.
  }
}
