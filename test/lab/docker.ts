import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

/** Everything one test file makes in docker. All of it carries `prefix`, and `removeAll` leaves nothing behind. */
export interface Lab {
  readonly prefix: string;
  name(suffix: string): string;
  /** An `--internal` network: containers see each other and nothing else. */
  createNetwork(suffix: string): Promise<string>;
  createVolume(suffix: string): Promise<string>;
  /** Creates and starts a detached container named after `suffix`. Returns its name. */
  start(
    suffix: string,
    image: string,
    options?: readonly string[],
    command?: readonly string[],
  ): Promise<string>;
  /** What the controller does to a pod it replaces: stop, then `rm -f` without `-v`. */
  removeAsController(container: string): Promise<void>;
  removeAll(): Promise<void>;
}

export interface Outcome {
  readonly exitCode: number | undefined;
  /** stdout and stderr, interleaved. */
  readonly text: string;
}

const commandBudgetMs = 60_000;

/** Runs docker and returns its stdout; a failure throws with what docker said. */
export async function docker(...args: readonly string[]): Promise<string> {
  return (await execa('docker', args, { timeout: commandBudgetMs, stdin: 'ignore' })).stdout;
}

/** Runs docker for an outcome that may be a failure. */
export async function attemptDocker(...args: readonly string[]): Promise<Outcome> {
  const result = await execa('docker', args, {
    timeout: commandBudgetMs,
    stdin: 'ignore',
    reject: false,
    all: true,
  });
  if (result.timedOut) throw new Error(`docker ${args.join(' ')} took longer than ${commandBudgetMs} ms`);
  return { exitCode: result.exitCode, text: result.all };
}

export function createLab(subject: string): Lab {
  const prefix = `voodu-lab-${subject}-${randomBytes(4).toString('hex')}-`;
  const anonymousVolumes = new Set<string>();

  const name = (suffix: string) => prefix + suffix;

  const remember = async (container: string) => {
    for (const mount of await mountsOf(container)) if (mount.anonymous) anonymousVolumes.add(mount.volume);
  };

  return {
    prefix,
    name,

    async createNetwork(suffix) {
      await docker('network', 'create', '--internal', name(suffix));
      return name(suffix);
    },

    async createVolume(suffix) {
      await docker('volume', 'create', name(suffix));
      return name(suffix);
    },

    async start(suffix, image, options = [], command = []) {
      await docker('run', '-d', '--pull', 'never', '--name', name(suffix), ...options, image, ...command);
      await remember(name(suffix));
      return name(suffix);
    },

    async removeAsController(container) {
      await docker('stop', container);
      await docker('rm', '-f', container);
    },

    async removeAll() {
      const containers = lines(await docker('ps', '-aq', '--filter', `name=^/${prefix}`));
      if (containers.length > 0) await docker('rm', '-f', '-v', ...containers);
      const named = lines(await docker('volume', 'ls', '-q', '--filter', `name=^${prefix}`));
      const volumes = [...named, ...(await stillThere(anonymousVolumes))];
      if (volumes.length > 0) await docker('volume', 'rm', '-f', ...volumes);
      const networks = lines(await docker('network', 'ls', '-q', '--filter', `name=^${prefix}`));
      if (networks.length > 0) await docker('network', 'rm', ...networks);
    },
  };
}

export interface Mount {
  readonly path: string;
  readonly volume: string;
  /** Made by docker for a VOLUME of the image that nothing was mounted on. */
  readonly anonymous: boolean;
}

/** The docker volumes a container has mounted. */
export async function mountsOf(container: string): Promise<Mount[]> {
  const template = '{{range .Mounts}}{{if eq .Type "volume"}}{{.Destination}} {{.Name}}\n{{end}}{{end}}';
  return lines(await docker('inspect', '--format', template, container)).map(line => {
    const [path = '', volume = ''] = line.split(' ');
    return { path, volume, anonymous: /^[0-9a-f]{64}$/.test(volume) };
  });
}

export async function stillThere(volumes: Iterable<string>): Promise<string[]> {
  const all = new Set(lines(await docker('volume', 'ls', '-q')));
  return [...volumes].filter(volume => all.has(volume));
}

/** Polls until `condition` holds; the error names what was waited for. */
export async function waitUntil(
  what: string,
  budgetMs: number,
  condition: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + budgetMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${budgetMs} ms`);
    await sleep(200);
  }
}

function lines(text: string): string[] {
  return text.split('\n').filter(line => line !== '');
}
