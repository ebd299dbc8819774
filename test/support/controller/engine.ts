/** What runs pods: recorded in memory, or real docker. */
import type { Bucket } from './types.ts';

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Absent for jobs and inits. */
  readonly restart?: string;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly networks: readonly string[];
  readonly networkMode: string;
  readonly aliases: readonly string[];
  /** In order; the last is the resource's own. */
  readonly envFiles: readonly string[];
  readonly env: Readonly<Bucket>;
  readonly extraHosts: readonly string[];
  readonly capAdd: readonly string[];
  readonly ulimits: Readonly<Record<string, string>>;
  readonly cpus?: string;
  readonly memoryBytes?: number;
  readonly logs: { readonly maxSize: string; readonly maxFiles: number };
  readonly dockerOptions: readonly string[];
}

/** One container, whatever its state: present is present. */
export interface Pod {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'created' | 'running' | 'exited';
  readonly exitCode: number;
  readonly createdAt: string;
  readonly startedAt: string;
  readonly restarts: number;
  readonly command: readonly string[];
  /** As the process sees it: image, env files, `-e`. */
  readonly env: Readonly<Bucket>;
  readonly entrypoint: readonly string[];
  readonly workingDir: string;
  readonly restartPolicy: string;
  readonly mounts: readonly {
    type: string;
    source: string;
    destination: string;
    mode: string;
    rw: boolean;
  }[];
  readonly networks: Readonly<Record<string, PodNetwork>>;
  readonly ports: readonly { container: string; host_ip: string; host_port: string }[];
  /** The `docker run` argv it was made with, where known. */
  readonly argv?: readonly string[];
}

export interface PodNetwork {
  readonly network_id: string;
  readonly ip_address: string;
  readonly gateway: string;
  readonly aliases: readonly string[];
}

export interface Identity {
  readonly kind?: string;
  readonly scope?: string;
  readonly name?: string;
}

export interface Volume {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Engine {
  /** Containers of the controller, by labels, in any state. */
  list(identity: Identity): Promise<Pod[]>;
  inspect(name: string): Promise<Pod | undefined>;
  /** `docker run -d`. A failure after the create leaves the container behind. */
  run(spec: ContainerSpec): Promise<void>;
  /** Waits for the end of a container and gives its exit code. */
  wait(name: string, timeoutMs: number): Promise<number>;
  /** `docker stop` with the container's own grace, then `docker rm -f` without `-v`. No such container is fine. */
  remove(name: string): Promise<void>;
  /** `docker rm -f` at once, without `-v`. */
  kill(name: string): Promise<void>;
  stop(name: string): Promise<void>;
  restart(name: string): Promise<void>;
  exec(name: string, argv: readonly string[], timeoutMs: number): Promise<number>;
  logs(name: string): Promise<string>;
  /** Whether the tag now names another image than the container runs. */
  imageDiffers(name: string, image: string): Promise<boolean>;
  ensureVolume(name: string, labels: Record<string, string>): Promise<void>;
  removeVolume(name: string): Promise<void>;
  volumes(identity: Identity): Promise<Volume[]>;
  /** No container is started from now on; everything made so far goes. Called again it finishes what was in flight. */
  close(): Promise<void>;
}

export function matches(labels: Readonly<Record<string, string>>, identity: Identity): boolean {
  return (
    labels.createdby === 'voodu' &&
    (identity.kind === undefined || labels['voodu.kind'] === identity.kind) &&
    (identity.scope === undefined || (labels['voodu.scope'] ?? '') === identity.scope) &&
    (identity.name === undefined || labels['voodu.name'] === identity.name)
  );
}
