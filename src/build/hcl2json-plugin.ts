/**
 * Makes `@cdktf/hcl2json` fit into one ESM file. The package reads `main.wasm.gz` from its own directory through
 * fs-extra and requires node's modules; in the bundle the wasm lies beside the file and node's modules are imported.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Plugin } from 'esbuild';

const packageFile = (path: string) => createRequire(import.meta.url).resolve(`@cdktf/hcl2json/${path}`);

/** What a build copies into the directory of the bundle. */
export const hcl2jsonFiles = [{ from: packageFile('main.wasm.gz'), to: 'main.wasm.gz' }] as const;

/** Beside the bundle, or inside the executable as one of its assets. */
export type WasmPlace = 'file' | 'asset';

export function hcl2jsonPlugin(wasm: WasmPlace = 'file'): Plugin {
  const modules = wasm === 'file' ? replacements : { ...replacements, ...assetReplacements };
  return {
    name: 'voodu-hcl2json',
    setup(build) {
      const inPackage = /[\\/]@cdktf[\\/]hcl2json[\\/]/;
      build.onResolve(
        { filter: new RegExp(`^(${Object.keys(modules).join('|')})$`) },
        ({ path, importer }) => (inPackage.test(importer) ? { path, namespace } : undefined),
      );
      build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({ contents: modules[path] ?? '' }));
      build.onLoad({ filter: /[\\/]hcl2json[\\/]lib[\\/]bridge\.js$/ }, ({ path }) => ({
        contents: bridgeModule(readFileSync(path, 'utf8')),
      }));
    },
  };
}

const namespace = 'voodu-hcl2json';

/** What the package requires → the module it gets. These are ES modules, so they work without a `require`. */
const replacements: Readonly<Record<string, string>> = {
  crypto: `export * from 'node:crypto';`,
  fs: `export * from 'node:fs';`,
  'fs-extra': `export { readFile } from 'node:fs/promises';`,
  path: `export * from 'node:path';`,
  performance: `export { performance as default } from 'node:perf_hooks';`,
  util: `export * from 'node:util';`,
  'voodu:bundle-directory': [
    `import { fileURLToPath } from 'node:url';`,
    `export const directory = fileURLToPath(new URL('.', import.meta.url));`,
  ].join('\n'),
  zlib: `export * from 'node:zlib';`,
};

const assetReplacements: Readonly<Record<string, string>> = {
  'fs-extra': `import { getRawAsset } from 'node:sea'; export const readFile = async path => Buffer.from(getRawAsset(path));`,
  'voodu:bundle-directory': `export const directory = '';`,
};

/**
 * The bridge with two changes: where the wasm lies, and that a wasm that cannot be loaded rejects the call instead of
 * leaving it to wait for ever. A new release of the package that no longer has these lines stops the build.
 */
function bridgeModule(source: string): string {
  const changes: readonly (readonly [string, string])[] = [
    [
      `(0, path_1.join)(__dirname, "..", "main.wasm.gz")`,
      `(0, path_1.join)(require("voodu:bundle-directory").directory, "main.wasm.gz")`,
    ],
    [`let ready = false;`, `let ready = false;\n    let failed;`],
    [
      `init().catch((error) => {\n        throw error;\n    });`,
      `init().catch((error) => {\n        failed = error;\n    });`,
    ],
    [`while (!ready) {`, `while (!ready) {\n                    if (failed) throw failed;`],
  ];
  return changes.reduce(
    (text, [from, to]) => {
      if (text.split(from).length !== 2) throw new Error(`hcl2json's bridge.js does not have once: ${from}`);
      return text.replace(from, () => to);
    },
    source.replace(/^\/\/# sourceMappingURL=.*$/m, ''),
  );
}
