/** What `vd` makes of its words before anything is sent (contract 1.7). */

const VALUE_FLAGS = new Set([
  ...['-a', '--app', '-f', '--file', '-r', '--remote', '-o', '--output'],
  ...['--controller-url', '--replicas', '--format'],
]);
const BUILT_IN = new Set([
  ...[
    'apply',
    'apps',
    'config',
    'delete',
    'deploy',
    'describe',
    'diff',
    'exec',
    'get',
    'help',
    'logs',
    'pat',
    'plugins',
  ],
  ...[
    'release',
    'restart',
    'rollback',
    'run',
    'self-update',
    'server',
    'setup',
    'start',
    'stats',
    'stop',
    'version',
  ],
]);
const IDENT = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/;

export type Invocation =
  | {
      readonly to: 'plugin';
      readonly plugin: string;
      readonly command: string;
      readonly args: string[];
      readonly json: boolean;
    }
  | { readonly to: 'remote'; readonly remote: string }
  | { readonly to: 'built-in'; readonly words: string[] }
  | { readonly to: 'nowhere'; readonly words: string[] };

export function readArgv(words: readonly string[]): Invocation {
  const remote = remoteFlag(words);
  if (remote !== undefined) return { to: 'remote', remote };
  const argv = splitColons(words);
  const rest = afterLeadingFlags(argv);
  const [plugin = '', command = '', ...args] = rest;
  if (BUILT_IN.has(plugin)) return { to: 'built-in', words: rest };
  if (!isIdent(plugin)) return { to: 'nowhere', words: rest };
  const json = outputFormat(argv) === 'json';
  if (argv.length === 2 && (command === '-h' || command === '--help')) {
    return { to: 'plugin', plugin, command: 'help', args: [], json };
  }
  if (command === '' || !command.split(':').every(isIdent)) return { to: 'nowhere', words: rest };
  return { to: 'plugin', plugin, command, args, json };
}

/**
 * `a:b[:c]` becomes two tokens at its first colon, anywhere on the line, unless it is a flag or the value of a flag the
 * CLI knows. `config:set REF` and `config:unset REF` are turned around as well.
 */
export function splitColons(words: readonly string[]): string[] {
  const out: string[] = [];
  const moved = new Set<number>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (moved.has(i)) continue;
    out.push(word);
    if (takesValue(word)) {
      if (i + 1 < words.length) out.push(words[++i]!);
      continue;
    }
    const pair = splitAtColon(word);
    if (pair === undefined) continue;
    out.pop();
    const next =
      pair[0] === 'config' && /^(un)?set$/.test(pair[1]) ? nextPositional(words, i + 1) : undefined;
    if (next === undefined || words[next]!.includes('=')) {
      out.push(...pair);
      continue;
    }
    // Only a word without a colon is really moved: one with a colon is split again at its own place.
    if (splitAtColon(words[next]!) === undefined) moved.add(next);
    out.push(pair[0], words[next]!, pair[1]);
  }
  return out;
}

function splitAtColon(word: string): [string, string] | undefined {
  const colon = word.indexOf(':');
  if (colon < 0 || word.startsWith('-')) return undefined;
  const left = word.slice(0, colon);
  const right = word.slice(colon + 1);
  return isIdent(left) && right.split(':').every(isIdent) ? [left, right] : undefined;
}

function nextPositional(words: readonly string[], from: number): number | undefined {
  for (let i = from; i < words.length; i++) {
    if (!words[i]!.startsWith('-')) return i;
    if (takesValue(words[i]!)) i++;
  }
  return undefined;
}

function afterLeadingFlags(argv: readonly string[]): string[] {
  let i = 0;
  while (i < argv.length && argv[i]!.startsWith('-')) {
    if (argv[i] === '--') return argv.slice(i + 1);
    i += takesValue(argv[i]!) && i + 1 < argv.length ? 2 : 1;
  }
  return argv.slice(i);
}

/** `-r` belongs to the CLI wherever it stands: it names an SSH remote, and nothing is sent to this controller. */
function remoteFlag(words: readonly string[]): string | undefined {
  for (const [i, word] of words.entries()) {
    if (word === '--') return undefined;
    const joined = /^(?:-r|--remote)=(.*)$/.exec(word);
    if (joined !== null) return joined[1]!;
    if (word === '-r' || word === '--remote') return words[i + 1] ?? '';
  }
  return undefined;
}

/** Root flags are honoured after the plugin word too, up to the first flag the CLI does not know. */
function outputFormat(argv: readonly string[]): string {
  let format = 'text';
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (!word.startsWith('-') || word === '-') continue;
    const joined = /^(-o|--output)=?(.+)$/.exec(word);
    if (joined !== null && (joined[1] === '-o' || word.includes('='))) format = joined[2]!;
    else if (word === '-o' || word === '--output') format = argv[++i] ?? format;
    else if (word === '--controller-url') i++;
    else if (!word.startsWith('--controller-url=')) return format;
  }
  return format;
}

const takesValue = (word: string) => VALUE_FLAGS.has(word);
const isIdent = (word: string) => IDENT.test(word);
