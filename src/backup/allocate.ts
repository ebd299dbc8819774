/**
 * Gives out ids. A marker in the state directory, created with link(2), belongs to one capture only, and stays when its
 * backup is deleted: of two at the same moment each gets its own, and no number comes back.
 */
import { formatNotes, isoSeconds } from '../cluster/record.ts';
import { Failure } from '../errors.ts';
import type { Io } from '../io.ts';
import { parseFileName } from './file.ts';
import { type BackupId, backupId, backupNumber, isBackupId } from './id.ts';
import type { Place } from './place.ts';

const markersIn = (state: string): string => `${state}/backup-ids`;

/** So many captures would have to begin in the same moment. */
const mostAttempts = 100;

export async function allocateId(io: Io, place: Place, by: string): Promise<BackupId> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const id = backupId((await highestNumber(io, place)) + 1);
    const note = formatNotes({ at: isoSeconds(io.host.now()), by });
    if (await io.files.createExclusive(`${markersIn(place.state)}/${id}`, note)) return id;
  }
  throw new Failure(
    'internal',
    `no free backup id after ${mostAttempts} attempts in ${markersIn(place.state)}`,
  );
}

/** Of markers and files: backups of the Go plugin have no marker. */
async function highestNumber(io: Io, place: Place): Promise<number> {
  const [markers, files] = await Promise.all([
    io.files.list(markersIn(place.state)),
    io.files.list(place.directory),
  ]);
  const ids = [
    ...markers.map(({ name }) => name).filter(isBackupId),
    ...files.flatMap(({ name }) => parseFileName(name)?.id ?? []),
  ];
  return Math.max(0, ...ids.map(backupNumber));
}
