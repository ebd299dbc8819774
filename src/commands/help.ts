import { command, text } from '../cli/command.ts';
import { asText } from '../cli/params.ts';
import { renderTable } from '../cli/table.ts';
import { commandHelp } from '../cli/usage.ts';
import { Failure } from '../errors.ts';
import { plugin } from '../identity.ts';
import { dispatcher } from '../plugin.ts';

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
    more: {
      type: 'positional',
      metavar: '<rest of its name>',
      doc: 'vd splits backups:capture at its colon',
      optional: true,
      parse: asText,
    },
  },
  examples: [
    { line: 'vd pg:help', does: 'all commands' },
    { line: 'vd pg:help promote', does: 'one command, like vd pg:promote --help' },
    { line: 'vd pg:help backups capture', does: 'one whose name has a colon' },
  ],
  run: (_context, { about, more }) => {
    if (about === undefined) return text(overview());
    const name = more === undefined ? about : `${about}:${more}`;
    const found = dispatcher.commands.find(candidate => candidate.name === name);
    if (!found)
      throw new Failure('usage', `${name} is not a command of voodu-postgres`, {
        hint: 'vd pg:help lists the commands.',
      });
    return text(commandHelp(found));
  },
});

/** The overview's sections; a command in none of them would be missing there, which test/unit/commands/plugin.test.ts sees. */
const sections: readonly (readonly [string, readonly string[]])[] = [
  ['Look', ['list', 'info', 'check', 'psql']],
  ['Apps and passwords', ['link', 'unlink', 'new-password', 'expose', 'unexpose']],
  ['Failover', ['promote', 'rejoin']],
  [
    'Backups',
    [
      '',
      ':capture',
      ':logs',
      ':verify',
      ':test',
      ':restore',
      ':download',
      ':delete',
      ':prune',
      ':cancel',
      ':schedule',
    ].map(part => `backups${part}`),
  ],
  ['Physical copies of the whole cluster', ['backup', 'restore']],
  ['The block', ['defaults', 'expand']],
  ['This plugin', ['help', 'version']],
];

export function overview(): string {
  const summaries = new Map(dispatcher.commands.map(({ name, summary }) => [name, summary]));
  const table = renderTable(
    sections.flatMap(([title, names]) => [
      [`\n${title}`],
      ...names.map(name => [`  vd pg:${name}`, summaries.get(name) ?? '']),
    ]),
  );
  return `voodu-postgres ${plugin.version}: ${plugin.description.replace(/^Voodu plugin: /, '')}

  postgres "my-app" "db" {
    image    = "postgres:17"
    replicas = 3
  }
${table}

Begin with
  vd apply -f voodu.hcl
  vd pg:info my-app/db
  vd pg:link my-app/db my-app/web --reads
  vd pg:backups:capture my-app/db --follow

Each command explains itself with --help. A cluster or an app is named <scope>/<name>. Pod n is ordinal n, and --replica n.
`;
}
