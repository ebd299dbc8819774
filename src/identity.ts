/** What this plugin is called, and which version it is. */
import packageJson from '../package.json' with { type: 'json' };

export const plugin = {
  name: 'postgres',
  version: packageJson.version,
  description: packageJson.description,
  aliases: ['pg'],
  entrypoint: 'bin/voodu-postgres',
} as const;
