/** `POST /apply`, in the controller's order (contract 3.1). */
import { stampDigests } from './assets.ts';
import type { Core } from './core.ts';
import { expandBlock } from './expand.ts';
import { ref } from './names.ts';
import { isCore, isScoped, SCOPED_KINDS } from './store.ts';
import type { Block, Manifest } from './types.ts';

export interface ApplyOptions {
  readonly dryRun: boolean;
  readonly prune: boolean;
  readonly signal: AbortSignal;
}

export interface ApplyData {
  applied: Manifest[];
  pruned?: string[];
  plugin_expansions?: { from: string; to: string[] }[];
  current?: (Manifest | null)[];
  dry_run?: true;
}

/** Not transactional: what was expanded, written or stored before a failure stays. */
export async function apply(core: Core, blocks: readonly Block[], options: ApplyOptions): Promise<ApplyData> {
  const expansions: { from: string; to: string[] }[] = [];
  const expanded: Manifest[] = [];
  for (const block of blocks) {
    if (isCore(block.kind)) {
      expanded.push(block);
      continue;
    }
    const manifests = await expandBlock(core, block, options.signal);
    expansions.push({ from: title(block), to: manifests.map(title) });
    expanded.push(...manifests);
  }
  const batch = await stampDigests(core.root, core.store, expanded);
  const current: (Manifest | null)[] = [];
  const applied: Manifest[] = [];
  for (const manifest of batch) {
    current.push(core.store.get(manifest.kind, manifest.scope ?? '', manifest.name) ?? null);
    applied.push(options.dryRun ? manifest : core.store.put(manifest));
  }
  const pruned = options.prune ? prune(core, batch, options.dryRun) : [];
  return {
    applied,
    ...(pruned.length > 0 ? { pruned } : {}),
    ...(expansions.length > 0 ? { plugin_expansions: expansions } : {}),
    ...(options.dryRun ? { current, dry_run: true as const } : {}),
  };
}

/** For each (kind, scope) of the expanded batch, every stored sibling that is not in it. Assets are never pruned. */
function prune(core: Core, batch: readonly Manifest[], dryRun: boolean): string[] {
  const pruned: string[] = [];
  for (const kind of SCOPED_KINDS) {
    const mine = batch.filter(m => m.kind === kind && isScoped(m.kind));
    const keep = new Set(mine.map(title));
    const scopes = new Set(mine.map(m => m.scope));
    for (const stored of core.store.list(kind)) {
      if (!scopes.has(stored.scope) || keep.has(title(stored))) continue;
      if (!dryRun) core.store.remove(kind, stored.scope ?? '', stored.name);
      pruned.push(title(stored));
    }
  }
  return pruned;
}

const title = (m: Block) => `${m.kind}/${ref(m.scope, m.name)}`;
