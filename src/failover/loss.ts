/** What a promotion may lose. Nothing is lost only where that is proven; a standby's own view proves nothing. */
import { spellBytes } from '../format.ts';

export type Loss =
  /** The target streams and is proven to have replayed the primary's shutdown record before it is promoted. */
  | { readonly kind: 'none' }
  /** `knownMissingBytes`: WAL that is known to exist and that the target lacks; absent where not even that is known. */
  | { readonly kind: 'unknown'; readonly knownMissingBytes?: number };

export const unknownLoss = (knownMissingBytes: number | undefined): Loss =>
  knownMissingBytes === undefined ? { kind: 'unknown' } : { kind: 'unknown', knownMissingBytes };

export function formatLoss(loss: Loss): string {
  if (loss.kind === 'none') return 'nothing';
  const known =
    loss.knownMissingBytes === undefined
      ? 'how much cannot be known'
      : `known missing: ${spellBytes(loss.knownMissingBytes)}`;
  return `whatever the old primary committed and never sent (${known})`;
}
