import { type Context, command, message, type Reply } from '../cli/command.ts';
import { type Cluster, type Pod, podOf, podState, requirePrimary, titleOf } from '../cluster/cluster.ts';
import { loadCluster, patience } from '../cluster/load-cluster.ts';
import { type ClusterRef, formatRef, podPaths, standbyName } from '../cluster/names.ts';
import type { Ordinal } from '../cluster/ordinal.ts';
import { giveOrder, loadReport, withdrawOrder } from '../cluster/record.ts';
import { Failure } from '../errors.ts';
import { attemptSql } from '../failover/attempt.ts';
import { checkpoint } from '../failover/checkpoint.ts';
import { type Deadline, deadlineAt, reserves } from '../failover/deadline.ts';
import { followScript } from '../failover/follow-rejoin.ts';
import {
  beginOperation,
  commandOf,
  endOperation,
  loadOperation,
  type Operation,
  requireFinished,
} from '../failover/operation.ts';
import { kick } from '../failover/running.ts';
import { formatBytes } from '../format.ts';
import { clusterParam, requiredReplica } from './shared-params.ts';

export const rejoin = command({
  name: 'rejoin',
  summary: 'Bring a diverged or stale pod back as a standby, keeping what only it had',
  params: {
    cluster: clusterParam,
    replica: { ...requiredReplica, doc: 'the pod to bring back' },
    reclone: { type: 'switch', doc: 'copy the primary anew instead of rewinding' },
    dryRun: { type: 'switch', doc: 'say what would be done; change nothing' },
  },
  details: `
Rewinds the pod's data onto the primary's history with pg_rewind: the cost follows the divergence, not the size of
the database. Where that cannot be done, and with --reclone, the data directory is kept aside under a name with
time and timeline, and the primary is copied anew. The pod does the work itself: it goes on when this command ends.
What only this pod had (WAL after the fork) is kept on its volume, and the message says where.`,
  examples: [
    { line: 'vd pg:rejoin my-app/db --replica 0', does: 'the old primary becomes a standby' },
    { line: 'vd pg:rejoin my-app/db --replica 2 --reclone', does: 'pod 2 fell too far behind: copy it anew' },
  ],
  run: (context, values) => rejoinPod(context, values),
});

interface RejoinValues {
  readonly cluster: ClusterRef;
  readonly replica: Ordinal;
  readonly reclone: boolean;
  readonly dryRun: boolean;
}

async function rejoinPod(context: Context, values: RejoinValues): Promise<Reply> {
  const { io } = context;
  const deadline = deadlineAt(io.host, context.deadline, 'asking the pods');
  const cluster = await loadCluster(io, values.cluster, patience.toAct);
  const pod = requirePod(cluster, values.replica);
  const primary = requirePrimary(
    cluster,
    'there is nothing to rejoin',
    'vd pg:promote makes one the primary',
  );
  const ref = formatRef(cluster.ref);
  const how = values.reclone || isLater(pod, primary) ? 'reclone' : 'rewind';
  if (pod.ordinal === primary.ordinal)
    throw new Failure('refused', `ordinal ${pod.ordinal} of ${ref} is the primary`, {
      hint: `To make it a standby, promote another one: vd pg:promote ${ref} --replica <n>.`,
    });
  const wanted = { kind: 'rejoin', target: pod.ordinal, from: primary.ordinal } as const;
  if (podState(cluster, pod) === 'streaming' && !values.reclone) {
    if (!values.dryRun) await forgetOwn(context, cluster, wanted);
    return message(
      `${titleOf(cluster)}: ordinal ${pod.ordinal} is streaming from ordinal ${primary.ordinal} already`,
    );
  }
  if (values.dryRun) {
    const left = await loadOperation(io.files, cluster.spec.state);
    if (left) requireFinished(cluster, left, wanted);
    return message(describePlan(cluster, pod, primary, how));
  }
  const { operation } = await beginOperation(io, cluster, wanted);
  const { state } = cluster.spec;
  try {
    // pg_rewind looks for the fork in the primary's control file; a checkpoint brings its timeline up to date.
    await checkpoint(io, deadline, cluster, primary, commandOf(cluster.ref, operation));
    await giveOrder(io.files, state, pod.ordinal, { order: how, id: operation.id });
    if (pod.container?.state === 'exited')
      await io.docker.start(pod.name).catch(async (error: unknown) => {
        // Nobody is told that it would be rewound whenever it comes up some day.
        await withdrawOrder(io.files, state, pod.ordinal);
        throw error;
      });
    else await kick(io, pod);
  } finally {
    // The order is the pod's from here on; nothing of it is this command's to finish.
    await endOperation(io, state, operation);
  }
  const since = io.host.now();
  const report = await follow(context, deadline, cluster, pod, operation.id);
  if (report?.['state'] === 'failed')
    throw new Failure('refused', `ordinal ${pod.ordinal} could not rejoin: ${report['reason']}`, {
      hint: `See vd logs ${ref} and vd pg:info ${ref}.`,
    });
  if (report?.['state'] === 'finished')
    return message(await describeDone(context, deadline, cluster, pod, primary, report));
  return followInTerminal(cluster, pod, since, operation.id, report?.['step']);
}

/** On a later timeline than the primary's: where they parted is not in the primary's history, so there is no rewinding. */
const isLater = (pod: Pod, primary: Pod): boolean =>
  (pod.answer?.timeline ?? Number(pod.note?.timeline || 0)) > primary.answer!.timeline;

