/** Actions a plugin asks for: the same structs for commands and expand (contract 4, 3.3). */
import type { Core } from './core.ts';
import * as go from './go.ts';
import { runJob } from './jobs.ts';
import { ref } from './names.ts';
import { parseKind } from './store.ts';
import { type Bucket, errorText, HttpError, type Spec } from './types.ts';

export interface Action {
  readonly type?: string;
  readonly scope?: string;
  readonly name?: string;
  readonly kv?: Bucket;
  readonly keys?: string[];
  readonly skip_restart?: boolean;
  readonly manifest?: { kind?: string; scope?: string; name?: string; spec?: Spec };
  readonly kind?: string;
  readonly command?: string[];
  readonly remote_path?: string;
  readonly dest_path?: string;
  readonly size_bytes?: number;
  readonly summary?: string;
}

const { string, bool, int, slice, map, any, struct } = go;
export const actionShape = struct('pluginDispatchAction', {
  type: string,
  scope: string,
  name: string,
  kv: map(string),
  keys: slice(string),
  skip_restart: bool,
  manifest: struct('pluginDispatchManifest', { kind: string, scope: string, name: string, spec: map(any) }),
  kind: string,
  command: slice(string),
  remote_path: string,
  dest_path: string,
  size_bytes: int,
  summary: string,
});

/** Carries out one store-mutating action and gives its line. Throws a plain reason; the caller says which action. */
export function applyAction(core: Core, action: Action, fanOut: boolean): string {
  const type = action.type ?? '';
  const handler = handlers[type];
  if (handler === undefined) {
    throw new Error(`unknown action type ${go.quote(type)} (supported: ${Object.keys(handlers).join(', ')})`);
  }
  const { scope = '', name = '' } = action;
  if (scope === '' || name === '')
    throw new Error(`scope and name are required for action ${go.quote(type)}`);
  const line = handler(core, action, scope, name, fanOut && action.skip_restart !== true);
  return action.summary || line;
}

type Handler = (core: Core, action: Action, scope: string, name: string, restart: boolean) => string;

const handlers: Readonly<Record<string, Handler>> = {
  config_set(core, { kv = {} }, scope, name, restart) {
    const keys = Object.keys(kv).sort();
    if (keys.length === 0) throw new Error('config_set requires a non-empty kv');
    core.store.patch(scope, name, kv);
    if (restart) fanOutRestart(core, scope, name);
    return `config_set ${scope}/${name}: ${keys.join(',')}`;
  },
  config_unset(core, { keys = [] }, scope, name, restart) {
    if (keys.length === 0) throw new Error('config_unset requires non-empty keys');
    core.store.patch(scope, name, Object.fromEntries(keys.map(key => [key, ''])));
    if (restart) fanOutRestart(core, scope, name);
    return `config_unset ${scope}/${name}: ${keys.toSorted().join(',')}`;
  },
  // Store.Put and nothing else: no expand, no stamping, and a job is not run.
  apply_manifest(core, { manifest }) {
    if (manifest === undefined) throw new Error('apply_manifest requires a manifest');
    const { kind = '', scope = '', name = '', spec = {} } = manifest;
    core.store.put({ kind, ...(scope === '' ? {} : { scope }), name, spec });
    return `apply_manifest ${kind}/${ref(scope, name)}`;
  },
  delete_manifest(core, { kind = '' }, scope, name) {
    const core_kind = parseKind(kind);
    if (core_kind === undefined) throw new Error(`delete_manifest: unknown kind ${go.quote(kind)}`);
    const removed = core.store.remove(core_kind, scope, name);
    return `delete_manifest ${core_kind}/${scope}/${name}${removed === undefined ? ' (no-op)' : ''}`;
  },
  run_job(core, _action, scope, name) {
    runJob(core, 'job', scope, name).catch(error =>
      core.log(`run_job ${scope}/${name}: ${errorText(error)}`),
    );
    return `run_job ${scope}/${name} queued`;
  },
};

/**
 * Re-puts the workloads of this very (scope, name), or of the whole scope: a reconcile each, which rolls only if their
 * merged environment differs. Who reads the bucket through env_from is not reached.
 */
export function fanOutRestart(core: Core, scope: string, name: string): void {
  for (const kind of ['deployment', 'statefulset', 'job', 'cronjob']) {
    for (const manifest of core.store.list(kind)) {
      if (manifest.scope === scope && (name === '' || manifest.name === name)) core.store.put(manifest);
    }
  }
}

export interface Deferred {
  readonly exec_local: { command: string[] }[];
  readonly fetch_file: { remote_path: string; dest_path: string; size_bytes?: number }[];
}

/** In order; a failure stops the queue and what was applied stays applied. */
export function applyCommandActions(
  core: Core,
  actions: readonly Action[],
  fanOut: boolean,
): { applied: string[] } & Deferred {
  const applied: string[] = [];
  const deferred: Deferred = { exec_local: [], fetch_file: [] };
  for (const [i, action] of actions.entries()) {
    const line = defer(action, i, deferred);
    if (line !== undefined) {
      applied.push(action.summary || line);
      continue;
    }
    try {
      applied.push(applyAction(core, action, fanOut));
    } catch (error) {
      throw new HttpError(500, `apply action ${i} (${action.type ?? ''}): ${errorText(error)}`);
    }
  }
  return { applied, ...deferred };
}

/** exec_local and fetch_file only pass through to the CLI. */
function defer(action: Action, i: number, into: Deferred): string | undefined {
  if (action.type === 'exec_local') {
    const command = action.command ?? [];
    if (command.length === 0) throw new HttpError(400, `apply action ${i} (exec_local): empty command`);
    into.exec_local.push({ command });
    return `exec_local ${go.formatList(command)} (deferred to CLI)`;
  }
  if (action.type !== 'fetch_file') return undefined;
  const { remote_path = '', dest_path = '', size_bytes } = action;
  if (remote_path === '' || dest_path === '') {
    throw new HttpError(400, `apply action ${i} (fetch_file): remote_path and dest_path are required`);
  }
  into.fetch_file.push({ remote_path, dest_path, ...(size_bytes ? { size_bytes } : {}) });
  return `fetch_file ${remote_path} → ${dest_path} (deferred to CLI)`;
}
