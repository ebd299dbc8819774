/** The nouns of the controller double. Wire names stay as they are on the wire. */

export type Spec = Record<string, unknown>;
export type Bucket = Record<string, string>;

/** One block of an apply, already parsed: what the CLI posts after HCL. */
export interface Block {
  readonly kind: string;
  readonly scope?: string;
  readonly name: string;
  readonly spec?: Spec;
}

/** A stored manifest of a core kind. */
export interface Manifest extends Block {
  readonly metadata?: { created_at: string; updated_at: string; revision: number };
}

/** Why a pod was touched. `missing` and `scale` create, `scale` and `deleted` remove, the others replace. */
export type Reason =
  | 'missing'
  | 'scale'
  | 'hash'
  | 'env'
  | 'image'
  | 'restart'
  | 'rebootstrap'
  | 'start'
  | 'stop'
  | 'deleted'
  | 'liveness'
  | 'put'
  | 'replay'
  | 'job';

/** One thing the reconciler did. `reconcile` precedes the pod events it causes; `error` carries the failure's text. */
export interface LabEvent {
  readonly type: 'reconcile' | 'create' | 'roll' | 'remove' | 'stop' | 'restart' | 'run' | 'error';
  readonly kind: string;
  readonly scope: string;
  readonly name: string;
  readonly ordinal?: number;
  readonly container?: string;
  readonly reason: Reason;
  readonly error?: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface ApplyResult {
  readonly ok: boolean;
  /** HTTP status. */
  readonly status: number;
  readonly error?: string;
  readonly applied: readonly Manifest[];
  readonly pruned: readonly string[];
  readonly plugin_expansions: readonly { from: string; to: string[] }[];
  readonly current?: readonly (Manifest | null)[];
  readonly dry_run?: boolean;
}

export interface VdResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An answer of the API that is not 200. */
export class HttpError extends Error {
  readonly status: number;
  readonly data: unknown;
  constructor(status: number, message: string, data?: unknown) {
    super(message);
    this.status = status;
    this.data = data;
  }
}

/** A reconcile failure the controller retries (a missing asset, a missing ref). */
export class TransientError extends Error {}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
