/** Where a cluster's backups lie, and with which image they are worked on. */
import type { AppliedSpec } from '../cluster/applied-spec.ts';
import { loadSpec } from '../cluster/load-cluster.ts';
import { type ClusterRef, formatRef, podName, podPaths } from '../cluster/names.ts';
import { Failure } from '../errors.ts';
import type { Docker, Io } from '../io.ts';

export interface Place {
  readonly ref: ClusterRef;
  readonly spec: AppliedSpec;
  /** On the docker host. */
  readonly directory: string;
  /** What is mounted at /backups: a directory of the host, or the name of a docker volume. */
  readonly source: string;
  readonly state: string;
}

export async function loadPlace(io: Io, ref: ClusterRef): Promise<Place> {
  return placeOf(io.docker, ref, await loadSpec(io, ref));
}

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
