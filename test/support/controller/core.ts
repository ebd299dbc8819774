/** What every part of the double shares. */
import type { Engine } from './engine.ts';
import type { Host } from './plugin-run.ts';
import type { Probes } from './probes.ts';
import type { Queue } from './queue.ts';
import type { Store } from './store.ts';
import type { LabEvent } from './types.ts';

export interface Core extends Host {
  readonly url: string;
  readonly store: Store;
  readonly queue: Queue;
  readonly engine: Engine;
  readonly probes: Probes;
  readonly timing: Timing;
  emit(event: Omit<LabEvent, 'at'>): void;
  /** The controller's log: what it swallows. */
  log(line: string): void;
}

export interface Timing {
  /** Pause between two pods; 2 s there, short here, because it only costs time. */
  readonly podPauseMs: number;
  /** Limit of one plugin process; 60 s there. */
  readonly commandTimeoutMs: number;
  /** Waits before a transient failure is tried again. */
  readonly retryDelaysMs: readonly number[];
}

export const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms));
