/**
 * `make bench`: measures, and asserts nothing. Each `*.bench.ts` beside this file is a section; it exports
 * `bench: Section`. Words on the command line choose sections by file name: `node test/bench/bench.ts start`.
 */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { renderTable } from '../../src/cli/table.ts';

/** Column → cell; the columns of the first row are the table's. */
export type Row = Readonly<Record<string, string>>;

export interface Section {
  readonly name: string;
  /** Takes a minute or two at most, and leaves nothing behind. */
  run(): Promise<readonly Row[]>;
}

async function main(words: readonly string[]): Promise<void> {
  const files = readdirSync(import.meta.dirname).filter(file => file.endsWith('.bench.ts'));
  const chosen = files.filter(file => words.length === 0 || words.includes(basename(file, '.bench.ts')));
  for (const file of chosen.toSorted()) {
    const { bench } = (await import(`./${file}`)) as { bench: Section };
    console.log(`\n${bench.name}\n`);
    console.log(render(await bench.run()));
  }
}

function render(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  return renderTable([columns, ...rows.map(row => columns.map(column => row[column] ?? ''))]);
}

if (import.meta.main) await main(process.argv.slice(2));
