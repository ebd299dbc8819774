/** Deployments, as far as consumers of a link need them: pods with random ids, `.env`, hash and env rolls. */

import type { Core } from './core.ts';
import { appId } from './names.ts';
import { containerSpec, hexId, linkEnv, resolveAssets, type Workload } from './pods.ts';
import type { Manifest, Reason } from './types.ts';
import { decodeWorkload, specHash } from './workload-spec.ts';

export async function reconcileDeployment(core: Core, manifest: Manifest): Promise<void> {
  const scope = manifest.scope ?? '';
  const { name } = manifest;
  const { workload, envChanged } = prepare(core, manifest);
  const { spec, hash } = workload;
  const before = core.store.status('deployment', scope, name)?.spec_hash;
  const live = await core.engine.list({ kind: 'deployment', scope, name });
  for (let i = live.length; i < spec.replicas; i++)
    await create(core, workload, before === undefined ? 'missing' : 'scale');
  for (const pod of live.slice(spec.replicas)) {
    core.emit({ type: 'remove', kind: 'deployment', scope, name, container: pod.name, reason: 'scale' });
    await core.engine.remove(pod.name);
  }
  const status = core.store.status('deployment', scope, name) ?? {};
  core.store.setStatus('deployment', scope, name, {
    ...status,
    image: spec.image,
    spec_hash: hash,
    replicas: spec.replicas,
  });
  if (before !== undefined && before !== hash) await roll(core, workload, 'hash');
  else if (before !== undefined && envChanged) await roll(core, workload, 'env');
}

export async function restartDeployment(core: Core, manifest: Manifest): Promise<void> {
  await roll(core, prepare(core, manifest).workload, 'restart');
}

export async function removeDeployment(core: Core, scope: string, name: string): Promise<void> {
  for (const pod of await core.engine.list({ kind: 'deployment', scope, name })) {
    core.emit({ type: 'remove', kind: 'deployment', scope, name, container: pod.name, reason: 'deleted' });
    await core.engine.remove(pod.name);
  }
  core.store.setStatus('deployment', scope, name, undefined);
}

function prepare(core: Core, manifest: Manifest): { workload: Workload; envChanged: boolean } {
  const scope = manifest.scope ?? '';
  const declared = decodeWorkload('deployment', manifest, appId(scope, manifest.name));
  const spec = resolveAssets(core, declared);
  const envChanged = linkEnv(core, scope, manifest.name, spec.env, true);
  const workload: Workload = {
    kind: 'deployment',
    scope,
    name: manifest.name,
    spec,
    hash: specHash(declared),
  };
  return { workload, envChanged };
}

async function create(core: Core, workload: Workload, reason: Reason): Promise<void> {
  const { scope, name } = workload;
  const container = containerSpec(core, workload, hexId());
  core.emit({ type: 'create', kind: 'deployment', scope, name, container: container.name, reason });
  await core.engine.run(container);
}

async function roll(core: Core, workload: Workload, reason: Reason): Promise<void> {
  const { scope, name } = workload;
  for (const pod of await core.engine.list({ kind: 'deployment', scope, name })) {
    core.emit({ type: 'roll', kind: 'deployment', scope, name, container: pod.name, reason });
    await core.engine.remove(pod.name);
    await core.engine.run(containerSpec(core, workload, hexId()));
  }
}
