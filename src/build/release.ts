/**
 * `release/`: what a release ships. Two builds give the same bytes: no times, no owners, no paths of this machine.
 *
 *   node src/build/release.ts                      everything
 *   node src/build/release.ts bundle amd64         some of it
 *   node src/build/release.ts --quick --out=DIR …  hardly compressed, for tests
 *
 * An executable starts from a snapshot where this machine can run its node; the other architecture's is built all the
 * same and starts slower. The release workflow builds each on its own architecture.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { makeBundle, writeBundle } from './bundle.ts';
import { buildExecutable } from './executable.ts';
import { packageJson, root } from './plugin-program.ts';
import { type Architecture, architectures } from './runtime.ts';

interface Options {
  readonly out: string;
  readonly quick: boolean;
}

const prefix = `voodu-postgres-${packageJson.version}`;

async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      out: { type: 'string', default: join(root, 'release') },
      quick: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.filter(part => part !== 'bundle' && !isArchitecture(part));
  if (unknown.length > 0)
    throw new Error(`release.ts does not make ${unknown.join(' ')}: bundle ${architectures.join(' ')}`);
  const parts = positionals.length === 0 ? ['bundle', ...architectures] : positionals;
  const options = { out: resolve(values.out), quick: values.quick };
  if (positionals.length === 0) rmSync(options.out, { recursive: true, force: true });
  mkdirSync(options.out, { recursive: true });
  for (const part of parts)
    await (isArchitecture(part) ? releaseExecutable(part, options) : releaseBundle(options));
  writeSums(options.out);
}

const isArchitecture = (part: string): part is Architecture =>
  (architectures as readonly string[]).includes(part);

async function releaseBundle({ out, quick }: Options): Promise<void> {
  const staging = mkdtempSync(join(out, '.bundle-'));
  try {
    writeBundle(await makeBundle(), join(staging, 'dist'));
    const sameEverywhere = [
      '--sort=name',
      '--mtime=@0',
      '--owner=0',
      '--group=0',
      '--numeric-owner',
      '--mode=u=rwX,go=rX',
    ];
    const tar = execFileSync(
      'tar',
      ['--format=ustar', ...sameEverywhere, '-C', staging, '-cf', '-', 'dist'],
      {
        maxBuffer: 2 ** 28,
      },
    );
    put(join(out, `${prefix}-bundle.tar.gz`), gzip(tar, quick));
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** As .xz, and as .gz for a host without xz. */
async function releaseExecutable(architecture: Architecture, { out, quick }: Options): Promise<void> {
  const name = join(out, `${prefix}-linux-${architecture}`);
  try {
    const { snapshot } = await buildExecutable(architecture, name);
    if (!snapshot)
      console.log(`${basename(name)} starts without a snapshot: its node does not run on this machine`);
    const xz = ['--format=xz', '--threads=1', ...(quick ? ['-0'] : ['-9', '--extreme']), '--stdout', name];
    put(`${name}.xz`, execFileSync('xz', xz, { maxBuffer: 2 ** 28 }));
    put(`${name}.gz`, gzip(readFileSync(name), quick));
  } finally {
    rmSync(name, { force: true });
  }
}

/** zlib of the pinned node, whose header names no time. */
const gzip = (content: Uint8Array, quick: boolean) => gzipSync(content, { level: quick ? 1 : 9 });

function put(path: string, content: Uint8Array): void {
  writeFileSync(path, content);
  console.log(`${basename(path)} ${(statSync(path).size / 1e6).toFixed(1)} MB`);
}

function writeSums(directory: string): void {
  const names = readdirSync(directory).filter(name => name.startsWith(prefix));
  const lines = names.toSorted().map(name => `${sha256(join(directory, name))}  ${name}\n`);
  writeFileSync(join(directory, 'SHA256SUMS'), lines.join(''));
}

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

await main(process.argv.slice(2));
