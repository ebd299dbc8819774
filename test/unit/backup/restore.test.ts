import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { baseBackupScript, baseRestoreScript } from '../../../src/backup/base-script.ts';
import type { WholeBackup } from '../../../src/backup/catalogue.ts';
import { neededBytes, sourceEnvironment } from '../../../src/backup/restore.ts';
import { failureFrom } from '../../../src/backup/restore-outcome.ts';
import { restoreScript, testScript } from '../../../src/backup/restore-script.ts';

const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0;
const mayBeMissing = process.env['VOODU_TEST_FULL'] !== '1';

describe.each([
  ['restore', restoreScript],
  ['test', testScript],
  ['postgres:backup', baseBackupScript],
  ['postgres:restore', baseRestoreScript],
])('the script of %s', (_, script) => {
  it('passes bash -n and has no left-overs of a template', () => {
    expect(spawnSync('bash', ['-n'], { input: script(), encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(script()).not.toMatch(/\{\{|undefined|\[object Object\]/);
  });

  it('fits one argument of a process', () => {
    expect(Buffer.byteLength(script())).toBeLessThan(128 * 1024);
  });

  it.skipIf(!hasShellcheck && mayBeMissing)('passes shellcheck', () => {
    const { status, stdout } = spawnSync('shellcheck', ['--shell=bash', '--norc', '--format=gcc', '-'], {
      input: script(),
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });
});

describe('what the container is told', () => {
  const backup = {
    id: 'b001',
    stamp: '20260101T000000Z',
    path: '/x',
    sizeBytes: 1000,
    sidecar: undefined,
  } as unknown as WholeBackup;
  const pods = { pods: [] };

  it('of a backup without a companion: no checksum, and every byte is decoded', () => {
    expect(sourceEnvironment(pods, '00000000', { type: 'backup', backup })).toEqual({
      VR_SOURCE: 'b001-20260101T000000Z',
      VR_DUMP: '/backups/b001-20260101T000000Z.dump',
      VR_NEED_BYTES: '4000',
    });
  });

  it("of a download: that it is a stranger's, and its host alone", () => {
    expect(sourceEnvironment(pods, 'abcdef01', { type: 'download', host: 'bucket.example' })).toEqual({
      VR_SOURCE: 'bucket.example',
      VR_FETCH: '1',
      VR_UNTRUSTED: '1',
      VR_DUMP: '/var/lib/voodu/restores/abcdef01.dump',
    });
  });

  it('the room for the copy and its log, once for each server on the disk', () => {
    expect(neededBytes(100, 1)).toBe(200);
    expect(neededBytes(10 * 1024 ** 3, 3)).toBe(36 * 1024 ** 3);
  });
});

it("a failure is the script's own words, and where the rest is", () => {
  const failure = failureFrom(
    'restore of b001\n[1s] loading\nFAILED: it broke\n  try this\nthe live database app is unchanged',
    'c',
    1,
  );
  expect(failure.message).toBe('it broke');
  expect(failure.hint).toBe('try this\nthe live database app is unchanged\ndocker logs c has all of it.');
  expect(failureFrom('', 'c', 137).message).toContain('status 137');
});
