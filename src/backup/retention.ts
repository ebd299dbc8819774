/**
 * Which backups a policy removes. The same rules run inside the capture's container once its dump is whole
 * (templates/jobs/capture-retention.sh.hbs); test/unit/backup/retention.test.ts holds both to one table.
 */
import type { Backup } from './catalogue.ts';
import { type BackupId, backupNumber } from './id.ts';
import type { Policy } from './policy.ts';

export type Candidate = Pick<Backup, 'id' | 'stamp' | 'createdAt' | 'standing'>;

export interface Retention<T extends Candidate> {
  /** Newest first. */
  readonly prune: readonly T[];
  /** Failed the policy, and stays all the same. */
  readonly spared: readonly { readonly backup: T; readonly why: string }[];
}

/** Of dumps only: what runs or failed has none. A backup goes when it fails either limit. */
export function planRetention<T extends Candidate>(
  dumps: readonly T[],
  policy: Policy,
  now: Date,
  inUse: ReadonlySet<BackupId> = new Set(),
): Retention<T> {
  const newestFirst = dumps.toSorted((a, b) =>
    a.stamp === b.stamp ? backupNumber(b.id) - backupNumber(a.id) : a.stamp < b.stamp ? 1 : -1,
  );
  const verified = newestFirst.find(({ standing }) => standing === 'verified');
  const last = verified ?? newestFirst.find(({ standing }) => standing !== 'corrupt');
  const prune: T[] = [];
  const spared: { backup: T; why: string }[] = [];
  newestFirst.forEach((backup, index) => {
    if (!fails(backup, index + 1, policy, now)) return;
    if (backup === last)
      spared.push({
        backup,
        why: `it is the newest ${verified ? 'verified ' : ''}backup that can be restored`,
      });
    else if (inUse.has(backup.id)) spared.push({ backup, why: 'it is in use' });
    else prune.push(backup);
  });
  return { prune, spared };
}

function fails({ createdAt }: Candidate, rank: number, { keep, maxAge }: Policy, now: Date): boolean {
  if (keep !== undefined && rank > keep) return true;
  return (
    maxAge !== undefined && Math.floor(now.getTime() / 1000) - Date.parse(createdAt) / 1000 > maxAge.seconds
  );
}
