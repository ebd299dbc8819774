/** When may a standby become the primary? Every refusal names the object, the number and what to type. */
import { expect, it } from 'vitest';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { ordinal } from '../../../src/cluster/ordinal.ts';
import { isFailure } from '../../../src/errors.ts';
import { planPromotion } from '../../../src/failover/plan-promotion.ts';
import { clusterOf, healthy, primary, silent, standby } from '../../support/cluster-view.ts';

function refusal(cluster: Cluster, wanted: number, force = false): string {
  try {
    planPromotion(cluster, ordinal(wanted), force);
  } catch (error) {
    if (isFailure(error)) return `${error.message}\n${error.hint}`;
    throw error;
  }
  return 'accepted';
}

it('a streaming standby of a live primary: planned, nothing to lose', () => {
  expect(planPromotion(healthy(), ordinal(1), false)).toMatchObject({
    mode: 'planned',
    possibleLossBytes: 0,
    target: { ordinal: 1 },
    from: { ordinal: 0 },
  });
});

it.each<[string, Cluster, number, RegExp]>([
  ['already primary', healthy(), 0, /ordinal 0 is the primary already\nChoose one of 1, 2\./],
  ['out of range', healthy(), 7, /has no ordinal 7: replicas = 3/],
  ['a single replica', clusterOf([primary(0, [])]), 0, /replicas = 1: there is no standby/],
  [
    'nobody streams, lag would be 0',
    clusterOf([
      primary(0, [], { current_lsn: '0/6000000' }),
      standby(1, { receiver: undefined }),
      standby(2),
    ]),
    1,
    /ordinal 1 is not streaming: it replayed up to 0\/5000000, the primary is at 0\/6000000 \(16777216 bytes ahead\)[\s\S]*vd pg:rejoin lab\/db --replica 1/,
  ],
  [
    'only the primary thinks it streams',
    clusterOf([primary(0, [1, 2]), standby(1, { receiver: undefined }), standby(2)]),
    1,
    /not streaming/,
  ],
  [
    'far behind',
    clusterOf([primary(0, [1, 2], { current_lsn: '0/F5000000' }), standby(1), standby(2)]),
    1,
    /is 4026531840 bytes behind/,
  ],
  [
    'another system',
    clusterOf([primary(0, [1]), standby(1, { system_id: '99' })]),
    1,
    /holds system 99, the cluster is system 7300000000000000001[\s\S]*--reclone/,
  ],
  [
    'an older timeline',
    clusterOf([primary(0, [1], { timeline: 3 }), standby(1)]),
    1,
    /is on timeline 1, the cluster is on 3/,
  ],
  [
    'replay paused',
    clusterOf([primary(0, [1]), standby(1, { replay_paused: true })]),
    1,
    /replay is paused on ordinal 1\nResume it: vd pg:psql/,
  ],
  [
    'a base backup running',
    clusterOf([primary(0, [1], { base_backups: 1 }), standby(1)]),
    1,
    /a base backup is running on ordinal 0/,
  ],
  [
    'two primaries',
    clusterOf([primary(0, []), primary(1, []), standby(2)]),
    2,
    /ordinal 0 and ordinal 1 both accept writes/,
  ],
  [
    'the target does not answer',
    clusterOf([primary(0, []), silent(1)]),
    1,
    /ordinal 1 cannot be asked: no answer within 2 s/,
  ],
  [
    'a primary that does not answer',
    clusterOf([silent(0, 'the container is paused', 'paused'), standby(1), standby(2)]),
    1,
    /cannot be asked: the container is paused\nThree choices: wait for it[\s\S]*docker stop lab-db\.0[\s\S]*--force/,
  ],
])('%s is refused', (_name, cluster, wanted, pattern) => {
  expect(refusal(cluster, wanted)).toMatch(pattern);
});

it('forced: only the most advanced reachable standby', () => {
  const cluster = clusterOf([silent(0), standby(1), standby(2, { receive_lsn: '0/5000200' })]);
  expect(refusal(cluster, 1, true)).toMatch(
    /ordinal 2 is ahead by 512 bytes \(0\/5000200, ordinal 1 is at 0\/5000000\)\n.*--replica 2 --force/,
  );
  expect(planPromotion(cluster, ordinal(2), true)).toMatchObject({ mode: 'forced', from: { ordinal: 0 } });
});

it('forced: what is known to be missing is measured, what is not is unknown', () => {
  const known = standby(1, {
    receiver: { status: 'streaming', host: '', slot: '', latest_end_lsn: '0/5000100' },
  });
  expect(planPromotion(clusterOf([silent(0), known]), ordinal(1), true).possibleLossBytes).toBe(256);
  expect(
    planPromotion(clusterOf([silent(0), standby(1, { receiver: undefined })]), ordinal(1), true)
      .possibleLossBytes,
  ).toBeUndefined();
});

it('a pod of another plugin is not given orders', () => {
  const cluster = healthy();
  const old = { ...cluster.pods[0]!, note: undefined };
  expect(refusal({ ...cluster, pods: [old, ...cluster.pods.slice(1)] }, 1)).toMatch(
    /does not run this plugin's entrypoint yet\nApply the block once/,
  );
});
