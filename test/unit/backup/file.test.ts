import { describe, expect, it } from 'vitest';
import {
  failureName,
  fileName,
  formatStamp,
  parseFileName,
  parseStamp,
  partialName,
} from '../../../src/backup/file.ts';
import { backupId, backupNumber, isBackupId, parseBackupName } from '../../../src/backup/id.ts';

const stem = { id: backupId(7), stamp: '20260505T143000Z' };

it('every name that is composed is recognised', () => {
  for (const kind of ['dump', 'sidecar', 'globals'] as const) {
    expect(parseFileName(fileName(stem, kind))).toEqual({ ...stem, type: kind });
    expect(parseFileName(partialName(stem, kind))).toEqual({ ...stem, type: 'partial', of: kind });
  }
  expect(parseFileName(failureName(stem))).toEqual({ ...stem, type: 'failure' });
});

it.each([
  'b007.dump',
  'b007-20260505T143000Z.dump.partial',
  '.b007-20260505T143000Z.dump',
  'b07-20260505T143000Z.dump',
  'b0007-20260505T143000Z.dump',
  'b007-20261305T143000Z.dump',
  'b007-20260505T143000Z.tar',
  'x007-20260505T143000Z.dump',
  'b007-20260505T143000Z.failed',
  'b007-20260505T143000Z.dump.gz',
])("%s is nobody's", name => {
  expect(parseFileName(name)).toBeUndefined();
});

it('stamps and dates are the same thing', () => {
  expect(formatStamp(new Date('2026-05-05T14:30:00.900Z'))).toBe(stem.stamp);
  expect(parseStamp(stem.stamp)?.toISOString()).toBe('2026-05-05T14:30:00.000Z');
  expect(parseStamp('20260230T000000Z')).toBeUndefined();
});

describe('ids', () => {
  it('have three digits or more', () => {
    expect([1, 42, 999, 1000].map(backupId)).toEqual(['b001', 'b042', 'b999', 'b1000']);
    expect(backupNumber(backupId(1000))).toBe(1000);
    expect(['b001', 'b1000', 'b01', 'b0001', 'B001', 'b'].map(isBackupId)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('are typed short, or in full where two files share one', () => {
    expect(parseBackupName('b7')).toEqual({ id: 'b007', stamp: undefined });
    expect(parseBackupName('b007-20260505T143000Z.dump')).toEqual({ id: 'b007', stamp: '20260505T143000Z' });
    for (const word of ['7', 'latest', 'b', 'b007/../x', 'b-1', ''])
      expect(() => parseBackupName(word)).toThrow(/wants the id of a backup/);
  });
});
