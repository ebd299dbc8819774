/**
 * What an operator writes → exactly what comes out. A directory per case:
 *
 *   input.voodu      the file, as `vd apply` would read it; blocks of other kinds are passed over
 *   bucket.json      the config bucket, where it is not empty
 *   expected/        actions.json, asset.json, statefulset.json, and asset/<key> as the pods mount it;
 *                    or error.txt alone
 *
 * A file of the asset that is the same as in the case `bare` is not repeated. `make golden` writes expected/ anew;
 * a changed byte under asset/ restarts databases, so such a diff is a release note.
 */
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseHcl } from '../../src/edges/hcl.ts';
import { Failure, formatFailure } from '../../src/errors.ts';
import { expand } from '../../src/expand/expand.ts';
import { loadBlocks } from '../../src/hcl/load-blocks.ts';
import type { ExpandData } from '../../src/protocol/envelope.ts';
import { parseExpandRequest } from '../../src/protocol/expand-request.ts';
import { countedHex, manifestOf } from '../support/expansion.ts';

type Files = Record<string, string>;

const update = process.env['UPDATE_GOLDEN'] === '1';
const reference = 'bare';
const cases = globSync('*/input.voodu', { cwd: import.meta.dirname })
  .map(dirname)
  .toSorted();

let referenceFiles: Files;
beforeAll(async () => {
  referenceFiles = await outcomeOf(reference);
});

describe.each(cases)('%s', name => {
  it('becomes what is written down', async () => {
    const outcome = await outcomeOf(name);
    const files = name === reference ? outcome : withoutRepetition(outcome);
    if (update) write(name, files);
    expect(read(name)).toEqual(files);
  });
});

it('covers expansions and refusals', () => {
  expect(cases).toContain(reference);
  expect(cases.filter(name => 'error.txt' in read(name)).length).toBeGreaterThanOrEqual(5);
});

async function outcomeOf(name: string): Promise<Files> {
  try {
    return filesOf(await expansionOf(name));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { 'error.txt': `${formatFailure(error)}\n` };
  }
}

async function expansionOf(name: string): Promise<ExpandData> {
  const config: unknown = JSON.parse(textOf(join(name, 'bucket.json')) ?? '{}');
  const blocks = await loadBlocks('input.voodu', textOf(join(name, 'input.voodu')) ?? '', {}, parseHcl);
  const block = blocks.filter(({ kind }) => kind === 'postgres' || kind === 'pg');
  if (block.length !== 1) throw new Error(`${name}/input.voodu has ${block.length} postgres blocks`);
  const { plugin: _taken, ...spec } = block[0]!.spec;
  const request = parseExpandRequest(JSON.stringify({ ...block[0], spec, config }));
  return expand(request, { root: '/opt/voodu', randomHex: countedHex() });
}

function filesOf(data: ExpandData): Files {
  const asset = manifestOf(data, 'asset');
  const contents = asset.spec['files'] as Files;
  return {
    'actions.json': json(data.actions),
    'asset.json': json({ ...asset, spec: { files: Object.keys(contents) } }),
    'statefulset.json': json(manifestOf(data, 'statefulset')),
    ...Object.fromEntries(Object.entries(contents).map(([key, text]) => [`asset/${key}`, text])),
  };
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

function withoutRepetition(files: Files): Files {
  return Object.fromEntries(
    Object.entries(files).filter(
      ([path, text]) => !path.startsWith('asset/') || text !== referenceFiles[path],
    ),
  );
}

const expectedDirectory = (name: string) => join(import.meta.dirname, name, 'expected');

function read(name: string): Files {
  const directory = expectedDirectory(name);
  const paths = globSync('**', { cwd: directory, withFileTypes: true }).filter(entry => entry.isFile());
  return Object.fromEntries(
    paths.map(entry => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(directory.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}

function write(name: string, files: Files): void {
  const directory = expectedDirectory(name);
  rmSync(directory, { recursive: true, force: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}

function textOf(path: string): string | undefined {
  const full = join(import.meta.dirname, path);
  return existsSync(full) ? readFileSync(full, 'utf8') : undefined;
}
