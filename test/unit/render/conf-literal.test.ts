import { describe, expect, it } from 'vitest';
import { confLiteral } from '../../../src/render/conf-literal.ts';
import { nastyStrings } from '../../support/nasty-strings.ts';

describe('a value in postgresql.conf', () => {
  it.each<[string | number | boolean, string]>([
    [200, '200'],
    [0, '0'],
    [-1, '-1'],
    [1.1, '1.1'],
    [0.000_001, '0.000001'],
    [1e21, '1000000000000000000000'],
    [9_007_199_254_740_992, '9007199254740992'],
    [true, 'on'],
    [false, 'off'],
    ['', `''`],
    ['1GB', `'1GB'`],
    [`it's`, `'it''s'`],
    ['a\\b', `'a\\\\b'`],
    ['a\nb\r', `'a\\nb\\r'`],
    [`\\'`, `'\\\\'''`],
  ])('%j is spelled %s', (value, literal) => expect(confLiteral(value)).toBe(literal));

  it.each(nastyStrings)('%j stays on its line and inside its quotes', value => {
    expect(confLiteral(value)).toMatch(/^'(?:[^'\\\n\r]|''|\\.)*'$/u);
  });
});
