/** Jobs and cronjobs: apply is not run; runs are containers that stay until history lets them go (contract 6.8, 6.9). */

import type { Core } from './core.ts';
import { isObject } from './go.ts';
import { appId, ref } from './names.ts';
import { containerSpec, hexId, linkEnv } from './pods.ts';
import { HttpError, type Manifest } from './types.ts';
import { decodeWorkload, type WorkloadSpec } from './workload-spec.ts';

export interface JobRun {
  readonly run_id: string;
  readonly started_at: string;
  readonly ended_at?: string;
  readonly exit_code?: number;
  readonly status: 'running' | 'succeeded' | 'failed';
  readonly error?: string;
}

/** There is no limit of the controller's own; this one only keeps a test from hanging. */
const RUN_LIMIT_MS = 600_000;

/** Baseline status only. */
export function reconcileJob(core: Core, manifest: Manifest): void {
  const { kind, name } = manifest;
  const scope = manifest.scope ?? '';
  const spec = jobSpec(manifest);
  const status = core.store.status(kind, scope, name) ?? { history: [] };
  core.store.setStatus(kind, scope, name, { ...status, image: spec.image });
}

export async function removeJob(core: Core, kind: string, scope: string, name: string): Promise<void> {
  for (const pod of await core.engine.list({ kind, scope, name })) await core.engine.kill(pod.name);
  core.store.setStatus(kind, scope, name, undefined);
}

/** To the end of the container. A non-zero exit is an HTTP 500 that carries the run. */
export async function runJob(
  core: Core,
  kind: 'job' | 'cronjob',
  scope: string,
  name: string,
): Promise<JobRun> {
  const manifest = core.store.get(kind, scope, name);
  if (manifest === undefined) throw new HttpError(404, `${kind}/${ref(scope, name)} not found`);
  const spec = jobSpec(manifest);
  const run: JobRun = { run_id: hexId(), started_at: new Date().toISOString(), status: 'running' };
  record(core, kind, scope, name, run);
  const finished = await runToEnd(core, kind, scope, name, spec, run);
  record(core, kind, scope, name, finished);
  await collectHistory(core, kind, scope, name, spec);
  if (finished.status === 'failed') {
    const what = finished.error ?? `exited ${finished.exit_code}`;
    throw new HttpError(500, `${kind}/${appId(scope, name)} run ${run.run_id} ${what}`, finished);
  }
  return finished;
}

async function runToEnd(
  core: Core,
  kind: 'job' | 'cronjob',
  scope: string,
  name: string,
  spec: WorkloadSpec,
  run: JobRun,
): Promise<JobRun> {
  const ended = () => new Date().toISOString();
  try {
    linkEnv(core, scope, name, spec.env, false);
    const base = containerSpec(core, { kind: 'job', scope, name, spec, hash: '' }, run.run_id);
    const role = kind === 'job' ? (spec.labels['voodu.role'] ?? kind) : kind;
    const own =
      kind === 'job' ? Object.entries(spec.labels).filter(([key]) => !key.startsWith('voodu.')) : [];
    const labels = { ...base.labels, 'voodu.kind': kind, 'voodu.role': role, ...Object.fromEntries(own) };
    const container = { ...base, labels };
    core.emit({ type: 'run', kind, scope, name, container: container.name, reason: 'job' });
    await core.engine.run(container);
    const exit_code = await core.engine.wait(container.name, RUN_LIMIT_MS);
    return { ...run, ended_at: ended(), exit_code, status: exit_code === 0 ? 'succeeded' : 'failed' };
  } catch (error) {
    return { ...run, ended_at: ended(), exit_code: -1, status: 'failed', error: (error as Error).message };
  }
}

/** Newest first; a run replaces its own running record. A manifest deleted meanwhile gets no status back. */
function record(core: Core, kind: string, scope: string, name: string, run: JobRun): void {
  if (core.store.get(kind, scope, name) === undefined) return;
  const status = core.store.status(kind, scope, name) ?? {};
  const history = (Array.isArray(status.history) ? status.history : []) as JobRun[];
  const others = history.filter(entry => entry.run_id !== run.run_id);
  core.store.setStatus(kind, scope, name, { ...status, history: [run, ...others], last_run: run.started_at });
}

/** Containers stay for their logs, as many as the history limits allow. */
async function collectHistory(
  core: Core,
  kind: string,
  scope: string,
  name: string,
  spec: WorkloadSpec,
): Promise<void> {
  const status = core.store.status(kind, scope, name);
  if (status === undefined || !Array.isArray(status.history)) return;
  const left: Record<JobRun['status'], number> = {
    running: Number.POSITIVE_INFINITY,
    succeeded: spec.successful_history_limit ?? 3,
    failed: spec.failed_history_limit ?? 1,
  };
  const kept = (status.history as JobRun[]).filter(run => left[run.status]-- > 0);
  const alive = new Set(kept.map(run => run.run_id));
  for (const pod of await core.engine.list({ kind, scope, name })) {
    if (!alive.has(pod.labels['voodu.replica_id'] ?? '')) await core.engine.kill(pod.name);
  }
  core.store.setStatus(kind, scope, name, { ...status, history: kept });
}

function jobSpec(manifest: Manifest): WorkloadSpec {
  const app = appId(manifest.scope ?? '', manifest.name);
  if (manifest.kind === 'job') return decodeWorkload('job', manifest, app);
  const job = manifest.spec?.job;
  if (!isObject(job)) throw new Error(`cronjob/${app}: job is required`);
  return decodeWorkload('job', { ...manifest, spec: job }, app);
}
