/** Written by scripts, read here; changed here, read by scripts. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { dumpFunctions } from '../../../src/backup/script.ts';
import { formatSidecar, parseSidecar } from '../../../src/backup/sidecar.ts';
import { runBash } from '../../support/run-script.ts';
import { aSidecar } from './a-sidecar.ts';

const env = { BACKUP_ID: 'b007', BACKUP_STAMP: '20260505T143000Z', BACKUP_AS_ROOT: '1' };
const script = (text: string) => `${dumpFunctions().replace(/^PATH=.*$/m, '')}\n${text}`;

it('comes back as it was written', () => {
  for (const sidecar of [
    aSidecar(),
    aSidecar({ tables: [], globals: null, tested: { at: 't', result: 'failed', detail: 'a "b"\nc' } }),
  ])
    expect(parseSidecar(formatSidecar(sidecar))).toEqual(sidecar);
});

it('of another format, or broken, is none', () => {
  expect(parseSidecar(formatSidecar(aSidecar({ format: 2 })))).toBeUndefined();
  expect(parseSidecar('{"format": 1')).toBeUndefined();
  expect(parseSidecar('[]')).toBeUndefined();
});

it('has fields that scripts read and change, whatever a table is called', () => {
  const directory = mkdtempSync(join(tmpdir(), 'voodu-sidecar-'));
  try {
    const path = join(directory, 'b007-20260505T143000Z.json');
    const sidecar = aSidecar({
      tables: [{ table: '"\n  ""standing"": ""x"",\n"', rows: 1, bytes: 2 }],
      row_count: 1,
    });
    writeFileSync(path, formatSidecar(sidecar));
    const nasty = `a "b" \\ & | c/d`;
    const run = runBash(
      script(
        'field "$1" standing; field "$1" size_bytes; set_fields "$1" standing \'"corrupt"\' standing_reason "$(json_string "$2")" verified_at null; field "$1" standing',
      ),
      env,
      [path, nasty],
    );
    expect([run.stdout, run.stderr]).toEqual(['"verified"\n100\n"corrupt"\n', '']);
    expect(parseSidecar(readFileSync(path, 'utf8'))).toEqual({
      ...sidecar,
      standing: 'corrupt',
      standing_reason: nasty,
      verified_at: null,
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it('counts rows of what pg_restore prints: nasty names, nasty data, no data', () => {
  const text = [
    '-- Data for Name: a; Type: TABLE DATA',
    'COPY public.a (id, t) FROM stdin;',
    '1\tCOPY public.fake (id) FROM stdin;',
    '2\t\\\\.',
    'COPY public.worse (id) FROM stdin;',
    '\\.',
    '',
    'COPY "S c".".""x""." ("a b", c) FROM stdin;',
    '\\.',
    'COPY public.none  FROM stdin;',
    '',
    '',
    '\\.',
    "SELECT pg_catalog.lo_open('16400', 131072);",
    '',
  ].join('\n');
  for (const grep of ['', 'grep() { return 2; };']) {
    const counted = runBash(script(`${grep} printf '%s' "$1" | marks | count_rows`), env, [text]).stdout;
    expect(JSON.parse(`[${counted.slice(0, counted.lastIndexOf('}') + 1)}]`)).toEqual([
      { table: 'public.a', rows: 3, bytes: 36 + 6 + 35 },
      { table: '"S c".".""x""."', rows: 0, bytes: 0 },
      { table: 'public.none', rows: 2, bytes: 2 },
    ]);
    expect(counted.trim().split('\n').at(-1)).toBe('5 1');
  }
});

it('a table with a line break in its name, or in a column, is counted and not listed', () => {
  const text = [
    'COPY public."we',
    'ird" (a) FROM stdin;',
    '1',
    '2',
    '\\.',
    'COPY public.t ("a',
    'b") FROM stdin;',
    '1',
    '\\.',
    'COPY public.last (a) FROM stdin;',
    '\\.',
    '',
  ].join('\n');
  const counted = runBash(script(`printf '%s' "$1" | marks | count_rows`), env, [text]).stdout;
  expect(counted).toBe('    {"table":"public.last","rows":0,"bytes":0}\n3 0\n');
});

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 kB'],
  [12_582_912, '12.0 MB'],
  [257_215_693, '245.3 MB'],
  [5e12, '4.5 TB'],
])('%i bytes are %s', (bytes, text) => {
  expect(runBash(script('human "$1"'), env, [String(bytes)]).stdout).toBe(text);
});
