import { describe, expect, it } from 'vitest';
import { type Context, command, text } from '../../../src/cli/command.ts';
import { type Dispatcher, dispatch } from '../../../src/cli/dispatch.ts';
import { asText } from '../../../src/cli/params.ts';
import { formatFailure } from '../../../src/errors.ts';

const say = (name: string, hidden = false) =>
  command({
    name,
    hidden,
    summary: `Say ${name}`,
    params: {
      word: { type: 'positional', metavar: '<word>', doc: '', optional: true, parse: asText },
      rest: { type: 'rest', metavar: '<rest>', doc: '' },
    },
    examples: [],
    run: (_context, { word, rest }) => text([name, word, ...rest].filter(Boolean).join(' ')),
  });

const dispatcher: Dispatcher = {
  commands: [say('help'), say('version'), say('promote'), say('backups:capture'), say('secret', true)],
};

const context = () => ({}) as Context;
const run = (...argv: string[]) => dispatch(dispatcher, argv, context);
const refusal = async (...argv: string[]) =>
  formatFailure(
    await run(...argv).then(
      () => expect.unreachable(),
      error => error,
    ),
  );

describe('dispatch', () => {
  it.each<[string, string[], string]>([
    ['the command that is named', ['promote', 'x'], 'promote x'],
    ['a command of several segments', ['backups:capture', 'x'], 'backups:capture x'],
    ['help where nothing is named', [], 'help'],
    ['--help as help', ['--help'], 'help'],
    ['-h as help', ['-h'], 'help'],
    ['--version as version', ['--version'], 'version'],
    ['a hidden command', ['secret'], 'secret'],
  ])('runs %s', async (_, argv, said) => expect(await run(...argv)).toEqual({ type: 'text', text: said }));

  it.each([
    ['promote', '--help'],
    ['promote', '-h'],
    ['promote', 'x', '--bad', '--help'],
  ])('%s %s explains instead of running', async (...argv) => {
    const reply = await run(...argv);
    expect(reply).toMatchObject({ type: 'text', text: expect.stringContaining('Usage:\n  vd pg:promote') });
  });

  it('leaves --help after -- to the command', async () => {
    expect(await run('promote', '--', '--help')).toEqual({ type: 'text', text: 'promote --help' });
  });

  it('asks for no context where none is needed', async () => {
    const broken = () => {
      throw new Error('no context');
    };
    await expect(dispatch(dispatcher, ['promote', '--help'], broken)).resolves.toMatchObject({
      type: 'text',
    });
    await expect(dispatch(dispatcher, ['promote', '--bad'], broken)).rejects.toThrow('--bad is not a flag');
  });
});

describe('an unknown command', () => {
  it('that is near a known one is asked back', async () => {
    expect(await refusal('promtoe')).toBe(
      'promtoe is not a command of voodu-postgres\nhint: Did you mean vd pg:promote?',
    );
  });

  it('is never answered with a hidden one', async () => {
    expect(await refusal('secrt')).toBe(
      'secrt is not a command of voodu-postgres\nhint: vd pg:help lists the commands.',
    );
  });

  it('otherwise leads to the list', async () => {
    expect(await refusal('frobnicate')).toMatch(/hint: vd pg:help lists the commands\.$/);
  });
});
