/** The project's own sources as text, with what each of them imports. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const root = join(import.meta.dirname, '../..');

export interface Source {
  /** From the repository's root: `src/cli/usage.ts`. */
  readonly path: string;
  readonly text: string;
  /** Without comments. */
  readonly code: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** A path from the repository's root for a file of ours, else the package's or module's name. */
  readonly target: string;
  readonly own: boolean;
  readonly typeOnly: boolean;
}

export function sourceFiles(pattern: string): Source[] {
  return globSync(pattern, { cwd: root })
    .toSorted()
    .map(path => {
      const text = readFileSync(join(root, path), 'utf8');
      const code = withoutComments(text);
      return { path, text, code, imports: importsOf(path, code) };
    });
}

/** Line and block comments; a `//` inside a string survives where a colon precedes it, as in URLs. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|[^:'"`\\])\/\/.*$/gm, '$1');
}

const statement = /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;
const dynamic = /\bimport\('([^']+)'/g;

function importsOf(path: string, code: string): Import[] {
  const found = [...code.matchAll(statement)].map(([, type, target]) => ({
    target: target!,
    typeOnly: type !== undefined,
  }));
  const late = [...code.matchAll(dynamic)].map(([, target]) => ({ target: target!, typeOnly: false }));
  return [...found, ...late].map(({ target, typeOnly }) => {
    const own = target.startsWith('.');
    return { own, typeOnly, target: own ? normalize(join(dirname(path), target)) : packageOf(target) };
  });
}

/** `handlebars/runtime.js` → `handlebars`; `node:fs/promises` stays. */
function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
