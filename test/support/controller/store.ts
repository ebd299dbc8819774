/** Desired state, status, buckets and frozen pods: the controller's etcd, in memory. */
import { isObject } from './go.ts';
import { appId, ref } from './names.ts';
import { type Bucket, HttpError, type Manifest } from './types.ts';

export const CORE_KINDS = [
  'deployment',
  'statefulset',
  'ingress',
  'job',
  'cronjob',
  'asset',
  'registry',
] as const;
export const SCOPED_KINDS = ['deployment', 'statefulset', 'ingress', 'job', 'cronjob'] as const;

export type Status = Record<string, unknown>;

export interface Store {
  get(kind: string, scope: string, name: string): Manifest | undefined;
  list(kind?: string): Manifest[];
  /** Validates, stores and always announces, changed or not. */
  put(manifest: Manifest): Manifest;
  /** The manifest that was there; announces only when there was one. */
  remove(kind: string, scope: string, name: string): Manifest | undefined;
  status(kind: string, scope: string, name: string): Status | undefined;
  setStatus(kind: string, scope: string, name: string, status: Status | undefined): void;
  /** One bucket as stored; the scope-level one has the empty name. */
  bucket(scope: string, name: string): Bucket;
  /** Scope bucket overlaid by the app's. */
  merged(scope: string, name: string): Bucket;
  /** Patches a bucket; an empty value deletes its key. */
  patch(scope: string, name: string, kv: Bucket): void;
  wipe(scope: string, name: string): void;
  frozen(kind: string, scope: string, name: string): Set<string>;
}

export interface StoreEvents {
  onPut(manifest: Manifest): void;
  onRemove(manifest: Manifest): void;
}

export function createStore(events: StoreEvents): Store {
  const desired = new Map<string, Manifest>();
  const statuses = new Map<string, Status>();
  const buckets = new Map<string, Bucket>();
  const frozen = new Map<string, Set<string>>();
  let revision = 0;
  const bucketKey = (scope: string, name: string) => `${scope}/${name === '' ? '_' : name}`;
  const statusKey = (kind: string, scope: string, name: string) => `${kind}s/${appId(scope, name)}`;
  const bucket = (scope: string, name: string) => ({ ...buckets.get(bucketKey(scope, name)) });
  return {
    get: (kind, scope, name) => desired.get(desiredKey(kind, scope, name)),
    list(kind) {
      const keys = [...desired.keys()].sort();
      return keys.map(key => desired.get(key)!).filter(m => kind === undefined || m.kind === kind);
    },
    put(manifest) {
      validate(manifest);
      const key = desiredKey(manifest.kind, manifest.scope ?? '', manifest.name);
      const now = new Date().toISOString();
      const created_at = desired.get(key)?.metadata?.created_at ?? now;
      const stored = {
        ...structuredClone(manifest),
        metadata: { created_at, updated_at: now, revision: ++revision },
      };
      desired.set(key, stored);
      events.onPut(stored);
      return stored;
    },
    remove(kind, scope, name) {
      const key = desiredKey(kind, scope, name);
      const manifest = desired.get(key);
      if (manifest !== undefined) {
        desired.delete(key);
        events.onRemove(manifest);
      }
      return manifest;
    },
    status: (kind, scope, name) => statuses.get(statusKey(kind, scope, name)),
    setStatus(kind, scope, name, status) {
      if (status === undefined) statuses.delete(statusKey(kind, scope, name));
      else statuses.set(statusKey(kind, scope, name), status);
    },
    bucket,
    merged: (scope, name) => ({ ...bucket(scope, ''), ...(name === '' ? {} : bucket(scope, name)) }),
    patch(scope, name, kv) {
      const next = bucket(scope, name);
      for (const [key, value] of Object.entries(kv)) {
        if (value === '') delete next[key];
        else next[key] = value;
      }
      buckets.set(bucketKey(scope, name), next);
    },
    wipe: (scope, name) => void buckets.delete(bucketKey(scope, name)),
    frozen(kind, scope, name) {
      const key = `${kind}s/${scope}/${name}`;
      if (!frozen.has(key)) frozen.set(key, new Set());
      return frozen.get(key)!;
    },
  };
}

/** Assets and registries are stored by bare name: equal names in two scopes overwrite each other. */
function desiredKey(kind: string, scope: string, name: string): string {
  return isScoped(kind) ? `${kind}s/${scope}/${name}` : `${kind}s/${name}`;
}

export function isCore(kind: string): boolean {
  return (CORE_KINDS as readonly string[]).includes(kind);
}

export function isScoped(kind: string): boolean {
  return (SCOPED_KINDS as readonly string[]).includes(kind);
}

/** The tolerant reading of query parameters and delete_manifest: any case, plural allowed. */
export function parseKind(text: string): string | undefined {
  const lower = text.trim().toLowerCase();
  if (isCore(lower)) return lower;
  const singular = lower.endsWith('ies') ? `${lower.slice(0, -3)}y` : lower.replace(/(?<=ss)es$|s$/, '');
  return isCore(singular) ? singular : undefined;
}

/** All the controller checks of a manifest: names and scopes, nothing inside the spec. */
function validate(manifest: Manifest): void {
  const { kind, name } = manifest;
  if (!name) throw new HttpError(400, `${kind}: name is required`);
  if (!isCore(kind)) throw new HttpError(400, `unknown kind ${JSON.stringify(kind)}`);
  if (isScoped(kind) && !manifest.scope) {
    throw new HttpError(400, `${kind}/${name}: scope is required (use ${kind} "<scope>" "${name}" { … })`);
  }
  if (kind === 'registry' && manifest.scope) {
    throw new HttpError(400, `registry/${ref(manifest.scope, name)}: registry must not be scoped`);
  }
  if (manifest.spec !== undefined && !isObject(manifest.spec))
    throw new HttpError(400, 'decode body: spec is not an object');
}
