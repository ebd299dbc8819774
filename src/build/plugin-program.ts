/** The plugin as esbuild's input: what the bundle and the executable have in common. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';
import { builtinsPlugin } from './builtins-plugin.ts';
import { hcl2jsonPlugin, type WasmPlace } from './hcl2json-plugin.ts';
import { templateModule } from './templates-plugin.ts';

export const root = join(import.meta.dirname, '../..');

export const packageJson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly optionalDependencies: Readonly<Record<string, string>>;
};

const templates: Plugin = {
  name: 'voodu-templates',
  setup(setup) {
    setup.onLoad({ filter: /\.hbs$/ }, ({ path }) => ({
      contents: templateModule(readFileSync(path, 'utf8')),
      loader: 'js',
      resolveDir: root,
    }));
  },
};

/** Nothing in the output depends on where or when it is built. */
export function programOptions(wasm: WasmPlace) {
  return {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    target: 'node22',
    minify: true,
    keepNames: false,
    legalComments: 'none',
    metafile: true,
    write: false,
    external: ['pg-native', 'pg-cloudflare', 'cloudflare:sockets'],
    plugins: [builtinsPlugin, templates, hcl2jsonPlugin(wasm)],
    logLevel: 'warning',
  } as const satisfies BuildOptions;
}
