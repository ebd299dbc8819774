/** From a workload to a container: identity, labels, environment, mounts, init containers (contract 6.2 to 6.5). */
import { randomBytes } from 'node:crypto';
import { interpolate } from './assets.ts';
import type { Core } from './core.ts';
import type { ContainerSpec } from './engine.ts';
import { envFromFiles, writeEnvFile } from './env-file.ts';
import * as go from './go.ts';
import { appId, containerName, envFilePath, podAliases, sharedAliases, volumeName } from './names.ts';
import type { Bucket } from './types.ts';
import { dockerLimits, type InitSpec, type WorkloadSpec } from './workload-spec.ts';

export interface Workload {
  readonly kind: 'statefulset' | 'deployment' | 'job';
  readonly scope: string;
  readonly name: string;
  readonly spec: WorkloadSpec;
  readonly hash: string;
  readonly releaseId?: string;
}

export const hexId = () => randomBytes(2).toString('hex');

/** References become paths in exactly these fields; jobs never get here. */
export function resolveAssets(core: Core, spec: WorkloadSpec): WorkloadSpec {
  const resolve = (text: string) => interpolate(core.root, core.store, text);
  return {
    ...spec,
    image: resolve(spec.image),
    command: spec.command.map(resolve),
    volumes: spec.volumes.map(resolve),
    ports: spec.ports.map(resolve),
    env: mapValues(spec.env, resolve),
  };
}

/** Scope bucket < own bucket < spec.env into the `.env`; says whether the file changed. */
export function linkEnv(
  core: Core,
  scope: string,
  name: string,
  specEnv: Bucket,
  references: boolean,
): boolean {
  const resolve = (text: string) => (references ? interpolate(core.root, core.store, text) : text);
  const merged = { ...mapValues(core.store.merged(scope, name), resolve), ...specEnv };
  return writeEnvFile(envFilePath(core.root, scope, name), merged);
}

/** Runs the ordinal's inits, then the pod; starts its probes. */
export async function spawnOrdinal(core: Core, workload: Workload, ordinal: number): Promise<void> {
  const { scope, name, spec } = workload;
  const mounts: string[] = [];
  for (const claim of spec.volume_claims) {
    if (!claim.name || !claim.mount_path) {
      throw new Error(
        `statefulset/${appId(scope, name)} ordinal ${ordinal}: volume_claim needs both name and mount_path`,
      );
    }
    const volume = volumeName(scope, name, claim.name, ordinal);
    await core.engine.ensureVolume(volume, {
      createdby: 'voodu',
      'voodu.kind': 'statefulset',
      'voodu.scope': scope,
      'voodu.name': name,
      'voodu.replica_ordinal': String(ordinal),
      'voodu.claim': claim.name,
    });
    mounts.push(`${volume}:${claim.mount_path}`);
  }
  const container: ContainerSpec = {
    ...containerSpec(core, workload, String(ordinal)),
    volumes: [...spec.volumes, ...mounts],
    aliases: podAliases(scope, name, ordinal),
  };
  for (const init of spec.inits) await runInit(core, workload, container, init, ordinal);
  clearInitFailures(core, workload, ordinal);
  await core.engine.run(container);
  await core.probes.start(
    { kind: workload.kind, scope, name, container: container.name, ordinal },
    spec.probes,
  );
}

