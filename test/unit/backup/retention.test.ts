/** One table, two implementations: the plan of `backups:prune`, and the script that prunes inside a capture's container. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatStamp, parseStamp } from '../../../src/backup/file.ts';
import { type BackupId, isBackupId } from '../../../src/backup/id.ts';
import { planRetention } from '../../../src/backup/retention.ts';
import { dumpFunctions, retentionFunctions } from '../../../src/backup/script.ts';
import { formatSidecar, type Standing } from '../../../src/backup/sidecar.ts';
import { runBash } from '../../support/run-script.ts';
import { aSidecar } from './a-sidecar.ts';

interface Case {
  readonly what: string;
  /** id → days old, and how it stands (v, u, c). */
  readonly backups: Readonly<Record<string, `${number}${'v' | 'u' | 'c'}`>>;
  readonly keep?: number;
  readonly maxAgeDays?: number;
  readonly inUse?: readonly string[];
  readonly pruned: readonly string[];
  readonly spared?: readonly string[];
}

const cases: readonly Case[] = [
  { what: 'no limit', backups: { b001: '900v', b002: '1v' }, pruned: [] },
  { what: 'rank', backups: { b001: '3v', b002: '2v', b003: '1v' }, keep: 2, pruned: ['b001'] },
  {
    what: 'rank goes by time, not by number',
    backups: { b001: '1v', b002: '2v', b003: '3v' },
    keep: 1,
    pruned: ['b002', 'b003'],
  },
  { what: 'the same second: by number', backups: { b009: '1v', b010: '1v' }, keep: 1, pruned: ['b009'] },
  { what: 'age', backups: { b001: '20v', b002: '8v', b003: '6v' }, maxAgeDays: 7, pruned: ['b002', 'b001'] },
  { what: 'exactly as old as allowed', backups: { b001: '7v', b002: '1v' }, maxAgeDays: 7, pruned: [] },
  {
    what: 'either limit',
    backups: { b001: '20v', b002: '3v', b003: '1v', b004: '0v' },
    keep: 2,
    maxAgeDays: 2,
    pruned: ['b002', 'b001'],
  },
  { what: 'C6: only backup, too old', backups: { b001: '3v' }, maxAgeDays: 1, pruned: [], spared: ['b001'] },
  {
    what: 'all too old: the newest verified stays',
    backups: { b001: '9v', b002: '8v', b003: '7u' },
    maxAgeDays: 1,
    pruned: ['b003', 'b001'],
    spared: ['b002'],
  },
  {
    what: 'C5: the newest is corrupt',
    backups: { b001: '2v', b002: '1c' },
    keep: 1,
    pruned: [],
    spared: ['b001'],
  },
  {
    what: 'C5: the newest is unverified',
    backups: { b000: '3v', b001: '2v', b002: '1u' },
    keep: 1,
    pruned: ['b000'],
    spared: ['b001'],
  },
  {
    what: 'none verified: the newest that is not corrupt stays',
    backups: { b001: '3u', b002: '2u', b003: '1c' },
    keep: 1,
    pruned: ['b001'],
    spared: ['b002'],
  },
  { what: 'all corrupt', backups: { b001: '3c', b002: '2c', b003: '1c' }, keep: 1, pruned: ['b002', 'b001'] },
  {
    what: 'in use',
    backups: { b001: '3v', b002: '2v', b003: '1v' },
    keep: 1,
    inUse: ['b001'],
    pruned: ['b002'],
    spared: ['b001'],
  },
  { what: 'numbers of any length', backups: { b999: '2v', b1000: '1v' }, keep: 1, pruned: ['b999'] },
  { what: 'nothing there', backups: {}, keep: 1, pruned: [] },
];

const now = new Date(Math.floor(Date.now() / 1000) * 1000);
const standings: Readonly<Record<string, Standing>> = { v: 'verified', u: 'unverified', c: 'corrupt' };

