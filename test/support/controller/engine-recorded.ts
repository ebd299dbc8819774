/** Pods that only exist as records, with the few habits of docker that tests of a plugin meet. */
import { randomBytes } from 'node:crypto';
import { dockerRunArgv } from './docker-argv.ts';
import { type ContainerSpec, type Engine, type Identity, matches, type Pod, type Volume } from './engine.ts';
import { readEnvFile } from './env-file.ts';

export interface RecordedOptions {
  readonly network: string;
  /** What a job's container does: its exit code. Default 0. */
  readonly runJob?: (pod: Pod) => number | Promise<number>;
}

export function createRecordedEngine(options: RecordedOptions): Engine {
  const pods = new Map<string, Pod>();
  const volumes = new Map<string, Volume>();
  const hostPorts = new Map<string, string>();
  let address = 2;

  const update = (name: string, change: Partial<Pod>) => {
    const pod = pods.get(name);
    if (pod === undefined) throw new Error(`Error: No such container: ${name}`);
    pods.set(name, { ...pod, ...change });
  };

  const drop = (name: string) => {
    pods.delete(name);
    for (const [port, holder] of hostPorts) if (holder === name) hostPorts.delete(port);
  };

  return {
    list: async identity => [...pods.values()].filter(pod => matches(pod.labels, identity)),
    inspect: async name => pods.get(name),
    async run(spec) {
      if (pods.has(spec.name)) {
        throw new Error(`docker run: Conflict. The container name "/${spec.name}" is already in use`);
      }
      refuseBeforeCreate(spec);
      const pod = record(spec, options.network, address++);
      for (const mount of pod.mounts) {
        if (mount.type === 'volume' && !volumes.has(mount.source))
          volumes.set(mount.source, { name: mount.source, labels: {} });
      }
      pods.set(spec.name, pod);
      // Docker binds ports at start: a clash leaves a container in state Created, and that container is present.
      for (const port of fixedPorts(spec)) {
        const holder = hostPorts.get(port);
        if (holder !== undefined) {
          pods.set(spec.name, { ...pod, state: 'created', startedAt: '', networks: {} });
          throw new Error(`docker run: Bind for 127.0.0.1:${port} failed: port is already allocated`);
        }
        hostPorts.set(port, spec.name);
      }
    },
    async wait(name) {
      const pod = pods.get(name);
      if (pod === undefined) throw new Error(`Error: No such container: ${name}`);
      const exitCode = (await options.runJob?.(pod)) ?? 0;
      if (pods.has(name)) update(name, { state: 'exited', exitCode });
      return exitCode;
    },
    remove: async name => drop(name),
    kill: async name => drop(name),
    stop: async name => update(name, { state: 'exited', exitCode: 0 }),
    restart: async name => update(name, { state: 'running', restarts: pods.get(name)?.restarts ?? 0 }),
    exec: async () => 0,
    logs: async () => '',
    imageDiffers: async () => false,
    async ensureVolume(name, labels) {
      if (!volumes.has(name)) volumes.set(name, { name, labels });
    },
    async removeVolume(name) {
      const user = [...pods.values()].find(pod => pod.mounts.some(mount => mount.source === name));
      if (user !== undefined) throw new Error(`remove ${name}: volume is in use - [${user.id}]`);
      volumes.delete(name);
    },
    volumes: async (identity: Identity) => [...volumes.values()].filter(v => matches(v.labels, identity)),
    close: async () => pods.clear(),
  };
}

/** What docker refuses without leaving a container. */
function refuseBeforeCreate(spec: ContainerSpec): void {
  const targets = new Set<string>();
  for (const volume of spec.volumes) {
    const target = volume.split(':')[1] ?? volume;
    if (targets.has(target)) throw new Error(`docker run: Duplicate mount point: ${target}`);
    targets.add(target);
  }
  for (const port of spec.ports) {
    const host = /^127\.0\.0\.1:(.*):[^:]*$/.exec(port)?.[1] ?? '';
    if (host !== '' && !/^\d+(-\d+)?$/.test(host)) {
      throw new Error(
        `docker run: invalid argument "${port}" for "-p, --publish" flag: invalid hostPort: ${host}`,
      );
    }
  }
}

function fixedPorts(spec: ContainerSpec): string[] {
  return spec.ports.flatMap(port => {
    const [container = '', host = ''] = port.split(':').toReversed();
    return container !== '' && host !== '' ? [host] : [];
  });
}

function record(spec: ContainerSpec, network: string, address: number): Pod {
  const now = new Date().toISOString();
  const fromFiles = Object.assign({}, ...spec.envFiles.map(readEnvFile));
  const ip = `10.89.${Math.floor(address / 250)}.${(address % 250) + 1}`;
  return {
    id: randomBytes(32).toString('hex'),
    name: spec.name,
    image: spec.image,
    imageId: `sha256:${spec.image}`,
    labels: { ...spec.labels },
    state: 'running',
    exitCode: 0,
    createdAt: now,
    startedAt: now,
    restarts: 0,
    command: [...spec.command],
    env: { ...fromFiles, ...spec.env },
    entrypoint: [],
    workingDir: '/',
    restartPolicy: spec.restart ?? '',
    mounts: spec.volumes.map(volume => {
      const [source = '', destination = source, mode = ''] = volume.split(':');
      return {
        type: source.startsWith('/') ? 'bind' : 'volume',
        source,
        destination,
        mode,
        rw: mode !== 'ro',
      };
    }),
    networks: Object.fromEntries(
      spec.networks.map(name => [
        name,
        { network_id: name, ip_address: ip, gateway: '10.89.0.1', aliases: [...spec.aliases] },
      ]),
    ),
    ports: spec.ports.map(port => {
      const [container = '', host_port = '', ...host] = port.split(':').toReversed();
      return { container: `${container}/tcp`, host_ip: host.toReversed().join(':'), host_port };
    }),
    argv: dockerRunArgv(spec, { network, ulimits: DEFAULT_ULIMITS, labels: {} }),
  };
}

export const DEFAULT_ULIMITS: Readonly<Record<string, string>> = {
  nofile: '65536:65536',
  nproc: '4096:4096',
};
