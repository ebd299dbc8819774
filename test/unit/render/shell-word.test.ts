import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { shellWord } from '../../../src/render/shell-word.ts';
import { nastyStrings } from '../../support/nasty-strings.ts';

it.each(['sh', 'bash'])('%s reads every nasty string back as one word', shell => {
  const words = ['', ' ', ...nastyStrings];
  const script = `for word in ${words.map(shellWord).join(' ')}; do printf '%s\\0' "$word"; done`;
  const read = execFileSync(shell, ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
  expect(read).toEqual(words);
});

it.each(['plain', 'a/b.c', 'K=v', 'a@b:5432', '50%', 'a,b+c-d_e'])('%s stays as it is', word =>
  expect(shellWord(word)).toBe(word),
);
