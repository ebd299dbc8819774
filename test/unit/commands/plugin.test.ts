import { describe, expect, it } from 'vitest';
import type { Context, Reply } from '../../../src/cli/command.ts';
import { dispatch } from '../../../src/cli/dispatch.ts';
import { plugin } from '../../../src/identity.ts';
import { dispatcher } from '../../../src/plugin.ts';
import { fields } from '../../../src/spec/fields.ts';

const run = async (...argv: string[]): Promise<Reply> => dispatch(dispatcher, argv, () => ({}) as Context);
const textOf = async (...argv: string[]) => {
  const reply = await run(...argv);
  if (reply.type !== 'text') throw new Error(reply.type);
  return reply.text;
};

it('help lists every command that is not hidden', async () => {
  const overview = await textOf('help');
  for (const { name, hidden } of dispatcher.commands)
    expect(overview.includes(`  vd pg:${name} `)).toBe(!hidden);
});

it('help of a command is its --help', async () => {
  for (const { name } of dispatcher.commands)
    expect(await textOf('help', name)).toBe(await textOf(name, '--help'));
});

it('help of an unknown command says where the list is', async () => {
  await expect(run('help', 'frobnicate')).rejects.toMatchObject({
    kind: 'usage',
    hint: 'vd pg:help lists the commands.',
  });
});

it('defaults names every field once', async () => {
  const text = await textOf('defaults');
  for (const { name } of fields)
    expect(text.match(new RegExp(`^ *(# )?${name} `, 'gm')), name).toHaveLength(1);
});

it("version is the package's", async () =>
  expect(await textOf('--version')).toBe(`voodu-postgres ${plugin.version}\n`));

describe('the list of commands', () => {
  it('names each once, in characters vd passes on whole (contract 1.7)', () => {
    const names = dispatcher.commands.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z-]*(:[a-z][a-z-]*)?$/);
  });

  it('has what a controller and vd call without being asked to (contract 0.3, 1.7)', () => {
    const names = dispatcher.commands.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['expand', 'help']));
  });

  it('leads people who come from elsewhere to commands that are there, whatever else they typed', async () => {
    const names = dispatcher.commands.map(({ name }) => name);
    for (const { name } of dispatcher.commands.filter(({ anyWords }) => anyWords)) {
      const failure = await run(name, 'a', 'b', '--image', 'x').catch((error: { hint: string }) => error);
      const hint = (failure as { hint: string }).hint;
      for (const [, pointed] of hint.matchAll(/vd pg:([\w:-]+)/g)) expect(names, hint).toContain(pointed);
    }
  });
});
