/**
 * Carries a promotion out. The order of effects is chosen for a crash between any two of them:
 *
 *   planned: checkpoint; the old primary's pod stops its server (it starts it again by itself when no new epoch comes);
 *            the target has replayed the shutdown record; claim the epoch; pg_promote
 *   forced:  kill the old primary's container and see it dead; claim the epoch; pg_promote
 *   both:    then record, repoint (the pods do that themselves when they see the epoch), consumers' URLs
 *
 * The claim is the point of no return: a file that only one can create. Before it everything is as it was.
 */
import { type Cluster, localServer, type Pod } from '../cluster/cluster.ts';
import { formatRef } from '../cluster/names.ts';
import { claimEpoch, giveOrder, loadEpoch, loadReport, withdrawOrder } from '../cluster/record.ts';
import { Failure } from '../errors.ts';
import type { Io } from '../io.ts';
import { sql, trySql } from '../postgres/local-sql.ts';
import { lsnDistance } from '../postgres/lsn.ts';
import { checkpoint } from './checkpoint.ts';
import { commandOf, noteStep, type Operation } from './operation.ts';
import { type PromotionPlan, receivedLsn } from './plan-promotion.ts';

export interface Promotion {
  readonly timeline: number;
  /** Milliseconds during which no pod accepted writes, as far as this command saw. */
  readonly gapMs: number | undefined;
}

export interface Running {
  readonly io: Io;
  readonly cluster: Cluster;
  readonly operation: Operation;
  readonly deadline: Date;
  /** Leave the old primary stopped (--no-restart). */
  readonly hold: boolean;
}

/** Time kept for what comes after the claim: promote, record, say so. */
const reserveMs = 9_000;

export async function runPromotion(running: Running, plan: PromotionPlan): Promise<Promotion> {
  const { cluster, io } = running;
  const before = plan.from?.answer?.timeline ?? plan.target.answer!.timeline;
  const stopped =
    plan.mode === 'planned'
      ? await stopOldPrimary(running, plan, plan.from!)
      : await fenceOldPrimary(running, plan);
  await step(running, 'claiming the epoch');
  const claimed = await claimEpoch(io.files, io.host, cluster.spec.state, {
    epoch: (cluster.epoch?.epoch ?? 0) + 1,
    primary: plan.target.ordinal,
    previous: plan.from?.ordinal,
    timeline: before + 1,
    systemId: plan.target.answer!.system_id,
    clusterId: cluster.bucket['PG_CLUSTER_ID'] ?? cluster.epoch?.clusterId ?? '',
    by: `promote ${running.operation.id}`,
    why: `${plan.mode}, target at ${receivedLsn(plan.target) ?? 'unknown'}, possible loss ${plan.possibleLossBytes ?? 'unknown'} bytes`,
  });
  if (!claimed) throw await lostClaim(running);
  const timeline = await promoteTarget(running, plan.target);
  return {
    timeline,
    gapMs: stopped === undefined ? undefined : io.host.now().getTime() - stopped,
  };
}

/** The epoch names the target: make it write. Also where a killed command is taken up again. */
export async function promoteTarget(running: Running, target: Pod): Promise<number> {
  const { io, cluster } = running;
  const server = localServer(cluster, target);
  await step(running, 'promoting');
  const outcome = await trySql(
    io.docker,
    server,
    'SELECT CASE WHEN pg_is_in_recovery() THEN pg_promote(true, 20) ELSE true END;',
    { timeoutMs: 21_000 },
  );
  if (outcome.exitCode !== 0 || outcome.stdout.trim() !== 't')
    throw new Failure(
      'postgres',
      `ordinal ${target.ordinal} has the right to write but did not leave recovery: ${outcome.stderr.trim() || 'no reason given'}`,
      {
        hint: `No other pod will accept writes. Run this command again to finish: vd pg:promote ${formatRef(cluster.ref)} --replica ${target.ordinal}.`,
      },
    );
  return Number(
    await sql(
      io.docker,
      server,
      `SELECT ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int;`,
    ),
  );
}

/** Clean stop and proof of receipt; on any doubt the old primary goes on and nothing has changed. */
async function stopOldPrimary(running: Running, plan: PromotionPlan, primary: Pod): Promise<number> {
  const { io, cluster, operation, deadline } = running;
  const { state } = cluster.spec;
  const ref = formatRef(cluster.ref);
  await step(running, 'checkpoint');
  const began = io.host.now().getTime();
  await checkpoint(io, cluster, primary, commandOf(cluster.ref, operation));
  const until = deadline.getTime() - reserveMs;
  const left = until - io.host.now().getTime();
  if (left < 3_000)
    throw new Failure(
      'deadline',
      `the checkpoint took ${Math.round((io.host.now().getTime() - began) / 1000)} s, too long to hand over in this run; nothing was changed`,
      {
        hint: `Run vd pg:promote ${ref} --replica ${plan.target.ordinal} again: the next checkpoint is short.`,
      },
    );
  await step(running, 'stopping the old primary');
  const stopped = io.host.now().getTime();
  try {
    await giveOrder(io.files, state, primary.ordinal, {
      order: 'step-down',
      id: operation.id,
      deadline: Math.ceil(until / 1000) + 2,
      ...(running.hold ? { after: 'hold' as const } : {}),
    });
    await kick(io, primary);
    const report = await awaitStop(running, primary, until);
    await step(running, 'waiting for the target');
    if (plan.possibleLossBytes === 0) await awaitReplay(running, plan.target, report['lsn']!, until);
    return stopped;
  } catch (error) {
    // Without its order the pod claims the next epoch for itself and starts its server again.
    await withdrawOrder(io.files, state, primary.ordinal);
    await kick(io, primary);
    throw error;
  }
}

