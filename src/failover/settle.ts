/** After a promotion: write it down, wake the pods, point the apps at the new primary, wait for the standbys. */
import { type Cluster, livePrimary, type Pod } from '../cluster/cluster.ts';
import { clusterUrls, superuserPassword } from '../cluster/connection-url.ts';
import { loadCluster, patience } from '../cluster/load-cluster.ts';
import { standbyName } from '../cluster/names.ts';
import { giveOrder, loadOrder, withdrawOrder } from '../cluster/record.ts';
import { refreshConsumers } from '../cluster/refresh-consumers.ts';
import { recordInBucket } from '../cluster/write-record.ts';
import type { Io } from '../io.ts';
import type { Action } from '../protocol/manifest.ts';
import { attemptSql } from './attempt.ts';
import { reserves } from './deadline.ts';
import { kick, type Running, step } from './running.ts';

export interface Settled {
  readonly cluster: Cluster;
  readonly actions: readonly Action[];
  readonly streaming: readonly number[];
  readonly notStreaming: readonly number[];
}

/** Standbys follow within a second or two; one that does not is the operator's to look at. */
const longestWaitMs = 10_000;
const longestCheckpointMs = 5_000;

export async function settle(
  running: Running,
  root: string,
  options: { readonly target: Pod },
): Promise<Settled> {
  const { io, cluster: before, operation, deadline } = running;
  const { state } = before.spec;
  await step(running, 'recording the new primary');
  const old = before.pods.find(pod => pod.ordinal === operation.from);
  if (running.hold && old) await giveOrder(io.files, state, old.ordinal, { order: 'hold', id: operation.id });
  else if (old && (await loadOrder(io.files, state, old.ordinal))?.['order'] === 'hold')
    await withdrawOrder(io.files, state, old.ordinal);
  await recordInBucket(io, root, before.ref, before.spec, {
    PG_PRIMARY_ORDINAL: String(options.target.ordinal),
  });
  await Promise.all(
    before.pods
      .filter(pod => pod.ordinal !== options.target.ordinal)
      .map(pod => wake(io, pod, pod.ordinal === operation.from)),
  );
  await step(running, 'waiting for the standbys');
  const others = before.pods.filter(
    pod => pod.ordinal !== options.target.ordinal && !(running.hold && pod.ordinal === old?.ordinal),
  );
  // A pod that did not answer before will not stream now: a fenced primary waits for its rejoin.
  const awaited = others.filter(pod => pod.answer !== undefined);
  const [streaming] = await Promise.all([
    awaitStreaming(running, options.target, awaited),
    recordTimeline(running, options.target),
  ]);
  const patienceMs = Math.max(500, deadline.clip(patience.toAct, reserves.replyMs));
  const cluster = await loadCluster(io, before.ref, patienceMs);
  const actions = await consumerUpdates(io, cluster);
  const notStreaming = others.filter(pod => !streaming.includes(pod.ordinal)).map(pod => pod.ordinal);
  return { cluster, actions, streaming, notStreaming };
}

/** A killed old primary is started again: its pod parks, says why, and takes the order to rejoin. Others that are stopped stay so. */
async function wake(io: Io, pod: Pod, mayStart: boolean): Promise<void> {
  // A pod that is not woken looks by itself within a second; one that stays stopped is named in the reply.
  const [now] = await io.docker.inspect([pod.name]).catch(() => []);
  if (now?.state === 'exited' && mayStart) await io.docker.start(pod.name).catch(() => {});
  else if (now?.state === 'running') await kick(io, pod);
}

async function awaitStreaming(
  { io, cluster, deadline }: Running,
  target: Pod,
  awaited: readonly Pod[],
): Promise<number[]> {
  const names = new Map(awaited.map(pod => [standbyName(pod.ordinal), pod.ordinal as number]));
  const statement = `SELECT application_name FROM pg_stat_replication WHERE state = 'streaming';`;
  const until = io.host.now().getTime() + deadline.clip(longestWaitMs, reserves.settleMs);
  let found: number[] = [];
  while (found.length < names.size) {
    const limitMs = Math.min(2_000, Math.max(500, until - io.host.now().getTime()));
    const asked = await attemptSql(io, cluster, target, statement, limitMs);
    // One late answer does not take back what was seen.
    if (asked.ok) {
      const lines = asked.output.split('\n');
      found = [...names].filter(([name]) => lines.includes(name)).map(([, ordinal]) => ordinal);
    }
    if (found.length === names.size || io.host.now().getTime() + 300 >= until) break;
    await io.host.sleep(200);
  }
  return found;
}

/** pg_rewind reads the timeline from the control file, which the first checkpoint after a promote brings up to date. */
async function recordTimeline({ io, cluster, deadline }: Running, target: Pod): Promise<void> {
  const limitMs = Math.max(500, deadline.clip(longestCheckpointMs, reserves.settleMs));
  // One that takes longer goes on in the server, and rejoin asks for its own.
  await attemptSql(io, cluster, target, 'CHECKPOINT;', limitMs);
}

/** What linked apps have to be told. */
export async function consumerUpdates(io: Io, cluster: Cluster): Promise<Action[]> {
  const password = superuserPassword(cluster.bucket);
  if (password === undefined || livePrimary(cluster) === undefined) return [];
  return refreshConsumers(io, cluster, clusterUrls(cluster, password));
}
