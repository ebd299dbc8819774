/**
 * The part of a block that is the statefulset's. The controller decodes it strictly but late, when pods are made
 * (contract 6.1), so types are settled here: numbers become strings where it wants strings, blocks become lists.
 */
import { parseEnvironment } from './environment.ts';
import { parseLogs, parseResources, parseUlimits } from './limits.ts';
import { parseClaims, parseVolumes } from './mounts.ts';
import { blockList, parseInits } from './named-blocks.ts';
import type { StatefulsetKeys } from './postgres-spec.ts';
import { checkOnProbe, parseProbes } from './probes.ts';
import type { Problems } from './problems.ts';
import { isMap, show } from './values.ts';
import { stringMap, words } from './words.ts';

type Raw = Readonly<Record<string, unknown>>;
type Reader = (value: unknown, problems: Problems) => unknown;

const list =
  (key: string): Reader =>
  (value, problems) =>
    words(key, value, problems);

function string(key: string): Reader {
  return (value, problems) => {
    if (typeof value !== 'string') problems.add(key, `wants a string, not ${show(value)}`);
    return value;
  };
}

/** Handed on under the same name, once their type is what the controller wants. */
const handedOn: Readonly<Record<string, Reader>> = {
  network: string('network'),
  network_mode: string('network_mode'),
  restart: string('restart'),
  env_from: list('env_from'),
  networks: list('networks'),
  extra_hosts: list('extra_hosts'),
  cap_add: list('cap_add'),
  build_args: (value, problems) => stringMap('build_args', value, problems),
  ulimits: (value, problems) => parseUlimits('ulimits', value, problems),
  resources: (value, problems) => parseResources('resources', value, problems),
  logs: parseLogs,
  on_probe: checkOnProbe,
  depends_on: (value, problems) => {
    if (isMap(value)) return { ...value, assets: words('depends_on.assets', value['assets'], problems) };
    problems.add(
      'depends_on',
      `wants one block, not ${show(value)}`,
      'depends_on { assets = ["name.key"] } on lines of their own',
    );
    return value;
  },
};

export function parseStatefulsetKeys(raw: Raw, replicas: number, problems: Problems): StatefulsetKeys {
  const rest: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(raw)) {
    if (value !== null && Object.hasOwn(handedOn, key)) rest[key] = handedOn[key]!(value, problems);
  }
  checkNetwork(rest, replicas, problems);
  const inits = parseInits(blockList(raw, 'inits', 'init', problems), problems);
  const volumes = parseVolumes(raw['volumes'], problems);
  return {
    env: parseEnvironment(raw['env'], problems),
    ports:
      raw['ports'] === undefined || raw['ports'] === null
        ? undefined
        : ports(raw['ports'], replicas, problems),
    volumes,
    volume_claims: parseClaims(blockList(raw, 'volume_claims', 'volume_claim', problems), volumes, problems),
    docker_options: dockerOptions(raw['docker_options'], problems),
    health_check: healthCheck(raw['health_check'], problems),
    probes: parseProbes(raw['probes'], problems),
    rest: { ...rest, ...(inits.length === 0 ? {} : { inits }) },
  };
}

function checkNetwork(rest: Raw, replicas: number, problems: Problems): void {
  const { network_mode: mode } = rest;
  if (mode === undefined) return;
  if (mode !== 'host' && mode !== 'none') {
    if (typeof mode === 'string')
      problems.add(
        'network_mode',
        `${show(mode)} is not a mode`,
        '"host" or "none"; without it pods are on voodu0',
      );
    return;
  }
  for (const key of ['network', 'networks'])
    if (rest[key] !== undefined) problems.add(key, `is not possible with network_mode = ${show(mode)}`);
  if (replicas > 1)
    problems.add(
      'network_mode',
      `${show(mode)} leaves the pods without names, so standbys cannot find the primary`,
      'use it with replicas = 1 only',
    );
}

function ports(value: unknown, replicas: number, problems: Problems): string[] {
  const published = words('ports', value, problems);
  published.forEach((port, index) => {
    if (replicas > 1 && /\d+:\d+(\/\w+)?$/.test(port))
      problems.add(
        `ports[${index}]`,
        `${port} names one host port for ${replicas} pods; the second pod could not start`,
        'write the container port alone',
      );
  });
  return published;
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