async function awaitStop(
  { io, cluster, operation }: Running,
  primary: Pod,
  until: number,
): Promise<Record<string, string>> {
  while (io.host.now().getTime() < until) {
    const report = await loadReport(io.files, cluster.spec.state, primary.ordinal, operation.id);
    if (report?.['state'] === 'stopped') {
      if (report['cluster_state'] === 'shut down' && report['lsn']) return report;
      throw new Failure(
        'postgres',
        `ordinal ${primary.ordinal} stopped as "${report['cluster_state']}", not cleanly; it starts again and nothing was changed`,
      );
    }
    await io.host.sleep(30);
  }
  throw new Failure(
    'deadline',
    `ordinal ${primary.ordinal} did not stop in time; it stays the primary and nothing was changed`,
    {
      hint: `Long shutdown checkpoints need a calmer moment. Run vd pg:promote ${formatRef(cluster.ref)} again.`,
    },
  );
}

/** Replayed beyond the shutdown record's start means: that record, and so everything before it, has arrived. */
async function awaitReplay(
  { io, cluster }: Running,
  target: Pod,
  shutdownLsn: string,
  until: number,
): Promise<void> {
  const server = localServer(cluster, target);
  let replayed = '';
  while (io.host.now().getTime() < until) {
    replayed = (
      await trySql(io.docker, server, 'SELECT pg_last_wal_replay_lsn();', { timeoutMs: 3_000 })
    ).stdout.trim();
    if (replayed !== '' && lsnDistance(replayed, shutdownLsn) > 0) return;
    await io.host.sleep(50);
  }
  throw new Failure(
    'refused',
    `ordinal ${target.ordinal} could not be proven to have everything: it is at ${replayed || 'unknown'}, the old primary ended at ${shutdownLsn}`,
    {
      hint: `The old primary is the primary again. See vd pg:info ${formatRef(cluster.ref)}.`,
    },
  );
}

/** Nothing is promoted beside a primary that may still write. */
async function fenceOldPrimary(running: Running, { from }: PromotionPlan): Promise<undefined> {
  const { io, cluster } = running;
  const container = from?.container;
  if (
    from === undefined ||
    container === undefined ||
    container.state === 'exited' ||
    container.state === 'created'
  )
    return;
  await step(running, 'fencing the old primary');
  await io.docker.kill(from.name, 'KILL').catch(() => {});
  for (let attempt = 0; attempt < 50; attempt++) {
    const [now] = await io.docker.inspect([from.name]);
    if (now === undefined || now.state === 'exited' || now.state === 'dead') return;
    if (now.state === 'paused') await io.docker.unpause(from.name).catch(() => {});
    await io.host.sleep(100);
  }
  throw new Failure(
    'docker',
    `ordinal ${from.ordinal} could not be fenced: its container ${from.name} does not stop`,
    {
      hint: `Stop it by hand (docker kill ${from.name}), then run vd pg:promote ${formatRef(cluster.ref)} --replica <n> --force again. Nothing was promoted.`,
    },
  );
}

async function lostClaim({ io, cluster }: Running): Promise<Failure> {
  const now = await loadEpoch(io.files, cluster.spec.state);
  return new Failure(
    'refused',
    `ordinal ${now?.primary ?? 'unknown'} took epoch ${now?.epoch ?? '?'} first (${now?.why ?? ''}); it is the primary and nothing else was changed`,
    {
      hint: `See vd pg:info ${formatRef(cluster.ref)}.`,
    },
  );
}

/** Wakes the pod's entrypoint, which otherwise looks once a second. */
export async function kick(io: Io, pod: Pick<Pod, 'name'>): Promise<void> {
  // Not `docker kill`: docker takes any signal sent that way for a stop by hand and never restarts the pod again.
  await io.docker.exec(pod.name, ['bash', '-c', 'kill -USR1 1'], { timeoutMs: 3_000 }).catch(() => {});
}

export async function step({ io, cluster, operation }: Running, name: string): Promise<void> {
  await noteStep(io.files, cluster.spec.state, operation, name);
}
