/**
 * `dist/`: the plugin for a node that is there. `voodu-postgres.mjs` is what every start reads; what commands load
 * lazily lies beside it. Files that would not change are not touched, so a build may run beside the plugin.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { hcl2jsonFiles } from './hcl2json-plugin.ts';
import { programOptions, root } from './plugin-program.ts';

export interface Bundle {
  /** File name → content. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The source files whose code every start evaluates. */
  readonly startInputs: readonly string[];
  readonly startBytes: number;
}

/** Node 22.0 to 22.2 do not have it yet; commonjs dependencies use `require` where they compute a name. */
const banner = `process.getBuiltinModule??=(await import('node:module')).createRequire(import.meta.url);`;

export async function makeBundle(): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    ...programOptions('file'),
    entryPoints: { 'voodu-postgres': 'src/bin.ts' },
    format: 'esm',
    splitting: true,
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    banner: { js: banner },
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), contents]));
  for (const { from, to } of hcl2jsonFiles) files.set(to, readFileSync(from));
  const loaded = new Set(['dist/voodu-postgres.mjs']);
  for (const output of loaded)
    for (const { path, kind } of metafile.outputs[output]!.imports)
      if (kind === 'import-statement' && path in metafile.outputs) loaded.add(path);
  const atStart = [...loaded].map(output => metafile.outputs[output]!);
  return {
    files,
    startInputs: atStart.flatMap(({ inputs }) => Object.keys(inputs)).toSorted(),
    startBytes: atStart.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** The entry goes last: it names the others. */
export function writeBundle({ files }: Bundle, directory: string): void {
  mkdirSync(directory, { recursive: true });
  const entryLast = [...files].toSorted(([a], [b]) => Number(isEntry(a)) - Number(isEntry(b)));
  for (const [name, content] of entryLast) replaceFile(join(directory, name), content);
  for (const name of readdirSync(directory))
    if (/\.(mjs|gz)$/.test(name) && !files.has(name)) rmSync(join(directory, name));
}

const isEntry = (name: string) => name === 'voodu-postgres.mjs';

function replaceFile(path: string, content: Uint8Array): void {
  try {
    if (readFileSync(path).equals(content)) return;
  } catch {
    // not there yet
  }
  const next = `${path}.${process.pid}`;
  writeFileSync(next, content);
  renameSync(next, path);
}

if (import.meta.main) {
  const bundle = await makeBundle();
  writeBundle(bundle, join(root, 'dist'));
  if (!process.argv.includes('--quiet')) {
    const total = [...bundle.files.values()].reduce((sum, { length }) => sum + length, 0);
    const kib = (bytes: number) => `${(bytes / 1024).toFixed(0)} KiB`;
    console.log(`dist/ ${kib(total)}, of which a start reads ${kib(bundle.startBytes)}`);
  }
}
