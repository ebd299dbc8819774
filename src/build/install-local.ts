/**
 * `make install-local`: the plugin with the pinned node, as a plain directory under a controller's plugins root.
 * Put together beside its place and renamed into it, so the controller never reads half of it. No symlinks:
 * the controller's own copy cannot read them (contract 1.4).
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { bringAtomics } from './own-atomics.ts';

const root = join(import.meta.dirname, '../..');
const shipped = ['plugin.yml', 'bin', 'dist', 'install', 'uninstall', 'LICENSE'];
const node = join(root, 'node_modules/.bin/node');

const pluginsRoot = process.argv[2];
if (!pluginsRoot) throw new Error('usage: node src/build/install-local.ts <plugins root>');
console.log(`installed into ${installInto(pluginsRoot)}`);

function installInto(plugins: string): string {
  const place = join(plugins, 'postgres');
  mkdirSync(plugins, { recursive: true });
  const staging = mkdtempSync(join(plugins, '.install-local-'));
  try {
    const next = join(staging, 'next');
    mkdirSync(join(next, 'runtime'), { recursive: true });
    for (const name of shipped.filter(name => existsSync(join(root, name))))
      cpSync(join(root, name), join(next, name), { recursive: true, dereference: true });
    writeFileSync(join(next, 'runtime/node'), runtime());
    for (const name of ['bin/voodu-postgres', 'install', 'uninstall', 'runtime/node'])
      if (existsSync(join(next, name))) chmodSync(join(next, name), 0o755);
    if (existsSync(place)) renameSync(place, join(staging, 'last'));
    renameSync(next, place);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return place;
}

/** The host of a controller may lack libatomic. */
function runtime(): Buffer {
  return existsSync(node) ? bringAtomics(readFileSync(node)) : readFileSync(process.execPath);
}
