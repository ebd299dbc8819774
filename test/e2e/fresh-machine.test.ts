/**
 * A machine with git, make, curl and Node 20: the install hook there, and the README's commands in a clone
 * (test/fresh/machine.sh).
 */
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';

const script = join(import.meta.dirname, '../fresh/machine.sh');
const budgetMs = 20 * 60_000;

it('installs, previews a block and passes the tests that need no docker', {
  timeout: budgetMs + 60_000,
}, async () => {
  const { exitCode, all } = await execa('bash', [script], {
    all: true,
    reject: false,
    stdin: 'ignore',
    timeout: budgetMs,
  });
  const lastLine = all.trimEnd().split('\n').at(-1);
  expect({ exitCode, lastLine }, all.slice(-5000)).toEqual({
    exitCode: 0,
    lastLine: expect.stringMatching(/^[1-9]\d+ passed, 0 failed$/),
  });
});
