/** `node own-atomics-main.ts <node> <copy>`: a copy of a node that needs no libatomic. Any node from 18 on runs it, bundled. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { bringAtomics } from './own-atomics.ts';

const [original, copy] = process.argv.slice(2);
if (original === undefined || copy === undefined)
  throw new Error('usage: node own-atomics-main.ts <node> <copy>');
writeFileSync(copy, bringAtomics(readFileSync(original)));
chmodSync(copy, 0o755);
