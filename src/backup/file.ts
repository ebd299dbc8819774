/**
 * The files of a backup, named here and nowhere else. What has the dump's final name is whole: it was written under a
 * hidden name, decoded and synced, and its companions were there before it (templates/jobs/capture.sh.hbs).
 */
import { type BackupId, isBackupId } from './id.ts';

export type BackupFileKind = 'dump' | 'sidecar' | 'globals';

const endings: Readonly<Record<BackupFileKind, string>> = {
  dump: '.dump',
  sidecar: '.json',
  globals: '.globals.sql',
};

export interface BackupStem {
  readonly id: BackupId;
  /** Start of the capture, `20260505T143000Z`. */
  readonly stamp: string;
}

export const stemOf = ({ id, stamp }: BackupStem): string => `${id}-${stamp}`;

export const fileName = (stem: BackupStem, kind: BackupFileKind): string => `${stemOf(stem)}${endings[kind]}`;

/** What a capture writes to until it is done; never selectable. */
export const partialName = (stem: BackupStem, kind: BackupFileKind): string =>
  `.${fileName(stem, kind)}.partial`;

/** Why a capture left no dump, one line. */
export const failureName = (stem: BackupStem): string => `.${stemOf(stem)}.failed`;

export type BackupFile = BackupStem &
  (
    | { readonly type: BackupFileKind }
    | { readonly type: 'partial'; readonly of: BackupFileKind }
    | { readonly type: 'failure' }
  );

/** Undefined for files that are not ours, or not yet anybody's (an upload in the middle, a stray note). */
export function parseFileName(name: string): BackupFile | undefined {
  const match = /^(\.?)(b\d+)-(\d{8}T\d{6}Z)(\.dump|\.json|\.globals\.sql|\.failed)(\.partial)?$/.exec(name);
  if (!match) return undefined;
  const [, hidden, id, stamp, ending, partial] = match;
  if (!isBackupId(id!) || parseStamp(stamp!) === undefined) return undefined;
  const stem = { id, stamp: stamp! };
  if (ending === '.failed') return hidden && !partial ? { ...stem, type: 'failure' } : undefined;
  const kind = (Object.keys(endings) as BackupFileKind[]).find(candidate => endings[candidate] === ending)!;
  if (partial) return hidden ? { ...stem, type: 'partial', of: kind } : undefined;
  return hidden ? undefined : { ...stem, type: kind };
}

export const formatStamp = (date: Date): string =>
  date
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');

export function parseStamp(stamp: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) || formatStamp(date) !== stamp ? undefined : date;
}
