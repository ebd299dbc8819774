import { expect, it } from 'vitest';
import { renderTable } from '../../../src/cli/table.ts';

it('columns line up and no line ends in spaces', () => {
  expect(renderTable([['a', 'bb', 'c'], ['aaa', 'b', ''], ['a']])).toBe('a    bb  c\naaa  b\na');
});

it('nothing is nothing', () => expect(renderTable([])).toBe(''));
