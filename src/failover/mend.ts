/** A primary that the bucket or a linked app does not know: after a promotion that was cut off, or one by hand. */
import { bucketOrdinal, type Cluster, type Pod } from '../cluster/cluster.ts';
import { recordInBucket } from '../cluster/write-record.ts';
import type { Io } from '../io.ts';
import type { Action } from '../protocol/manifest.ts';
import { consumerUpdates } from './settle.ts';

export interface Drift {
  /** The bucket's ordinal where it is not the primary's. */
  readonly bucket: number | undefined;
  readonly actions: readonly Action[];
}

/** What differs from the live primary; undefined where nothing does. */
export async function loadDrift(io: Io, cluster: Cluster, primary: Pod): Promise<Drift | undefined> {
  const recorded = bucketOrdinal(cluster);
  const bucket = recorded === primary.ordinal ? undefined : recorded;
  const actions = await consumerUpdates(io, cluster);
  return bucket === undefined && actions.length === 0 ? undefined : { bucket, actions };
}

export async function mend(
  io: Io,
  root: string,
  cluster: Cluster,
  primary: Pod,
  drift: Drift,
): Promise<void> {
  if (drift.bucket !== undefined)
    await recordInBucket(io, root, cluster.ref, cluster.spec, {
      PG_PRIMARY_ORDINAL: String(primary.ordinal),
    });
}

export const formatDrift = ({ bucket, actions }: Drift, primary: Pod): string[] => [
  ...(bucket === undefined ? [] : [`PG_PRIMARY_ORDINAL: ${bucket} → ${primary.ordinal}`]),
  ...actions.flatMap(action => (action.summary === undefined ? [] : [action.summary])),
];
