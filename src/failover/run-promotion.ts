/**
 * Carries a promotion out. The order of effects is chosen for a crash between any two of them:
 *
 *   planned: checkpoint; the old primary's pod stops its server (it starts it again by itself when no new epoch comes);
 *            the target has replayed the shutdown record; claim the epoch; pg_promote
 *   forced:  kill the old primary's container and see it stay dead; claim the epoch; pg_promote
 *   both:    then record, repoint (the pods do that themselves when they see the epoch), consumers' URLs
 *
 * The claim is the point of no return: a file that only one can create. Before it everything is as it was.
 */
import type { Pod } from '../cluster/cluster.ts';
import { formatRef, podPaths } from '../cluster/names.ts';
import { claimEpoch, giveOrder, loadEpoch, loadOrder, withdrawOrder } from '../cluster/record.ts';
import { Failure } from '../errors.ts';
import { attemptSql, seconds } from './attempt.ts';
import { reserves } from './deadline.ts';
import { fence } from './fence.ts';
import { stopOldPrimary } from './hand-over.ts';
import { formatLoss } from './loss.ts';
import type { PromotionPlan } from './plan-promotion.ts';
import { kick, type Running, requireTime, step } from './running.ts';

export interface Promotion {
  readonly timeline: number;
  /** Milliseconds during which no pod accepted writes, as far as this command saw. */
  readonly gapMs: number | undefined;
}

export async function runPromotion(running: Running, plan: PromotionPlan): Promise<Promotion> {
  const { cluster, io } = running;
  const { state } = cluster.spec;
  requireTime(running, reserves.promoteMs);
  const parked = plan.target.answer === undefined;
  if (parked) await requireWhole(running, plan.target);
  const stopped = plan.mode === 'planned' ? await stopOldPrimary(running, plan, plan.from!) : undefined;
  if (plan.mode === 'forced' && plan.from) {
    await step(running, 'fencing the old primary');
    await fence(io, running.deadline, plan.from, running.again);
  }
  await step(running, 'claiming the epoch');
  const primaryLsn = stopped?.lsn ?? plan.primaryLsn;
  const claimed = await claimEpoch(io.files, io.host, state, {
    epoch: (cluster.epoch?.epoch ?? 0) + 1,
    primary: plan.target.ordinal,
    previous: plan.from?.ordinal,
    timeline: plan.timeline,
    systemId: plan.systemId,
    clusterId: cluster.bucket['PG_CLUSTER_ID'] ?? cluster.epoch?.clusterId ?? '',
    by: `promote ${running.operation.id}`,
    why: `${plan.mode}, target at ${plan.targetLsn ?? 'unknown'}, primary last known at ${primaryLsn ?? 'unknown'}, may lose ${formatLoss(plan.loss)}`,
    targetLsn: plan.targetLsn,
    primaryLsn,
    reason: running.reason,
  });
  if (!claimed) throw await lostClaim(running);
  for (const pod of plan.recloned)
    await giveOrder(io.files, state, pod.ordinal, { order: 'reclone', id: running.operation.id });
  if (parked) await release(running, plan.target);
  const timeline = await promoteTarget(running, plan.target);
  return {
    timeline,
    gapMs: stopped === undefined ? undefined : io.host.now().getTime() - stopped.at,
  };
}

/** The epoch names the target: make it write. Also where a killed command is taken up again. */
export async function promoteTarget(running: Running, target: Pod): Promise<number> {
  const { io, cluster, deadline } = running;
  await step(running, 'promoting');
  const began = io.host.now().getTime();
  let reason: string;
  // At least once: the right to write is given already.
  do {
    const limitMs = Math.max(2_000, deadline.leftMs(reserves.settleMs));
    const waitSeconds = Math.max(1, Math.floor(limitMs / 1000) - 1);
    const asked = await attemptSql(
      io,
      cluster,
      target,
      `SELECT CASE WHEN pg_is_in_recovery() THEN pg_promote(true, ${waitSeconds}) ELSE true END;
SELECT ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int;`,
      limitMs,
    );
    const [writes, timeline] = asked.ok ? asked.output.split('\n') : [];
    if (writes === 't') return Number(timeline);
    reason = asked.ok ? 'pg_promote was still waiting' : asked.reason;
    await io.host.sleep(200);
  } while (deadline.leftMs(reserves.settleMs) > 500);
  throw new Failure(
    'postgres',
    `ordinal ${target.ordinal} has the right to write and was still in recovery after ${seconds(io.host.now().getTime() - began)} s: ${reason}`,
    {
      hint: `No other pod will accept writes. Run this command again to finish: vd pg:promote ${formatRef(cluster.ref)} --replica ${target.ordinal}.`,
    },
  );
}

/** A rewind that was broken off leaves files of two histories: such a directory must never write. */
async function requireWhole({ io, cluster, again }: Running, { name, ordinal }: Pod): Promise<void> {
  const marker = `${podPaths.data}/voodu/rewinding`;
  const asked = await io.docker.exec(name, ['test', '!', '-e', marker], { timeoutMs: 3_000 });
  if (asked.exitCode === 0) return;
  throw new Failure(
    'refused',
    `the data of ordinal ${ordinal} is half rewound or cannot be looked at (${marker}); nothing was promoted`,
    { hint: `See vd logs ${formatRef(cluster.ref)}. To try again: ${again}.` },
  );
}

/** A parked pod starts its server once the record names it and no order holds it. */
async function release({ io, cluster }: Running, pod: Pod): Promise<void> {
  if (await loadOrder(io.files, cluster.spec.state, pod.ordinal))
    await withdrawOrder(io.files, cluster.spec.state, pod.ordinal);
  await kick(io, pod);
}

async function lostClaim({ io, cluster }: Running): Promise<Failure> {
  const now = await loadEpoch(io.files, cluster.spec.state);
  return new Failure(
    'refused',
    `ordinal ${now?.primary ?? 'unknown'} took epoch ${now?.epoch ?? '?'} first (${now?.why ?? ''}); it is the primary and nothing else was changed`,
    { hint: `See vd pg:info ${formatRef(cluster.ref)}.` },
  );
}
