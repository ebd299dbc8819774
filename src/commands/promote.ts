import { type Context, command, message, type Reply } from '../cli/command.ts';
import { type Cluster, livePrimary, type Pod, podOf, titleOf } from '../cluster/cluster.ts';
import { parseConsumers } from '../cluster/consumers.ts';
import { loadCluster, patience } from '../cluster/load-cluster.ts';
import { type ClusterRef, formatRef } from '../cluster/names.ts';
import type { Ordinal } from '../cluster/ordinal.ts';
import { Failure } from '../errors.ts';
import {
  beginOperation,
  commandOf,
  endOperation,
  loadOperation,
  type Operation,
} from '../failover/operation.ts';
import { type PromotionPlan, planPromotion } from '../failover/plan-promotion.ts';
import { resumeOldPrimary } from '../failover/resume.ts';
import { type Promotion, promoteTarget, type Running, runPromotion } from '../failover/run-promotion.ts';
import { type Settled, settle } from '../failover/settle.ts';
import { clusterParam, requiredReplica } from './shared-params.ts';

const params = {
  cluster: clusterParam,
  replica: { ...requiredReplica, doc: 'the standby that becomes the primary' },
  force: {
    type: 'switch',
    doc: 'when the primary cannot be asked: fence it and accept that what only it had is lost',
  },
  dryRun: { type: 'switch', doc: 'check and print the plan; change nothing' },
  noRestart: { type: 'switch', doc: 'leave the old primary stopped instead of making it a standby' },
} as const;

const details = `
With a live primary nothing is lost: it is checkpointed and stopped, the standby is proven to have everything, then
promoted; otherwise the old primary goes on. The other pods follow by themselves, the old primary becomes a
standby, linked apps get their new URLs. No pod is recreated. If the command is cut off, run it again: it goes on.

Without a live primary it is refused, unless --force: then the old primary is fenced first, and only the most
advanced reachable standby is accepted.`;

const examples = [
  { line: 'vd pg:promote my-app/db --replica 1 --dry-run', does: 'what would happen' },
  { line: 'vd pg:promote my-app/db --replica 1', does: 'hand over to pod 1' },
  {
    line: 'vd pg:promote my-app/db --replica 2 --force',
    does: 'the primary is gone: fence it, go on with pod 2',
  },
];

interface PromoteValues {
  readonly cluster: ClusterRef;
  readonly replica: Ordinal;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly noRestart: boolean;
}

const run = (context: Context, values: PromoteValues) => promoteCluster(context, values);

export const promote = command({
  name: 'promote',
  summary: 'Make a standby the primary, losing nothing',
  params,
  details,
  examples,
  run,
});

export const failover = command({
  name: 'failover',
  summary: 'The older name of promote',
  hidden: true,
  params,
  details,
  examples,
  run,
});

async function promoteCluster(context: Context, values: PromoteValues): Promise<Reply> {
  const { io } = context;
  const found = await loadCluster(io, values.cluster, patience.toAct);
  const left = await loadOperation(io.files, found.spec.state);
  const cluster = values.dryRun ? found : await resumeOldPrimary(io, found, left);
  const mine = left?.kind === 'promote' && left.target === values.replica;
  const target = podOf(cluster, values.replica);
  if (!values.force) refuseBesideUnfinished(cluster, values.replica, left);
  // The epoch names the target already: what is left is to finish, whatever a fresh plan would say.
  const named = cluster.epoch?.primary === values.replica && target?.answer !== undefined;
  const finishing = named && (mine || (target.answer!.in_recovery && !livePrimary(cluster)));
  const plan = finishing ? undefined : planPromotion(cluster, values.replica, values.force);
  if (values.dryRun) return message(describePlan(cluster, values, plan));
  const from = plan?.from?.ordinal;
  const { operation } = await beginOperation(io, cluster.ref, cluster.spec.state, {
    kind: 'promote',
    target: values.replica,
    from,
  });
  const running: Running = { io, cluster, operation, deadline: context.deadline, hold: values.noRestart };
  let promotion: Promotion | undefined;
  try {
    promotion = plan
      ? await runPromotion(running, plan)
      : { timeline: await promoteTarget(running, target!), gapMs: undefined };
  } catch (error) {
    // Before the claim nothing has changed, so nothing is unfinished either; where that cannot be seen, it stays noted.
    const now = await loadCluster(io, values.cluster, patience.toAct).catch(() => undefined);
    if (now !== undefined && now.epoch?.primary !== values.replica)
      await endOperation(io.files, cluster.spec.state);
    throw error;
  }
  const settled = await settle(running, context.root, { target: target! });
  await endOperation(io.files, cluster.spec.state);
  return message(describeDone(values, plan, promotion, settled), settled.actions);
}

