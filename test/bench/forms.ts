/** The plugin as the install hook leaves it, in each of its forms. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeBundle, writeBundle } from '../../src/build/bundle.ts';
import { buildExecutable } from '../../src/build/executable.ts';
import { root } from '../../src/build/plugin-program.ts';
import { architectures, runtimeOf } from '../../src/build/runtime.ts';

export interface Forms {
  /** The node that runs the bundle, and that the executable is made from. */
  readonly runtime: string;
  /** Form → its launcher. */
  readonly launchers: Readonly<Record<'executable' | 'bundle', string>>;
}

export async function installForms(directory: string): Promise<Forms> {
  const architecture = architectures.find(name => spawnSync(runtimeOf(name), ['--version']).status === 0);
  if (architecture === undefined) throw new Error('this machine runs none of the pinned nodes');
  const runtime = runtimeOf(architecture);
  const place = (form: string) => {
    mkdirSync(join(directory, form, 'bin'), { recursive: true });
    const launcher = join(directory, form, 'bin/voodu-postgres');
    copyFileSync(join(root, 'bin/voodu-postgres'), launcher);
    return launcher;
  };
  const launchers = { executable: place('executable'), bundle: place('bundle') };
  await buildExecutable(architecture, `${launchers.executable}.bin`);
  writeBundle(await makeBundle(), join(directory, 'bundle/dist'));
  writeFileSync(join(directory, 'bundle/dist/node-path'), `${runtime}\n`);
  return { runtime, launchers };
}
