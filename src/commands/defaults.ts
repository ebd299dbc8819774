import { command, text } from '../cli/command.ts';
import { renderTable } from '../cli/table.ts';
import { fields } from '../spec/fields.ts';

export const defaults = command({
  name: 'defaults',
  summary: 'Print every field of a postgres block with its default',
  params: {},
  examples: [{ line: 'vd pg:defaults', does: 'the whole block, ready to copy from' }],
  run: () => text(renderDefaults()),
});

function renderDefaults(): string {
  const own = fields.filter(field => field.owner === 'plugin');
  const handedOn = fields.filter(field => field.owner === 'statefulset');
  const rows = own.map(field => [
    `  ${field.default === undefined ? `# ${field.name}` : field.name}`,
    `= ${field.default ?? '…'}`,
    `# ${field.doc}`,
  ]);
  const rest = handedOn.map(field => [`  # ${field.name}`, `# ${field.doc}`]);
  return `postgres "scope" "name" {\n${renderTable(rows)}\n\n  # Handed on to the statefulset:\n${renderTable(rest)}\n}\n`;
}
