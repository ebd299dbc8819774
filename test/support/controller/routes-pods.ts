/** /pods (contract 5.3). */
import type { Core } from './core.ts';
import type { Pod } from './engine.ts';
import type { Call, Routes } from './http.ts';
import { Raw } from './http.ts';
import { podDetailJson, podJson } from './pod-wire.ts';
import type { Reconciler } from './reconcile.ts';
import { parseKind } from './store.ts';
import { HttpError } from './types.ts';

export function podRoutes(core: Core, reconciler: Reconciler): Routes {
  return {
    'GET /pods': call => listPods(core, call),
    'GET /pods/{container}': async call => ({ pod: podDetailJson(await find(core, call)) }),
    'GET /pods/{container}/ready': call => {
      const readiness = core.probes.readiness(call.params.container!);
      if (readiness === undefined) throw new HttpError(404, 'no readiness state for pod');
      const ok = readiness.ready;
      return new Raw(ok ? 200 : 503, { status: ok ? 'ok' : 'error', data: { readiness } });
    },
    'GET /pods/{container}/logs': async call =>
      new Raw(200, await core.engine.logs((await find(core, call)).name)),
    'POST /pods/{container}/stop': call => stop(core, call),
    'POST /pods/{container}/start': call => start(core, reconciler, call),
  };
}

async function listPods(core: Core, call: Call): Promise<unknown> {
  const kind = call.query.get('kind');
  const identity = {
    ...(kind ? { kind: parseKind(kind) ?? kind } : {}),
    ...optional('scope', call.query.get('scope')),
    ...optional('name', call.query.get('name')),
  };
  const detail = call.query.get('detail') === 'true';
  const pods = (await core.engine.list(identity)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { pods: pods.map(detail ? podDetailJson : podJson), degraded: degraded(core, identity) };
}

/** The best way to see that a reconcile failed. */
function degraded(core: Core, wanted: { kind?: string; scope?: string; name?: string }): unknown[] {
  return core.store.list().flatMap(({ kind, scope = '', name }) => {
    const status = core.store.status(kind, scope, name);
    const other =
      (wanted.kind !== undefined && wanted.kind !== kind) ||
      (wanted.scope !== undefined && wanted.scope !== scope) ||
      (wanted.name !== undefined && wanted.name !== name);
    if (other || typeof status?.last_reconcile_error !== 'string') return [];
    const reason = status.last_reconcile_error;
    return [{ kind, scope, name, reason, at: status.last_reconcile_at, replica_ids: [] }];
  });
}

/** Frozen by default: every reconcile passes the ordinal by until it is started or everything is restarted. */
async function stop(core: Core, call: Call): Promise<unknown> {
  const pod = await find(core, call);
  const freeze = call.query.get('freeze') !== 'false';
  const { kind, scope, name, replica } = labels(pod);
  if (freeze) core.store.frozen(kind, scope, name).add(replica);
  core.emit({ type: 'stop', kind, scope, name, container: pod.name, reason: 'stop', ...ordinalOf(pod) });
  core.probes.stop(pod.name);
  await core.engine.stop(pod.name);
  return { name: pod.name, freeze };
}

/** Not a docker start: the container is removed and the reconcile makes a new one. */
async function start(core: Core, reconciler: Reconciler, call: Call): Promise<unknown> {
  const pod = await find(core, call);
  const { kind, scope, name, replica } = labels(pod);
  const manifest = core.store.get(kind, scope, name);
  if (manifest === undefined) throw new HttpError(404, `${kind}/${scope}/${name} not found`);
  core.store.frozen(kind, scope, name).delete(replica);
  await reconciler.now(manifest, 'start', async () => {
    core.emit({ type: 'remove', kind, scope, name, container: pod.name, reason: 'start', ...ordinalOf(pod) });
    core.probes.stop(pod.name);
    await core.engine.remove(pod.name);
  });
  return { name: pod.name };
}

async function find(core: Core, call: Call): Promise<Pod> {
  const name = call.params.container!;
  const pod = await core.engine.inspect(name);
  if (pod === undefined) throw new HttpError(404, `pod ${JSON.stringify(name)} not found`);
  return pod;
}

function labels(pod: Pod): { kind: string; scope: string; name: string; replica: string } {
  return {
    kind: pod.labels['voodu.kind'] ?? '',
    scope: pod.labels['voodu.scope'] ?? '',
    name: pod.labels['voodu.name'] ?? '',
    replica: pod.labels['voodu.replica_id'] ?? '',
  };
}

function ordinalOf(pod: Pod): { ordinal?: number } {
  const ordinal = pod.labels['voodu.replica_ordinal'];
  return ordinal === undefined ? {} : { ordinal: Number(ordinal) };
}

function optional<K extends string>(key: K, value: string | null): Partial<Record<K, string>> {
  return value ? ({ [key]: value } as Record<K, string>) : {};
}
