/** /apply, /describe, /resource, /restart, /jobs/run (contract 5.1, 5.4, 6.7). */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { apply } from './apply.ts';
import type { Core } from './core.ts';
import { restartDeployment } from './deployment.ts';
import * as go from './go.ts';
import type { Call, Routes } from './http.ts';
import { runJob } from './jobs.ts';
import { appDir, appId, containerName, ref } from './names.ts';
import { podJson } from './pod-wire.ts';
import type { Reconciler } from './reconcile.ts';
import { ordinals, removePod, restartStatefulset } from './statefulset.ts';
import { isScoped, parseKind, SCOPED_KINDS } from './store.ts';
import { type Block, errorText, HttpError, type Manifest } from './types.ts';

export function manifestRoutes(core: Core, reconciler: Reconciler): Routes {
  return {
    'POST /apply': async call =>
      apply(core, readBlocks(await call.json()), {
        dryRun: call.query.get('dry_run') === 'true',
        prune: call.query.get('prune') === 'true',
        signal: call.signal,
      }),
    'GET /apply': call => {
      const kind = call.query.get('kind');
      return core.store.list(kind ? knownKind(kind) : undefined);
    },
    'DELETE /apply': async call => {
      const { kind, scope, name } = identity(core, call);
      if (core.store.remove(kind, scope, name) === undefined) {
        throw new HttpError(404, `${kind}/${ref(scope, name)} not found`);
      }
      return {
        pruned: call.query.get('prune') === 'true' ? await pruneResource(core, kind, scope, name) : {},
      };
    },
    'GET /describe': call => describe(core, call),
    'DELETE /resource': call =>
      call.query.has('ordinal') ? rebootstrap(core, reconciler, call) : deleteResource(core, call),
    'POST /restart': call => restart(core, call),
    'POST /jobs/run': call => run(core, 'job', call),
    'POST /cronjobs/run': call => run(core, 'cronjob', call),
  };
}

const blockShape = go.struct('Manifest', {
  kind: go.string,
  scope: go.string,
  name: go.string,
  spec: go.any,
});

function readBlocks(body: unknown): Block[] {
  try {
    return (Array.isArray(body) ? body : [body]).map(item => {
      const { kind = '', scope, name = '', spec } = go.decode<Partial<Block>>(blockShape, item) ?? {};
      return { kind, ...(scope ? { scope } : {}), name, ...(go.isObject(spec) ? { spec } : {}) };
    });
  } catch (error) {
    throw new HttpError(400, `decode body: ${errorText(error)}`);
  }
}

function knownKind(text: string): string {
  const kind = parseKind(text);
  if (kind === undefined) throw new HttpError(400, `unknown kind ${go.quote(text)}`);
  return kind;
}

/** Without a scope the name must be unique across scopes. */
function identity(core: Core, call: Call): { kind: string; scope: string; name: string } {
  const name = call.query.get('name') ?? '';
  if (name === '' || !call.query.get('kind')) throw new HttpError(400, 'kind and name are required');
  const kind = knownKind(call.query.get('kind')!);
  const scope = call.query.get('scope') ?? '';
  if (scope !== '' || !isScoped(kind)) return { kind, scope, name };
  const scopes = core.store.list(kind).flatMap(m => (m.name === name ? [m.scope ?? ''] : []));
  if (scopes.length > 1) {
    throw new HttpError(400, `${kind}/${name} is ambiguous across scopes ${go.formatList(scopes)}`);
  }
  return { kind, scope: scopes[0] ?? '', name };
}

async function describe(core: Core, call: Call): Promise<unknown> {
  const { kind, scope, name } = identity(core, call);
  const manifest = core.store.get(kind, scope, name);
  if (manifest === undefined) throw new HttpError(404, `${kind}/${ref(scope, name)} not found`);
  const pods = await core.engine.list({ kind, scope, name });
  const volumes = kind === 'statefulset' ? await core.engine.volumes({ kind, scope, name }) : undefined;
  const readiness = Object.fromEntries(
    pods.flatMap(pod => {
      const state = core.probes.readiness(pod.name);
      return state === undefined ? [] : [[pod.name, state]];
    }),
  );
  const status = core.store.status(kind, scope, name) ?? null;
  const ready = Object.keys(readiness).length > 0 ? { replica_readiness: readiness } : {};
  return {
    manifest,
    status: status === null ? null : { ...status, ...ready },
    pods: pods.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(podJson),
    ...(volumes === undefined ? {} : { volumes: volumes.map(volume => volume.name).toSorted() }),
  };
}

