/** A statement whose failure is a value: a slow `docker exec` is a reason to try again, not to break off midway. */
import { type Cluster, localServer, type Pod } from '../cluster/cluster.ts';
import { isFailure } from '../errors.ts';
import type { Io } from '../io.ts';
import { trySql } from '../postgres/local-sql.ts';

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
    // How `timeout` in the pod leaves when it ends psql.
    if (outcome.exitCode === 124 || outcome.exitCode === 143) return late;
    return { ok: false, late: false, reason: reasonIn(outcome.stderr, outcome.exitCode) };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return error.kind === 'deadline' ? late : { ok: false, late: false, reason: error.message };
  }
}

export const seconds = (ms: number): string => String(Math.round(ms / 100) / 10);

function reasonIn(stderr: string, exitCode: number): string {
  const lines = stderr.trim().split('\n');
  const line = lines.find(text => /ERROR|FATAL|error:/.test(text)) ?? lines.at(-1) ?? '';
  return (
    line.replace(/^psql:[^:]*:\d+: /, '').replace(/^psql: error: /, '') ||
    `psql ended with status ${exitCode}`
  );
}
