import { expect, it } from 'vitest';
import { environmentValue } from '../../../src/hcl/environment-text.ts';

it.each([
  [1, '1'],
  [-0, '0'],
  [true, 'true'],
  [false, 'false'],
  [null, ''],
  ['x', 'x'],
  [0.5, '0.5'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [1234567, '1234567'],
  [123456.5, '123456.5'],
  [1234567.5, '1.2345675e+06'],
  [1e18, '1000000000000000000'],
  [-(2 ** 63), '-9223372036854775808'],
  [2 ** 63, '9.223372036854776e+18'],
  [1e21, '1e+21'],
  [1.5e100, '1.5e+100'],
])('writes %s as Go does: %j', (value, text) => {
  expect(environmentValue({ A: value })).toEqual({ A: text });
});

it('leaves lists and objects inside env, and an env that is no object', () => {
  expect(environmentValue({ A: [1], B: { C: 1 } })).toEqual({ A: [1], B: { C: 1 } });
  expect([1, 'x', null, [1]].map(environmentValue)).toEqual([1, 'x', null, [1]]);
});
