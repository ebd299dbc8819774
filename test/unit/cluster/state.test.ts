import { expect, it } from 'vitest';
import { lagBytes, podState } from '../../../src/cluster/cluster.ts';
import { findings } from '../../../src/cluster/health.ts';
import { snapshot } from '../../../src/cluster/snapshot.ts';
import { clusterOf, healthy, primary, silent, standby } from '../../support/cluster-view.ts';

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
