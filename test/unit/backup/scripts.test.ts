/** The scripts of jobs are sound shell. What they do is shown by test/e2e/backups-*.test.ts. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { captureScript, verifyScript } from '../../../src/backup/script.ts';
import { planSchedule } from '../../../src/expand/backup-schedule.ts';

const ref = { scope: 'lab', name: 'db' };
const around = { httpAddress: undefined, volumes: ['/opt/voodu/backups/lab/db:/backups:rw'] };
const limits = { keep: 3, maxAge: '7d', fromReplica: 1 };
const scheduled = planSchedule(ref, 'postgres:17', { schedule: '0 3 * * *', ...limits }, around).spec[
  'job'
] as { command: string[] };

it.each([
  ['capture', captureScript()],
  ['verify', verifyScript()],
  ['schedule', scheduled.command[2]!],
])('%s passes bash -n and shellcheck', (_, script) => {
  expect(spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' }).stderr).toBe('');
  // 2034, 2154: the head is shared, and each job uses its own part. 2317, 2329: functions called through a name.
  // 2086: lists of ids are split on purpose. 2015: A && B || fail.
  const { stdout } = spawnSync(
    'shellcheck',
    ['-s', 'bash', '-e', 'SC2034,SC2154,SC2317,SC2329,SC2086,SC2015', '-'],
    { input: script, encoding: 'utf8' },
  );
  expect(stdout).toBe('');
});

it('holds no hole and no template comment', () => {
  for (const script of [captureScript(), verifyScript()]) expect(script).not.toMatch(/\{\{|\}\}--|undefined/);
});
