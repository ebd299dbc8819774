/** What a killed promotion left behind: put right before anything is planned anew. */
import { type Cluster, livePrimary, podOf } from '../cluster/cluster.ts';
import { loadCluster, patience } from '../cluster/load-cluster.ts';
import type { Ordinal } from '../cluster/ordinal.ts';
import { loadOrder, withdrawOrder } from '../cluster/record.ts';
import type { Io } from '../io.ts';
import { type Deadline, reserves } from './deadline.ts';
import type { Operation } from './operation.ts';
import { kick } from './running.ts';

const longestWaitMs = 8_000;

/**
 * The old primary was told to step down and nobody took the epoch: without its order it claims the next epoch for
 * itself and writes again. The cluster as it is then. Only whoever holds the operation may do this, and only to the
 * order of the operation that was left: another one's is at work.
 */
export async function resumeOldPrimary(
  io: Io,
  deadline: Deadline,
  cluster: Cluster,
  left: Operation | undefined,
): Promise<Cluster> {
  if (left?.kind !== 'promote' || left.from === undefined) return cluster;
  const old = podOf(cluster, left.from as Ordinal);
  if (old === undefined || cluster.epoch?.primary !== old.ordinal) return cluster;
  const order = await loadOrder(io.files, cluster.spec.state, old.ordinal);
  if (order?.['order'] !== 'step-down' || order['id'] !== left.id) return cluster;
  deadline.begin(`the return of ordinal ${old.ordinal}, which an earlier run had stopped,`);
  await withdrawOrder(io.files, cluster.spec.state, old.ordinal);
  await kick(io, old);
  const waitMs = deadline.clip(longestWaitMs, reserves.promoteMs);
  const until = io.host.now().getTime() + waitMs;
  const look = () =>
    loadCluster(io, cluster.ref, Math.max(500, deadline.clip(patience.toAct, reserves.promoteMs)));
  let now = await look();
  while (livePrimary(now) === undefined && io.host.now().getTime() < until) {
    await io.host.sleep(300);
    now = await look();
  }
  return now;
}
