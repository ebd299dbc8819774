/** Writes what derives from declarations: plugin.yml and README.md's tables. `--check` only says which file is stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedFiles } from './docs/generated-files.ts';

const root = join(import.meta.dirname, '../..');
const check = process.argv.includes('--check');

for (const { path, render } of generatedFiles) {
  const current = read(path);
  const wanted = render(current ?? '');
  if (current === wanted) continue;
  if (check) {
    console.error(`${path} is stale: run make generate, and commit the result`);
    process.exitCode = 1;
  } else {
    writeFileSync(join(root, path), wanted);
    console.log(`wrote ${path}`);
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}
