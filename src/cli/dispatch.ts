/** argv → the command → its reply. Knows commands, not postgres. */
import { Failure } from '../errors.ts';
import { nearest } from '../spec/nearest.ts';
import type { Command, Context, Reply } from './command.ts';
import { text } from './command.ts';
import type { Values } from './params.ts';
import { parseArgv } from './parse-argv.ts';
import { commandHelp } from './usage.ts';

export interface Dispatcher {
  readonly commands: readonly Command[];
  /** Names people type who come from elsewhere, and what to type here. */
  readonly elsewhere: Readonly<Record<string, string>>;
}

export async function dispatch(
  dispatcher: Dispatcher,
  argv: readonly string[],
  context: () => Context,
): Promise<Reply> {
  const [name = 'help', ...args] = argv;
  const command = dispatcher.commands.find(candidate => candidate.name === canonical(name));
  if (!command) throw unknownCommand(dispatcher, name);
  const flags = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  if (flags.includes('--help') || flags.includes('-h')) return text(commandHelp(command));
  const values = parseArgv(command, args) as Values<Command['params']>;
  return command.run(context(), values);
}

const spellings: Readonly<Record<string, string>> = {
  '--version': 'version',
  '-v': 'version',
  '--help': 'help',
  '-h': 'help',
};
const canonical = (name: string) => (Object.hasOwn(spellings, name) ? spellings[name] : name);

function unknownCommand({ commands, elsewhere }: Dispatcher, name: string): Failure {
  const visible = commands.filter(command => !command.hidden).map(command => command.name);
  const close = (Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined) ?? nearest(name, visible);
  return new Failure('usage', `${name} is not a command of voodu-postgres`, {
    hint: close === undefined ? 'vd pg:help lists the commands.' : `Did you mean vd pg:${close}?`,
  });
}
