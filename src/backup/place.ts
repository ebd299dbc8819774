/** Where a cluster's backups lie, and with which image they are worked on. */
import type { AppliedSpec } from '../cluster/applied-spec.ts';
import { loadSpec } from '../cluster/load-cluster.ts';
import {
  backupsDirectory,
  backupsRoot,
  type ClusterRef,
  formatRef,
  podName,
  podPaths,
} from '../cluster/names.ts';
import { isRefWord } from '../cluster/parse-ref.ts';
import { Failure, isFailure } from '../errors.ts';
import type { Docker, Io } from '../io.ts';

/** What is enough to list, copy and remove backups. */
export interface Shelf {
  readonly ref: ClusterRef;
  /** On the docker host. */
  readonly directory: string;
  /** Undefined: the cluster was deleted, and its backups are kept. */
  readonly spec: AppliedSpec | undefined;
}

export interface Place extends Shelf {
  readonly spec: AppliedSpec;
  /** What is mounted at /backups: a directory of the host, or the name of a docker volume. */
  readonly source: string;
  readonly state: string;
}

export async function loadPlace(io: Io, ref: ClusterRef): Promise<Place> {
  return placeOf(io.docker, ref, await loadSpec(io, ref));
}

/** `vd delete` keeps the backups: without a cluster they are where every cluster's are by default. */
export async function loadShelf(io: Io, ref: ClusterRef): Promise<Shelf> {
  try {
    return await loadPlace(io, ref);
  } catch (error) {
    if (!isFailure(error) || error.kind !== 'not-found') throw error;
    const directory = backupsDirectory(ref);
    if ((await io.files.stat(directory))?.directory !== true) throw error;
    return { ref, directory, spec: undefined };
  }
}

/** Directories of clusters that are none of the given ones; whether there are backups in them is seen by listing. */
export async function findAbandoned(
  io: Io,
  known: readonly ClusterRef[],
  scope: string | undefined,
): Promise<readonly Shelf[]> {
  const applied = new Set(known.map(formatRef));
  const scopes = scope === undefined ? await namesIn(io, backupsRoot) : [scope];
  const refs = await Promise.all(
    scopes.map(async found =>
      (await namesIn(io, `${backupsRoot}/${found}`)).map(name => ({ scope: found, name })),
    ),
  );
  return refs
    .flat()
    .filter(ref => !applied.has(formatRef(ref)))
    .map(ref => ({ ref, directory: backupsDirectory(ref), spec: undefined }));
}

const namesIn = async (io: Io, path: string): Promise<string[]> =>
  (await io.files.list(path))
    .filter(({ directory, name }) => directory && isRefWord(name))
    .map(({ name }) => name)
    .sort();

export async function placeOf(docker: Docker, ref: ClusterRef, spec: AppliedSpec): Promise<Place> {
  const directory = spec.backups.startsWith('/') ? spec.backups : await mountPoint(docker, ref, spec.backups);
  return { ref, spec, directory, source: spec.backups, state: spec.state };
}

/** An operator may have put a docker volume at /backups; the pods know where it lies. */
async function mountPoint(docker: Docker, ref: ClusterRef, volume: string): Promise<string> {
  const pods = await docker.inspect([podName(ref, 0)]);
  const mount = pods
    .flatMap(({ mounts }) => mounts)
    .find(({ destination }) => destination === podPaths.backups);
  if (mount?.source.startsWith('/')) return mount.source;
  throw new Failure(
    'refused',
    `the backups of ${formatRef(ref)} lie in ${volume}, which cannot be found without pod 0`,
    {
      hint: `Start the pod, or mount a directory: volumes = ["/opt/voodu/backups/${formatRef(ref)}:/backups"].`,
    },
  );
}
