/** The plugin and the pinned node in one file: a single executable application of node's. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { stripElf } from './elf.ts';
import { hcl2jsonFiles } from './hcl2json-plugin.ts';
import { bringAtomics } from './own-atomics.ts';
import { programOptions } from './plugin-program.ts';
import { type Architecture, runtimeOf } from './runtime.ts';

export interface Executable {
  /** Whether it starts from a snapshot; that takes a machine which can run the architecture's node. */
  readonly snapshot: boolean;
}

export async function buildExecutable(architecture: Architecture, output: string): Promise<Executable> {
  const runtime = runtimeOf(architecture);
  const snapshot = spawnSync(runtime, ['--version']).status === 0;
  const staging = mkdtempSync(join(dirname(output), '.executable-'));
  try {
    writeFileSync(join(staging, 'node'), stripElf(bringAtomics(readFileSync(runtime))), { mode: 0o755 });
    writeFileSync(join(staging, 'voodu-postgres.cjs'), await program());
    for (const { from, to } of hcl2jsonFiles) copyFileSync(from, join(staging, to));
    const config = {
      // The full name of this file ends up in the snapshot; so written it is the same wherever the build runs.
      main: '/proc/self/cwd/voodu-postgres.cjs',
      mainFormat: 'commonjs',
      executable: 'node',
      output: 'voodu-postgres',
      disableExperimentalSEAWarning: true,
      execArgvExtension: 'none',
      // The hash tables stay as they are in the snapshot; laying them out anew takes a sixth of a bare start.
      execArgv: snapshot ? ['--no-rehash-snapshot'] : [],
      useSnapshot: snapshot,
      assets: Object.fromEntries(hcl2jsonFiles.map(({ to }) => [to, to])),
    };
    writeFileSync(join(staging, 'sea.json'), JSON.stringify(config));
    // Hash tables of the snapshot are laid out by the seed. Nothing of this process's environment goes in.
    execFileSync(snapshot ? runtime : process.execPath, ['--random-seed=1', '--build-sea', 'sea.json'], {
      cwd: staging,
      env: {},
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 300_000,
    });
    chmodSync(join(staging, 'voodu-postgres'), 0o755);
    renameSync(join(staging, 'voodu-postgres'), output);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return { snapshot };
}

async function program(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    ...programOptions('asset'),
    entryPoints: ['src/build/executable-main.ts'],
    format: 'cjs',
    outfile: 'voodu-postgres.cjs',
    define: { 'import.meta.dirname': 'vooduProgramDirectory' },
  });
  return outputFiles[0]!.contents;
}
