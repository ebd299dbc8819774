/** A cluster as every command sees it: what was applied, what is recorded, and what each pod says right now. */
import type { Container } from '../io.ts';
import type { LocalServer } from '../postgres/local-sql.ts';
import { lsnDistance } from '../postgres/lsn.ts';
import type { ServerAnswer } from '../postgres/probe.ts';
import type { AppliedSpec } from './applied-spec.ts';
import type { Bucket } from './bucket.ts';
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

/** Where writes belong: the live primary, else the recorded one. */
export function primaryOrdinal(cluster: Cluster): Ordinal {
  const recorded = Number(cluster.bucket['PG_PRIMARY_ORDINAL'] ?? 0) as Ordinal;
  return livePrimary(cluster)?.ordinal ?? cluster.epoch?.primary ?? recorded;
}

export type PodState =
  | 'primary'
  | 'streaming'
  | 'catching-up'
  | 'not-streaming'
  | 'needs-reclone'
  | 'diverged'
  | 'fenced'
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
  if (!pod.answer.in_recovery)
    return cluster.epoch !== undefined && cluster.epoch.primary !== pod.ordinal ? 'fenced' : 'primary';
  const primary = livePrimary(cluster)?.answer;
  const sender = primary?.senders.find(row => row.name === standbyName(pod.ordinal));
  const slot = primary?.slots.find(row => row.name === standbyName(pod.ordinal));
  // Before "streaming": a standby whose WAL is gone connects and fails again and again.
  if (slot?.wal_status === 'lost') return 'needs-reclone';
  if (sender?.state === 'streaming' && pod.answer.receiver?.status === 'streaming') return 'streaming';
  if (sender?.state === 'catchup' || pod.answer.receiver?.status === 'streaming') return 'catching-up';
  return 'not-streaming';
}

function silentState({ container, note }: Pod): PodState {
  if (container?.state === 'paused' || note === undefined || !container?.id.startsWith(note.container || '-'))
    return 'unknown';
  if (note.state !== 'parked')
    return note.state === 'primary' || note.state === 'standby' ? 'unknown' : 'starting';
  if (note.reason.startsWith('FENCED'))
    return note.reason.includes('went its own way') ? 'diverged' : 'fenced';
  return note.reason.startsWith('waiting') ? 'waiting' : 'unknown';
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
