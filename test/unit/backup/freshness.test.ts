import { describe, expect, it } from 'vitest';
import { type Captured, staleness } from '../../../src/backup/freshness.ts';

const at = (text: string) => new Date(`2026-11-${text}:00Z`);
const quiet: Captured = {
  now: at('21T08:00'),
  newest: at('21T03:05'),
  born: at('01T00:00'),
  limitSeconds: undefined,
  schedule: undefined,
};
const nightly = { expression: '0 3 * * *', runs: [at('21T03:00'), at('20T03:00')] };
const weekly = { expression: '0 3 * * 0', runs: [at('15T03:00'), at('08T03:00')] };

describe('the newest backup', () => {
  it('is fresh for two days where nothing else is said', () => {
    expect(staleness({ ...quiet, newest: at('19T08:00') })).toBeUndefined();
    expect(staleness({ ...quiet, newest: at('18T08:00') })).toEqual({
      severity: 'critical',
      ageSeconds: 3 * 86_400,
      schedule: undefined,
    });
  });

  it.each([
    ['as long as the limit says', 5 * 86_400, at('16T09:00'), undefined],
    ['and no longer', 86_400, at('18T08:00'), 3 * 86_400],
  ])('is fresh %s', (_, limitSeconds, newest, ageSeconds) => {
    expect(staleness({ ...quiet, limitSeconds, newest })?.ageSeconds).toBe(ageSeconds);
  });

  it('may miss one run of the schedule and not two', () => {
    expect(staleness({ ...quiet, schedule: nightly, newest: at('20T03:05') })).toBeUndefined();
    expect(staleness({ ...quiet, schedule: nightly, newest: at('19T03:05') })).toEqual({
      severity: 'critical',
      ageSeconds: 53 * 3600 - 300,
      schedule: '0 3 * * *',
    });
  });

  it('of a weekly schedule may be days old, but not older than the limit', () => {
    const newest = at('15T03:05');
    expect(staleness({ ...quiet, schedule: weekly, newest })).toBeUndefined();
    expect(staleness({ ...quiet, schedule: weekly, newest, limitSeconds: 86_400 })?.severity).toBe(
      'critical',
    );
  });
});

describe('no backup at all', () => {
  const none = { ...quiet, newest: undefined };

  it('is fine on the first days, and worth a warning after', () => {
    expect(staleness({ ...none, born: at('20T00:00') })).toBeUndefined();
    expect(staleness(none)).toEqual({
      severity: 'warning',
      ageSeconds: undefined,
      schedule: undefined,
    });
  });

  it('is critical once the schedule has come round twice', () => {
    expect(staleness({ ...none, schedule: nightly, born: at('20T12:00') })).toBeUndefined();
    expect(staleness({ ...none, schedule: nightly })?.severity).toBe('critical');
  });
});
