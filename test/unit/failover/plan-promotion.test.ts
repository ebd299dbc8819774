/** When may a standby become the primary? Every refusal names the object, the number and what to type. */
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { ordinal } from '../../../src/cluster/ordinal.ts';
import { isFailure } from '../../../src/errors.ts';
import { formatLoss, type Loss } from '../../../src/failover/loss.ts';
import { planPromotion } from '../../../src/failover/plan-promotion.ts';
import { clusterOf, healthy, parked, primary, silent, standby } from '../../support/cluster-view.ts';

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
    loss: { kind: 'none' },
    primaryLsn: '0/5000000',
    timeline: 2,
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
    /ordinal 1 is not streaming: it replayed up to 0\/5000000, the primary is at 0\/6000000 \(16\.0 MB ahead\)[\s\S]*vd pg:rejoin lab\/db --replica 1/,
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
    /is 3\.8 GB behind/,
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

it('forced: never "nothing": what is known to be missing is a lower bound, and often not even that', () => {
  const told = (lsn: string) => ({ status: 'streaming', host: '', slot: '', latest_end_lsn: lsn });
  const lossOf = (...pods: ReturnType<typeof standby>[]) =>
    planPromotion(clusterOf([silent(0), ...pods]), ordinal(1), true).loss;
  expect(lossOf(standby(1))).toEqual({ kind: 'unknown', knownMissingBytes: 0 });
  expect(lossOf(standby(1, { receiver: told('0/5000100') }))).toEqual({
    kind: 'unknown',
    knownMissingBytes: 256,
  });
  // What the primary told another standby counts too.
  expect(lossOf(standby(1), standby(2, { receiver: told('0/5000200') }))).toEqual({
    kind: 'unknown',
    knownMissingBytes: 512,
  });
  expect(lossOf(standby(1, { receiver: undefined }))).toEqual({ kind: 'unknown' });
});

it('with a live primary but without a stream nothing is proven either', () => {
  const cluster = clusterOf([primary(0, []), standby(1, { receiver: undefined })]);
  expect(planPromotion(cluster, ordinal(1), true)).toMatchObject({
    mode: 'planned',
    loss: { kind: 'unknown', knownMissingBytes: 0 },
  });
});

it.each<[Loss, string]>([
  [{ kind: 'none' }, 'nothing'],
  [{ kind: 'unknown' }, 'whatever the old primary committed and never sent (how much cannot be known)'],
  [
    { kind: 'unknown', knownMissingBytes: 0 },
    'whatever the old primary committed and never sent (known missing: 0 bytes)',
  ],
  [
    { kind: 'unknown', knownMissingBytes: 94_371_840 },
    'whatever the old primary committed and never sent (known missing: 90.0 MB)',
  ],
])('%o is said as "%s"', (loss, text) => {
  expect(formatLoss(loss)).toBe(text);
});

