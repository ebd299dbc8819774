/** The name of a backup: `b007`. Numbers only grow; one that was given away is never given again, deleted or not. */
import { Unfit } from '../cli/params.ts';

declare const idBrand: unique symbol;
export type BackupId = string & { readonly [idBrand]: true };

const digits = 3;

export const backupId = (number: number): BackupId => `b${String(number).padStart(digits, '0')}` as BackupId;

export const backupNumber = (id: BackupId): number => Number(id.slice(1));

export function isBackupId(word: string): word is BackupId {
  return /^b\d{3,9}$/.test(word) && backupId(Number(word.slice(1))) === word;
}

/** What an operator types: `b007`, or the whole stem `b007-20260505T143000Z` where two files share an id. */
export interface BackupName {
  readonly id: BackupId;
  readonly stamp: string | undefined;
}

export function parseBackupName(word: string): BackupName {
  const match = /^b(\d{1,9})(?:-(\d{8}T\d{6}Z)(?:\.dump)?)?$/.exec(word);
  if (!match) throw new Unfit('wants the id of a backup, like b007');
  return { id: backupId(Number(match[1])), stamp: match[2] };
}

export const formatBackupName = ({ id, stamp }: BackupName): string =>
  stamp === undefined ? id : `${id}-${stamp}`;
