/**
 * A controller that behaves as contract/controller.md says, without etcd, systemd or root. Pods are recorded, or run by
 * the docker engine of this machine. `test/contract/double-*.test.ts` and `test/e2e/double-docker.test.ts` pin it.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Core } from './core.ts';
import type { Engine, Pod, Volume } from './engine.ts';
import { createDockerEngine } from './engine-docker.ts';
import { createRecordedEngine } from './engine-recorded.ts';
import { isObject } from './go.ts';
import { listen, type Routes } from './http.ts';
import { loadPlugin } from './plugin-load.ts';
import { createProbes } from './probes.ts';
import { createQueue } from './queue.ts';
import { createReconciler } from './reconcile.ts';
import { configRoutes } from './routes-config.ts';
import { manifestRoutes } from './routes-manifests.ts';
import { pluginRoutes } from './routes-plugins.ts';
import { podRoutes } from './routes-pods.ts';
import { createStore, type Status } from './store.ts';
import type { ApplyResult, Block, Bucket, LabEvent, Manifest, VdResult } from './types.ts';
import { runVd, type VdOptions } from './vd.ts';

export type { Pod } from './engine.ts';
export type { ApplyResult, Block, LabEvent, Manifest, VdResult } from './types.ts';

export interface LabController {
  /** http://127.0.0.1:<port> */
  readonly url: string;
  /** Plays /opt/voodu: plugins, apps/<scope>-<name>/shared/.env, assets, backups, … */
  readonly root: string;
  /** The name voodu0 has here. */
  readonly network: string;
  /** What the reconciler did, in order. */
  readonly events: readonly LabEvent[];
  /** What the controller only logged. */
  readonly log: readonly string[];
  /** `plugins:install` of a local directory; `name` must be the name the plugin gives itself. */
  install(dir: string, name?: string): Promise<void>;
  /** POST /apply. Resolves before the reconcile, like `vd apply`; never throws for an answer of the controller. */
  apply(blocks: readonly Block[], options?: { dryRun?: boolean; prune?: boolean }): Promise<ApplyResult>;
  vd(words: readonly string[], options?: VdOptions): Promise<VdResult>;
  /** One bucket as stored, not merged; without a name the scope's. */
  bucket(scope: string, name?: string): Bucket;
  /** POST /config, with all its side effects. */
  setConfig(scope: string, name: string, kv: Bucket, options?: { restart?: boolean }): Promise<void>;
  manifest(kind: string, scope: string, name: string): Manifest | undefined;
  manifests(kind?: string): Manifest[];
  status(kind: string, scope: string, name: string): Status | undefined;
  /** Containers of the controller in any state, by name. */
  pods(scope?: string, name?: string): Promise<Pod[]>;
  volumes(scope?: string, name?: string): Promise<Volume[]>;
  /** Any request; the parsed body beside the HTTP status. */
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads out of an answer is the test's claim
  request(method: string, path: string, body?: unknown): Promise<{ status: number; body: any }>;
  /** Resolves when the sequential reconcile queue is empty; waiting retries do not count. */
  idle(): Promise<void>;
  /** A controller restart: probes are forgotten, every manifest is reconciled again. */
  replay(): Promise<void>;
  /** Stops the server; removes its containers, volumes, network and root. Safe to call twice. */
  close(): Promise<void>;
}

export interface ControllerOptions {
  readonly pods: 'recorded' | 'docker';
  /** Default: a new temporary directory. Removed by close() only if made here. */
  readonly root?: string;
  /** Docker network of the pods; default a unique `voodu0-<random>`. */
  readonly network?: string;
  /** Default true: pods reach each other and nothing else. */
  readonly internal?: boolean;
  readonly commandTimeoutMs?: number;
  readonly podPauseMs?: number;
  readonly retryDelaysMs?: readonly number[];
  /** Default true; recorded pods with probes are ready at once. */
  readonly probes?: boolean;
  /** Default the controller's, lowered when the engine cannot raise them. */
  readonly ulimits?: Readonly<Record<string, string>>;
  readonly nodeName?: string;
  /** Recorded pods: what a job's container exits with. */
  readonly runJob?: (pod: Pod) => number | Promise<number>;
}

/** Keeps a test from hanging; the API itself has no such limit. */
const REQUEST_LIMIT_MS = 300_000;

