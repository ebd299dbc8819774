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

/** The module text for one `.hbs` file. */
export function templateModule(source: string): string {
  const spec = Handlebars.precompile(source, compileOptions);
  return [
    `import { instantiate } from ${JSON.stringify(runtimePath())};`,
    `export default instantiate(${spec});`,
    '',
  ].join('\n');
}

/** Text files that are shipped as they are (scripts without holes). */
export function textModule(source: string): string {
  return `export default ${JSON.stringify(source)};\n`;
}

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
