/** From store events to handlers, through the one queue; failures go to the status or are tried again. */
import { rmSync } from 'node:fs';
import { materialise } from './assets.ts';
import type { Core } from './core.ts';
import { reconcileDeployment, removeDeployment } from './deployment.ts';
import { reconcileJob, removeJob } from './jobs.ts';
import { assetDir, ref } from './names.ts';
import { reconcileStatefulset, removeStatefulset } from './statefulset.ts';
import { errorText, type Manifest, type Reason, TransientError } from './types.ts';

export interface Reconciler {
  onPut(manifest: Manifest, why?: Reason): void;
  onRemove(manifest: Manifest): void;
  /** For a request: `first`, then the reconcile, as one task of the queue; throws what they throw. */
  now(manifest: Manifest, createReason: Reason, first: () => Promise<void>): Promise<void>;
  close(): void;
}

export function createReconciler(core: () => Core): Reconciler {
  const retries = new Map<string, NodeJS.Timeout>();
  let closed = false;

  const key = (m: Manifest) => `${m.kind}/${ref(m.scope, m.name)}`;
  const cancelRetry = (m: Manifest) => {
    clearTimeout(retries.get(key(m)));
    retries.delete(key(m));
  };

  const attempt = async (manifest: Manifest, tries: number, why: Reason): Promise<void> => {
    if (closed) return;
    const { kind, scope = '', name } = manifest;
    core().emit({ type: 'reconcile', kind, scope, name, reason: why });
    try {
      await handlePut(core(), manifest);
      settle(core(), manifest, undefined);
    } catch (error) {
      core().emit({ type: 'error', kind, scope, name, reason: why, error: errorText(error) });
      core().log(`reconcile ${key(manifest)}: ${errorText(error)}`);
      const delay = error instanceof TransientError ? core().timing.retryDelaysMs[tries] : undefined;
      if (delay === undefined) return settle(core(), manifest, errorText(error));
      retries.set(
        key(manifest),
        setTimeout(() => void core().queue.run(() => attempt(manifest, tries + 1, why)), delay),
      );
    }
  };

  return {
    onPut(manifest, why = 'put') {
      cancelRetry(manifest);
      void core().queue.run(() => attempt(manifest, 0, why));
    },
    onRemove(manifest) {
      cancelRetry(manifest);
      void core().queue.run(async () => {
        if (closed) return;
        await handleRemove(core(), manifest).catch(error =>
          core().log(`delete ${key(manifest)}: ${errorText(error)}`),
        );
      });
    },
    now(manifest, createReason, first) {
      return core().queue.run(async () => {
        const { kind, scope = '', name } = manifest;
        await first();
        core().emit({ type: 'reconcile', kind, scope, name, reason: createReason });
        await handlePut(core(), manifest, createReason);
        settle(core(), manifest, undefined);
      });
    },
    close() {
      closed = true;
      for (const timer of retries.values()) clearTimeout(timer);
    },
  };
}

async function handlePut(core: Core, manifest: Manifest, createReason?: Reason): Promise<void> {
  switch (manifest.kind) {
    case 'statefulset':
      return reconcileStatefulset(core, manifest, createReason);
    case 'deployment':
      return reconcileDeployment(core, manifest);
    case 'asset':
      await materialise(core.root, core.store, manifest);
      return;
    case 'job':
    case 'cronjob':
      return reconcileJob(core, manifest);
  }
}

async function handleRemove(core: Core, manifest: Manifest): Promise<void> {
  const { kind, scope = '', name } = manifest;
  core.emit({ type: 'reconcile', kind, scope, name, reason: 'deleted' });
  if (kind === 'statefulset') await removeStatefulset(core, scope, name);
  if (kind === 'deployment') await removeDeployment(core, scope, name);
  if (kind === 'job' || kind === 'cronjob') await removeJob(core, kind, scope, name);
  if (kind === 'asset') {
    rmSync(assetDir(core.root, scope, name), { recursive: true, force: true });
    core.store.setStatus('asset', scope, name, undefined);
  }
}

/** A failure stays visible until the next success; nothing tries again before the next event. */
function settle(core: Core, { kind, scope = '', name }: Manifest, failure: string | undefined): void {
  const status = core.store.status(kind, scope, name);
  if (failure === undefined && status?.last_reconcile_error === undefined) return;
  const { last_reconcile_error: _, last_reconcile_at: __, ...rest } = status ?? {};
  const error = failure === undefined ? {} : { last_reconcile_error: failure };
  core.store.setStatus(kind, scope, name, { ...rest, ...error, last_reconcile_at: new Date().toISOString() });
}
