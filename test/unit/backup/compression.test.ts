import { expect, it } from 'vitest';
import { requireCompression } from '../../../src/backup/capture.ts';
import { parseCompression } from '../../../src/backup/compression.ts';

it.each([
  ['zstd', 'zstd:1'],
  ['zstd:22', 'zstd:22'],
  ['gzip', 'gzip:6'],
  ['gzip:1', 'gzip:1'],
  ['lz4', 'lz4:1'],
  ['lz4:12', 'lz4:12'],
  ['none', 'none'],
])('%s is %s', (word, text) => expect(parseCompression(word).text).toBe(text));

it.each([
  ['gzip:0', /a level of gzip from 1 to 9/],
  ['gzip:10', /a level of gzip from 1 to 9/],
  ['gzip:', /a level of gzip/],
  ['zstd:-1', /a level of zstd from 1 to 22/],
  ['none:1', /none without a level/],
  ['xz', /zstd, gzip, lz4, none, or one with a level like gzip:6/],
  ['gzip:1:2', /zstd, gzip/],
  ['', /zstd, gzip/],
  ['toString', /zstd, gzip/],
])('%j is refused', (word, reason) => expect(() => parseCompression(word)).toThrow(reason));

it('a server before 16 knows gzip and none', () => {
  const on = (version: string, word: string) => () =>
    requireCompression({ answer: { version } } as never, parseCompression(word));
  expect(on('15.14 (Debian 15.14-1)', 'zstd')).toThrow('PostgreSQL 15 cannot compress a dump with zstd');
  expect(on('15.14', 'gzip:9')).not.toThrow();
  expect(on('15.14', 'none')).not.toThrow();
  expect(on('18beta1', 'lz4')).not.toThrow();
});
