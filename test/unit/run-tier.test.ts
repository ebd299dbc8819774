import { describe, expect, it } from 'vitest';
import { add, countsOf, formatCounts, none } from '../support/run-tier.ts';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map(test => ({ status: test })),
});

describe('the last line of a run', () => {
  it('counts tests over all files and tiers', () => {
    const unit = countsOf({
      testResults: [file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed')],
    });
    const e2e = countsOf({ testResults: [file('passed', 'passed', 'skipped', 'pending', 'todo')] });
    expect(formatCounts(add(unit!, e2e!))).toBe('4 passed, 1 failed, 3 skipped');
  });

  it('says nothing of skips where there are none', () =>
    expect(formatCounts(none)).toBe('0 passed, 0 failed'));

  it('counts a file that could not be run as a failure', () => {
    expect(countsOf({ testResults: [file('failed')] })).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it('counts a hook that failed after its tests had passed, once', () => {
    expect(countsOf({ testResults: [file('failed', 'passed', 'skipped')] })).toEqual({
      passed: 1,
      failed: 1,
      skipped: 1,
    });
  });

  it('makes nothing of a report that is not there', () => expect(countsOf(undefined)).toBeUndefined());
});
