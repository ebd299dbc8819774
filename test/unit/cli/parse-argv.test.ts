import { describe, expect, it } from 'vitest';
import { command, text } from '../../../src/cli/command.ts';
import { asText, Unfit } from '../../../src/cli/params.ts';
import { parseArgv } from '../../../src/cli/parse-argv.ts';
import { formatFailure } from '../../../src/errors.ts';
import { failureOf } from '../../support/expansion.ts';

const ordinal = (word: string): number => {
  if (!/^\d$/.test(word)) throw new Unfit('wants an ordinal');
  return Number(word);
};

const sample = command({
  name: 'sample',
  summary: 'A command with one parameter of each kind',
  params: {
    ref: { type: 'positional', metavar: '<ref>', doc: 'cluster', parse: asText },
    extra: { type: 'positional', metavar: '<extra>', doc: 'more', optional: true, parse: asText },
    replica: { type: 'flag', metavar: '<n>', doc: 'ordinal', required: true, parse: ordinal },
    maxAge: {
      type: 'flag',
      metavar: '<age>',
      short: 'm',
      aliases: ['older-than'],
      doc: 'age',
      parse: asText,
    },
    force: { type: 'switch', short: 'f', doc: 'really' },
    words: { type: 'rest', metavar: '<words>', doc: 'for psql' },
  },
  examples: [],
  run: () => text(''),
});

const parse = (...argv: string[]) => parseArgv(sample, argv);
const refusal = (...argv: string[]) => failureOf(() => parse(...argv))?.message;
const base = ['s/n', '--replica', '1'];
const parsedBase = { ref: 's/n', replica: 1, force: false, words: [] };

describe('what is understood', () => {
  it.each<[string, string[], object]>([
    ['flag and value', [...base, '--max-age', '7d'], { maxAge: '7d' }],
    ['flag=value', ['s/n', '--replica=1', '--max-age=7d'], { maxAge: '7d' }],
    ['a value with = in it', [...base, '--max-age=a=b'], { maxAge: 'a=b' }],
    ['an empty value', [...base, '--max-age='], { maxAge: '' }],
    ['a short flag', [...base, '-m', '7d'], { maxAge: '7d' }],
    ['a short flag with =', [...base, '-m=7d'], { maxAge: '7d' }],
    ['an alias', [...base, '--older-than', '7d'], { maxAge: '7d' }],
    ['a switch', [...base, '--force'], { force: true }],
    ['a short switch', [...base, '-f'], { force: true }],
    ['a switch with true', [...base, '--force=true'], { force: true }],
    ['a switch with false', [...base, '--force=false'], { force: false }],
    ['flags before words', ['--force', '--replica', '1', 's/n'], { force: true }],
    ['an optional word', [...base, 'more'], { extra: 'more' }],
    ['a lone dash as a word', [...base, '-'], { extra: '-' }],
    ['a negative number as a word', [...base, '-1'], { extra: '-1' }],
    [
      'everything after --',
      [...base, '--', '-c', 'select 1', '--force'],
      { words: ['-c', 'select 1', '--force'] },
    ],
    ['a -- with nothing after it', [...base, '--'], {}],
    ['a value that begins with a dash, with =', [...base, '--max-age=--force'], { maxAge: '--force' }],
    [
      'what vd passes on of its own flags',
      ['-o', 'json', ...base, '--controller-url=http://x', '-a', 'y'],
      {},
    ],
  ])('%s', (_, argv, expected) => expect(parseArgv(sample, argv)).toEqual({ ...parsedBase, ...expected }));
});

// `vd` splits a bare word at its first colon, unless other characters than [A-Za-z0-9_-] touch it (contract 1.7).
describe('a timestamp that vd has split is put together again', () => {
  it.each([
    [['2026-08-01T10', '00:00Z'], '2026-08-01T10:00:00Z'],
    [['2026-08-01T10', '00'], '2026-08-01T10:00'],
    [['2026-08-01T10', '00Z'], '2026-08-01T10:00Z'],
    [['2026-08-01T10', '00:00.5'], '2026-08-01T10:00:00.5'],
  ])('%j', (words, time) =>
    expect(parse(...base, '--max-age', ...words)).toEqual({ ...parsedBase, maxAge: time }),
  );

  it('and nothing else is', () => {
    expect(parse(...base, '--max-age', '2026-08-01T10:00:00+00:00', '11')).toMatchObject({
      maxAge: '2026-08-01T10:00:00+00:00',
      extra: '11',
    });
    expect(parse(...base, '--max-age', '7d', '00')).toMatchObject({ maxAge: '7d', extra: '00' });
    expect(parse(...base, '--max-age=2026-08-01T10', '00')).toMatchObject({
      maxAge: '2026-08-01T10',
      extra: '00',
    });
  });
});

describe('what is refused, with the way out', () => {
  it.each<[string, string[], string]>([
    ['an unknown flag', [...base, '--frobnicate'], '--frobnicate is not a flag of pg:sample'],
    ['a mistyped flag', [...base, '--froce'], '--froce is not a flag of pg:sample; did you mean --force?'],
    [
      'a mistyped flag with a value',
      ['s/n', '--replcia=1'],
      '--replcia is not a flag of pg:sample; did you mean --replica?',
    ],
    [
      'a flag in camel case',
      [...base, '--maxAge', '1'],
      '--maxAge is not a flag of pg:sample; did you mean --max-age?',
    ],
    ['bundled short switches', [...base, '-fx'], '-fx is not a flag of pg:sample; did you mean -f?'],
    ['a flag without its value', ['s/n', '--replica'], '--replica wants a value: --replica <n>'],
    ['a flag whose value is --', ['s/n', '--replica', '--', '1'], '--replica wants a value: --replica <n>'],
    ['a flag given twice', [...base, '--replica', '2'], '--replica is given twice'],
    [
      'a flag given twice, by its alias',
      [...base, '-m', '1d', '--older-than', '2d'],
      '--older-than is given twice',
    ],
    ['a switch given twice', [...base, '-f', '--force'], '--force is given twice'],
    ['a switch with a value', [...base, '--force=yes'], '--force takes no value, not "yes"'],
    ['a value that does not fit', ['s/n', '--replica', 'one'], '--replica wants an ordinal, not "one"'],
    ['a required flag that is missing', ['s/n'], '--replica <n> is missing'],
    ['a required word that is missing', ['--replica', '1'], '<ref> is missing'],
    ['a word too many', [...base, 'a', 'b'], 'unexpected argument "b"'],
  ])('%s', (_, argv, message) => expect(refusal(...argv)).toBe(message));

  it('is a usage failure that names the help', () => {
    const failure = failureOf(() => parse('--replica'));
    expect(failure?.kind).toBe('usage');
    expect(formatFailure(failure)).toMatch(/\nhint: See vd pg:sample --help\.$/);
  });

  it('a command without parameters takes none', () => {
    const bare = command({ name: 'bare', summary: '', params: {}, examples: [], run: () => text('') });
    expect(parseArgv(bare, [])).toEqual({});
    expect(failureOf(() => parseArgv(bare, ['x']))?.message).toBe('unexpected argument "x"');
    expect(failureOf(() => parseArgv(bare, ['--', 'x']))?.message).toBe('unexpected argument "x"');
  });
});
