/** A checkpoint on the primary before work that needs one; bounded, since the server goes on with it by itself. */
import { type Cluster, localServer, type Pod } from '../cluster/cluster.ts';
import { Failure } from '../errors.ts';
import type { Io } from '../io.ts';
import { trySql } from '../postgres/local-sql.ts';

const longestCheckpointMs = 10_000;

/** `again` is the command line that carries on once the checkpoint has ended. */
export async function checkpoint(io: Io, cluster: Cluster, primary: Pod, again: string): Promise<void> {
  const done = await trySql(io.docker, localServer(cluster, primary), 'CHECKPOINT;', {
    timeoutMs: longestCheckpointMs,
  }).catch(() => undefined);
  if (done?.exitCode === 0) return;
  throw new Failure(
    'deadline',
    `the checkpoint on ordinal ${primary.ordinal} did not end within ${longestCheckpointMs / 1000} s; nothing was changed`,
    { hint: `It goes on in the server. Run ${again} again in a while.` },
  );
}
