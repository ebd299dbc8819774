/**
 * May this standby become the primary, and how? Pure: a cluster's state in, a plan or a refusal out.
 * Judged on the target and measured on both ends; a missing row means "not streaming", never "no lag".
 */
import { type Cluster, lagBytes, livePrimary, type Pod, podOf, writablePods } from '../cluster/cluster.ts';
import { formatRef, standbyName } from '../cluster/names.ts';
import type { Ordinal } from '../cluster/ordinal.ts';
import { Failure } from '../errors.ts';
import { lsnDistance } from '../postgres/lsn.ts';

export interface PromotionPlan {
  /** `planned` hands over from a live primary; `forced` fences a primary that cannot be asked. */
  readonly mode: 'planned' | 'forced';
  readonly target: Pod;
  /** The primary before; absent where none is known. */
  readonly from: Pod | undefined;
  /** What was looked at and found good. */
  readonly checks: readonly string[];
  /** Bytes of WAL the target may lack; undefined where that cannot be known. */
  readonly possibleLossBytes: number | undefined;
}

/** More than this cannot surely be received within the command's time. */
const mostLagBytes = 256 * 1024 ** 2;

export function planPromotion(cluster: Cluster, wanted: Ordinal, force: boolean): PromotionPlan {
  const target = requireTarget(cluster, wanted);
  const writable = writablePods(cluster);
  if (writable.length > 1)
    throw refused(
      cluster,
      `${writable.map(pod => `ordinal ${pod.ordinal}`).join(' and ')} both accept writes`,
      `See vd pg:info ${formatRef(cluster.ref)}; the older one is fenced by its own pod within seconds.`,
    );
  const primary = livePrimary(cluster);
  if (primary?.ordinal === wanted)
    throw refused(
      cluster,
      `ordinal ${wanted} is the primary already`,
      `Choose one of ${others(cluster, wanted)}.`,
    );
  return primary ? planHandover(cluster, primary, target, force) : planForced(cluster, target, force);
}

function requireTarget(cluster: Cluster, wanted: Ordinal): Pod {
  const { replicas } = cluster.spec;
  if (replicas === 1)
    throw refused(
      cluster,
      'replicas = 1: there is no standby to promote',
      'Set replicas = 2 or more in the block and apply.',
    );
  const target = podOf(cluster, wanted);
  if (!target)
    throw new Failure(
      'not-found',
      `${formatRef(cluster.ref)} has no ordinal ${wanted}: replicas = ${replicas}`,
      { hint: `Choose one of ${others(cluster, wanted)}.` },
    );
  return target;
}

function planHandover(cluster: Cluster, primary: Pod, target: Pod, force: boolean): PromotionPlan {
  const ref = formatRef(cluster.ref);
  const checks = [
    `ordinal ${primary.ordinal} is the primary on timeline ${primary.answer!.timeline}`,
    ...checkIdentity(cluster, target),
  ];
  requireOrders(cluster, primary);
  const loose = (message: string, hint: string) => {
    if (!force) throw refused(cluster, message, hint);
    checks.push(`${message} (--force)`);
  };
  const answer = target.answer!;
  const sender = primary.answer!.senders.find(row => row.name === standbyName(target.ordinal));
  const streaming = sender?.state === 'streaming' && answer.receiver?.status === 'streaming';
  const behind = lagBytes(cluster, target);
  if (!streaming)
    loose(
      `ordinal ${target.ordinal} is not streaming: it replayed up to ${answer.replay_lsn ?? 'unknown'}, the primary is at ${primary.answer!.current_lsn}${behind === undefined ? '' : ` (${behind} bytes ahead)`}`,
      `Heal it first: vd pg:rejoin ${ref} --replica ${target.ordinal}. With --force what it lacks is lost.`,
    );
  else if (behind === undefined || behind > mostLagBytes)
    loose(
      `ordinal ${target.ordinal} is ${behind ?? 'an unknown number of'} bytes behind`,
      `Wait until vd pg:info ${ref} shows less lag, or use --force to wait for it in the command.`,
    );
  else checks.push(`ordinal ${target.ordinal} is streaming, ${behind} bytes behind`);
  if (primary.answer!.base_backups > 0)
    loose(
      `a base backup is running on ordinal ${primary.ordinal}; stopping it would break the backup or clone`,
      `Wait for it (vd pg:info ${ref}), or use --force.`,
    );
  return {
    mode: 'planned',
    target,
    from: primary,
    checks, // Without a stream no shutdown record arrives, so even "0 behind" is not proven.
    possibleLossBytes: streaming ? 0 : behind || undefined,
  };
}

