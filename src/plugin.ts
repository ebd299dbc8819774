/** Who we are, and the ordered list of commands: plugin.yml, help and the README table derive from it. */
import type { Dispatcher } from './cli/dispatch.ts';
import { defaults } from './commands/defaults.ts';
import { expandCommand } from './commands/expand.ts';
import { help } from './commands/help.ts';
import { version } from './commands/version.ts';
import packageJson from '../package.json' with { type: 'json' };

export const plugin = {
  name: 'postgres',
  version: packageJson.version,
  description: packageJson.description,
  aliases: ['pg'],
  entrypoint: 'bin/voodu-postgres',
} as const;

export const dispatcher: Dispatcher = {
  commands: [expandCommand, defaults, help, version],
  elsewhere: {},
};
