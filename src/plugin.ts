/** Who we are, and the ordered list of commands: plugin.yml, help and the README table derive from it. */

import packageJson from '../package.json' with { type: 'json' };
import type { Dispatcher } from './cli/dispatch.ts';
import { check } from './commands/check.ts';
import { defaults } from './commands/defaults.ts';
import { elsewhere } from './commands/elsewhere.ts';
import { expandCommand } from './commands/expand.ts';
import { expose, unexpose } from './commands/expose.ts';
import { help } from './commands/help.ts';
import { info } from './commands/info.ts';
import { link } from './commands/link.ts';
import { list } from './commands/list.ts';
import { newPassword } from './commands/new-password.ts';
import { failover, promote } from './commands/promote.ts';
import { psql } from './commands/psql.ts';
import { rejoin } from './commands/rejoin.ts';
import { unlink } from './commands/unlink.ts';
import { version } from './commands/version.ts';

export const plugin = {
  name: 'postgres',
  version: packageJson.version,
  description: packageJson.description,
  aliases: ['pg'],
  entrypoint: 'bin/voodu-postgres',
} as const;

export const dispatcher: Dispatcher = {
  commands: [
    list,
    info,
    check,
    psql,
    link,
    unlink,
    newPassword,
    expose,
    unexpose,
    promote,
    failover,
    rejoin,
    expandCommand,
    defaults,
    help,
    version,
    ...elsewhere,
  ],
  elsewhere: {
    rotate: 'new-password',
    attach: 'link',
    detach: 'unlink',
    connect: 'psql',
    shell: 'psql',
    switchover: 'promote',
  },
};
