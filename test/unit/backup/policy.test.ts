import { expect, it } from 'vitest';
import { formatPolicy, isLimited, parseAge, resolvePolicy } from '../../../src/backup/policy.ts';

const none = { keep: undefined, maxAge: undefined };

it('a flag wins for its own axis only', () => {
  const bucket = { BACKUP_KEEP: '30', BACKUP_MAX_AGE: '14d' };
  expect(formatPolicy(resolvePolicy(none, bucket).policy)).toBe('keep 30, max age 14d');
  expect(formatPolicy(resolvePolicy({ ...none, keep: 5 }, bucket).policy)).toBe('keep 5, max age 14d');
  expect(formatPolicy(resolvePolicy({ ...none, maxAge: parseAge('2w') }, bucket).policy)).toBe(
    'keep 30, max age 2w',
  );
});

it('zero and empty are no limit', () => {
  for (const bucket of [
    {},
    { BACKUP_KEEP: '0', BACKUP_MAX_AGE: '' },
    { BACKUP_KEEP: '0', BACKUP_MAX_AGE: '0' },
  ])
    expect(isLimited(resolvePolicy(none, bucket).policy)).toBe(false);
  expect(formatPolicy(resolvePolicy({ ...none, keep: 0 }, { BACKUP_KEEP: '30' }).policy)).toBe('no limit');
});

it('what the bucket misspells limits nothing, and is said', () => {
  const { policy, problems } = resolvePolicy(none, { BACKUP_KEEP: 'all', BACKUP_MAX_AGE: '7 days' });
  expect(isLimited(policy)).toBe(false);
  expect(problems).toEqual([
    'BACKUP_KEEP=all in the config bucket wants a number of backups, like 30 (0 = no limit)',
    'BACKUP_MAX_AGE=7 days in the config bucket wants an age, like 7d, 2w or 168h (0 = no limit)',
  ]);
});

it.each([
  ['7d', 604_800],
  ['2w', 1_209_600],
  ['168h', 604_800],
  ['1h30m', 5400],
])('%s is %i seconds', (text, seconds) => {
  expect(parseAge(text)).toEqual({ seconds, text });
});