export async function startController(options: ControllerOptions): Promise<LabController> {
  const ownRoot = options.root === undefined;
  const root = resolve(options.root ?? mkdtempSync(join(tmpdir(), 'voodu-')));
  for (const dir of ['plugins', 'apps', 'assets', 'docker', 'volumes'])
    mkdirSync(join(root, dir), { recursive: true });
  const events: LabEvent[] = [];
  const log: string[] = [];
  const emit = (event: Omit<LabEvent, 'at'>) => void events.push({ ...event, at: Date.now() });

  let routes: Routes = {};
  const { server, port } = await listen(() => routes);
  const url = `http://127.0.0.1:${port}`;
  const network = options.network ?? (options.pods === 'docker' ? `voodu0-${port}-${process.pid}` : 'voodu0');
  const engine = await makeEngine(options, network).catch(error => {
    server.close();
    if (ownRoot) rmSync(root, { recursive: true, force: true });
    throw error;
  });
  const reconciler = createReconciler(() => core);
  const store = createStore(reconciler);
  const queue = createQueue();
  const probing = options.probes ?? true;
  const probes = createProbes({ engine: () => engine, live: options.pods === 'docker', emit });
  const core: Core = {
    root,
    pluginsRoot: join(root, 'plugins'),
    httpAddress: `127.0.0.1:${port}`,
    nodeName: options.nodeName ?? 'voodu-0',
    url,
    store,
    queue,
    engine,
    probes: probing ? probes : { ...probes, start: async () => {} },
    timing: {
      podPauseMs: options.podPauseMs ?? (options.pods === 'docker' ? 100 : 0),
      commandTimeoutMs: options.commandTimeoutMs ?? 60_000,
      retryDelaysMs: options.retryDelaysMs ?? [1000, 2000, 4000, 8000, 16_000, 30_000],
    },
    emit,
    log: line => void log.push(line),
  };
  routes = {
    ...pluginRoutes(core),
    ...configRoutes(core),
    ...manifestRoutes(core, reconciler),
    ...podRoutes(core, reconciler),
  };

  const request = async (method: string, path: string, body?: unknown) => {
    const signal = AbortSignal.timeout(REQUEST_LIMIT_MS);
    const init = body === undefined ? { signal } : { signal, body: JSON.stringify(body) };
    const response = await fetch(url + path, { method, ...init });
    const text = await response.text();
    return {
      status: response.status,
      body: response.headers.get('content-type') === 'application/json' ? JSON.parse(text) : text,
    };
  };
  const must = async (method: string, path: string, body?: unknown) => {
    const answer = await request(method, path, body);
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.body.error}`);
  };
  let closing: Promise<void> | undefined;

  return {
    url,
    root,
    network,
    events,
    log,
    async install(dir, name) {
      await must('POST', '/plugins/install', { source: resolve(dir) });
      if (name !== undefined && loadPlugin(core.pluginsRoot, name).name !== name) {
        throw new Error(`install ${dir}: the plugin does not call itself ${name}`);
      }
    },
    async apply(blocks, { dryRun = false, prune = false } = {}) {
      const { status, body } = await request('POST', `/apply?dry_run=${dryRun}&prune=${prune}`, blocks);
      const data = isObject(body.data) ? (body.data as unknown as ApplyResult) : undefined;
      return {
        applied: [],
        pruned: [],
        plugin_expansions: [],
        ...data,
        ok: status === 200,
        status,
        ...(status === 200 ? {} : { error: String(body.error) }),
      };
    },
    vd: (words, vdOptions) => runVd(url, words, vdOptions),
    bucket: (scope, name = '') => store.bucket(scope, name),
    async setConfig(scope, name, kv, { restart = true } = {}) {
      const query = new URLSearchParams({
        scope,
        ...(name === '' ? {} : { name }),
        restart: String(restart),
      });
      await must('POST', `/config?${query}`, kv);
    },
    manifest: (kind, scope, name) => store.get(kind, scope, name),
    manifests: kind => store.list(kind),
    status: (kind, scope, name) => store.status(kind, scope, name),
    pods: async (scope, name) => byName(await engine.list(identity(scope, name))),
    volumes: async (scope, name) => byName(await engine.volumes(identity(scope, name))),
    request,
    idle: () => queue.idle(),
    async replay() {
      probes.stopAll();
      for (const manifest of store.list()) reconciler.onPut(manifest, 'replay');
      await queue.idle();
    },
    close() {
      closing ??= (async () => {
        reconciler.close();
        probes.stopAll();
        server.closeAllConnections();
        await new Promise(done => server.close(done));
        try {
          // Twice: the first ends what a running reconcile waits for, the second takes what it still made.
          await engine.close();
          await queue.idle();
          await engine.close();
        } finally {
          if (ownRoot) rmSync(root, { recursive: true, force: true });
        }
      })();
      return closing;
    },
  };
}

async function makeEngine(options: ControllerOptions, network: string): Promise<Engine> {
  if (options.pods === 'recorded') {
    return createRecordedEngine({
      network,
      ...(options.runJob === undefined ? {} : { runJob: options.runJob }),
    });
  }
  const { internal = true, ulimits } = options;
  return createDockerEngine({ network, internal, ...(ulimits === undefined ? {} : { ulimits }) });
}

function identity(scope: string | undefined, name: string | undefined): { scope?: string; name?: string } {
  return { ...(scope === undefined ? {} : { scope }), ...(name === undefined ? {} : { name }) };
}

const byName = <T extends { name: string }>(items: T[]) =>
  items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