const candidates = ({ backups }: Case, at = now) =>
  Object.entries(backups).map(([id, text]) => {
    if (!isBackupId(id)) throw new Error(id);
    const stamp = formatStamp(new Date(at.getTime() - Number.parseInt(text, 10) * 86_400_000));
    return { id, stamp, createdAt: parseStamp(stamp)!.toISOString(), standing: standings[text.at(-1)!]! };
  });

describe.each(cases)('$what', given => {
  const { keep, maxAgeDays, inUse = [], pruned, spared = [] } = given;

  it('as planned', () => {
    const maxAge =
      maxAgeDays === undefined ? undefined : { seconds: maxAgeDays * 86_400, text: `${maxAgeDays}d` };
    const plan = planRetention(candidates(given), { keep, maxAge }, now, new Set(inUse as BackupId[]));
    expect(plan.prune.map(({ id }) => id)).toEqual(pruned);
    expect(plan.spared.map(({ backup }) => backup.id)).toEqual(spared);
  });

  it('as the script does it', () => {
    const directory = mkdtempSync(join(tmpdir(), 'voodu-retention-'));
    try {
      // The script asks its own clock, some moments later than this one: an hour of air keeps "exactly" out of reach.
      const slack = given.what.startsWith('exactly') ? 3_600_000 : 0;
      for (const { id, stamp, standing } of candidates(given, new Date(now.getTime() + slack))) {
        writeFileSync(join(directory, `${id}-${stamp}.dump`), 'dump');
        if (standing !== 'unverified')
          writeFileSync(
            join(directory, `${id}-${stamp}.json`),
            formatSidecar(aSidecar({ id, standing, size_bytes: 4 })),
          );
      }
      writeFileSync(join(directory, 'notes.dump'), 'not ours');
      const env = { BACKUP_ID: 'b000', BACKUP_STAMP: 's', BACKUP_DIRECTORY: directory, BACKUP_AS_ROOT: '1' };
      const script = `${dumpFunctions()}${retentionFunctions()}\nretain "$@"`;
      const args = [String(keep ?? 0), String((maxAgeDays ?? 0) * 86_400), 'limits', ...inUse];
      const { code, stdout, stderr } = runBash(script.replace(/^PATH=.*$/m, ''), env, args);
      expect([code, stderr]).toEqual([0, '']);
      const left = readdirSync(directory)
        .filter(name => name.endsWith('.dump') && name !== 'notes.dump')
        .map(name => name.split('-')[0]);
      expect(left.sort()).toEqual(
        Object.keys(given.backups)
          .filter(id => !pruned.includes(id))
          .sort(),
      );
      expect(readdirSync(directory).filter(name => pruned.includes(name.split('-')[0]!))).toEqual([]);
      expect([...stdout.matchAll(/kept (b\d+): /g)].map(([, id]) => id)).toEqual(spared);
      if (keep === undefined && maxAgeDays === undefined) expect(stdout).toBe('');
      else
        expect(stdout).toContain(
          pruned.length === 0
            ? 'retention (limits): nothing to prune'
            : `retention (limits): pruned ${pruned.length} backup(s): ${pruned.join(', ')}\n`,
        );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

it('a dump that a restore holds stays, though it began after the capture', () => {
  const directory = mkdtempSync(join(tmpdir(), 'voodu-retention-'));
  try {
    for (const stem of ['b001-20260101T000000Z', 'b002-20260102T000000Z', 'b003-20260103T000000Z'])
      writeFileSync(join(directory, `${stem}.dump`), 'dump');
    const env = { BACKUP_ID: 'b001', BACKUP_STAMP: '20260101T000000Z', BACKUP_DIRECTORY: directory };
    const script = `${dumpFunctions()}${retentionFunctions()}\nhold_dump && retain 1 0 limits; exec 8<&-; retain 1 0 limits`;
    const { stdout, stderr } = runBash(script.replace(/^PATH=.*$/m, ''), { ...env, BACKUP_AS_ROOT: '1' });
    expect(stderr).toBe('');
    expect(stdout).toBe(
      'retention (limits): pruned 1 backup(s): b002\nretention (limits): kept b001: it is in use\nretention (limits): pruned 1 backup(s): b001\n',
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
