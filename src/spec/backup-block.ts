/** `backup { schedule keep max_age from_replica }`: the schedule that the plugin keeps for a cluster. */
import { cronProblem } from './cron.ts';
import { nearest } from './nearest.ts';
import type { BackupSchedule } from './postgres-spec.ts';
import type { Problems } from './problems.ts';
import { durationSeconds } from './quantity.ts';
import { isMap, show } from './values.ts';

export const defaultSchedule = '0 3 * * *';

const keys = ['schedule', 'keep', 'max_age', 'from_replica'];

export function parseBackupBlock(
  value: unknown,
  replicas: number,
  problems: Problems,
): BackupSchedule | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isMap(value)) {
    problems.add(
      'backup',
      `wants one block, not ${show(value)}`,
      `backup { schedule = "${defaultSchedule}" }`,
    );
    return undefined;
  }
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue;
    const close = nearest(key, keys);
    problems.add(
      `backup.${key}`,
      'is not a field of backup',
      close ? `did you mean ${close}?` : `it has ${keys.join(', ')}`,
    );
  }
  return {
    schedule: schedule(value['schedule'] ?? defaultSchedule, problems),
    keep: number('keep', value['keep'], 1_000_000, 'a number of backups; 0 = no limit', problems),
    maxAge: age(value['max_age'], problems),
    fromReplica: number(
      'from_replica',
      value['from_replica'],
      replicas - 1,
      `the number of a pod; replicas = ${replicas}`,
      problems,
    ),
  };
}

function schedule(value: unknown, problems: Problems): string {
  const problem = typeof value === 'string' ? cronProblem(value) : `wants a string, not ${show(value)}`;
  if (problem === undefined) return value as string;
  problems.add('backup.schedule', problem, `for example "${defaultSchedule}" (UTC)`);
  return defaultSchedule;
}

function number(
  key: string,
  value: unknown,
  most: number,
  wants: string,
  problems: Problems,
): number | undefined {
  if (value === undefined || value === null) return undefined;
  const parsed = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof parsed === 'number' && Number.isInteger(parsed) && parsed >= 0 && parsed <= most) return parsed;
  problems.add(`backup.${key}`, `wants ${wants}, not ${show(value)}`);
  return undefined;
}

function age(value: unknown, problems: Problems): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string' && Number.isInteger(durationSeconds(value))) return value;
  problems.add('backup.max_age', `wants an age like "14d", not ${show(value)}`, '"7d", "2w" or "168h"');
  return undefined;
}
