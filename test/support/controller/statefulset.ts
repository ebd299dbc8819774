/** The statefulset reconciler (contract 6.5): ensure, prune, roll. */

import { type Core, pause } from './core.ts';
import type { Pod } from './engine.ts';
import { appId } from './names.ts';
import { linkEnv, resolveAssets, spawnOrdinal, type Workload } from './pods.ts';
import type { Manifest, Reason } from './types.ts';
import { decodeWorkload, specHash } from './workload-spec.ts';

interface Release {
  readonly id: string;
  readonly spec_hash: string;
  readonly image: string;
  readonly status: string;
  readonly started_at: string;
  readonly ended_at: string;
  readonly spec_snapshot: unknown;
}

interface StatefulsetStatus {
  image?: string;
  spec_hash?: string;
  replicas?: number;
  releases?: Release[];
}

/** `createReason` names why missing pods are made, when the caller took them away itself. */
export async function reconcileStatefulset(
  core: Core,
  manifest: Manifest,
  createReason?: Reason,
): Promise<void> {
  const scope = manifest.scope ?? '';
  const { name } = manifest;
  const declared = decodeWorkload('statefulset', manifest, appId(scope, name));
  // The hash is of the references as written, plus the digests: paths are put in afterwards.
  const hash = specHash(declared);
  const spec = resolveAssets(core, declared);
  const envChanged = linkEnv(core, scope, name, spec.env, true);
  const before = statusOf(core, manifest);
  const firstApply = before.spec_hash === undefined;
  const drifted = !firstApply && before.spec_hash !== hash;
  const first = (await ordinals(core, scope, name))[0]?.pod;
  const imageDrift =
    !firstApply &&
    !drifted &&
    first !== undefined &&
    (await core.engine.imageDiffers(first.name, spec.image));
  const rescaled = !firstApply && before.replicas !== spec.replicas;
  const released = firstApply || drifted || rescaled || imageDrift;
  const workload: Workload = {
    kind: 'statefulset',
    scope,
    name,
    spec,
    hash,
    ...(released ? { releaseId: newReleaseId() } : {}),
  };

  await ensureOrdinals(core, workload, before.replicas ?? 0, createReason);
  await pruneOrdinals(core, workload);
  const rolled = drifted || imageDrift;
  if (rolled) await rollTopDown(core, workload, drifted ? 'hash' : 'image');
  updateStatus(core, manifest, { image: spec.image, spec_hash: hash, replicas: spec.replicas });
  if (envChanged && !rolled && !firstApply) {
    // The controller only logs when this roll fails: the status stays clean.
    await rollTopDown(core, workload, 'env').catch(error =>
      core.log(`statefulset/${name} env roll failed: ${error}`),
    );
  }
  if (workload.releaseId !== undefined) recordRelease(core, manifest, workload);
}

/** `POST /restart`: every pod, top-down, now. The env file is brought up to date first. */
export async function restartStatefulset(core: Core, manifest: Manifest): Promise<void> {
  const scope = manifest.scope ?? '';
  const app = appId(scope, manifest.name);
  const declared = decodeWorkload('statefulset', manifest, app);
  const hash = specHash(declared);
  const spec = resolveAssets(core, declared);
  if ((await ordinals(core, scope, manifest.name)).length === 0) {
    throw new Error(`statefulset/${app} has no live replicas to restart`);
  }
  linkEnv(core, scope, manifest.name, spec.env, true);
  await rollTopDown(core, { kind: 'statefulset', scope, name: manifest.name, spec, hash }, 'restart');
}

export async function removeStatefulset(core: Core, scope: string, name: string): Promise<void> {
  for (const { ordinal, pod } of (await ordinals(core, scope, name)).toReversed()) {
    await removePod(core, scope, name, pod, ordinal, 'deleted');
  }
  core.store.setStatus('statefulset', scope, name, undefined);
}

