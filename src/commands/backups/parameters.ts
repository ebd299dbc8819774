/** Parameters of the backups' commands. */
import { parseBackupName } from '../../backup/id.ts';
import { parseAge, parseKeep } from '../../backup/policy.ts';

export const backupParam = {
  type: 'positional',
  metavar: '<id>',
  doc: 'a backup, like b007',
  parse: parseBackupName,
} as const;

export const keepFlag = {
  type: 'flag',
  metavar: '<n>',
  doc: 'keep at most n backups (0 = no limit); default: BACKUP_KEEP',
  parse: parseKeep,
} as const;

export const maxAgeFlag = {
  type: 'flag',
  aliases: ['retention'],
  metavar: '<age>',
  doc: 'keep nothing older, like 7d, 2w, 168h (0 = no limit); default: BACKUP_MAX_AGE',
  parse: parseAge,
} as const;

export const yesSwitch = { type: 'switch', short: 'y', doc: 'really do it' } as const;
