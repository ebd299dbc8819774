/** What a killed promotion left behind: put right before anything is planned anew. */
import { type Cluster, livePrimary, podOf } from '../cluster/cluster.ts';
import { loadCluster, patience } from '../cluster/load-cluster.ts';
import type { Ordinal } from '../cluster/ordinal.ts';
import { loadOrder, withdrawOrder } from '../cluster/record.ts';
import type { Io } from '../io.ts';
import type { Operation } from './operation.ts';
import { kick } from './run-promotion.ts';

const patienceMs = 8_000;

/**
 * The old primary was told to step down and nobody took the epoch: without its order it claims the next epoch for
 * itself and writes again. The cluster as it is then.
 */
export async function resumeOldPrimary(
  io: Io,
  cluster: Cluster,
  left: Operation | undefined,
): Promise<Cluster> {
  if (left?.kind !== 'promote' || left.from === undefined || io.host.processAlive(left.holder))
    return cluster;
  const old = podOf(cluster, left.from as Ordinal);
  const order = await loadOrder(io.files, cluster.spec.state, left.from as Ordinal);
  if (old === undefined || order?.['order'] !== 'step-down' || cluster.epoch?.primary !== old.ordinal)
    return cluster;
  await withdrawOrder(io.files, cluster.spec.state, old.ordinal);
  await kick(io, old);
  const until = io.host.now().getTime() + patienceMs;
  let now = await loadCluster(io, cluster.ref, patience.toAct);
  while (livePrimary(now) === undefined && io.host.now().getTime() < until) {
    await io.host.sleep(300);
    now = await loadCluster(io, cluster.ref, patience.toAct);
  }
  return now;
}
