import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hcl2jsonFiles, hcl2jsonPlugin } from '../../../src/build/hcl2json-plugin.ts';

const program = `
import { parseHcl } from './edges/hcl.ts';
import { loadBlocks } from './hcl/load-blocks.ts';
const text = 'pg "s" "n" {\\n  env = { A = 1 }\\n}\\n';
loadBlocks('f.hcl', text, {}, parseHcl).then(
  blocks => process.stdout.write(JSON.stringify(blocks)),
  error => process.stdout.write('failed: ' + error.message),
);
`;

let directory = '';

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'voodu-hcl-bundle-'));
  const resolveDir = new URL('../../../src', import.meta.url).pathname;
  await build({
    stdin: { contents: program, resolveDir, loader: 'ts' },
    outfile: join(directory, 'voodu-postgres.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    logLevel: 'silent',
    plugins: [hcl2jsonPlugin()],
  });
  for (const { from, to } of hcl2jsonFiles) copyFileSync(from, join(directory, to));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const run = () =>
  execa(process.execPath, ['voodu-postgres.mjs'], {
    cwd: directory,
    timeout: 10_000,
    stripFinalNewline: false,
  });

it('parses from one file with the wasm beside it, writes nothing of its own and exits', async () => {
  expect(readdirSync(directory).toSorted()).toEqual(['main.wasm.gz', 'voodu-postgres.mjs']);
  const { stdout, stderr, exitCode } = await run();
  expect({ stdout: JSON.parse(stdout), stderr, exitCode }).toEqual({
    stdout: [{ kind: 'pg', scope: 's', name: 'n', spec: { env: { A: '1' } } }],
    stderr: '',
    exitCode: 0,
  });
});

it('rejects instead of waiting for ever where the wasm is missing or broken', async () => {
  writeFileSync(join(directory, 'main.wasm.gz'), 'not gzip');
  expect((await run()).stdout).toBe('failed: cannot parse hcl: incorrect header check');
  rmSync(join(directory, 'main.wasm.gz'));
  expect((await run()).stdout).toMatch(/^failed: cannot parse hcl: ENOENT: .*main\.wasm\.gz/);
});
