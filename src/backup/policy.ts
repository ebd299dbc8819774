/** How many backups stay and how old they get: a flag wins over the bucket, each axis by itself. */
import { Unfit } from '../cli/params.ts';
import { type Bucket, bucketKeys, bucketValue } from '../cluster/bucket.ts';
import { durationSeconds } from '../spec/quantity.ts';

/** Undefined: no limit on that axis. */
export interface Policy {
  readonly keep: number | undefined;
  readonly maxAge: Age | undefined;
}

export interface Age {
  readonly seconds: number;
  /** As it was written: `14d`. */
  readonly text: string;
}

export interface PolicyFlags {
  readonly keep: number | undefined;
  readonly maxAge: Age | undefined;
}

export function parseKeep(word: string): number {
  if (/^\d{1,6}$/.test(word)) return Number(word);
  throw new Unfit('wants a number of backups, like 30 (0 = no limit)');
}

export function parseAge(word: string): Age {
  const seconds = word === '0' ? 0 : durationSeconds(word);
  if (seconds !== undefined && Number.isInteger(seconds)) return { seconds, text: word };
  throw new Unfit('wants an age, like 7d, 2w or 168h (0 = no limit)');
}

export interface ResolvedPolicy {
  readonly policy: Policy;
  /** What is wrong with the bucket; that axis has no limit then. */
  readonly problems: readonly string[];
}

export function resolvePolicy(flags: PolicyFlags, bucket: Bucket): ResolvedPolicy {
  const problems: string[] = [];
  const fromBucket = <T>(key: 'backupKeep' | 'backupMaxAge', parse: (word: string) => T): T | undefined => {
    const word = bucketValue(bucket, key)?.trim();
    if (!word) return undefined;
    try {
      return parse(word);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      problems.push(`${bucketKeys[key].key}=${word} in the config bucket ${error.message}`);
      return undefined;
    }
  };
  const keep = flags.keep ?? fromBucket('backupKeep', parseKeep);
  const maxAge = flags.maxAge ?? fromBucket('backupMaxAge', parseAge);
  return { policy: { keep: keep || undefined, maxAge: maxAge?.seconds ? maxAge : undefined }, problems };
}

export const isLimited = ({ keep, maxAge }: Policy): boolean => keep !== undefined || maxAge !== undefined;

/** `keep 30, max age 14d` */
export function formatPolicy({ keep, maxAge }: Policy): string {
  const words = [
    ...(keep === undefined ? [] : [`keep ${keep}`]),
    ...(maxAge === undefined ? [] : [`max age ${maxAge.text}`]),
  ];
  return words.join(', ') || 'no limit';
}
