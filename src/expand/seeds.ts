/** What the first apply writes into the config bucket. Nothing that is there already is written again. */

import { type Bucket, bucketKeys, bucketValue, passwordBytes } from '../cluster/bucket.ts';
import { type ClusterRef, formatRef } from '../cluster/names.ts';
import { Failure } from '../errors.ts';
import type { ConfigSet } from '../protocol/manifest.ts';
import { imageMajor } from '../spec/image.ts';
import type { PostgresSpec } from '../spec/postgres-spec.ts';

const clusterIdBytes = 8;
const defaultKeep = '30';

export function planSeeds(
  ref: ClusterRef,
  spec: PostgresSpec,
  bucket: Bucket,
  randomHex: (bytes: number) => string,
): ConfigSet[] {
  checkPassword(ref, spec, bucket);
  checkMajor(ref, spec, bucket);
  checkPrimaryStays(ref, spec, bucket);
  const firstApply = bucketValue(bucket, 'primaryOrdinal') === undefined;
  const major = imageMajor(spec.image);
  const seeds: ConfigSet[] = [];
  const seed = (key: keyof typeof bucketKeys, value: string, what: string) => {
    seeds.push({
      type: 'config_set',
      ...ref,
      kv: { [bucketKeys[key].key]: value },
      skip_restart: true,
      summary: `${formatRef(ref)}: ${what}`,
    });
  };
  const absent = (key: keyof typeof bucketKeys) => bucketValue(bucket, key) === undefined;
  if (spec.password !== undefined ? bucketValue(bucket, 'password') !== spec.password : absent('password'))
    seed(
      'password',
      spec.password ?? randomHex(passwordBytes),
      spec.password === undefined ? 'superuser password generated' : 'superuser password recorded',
    );
  if (absent('replicationPassword'))
    seed('replicationPassword', randomHex(passwordBytes), 'replication password generated');
  if (absent('primaryOrdinal')) seed('primaryOrdinal', '0', 'primary is ordinal 0');
  if (firstApply && bucket[bucketKeys.backupKeep.key] === undefined)
    seed('backupKeep', defaultKeep, `the newest ${defaultKeep} backups are kept`);
  if (absent('clusterId')) seed('clusterId', randomHex(clusterIdBytes), 'cluster id generated');
  // A cluster taken over from another plugin holds whatever major it holds; its pods check that themselves.
  if (absent('dataMajor') && major !== undefined && !isKnown(bucket))
    seed('dataMajor', String(major), `data is PostgreSQL ${major}`);
  return seeds;
}

/** Whether a cluster was made with this bucket before, by this plugin or another. */
const isKnown = (bucket: Bucket): boolean =>
  bucketValue(bucket, 'primaryOrdinal') !== undefined ||
  bucketValue(bucket, 'replicationPassword') !== undefined;

/** A changed password in the block reaches no database (initdb ran long ago) and would lock consumers out. */
function checkPassword(ref: ClusterRef, spec: PostgresSpec, bucket: Bucket): void {
  const recorded = bucketValue(bucket, 'password');
  const applied = isKnown(bucket);
  if (spec.password === undefined || recorded === undefined || recorded === spec.password || !applied) return;
  throw new Failure('spec', `${formatRef(ref)}: password differs from the one recorded for this cluster`, {
    hint:
      `A block cannot change the password of an existing database. Remove the line, and rotate with vd pg:new-password ${formatRef(ref)}. ` +
      `If ${formatRef(ref)} never ran (vd diff records passwords too), forget it: vd config ${formatRef(ref)} unset ${bucketKeys.password.key}.`,
  });
}

/** Scaling down removes the highest ordinals, whatever their role. */
function checkPrimaryStays(ref: ClusterRef, spec: PostgresSpec, bucket: Bucket): void {
  const primary = Number(bucketValue(bucket, 'primaryOrdinal') ?? 0);
  if (!Number.isInteger(primary) || primary < spec.replicas) return;
  throw new Failure(
    'spec',
    `${formatRef(ref)}: replicas = ${spec.replicas} would remove ordinal ${primary}, which is the primary`,
    {
      hint: `Hand over first: vd pg:promote ${formatRef(ref)} --replica 0.`,
    },
  );
}

/** A new major cannot read the old data directory: refused here, before any pod is stopped. */
function checkMajor(ref: ClusterRef, spec: PostgresSpec, bucket: Bucket): void {
  const data = bucketValue(bucket, 'dataMajor');
  const image = imageMajor(spec.image);
  if (data === undefined || image === undefined || data === String(image)) return;
  throw new Failure(
    'spec',
    `${formatRef(ref)}: image ${spec.image} is PostgreSQL ${image}, the data is PostgreSQL ${data}`,
    {
      hint:
        `Keep a ${data} image. To move to ${image}: vd pg:backups:capture ${formatRef(ref)}, apply a second block with the new image, and restore into it. ` +
        `If ${formatRef(ref)} never ran, forget the major: vd config ${formatRef(ref)} unset ${bucketKeys.dataMajor.key}.`,
    },
  );
}
