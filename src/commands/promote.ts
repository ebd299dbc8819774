import { type Context, command, message, type Reply } from '../cli/command.ts';
import { asText } from '../cli/params.ts';
import { type Cluster, type Pod, podOf, primaryOrdinal, titleOf } from '../cluster/cluster.ts';
import { loadCluster, patience } from '../cluster/load-cluster.ts';
import type { ClusterRef } from '../cluster/names.ts';
import type { Ordinal } from '../cluster/ordinal.ts';
import { loadEpoch } from '../cluster/record.ts';
import { Failure, isFailure } from '../errors.ts';
import { deadlineAt } from '../failover/deadline.ts';
import { decide, isOwn } from '../failover/decide.ts';
import { describeDone, describePlan } from '../failover/describe-promotion.ts';
import { formatDrift, mend } from '../failover/mend.ts';
import {
  beginOperation,
  commandOf,
  endOperation,
  loadOperation,
  type Operation,
  requireFinished,
} from '../failover/operation.ts';
import { requireTarget } from '../failover/plan-promotion.ts';
import { resumeOldPrimary } from '../failover/resume.ts';
import { promoteTarget, runPromotion } from '../failover/run-promotion.ts';
import type { Running } from '../failover/running.ts';
import { settle } from '../failover/settle.ts';
import { clusterParam, requiredReplica } from './shared-params.ts';

const params = {
  cluster: clusterParam,
  replica: { ...requiredReplica, doc: 'the standby that becomes the primary' },
  force: {
    type: 'switch',
    doc: 'go on where it is refused: fence a primary that cannot be asked, or take a target that does not stream',
  },
  dryRun: { type: 'switch', doc: 'check and print the plan; change nothing' },
  reason: {
    type: 'flag',
    metavar: '<text>',
    doc: 'why, for the record of the epoch',
    parse: asText,
  },
  noRestart: { type: 'switch', doc: 'leave the old primary stopped instead of making it a standby' },
} as const;

const details = `
The primary is checkpointed and stopped, the standby is proven to have everything, then promoted; otherwise the old
primary goes on. The other pods follow by themselves, the old primary becomes a standby, linked apps get their new
URLs. No pod is recreated. If the command is cut off, run it again: it goes on.

Without a live primary it is refused, unless --force: then the old primary is fenced first, and only the most
advanced reachable standby is accepted; where none is left, a pod that parks with its data intact. What a target never
received is lost; --dry-run --force says how much is known to be missing.

For the pod that is the primary already it puts right what still names another one, or is refused.`;

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
  readonly reason: string | undefined;
}

const run = (context: Context, values: PromoteValues) => promoteCluster(context, values);

export const promote = command({
  name: 'promote',
  summary: 'Make a standby the primary; without --force nothing is lost, or nothing changes',
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
  const deadline = deadlineAt(io.host, context.deadline, 'asking the pods');
  const found = await loadCluster(io, values.cluster, patience.toAct);
  requireTarget(found, values.replica);
  const recorded = primaryOrdinal(found);
  const wanted = {
    kind: 'promote',
    target: values.replica,
    from: recorded === values.replica ? undefined : recorded,
  } as const;
  if (values.dryRun) return preview(context, found, values, wanted);
  const { operation, left } = await beginOperation(io, found, wanted, { force: values.force });
  const running: Running = {
    io,
    cluster: found,
    operation,
    deadline,
    hold: values.noRestart,
    reason: values.reason,
    again:
      commandOf(found.ref, wanted) +
      (values.force ? ' --force' : '') +
      (values.noRestart ? ' --no-restart' : ''),
  };
  try {
    return await decideAndRun(context, running, values, left);
  } catch (error) {
    const now = await loadEpoch(io.files, found.spec.state);
    const claimed =
      now?.primary === values.replica && (isOwn(left, values.replica) || now.epoch !== found.epoch?.epoch);
    // Before the claim nothing has changed, so nothing is unfinished either.
    if (!claimed) await endOperation(io, found.spec.state, operation);
    throw error;
  }
}

async function decideAndRun(
  context: Context,
  begun: Running,
  values: PromoteValues,
  left: Operation | undefined,
): Promise<Reply> {
  const { io, operation, deadline } = begun;
  const seen = begun.cluster;
  // Another command may have ended between the look at the pods and the lock.
  const now = await loadEpoch(io.files, seen.spec.state);
  const current = now?.epoch === seen.epoch?.epoch ? seen : await loadCluster(io, seen.ref, patience.toAct);
  const cluster = await resumeOldPrimary(io, deadline, current, left);
  const target = podOf(cluster, values.replica)!;
  const decision = await decide(context.io, cluster, target, values.force, left);
  if (decision.do === 'mend') {
    await mend(io, context.root, cluster, target, decision.drift);
    await endOperation(io, cluster.spec.state, operation);
    return message(
      [
        alreadyPrimary(cluster, target),
        'put right:',
        ...formatDrift(decision.drift, target).map(indent),
      ].join('\n'),
      decision.drift.actions,
    );
  }
  const plan = decision.do === 'promote' ? decision.plan : undefined;
  const running: Running = {
    ...begun,
    cluster,
    operation: plan ? { ...operation, from: plan.from?.ordinal } : operation,
  };
  const promotion = plan
    ? await runPromotion(running, plan)
    : { timeline: await promoteTarget(running, target), gapMs: undefined };
  const settled = await settle(running, context.root, { target }).catch((error: unknown) => {
    throw unsettled(error, running);
  });
  await endOperation(io, cluster.spec.state, operation);
  return message(describeDone(values, plan, promotion, settled), settled.actions);
}

/** --dry-run: looks, takes no lock and changes nothing. */
async function preview(
  context: Context,
  cluster: Cluster,
  values: PromoteValues,
  wanted: Pick<Operation, 'kind' | 'target'>,
): Promise<Reply> {
  const left = await loadOperation(context.io.files, cluster.spec.state);
  if (left && !values.force) requireFinished(cluster, left, wanted);
  const target = podOf(cluster, values.replica)!;
  const decision = await decide(context.io, cluster, target, values.force, left);
  if (decision.do === 'promote') return message(describePlan(cluster, decision.plan));
  if (decision.do === 'finish')
    return message(
      `${titleOf(cluster)}: the promotion of ordinal ${values.replica} was begun and not finished; without --dry-run it is finished now`,
    );
  const drift = formatDrift(decision.drift, target).map(indent);
  return message([alreadyPrimary(cluster, target), 'would put right:', ...drift].join('\n'));
}

const indent = (line: string): string => `  ${line}`;

const alreadyPrimary = (cluster: Cluster, { ordinal }: Pod): string =>
  `${titleOf(cluster)}: ordinal ${ordinal} is the primary already`;

/** The new primary writes; only what points at it is not all in place. */
function unsettled(error: unknown, { operation, again }: Running): unknown {
  if (!isFailure(error)) return error;
  return new Failure(
    error.kind,
    `ordinal ${operation.target} is the primary and accepts writes; what points at it is not all in place: ${error.message}`,
    { hint: `Run ${again} again to finish.`, cause: error },
  );
}
