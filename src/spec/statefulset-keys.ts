/**
 * The part of a block that is the statefulset's. The controller decodes it strictly but late, when pods are made
 * (contract 6.1), so types are settled here: numbers become strings where it wants strings, blocks become lists.
 */
import { blockSpellings, fields } from './fields.ts';
import type { StatefulsetKeys, VolumeClaim } from './postgres-spec.ts';
import type { Problems } from './problems.ts';
import { isCpu, memoryBytes } from './quantity.ts';
import { isMap, show } from './values.ts';

type Raw = Readonly<Record<string, unknown>>;

/** Where the plugin mounts things; an operator's mount there would go around the entrypoint. */
export const dataMount = '/var/lib/postgresql/data';
const ownedMounts: Readonly<Record<string, string>> = {
  [dataMount]: 'data lives in the volume claim data',
  '/usr/local/bin/voodu-postgres-entrypoint': "the pod's entrypoint is mounted there",
  '/etc/postgresql/conf.d/voodu-50-streaming.conf': 'use pg_config',
  '/etc/postgresql/conf.d/voodu-99-overrides.conf': 'use pg_config',
  '/docker-entrypoint-initdb.d/00_create_replication.sh': 'mount your script under another name there',
  '/var/lib/voodu': "the cluster's record of epochs is mounted there",
  '/etc/voodu': "the cluster's live settings are mounted there",
};

/** Variables the pods are controlled by, and the field to use instead. */
const ownedVariables: Readonly<Record<string, string>> = {
  PGDATA: 'data always lives in the claim at /var/lib/postgresql/data/pgdata',
  POSTGRES_USER: 'use the field user',
  POSTGRES_DB: 'use the field database',
  POSTGRES_PASSWORD: 'use the field password, or vd pg:new-password',
  POSTGRES_REPLICATION_PASSWORD: 'use vd pg:new-password --replication',
  PG_PORT: 'use the field port',
  PGPORT: 'use the field port',
  PG_NAME: "it is the block's name",
  PG_SCOPE_SUFFIX: "it is the block's scope",
  PG_PRIMARY_ORDINAL: 'use vd pg:promote',
  PG_REPLICATION_USER: 'use the field replication_user',
  PG_REPLICATION_PASSWORD: 'use vd pg:new-password --replication',
  PG_CLUSTER_ID: "it identifies the cluster's data",
};

const consumed = new Set([
  ...fields.filter(field => field.owner === 'plugin').map(field => field.name),
  ...Object.keys(blockSpellings),
  ...[
    'env',
    'ports',
    'volumes',
    'volume_claims',
    'docker_options',
    'health_check',
    'probes',
    'inits',
    'ulimits',
    'resources',
    'on_probe',
  ],
]);

export function parseStatefulsetKeys(raw: Raw, replicas: number, problems: Problems): StatefulsetKeys {
  const rest = Object.fromEntries(
    Object.entries(raw).filter(([key, value]) => !consumed.has(key) && value !== null),
  );
  const inits = blockList(raw, 'inits', 'init', problems);
  checkTypes(rest, problems);
  networkMode(rest['network_mode'], replicas, problems);
  return {
    env: environment(raw['env'], problems),
    ports:
      raw['ports'] === undefined || raw['ports'] === null
        ? undefined
        : ports(raw['ports'], replicas, problems),
    volumes: volumes(raw['volumes'], problems),
    volume_claims: claims(blockList(raw, 'volume_claims', 'volume_claim', problems), problems),
    docker_options: dockerOptions(raw['docker_options'], problems),
    health_check: healthCheck(raw['health_check'], problems),
    probes: probes(raw['probes'], problems),
    rest: {
      ...rest,
      ...(raw['ulimits'] === undefined ? {} : { ulimits: ulimits(raw['ulimits'], problems) }),
      ...(raw['resources'] === undefined ? {} : { resources: resources(raw['resources'], problems) }),
      ...(raw['on_probe'] === undefined ? {} : { on_probe: onProbe(raw['on_probe'], problems) }),
      ...(inits.length === 0 ? {} : { inits }),
    },
  };
}

const stringKeys = ['network', 'network_mode', 'restart'];
const listKeys = ['env_from', 'networks', 'extra_hosts', 'cap_add'];

function checkTypes(rest: Raw, problems: Problems): void {
  for (const key of stringKeys)
    if (rest[key] !== undefined && typeof rest[key] !== 'string')
      problems.add(key, `wants a string, not ${show(rest[key])}`);
  for (const key of listKeys) if (rest[key] !== undefined) words(key, rest[key], problems);
}

