/** `dist/voodu-postgres.mjs`: the whole plugin in one file, with what it loads lazily beside it. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { hcl2jsonFiles, hcl2jsonPlugin } from './hcl2json-plugin.ts';
import { templateModule } from './templates-plugin.ts';

const root = join(import.meta.dirname, '../..');

const templates: Plugin = {
  name: 'templates',
  setup(setup) {
    setup.onLoad({ filter: /\.hbs$/ }, ({ path }) => ({
      contents: templateModule(readFileSync(path, 'utf8')),
      loader: 'js',
      resolveDir: root,
    }));
  },
};

/** Dependencies that are CommonJS call `require` for node's own modules. */
const banner = `import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);`;

const out = join(root, 'dist');
mkdirSync(out, { recursive: true });
const result = await build({
  entryPoints: [join(root, 'src/bin.ts')],
  outfile: join(out, 'voodu-postgres.mjs'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  banner: { js: banner },
  external: ['pg-native', 'pg-cloudflare', 'cloudflare:sockets'],
  plugins: [templates, hcl2jsonPlugin()],
  logLevel: 'warning',
});
for (const { from, to } of hcl2jsonFiles) copyFileSync(from, join(out, to));
if (!process.argv.includes('--quiet')) {
  const bytes = Object.values(result.metafile.outputs)[0]?.bytes ?? 0;
  console.log(`dist/voodu-postgres.mjs ${(bytes / 1024).toFixed(0)} KiB`);
}
