/**
 * May this standby become the primary, and how? Pure: a cluster's state in, a plan or a refusal out.
 * Judged on the target and measured on both ends; a missing row means "not streaming", never "no lag".
 */
import { type Cluster, lagBytes, livePrimary, type Pod, podOf, writablePods } from '../cluster/cluster.ts';
import { formatRef, standbyName } from '../cluster/names.ts';
import type { Ordinal } from '../cluster/ordinal.ts';
import { Failure } from '../errors.ts';
import { spellBytes } from '../format.ts';
import { checkIdentity, others, receivedLsn, refused, requireOrders } from './candidate.ts';
import { type Loss, unknownLoss } from './loss.ts';
import { planForced } from './plan-forced.ts';

export interface PromotionPlan {
  /** `planned` hands over from a live primary; `forced` fences a primary that cannot be asked. */
  readonly mode: 'planned' | 'forced';
  readonly target: Pod;
  /** The primary before; absent where none is known. */
  readonly from: Pod | undefined;
  /** What was looked at and found good, or accepted by force. */
  readonly checks: readonly string[];
  readonly loss: Loss;
  /** What the new epoch says of the data: the history it goes on with. */
  readonly systemId: string;
  readonly timeline: number;
  /** Silent standbys that may hold another history under the same timeline: copied anew when they come back. */
  readonly recloned: readonly Pod[];
  /** How far the target has got, as far as it can be asked. */
  readonly targetLsn: string | undefined;
  /** The last position of the old primary that anybody knows. */
  readonly primaryLsn: string | undefined;
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

/** The target as it is; refused where the cluster can have none of that number. */
export function requireTarget(cluster: Cluster, wanted: Ordinal): Pod {
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
  const now = primary.answer!;
  const checks = [
    `ordinal ${primary.ordinal} is the primary on timeline ${now.timeline}`,
    ...checkIdentity(cluster, target),
  ];
  requireOrders(cluster, primary);
  const loose = (message: string, hint: string) => {
    if (!force) throw refused(cluster, message, hint);
    checks.push(`${message} (--force)`);
  };
  const answer = target.answer!;
  const sender = now.senders.find(row => row.name === standbyName(target.ordinal));
  const streaming = sender?.state === 'streaming' && answer.receiver?.status === 'streaming';
  const behind = lagBytes(cluster, target);
  if (!streaming)
    loose(
      `ordinal ${target.ordinal} is not streaming: it replayed up to ${answer.replay_lsn ?? 'unknown'}, the primary is at ${now.current_lsn}${behind === undefined ? '' : ` (${spellBytes(behind)} ahead)`}`,
      `Heal it first: vd pg:rejoin ${ref} --replica ${target.ordinal}. With --force what it lacks is lost.`,
    );
  else if (behind === undefined || behind > mostLagBytes)
    loose(
      `ordinal ${target.ordinal} is ${behind === undefined ? 'an unknown number of bytes' : spellBytes(behind)} behind`,
      `Wait until vd pg:info ${ref} shows less lag, or use --force to wait for it in the command.`,
    );
  else checks.push(`ordinal ${target.ordinal} is streaming, ${spellBytes(behind)} behind`);
  if (now.base_backups > 0)
    loose(
      `a base backup is running on ordinal ${primary.ordinal}; stopping it would break the backup or clone`,
      `Wait for it (vd pg:info ${ref}), or use --force.`,
    );
  return {
    mode: 'planned',
    target,
    from: primary,
    checks,
    // Without a stream no shutdown record arrives, so even "0 behind" is not proven.
    loss: streaming ? { kind: 'none' } : unknownLoss(behind),
    systemId: now.system_id,
    timeline: now.timeline + 1,
    recloned: [],
    targetLsn: receivedLsn(target),
    primaryLsn: now.current_lsn,
  };
}
