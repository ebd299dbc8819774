/** The statefulset, deployment and job specs: strict decode, defaults, ports, hash (contract 6.1, 3.7, 6.8). */
import { createHash } from 'node:crypto';
import * as go from './go.ts';
import type { Manifest } from './types.ts';

export interface Limits {
  cpu?: string;
  memory?: string;
}

export interface InitSpec {
  name?: string;
  image?: string;
  command?: string[];
  timeout?: string;
  retries?: number;
  ulimits?: Record<string, string>;
  docker_options?: string[];
  resources?: { limits?: Limits };
}

export interface ProbeSpec {
  http_get?: { path?: string; port?: number; scheme?: string; http_headers?: Record<string, string> };
  tcp_socket?: { port?: number };
  exec?: { command?: string[] };
  initial_delay?: string;
  period?: string;
  timeout?: string;
  failure_threshold?: number;
  success_threshold?: number;
}

export interface ProbesSpec {
  liveness?: ProbeSpec;
  readiness?: ProbeSpec;
  startup?: ProbeSpec;
}

export interface WorkloadSpec {
  image: string;
  replicas: number;
  command: string[];
  env: Record<string, string>;
  env_from: string[];
  ports: string[];
  volumes: string[];
  networks: string[];
  network_mode: string;
  restart: string;
  extra_hosts: string[];
  cap_add: string[];
  build_args?: Record<string, string>;
  ulimits: Record<string, string>;
  docker_options: string[];
  volume_claims: { name?: string; mount_path?: string; size?: string }[];
  resources?: { limits?: Limits };
  logs?: { max_size?: string; max_files?: number };
  inits: InitSpec[];
  probes?: ProbesSpec;
  labels: Record<string, string>;
  _asset_digests?: Record<string, string>;
  successful_history_limit?: number;
  failed_history_limit?: number;
}

const { string, int, slice, map, struct } = go;
const resources = struct('resourcesWireSpec', {
  limits: struct('limitsWireSpec', { cpu: string, memory: string }),
});
const probe = struct('probeWireSpec', {
  http_get: struct('httpGetWireSpec', { path: string, port: int, scheme: string, http_headers: map(string) }),
  tcp_socket: struct('tcpSocketWireSpec', { port: int }),
  exec: struct('execWireSpec', { command: slice(string) }),
  initial_delay: string,
  period: string,
  timeout: string,
  failure_threshold: int,
  success_threshold: int,
});
const webhook = struct('deployWebhookWireSpec', {
  url: string,
  method: string,
  headers: map(string),
  body: string,
  file: string,
});
const common = {
  image: string,
  replicas: int,
  command: slice(string),
  env: map(string),
  env_from: slice(string),
  ports: slice(string),
  volumes: slice(string),
  network: string,
  networks: slice(string),
  network_mode: string,
  restart: string,
  health_check: string,
  extra_hosts: slice(string),
  cap_add: slice(string),
  build_args: map(string),
  ulimits: map(string),
  docker_options: slice(string),
  resources,
  logs: struct('logsWireSpec', { max_size: string, max_files: int }),
  inits: slice(
    struct('initContainerWireSpec', {
      name: string,
      image: string,
      command: slice(string),
      timeout: string,
      retries: int,
      resources,
      ulimits: map(string),
      docker_options: slice(string),
    }),
  ),
  probes: struct('probesWireSpec', { liveness: probe, readiness: probe, startup: probe }),
  on_probe: struct('onProbeWireSpec', { failure: slice(webhook), recovery: slice(webhook) }),
  _asset_digests: map(string),
};
const shapes = {
  statefulset: struct('statefulsetSpec', {
    ...common,
    volume_claims: slice(struct('volumeClaim', { name: string, mount_path: string, size: string })),
  }),
  deployment: struct('deploymentSpec', common),
  job: struct('jobSpec', {
    ...common,
    timeout: string,
    labels: map(string),
    successful_history_limit: int,
    failed_history_limit: int,
  }),
};

export type WorkloadKind = keyof typeof shapes;

