/** Pods as real containers of this machine's docker. Everything made here carries a label and is removed by close(). */
import { randomBytes } from 'node:crypto';
import { dockerRunArgv, networkNames } from './docker-argv.ts';
import { docker, type Inspected, inspectAll, lines, must } from './docker-cli.ts';
import {
  type ContainerSpec,
  type Engine,
  type Identity,
  matches,
  type Pod,
  type PodNetwork,
} from './engine.ts';
import { createRecordedEngine, DEFAULT_ULIMITS } from './engine-recorded.ts';
import { anonymousVolumes, LAB, LAB_PID, remove as removeAll, sweep } from './lab-sweep.ts';

export { sweep } from './lab-sweep.ts';

export interface DockerOptions {
  readonly network: string;
  readonly internal: boolean;
  readonly ulimits?: Readonly<Record<string, string>>;
}

/** Some engines cannot raise the limits; asked by the first container of this process. */
let engineUlimits: Readonly<Record<string, string>> = DEFAULT_ULIMITS;
const LOW_ULIMITS = { nofile: '20000:20000' };

export async function createDockerEngine(options: DockerOptions): Promise<Engine> {
  const lab = randomBytes(6).toString('hex');
  const labels = { [LAB]: lab, [LAB_PID]: String(process.pid) };
  const labelFlags = Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
  const ownNetwork = await createNetwork(options, labelFlags);
  /** Volumes nobody labelled: those of images, and those docker made for a `-v name:/path`. */
  const leaked = new Set<string>();
  const argvs = new Map<string, readonly string[]>();
  /** Deployments whose image is not here: consumers of a link, of which only the environment matters. */
  const recorded = createRecordedEngine({ network: options.network });

  const inspect = async (name: string): Promise<Pod | undefined> => {
    const [found] = await inspectAll('container', [name]);
    return found === undefined ? recorded.inspect(name) : toPod(found, options.network, argvs);
  };

  let closing = false;
  const inFlight = new Set<Promise<void>>();

  const run = async (spec: ContainerSpec, ulimits = options.ulimits ?? engineUlimits): Promise<void> => {
    if (closing) throw new Error('docker run: the laboratory is closing');
    const argv = dockerRunArgv(spec, { network: options.network, ulimits, labels });
    argvs.set(spec.name, argv);
    for (const name of await missingNamedVolumes(spec)) leaked.add(name);
    const result = await docker(argv);
    if (result.code !== 0) {
      if (/rlimit/i.test(result.stderr) && ulimits === DEFAULT_ULIMITS) {
        engineUlimits = LOW_ULIMITS;
        await removeAll('container', [spec.name]);
        return run(spec);
      }
      throw new Error(`docker run: ${result.stderr.trim()}`);
    }
    for (const network of networkNames(spec, options).slice(1)) {
      await must([
        'network',
        'connect',
        ...spec.aliases.flatMap(alias => ['--alias', alias]),
        network,
        spec.name,
      ]);
    }
  };

  const kill = async (name: string): Promise<void> => {
    if ((await recorded.inspect(name)) !== undefined) return recorded.kill(name);
    for (const volume of await anonymousVolumes([name])) leaked.add(volume);
    const { code, stderr } = await docker(['rm', '-f', name]);
    if (code !== 0 && !/no such container/i.test(stderr)) throw new Error(`docker rm: ${stderr.trim()}`);
  };

  return {
    async list(identity) {
      const ids = await lines(['ps', '-aq', '--no-trunc', ...filters(identity)]);
      const found = await inspectAll('container', ids);
      const mine = found.filter(container => isMine(container, lab, options.network, identity));
      return [
        ...mine.map(container => toPod(container, options.network, argvs)),
        ...(await recorded.list(identity)),
      ];
    },
    inspect,
    async run(spec) {
      const local = spec.labels['voodu.kind'] !== 'deployment' || (await imageId(spec.image)) !== '';
      if (!local) return recorded.run(spec);
      const running = run(spec);
      const settled = running.catch(() => {}).finally(() => inFlight.delete(settled));
      inFlight.add(settled);
      return running;
    },
    async wait(name, timeoutMs) {
      return Number((await must(['wait', name], timeoutMs)).trim());
    },
    async remove(name) {
      await docker(['stop', name]);
      await kill(name);
    },
    kill,
    stop: async name => void (await must(['stop', name])),
    restart: async name => void (await must(['restart', name])),
    exec: async (name, argv, timeoutMs) => (await docker(['exec', name, ...argv], timeoutMs)).code,
    async logs(name) {
      const { stdout, stderr } = await docker(['logs', name]);
      return stdout + stderr;
    },
    async imageDiffers(name, image) {
      const [container] = await inspectAll('container', [name]);
      const id = await imageId(image);
      return container !== undefined && id !== '' && container.Image !== id;
    },
    async ensureVolume(name, volumeLabels) {
      const flags = Object.entries(volumeLabels).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
      await must(['volume', 'create', ...flags, ...labelFlags, name]);
    },
    removeVolume: async name => void (await must(['volume', 'rm', name])),
    async volumes(identity) {
      const names = await lines([
        'volume',
        'ls',
        '-q',
        ...filters(identity),
        '--filter',
        `label=${LAB}=${lab}`,
      ]);
      const found = await inspectAll('volume', names);
      return found.map(volume => ({ name: volume.Name as string, labels: volume.Labels ?? {} }));
    },
    async close() {
      closing = true;
      await Promise.all(inFlight);
      const mine = await lines(['ps', '-aq', '--filter', `label=${LAB}=${lab}`]);
      // What a plugin itself put on this network would keep the network from going.
      const guests = ownNetwork ? await lines(['ps', '-aq', '--filter', `network=${options.network}`]) : [];
      await removeAll('container', [...new Set([...mine, ...guests])]);
      const volumes = await lines(['volume', 'ls', '-q', '--filter', `label=${LAB}=${lab}`]);
      for (const volume of [...volumes, ...leaked]) await docker(['volume', 'rm', '-f', volume]);
      const { code, stderr } = ownNetwork
        ? await docker(['network', 'rm', options.network])
        : { code: 0, stderr: '' };
      if (code !== 0 && !/not found|no such network/i.test(stderr))
        throw new Error(`docker network rm: ${stderr.trim()}`);
    },
  };
}

