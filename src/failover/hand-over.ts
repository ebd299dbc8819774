/** A live primary stops cleanly and the target is proven to have everything; on any doubt the old primary goes on. */
import type { Pod } from '../cluster/cluster.ts';
import { formatRef } from '../cluster/names.ts';
import { giveOrder, loadReport, withdrawOrder } from '../cluster/record.ts';
import { Failure } from '../errors.ts';
import { spellBytes } from '../format.ts';
import { lsnDistance } from '../postgres/lsn.ts';
import { attemptSql, seconds } from './attempt.ts';
import { checkpoint } from './checkpoint.ts';
import { reserves } from './deadline.ts';
import type { PromotionPlan } from './plan-promotion.ts';
import { kick, type Running, requireTime, step } from './running.ts';

/** A clean stop and its proof need at least this. */
const leastMs = 3_000;

export interface Stopped {
  /** When writes ended. */
  readonly at: number;
  /** Where the old primary ended. */
  readonly lsn: string;
}

export async function stopOldPrimary(running: Running, plan: PromotionPlan, primary: Pod): Promise<Stopped> {
  const { io, cluster, operation, deadline } = running;
  const { state } = cluster.spec;
  await step(running, 'checkpoint');
  await checkpoint(io, deadline, cluster, primary, running.again);
  requireTime(running, reserves.promoteMs + leastMs);
  await step(running, 'stopping the old primary');
  deadline.begin(`stopping ordinal ${primary.ordinal}`);
  const at = io.host.now().getTime();
  const until = at + deadline.leftMs(reserves.promoteMs);
  try {
    await giveOrder(io.files, state, primary.ordinal, {
      order: 'step-down',
      id: operation.id,
      deadline: Math.ceil(until / 1000) + 2,
      ...(running.hold ? { after: 'hold' as const } : {}),
    });
    await kick(io, primary);
    const lsn = await awaitStop(running, primary);
    await step(running, 'waiting for the target');
    if (plan.loss.kind === 'none') await awaitReplay(running, plan.target, primary, lsn);
    return { at, lsn };
  } catch (error) {
    // Without its order the pod claims the next epoch for itself and starts its server again.
    await withdrawOrder(io.files, state, primary.ordinal);
    await kick(io, primary);
    throw error;
  }
}

async function awaitStop(
  { io, cluster, operation, deadline, again }: Running,
  primary: Pod,
): Promise<string> {
  const ref = formatRef(cluster.ref);
  const began = io.host.now().getTime();
  let stopping = false;
  while (deadline.leftMs(reserves.promoteMs) > 0) {
    const report = await loadReport(io.files, cluster.spec.state, primary.ordinal, operation.id);
    if (report?.['state'] === 'stopped') {
      if (report['cluster_state'] === 'shut down' && report['lsn']) return report['lsn'];
      throw new Failure(
        'postgres',
        `ordinal ${primary.ordinal} stopped as "${report['cluster_state']}", not cleanly; it starts again and nothing was changed`,
        { hint: `See vd logs ${ref}, then run ${again} again.` },
      );
    }
    stopping ||= report?.['state'] === 'stopping';
    await io.host.sleep(30);
  }
  const took = seconds(io.host.now().getTime() - began);
  if (stopping)
    throw new Failure(
      'deadline',
      `pod ${primary.ordinal} is still writing its shutdown checkpoint after ${took} s; it restarts as primary when that ends, and until then writes are refused`,
      { hint: `Run ${again} again in a calmer moment; vd pg:info ${ref} shows when it is back.` },
    );
  throw new Failure(
    'deadline',
    `pod ${primary.ordinal} did not take the order to stop within ${took} s; it stays the primary and nothing was changed`,
    { hint: `See vd logs ${ref}. Run ${again} again.` },
  );
}

/** Replayed beyond the shutdown record's start means: that record, and so everything before it, has arrived. */
async function awaitReplay(
  { io, cluster, deadline }: Running,
  target: Pod,
  primary: Pod,
  shutdownLsn: string,
): Promise<void> {
  deadline.begin(`waiting for ordinal ${target.ordinal} to replay everything`);
  let replayed: string | undefined;
  let trouble = '';
  while (deadline.leftMs(reserves.promoteMs) > 0) {
    const limitMs = Math.max(500, deadline.clip(3_000, reserves.promoteMs));
    const asked = await attemptSql(io, cluster, target, 'SELECT pg_last_wal_replay_lsn();', limitMs);
    if (asked.ok && asked.output !== '') {
      replayed = asked.output;
      if (lsnDistance(replayed, shutdownLsn) > 0) return;
    } else if (!asked.ok) trouble = ` (last: ${asked.reason})`;
    await io.host.sleep(50);
  }
  const missing =
    replayed === undefined
      ? `it did not say where it is${trouble}`
      : `it replayed up to ${replayed}, ${spellBytes(Math.max(0, lsnDistance(shutdownLsn, replayed)))} before the end of ordinal ${primary.ordinal} at ${shutdownLsn}`;
  throw new Failure(
    'refused',
    `ordinal ${target.ordinal} is not proven to have everything: ${missing}; ordinal ${primary.ordinal} starts again as the primary`,
    { hint: `See vd pg:info ${formatRef(cluster.ref)}; run the command again when the lag is small.` },
  );
}
