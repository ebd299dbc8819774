/** The formats the double reads the way Go does: plugin.yml, JSON into structs, durations, env files. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { envFileText, readEnvFile } from '../support/controller/env-file.ts';
import * as go from '../support/controller/go.ts';
import { dockerLimits, normalisePort } from '../support/controller/workload-spec.ts';
import { parseYaml } from '../support/controller/yaml.ts';

describe('plugin.yml', () => {
  it('is read in the styles people write', () => {
    const text = `# a comment
name: postgres   # another
version: 1.0
description: "PostgreSQL: primary, # and standbys"
homepage: https://example.com/x#y
aliases: [pg, 'p g', "q"]
entrypoint: bin/voodu-postgres
commands:
  - name: backups:capture
    help: >-
      take a backup
      now
  - { name: help, help: "shows: this" }
  -
    name: psql
    help: 'it''s psql'
env:
  A: "1"
  B: two words
routes:
empty: []
list:
- x
- y: 1
  z: 2
text: |
  one
    two
last: ~
`;
    expect(parseYaml(text)).toEqual({
      name: 'postgres',
      version: '1.0',
      description: 'PostgreSQL: primary, # and standbys',
      homepage: 'https://example.com/x#y',
      aliases: ['pg', 'p g', 'q'],
      entrypoint: 'bin/voodu-postgres',
      commands: [
        { name: 'backups:capture', help: 'take a backup now' },
        { name: 'help', help: 'shows: this' },
        { name: 'psql', help: "it's psql" },
      ],
      env: { A: '1', B: 'two words' },
      routes: null,
      empty: [],
      list: ['x', { y: '1', z: '2' }],
      text: 'one\n  two\n',
      last: null,
    });
    expect(parseYaml('')).toBeNull();
  });

  it.each(['a: 1\n b: 2\n', 'a: [1\n', 'just text\nmore: 1\n', 'a: 1\nb\n'])('refuses %j', text => {
    expect(() => parseYaml(text)).toThrow(/^yaml: line \d+: /);
  });
});

describe('json', () => {
  const shape = go.struct('T', {
    s: go.string,
    n: go.int,
    b: go.bool,
    l: go.slice(go.string),
    m: go.map(go.string),
    any: go.any,
    in: go.struct('In', { s: go.string }),
  });

  it('drops unknown keys, matches keys in any case, reads null as nothing', () => {
    const value = { S: 'x', zz: 1, n: null, m: { k: null }, l: [null, 'a'], any: { deep: [1] }, in: null };
    expect(go.decode(shape, value)).toEqual({ s: 'x', m: { k: '' }, l: ['', 'a'], any: { deep: [1] } });
    expect(go.decode(shape, null)).toBeUndefined();
  });

  it.each([
    [{ s: 1 }, 'number into Go struct field T.s of type string'],
    [{ n: 1.5 }, 'number 1.5 into Go struct field T.n of type int'],
    [{ n: '1' }, 'string into Go struct field T.n of type int'],
    [{ b: 0 }, 'number into Go struct field T.b of type bool'],
    [{ l: 'x' }, 'string into Go struct field T.l of type []string'],
    [{ l: [{}] }, 'object into Go struct field T.l of type string'],
    [{ m: [] }, 'array into Go struct field T.m of type map[string]string'],
    [{ m: { a: true } }, 'bool into Go struct field T.m of type string'],
    [{ in: 'x' }, 'string into Go struct field T.in of type controller.In'],
    [{ in: { s: [] } }, 'array into Go struct field T.in.s of type string'],
    [[], 'array into Go value of type controller.T'],
  ])('%j', (value, text) => {
    expect(() => go.decode(shape, value)).toThrow(`json: cannot unmarshal ${text}`);
  });

  it('writes keys sorted and HTML characters escaped', () => {
    expect(go.marshal({ b: '<&>', a: [{ d: 1, c: 0.5 }] })).toBe(
      '{"a":[{"c":0.5,"d":1}],"b":"\\u003c\\u0026\\u003e"}',
    );
  });
});

it('reads durations, ports and limits', () => {
  expect(['5s', '1m30s', '250ms', '0', 'x', '5'].map(go.parseDuration)).toEqual([
    5000,
    90_000,
    250,
    0,
    undefined,
    undefined,
  ]);
  expect([60_000, 30_000, 250, 3_661_000].map(go.formatDuration)).toEqual(['1m0s', '30s', '250ms', '1h1m1s']);
  const ports = ['5432', '5432:5432', '0.0.0.0:5432', '0.0.0.0:5432:5432', '[::]:1'];
  expect(ports.map(normalisePort)).toEqual([
    '127.0.0.1::5432',
    '127.0.0.1:5432:5432',
    '127.0.0.1:0.0.0.0:5432',
    '0.0.0.0:5432:5432',
    '[::]:1',
  ]);
  expect(dockerLimits({ cpu: '500m', memory: '512Mi' })).toEqual({ cpus: '0.5', memoryBytes: 536_870_912 });
  expect(dockerLimits({ cpu: '2', memory: '1G' })).toEqual({ cpus: '2', memoryBytes: 1_000_000_000 });
  expect(() => dockerLimits({ memory: 'much' })).toThrow('invalid value');
});

it('writes and reads env files as they are', () => {
  const dir = mkdtempSync(join(tmpdir(), 'voodu-env-'));
  try {
    const text = envFileText({ B: ' "q" # x ', A: 'a=b', C: '' });
    expect(text).toBe('A=a=b\nB="q" # x\nC=\n');
    writeFileSync(join(dir, '.env'), `# no\n\n  ${text}BARE\n`);
    expect(readEnvFile(join(dir, '.env'))).toEqual({ A: 'a=b', B: '"q" # x', C: '' });
  } finally {
    rmSync(dir, { recursive: true });
  }
});