/** Decodes, checks and fills in; `app` names the resource in the errors. */
export function decodeWorkload(kind: WorkloadKind, manifest: Manifest, app: string): WorkloadSpec {
  if (manifest.spec === undefined) throw new Error(`${kind}/${manifest.name}: empty spec`);
  let raw: Partial<WorkloadSpec> & { network?: string };
  try {
    raw = go.decode(shapes[kind], manifest.spec);
  } catch (error) {
    throw new Error(`decode ${kind} spec: ${error instanceof Error ? error.message : String(error)}`);
  }
  const image = raw.image || (kind === 'deployment' ? `${app}:latest` : '');
  if (image === '') throw new Error(`${kind}/${app}: image is required`);
  const mode = raw.network_mode ?? '';
  const named = (raw.networks ?? []).length > 0 ? raw.networks! : raw.network ? [raw.network] : [];
  if (!['', 'host', 'none'].includes(mode))
    throw new Error(`${kind}/${app}: network_mode="${mode}" not supported`);
  if (mode !== '' && named.length > 0) {
    throw new Error(`${kind}/${app}: network_mode="${mode}" is mutually exclusive with network/networks`);
  }
  const networks = mode !== '' || named.includes('voodu0') ? named : [...named, 'voodu0'];
  return {
    ...raw,
    image,
    replicas: Math.max(1, raw.replicas ?? 1),
    command: raw.command ?? [],
    env: raw.env ?? {},
    env_from: raw.env_from ?? [],
    ports: (raw.ports ?? []).map(normalisePort),
    volumes: raw.volumes ?? [],
    networks,
    network_mode: mode,
    restart: raw.restart || 'unless-stopped',
    extra_hosts: raw.extra_hosts ?? [],
    cap_add: raw.cap_add ?? [],
    ulimits: raw.ulimits ?? {},
    docker_options: raw.docker_options ?? [],
    volume_claims: raw.volume_claims ?? [],
    inits: raw.inits ?? [],
    labels: raw.labels ?? {},
  };
}

/** Loopback unless the port says otherwise: two colons or a leading `[` pass as they are. */
export function normalisePort(port: string): string {
  const colons = port.split(':').length - 1;
  if (colons >= 2 || port.startsWith('[')) return port;
  return colons === 1 ? `127.0.0.1:${port}` : `127.0.0.1::${port}`;
}

/** What, when changed, rolls every pod. Replicas, env_from, on_probe and unknown keys are not in it. */
export function specHash(spec: WorkloadSpec): string {
  const byName = (a: { name?: string }, b: { name?: string }) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1);
  const input = {
    image: spec.image,
    command: spec.command,
    ports: spec.ports,
    volumes: spec.volumes,
    env: spec.env,
    networks: spec.networks.toSorted(),
    network_mode: spec.network_mode,
    restart: spec.restart,
    extra_hosts: spec.extra_hosts.toSorted(),
    cap_add: spec.cap_add.toSorted(),
    build_args: spec.build_args,
    ulimits: spec.ulimits,
    docker_options: spec.docker_options,
    resources: spec.resources,
    logs: spec.logs,
    volume_claims: spec.volume_claims.toSorted(byName),
    inits: spec.inits,
    probes: spec.probes,
    assets: spec._asset_digests,
  };
  return createHash('sha256').update(go.marshal(input)).digest('hex');
}

/** docker's numbers for cpu (`"500m"`, `"1.5"`) and memory (`Ki Mi Gi Ti K M G T` or bytes). */
export function dockerLimits(limits: Limits | undefined): { cpus?: string; memoryBytes?: number } {
  const out: { cpus?: string; memoryBytes?: number } = {};
  if (limits?.cpu) {
    const cpu = /^(\d+(?:\.\d+)?)(m?)$/.exec(limits.cpu);
    if (cpu === null) throw new Error(`resources.limits.cpu: invalid value "${limits.cpu}"`);
    out.cpus = String(cpu[2] === 'm' ? Number(cpu[1]) / 1000 : Number(cpu[1]));
  }
  if (limits?.memory) {
    const memory = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|K|M|G|T)?$/.exec(limits.memory);
    if (memory === null) throw new Error(`resources.limits.memory: invalid value "${limits.memory}"`);
    const [, number, unit = ''] = memory;
    const power = ' KMGT'.indexOf(unit[0] ?? ' ');
    out.memoryBytes = Math.trunc(Number(number) * (unit.endsWith('i') ? 1024 : 1000) ** power);
  }
  return out;
}
