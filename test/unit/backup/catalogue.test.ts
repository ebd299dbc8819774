import { expect, it } from 'vitest';
import { buildCatalogue, findBackup, requireDump, type Seen } from '../../../src/backup/catalogue.ts';
import { parseFileName } from '../../../src/backup/file.ts';
import { backupId, parseBackupName } from '../../../src/backup/id.ts';
import { formatSidecar } from '../../../src/backup/sidecar.ts';
import type { Container } from '../../../src/io.ts';
import { aSidecar } from './a-sidecar.ts';

const stamp = '20260505T143000Z';
const place = { directory: '/backups/lab/db', ref: { scope: 'lab', name: 'db' } };

const file = (name: string, sizeBytes = 100, text?: string): Seen['entries'][number] => ({
  ...parseFileName(name)!,
  entry: {
    name,
    path: `${place.directory}/${name}`,
    sizeBytes,
    modifiedAt: new Date(0),
    directory: false,
    uid: 999,
    gid: 999,
  },
  ...(text === undefined ? {} : { text }),
});

const capture = (id: string, state: Container['state'], exitCode = 0): Seen['captures'][number] => ({
  id: backupId(Number(id.slice(1))),
  stamp,
  work: 'backup',
  container: {
    name: `lab-db-backup-${id}`,
    id: 'x',
    image: 'i',
    state,
    exitCode,
    startedAt: '',
    finishedAt: '',
    restartCount: 0,
    env: {},
    labels: {},
    mounts: [],
    addresses: {},
  },
});

const seen = (entries: Seen['entries'], captures: Seen['captures'] = []) =>
  buildCatalogue(place, { entries, captures }).map(({ id, status, standing, reason, sizeBytes }) => ({
    id,
    status,
    standing,
    reason,
    sizeBytes,
  }));

const dump = `b007-${stamp}.dump`;
const sidecar = `b007-${stamp}.json`;

it.each([
  [
    'running, with what is written so far',
    [file(`.${dump}.partial`, 5)],
    [capture('b007', 'running')],
    'running',
    5,
  ],
  ['running, nothing written yet', [], [capture('b007', 'created')], 'running', undefined],
  [
    "an older plugin's capture writes under the final name",
    [file(dump, 7)],
    [capture('b007', 'running')],
    'running',
    7,
  ],
  [
    'complete while its container still prunes',
    [file(dump), file(sidecar, 1, formatSidecar(aSidecar()))],
    [capture('b007', 'running')],
    'complete',
    100,
  ],
  [
    'complete, its container gone',
    [file(dump), file(sidecar, 1, formatSidecar(aSidecar()))],
    [],
    'complete',
    100,
  ],
  ['of the older plugin', [file(dump)], [], 'complete', 100],
  ['cut off later', [file(dump, 99), file(sidecar, 1, formatSidecar(aSidecar()))], [], 'corrupt', 99],
  ['empty', [file(dump, 0)], [], 'corrupt', 0],
  [
    'found corrupt by a verification',
    [
      file(dump),
      file(sidecar, 1, formatSidecar(aSidecar({ standing: 'corrupt', standing_reason: 'sha256' }))),
    ],
    [],
    'corrupt',
    100,
  ],
  ['failed with a note', [file(`.b007-${stamp}.failed`, 9, 'no space left\n')], [], 'failed', undefined],
  ['killed', [file(`.${dump}.partial`)], [capture('b007', 'exited', 137)], 'failed', undefined],
  ['interrupted, its container gone', [file(`.${dump}.partial`)], [], 'failed', undefined],
] as const)('%s', (_, entries, captures, status, sizeBytes) => {
  expect(seen([...entries], [...captures])).toEqual([
    expect.objectContaining({ id: 'b007', status, sizeBytes }),
  ]);
});

it('a deleted backup is not listed, though its container is still there', () => {
  expect(seen([], [capture('b007', 'exited', 0)])).toEqual([]);
});

it('a sidecar without its dump is nothing', () => {
  expect(seen([file(sidecar, 1, formatSidecar(aSidecar()))])).toEqual([]);
});

it('failures carry their reason', () => {
  expect(seen([file(`.b007-${stamp}.failed`, 9, 'no space left\n')])[0]?.reason).toBe('no space left');
  expect(seen([], [capture('b007', 'exited', 137)])[0]?.reason).toMatch(/killed/);
  expect(seen([], [capture('b007', 'exited', 3)])[0]?.reason).toBe('the capture ended with status 3');
});

it('oldest first, by time and then by number', () => {
  const names = ['b010-20260505T143000Z.dump', 'b002-20260505T143000Z.dump', 'b011-20260504T143000Z.dump'];
  expect(seen(names.map(name => file(name))).map(({ id }) => id)).toEqual(['b011', 'b002', 'b010']);
});

it('what is named is found, or said to be missing, double, or without a dump', () => {
  const catalogue = buildCatalogue(place, {
    entries: [file(dump), file('b007-20260506T143000Z.dump'), file(`.b008-${stamp}.failed`, 1, 'why')],
    captures: [],
  });
  const find = (word: string) => findBackup(place, catalogue, parseBackupName(word));
  expect(() => find('b007')).toThrow('2 backups of lab/db are called b007');
  expect(find('b007-20260506T143000Z').path).toBe('/backups/lab/db/b007-20260506T143000Z.dump');
  expect(() => find('b099')).toThrow('lab/db has no backup b099');
  expect(() => requireDump(place, find('b008'))).toThrow('backup b008 of lab/db is failed: it has no dump');
});
