import { expect, it } from 'vitest';
import {
  parseConsumers,
  recordedConsumers,
  updateConsumer,
  withFoundReads,
} from '../../../src/cluster/consumers.ts';
import { ordinal } from '../../../src/cluster/ordinal.ts';
import { claimEpoch, loadEpoch } from '../../../src/cluster/record.ts';
import { patchEnvFile } from '../../../src/cluster/write-record.ts';
import type { Host } from '../../../src/io.ts';
import { memoryFiles } from '../../fakes/memory-files.ts';

const host = { now: () => new Date('2026-01-02T03:04:05.678Z') } as Host;

it('consumers are plain refs, and what is more than a DATABASE_URL stands beside them', () => {
  const bucket = {
    POSTGRES_LINKED_CONSUMERS: 'lab/old,lab/web,lab/api',
    POSTGRES_LINK_OPTIONS: 'lab/web?reads,lab/api,lab/api?alias=REPORTS&reads&app',
  };
  const consumers = parseConsumers(bucket);
  expect(consumers.map(({ ref, alias, reads, app }) => [ref.name, alias, reads, app])).toEqual([
    ['old', 'DATABASE', false, false],
    ['web', 'DATABASE', true, false],
    ['api', 'DATABASE', false, false],
    ['api', 'REPORTS', true, true],
  ]);
  expect(recordedConsumers(consumers)).toEqual(bucket);
  expect(recordedConsumers([])).toEqual({ POSTGRES_LINKED_CONSUMERS: '', POSTGRES_LINK_OPTIONS: '' });
  expect(parseConsumers({})).toEqual([]);
  expect(parseConsumers({ POSTGRES_LINKED_CONSUMERS: ' lab/a , nonsense,' })).toHaveLength(1);
  // Another plugin may have taken a ref out of the list it knows.
  expect(parseConsumers({ ...bucket, POSTGRES_LINKED_CONSUMERS: 'lab/old' })).toHaveLength(1);
});

it('a ref without options has reads where its app has a read URL of this cluster, as older plugins left it', () => {
  const [web] = parseConsumers({ POSTGRES_LINKED_CONSUMERS: 'my-app/web' });
  const isOurs = (url: string) => url.includes('@db-');
  const readsWith = (bucket: Record<string, string>) => withFoundReads(web!, bucket, isOurs).reads;
  expect(readsWith({ DATABASE_URL: 'postgres://u:p@db-0.my-app.voodu/d' })).toBe(false);
  expect(readsWith({ DATABASE_READ_URL: 'postgres://u:p@elsewhere/d' })).toBe(false);
  expect(
    readsWith({ DATABASE_READ_URL: 'postgres://u:p@db-1.my-app.voodu:5432,db-2.my-app.voodu:5432/d' }),
  ).toBe(true);
});

it('an update leaves alone what was pointed elsewhere since the link', () => {
  const [web] = parseConsumers({
    POSTGRES_LINKED_CONSUMERS: 'lab/web',
    POSTGRES_LINK_OPTIONS: 'lab/web?reads',
  });
  const urls = { writer: 'postgres://u:p@db-1.lab.voodu/d', reader: 'postgres://u:p@db-0.lab.voodu/d' };
  const mayReplace = (url: string) => url.includes('.lab.voodu');
  const current = {
    DATABASE_URL: 'postgres://u:p@pooler:6432/d',
    DATABASE_READ_URL: 'postgres://u:old@db-0.lab.voodu/d',
  };
  expect(updateConsumer(web!, urls, current, { mayReplace })?.kv).toEqual({ DATABASE_READ_URL: urls.reader });
  expect(updateConsumer(web!, urls, {}, { mayReplace })?.kv).toEqual({
    DATABASE_URL: urls.writer,
    DATABASE_READ_URL: urls.reader,
  });
  expect(updateConsumer(web!, urls, current)?.kv).toEqual({
    DATABASE_URL: urls.writer,
    DATABASE_READ_URL: urls.reader,
  });
});

it('an env file keeps every line but the changed ones, sorted', () => {
  const before = 'A=1\nLINKS=x\nZ=9\n';
  const layers = { scope: {}, fixed: {} };
  expect(patchEnvFile(before, { LINKS: 'y', NEW: ' padded ' }, layers)).toBe(
    'A=1\nLINKS=y\nNEW=padded\nZ=9\n',
  );
  expect(patchEnvFile(before, { LINKS: '' }, layers)).toBe('A=1\nZ=9\n');
  expect(patchEnvFile(before, { LINKS: '' }, { ...layers, scope: { LINKS: 'from the scope' } })).toBe(
    'A=1\nLINKS=from the scope\nZ=9\n',
  );
});

it('an env file that a killed command left with the bucket alone is whole again after the next one', () => {
  const layers = {
    scope: { SHARED: ' s ', LINKS: 'of the scope' },
    fixed: { PGDATA: '/d', EMPTY: '', TOKEN: '${ref.asset.token}' },
  };
  const whole = 'EMPTY=\nLINKS=x\nPGDATA=/d\nSHARED=s\nTOKEN=resolved\n';
  expect(patchEnvFile(whole, { LINKS: 'x' }, layers)).toBe(whole);
  expect(patchEnvFile('LINKS=x\nPGDATA=/of-the-bucket\n', { LINKS: 'y' }, layers)).toBe(
    'EMPTY=\nLINKS=y\nPGDATA=/d\nSHARED=s\n',
  );
  expect(patchEnvFile('', { PGDATA: '/other' }, layers)).toBe(
    'EMPTY=\nLINKS=of the scope\nPGDATA=/d\nSHARED=s\n',
  );
});

it('the highest epoch is in force, and an epoch is claimed once', async () => {
  const files = memoryFiles({
    '/s/epochs/2': 'primary=0\ntimeline=1\nsystem_id=5\n',
    '/s/epochs/10': 'primary=2\nprevious=0\ntimeline=3\n',
    '/s/epochs/.claim.1': 'primary=9\n',
  });
  expect(await loadEpoch(files, '/s')).toMatchObject({ epoch: 10, primary: 2, previous: 0, timeline: 3 });
  const claim = {
    epoch: 11,
    primary: ordinal(1),
    previous: ordinal(2),
    timeline: 4,
    systemId: '5',
    clusterId: 'c',
    by: 'promote x',
    why: 'two\nlines',
  };
  expect(await claimEpoch(files, host, '/s', claim)).toBe(true);
  expect(await claimEpoch(files, host, '/s', { ...claim, primary: ordinal(0) })).toBe(false);
  expect(await loadEpoch(files, '/s')).toMatchObject({
    epoch: 11,
    primary: 1,
    at: '2026-01-02T03:04:05Z',
    why: 'two lines',
  });
});
