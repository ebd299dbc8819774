/**
 * Node's own modules, fetched with `process.getBuiltinModule` instead of an import: importing `node:fs` as an ES module
 * reads all its exports, and the lazy ones among them load node's streams. That is a quarter of a bare start.
 */
import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

const namespace = 'voodu-builtin';

export const builtinsPlugin: Plugin = {
  name: 'voodu-builtins',
  setup(build) {
    let importers = 0;
    build.onResolve({ filter: /^[a-z][a-z0-9_:/]*$/ }, ({ path }) =>
      // A suffix of its own for each importer: a module two chunks share would become a third, a file more to open.
      isBuiltin(path)
        ? { path: path.replace(/^node:/, ''), namespace, suffix: `?${importers++}` }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(`node:${path}`)});`,
    }));
  },
};
