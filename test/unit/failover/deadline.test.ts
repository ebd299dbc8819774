import { expect, it } from 'vitest';
import { deadlineAt } from '../../../src/failover/deadline.ts';

function clock() {
  let ms = 1_000_000;
  const pass = (more: number) => {
    ms += more;
  };
  return { now: () => new Date(ms), pass };
}

it('leaves what is left less the reserve, and never a negative time', () => {
  const time = clock();
  const deadline = deadlineAt(time, new Date(time.now().getTime() + 27_000), 'asking the pods');
  expect([deadline.leftMs(), deadline.leftMs(9_000)]).toEqual([27_000, 18_000]);
  expect([deadline.clip(10_000, 9_000), deadline.clip(20_000, 9_000)]).toEqual([10_000, 18_000]);
  time.pass(20_000);
  expect([deadline.leftMs(9_000), deadline.clip(10_000)]).toEqual([0, 7_000]);
  time.pass(20_000);
  expect([deadline.leftMs(), deadline.clip(10_000)]).toEqual([0, 0]);
});

it('knows what took the time', () => {
  const time = clock();
  const deadline = deadlineAt(time, new Date(time.now().getTime() + 27_000), 'asking the pods');
  time.pass(2_000);
  deadline.begin('the checkpoint on ordinal 0');
  time.pass(9_400);
  deadline.begin('stopping ordinal 0');
  time.pass(1_000);
  expect(deadline.longest()).toEqual({ phase: 'the checkpoint on ordinal 0', seconds: 9 });
});
