import { expect, it } from 'vitest';
import { summary } from '../../../src/commands/check.ts';
import { clusterOf, primary, standby } from '../../support/cluster-view.ts';

it('counts the standbys that stream, and names those that catch up', () => {
  expect(summary(clusterOf([primary(0, [1, 2]), standby(1), standby(2)]))).toBe(
    'primary 0, 2 of 2 standbys streaming',
  );
  expect(summary(clusterOf([primary(0, [1]), standby(1), standby(2)]))).toBe(
    'primary 0, 1 of 2 standbys streaming, 1 catching up',
  );
  expect(summary(clusterOf([primary(0, [])]))).toBe('primary 0');
});
