/** Help, rendered from a command's declaration. Returns text; printing is main's. */
import type { Command } from './command.ts';
import type { Param } from './params.ts';
import { kebab } from './parse-argv.ts';
import { renderTable } from './table.ts';

/** `vd pg:promote <ref> --replica <n> [--force]` */
export function usageLine(command: Command): string {
  return [
    `vd pg:${command.name}`,
    ...Object.entries(command.params).map(([name, param]) => usageWord(name, param)),
  ].join(' ');
}

function usageWord(name: string, param: Param): string {
  switch (param.type) {
    case 'positional':
      return param.optional ? `[${param.metavar}]` : param.metavar;
    case 'switch':
      return `[--${kebab(name)}]`;
    case 'flag': {
      const word = `${param.short === undefined ? `--${kebab(name)}` : `-${param.short}`} ${param.metavar}`;
      return param.required ? word : `[${word}]`;
    }
    case 'rest':
      return `[-- ${param.metavar}]`;
  }
}

export function commandHelp(command: Command): string {
  const rows = Object.entries(command.params).map(([name, param]) => [
    `  ${paramNames(name, param)}`,
    param.doc,
  ]);
  const sections = [command.summary, `Usage:\n  ${usageLine(command)}`];
  if (command.details !== undefined) sections.push(command.details.trim());
  if (rows.length > 0) sections.push(`Arguments and flags:\n${renderTable(rows)}`);
  if (command.examples.length > 0)
    sections.push(
      `Examples:\n${command.examples.map(({ line, does }) => `  # ${does}\n  ${line}`).join('\n\n')}`,
    );
  return `${sections.join('\n\n')}\n`;
}

function paramNames(name: string, param: Param): string {
  switch (param.type) {
    case 'positional':
      return param.metavar;
    case 'rest':
      return `-- ${param.metavar}`;
    case 'switch':
      return [...(param.short === undefined ? [] : [`-${param.short}`]), `--${kebab(name)}`].join(', ');
    case 'flag': {
      const names = [
        ...(param.short === undefined ? [] : [`-${param.short}`]),
        `--${kebab(name)}`,
        ...(param.aliases ?? []).map(alias => `--${alias}`),
      ];
      return `${names.join(', ')} ${param.metavar}`;
    }
  }
}