/** False when somebody else's network of that name is used. */
async function createNetwork(options: DockerOptions, labelFlags: readonly string[]): Promise<boolean> {
  await sweep();
  const present = await lines(['network', 'ls', '-q', '--filter', `name=^${options.network}$`]);
  if (present.length > 0) return false;
  await must([
    'network',
    'create',
    ...(options.internal ? ['--internal'] : []),
    ...labelFlags,
    options.network,
  ]);
  return true;
}

function filters(identity: Identity): string[] {
  const wanted = [
    'createdby=voodu',
    ...(identity.kind === undefined ? [] : [`voodu.kind=${identity.kind}`]),
    ...(identity.scope === undefined ? [] : [`voodu.scope=${identity.scope}`]),
    ...(identity.name === undefined ? [] : [`voodu.name=${identity.name}`]),
  ];
  return wanted.flatMap(label => ['--filter', `label=${label}`]);
}

/** The controller counts whatever carries the labels, also what a plugin made; only other laboratories are kept out. */
function isMine(container: Inspected, lab: string, network: string, identity: Identity): boolean {
  const labels: Record<string, string> = container.Config.Labels ?? {};
  if (!matches(labels, identity)) return false;
  const owner = labels[LAB];
  if (owner !== undefined) return owner === lab;
  return identity.scope !== undefined || Object.hasOwn(container.NetworkSettings.Networks, network);
}

function toPod(found: Inspected, network: string, argvs: ReadonlyMap<string, readonly string[]>): Pod {
  const { Config, State, NetworkSettings } = found;
  const name = (found.Name as string).slice(1);
  const all = Object.entries<Inspected>(NetworkSettings.Networks);
  const ours = all.filter(([key]) => key === network);
  const others = all.filter(([key]) => key !== network);
  const argv = argvs.get(name);
  return {
    id: found.Id,
    name,
    image: Config.Image,
    imageId: found.Image,
    labels: Config.Labels ?? {},
    state: State.Status === 'created' ? 'created' : State.Running ? 'running' : 'exited',
    exitCode: State.ExitCode,
    createdAt: found.Created,
    startedAt: State.StartedAt,
    restarts: found.RestartCount,
    command: Config.Cmd ?? [],
    env: Object.fromEntries((Config.Env as string[]).map(line => splitOnce(line))),
    mounts: (found.Mounts as Inspected[]).map(mount => ({
      type: mount.Type,
      source: mount.Type === 'volume' ? mount.Name : mount.Source,
      destination: mount.Destination,
      mode: mount.Mode,
      rw: mount.RW,
    })),
    entrypoint: Config.Entrypoint ?? [],
    workingDir: Config.WorkingDir,
    restartPolicy: found.HostConfig.RestartPolicy.Name,
    ports: Object.entries<Inspected[] | null>(NetworkSettings.Ports ?? {}).flatMap(([container, bindings]) =>
      (bindings ?? []).map(binding => ({ container, host_ip: binding.HostIp, host_port: binding.HostPort })),
    ),
    networks: Object.fromEntries([...ours, ...others].map(([key, value]) => [key, podNetwork(value)])),
    ...(argv === undefined ? {} : { argv }),
  };
}

function podNetwork(found: Inspected): PodNetwork {
  return {
    network_id: found.NetworkID,
    ip_address: found.IPAddress,
    gateway: found.Gateway,
    aliases: found.Aliases ?? [],
  };
}

function splitOnce(line: string): [string, string] {
  const equals = line.indexOf('=');
  return [line.slice(0, equals), line.slice(equals + 1)];
}

async function imageId(image: string): Promise<string> {
  return (await docker(['image', 'inspect', '--format', '{{.Id}}', image])).stdout.trim();
}

async function missingNamedVolumes(spec: ContainerSpec): Promise<string[]> {
  const named = spec.volumes.flatMap(volume => (volume.startsWith('/') ? [] : [volume.split(':')[0]!]));
  const present = new Set((await inspectAll('volume', named)).map(volume => volume.Name as string));
  return named.filter(name => !present.has(name));
}