function networkMode(mode: unknown, replicas: number, problems: Problems): void {
  if (replicas > 1 && (mode === 'host' || mode === 'none'))
    problems.add(
      'network_mode',
      `${show(mode)} leaves the pods without names, so standbys cannot find the primary`,
      'use it with replicas = 1 only',
    );
}

function environment(value: unknown, problems: Problems): Record<string, string> {
  const env: Record<string, string> = {};
  if (value === undefined || value === null) return env;
  if (!isMap(value)) {
    problems.add('env', `wants a map, not ${show(value)}`);
    return env;
  }
  for (const [name, entry] of Object.entries(value)) {
    const path = `env.${name}`;
    const owner = Object.hasOwn(ownedVariables, name) ? ownedVariables[name] : undefined;
    if (owner !== undefined) problems.add(path, 'is set by the plugin', owner);
    else if (/^VOODU_/.test(name)) problems.add(path, 'is set by the controller');
    else if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name))
      problems.add(path, 'is not the name of an environment variable');
    else if (typeof entry === 'object' && entry !== null)
      problems.add(path, `wants a string, not ${show(entry)}`);
    else if (/[\n\r\0]/.test(String(entry)))
      problems.add(path, 'holds a line break, which the env file cannot carry');
    else env[name] = entry === null ? '' : String(entry);
  }
  return env;
}

function ports(value: unknown, replicas: number, problems: Problems): string[] {
  return words('ports', value, problems).map((port, index) => {
    if (replicas > 1 && /\d+:\d+$/.test(port))
      problems.add(
        `ports[${index}]`,
        `${port} names one host port for ${replicas} pods; the second pod could not start`,
        'write the container port alone',
      );
    return port;
  });
}

function volumes(value: unknown, problems: Problems): string[] {
  return words('volumes', value, problems).filter((volume, index) => {
    const destination = mountDestination(volume);
    const owner = Object.hasOwn(ownedMounts, destination) ? ownedMounts[destination] : undefined;
    if (owner !== undefined) problems.add(`volumes[${index}]`, `${destination} is the plugin's`, owner);
    return owner === undefined;
  });
}

/** The path inside the container of a docker `-v` string. */
export function mountDestination(volume: string): string {
  const parts = volume.split(':');
  return (parts.length === 1 ? parts[0]! : parts[1]!).replace(/(.)\/+$/, '$1');
}

function claims(list: readonly unknown[], problems: Problems): VolumeClaim[] {
  return list.flatMap((claim, index) => {
    const path = `volume_claims[${index}]`;
    const { name, mount_path, size } = isMap(claim) ? claim : ({} as Record<string, unknown>);
    if (typeof name !== 'string' || typeof mount_path !== 'string') {
      problems.add(path, 'wants a name and a mount_path', 'volume_claim "wal" { mount_path = "/wal" }');
      return [];
    }
    if (name === 'data' && mount_path !== dataMount)
      problems.add(path, `data is mounted at ${dataMount}, not ${mount_path}`);
    return [{ name, mount_path, ...(size === undefined ? {} : { size: String(size) }) }];
  });
}

function dockerOptions(value: unknown, problems: Problems): string[] {
  const options = words('docker_options', value, problems);
  options.forEach((option, index) => {
    if (/^(--user|-u|--entrypoint|--name|--hostname)(=|$)/.test(option))
      problems.add(`docker_options[${index}]`, `${option} would bypass the pod's entrypoint`);
  });
  return options;
}

function healthCheck(value: unknown, problems: Problems): string | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  problems.add('health_check', `wants a command as a string, not ${show(value)}`);
  return undefined;
}

const probeNames = ['liveness', 'readiness', 'startup'];

function probes(value: unknown, problems: Problems): unknown {
  if (value === undefined || value === null) return undefined;
  if (!isMap(value)) {
    problems.add('probes', `wants one block, not ${show(value)}`);
    return undefined;
  }
  for (const [name, probe] of Object.entries(value)) {
    if (!probeNames.includes(name))
      problems.add(`probes.${name}`, 'is not a probe', `one of ${probeNames.join(', ')}`);
    else if (!isMap(probe)) problems.add(`probes.${name}`, `wants one block, not ${show(probe)}`);
    else checkProbe(`probes.${name}`, probe, problems);
  }
  return value;
}

