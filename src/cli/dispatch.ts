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
  const values = command.anyWords ? {} : parseArgv(command, args);
  return command.run(context(), values as Values<Command['params']>);
}

const spellings: Readonly<Record<string, string>> = {
  '--version': 'version',
  '-v': 'version',
  '--help': 'help',
  '-h': 'help',
};
const canonical = (name: string) => (Object.hasOwn(spellings, name) ? spellings[name] : name);

function unknownCommand({ commands }: Dispatcher, name: string): Failure {
  const visible = commands.filter(command => !command.hidden).map(command => command.name);
  const close = nearest(name, visible);
  return new Failure('usage', `${name} is not a command of voodu-postgres`, {
    hint: close === undefined ? 'vd pg:help lists the commands.' : `Did you mean vd pg:${close}?`,
  });
}