function planForced(cluster: Cluster, target: Pod, force: boolean): PromotionPlan {
  const ref = formatRef(cluster.ref);
  const recorded = cluster.epoch === undefined ? undefined : podOf(cluster, cluster.epoch.primary);
  // Never fence what is to be promoted.
  const from = recorded?.ordinal === target.ordinal ? undefined : recorded;
  const who =
    from === undefined
      ? 'no pod accepts writes'
      : `the primary, ordinal ${from.ordinal}, cannot be asked: ${from.note?.state === 'parked' ? from.note.reason : from.silence}`;
  if (!force)
    throw refused(
      cluster,
      who,
      `Three choices: wait for it (vd pg:info ${ref}); fence it yourself (docker stop ${from?.name ?? '<container>'}) and look again; or vd pg:promote ${ref} --replica ${target.ordinal} --force, which fences it and may lose what only it had.`,
    );
  const checks = [who, ...checkIdentity(cluster, target)];
  const received = receivedLsn(target);
  if (received === undefined)
    throw refused(
      cluster,
      `ordinal ${target.ordinal} cannot say how far it received`,
      `See vd pg:info ${ref}.`,
    );
  for (const sibling of cluster.pods) {
    const theirs =
      sibling.ordinal === target.ordinal || sibling.ordinal === from?.ordinal
        ? undefined
        : receivedLsn(sibling);
    if (theirs === undefined) continue;
    const ahead = lsnDistance(theirs, received);
    if (
      ahead > 0 &&
      sibling.answer!.system_id === target.answer!.system_id &&
      sibling.answer!.timeline >= target.answer!.timeline
    )
      throw refused(
        cluster,
        `ordinal ${sibling.ordinal} is ahead by ${ahead} bytes (${theirs}, ordinal ${target.ordinal} is at ${received})`,
        `Promote the most advanced one: vd pg:promote ${ref} --replica ${sibling.ordinal} --force.`,
      );
    checks.push(`ordinal ${sibling.ordinal} is not ahead (${theirs})`);
  }
  const known = target.answer!.receiver?.latest_end_lsn;
  return {
    mode: 'forced',
    target,
    from,
    checks,
    possibleLossBytes: known === undefined ? undefined : Math.max(0, lsnDistance(known, received)),
  };
}

/** What every target must be, forced or not: a standby of this cluster, on its timeline, replaying. */
function checkIdentity(cluster: Cluster, target: Pod): string[] {
  const ref = formatRef(cluster.ref);
  const { answer, ordinal } = target;
  const rejoin = `vd pg:rejoin ${ref} --replica ${ordinal}`;
  if (answer === undefined)
    throw refused(
      cluster,
      `ordinal ${ordinal} cannot be asked: ${target.note?.state === 'parked' ? target.note.reason : target.silence}`,
      `See vd pg:info ${ref} and vd logs ${ref}.`,
    );
  const system = livePrimary(cluster)?.answer?.system_id ?? cluster.epoch?.systemId;
  if (system && answer.system_id !== system)
    throw refused(
      cluster,
      `ordinal ${ordinal} holds system ${answer.system_id}, the cluster is system ${system}`,
      `Replace it: ${rejoin} --reclone.`,
    );
  const timeline = livePrimary(cluster)?.answer?.timeline ?? cluster.epoch?.timeline;
  if (timeline !== undefined && answer.timeline < timeline)
    throw refused(
      cluster,
      `ordinal ${ordinal} is on timeline ${answer.timeline}, the cluster is on ${timeline}`,
      `Bring it back first: ${rejoin}.`,
    );
  if (answer.replay_paused)
    throw refused(
      cluster,
      `replay is paused on ordinal ${ordinal}`,
      `Resume it: vd pg:psql ${ref} --replica ${ordinal} -c "select pg_wal_replay_resume()". If a backup is being captured from it: wait, or vd pg:backups:cancel ${ref}.`,
    );
  requireOrders(cluster, target);
  return [
    `ordinal ${ordinal} is a standby of system ${answer.system_id} on timeline ${answer.timeline}, replaying`,
  ];
}

/** The pod's entrypoint must understand orders: a pod of an older plugin does not. */
function requireOrders(cluster: Cluster, pod: Pod): void {
  const note = pod.note;
  if (note?.protocol === '1' && pod.container?.id.startsWith(note.container || '-')) return;
  throw refused(
    cluster,
    `the pod of ordinal ${pod.ordinal} does not run this plugin's entrypoint yet`,
    'Apply the block once (vd apply) so that the pods are recreated, then try again.',
  );
}

/** How far a standby has got: what it received, or replayed where nothing was received since its start. */
export function receivedLsn(pod: Pod): string | undefined {
  const { receive_lsn: received, replay_lsn: replayed } = pod.answer ?? {};
  if (received === undefined || replayed === undefined) return received ?? replayed;
  return lsnDistance(received, replayed) >= 0 ? received : replayed;
}

const others = (cluster: Cluster, except: Ordinal): string =>
  cluster.pods
    .filter(pod => pod.ordinal !== except)
    .map(pod => pod.ordinal)
    .join(', ');

const refused = (cluster: Cluster, message: string, hint: string) =>
  new Failure('refused', `${formatRef(cluster.ref)}: ${message}`, { hint });
