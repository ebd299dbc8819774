import { command, text } from '../cli/command.ts';
import { plugin } from '../identity.ts';

export const version = command({
  name: 'version',
  summary: 'Print the version of this plugin',
  params: {},
  examples: [{ line: 'vd pg:version', does: 'which version is installed' }],
  run: () => text(`voodu-postgres ${plugin.version}\n`),
});
