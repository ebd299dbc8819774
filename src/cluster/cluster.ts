/** A cluster as every command sees it: what was applied, what is recorded, and what each pod says right now. */
import { Failure } from '../errors.ts';
import type { Container } from '../io.ts';
import type { LocalServer } from '../postgres/local-sql.ts';
import { lsnDistance } from '../postgres/lsn.ts';
import type { ServerAnswer } from '../postgres/probe.ts';
import type { AppliedSpec } from './applied-spec.ts';
import { type Bucket, bucketValue } from './bucket.ts';
import { type ClusterRef, formatRef, standbyName } from './names.ts';
import type { Ordinal } from './ordinal.ts';
import type { Epoch, PodNote } from './record.ts';

export interface Cluster {
  readonly ref: ClusterRef;
  readonly spec: AppliedSpec;
  /** The scope's values under the cluster's own. */
  readonly bucket: Bucket;
  readonly epoch: Epoch | undefined;
  readonly pods: readonly Pod[];
}

export interface Pod {
  readonly ordinal: Ordinal;
  readonly name: string;
  /** Absent: there is no such container. */
  readonly container: Container | undefined;
  /** What the server answered; absent where it could not be asked, and `silence` says why. */
  readonly answer: ServerAnswer | undefined;
  readonly silence: string | undefined;
  readonly note: PodNote | undefined;
}

export const localServer = (cluster: Cluster, pod: Pod): LocalServer => ({
  container: pod.name,
  user: cluster.spec.user,
  port: cluster.spec.port,
});

/** Pods that accept writes, best first: the recorded one, then the highest timeline. */
export function writablePods({ epoch, pods }: Cluster): Pod[] {
  const rank = (pod: Pod) =>
    pod.ordinal === epoch?.primary ? Number.MAX_SAFE_INTEGER : pod.answer!.timeline;
  return pods.filter(pod => pod.answer?.in_recovery === false).sort((a, b) => rank(b) - rank(a));
}

/** The pod that is the primary now; undefined where none accepts writes. */
export const livePrimary = (cluster: Cluster): Pod | undefined => writablePods(cluster)[0];

/** `consequence` of there being none: `there is nothing to rejoin`. */
export function requirePrimary(cluster: Cluster, consequence: string, more = ''): Pod {
  const primary = livePrimary(cluster);
  if (primary !== undefined) return primary;
  const ref = formatRef(cluster.ref);
  throw new Failure('refused', `no pod of ${ref} accepts writes, so ${consequence}`, {
    hint: `See vd pg:info ${ref}${more === '' ? '' : `; ${more}`}.`,
  });
}

/** Where writes belong: the live primary, else the recorded one. */
export const primaryOrdinal = (cluster: Cluster): Ordinal =>
  livePrimary(cluster)?.ordinal ?? cluster.epoch?.primary ?? bucketOrdinal(cluster);

/** The primary as the bucket has it; an apply believes it. */
export const bucketOrdinal = ({ bucket }: Pick<Cluster, 'bucket'>): Ordinal =>
  Number(bucketValue(bucket, 'primaryOrdinal') ?? 0) as Ordinal;

export type PodState =
  | 'primary'
  | 'streaming'
  | 'catching-up'
  | 'not-streaming'
  | 'needs-reclone'
  | 'diverged'
  | 'fenced'
  | 'held'
  | 'refused'
  | 'waiting'
  | 'starting'
  | 'stopped'
  | 'missing'
  | 'unknown';

/** One word for a pod, from its answer, its primary's view of it, and its own last note. */
export function podState(cluster: Cluster, pod: Pod): PodState {
  if (pod.container === undefined) return 'missing';
  if (pod.container.state === 'exited' || pod.container.state === 'created') return 'stopped';
  if (pod.answer === undefined) return silentState(pod);
  // Whatever the record says of it: it accepts writes.
  if (!pod.answer.in_recovery) return 'primary';
  const primary = livePrimary(cluster)?.answer;
  const sender = primary?.senders.find(row => row.name === standbyName(pod.ordinal));
  const slot = primary?.slots.find(row => row.name === standbyName(pod.ordinal));
  // Before "streaming": a standby whose WAL is gone connects and fails again and again.
  if (slot?.wal_status === 'lost') return 'needs-reclone';
  if (sender?.state === 'streaming' && pod.answer.receiver?.status === 'streaming') return 'streaming';
  if (sender?.state === 'catchup' || pod.answer.receiver?.status === 'streaming') return 'catching-up';
  return 'not-streaming';
}

/** Written by the container that is there now, not by one before it. */
export const isCurrentNote = ({ container, note }: Pick<Pod, 'container' | 'note'>): boolean =>
  note !== undefined && container?.id.startsWith(note.container || '-') === true;

/** What a pod without a server says of itself (templates/usr/local/bin/voodu-postgres-entrypoint, `park`). */
function silentState({ container, note }: Pod): PodState {
  if (container?.state === 'paused' || note === undefined || !isCurrentNote({ container, note }))
    return 'unknown';
  if (note.state !== 'parked')
    return note.state === 'primary' || note.state === 'standby' ? 'unknown' : 'starting';
  if (note.reason.startsWith('FENCED'))
    return note.reason.includes('went its own way') ? 'diverged' : 'fenced';
  if (note.reason.startsWith('HELD')) return 'held';
  // Everything else it parks for needs somebody's hand.
  return /^(rejoin: )?waiting|^rejoin: .*trying again/.test(note.reason) ? 'waiting' : 'refused';
}

/** Bytes a standby still has to replay; undefined where it cannot be measured on both ends. */
export function lagBytes(cluster: Cluster, pod: Pod): number | undefined {
  const written = livePrimary(cluster)?.answer?.current_lsn;
  const replayed = pod.answer?.replay_lsn;
  if (written === undefined || replayed === undefined) return undefined;
  return Math.max(0, lsnDistance(written, replayed));
}

export const podOf = (cluster: Cluster, wanted: Ordinal): Pod | undefined =>
  cluster.pods.find(pod => pod.ordinal === wanted);

export const titleOf = (cluster: Cluster): string => `postgres ${formatRef(cluster.ref)}`;