function checkProbe(path: string, probe: Raw, problems: Problems): void {
  const command = isMap(probe['exec']) ? probe['exec']['command'] : undefined;
  if (probe['exec'] !== undefined && !Array.isArray(command))
    problems.add(`${path}.exec.command`, 'wants a list of words');
  for (const key of ['initial_delay', 'period', 'timeout'])
    if (probe[key] !== undefined && typeof probe[key] !== 'string')
      problems.add(`${path}.${key}`, `wants a duration as a string, like "10s", not ${show(probe[key])}`);
}

/** The controller sets the operator's raw value onto what we emit (contract 3.4), so a single block cannot be mended here. */
function onProbe(value: unknown, problems: Problems): unknown {
  for (const [event, hooks] of isMap(value) ? Object.entries(value) : [])
    if (!Array.isArray(hooks))
      problems.add(
        `on_probe.${event}`,
        'is a single block, which the controller cannot read',
        `write ${event} = [{ url = "…" }]`,
      );
  if (!isMap(value)) problems.add('on_probe', `wants one block, not ${show(value)}`);
  return value;
}

function ulimits(value: unknown, problems: Problems): Record<string, string> {
  if (!isMap(value)) {
    problems.add('ulimits', `wants a map, not ${show(value)}`);
    return {};
  }
  const limits: Record<string, string> = {};
  for (const [name, limit] of Object.entries(value)) {
    const text = String(limit);
    if (/^-?\d+(:-?\d+)?$/.test(text)) limits[name] = text;
    else problems.add(`ulimits.${name}`, `wants "soft:hard" or a number, not ${show(limit)}`);
  }
  return limits;
}

function resources(value: unknown, problems: Problems): unknown {
  const limits = isMap(value) ? value['limits'] : undefined;
  if (!isMap(value) || (limits !== undefined && !isMap(limits))) {
    problems.add(
      'resources',
      'wants limits { cpu memory }',
      'resources { limits { memory = "4Gi" } } on lines of their own',
    );
    return {};
  }
  for (const key of Object.keys(value))
    if (key !== 'limits') problems.add(`resources.${key}`, 'is not supported', 'only limits is');
  const checked: Record<string, string> = {};
  for (const [name, limit] of Object.entries(limits ?? {})) {
    const text = String(limit ?? '');
    const fine = name === 'cpu' ? isCpu(text) : name === 'memory' ? memoryBytes(text) !== undefined : false;
    if (name !== 'cpu' && name !== 'memory')
      problems.add(`resources.limits.${name}`, 'is not a limit', 'cpu or memory');
    else if (text === '') continue;
    else if (!fine)
      problems.add(
        `resources.limits.${name}`,
        `${show(limit)} is not a quantity`,
        name === 'cpu' ? '"2", "1.5" or "500m"' : '"4Gi", "512Mi", "4G" or bytes',
      );
    else checked[name] = text;
  }
  return { limits: checked };
}

/** A list of strings; numbers are written out. */
function words(key: string, value: unknown, problems: Problems): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    problems.add(key, `wants a list, not ${show(value)}`);
    return [];
  }
  return value.flatMap((word, index) => {
    if (typeof word === 'string' || typeof word === 'number') return [String(word)];
    problems.add(`${key}[${index}]`, `wants a string, not ${show(word)}`);
    return [];
  });
}

/** `inits = [{ name … }]`, or `init "name" { … }` once or several times: one list. */
function blockList(raw: Raw, list: string, block: string, problems: Problems): unknown[] {
  const listed = raw[list] ?? [];
  if (!Array.isArray(listed))
    problems.add(list, `wants a list, not ${show(listed)}`, `or ${block} "name" { } blocks`);
  const blocks = raw[block] === undefined ? [] : Array.isArray(raw[block]) ? raw[block] : [raw[block]];
  const named = blocks.map((entry: unknown, index: number) => {
    if (!isMap(entry)) {
      problems.add(`${block}[${index}]`, `wants a block, not ${show(entry)}`);
      return {};
    }
    const { _labels: labels, ...body } = entry;
    const name = Array.isArray(labels) ? labels[0] : undefined;
    if (typeof name !== 'string' && typeof body['name'] !== 'string')
      problems.add(`${block}[${index}]`, `wants a name: ${block} "name" { … }`);
    return typeof name === 'string' ? { name, ...body } : body;
  });
  return [...(Array.isArray(listed) ? listed : []), ...named];
}