export function containerSpec(core: Core, workload: Workload, replicaId: string): ContainerSpec {
  const { kind, scope, name, spec } = workload;
  const stateful = kind === 'statefulset';
  return {
    name: containerName(scope, name, replicaId),
    image: spec.image,
    command: spec.command,
    labels: {
      createdby: 'voodu',
      'voodu.kind': kind,
      'voodu.scope': scope,
      'voodu.name': name,
      'voodu.replica_id': replicaId,
      ...(stateful ? { 'voodu.replica_ordinal': replicaId } : {}),
      'voodu.manifest_hash': workload.hash,
      'voodu.created_at': new Date().toISOString(),
      ...(workload.releaseId === undefined ? {} : { 'voodu.release_id': workload.releaseId }),
      'voodu.role': kind,
    },
    ...(kind === 'job' ? {} : { restart: spec.restart }),
    ports: kind === 'job' ? [] : spec.ports,
    volumes: spec.volumes,
    networks: spec.networks,
    networkMode: spec.network_mode,
    aliases: kind === 'deployment' ? sharedAliases(scope, name) : [],
    envFiles: [...envFromFiles(core.root, scope, spec.env_from), envFilePath(core.root, scope, name)],
    env: kind === 'job' ? {} : podEnv(core, workload, replicaId),
    extraHosts: spec.extra_hosts,
    capAdd: spec.cap_add,
    ulimits: spec.ulimits,
    ...dockerLimits(spec.resources?.limits),
    logs: { maxSize: spec.logs?.max_size || '10m', maxFiles: spec.logs?.max_files || 3 },
    dockerOptions: spec.docker_options,
  };
}

/** `-e` flags: identity first, then spec.env, which wins over everything (identity included). */
function podEnv(core: Core, workload: Workload, replicaId: string): Bucket {
  const { kind, scope, name, spec } = workload;
  const stateful = {
    VOODU_CONTROLLER_URL: core.url.replace('127.0.0.1', 'host.docker.internal'),
    VOODU_REPLICA_ORDINAL: replicaId,
    VOODU_REPLICA_ID: replicaId,
  };
  return { ...(kind === 'statefulset' ? stateful : {}), VOODU_SCOPE: scope, VOODU_NAME: name, ...spec.env };
}

/** One init container to its end. A failed one keeps the ordinal's labels: from then on the ordinal counts as present. */
async function runInit(
  core: Core,
  workload: Workload,
  pod: ContainerSpec,
  init: InitSpec,
  ordinal: number,
): Promise<void> {
  const name = `${appId(workload.scope, workload.name)}-init-${init.name}-${ordinal}`;
  const { restart: _, ...base } = pod;
  const container = {
    ...base,
    name,
    image: init.image || pod.image,
    command: init.command ?? [],
    ports: [],
    ulimits: { ...pod.ulimits, ...init.ulimits },
    dockerOptions: init.docker_options ?? pod.dockerOptions,
  };
  const attempts = (init.retries ?? 0) + 1;
  let exitCode = 0;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    await core.engine.remove(name);
    await core.engine.run(container);
    exitCode = await core.engine.wait(name, go.parseDuration(init.timeout ?? '') ?? 600_000);
    if (exitCode === 0) break;
  }
  if (exitCode === 0) return core.engine.remove(name);
  const error = `init "${init.name}" exited ${exitCode}`;
  recordInitFailure(core, workload, {
    replica_id: String(ordinal),
    init_name: init.name,
    exit_code: exitCode,
    error,
    attempts,
    recorded_at: new Date().toISOString(),
  });
  throw new Error(`statefulset/${workload.name} init flow for ordinal ${ordinal}: ${error}`);
}

function recordInitFailure(core: Core, { kind, scope, name }: Workload, failure: object): void {
  const status = core.store.status(kind, scope, name) ?? {};
  const failures = Array.isArray(status.init_failures) ? status.init_failures : [];
  core.store.setStatus(kind, scope, name, { ...status, init_failures: [...failures, failure] });
}

function clearInitFailures(core: Core, { kind, scope, name }: Workload, ordinal: number): void {
  const status = core.store.status(kind, scope, name);
  if (status === undefined || !Array.isArray(status.init_failures)) return;
  const { init_failures, ...rest } = status;
  const kept = init_failures.filter(failure => failure.replica_id !== String(ordinal));
  core.store.setStatus(kind, scope, name, kept.length > 0 ? { ...rest, init_failures: kept } : rest);
}

function mapValues(values: Bucket, change: (value: string) => string): Bucket {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}
