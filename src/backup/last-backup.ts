/** The newest whole backup, for `info` and `check`: one that is known to be corrupt does not count. */
import type { Cluster } from '../cluster/cluster.ts';
import { isFailure } from '../errors.ts';
import type { Io } from '../io.ts';
import { loadCatalogue } from './catalogue.ts';
import { placeOf } from './place.ts';

export interface LastBackup {
  readonly id: string;
  readonly created_at: string;
  readonly status: 'complete';
}

/** Undefined also where the place of the backups cannot be found: monitoring goes on without it. */
export const lastBackup = async (io: Io, cluster: Cluster): Promise<LastBackup | undefined> =>
  (await findLastBackup(io, cluster)).newest;

export async function findLastBackup(
  io: Io,
  cluster: Cluster,
): Promise<{ readonly newest: LastBackup | undefined; readonly problem: string | undefined }> {
  try {
    const place = await placeOf(io.docker, cluster.ref, cluster.spec);
    const whole = (await loadCatalogue(io, place)).filter(({ status }) => status === 'complete').at(-1);
    return {
      newest: whole && { id: whole.id, created_at: whole.createdAt, status: 'complete' },
      problem: undefined,
    };
  } catch (error) {
    if (isFailure(error)) return { newest: undefined, problem: error.message };
    throw error;
  }
}
