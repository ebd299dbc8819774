/** What a promotion of this pod comes to, as the cluster is now. */
import { type Cluster, livePrimary, type Pod, writablePods } from '../cluster/cluster.ts';
import type { Ordinal } from '../cluster/ordinal.ts';
import type { Io } from '../io.ts';
import { type Drift, loadDrift } from './mend.ts';
import type { Operation } from './operation.ts';
import { type PromotionPlan, planPromotion } from './plan-promotion.ts';

export type Decision =
  | { readonly do: 'promote'; readonly plan: PromotionPlan }
  /** The epoch names the target already: what is left is to finish, whatever a fresh plan would say. */
  | { readonly do: 'finish' }
  /** It is the primary, and not everything that points at the primary knows. */
  | { readonly do: 'mend'; readonly drift: Drift };

export async function decide(
  io: Io,
  cluster: Cluster,
  target: Pod,
  force: boolean,
  left: Operation | undefined,
): Promise<Decision> {
  const primary = livePrimary(cluster);
  const named = cluster.epoch?.primary === target.ordinal && target.answer !== undefined;
  if (named && (isOwn(left, target.ordinal) || (target.answer!.in_recovery && !primary)))
    return { do: 'finish' };
  if (primary?.ordinal === target.ordinal && writablePods(cluster).length === 1) {
    const drift = await loadDrift(io, cluster, primary);
    if (drift) return { do: 'mend', drift };
  }
  return { do: 'promote', plan: planPromotion(cluster, target.ordinal, force) };
}

/** Whether what was left unfinished is a promotion of this very pod. */
export const isOwn = (left: Operation | undefined, target: Ordinal): boolean =>
  left?.kind === 'promote' && left.target === target;
