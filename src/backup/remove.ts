/** Removes backups, the dump first: what is cut off in the middle is never a dump without its checksum. */
import { formatRef, podName } from '../cluster/names.ts';
import { Failure } from '../errors.ts';
import type { Io } from '../io.ts';
import type { Backup } from './catalogue.ts';
import { failureName, fileName } from './file.ts';
import type { BackupId } from './id.ts';
import type { Shelf } from './place.ts';
import { isLive, listWork, type WorkContainer } from './work.ts';

export async function removeBackup(
  io: Io,
  place: Shelf,
  backup: Pick<Backup, 'id' | 'stamp'>,
): Promise<void> {
  const names = [
    fileName(backup, 'dump'),
    fileName(backup, 'sidecar'),
    fileName(backup, 'globals'),
    failureName(backup),
  ];
  for (const name of names) await removeFile(io, place, name);
  for (const { container, id } of await listWork(io.docker, place.ref))
    if (id === backup.id && !isLive(container)) await io.docker.remove(container.name).catch(() => {});
}

/** The controller's own sandbox may not write everywhere on the host; a pod has the directory mounted. */
async function removeFile(io: Io, place: Shelf, name: string): Promise<void> {
  const path = `${place.directory}/${name}`;
  try {
    return await io.files.remove(path);
  } catch (cause) {
    for (let ordinal = 0; ordinal < (place.spec?.replicas ?? 0); ordinal++) {
      const { exitCode } = await io.docker
        .exec(podName(place.ref, ordinal), ['rm', '-f', `/backups/${name}`])
        .catch(() => ({ exitCode: 1 }));
      if (exitCode === 0) return;
    }
    throw new Failure(
      'refused',
      `${path} cannot be removed: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        hint:
          place.spec === undefined
            ? 'Remove the file on the host.'
            : `Start a pod of ${formatRef(place.ref)}, or remove the file on the host.`,
        cause,
      },
    );
  }
}

/** Ids that a restore, test or verification works on right now. */
export async function idsInUse(io: Io, place: Pick<Shelf, 'ref'>): Promise<ReadonlySet<BackupId>> {
  return inUse(await listWork(io.docker, place.ref));
}

export const inUse = (work: readonly WorkContainer[]): ReadonlySet<BackupId> =>
  new Set(
    work.filter(({ work: kind, container }) => kind !== 'backup' && isLive(container)).map(({ id }) => id),
  );
