/**
 * Handlebars templates become modules that need only `handlebars/runtime`.
 * One compile function serves esbuild and vitest, so a test renders the bytes the bundle ships.
 */
import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';

const compileOptions = {
  strict: true,
  noEscape: true,
  knownHelpersOnly: true,
  knownHelpers: { conf: true, sh: true, entries: true },
} as const;

/** The module text for one `.hbs` file. Most are scripts without a hole: these are their text, and need no runtime. */
export function templateModule(source: string): string {
  const text = textWithoutHoles(source);
  if (text !== undefined) return `const text = ${JSON.stringify(text)};\nexport default () => text;\n`;
  const spec = Handlebars.precompile(source, compileOptions);
  return [
    `import { instantiate } from ${JSON.stringify(runtimePath())};`,
    `export default instantiate(${spec});`,
    '',
  ].join('\n');
}

function textWithoutHoles(source: string): string | undefined {
  const parts = Handlebars.parse(source).body.map(part =>
    part.type === 'CommentStatement' ? '' : part.type === 'ContentStatement' ? contentOf(part) : undefined,
  );
  return parts.includes(undefined) ? undefined : parts.join('');
}

const contentOf = (part: hbs.AST.Statement) => (part as hbs.AST.ContentStatement).value;

function runtimePath(): string {
  return new URL('../render/template-runtime.ts', import.meta.url).pathname;
}

const isTemplate = (id: string) => id.endsWith('.hbs');

/** For vitest (vite's plugin shape). */
export function templatesPlugin() {
  return {
    name: 'voodu-templates',
    enforce: 'pre' as const,
    load(id: string) {
      const path = id.split('?')[0] ?? id;
      return isTemplate(path) ? templateModule(readFileSync(path, 'utf8')) : undefined;
    },
  };
}