/** One pod taken away, then the whole statefulset reconciled in this request: env or hash changes roll everybody. */
async function rebootstrap(core: Core, reconciler: Reconciler, call: Call): Promise<unknown> {
  const { scope, name } = scopeAndName(call);
  const ordinal = Number(call.query.get('ordinal'));
  if (!Number.isInteger(ordinal) || ordinal < 0)
    throw new HttpError(400, 'ordinal must be a non-negative integer');
  const manifest = core.store.get('statefulset', scope, name);
  if (manifest === undefined) throw new HttpError(404, `statefulset/${ref(scope, name)} not found`);
  const volumes_removed: string[] = [];
  const errors: string[] = [];
  await reconciler.now(manifest, 'rebootstrap', async () => {
    for (const { pod } of (await ordinals(core, scope, name)).filter(entry => entry.ordinal === ordinal)) {
      await removePod(core, scope, name, pod, ordinal, 'rebootstrap');
    }
    if (call.query.get('prune') !== 'true') return;
    for (const volume of await core.engine.volumes({ kind: 'statefulset', scope, name })) {
      if (volume.labels['voodu.replica_ordinal'] !== String(ordinal)) continue;
      await core.engine.removeVolume(volume.name).then(
        () => volumes_removed.push(volume.name),
        error => errors.push(errorText(error)),
      );
    }
  });
  const summary = { container_removed: containerName(scope, name, ordinal), volumes_removed, errors };
  return { scope, name, ordinal, action: 'rebootstrap', summary };
}

async function deleteResource(core: Core, call: Call): Promise<unknown> {
  const { scope, name } = scopeAndName(call);
  const prune = call.query.get('prune') === 'true';
  const resources_wiped: unknown[] = [];
  for (const kind of SCOPED_KINDS) {
    if (core.store.remove(kind, scope, name) === undefined) continue;
    resources_wiped.push({ kind, pruned: prune ? await pruneResource(core, kind, scope, name) : {} });
  }
  if (resources_wiped.length === 0) {
    throw new HttpError(404, `no resource found at ${scope}/${name} across any kind`);
  }
  return { scope, name, resources_wiped, errors: [] };
}

/** Data and password go together: bucket, app directory, host volumes, docker volumes. */
async function pruneResource(core: Core, kind: string, scope: string, name: string): Promise<unknown> {
  await core.queue.idle();
  core.store.wipe(scope, name);
  rmSync(appDir(core.root, scope, name), { recursive: true, force: true });
  rmSync(join(core.root, 'volumes', appId(scope, name)), { recursive: true, force: true });
  const volumes_removed: string[] = [];
  for (const volume of kind === 'statefulset' ? await core.engine.volumes({ kind, scope, name }) : []) {
    await core.engine.removeVolume(volume.name);
    volumes_removed.push(volume.name);
  }
  return { config_wiped: true, app_dir_removed: true, volume_removed: true, volumes_removed };
}

/** Synchronous roll of all pods; frozen pods are freed first. */
async function restart(core: Core, call: Call): Promise<void> {
  const { scope, name } = scopeAndName(call);
  const asked = call.query.get('kind');
  const kinds = asked ? [knownKind(asked)] : ['deployment', 'statefulset'];
  const manifest = kinds
    .map(kind => core.store.get(kind, scope, name))
    .find((m): m is Manifest => m !== undefined);
  if (manifest === undefined)
    throw new HttpError(404, `${asked ?? 'resource'}/${ref(scope, name)} not found`);
  core.store.frozen(manifest.kind, scope, name).clear();
  await core.queue.run(async () => {
    if (manifest.kind === 'statefulset') await restartStatefulset(core, manifest);
    else if (manifest.kind === 'deployment') await restartDeployment(core, manifest);
    else throw new HttpError(400, `restart is not supported for ${manifest.kind}`);
  });
}

function run(core: Core, kind: 'job' | 'cronjob', call: Call): Promise<unknown> {
  const { scope, name } = identity(core, { ...call, query: withKind(call.query, kind) });
  return runJob(core, kind, scope, name);
}

function withKind(query: URLSearchParams, kind: string): URLSearchParams {
  const next = new URLSearchParams(query);
  next.set('kind', kind);
  return next;
}

function scopeAndName(call: Call): { scope: string; name: string } {
  const scope = call.query.get('scope') ?? '';
  const name = call.query.get('name') ?? '';
  if (scope === '' || name === '') throw new HttpError(400, 'scope and name are required');
  return { scope, name };
}
