/** After a promotion: write it down, wake the pods, point the apps at the new primary, wait for the standbys. */
import { type Cluster, livePrimary, localServer, type Pod } from '../cluster/cluster.ts';
import { clusterUrls, superuserPassword } from '../cluster/connection-url.ts';
import { loadCluster, patience } from '../cluster/load-cluster.ts';
import { standbyName } from '../cluster/names.ts';
import { giveOrder, loadOrder } from '../cluster/record.ts';
import { refreshConsumers } from '../cluster/refresh-consumers.ts';
import { recordInBucket } from '../cluster/write-record.ts';
import type { Io } from '../io.ts';
import { trySql } from '../postgres/local-sql.ts';
import type { Action } from '../protocol/manifest.ts';
import { kick, type Running, step } from './run-promotion.ts';

export interface Settled {
  readonly cluster: Cluster;
  readonly actions: readonly Action[];
  readonly streaming: readonly number[];
  readonly notStreaming: readonly number[];
}

/** Kept back of the command's time for the reply itself. */
const replyMs = 1_500;
/** Standbys follow within a second or two; one that does not is the operator's to look at. */
const longestWaitMs = 10_000;

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
    await io.files.remove(`${state}/orders/${old.ordinal}`);
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
  const streaming = await awaitStreaming(
    running,
    options.target,
    awaited,
    Math.min(deadline.getTime() - replyMs, io.host.now().getTime() + longestWaitMs),
  );
  const cluster = await loadCluster(io, before.ref, patience.toAct);
  const actions = await consumerUpdates(io, cluster);
  const notStreaming = others.filter(pod => !streaming.includes(pod.ordinal)).map(pod => pod.ordinal);
  return { cluster, actions, streaming, notStreaming };
}

/** A killed old primary is started again: its pod parks, says why, and takes the order to rejoin. Others that are stopped stay so. */
async function wake(io: Io, pod: Pod, mayStart: boolean): Promise<void> {
  const [now] = await io.docker.inspect([pod.name]);
  if (now?.state === 'exited' && mayStart) await io.docker.start(pod.name).catch(() => {});
  else if (now?.state === 'running') await kick(io, pod);
}

async function awaitStreaming(
  { io, cluster }: Running,
  target: Pod,
  awaited: readonly Pod[],
  until: number,
): Promise<number[]> {
  const names = new Map(awaited.map(pod => [standbyName(pod.ordinal), pod.ordinal as number]));
  const ask = `CHECKPOINT; SELECT application_name FROM pg_stat_replication WHERE state = 'streaming';`;
  let found: number[] = [];
  // pg_rewind reads the timeline from the control file, which the first checkpoint after a promote brings up to date.
  let statement = ask;
  while (found.length < names.size || statement === ask) {
    const outcome = await trySql(io.docker, localServer(cluster, target), statement, {
      timeoutMs: Math.max(500, until - io.host.now().getTime()),
    }).catch(() => undefined);
    found = [...names]
      .filter(([name]) => outcome?.stdout.split('\n').includes(name))
      .map(([, ordinal]) => ordinal);
    if (found.length === names.size || io.host.now().getTime() + 300 >= until) break;
    statement = ask.slice('CHECKPOINT; '.length);
    await io.host.sleep(200);
  }
  return found;
}

async function consumerUpdates(io: Io, cluster: Cluster): Promise<Action[]> {
  const password = superuserPassword(cluster.bucket);
  if (password === undefined || livePrimary(cluster) === undefined) return [];
  return refreshConsumers(io, cluster, clusterUrls(cluster, password));
}
