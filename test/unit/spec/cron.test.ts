import { expect, it } from 'vitest';
import { cronProblem } from '../../../src/spec/cron.ts';

it.each([
  '0 3 * * *',
  '*/15 * * * *',
  '0 0,12 1-7 * 1-5',
  '30 2 29 2 *',
  '5-55/10 * * * 0',
  '@daily',
  '@hourly',
])('%s', schedule => {
  expect(cronProblem(schedule)).toBeUndefined();
});

it.each([
  ['', /five fields/],
  ['0 3 * *', /five fields/],
  ['0 3 * * * *', /five fields/],
  ['0  3 * * *', /one space/],
  ['60 3 * * *', /60 is not a minute: 0 to 59/],
  ['0 24 * * *', /24 is not a hour/],
  ['0 0 0 * *', /0 is not a day of the month: 1 to 31/],
  ['0 0 * 13 *', /13 is not a month/],
  ['0 0 * * 7', /7 is not a day of the week: 0 to 6, 0 is Sunday/],
  ['0 0 * * mon', /"mon" is not a day of the week/],
  ['0 5-3 * * *', /5-3 runs backwards/],
  ['*/0 * * * *', /step of 0/],
  ['0 0 31 2 *', /day 31 does not exist in month 2/],
  ['@reboot', /@reboot is not one of/],
  ['every day', /five fields/],
])('%s is refused', (schedule, problem) => {
  expect(cronProblem(schedule)).toMatch(problem);
});