/** A rejoin whose command died has been carried on by the pod: nothing of it is unfinished. */
async function forgetOwn(
  { io }: Context,
  cluster: Cluster,
  wanted: Pick<Operation, 'kind' | 'target' | 'from'>,
): Promise<void> {
  const left = await loadOperation(io.files, cluster.spec.state);
  if (left?.kind !== 'rejoin' || left.target !== wanted.target || io.host.processAlive(left.holder)) return;
  const { operation } = await beginOperation(io, cluster, wanted);
  await endOperation(io, cluster.spec.state, operation);
}

function requirePod(cluster: Cluster, wanted: Ordinal): Pod {
  const pod = podOf(cluster, wanted);
  const ref = formatRef(cluster.ref);
  if (!pod)
    throw new Failure('not-found', `${ref} has no ordinal ${wanted}: replicas = ${cluster.spec.replicas}`, {
      hint: `Choose one of 0 to ${cluster.spec.replicas - 1}.`,
    });
  if (!pod.container)
    throw new Failure('refused', `ordinal ${wanted} of ${ref} has no container`, {
      hint: 'Apply the block: vd apply -f <file>.',
    });
  if (pod.note?.protocol === '1' || pod.container.state === 'exited') return pod;
  throw new Failure('refused', `the pod of ordinal ${wanted} does not run this plugin's entrypoint yet`, {
    hint: 'Apply the block once (vd apply) so that the pod is recreated, then try again.',
  });
}

function describePlan(cluster: Cluster, pod: Pod, primary: Pod, how: 'rewind' | 'reclone'): string {
  const lines =
    how === 'rewind'
      ? [
          `stop its server`,
          `keep its WAL after the fork on its volume`,
          `pg_rewind from ordinal ${primary.ordinal}; where that fails, keep the directory aside and copy anew`,
        ]
      : [
          `stop its server`,
          'keep its data directory aside',
          `copy ordinal ${primary.ordinal} anew with pg_basebackup`,
        ];
  return [
    `${titleOf(cluster)}: ordinal ${pod.ordinal} is ${podState(cluster, pod)}; nothing was changed`,
    'would do:',
    ...[...lines, 'start it as a standby'].map((line, index) => `  ${index + 1}. ${line}`),
  ].join('\n');
}

/** The pod's report, or the last one of a longer work when this command's time is over. */
async function follow(
  { io }: Context,
  deadline: Deadline,
  cluster: Cluster,
  pod: Pod,
  id: string,
): Promise<Record<string, string> | undefined> {
  for (;;) {
    const report = await loadReport(io.files, cluster.spec.state, pod.ordinal, id);
    if (
      report?.['state'] === 'finished' ||
      report?.['state'] === 'failed' ||
      deadline.leftMs(reserves.settleMs) === 0
    )
      return report;
    await io.host.sleep(200);
  }
}

const deeds: Readonly<Record<string, string>> = {
  follow: 'had nothing of its own',
  rewind: 'was rewound',
  reclone: 'was copied anew',
};

async function describeDone(
  { io }: Context,
  deadline: Deadline,
  cluster: Cluster,
  pod: Pod,
  primary: Pod,
  report: Record<string, string>,
): Promise<string> {
  let streaming = false;
  const statement = `SELECT count(*) FROM pg_stat_replication WHERE application_name = '${standbyName(pod.ordinal)}' AND state = 'streaming';`;
  while (!streaming && deadline.leftMs(reserves.replyMs) > 0) {
    // The pod has done its work: a slow answer of the primary is no failure of it.
    const limitMs = Math.max(500, deadline.clip(2_000, reserves.replyMs));
    const asked = await attemptSql(io, cluster, primary, statement, limitMs);
    streaming = asked.ok && asked.output === '1';
    if (!streaming) await io.host.sleep(200);
  }
  const commits = Number(report['diverged_commits'] ?? 0);
  const kept = report['kept'];
  return [
    `${titleOf(cluster)}: ordinal ${pod.ordinal} ${deeds[report['how'] ?? ''] ?? 'is back'} and ${streaming ? `streams from ordinal ${primary.ordinal}` : 'starts as a standby'}`,
    ...(report['how'] === 'rewind' && kept
      ? [
          `only this pod had ${commits} commits (${formatBytes(Number(report['diverged_bytes'] ?? 0))} of WAL); that WAL is kept`,
        ]
      : []),
    ...(kept
      ? [
          `kept at ${kept} in ${pod.name}`,
          `remove it when you no longer need it: docker exec ${pod.name} rm -r ${kept}`,
        ]
      : []),
  ].join('\n');
}

/** Longer than a command may take: the pod goes on, and the operator's terminal follows it. */
function followInTerminal(
  cluster: Cluster,
  pod: Pod,
  since: Date,
  id: string,
  step: string | undefined,
): Reply {
  const report = `${podPaths.state}/reports/${pod.ordinal}`;
  return message(
    `${titleOf(cluster)}: ordinal ${pod.ordinal} is at it (${step ?? 'begun'}); following its log, which you may leave at any time`,
    [
      {
        type: 'exec_local',
        command: ['sh', '-c', followScript, 'rejoin', pod.name, since.toISOString(), report, id],
        summary: `log of ${pod.name}`,
      },
    ],
  );
}
