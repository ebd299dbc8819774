/** Brings generated files up to date, or only says which are stale. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { GeneratedFile } from './generated-files.ts';

const root = join(import.meta.dirname, '../../..');

/** `check`: nothing is written, and a stale file makes the process fail. */
export function writeGenerated(files: readonly GeneratedFile[], check: boolean): void {
  for (const { path, render } of files) {
    const current = read(path);
    const wanted = render(current ?? '');
    if (current === wanted) continue;
    if (check) {
      console.error(`${path} is stale: run make generate, and commit the result`);
      process.exitCode = 1;
    } else {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), wanted);
      console.log(`wrote ${path}`);
    }
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}
