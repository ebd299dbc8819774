/**
 * The ports: everything this plugin may ask of the world outside. Implementations live in `edges/`,
 * fakes in `test/fakes/`; both pass the same suites.
 */

import type { ParseHcl } from './hcl/values.ts';

export interface Io {
  readonly controller: Controller;
  readonly docker: Docker;
  readonly postgres: PostgresLogin;
  readonly web: Web;
  readonly files: Files;
  readonly cron: Cron;
  readonly host: Host;
  readonly parseHcl: ParseHcl;
}

/** A manifest as the controller stores it. */
export interface StoredManifest {
  readonly kind: string;
  readonly scope?: string;
  readonly name: string;
  readonly spec: Record<string, unknown>;
}

export interface Described {
  readonly manifest: StoredManifest;
  readonly status: Record<string, unknown> | undefined;
  readonly pods: readonly {
    readonly name: string;
    readonly replica_id?: string;
    readonly running: boolean;
  }[];
}

/** The controller's HTTP API (contract section 5). */
export interface Controller {
  /** The stored manifest, or undefined where there is none. */
  describe(kind: string, scope: string, name: string): Promise<Described | undefined>;
  /** Stored manifests of one kind, or of all. */
  manifests(kind?: string): Promise<readonly StoredManifest[]>;
  /** A bucket; `own` leaves the scope's values out. */
  bucket(scope: string, name: string, options?: { own?: boolean }): Promise<Readonly<Record<string, string>>>;
  /** The scope's own bucket. */
  scopeBucket(scope: string): Promise<Readonly<Record<string, string>>>;
  /** Patch a bucket now, without the restart fan-out. An empty value deletes the key. */
  record(scope: string, name: string, values: Readonly<Record<string, string>>): Promise<void>;
  /** Apply a manifest through the full pipeline (contract 5.4). */
  apply(manifest: StoredManifest): Promise<void>;
}

export interface Container {
  readonly name: string;
  readonly id: string;
  readonly image: string;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly exitCode: number;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly restartCount: number;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly {
    readonly type: string;
    readonly source: string;
    readonly name?: string;
    readonly destination: string;
  }[];
  /** Network name → address, only networks with an address. */
  readonly addresses: Readonly<Record<string, string>>;
}

export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly user?: string;
  readonly input?: string;
  /** Names and values for the process; values never appear in an argv. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** The docker engine through its CLI. A non-zero exit of the command inside is a result, not an error. */
export interface Docker {
  inspect(names: readonly string[]): Promise<readonly Container[]>;
  /** Containers of any state whose labels match all of the given ones. */
  list(labels: Readonly<Record<string, string>>): Promise<readonly string[]>;
  exec(container: string, command: readonly string[], options?: ExecOptions): Promise<Finished>;
  start(container: string): Promise<void>;
  stop(container: string, graceSeconds: number): Promise<void>;
  kill(container: string, signal: string): Promise<void>;
  unpause(container: string): Promise<void>;
  remove(container: string, options?: { force?: boolean }): Promise<void>;
  /** `docker run -d`; returns the container id. */
  run(options: RunOptions): Promise<string>;
  logs(container: string, options?: { tail?: number }): Promise<Finished>;
  /** Host bytes: free space where the engine or a bind mount keeps data is asked through `files`. */
}

export interface RunOptions {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly network?: string;
  readonly user?: string;
  readonly entrypoint?: string;
  readonly extra?: readonly string[];
}

/** A login over TCP, the way an application connects. */
export interface PostgresLogin {
  /** Resolves when the login works; rejects with a `postgres` failure that carries the SQLSTATE in `cause.code`. */
  login(target: LoginTarget): Promise<void>;
}

export interface LoginTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly timeoutMs: number;
}

/** Downloads. Follows no redirect and looks up no name by itself. */
export interface Web {
  /** Every address a host name has; rejects with a `refused` failure where it has none. */
  addresses(host: string): Promise<readonly string[]>;
  /** GET, connected to this address and no other. The signal ends it at any point, the body included. */
  get(url: string, address: string, signal?: AbortSignal): Promise<WebReply>;
}

export interface WebReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the connection, read or not. */
  close(): void;
}

/** When a schedule comes round. */
export interface Cron {
  /** The last runs before an instant, the latest first; fewer where there were fewer. */
  runsBefore(schedule: CronSchedule, now: Date, count: number): Promise<readonly Date[]>;
  nextRun(schedule: CronSchedule, now: Date): Promise<Date | undefined>;
}

export interface CronSchedule {
  /** Five fields, or a name like `@daily`. */
  readonly expression: string;
  /** Of the IANA database, like `UTC`. */
  readonly timezone: string;
}

/** Files on the docker host; the plugin runs there as root. */
export interface Files {
  read(path: string): Promise<string | undefined>;
  list(path: string): Promise<readonly FileEntry[]>;
  stat(path: string): Promise<FileEntry | undefined>;
  /** Write to a temporary name beside it, fsync, rename. */
  writeAtomic(path: string, text: string, options?: { mode?: number; like?: string }): Promise<void>;
  /** Create with full content or fail: false where the file exists already. */
  createExclusive(path: string, text: string, options?: { mode?: number }): Promise<boolean>;
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  makeDirectory(path: string): Promise<void>;
  /** Rejects once the signal fires: a large file takes minutes. */
  sha256(path: string, signal?: AbortSignal): Promise<string>;
  /** Everything of a stream into a new file (0600), synced; gives its size and its sha256. What was written stays where it fails. */
  writeStream(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly bytes: number; readonly sha256: string }>;
  /** Bytes free for a privileged writer on the file system that holds the path. */
  freeBytes(path: string): Promise<number>;
}

export interface FileEntry {
  readonly name: string;
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
  readonly directory: boolean;
  readonly uid: number;
  readonly gid: number;
}

export interface Host {
  now(): Date;
  /** Environment of this process, for previews that interpolate `${VAR}`. */
  environment(): Readonly<Record<string, string>>;
  sleep(ms: number): Promise<void>;
  /** Fires after so long, and keeps the process from ending no longer than its work does. */
  after(ms: number): AbortSignal;
  /** Start a program that outlives this process, in a session of its own, without a terminal. */
  detach(command: readonly string[]): void;
  randomHex(bytes: number): string;
  /** A SCRAM-SHA-256 verifier as pg_authid keeps it, so that a password never is in a statement. */
  scramVerifier(password: string): string;
  /** Whether something listens on this TCP port of the host. */
  portTaken(port: number): Promise<boolean>;
  /** This process: identifies the holder of an operation lock, and tells whether another holder still lives. */
  processTag(): string;
  processAlive(tag: string): boolean;
}
