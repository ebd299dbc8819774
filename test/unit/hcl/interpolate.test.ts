import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/errors.ts';
import { interpolate } from '../../../src/hcl/interpolate.ts';

describe('interpolate: the raw text before hcl (contract 7)', () => {
  it.each([
    ['a variable', 'a = "${PG_PASSWORD}"', { PG_PASSWORD: 's3' }, 'a = "s3"'],
    ['an underscore and digits in the name', '${_a1}', { _a1: 'x' }, 'x'],
    ['a default for an absent name', '${NOPE:-def}', {}, 'def'],
    ['a default for an undefined value', '${NOPE:-def}', { NOPE: undefined }, 'def'],
    ['no default where the value is empty', '[${A:-def}]', { A: '' }, '[]'],
    ['an empty default', '[${NOPE:-}]', {}, '[]'],
    ['a default with anything but a brace', '${A:-a b:-$5 "q"}', {}, 'a b:-$5 "q"'],
    ['comments', '# ${A}\n// ${A}\n/* ${A} */', { A: '1' }, '# 1\n// 1\n/* 1 */'],
    ['heredocs', 'a = <<EOT\n${A}\nEOT', { A: '1' }, 'a = <<EOT\n1\nEOT'],
    ['values that are not interpolated again', '${A}', { A: '${B}' }, '${B}'],
    ['replacement patterns in a value as they are', '${A}', { A: '$& $1 $$' }, '$& $1 $$'],
    ['dollars and percents that start nothing', '$5 %d $A $$ 100%', {}, '$5 %d $A $$ 100%'],
    ['other braces as they are', '${1} ${a-b} ${ A } %{if}', {}, '${1} ${a-b} ${ A } %{if}'],
    ['a server reference, escaped for hcl', '${asset.s.n.k}', {}, '$${asset.s.n.k}'],
    ['the first dot only decides', '${ref.db.url:-x}', {}, '$${ref.db.url:-x}'],
  ])('takes %s', (_, text, variables, expected) => {
    expect(interpolate(text, variables)).toBe(expected);
  });

  it('lists every undefined name once, in the order of the text', () => {
    const read = () => interpolate('# ${B}\n${A:-1} ${C} ${B}', { toString: undefined });
    expect(read).toThrow(Failure);
    expect(read).toThrow('undefined variable(s): B, C');
  });

  it('does not take inherited properties for variables', () => {
    expect(() => interpolate('${constructor}', {})).toThrow('undefined variable(s): constructor');
  });
});
