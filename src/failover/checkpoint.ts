/** A checkpoint on the primary before work that needs one; bounded, since the server goes on with it by itself. */
import type { Cluster, Pod } from '../cluster/cluster.ts';
import { Failure } from '../errors.ts';
import type { Io } from '../io.ts';
import { attemptSql, seconds } from './attempt.ts';
import { type Deadline, reserves } from './deadline.ts';

const longestCheckpointMs = 10_000;

/** `again` is the command line that carries on once the checkpoint has ended. */
export async function checkpoint(
  io: Io,
  deadline: Deadline,
  cluster: Cluster,
  primary: Pod,
  again: string,
): Promise<void> {
  deadline.begin(`the checkpoint on ordinal ${primary.ordinal}`);
  const limitMs = deadline.clip(longestCheckpointMs, reserves.promoteMs);
  const done = await attemptSql(io, cluster, primary, 'CHECKPOINT;', Math.max(limitMs, 500));
  if (done.ok) return;
  if (!done.late)
    throw new Failure(
      'postgres',
      `the checkpoint on ordinal ${primary.ordinal} failed: ${done.reason}; nothing was changed`,
      { hint: `Put that right, then run ${again} again.` },
    );
  throw new Failure(
    'deadline',
    `the checkpoint on ordinal ${primary.ordinal} did not end within ${seconds(limitMs)} s; nothing was changed`,
    { hint: `It goes on in the server. Run ${again} again in a while.` },
  );
}