/** Somebody else was given the right to write and has not begun to: that has to end first. */
function refuseBesideUnfinished(cluster: Cluster, wanted: Ordinal, left: Operation | undefined): void {
  if (
    left?.kind !== 'promote' ||
    left.target === wanted ||
    cluster.epoch?.primary !== left.target ||
    livePrimary(cluster)
  )
    return;
  throw new Failure(
    'refused',
    `the promotion of ordinal ${left.target} was begun at ${left.startedAt} and is not finished (step: ${left.step})`,
    {
      hint: `Finish it: ${commandOf(cluster.ref, left)}.`,
    },
  );
}

function describePlan(cluster: Cluster, values: PromoteValues, plan: PromotionPlan | undefined): string {
  if (!plan)
    return `${titleOf(cluster)}: the promotion of ordinal ${values.replica} was begun and not finished; without --dry-run it is finished now`;
  const { from, target, mode } = plan;
  const others = cluster.pods.filter(pod => pod.ordinal !== target.ordinal).map(pod => pod.ordinal);
  const apps = parseConsumers(cluster.bucket).map(consumer => formatRef(consumer.ref));
  const steps = [
    ...(mode === 'planned'
      ? [
          `checkpoint and stop ordinal ${from!.ordinal} cleanly`,
          `prove that ordinal ${target.ordinal} has everything, or start ordinal ${from!.ordinal} again`,
        ]
      : [
          from === undefined
            ? 'no old primary is known: nothing to fence'
            : `kill ${from.name} and see it dead`,
        ]),
    `record ordinal ${target.ordinal} as the only one that may write (epoch ${(cluster.epoch?.epoch ?? 0) + 1})`,
    `pg_promote on ordinal ${target.ordinal}`,
    `ordinals ${others.join(', ')} follow it`,
    ...(apps.length === 0 ? [] : [`new URLs for ${apps.join(', ')}`]),
  ];
  return [
    `${titleOf(cluster)}: promoting ordinal ${target.ordinal} (${mode}); nothing was changed`,
    'checked:',
    ...plan.checks.map(check => `  ${check}`),
    'would do:',
    ...steps.map((line, index) => `  ${index + 1}. ${line}`),
    `may lose: ${plan.possibleLossBytes === 0 ? 'nothing' : lossSentence(plan.possibleLossBytes)}`,
  ].join('\n');
}

const lossSentence = (bytes: number | undefined): string =>
  bytes === undefined
    ? 'what the old primary wrote and nobody received; how much cannot be known'
    : `${bytes} bytes of WAL that are known to be missing, and whatever the old primary wrote that nobody received`;

function describeDone(
  values: PromoteValues,
  plan: PromotionPlan | undefined,
  promotion: Promotion,
  { cluster, streaming, notStreaming }: Settled,
): string {
  const ref = formatRef(cluster.ref);
  const primary = livePrimary(cluster) as Pod | undefined;
  const held = values.noRestart && plan?.from ? plan.from.ordinal : undefined;
  return [
    `${titleOf(cluster)}: ordinal ${values.replica} is the primary, on timeline ${primary?.answer?.timeline ?? promotion.timeline}`,
    ...(promotion.gapMs === undefined ? [] : [`writes paused for ${(promotion.gapMs / 1000).toFixed(1)} s`]),
    ...(plan?.mode === 'forced'
      ? [
          `forced: it may lack ${lossSentence(plan.possibleLossBytes)}; the event is in the record of epoch ${cluster.epoch?.epoch}`,
        ]
      : []),
    ...(streaming.length === 0 ? [] : [`streaming from it: ${streaming.join(', ')}`]),
    ...notStreaming.map(
      ordinal =>
        `ordinal ${ordinal} does not stream yet: vd pg:info ${ref}, then vd pg:rejoin ${ref} --replica ${ordinal}`,
    ),
    ...(held === undefined
      ? []
      : [
          `--no-restart: ordinal ${held} is stopped; make it a standby with vd pg:rejoin ${ref} --replica ${held}`,
        ]),
  ].join('\n');
}
