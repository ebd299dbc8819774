/** What a start of the bundle reads and runs, and that two builds are one. */
import { expect, it } from 'vitest';
import { makeBundle } from '../../../src/build/bundle.ts';

it('evaluates no library of an edge at the start: expand runs on every apply and needs none', async () => {
  const { startInputs } = await makeBundle();
  const libraries = new Set(
    startInputs.flatMap(input => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? []),
  );
  expect([...libraries].toSorted()).toEqual(['handlebars', 'zod']);
});

it("fetches node's modules without importing them, which would load their lazy parts", async () => {
  const { files } = await makeBundle();
  const scripts = [...files].filter(([name]) => name.endsWith('.mjs'));
  const imports = scripts.flatMap(
    ([, content]) =>
      Buffer.from(content)
        .toString()
        .match(/from\s*["']node:[^"']+/g) ?? [],
  );
  expect(scripts.length).toBeGreaterThan(5);
  expect(imports).toEqual([]);
});

it('is the same twice', async () => {
  const [one, other] = [await makeBundle(), await makeBundle()];
  expect([...other.files.keys()]).toEqual([...one.files.keys()]);
  for (const [name, content] of one.files)
    expect(Buffer.compare(content, other.files.get(name)!), name).toBe(0);
});
