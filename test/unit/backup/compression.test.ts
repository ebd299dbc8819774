import { expect, it } from 'vitest';
import { requireCompression } from '../../../src/backup/capture.ts';
import { parseCompression } from '../../../src/backup/compression.ts';
import { captureScript } from '../../../src/backup/script.ts';
import { functionOf, runBash } from '../../support/run-script.ts';

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

/** A pg_dump of a major, built without some methods. */
const pgDump = (major: number, lacks: string) => `
pg_dump() {
  case $* in
    --version) echo "pg_dump (PostgreSQL) ${major}.5 (Debian)" ;;
    *--compress=${lacks}*) echo "pg_dump: error: this build does not support compression with ${lacks}" >&2 ;;
    *) echo 'pg_dump: error: connection to server failed' >&2 ;;
  esac
}
fail() { echo "failed: $1"; exit 1; }`;

it.each([
  [17, '-', '', 'zstd:1 --compress=zstd:1'],
  [17, 'zstd', '', 'gzip:1 --compress=gzip:1'],
  [17, 'zstd', 'zstd:3', 'failed: pg_dump 17 of this image cannot compress with zstd:3'],
  [16, '-', 'lz4:1', 'lz4:1 --compress=lz4:1'],
  [16, '-', 'none', 'none --compress=none'],
  [15, '-', '', 'gzip:1 --compress=1'],
  [15, '-', 'gzip:6', 'gzip:6 --compress=6'],
  [15, '-', 'none', 'none --compress=0'],
  [15, '-', 'zstd:1', 'failed: pg_dump 15 knows gzip and none, not zstd:1'],
])('pg_dump %i without %s, asked for %j: %s', (major, lacks, wanted, said) => {
  const script = `${pgDump(major, lacks)}\n${functionOf(captureScript(), 'choose_compression')}\nchoose_compression; echo "$compression $compress"`;
  expect(runBash(script, wanted === '' ? {} : { BACKUP_COMPRESS: wanted }).stdout).toBe(`${said}\n`);
});
