/** The newest whole backup, for `info` and `check`: one that is known to be corrupt does not count. */
import type { Cluster } from '../cluster/cluster.ts';
import type { Io } from '../io.ts';
import { loadCatalogue } from './catalogue.ts';
import { placeOf } from './place.ts';

export interface LastBackup {
  readonly id: string;
  readonly created_at: string;
  readonly status: 'complete';
}

export async function lastBackup(io: Io, cluster: Cluster): Promise<LastBackup | undefined> {
  const place = await placeOf(io.docker, cluster.ref, cluster.spec);
  const whole = (await loadCatalogue(io, place)).filter(({ status }) => status === 'complete').at(-1);
  return whole && { id: whole.id, created_at: whole.createdAt, status: 'complete' };
}
