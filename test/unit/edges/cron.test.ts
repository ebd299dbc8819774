import { describe, expect, it } from 'vitest';
import { cron } from '../../../src/edges/cron.ts';

const now = new Date('2026-11-21T08:30:00Z');
const iso = (dates: readonly Date[]) => dates.map(date => date.toISOString());

describe('the runs of a schedule', () => {
  it.each([
    [
      '0 3 * * *',
      'UTC',
      ['2026-11-21T03:00:00.000Z', '2026-11-20T03:00:00.000Z'],
      '2026-11-22T03:00:00.000Z',
    ],
    [
      '30 8 * * *',
      'UTC',
      ['2026-11-20T08:30:00.000Z', '2026-11-19T08:30:00.000Z'],
      '2026-11-22T08:30:00.000Z',
    ],
    [
      '*/15 * * * *',
      'UTC',
      ['2026-11-21T08:15:00.000Z', '2026-11-21T08:00:00.000Z'],
      '2026-11-21T08:45:00.000Z',
    ],
    [
      '0 0 1 * *',
      'UTC',
      ['2026-11-01T00:00:00.000Z', '2026-10-01T00:00:00.000Z'],
      '2026-12-01T00:00:00.000Z',
    ],
    ['@weekly', 'UTC', ['2026-11-15T00:00:00.000Z', '2026-11-08T00:00:00.000Z'], '2026-11-22T00:00:00.000Z'],
    [
      '0 3 * * *',
      'America/Sao_Paulo',
      ['2026-11-21T06:00:00.000Z', '2026-11-20T06:00:00.000Z'],
      '2026-11-22T06:00:00.000Z',
    ],
  ])('%s in %s', async (expression, timezone, before, next) => {
    const schedule = { expression, timezone };
    expect(iso(await cron.runsBefore(schedule, now, 2))).toEqual(before);
    expect((await cron.nextRun(schedule, now))?.toISOString()).toBe(next);
  });
});
