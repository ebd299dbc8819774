import { expect, it } from 'vitest';
import { Failure, failureExit, formatFailure } from '../../src/errors.ts';

it('a failure reads: message, problems, hint', () => {
  const problems = [
    { path: 'a', message: 'is b' },
    { path: 'c', message: 'is d', hint: 'try e' },
  ];
  expect(formatFailure(new Failure('spec', 'broken', { problems, hint: 'Do this.' }))).toBe(
    'broken\n  a: is b\n  c: is d — try e\nhint: Do this.',
  );
  expect(formatFailure(new Failure('refused', 'no'))).toBe('no');
});

it('anything else is a bug and says so', () => {
  expect(formatFailure(new TypeError('x'))).toBe('internal error: x');
  expect(formatFailure('x')).toBe('internal error: x');
});

it('no kind of failure exits with 0', () => {
  for (const status of Object.values(failureExit)) expect(status).toBeGreaterThan(0);
});
