/**
 * argv → values. Strict: an unknown flag, a missing value or a word too many is an error that names the way out.
 * Takes `--flag value` and `--flag=value` alike; the real `vd` splits a bare word at its first colon
 * (contract 1.7), so a split timestamp is put together again where one flag is followed by two such halves.
 */
import { Failure } from '../errors.ts';
import { nearest } from '../spec/nearest.ts';
import type { Command } from './command.ts';
import { type Flag, type Param, type Params, type Positional, type Switch, Unfit } from './params.ts';

type Named = Flag<unknown> | Switch;

/**
 * Flags that `vd` has acted on already and passes on all the same, each with a value (contract 1.7): for a download from
 * another machine it adds `-o json` itself.
 */
const flagsOfVd: ReadonlySet<string> = new Set(['-o', '--output', '--controller-url', '-a', '--app']);

export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`);
}

export function parseArgv(command: Command, argv: readonly string[]): Record<string, unknown> {
  const params: Params = command.params;
  const named = namedParams(params);
  const values: Record<string, unknown> = {};
  const words: string[] = [];
  const rest = Object.entries(params).find(([, param]) => param.type === 'rest')?.[0];
  for (const [name, param] of Object.entries(params)) if (param.type === 'switch') values[name] = false;

  let index = 0;
  while (index < argv.length) {
    const word = argv[index++]!;
    if (word === '--') {
      if (rest === undefined) words.push(...argv.slice(index));
      else values[rest] = argv.slice(index);
      break;
    }
    if (!/^-./.test(word) || /^-\d/.test(word)) {
      words.push(word);
      continue;
    }
    const { flag, inline } = splitFlag(word);
    const found = named.get(flag);
    if (!found && flagsOfVd.has(flag)) {
      if (inline === undefined) index++;
      continue;
    }
    if (!found) throw unknownFlag(command, flag, named);
    const [name, param] = found;
    if (name in values && values[name] !== false) throw usage(command, `${flag} is given twice`);
    if (param.type === 'switch') {
      if (inline !== undefined && !/^(true|false)$/.test(inline))
        throw usage(command, `${flag} takes no value, not ${JSON.stringify(inline)}`);
      values[name] = inline !== 'false';
      continue;
    }
    let value = inline ?? argv[index];
    if (value === undefined || (inline === undefined && (value === '--' || named.has(value))))
      throw usage(command, `${flag} wants a value: ${flag} ${param.metavar}`);
    if (inline === undefined) {
      index++;
      if (isFirstHalfOfTime(value) && isSecondHalfOfTime(argv[index])) value = `${value}:${argv[index++]}`;
    }
    values[name] = parseValue(command, flag, param, value);
  }
  takePositionals(command, params, words, values);
  for (const [name, param] of Object.entries(params)) {
    if (param.type === 'flag' && param.required && values[name] === undefined)
      throw usage(command, `--${kebab(name)} ${param.metavar} is missing`);
    if (param.type === 'rest') values[name] ??= [];
  }
  return values;
}

function namedParams(params: Params): Map<string, [string, Named]> {
  const named = new Map<string, [string, Named]>();
  for (const [name, param] of Object.entries(params)) {
    if (param.type !== 'flag' && param.type !== 'switch') continue;
    named.set(`--${kebab(name)}`, [name, param]);
    if (param.short !== undefined) named.set(`-${param.short}`, [name, param]);
    if (param.type === 'flag')
      for (const alias of param.aliases ?? []) named.set(`--${alias}`, [name, param]);
  }
  return named;
}

function splitFlag(word: string): { flag: string; inline: string | undefined } {
  const equals = word.indexOf('=');
  return equals === -1
    ? { flag: word, inline: undefined }
    : { flag: word.slice(0, equals), inline: word.slice(equals + 1) };
}

const isFirstHalfOfTime = (word: string) => /^\d{4}-\d\d-\d\dT\d\d$/.test(word);
const isSecondHalfOfTime = (word: string | undefined) =>
  word !== undefined && /^\d\d(:\d\d(\.\d+)?)?Z?$/.test(word);

function parseValue(
  command: Command,
  what: string,
  param: Flag<unknown> | Positional<unknown>,
  word: string,
): unknown {
  try {
    return param.parse(word);
  } catch (error) {
    if (error instanceof Unfit) throw usage(command, `${what} ${error.message}, not ${JSON.stringify(word)}`);
    throw error;
  }
}

function takePositionals(
  command: Command,
  params: Params,
  words: string[],
  values: Record<string, unknown>,
): void {
  const positionals = Object.entries(params).filter((entry): entry is [string, Positional<unknown>] =>
    isPositional(entry[1]),
  );
  for (const [name, param] of positionals) {
    const word = words.shift();
    if (word === undefined) {
      if (!param.optional) throw usage(command, `${param.metavar} is missing`);
      continue;
    }
    values[name] = parseValue(command, param.metavar, param, word);
  }
  if (words.length > 0) throw usage(command, `unexpected argument ${JSON.stringify(words[0])}`);
}

const isPositional = (param: Param): param is Positional<unknown> => param.type === 'positional';

function unknownFlag(command: Command, flag: string, named: Map<string, unknown>): Failure {
  const close = nearest(flag, named.keys());
  return usage(
    command,
    `${flag} is not a flag of pg:${command.name}${close === undefined ? '' : `; did you mean ${close}?`}`,
  );
}

function usage(command: Command, text: string): Failure {
  return new Failure('usage', text, { hint: `See vd pg:${command.name} --help.` });
}
