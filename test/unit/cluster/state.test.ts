import { expect, it } from 'vitest';
import { lagBytes, podState } from '../../../src/cluster/cluster.ts';
import { findings } from '../../../src/cluster/health.ts';
import { ordinal } from '../../../src/cluster/ordinal.ts';
import { snapshot } from '../../../src/cluster/snapshot.ts';
import { clusterOf, healthy, parked, primary, silent, standby } from '../../support/cluster-view.ts';

const states = (cluster: ReturnType<typeof healthy>) => cluster.pods.map(pod => podState(cluster, pod));
const extras = {
  password: 'accepted',
  lastBackup: undefined,
  schedule: undefined,
  unfinished: undefined,
} as const;

it('a healthy cluster has nothing to report', () => {
  expect(states(healthy())).toEqual(['primary', 'streaming', 'streaming']);
  expect(findings(healthy())).toEqual([]);
});

it('what cannot be asked is unknown, never 0', () => {
  const cluster = clusterOf([primary(0, [1]), standby(1), silent(2)]);
  expect(states(cluster)).toEqual(['primary', 'streaming', 'unknown']);
  expect(lagBytes(cluster, cluster.pods[2]!)).toBeUndefined();
  expect(snapshot(cluster, extras).pods[2]).toMatchObject({
    role: null,
    lag_bytes: null,
    lsn: null,
    says: 'no answer within 2 s',
  });
});

it('without a live primary no lag is claimed', () => {
  const cluster = clusterOf([silent(0), standby(1)]);
  expect(lagBytes(cluster, cluster.pods[1]!)).toBeUndefined();
  expect(findings(cluster).map(finding => finding.severity)).toContain('critical');
});

it('no password is in the snapshot', () => {
  expect(JSON.stringify(snapshot(healthy(), extras))).not.toContain('secret');
});

it('a lost slot means needs-reclone, even while the standby keeps connecting', () => {
  const lost = primary(0, [1], {
    slots: [{ name: 'voodu_1', active: true, wal_status: 'lost', retained_bytes: undefined }],
  });
  const cluster = clusterOf([lost, standby(1)]);
  expect(states(cluster)).toEqual(['primary', 'needs-reclone']);
  expect(findings(cluster)[0]).toMatchObject({
    severity: 'critical',
    next: 'vd pg:rejoin lab/db --replica 1 --reclone',
  });
});

/** As templates/usr/local/bin/voodu-postgres-entrypoint writes them. */
it.each<[string, string, 'warning' | 'critical', RegExp]>([
  [
    'HELD: ordinal 0 is primary; promote --no-restart left this pod stopped; run vd pg:rejoin lab/db --replica 1',
    'held',
    'warning',
    /ordinal 1 is held.*rejoin lab\/db --replica 1/,
  ],
  [
    'REFUSED: this volume holds system 9, the cluster is system 7; run vd pg:rejoin lab/db --replica 1 --reclone to replace it',
    'refused',
    'critical',
    /ordinal 1 does not start: REFUSED: this volume holds system 9.*--reclone/,
  ],
  ['no password for the replication role: run vd apply', 'refused', 'critical', /no password/],
  ['rejoin: waiting for the primary, ordinal 0', 'waiting', 'warning', /waiting for the primary/],
  [
    'rejoin: the WAL that only this pod has could not be kept yet (is ordinal 0 up, is there room?); trying again',
    'waiting',
    'warning',
    /could not be kept yet/,
  ],
  ['waiting for the primary, ordinal 0 at db-0:5432, to clone from it', 'waiting', 'warning', /to clone/],
  ['FENCED: ordinal 0 is primary since epoch 2 and does not answer', 'fenced', 'warning', /is fenced/],
  ["FENCED: this data was a primary's and went its own way", 'diverged', 'warning', /is diverged/],
])('a pod parked with "%s" is %s', (reason, state, severity, text) => {
  const cluster = clusterOf([primary(0, []), parked(1, reason)]);
  expect(states(cluster)).toEqual(['primary', state]);
  const [finding] = findings(cluster);
  expect(finding).toMatchObject({ severity });
  expect(`${finding!.text} ${finding!.next ?? ''}`).toMatch(text);
});

it('without a primary nobody is sent to rejoin', () => {
  const cluster = clusterOf([
    parked(0, 'HELD: ordinal 1 is primary'),
    parked(1, 'FENCED: by epoch 3'),
    standby(2),
  ]);
  expect(JSON.stringify(findings(cluster))).not.toContain('pg:rejoin');
});

it('what a container before this one had said says nothing', () => {
  const old = parked(1, 'HELD: ordinal 0 is primary', { container: 'earlier' });
  expect(states(clusterOf([primary(0, []), old]))).toEqual(['primary', 'unknown']);
});

it('a bucket that names another primary is found, with what puts it right', () => {
  const cluster = clusterOf([standby(0), standby(1), primary(2, [0, 1])], {
    epoch: { ...healthy().epoch!, primary: ordinal(2) },
  });
  expect(findings(cluster)).toEqual([
    {
      severity: 'warning',
      text: 'the bucket says ordinal 0, the primary is ordinal 2',
      next: 'vd pg:promote lab/db --replica 2',
    },
  ]);
});

it('a pod that accepts writes is a primary whatever the record names, and the contradiction is critical', () => {
  const cluster = clusterOf([standby(0), primary(1, [0])]);
  expect(states(cluster)).toEqual(['streaming', 'primary']);
  expect(findings(cluster)[0]).toMatchObject({
    severity: 'critical',
    text: expect.stringMatching(/ordinal 1 accepts writes, and epoch 1 names ordinal 0/),
  });
});

it('sizes are said as a person reads them', () => {
  const behind = clusterOf([primary(0, [1], { current_lsn: '0/AA00000' }), standby(1)]);
  expect(findings(behind)[0]?.text).toBe('ordinal 1 is 90.0 MB behind');
});
