/** A promotion under way: what its steps share. */
import type { Cluster, Pod } from '../cluster/cluster.ts';
import { Failure } from '../errors.ts';
import type { Io } from '../io.ts';
import type { Deadline } from './deadline.ts';
import { noteStep, type Operation } from './operation.ts';

export interface Running {
  readonly io: Io;
  readonly cluster: Cluster;
  readonly operation: Operation;
  readonly deadline: Deadline;
  /** Leave the old primary stopped (--no-restart). */
  readonly hold: boolean;
  /** Why, as the operator has it (--reason). */
  readonly reason: string | undefined;
  /** The command line that carries on. */
  readonly again: string;
}

export async function step({ io, cluster, operation }: Running, name: string): Promise<void> {
  await noteStep(io, cluster.spec.state, operation, name);
}

/** Refuses to begin what would not end in time, and says where the time went. */
export function requireTime({ operation, deadline, again }: Running, neededMs: number): void {
  if (deadline.leftMs() >= neededMs) return;
  const { phase, seconds } = deadline.longest();
  throw new Failure(
    'deadline',
    `${phase} took ${seconds} s, and what is left is too short to promote ordinal ${operation.target} in this run; no pod was promoted`,
    { hint: `Run ${again} again.` },
  );
}

/** Wakes the pod's entrypoint, which otherwise looks once a second. */
export async function kick(io: Pick<Io, 'docker'>, pod: Pick<Pod, 'name'>): Promise<void> {
  // Not `docker kill`: docker takes any signal sent that way for a stop by hand and never restarts the pod again.
  await io.docker.exec(pod.name, ['bash', '-c', 'kill -USR1 1'], { timeoutMs: 3_000 }).catch(() => {});
}