/** Whatever carries the ordinal's labels counts as present, in any state: a container that never started, a failed init. */
async function ensureOrdinals(core: Core, workload: Workload, before: number, why?: Reason): Promise<void> {
  const { scope, name, spec } = workload;
  const present = new Set((await ordinals(core, scope, name)).map(entry => entry.ordinal));
  const frozen = core.store.frozen('statefulset', scope, name);
  for (let ordinal = 0; ordinal < spec.replicas; ordinal++) {
    if (present.has(ordinal) || frozen.has(String(ordinal))) continue;
    const reason = why ?? (before > 0 && ordinal >= before ? 'scale' : 'missing');
    core.emit({ type: 'create', kind: 'statefulset', scope, name, ordinal, reason });
    try {
      await spawnOrdinal(core, workload, ordinal);
    } catch (error) {
      throw new Error(
        `ensure ordinal ${ordinal} (${appId(scope, name)}.${ordinal}): ${(error as Error).message}`,
      );
    }
    if (ordinal < spec.replicas - 1) await pause(core.timing.podPauseMs);
  }
}

async function pruneOrdinals(core: Core, { scope, name, spec }: Workload): Promise<void> {
  for (const { ordinal, pod } of (await ordinals(core, scope, name)).toReversed()) {
    if (ordinal >= spec.replicas) await removePod(core, scope, name, pod, ordinal, 'scale');
  }
}

/** Stop, remove, run; from the highest ordinal down; nobody waits for readiness. */
async function rollTopDown(core: Core, workload: Workload, reason: Reason): Promise<void> {
  const { scope, name } = workload;
  const frozen = core.store.frozen('statefulset', scope, name);
  const live = (await ordinals(core, scope, name)).toReversed();
  for (const [i, { ordinal, pod }] of live.entries()) {
    if (frozen.has(String(ordinal))) continue;
    core.emit({ type: 'roll', kind: 'statefulset', scope, name, ordinal, container: pod.name, reason });
    core.probes.stop(pod.name);
    await core.engine.remove(pod.name);
    await spawnOrdinal(core, workload, ordinal);
    if (i < live.length - 1) await pause(core.timing.podPauseMs);
  }
}

export async function removePod(
  core: Core,
  scope: string,
  name: string,
  pod: Pod,
  ordinal: number,
  reason: Reason,
): Promise<void> {
  core.emit({ type: 'remove', kind: 'statefulset', scope, name, ordinal, container: pod.name, reason });
  core.probes.stop(pod.name);
  await core.engine.remove(pod.name);
}

/** By ordinal, ascending; inits that were left behind included. */
export async function ordinals(
  core: Core,
  scope: string,
  name: string,
): Promise<{ ordinal: number; pod: Pod }[]> {
  const pods = await core.engine.list({ kind: 'statefulset', scope, name });
  return pods
    .map(pod => ({ ordinal: Number(pod.labels['voodu.replica_ordinal']), pod }))
    .filter(entry => Number.isInteger(entry.ordinal))
    .toSorted((a, b) => a.ordinal - b.ordinal);
}

function statusOf(core: Core, { scope, name }: Manifest): StatefulsetStatus {
  return (core.store.status('statefulset', scope ?? '', name) ?? {}) as StatefulsetStatus;
}

function updateStatus(core: Core, manifest: Manifest, change: StatefulsetStatus): void {
  core.store.setStatus('statefulset', manifest.scope ?? '', manifest.name, {
    ...statusOf(core, manifest),
    ...change,
  });
}

function recordRelease(core: Core, manifest: Manifest, { releaseId, hash, spec }: Workload): void {
  const now = new Date().toISOString();
  const release: Release = {
    id: releaseId!,
    spec_hash: hash,
    image: spec.image,
    status: 'succeeded',
    started_at: now,
    ended_at: now,
    spec_snapshot: manifest.spec,
  };
  updateStatus(core, manifest, {
    releases: [release, ...(statusOf(core, manifest).releases ?? [])].slice(0, 10),
  });
}

const newReleaseId = () => Math.random().toString(36).slice(2, 10);
