/** One operation at a time, through deaths and races. */
import { describe, expect, it } from 'vitest';
import { ordinal } from '../../../src/cluster/ordinal.ts';
import { beginOperation, endOperation, loadOperation, noteStep } from '../../../src/failover/operation.ts';
import type { Files } from '../../../src/io.ts';
import { aHost } from '../../fakes/a-host.ts';
import { memoryFiles } from '../../fakes/memory-files.ts';
import { healthy, spec } from '../../support/cluster-view.ts';

const path = `${spec.state}/operation`;
const promote = (target: number) => ({ kind: 'promote', target, from: 0 }) as const;
const rejoin = (target: number) => ({ kind: 'rejoin', target, from: 1 }) as const;
/** The record after a promotion of ordinal 1 took its epoch. */
const claimed = { ...healthy(), epoch: { ...healthy().epoch!, epoch: 2, primary: ordinal(1) } };

/** A file that a dead command left, having begun this. */
async function leftBehind(wanted: ReturnType<typeof promote | typeof rejoin>, step = 'promoting') {
  const files = memoryFiles();
  const io = { files, host: aHost([], 'dead') };
  const { operation } = await beginOperation(io, healthy(), wanted);
  await noteStep(io, spec.state, operation, step);
  return files;
}

it('a living one is waited for', async () => {
  const files = await leftBehind(promote(1));
  const io = { files, host: aHost(['dead']) };
  await expect(beginOperation(io, healthy(), promote(1))).rejects.toThrow(
    /a promote of ordinal 1 is under way since 2026-01-01T00:00:00Z \(step: promoting\)/,
  );
});

it('a dead one like it is taken over, and what it noted is handed on', async () => {
  const files = await leftBehind({ ...promote(1), from: 0 });
  const { operation, left } = await beginOperation({ files, host: aHost() }, claimed, {
    ...promote(1),
    from: undefined as never,
  });
  expect(left).toMatchObject({ target: 1, step: 'promoting', holder: 'dead' });
  expect(operation).toMatchObject({ from: 0, step: 'begun', holder: 'me' });
  expect([...files.all.keys()]).toEqual([path]);
});

describe('a promotion that took its epoch and was cut off', () => {
  it.each([rejoin(0), rejoin(2), promote(2), promote(0)])('comes before %o', async wanted => {
    const files = await leftBehind(promote(1));
    const before = files.all.get(path);
    const begun = beginOperation({ files, host: aHost() }, claimed, wanted);
    await expect(begun).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/the promotion of ordinal 1 was begun at .* \(step: promoting\)/),
      hint: 'Finish it: vd pg:promote lab/db --replica 1.',
    });
    expect(files.all.get(path)).toBe(before);
  });

  it('is left behind by force: its target may be gone for good', async () => {
    const files = await leftBehind(promote(1));
    const begun = await beginOperation({ files, host: aHost() }, claimed, promote(2), { force: true });
    expect(begun.operation.target).toBe(2);
  });
});

it('what was cut off before the claim, and a rejoin, which is the pod\u2019s, stand in nobody\u2019s way', async () => {
  for (const [left, wanted] of [
    [promote(1), promote(2)],
    [promote(1), rejoin(2)],
    [rejoin(2), promote(1)],
    [rejoin(2), rejoin(0)],
  ] as const) {
    const files = await leftBehind(left, 'checkpoint');
    const { operation } = await beginOperation({ files, host: aHost() }, healthy(), wanted);
    expect(operation).toMatchObject({ kind: wanted.kind, target: wanted.target });
  }
});

it('of two who find the same dead holder one goes on, whichever way they interleave', async () => {
  for (let stopAt = 0; stopAt < 8; stopAt++) {
    const files = await leftBehind(promote(1));
    const slow = heldAt(files, stopAt);
    const first = beginOperation(
      { files: slow.files, host: aHost(['fast'], 'slow') },
      claimed,
      promote(1),
    ).catch(() => undefined);
    await slow.reached;
    const second = await beginOperation({ files, host: aHost(['slow'], 'fast') }, claimed, promote(1)).catch(
      () => undefined,
    );
    slow.release();
    const winners = [await first, second].filter(begun => begun !== undefined);
    expect(winners, `held at call ${stopAt}`).toHaveLength(1);
    expect(await loadOperation(files, spec.state)).toMatchObject({ id: winners[0]!.operation.id });
    expect([...files.all.keys()]).toEqual([path]);
  }
});

it('whose file was taken over notes nothing more and removes nothing', async () => {
  const files = memoryFiles();
  const io = { files, host: aHost([], 'stalled') };
  const { operation } = await beginOperation(io, healthy(), promote(1));
  await beginOperation({ files, host: aHost() }, healthy(), promote(1));
  await expect(noteStep(io, spec.state, operation, 'promoting')).rejects.toThrow(/another command took over/);
  await endOperation(io, spec.state, operation);
  expect(await loadOperation(files, spec.state)).toMatchObject({ holder: 'me' });
});

/** Files whose call number `stopAt` waits until it is released. */
function heldAt(files: Files, stopAt: number) {
  let calls = 0;
  let release = () => {};
  const released = new Promise<void>(resolve => {
    release = resolve;
  });
  let arrived = () => {};
  const reached = new Promise<void>(resolve => {
    arrived = resolve;
  });
  const held = new Proxy(files, {
    get:
      (target, name) =>
      async (...words: unknown[]) => {
        if (calls++ === stopAt) {
          arrived();
          await released;
        }
        return (target as unknown as Record<string | symbol, (...words: unknown[]) => unknown>)[name]!(
          ...words,
        );
      },
  });
  // A run that ends before it comes to that call has reached it too.
  return {
    files: held,
    reached: Promise.race([reached, new Promise(done => setTimeout(done, 20))]),
    release,
  };
}
