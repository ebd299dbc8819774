/** `plugin.yml`. The controller dispatches only what is declared there (contract 1.2), hidden commands included. */
import type { Command } from '../../cli/command.ts';

export interface PluginIdentity {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly aliases: readonly string[];
  readonly entrypoint: string;
}

/** Strings are JSON strings, which YAML reads alike. */
export function renderPluginYml(plugin: PluginIdentity, commands: readonly Command[]): string {
  const lines = [
    '# Generated from src/plugin.ts and src/commands/ by `make generate`.',
    `name: ${plugin.name}`,
    `version: ${JSON.stringify(plugin.version)}`,
    `description: ${JSON.stringify(plugin.description)}`,
    `aliases: [${plugin.aliases.join(', ')}]`,
    `entrypoint: ${plugin.entrypoint}`,
    'commands:',
    ...commands.flatMap(({ name, summary }) => [
      `  - name: ${JSON.stringify(name)}`,
      `    help: ${JSON.stringify(summary)}`,
    ]),
  ];
  return `${lines.join('\n')}\n`;
}
