import { command, text } from '../cli/command.ts';
import { asText } from '../cli/params.ts';
import { renderTable } from '../cli/table.ts';
import { commandHelp } from '../cli/usage.ts';
import { Failure } from '../errors.ts';
import { dispatcher, plugin } from '../plugin.ts';

export const help = command({
  name: 'help',
  summary: 'Overview of this plugin, or the help of one command',
  params: {
    about: {
      type: 'positional',
      metavar: '<command>',
      doc: 'the command to explain',
      optional: true,
      parse: asText,
    },
  },
  examples: [
    { line: 'vd pg:help', does: 'all commands' },
    { line: 'vd pg:help promote', does: 'one command, like vd pg:promote --help' },
  ],
  run: (_context, { about }) => {
    if (about === undefined) return text(overview());
    const found = dispatcher.commands.find(candidate => candidate.name === about);
    if (!found)
      throw new Failure('usage', `${about} is not a command of voodu-postgres`, {
        hint: 'vd pg:help lists the commands.',
      });
    return text(commandHelp(found));
  },
});

function overview(): string {
  const rows = dispatcher.commands
    .filter(({ hidden }) => !hidden)
    .map(({ name, summary }) => [`  vd pg:${name}`, summary]);
  return `voodu-postgres ${plugin.version}: ${plugin.description}

A block in your voodu.hcl:

  postgres "my-app" "db" {
    image    = "postgres:17"
    replicas = 3
  }

Commands:
${renderTable(rows)}

Each command explains itself with --help. Refs are <scope>/<name>, for example my-app/db.
`;
}
