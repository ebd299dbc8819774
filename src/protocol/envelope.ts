/** stdout as the controller reads it: one JSON object with a `status`, nothing before or after (contract 2.3). */
import type { Action, Manifest } from './manifest.ts';

export interface ExpandData {
  readonly manifests: readonly Manifest[];
  readonly actions: readonly Action[];
}

export interface CommandData {
  readonly message: string;
  readonly actions: readonly Action[];
}

export function okEnvelope(data: ExpandData | CommandData): string {
  return `${JSON.stringify({ status: 'ok', data })}\n`;
}

/** Errors go to stdout with exit status 1 or more: the controller shows `error` and nothing else (contract 2.4). */
export function errorEnvelope(error: string): string {
  return `${JSON.stringify({ status: 'error', error })}\n`;
}
