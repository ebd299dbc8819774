/** Assets: files on disk, references, digests (contract 3.6). */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from './go.ts';
import { assetDir, ref } from './names.ts';
import type { Store } from './store.ts';
import { HttpError, type Manifest, type Spec, TransientError } from './types.ts';

/** `${asset.NAME.KEY}` or `${asset.SCOPE.NAME.KEY}`. */
const REFERENCE = /\$\{asset\.(?:([A-Za-z0-9][\w-]*)\.)?([A-Za-z0-9][\w-]*)\.([A-Za-z0-9][\w-]*)\}/g;
const KEY = /^[A-Za-z0-9_-]+$/;
const CONSUMERS = ['deployment', 'statefulset', 'job', 'cronjob'];

interface AssetRef {
  readonly scope: string;
  readonly name: string;
  readonly key: string;
}

const format = (r: AssetRef) => [r.scope, r.name, r.key].filter(part => part !== '').join('.');

/** Writes the files (0644, temp + rename), sweeps what is no longer declared, records the digests. */
export async function materialise(
  root: string,
  store: Store,
  asset: Manifest,
): Promise<Record<string, string>> {
  const scope = asset.scope ?? '';
  const dir = assetDir(root, scope, asset.name);
  const declared = asset.spec?.files;
  const files: Record<string, string> = {};
  const errors: Record<string, string> = {};
  mkdirSync(dir, { recursive: true, mode: 0o755 });
  for (const [key, source] of Object.entries(isObject(declared) ? declared : {})) {
    if (!KEY.test(key))
      throw new Error(`asset/${ref(scope, asset.name)}: file key "${key}" must match [A-Za-z0-9_-]+`);
    try {
      const bytes = await sourceBytes(source);
      const temporary = join(dir, `.${key}.tmp`);
      writeFileSync(temporary, bytes);
      chmodSync(temporary, 0o644);
      renameSync(temporary, join(dir, key));
      files[key] = createHash('sha256').update(bytes).digest('hex');
    } catch (error) {
      errors[key] = error instanceof Error ? error.message : String(error);
      const previous = store.status('asset', scope, asset.name)?.files;
      if (isObject(previous) && typeof previous[key] === 'string') files[key] = previous[key];
    }
  }
  for (const entry of readdirSync(dir)) {
    if (!isObject(declared) || !Object.hasOwn(declared, entry))
      rmSync(join(dir, entry), { recursive: true, force: true });
  }
  const failed = Object.keys(errors).length > 0 ? { errors } : {};
  store.setStatus('asset', scope, asset.name, {
    files,
    ...failed,
    materialised_at: new Date().toISOString(),
  });
  return files;
}

async function sourceBytes(source: unknown): Promise<Uint8Array> {
  if (typeof source === 'string') return Buffer.from(source, 'utf8');
  if (!isObject(source)) throw new Error('decode source object: not an object');
  if (source._source === 'file') {
    if (typeof source.content !== 'string') throw new Error('file source missing "content" string');
    return Buffer.from(source.content, 'base64');
  }
  if (source._source === 'url' && typeof source.url === 'string') {
    const response = await fetch(source.url, { signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`fetch ${source.url}: status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  }
  throw new Error(`unknown asset source "${String(source._source ?? '')}" (want file|url|inline)`);
}

/**
 * Materialises every asset of the batch, then gives each consumer the digests of what it references. Runs before
 * anything is stored, on dry runs too.
 */
export async function stampDigests(
  root: string,
  store: Store,
  batch: readonly Manifest[],
): Promise<Manifest[]> {
  const known = new Map<string, string>();
  for (const asset of batch.filter(m => m.kind === 'asset')) {
    const files = await materialise(root, store, asset).catch(wrap(''));
    for (const [key, digest] of Object.entries(files)) {
      known.set(format({ scope: asset.scope ?? '', name: asset.name, key }), digest);
    }
  }
  return batch.map(m => (CONSUMERS.includes(m.kind) && m.spec !== undefined ? stampOne(store, known, m) : m));
}

function stampOne(store: Store, known: ReadonlyMap<string, string>, manifest: Manifest): Manifest {
  const { _asset_digests: _, ...spec } = manifest.spec ?? {};
  const where = `${manifest.kind}/${ref(manifest.scope, manifest.name)}: `;
  const digests: Record<string, string> = {};
  try {
    for (const reference of [...textReferences(spec), ...explicitReferences(spec)]) {
      const text = format(reference);
      const files = store.status('asset', reference.scope, reference.name)?.files;
      const digest = known.get(text) ?? (isObject(files) ? files[reference.key] : undefined);
      if (typeof digest !== 'string') {
        throw new Error(
          `unresolved asset reference "${text}" (asset not in this apply, no prior /status — typo, or apply the asset first)`,
        );
      }
      digests[text] = digest;
    }
  } catch (error) {
    return wrap(where)(error);
  }
  return { ...manifest, spec: Object.keys(digests).length > 0 ? { ...spec, _asset_digests: digests } : spec };
}

const wrap =
  (where: string) =>
  (error: unknown): never => {
    throw new HttpError(
      400,
      `asset stamping: ${where}${error instanceof Error ? error.message : String(error)}`,
    );
  };

/** Every string anywhere in the spec, except under keys starting with `_` and under depends_on. */
function textReferences(value: unknown): AssetRef[] {
  if (typeof value === 'string') return [...value.matchAll(REFERENCE)].map(toRef);
  if (Array.isArray(value)) return value.flatMap(textReferences);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    key.startsWith('_') || key === 'depends_on' ? [] : textReferences(item),
  );
}

function explicitReferences(spec: Spec): AssetRef[] {
  const assets = isObject(spec.depends_on) ? spec.depends_on.assets : undefined;
  if (!Array.isArray(assets)) return [];
  return assets.map(entry => {
    if (typeof entry !== 'string')
      throw new Error(`depends_on.assets[*]: expected string, got ${typeof entry}`);
    const parts = entry.split('.');
    if (parts.length === 2) return { scope: '', name: parts[0]!, key: parts[1]! };
    if (parts.length === 3) return { scope: parts[0]!, name: parts[1]!, key: parts[2]! };
    throw new Error(
      `depends_on.assets["${entry}"]: expected 2 or 3 segments separated by '.', got ${parts.length}`,
    );
  });
}

const toRef = (match: RegExpExecArray): AssetRef => ({
  scope: match[1] ?? '',
  name: match[2]!,
  key: match[3]!,
});

/**
 * References become host paths at reconcile. The manifest is looked up without its scope (that is how it is stored) and
 * the file in the status of its own scope: deleting a namesake in another scope therefore breaks this lookup.
 */
export function interpolate(root: string, store: Store, text: string): string {
  return text.replaceAll(REFERENCE, (_whole, scope: string | undefined, name: string, key: string) => {
    const files = store.status('asset', scope ?? '', name)?.files;
    const known =
      store.get('asset', scope ?? '', name) !== undefined && isObject(files) && Object.hasOwn(files, key);
    if (!known) {
      throw new TransientError(`unresolved asset reference "${format({ scope: scope ?? '', name, key })}"`);
    }
    return join(assetDir(root, scope ?? '', name), key);
  });
}