describe('the recorded primary is lost for good', () => {
  const epoch = { ...healthy().epoch!, epoch: 2, primary: ordinal(1), previous: ordinal(0), timeline: 2 };

  it('a standby on the timeline before is taken, which is said, and its loss is unknown', () => {
    const cluster = clusterOf([silent(0), silent(1), standby(2)], { epoch });
    const plan = planPromotion(cluster, ordinal(2), true);
    expect(plan).toMatchObject({ loss: { kind: 'unknown' }, from: { ordinal: 1 }, timeline: 2 });
    expect(plan.checks.join('\n')).toMatch(
      /ordinal 2 is on timeline 1, the record says 2, and nobody who answers is on that \(--force\)/,
    );
  });

  it('a silent standby of the lost one is copied anew when it is back: the timeline gets its number again', () => {
    const away = silent(0);
    const followed = { ...away, note: { ...away.note!, shape: 'standby' as const } };
    const plan = planPromotion(clusterOf([followed, silent(1), standby(2)], { epoch }), ordinal(2), true);
    expect(plan.recloned.map(pod => pod.ordinal)).toEqual([0]);
    expect(plan.checks.at(-1)).toMatch(/ordinal 0 may hold another history on timeline 2: when it is back/);
    // With a number of its own nothing can be mistaken.
    const first = clusterOf([silent(0), { ...followed, ordinal: ordinal(1) }, standby(2)]);
    expect(planPromotion(first, ordinal(2), true).recloned).toEqual([]);
  });

  it('without --force it is refused, and nothing sends the operator to rejoin', () => {
    const cluster = clusterOf([silent(0), silent(1), standby(2)], { epoch });
    expect(refusal(cluster, 2)).toMatch(/cannot be asked[\s\S]*--force/);
    expect(refusal(cluster, 2) + refusal(cluster, 2, true)).not.toContain('pg:rejoin');
  });

  it('one that answers from a later timeline goes first, wherever it is', () => {
    const later = standby(0, { timeline: 2, receive_lsn: '0/4000000', replay_lsn: '0/4000000' });
    const cluster = clusterOf([later, silent(1), standby(2)], { epoch });
    expect(refusal(cluster, 2, true)).toMatch(
      /ordinal 0 is on timeline 2, ordinal 2 on 1\nPromote the most advanced one: .*--replica 0 --force/,
    );
    expect(planPromotion(cluster, ordinal(0), true)).toMatchObject({ timeline: 3 });
  });

  it('one that has the right and did not leave recovery is to be finished, or compared', () => {
    const cluster = clusterOf([silent(0), standby(1, { receive_lsn: '0/5000200' }), standby(2)], { epoch });
    expect(refusal(cluster, 2)).toMatch(
      /ordinal 1 has the right to write and is still in recovery\nFinish its promotion: vd pg:promote lab\/db --replica 1/,
    );
    expect(refusal(cluster, 2, true)).toMatch(/ordinal 1 is ahead by 512 bytes/);
  });

  it('without a record of epochs the one that the bucket names is fenced', () => {
    const cluster = clusterOf([silent(0), standby(1)], { epoch: undefined });
    expect(planPromotion(cluster, ordinal(1), true)).toMatchObject({ from: { ordinal: 0 } });
  });
});

describe('a pod that parks with its data is what is left', () => {
  const epoch = { ...healthy().epoch!, epoch: 2, primary: ordinal(1), previous: ordinal(0), timeline: 2 };
  const why =
    'FENCED: ordinal 1 is primary since epoch 2 and does not answer; this pod stays out until it does';
  const exited = silent(1, 'the container is exited', 'exited');
  // What it said before it was lost stays on the host.
  const lost = { ...exited, note: { ...exited.note!, timeline: '2' } };

  it('is started as the primary it was, on its own timeline', () => {
    expect(planPromotion(clusterOf([parked(0, why), lost], { epoch }), ordinal(0), true)).toMatchObject({
      mode: 'forced',
      timeline: 1,
      loss: { kind: 'unknown' },
      from: { ordinal: 1 },
      checks: expect.arrayContaining([
        'ordinal 1 does not run; it last held timeline 2: start it first (docker start lab-db.1) if its data may be there',
      ]),
    });
  });

  it('also where the volume of the primary is empty and its pod says so', () => {
    const empty = parked(1, 'REFUSED: the volume of ordinal 1 is empty', { shape: 'empty', timeline: '' });
    expect(planPromotion(clusterOf([parked(0, why), empty], { epoch }), ordinal(0), true).mode).toBe(
      'forced',
    );
  });

  it.each<[string, Cluster, RegExp]>([
    [
      'the primary is only silent',
      clusterOf([parked(0, why), silent(1)], { epoch }),
      /the container of the primary, ordinal 1, is running\nIf its data is lost, stop it \(docker stop lab-db\.1\)/,
    ],
    [
      'another one answers',
      clusterOf([parked(0, why), lost, standby(2)], { epoch }),
      /ordinal 0 runs no server, and ordinal 2 answers\nPromote that one/,
    ],
    [
      'another one parks on a later timeline',
      clusterOf([parked(0, why), lost, parked(2, why, { timeline: '2' })], { epoch }),
      /ordinal 0 holds timeline 1, ordinal 2 holds timeline 2/,
    ],
    [
      'its data is of another major',
      clusterOf([parked(0, 'REFUSED: the data is PostgreSQL 16'), lost], { epoch }),
      /ordinal 0 cannot be asked: REFUSED: the data is PostgreSQL 16/,
    ],
  ])('not where %s', (_name, cluster, pattern) => {
    expect(refusal(cluster, 0, true)).toMatch(pattern);
  });
});

it('a pod of another plugin is not given orders', () => {
  const cluster = healthy();
  const old = { ...cluster.pods[0]!, note: undefined };
  expect(refusal({ ...cluster, pods: [old, ...cluster.pods.slice(1)] }, 1)).toMatch(
    /does not run this plugin's entrypoint yet\nApply the block once/,
  );
});
