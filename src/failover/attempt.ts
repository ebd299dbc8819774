/** A statement whose failure is a value: a slow `docker exec` is a reason to try again, not to break off midway. */
import { type Cluster, localServer, type Pod } from '../cluster/cluster.ts';
import { isFailure } from '../errors.ts';
import type { Io } from '../io.ts';
import { ranOutOfTime, sqlReason, trySql } from '../postgres/local-sql.ts';

export type Attempt =
  | { readonly ok: true; readonly output: string }
  /** `late`: no answer in time, so the server may still be at it. */
  | { readonly ok: false; readonly late: boolean; readonly reason: string };

export async function attemptSql(
  io: Pick<Io, 'docker'>,
  cluster: Cluster,
  pod: Pod,
  statement: string,
  timeoutMs: number,
): Promise<Attempt> {
  const late = { ok: false, late: true, reason: `no answer within ${seconds(timeoutMs)} s` } as const;
  try {
    const outcome = await trySql(io.docker, localServer(cluster, pod), statement, { timeoutMs });
    if (outcome.exitCode === 0) return { ok: true, output: outcome.stdout.trim() };
    if (ranOutOfTime(outcome)) return late;
    return { ok: false, late: false, reason: sqlReason(outcome) };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return error.kind === 'deadline' ? late : { ok: false, late: false, reason: error.message };
  }
}

export const seconds = (ms: number): string => String(Math.round(ms / 100) / 10);
