/** spec + bucket → manifests + actions. Pure but for the random bytes of first passwords. */
import { type Bucket, bucketKeys, bucketValue } from '../cluster/bucket.ts';
import { type ClusterRef, formatRef } from '../cluster/names.ts';
import { Failure } from '../errors.ts';
import type { ExpandData } from '../protocol/envelope.ts';
import type { ExpandRequest } from '../protocol/expand-request.ts';
import { checkResourceName } from '../spec/identifier.ts';
import { parseSpec } from '../spec/parse-spec.ts';
import type { PostgresSpec } from '../spec/postgres-spec.ts';
import { planAsset } from './asset.ts';
import { planSchedule } from './backup-schedule.ts';
import { planSeeds } from './seeds.ts';
import { planStatefulset } from './statefulset.ts';

export interface ExpandSurroundings {
  readonly root: string;
  readonly randomHex: (bytes: number) => string;
  /** What the controller listens on (its VOODU_HTTP_ADDR); its own default where absent. */
  readonly httpAddress?: string | undefined;
}

export function expand(request: ExpandRequest, around: ExpandSurroundings): ExpandData {
  const ref = requireRef(request);
  const spec = parseSpec(request.spec, `${request.kind} "${ref.scope}" "${ref.name}"`);
  const exposed = isExposed(ref, spec, request.config);
  const statefulset = planStatefulset(ref, spec, { root: around.root, exposed });
  const { httpAddress } = around;
  const volumes = statefulset.spec['volumes'] as string[];
  const schedules =
    spec.backup === undefined ? [] : [planSchedule(ref, spec.image, spec.backup, { httpAddress, volumes })];
  return {
    actions: planSeeds(ref, spec, request.config, around.randomHex),
    manifests: [planAsset(ref, spec), statefulset, ...schedules],
  };
}

/** The controller stores no bucket and no statefulset without a scope (contract 3.2, 3.3). */
function requireRef(request: ExpandRequest): ClusterRef {
  const { kind, scope, name } = request;
  if (scope === '' || name === '')
    throw new Failure(
      'spec',
      `${kind} ${JSON.stringify(name)} has one label; a cluster needs a scope and a name`,
      {
        hint: `Write ${kind} "my-app" "db" { … }: the controller cannot keep passwords or pods of a block without a scope.`,
      },
    );
  checkResourceName('scope', scope);
  checkResourceName('name', name);
  return { scope, name };
}

function isExposed(ref: ClusterRef, spec: PostgresSpec, bucket: Bucket): boolean {
  if (bucketValue(bucket, 'exposePublic') !== 'true') return false;
  const name = formatRef(ref);
  const hint = `Run vd pg:unexpose ${name} first.`;
  if (spec.replicas > 1)
    throw new Failure(
      'spec',
      `${name} is exposed on one host port, and replicas = ${spec.replicas} pods cannot share it`,
      { hint },
    );
  if (spec.statefulset.ports !== undefined)
    throw new Failure(
      'spec',
      `${name} has ports of its own and ${bucketKeys.exposePublic.key} is on; only one can say what is published`,
      { hint },
    );
  return true;
}
