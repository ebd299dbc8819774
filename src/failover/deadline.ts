/**
 * What is left of a command's time. Every wait of a promotion or a rejoin is cut to it: `vd` kills at 30 s, and a
 * command that is killed can say nothing.
 */
import type { Host } from '../io.ts';

export interface Deadline {
  /** Milliseconds until the end, less what is kept for the steps after; never negative. */
  leftMs(reserveMs?: number): number;
  /** A wait of this length, or of what is left. */
  clip(wantedMs: number, reserveMs?: number): number;
  /** Names what the time from here on goes into. */
  begin(phase: string): void;
  /** What has taken the most time so far. */
  longest(): { readonly phase: string; readonly seconds: number };
}

export function deadlineAt(host: Pick<Host, 'now'>, end: Date, firstPhase: string): Deadline {
  const now = () => host.now().getTime();
  const spent = new Map<string, number>();
  let phase = firstPhase;
  let since = now();
  const account = () => {
    spent.set(phase, (spent.get(phase) ?? 0) + now() - since);
    since = now();
  };
  const leftMs = (reserveMs = 0) => Math.max(0, end.getTime() - now() - reserveMs);
  return {
    leftMs,
    clip: (wantedMs, reserveMs = 0) => Math.min(wantedMs, leftMs(reserveMs)),
    begin: next => {
      account();
      phase = next;
    },
    longest: () => {
      account();
      const [name, ms] = [...spent].reduce((a, b) => (b[1] > a[1] ? b : a));
      return { phase: name, seconds: Math.round(ms / 1000) };
    },
  };
}

/** Kept for what comes after a step, in order: the reply; the bucket and the apps' URLs; pg_promote. */
export const reserves = { replyMs: 1_500, settleMs: 4_000, promoteMs: 9_000 } as const;
