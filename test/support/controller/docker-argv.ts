/** The `docker run` argv of the controller, in its order (contract 6.4). */
import type { ContainerSpec } from './engine.ts';

export interface ArgvOptions {
  /** The name `voodu0` has in this laboratory. */
  readonly network: string;
  readonly ulimits: Readonly<Record<string, string>>;
  /** Labels of the laboratory, so that it finds its own things again. */
  readonly labels: Readonly<Record<string, string>>;
}

export function dockerRunArgv(spec: ContainerSpec, options: ArgvOptions): string[] {
  const bridged = spec.networkMode === '';
  const [network = options.network] = networkNames(spec, options);
  const labels = { ...spec.labels, ...options.labels };
  const ulimits = { ...options.ulimits, ...spec.ulimits };
  return [
    'run',
    '-d',
    ...['--name', spec.name],
    ...pairs('--label', labels, false),
    ...(spec.restart === undefined ? [] : ['--restart', spec.restart]),
    ...(bridged ? ['--add-host', 'host.docker.internal:host-gateway'] : []),
    ...spec.extraHosts.flatMap(host => ['--add-host', host]),
    ...spec.capAdd.flatMap(capability => ['--cap-add', capability]),
    ...['--network', bridged ? network : spec.networkMode],
    ...(bridged ? spec.aliases.flatMap(alias => ['--network-alias', alias]) : []),
    ...(bridged ? spec.ports.flatMap(port => ['-p', port]) : []),
    ...spec.envFiles.flatMap(file => ['--env-file', file]),
    ...pairs('-e', spec.env, true),
    ...spec.volumes.flatMap(volume => ['-v', volume]),
    ...pairs('--ulimit', ulimits, true),
    ...(spec.cpus === undefined ? [] : ['--cpus', spec.cpus]),
    ...(spec.memoryBytes === undefined ? [] : ['--memory', String(spec.memoryBytes)]),
    ...['--log-opt', `max-size=${spec.logs.maxSize}`, '--log-opt', `max-file=${spec.logs.maxFiles}`],
    ...spec.dockerOptions,
    spec.image,
    ...spec.command,
  ];
}

/** The first goes into the argv, the others are connected afterwards. */
export function networkNames(spec: ContainerSpec, options: Pick<ArgvOptions, 'network'>): string[] {
  return spec.networkMode === ''
    ? spec.networks.map(name => (name === 'voodu0' ? options.network : name))
    : [];
}

function pairs(flag: string, values: Readonly<Record<string, string>>, sorted: boolean): string[] {
  const keys = sorted ? Object.keys(values).sort() : Object.keys(values);
  return keys.flatMap(key => [flag, `${key}=${values[key]}`]);
}
