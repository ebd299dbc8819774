/** Whether the newest backup is fresh enough, for monitoring. */

/** What the age is measured by where neither a schedule nor a limit says anything: daily, and once missed. */
const usualLimitSeconds = 2 * 86_400;

/** A schedule may miss one run; the next one has to bring a backup. */
export const runsToBringOne = 2;

export interface Captured {
  readonly now: Date;
  /** Of the newest whole backup. */
  readonly newest: Date | undefined;
  /** Of the cluster, which need not have a backup on its first day. */
  readonly born: Date;
  readonly limitSeconds: number | undefined;
  readonly schedule:
    | {
        readonly expression: string;
        /** The last runs, the latest first, as many as have to bring a backup. */
        readonly runs: readonly Date[];
      }
    | undefined;
}

export interface Stale {
  readonly severity: 'critical' | 'warning';
  /** Undefined where there is no backup. */
  readonly ageSeconds: number | undefined;
  /** The schedule that has come round without bringing one. */
  readonly schedule: string | undefined;
}

export function staleness({ now, newest, born, limitSeconds, schedule }: Captured): Stale | undefined {
  const since = newest ?? born;
  const seconds = (now.getTime() - since.getTime()) / 1000;
  const ageSeconds = newest && seconds;
  const missed = schedule?.runs[runsToBringOne - 1];
  if (schedule !== undefined && missed !== undefined && since < missed)
    return { severity: 'critical', ageSeconds, schedule: schedule.expression };

  const limit = limitSeconds ?? (schedule === undefined ? usualLimitSeconds : Number.POSITIVE_INFINITY);
  if (seconds <= limit) return undefined;
  return { severity: newest === undefined ? 'warning' : 'critical', ageSeconds, schedule: undefined };
}
