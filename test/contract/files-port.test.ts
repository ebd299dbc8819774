/** One suite for the `Files` port: what the fake promises, the real file system keeps, and the other way round. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { files as realFiles } from '../../src/edges/files.ts';
import { memoryFiles } from '../fakes/memory-files.ts';

const root = mkdtempSync(join(tmpdir(), 'voodu-files-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.each([
  ['in memory', memoryFiles(), '/m'],
  ['on disk', realFiles, root],
])('files %s', (_name, files, base) => {
  it('reads what was written, and nothing where nothing is', async () => {
    await files.writeAtomic(`${base}/a/b`, 'text\n');
    expect(await files.read(`${base}/a/b`)).toBe('text\n');
    expect(await files.read(`${base}/a/none`)).toBeUndefined();
    expect(await files.stat(`${base}/none`)).toBeUndefined();
    expect(await files.list(`${base}/none`)).toEqual([]);
  });

  it('replaces whole, and lists names only', async () => {
    await files.writeAtomic(`${base}/a/b`, 'longer text\n');
    await files.writeAtomic(`${base}/a/b`, 'x');
    expect(await files.read(`${base}/a/b`)).toBe('x');
    expect(
      (await files.list(`${base}/a`)).map(entry => [entry.name, entry.sizeBytes, entry.directory]),
    ).toEqual([['b', 1, false]]);
  });

  it('of many who create one name, exactly one does, with its own text', async () => {
    const winners = await Promise.all(
      Array.from({ length: 20 }, (_, index) => files.createExclusive(`${base}/epochs/1`, `by=${index}\n`)),
    );
    expect(winners.filter(Boolean)).toHaveLength(1);
    expect(await files.read(`${base}/epochs/1`)).toBe(`by=${winners.indexOf(true)}\n`);
    expect((await files.list(`${base}/epochs`)).map(entry => entry.name)).toEqual(['1']);
  });

  it('removing twice is fine; renaming moves', async () => {
    await files.writeAtomic(`${base}/c/one`, '1');
    await files.rename(`${base}/c/one`, `${base}/c/two`);
    expect(await files.read(`${base}/c/one`)).toBeUndefined();
    await files.remove(`${base}/c/two`);
    await files.remove(`${base}/c/two`);
    expect(await files.read(`${base}/c/two`)).toBeUndefined();
  });
});

it('what could not be written leaves no draft behind', async () => {
  const directory = join(root, 'drafts');
  mkdirSync(join(directory, 'taken'), { recursive: true });
  await expect(realFiles.writeAtomic(join(directory, 'taken'), 'text')).rejects.toThrow(/EISDIR|ENOTEMPTY/);
  // As a full disk does, this fails in the middle of the draft.
  const unwritable = { toString: () => 'x' } as unknown as string;
  await expect(realFiles.writeAtomic(join(directory, 'full'), unwritable)).rejects.toThrow();
  expect(readdirSync(directory)).toEqual(['taken']);
});

it('a secret is never readable by others, not even for a moment', async () => {
  await realFiles.writeAtomic(join(root, 'secret'), 's', { mode: 0o600 });
  expect(statSync(join(root, 'secret')).mode & 0o777).toBe(0o600);
});
