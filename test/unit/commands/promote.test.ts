/** What the command decides before anything is promoted: put right, finish, or refuse without a trace. */
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { ordinal } from '../../../src/cluster/ordinal.ts';
import { promote } from '../../../src/commands/promote.ts';
import { clusterOf, healthy, primary, standby } from '../../support/cluster-view.ts';
import { hostOf } from '../../support/io-of-cluster.ts';

const values = { force: false, dryRun: false, noRestart: false, reason: undefined };
const ref = { scope: 'lab', name: 'db' };
const ofTwo = (changes: Partial<Cluster> = {}) =>
  clusterOf([standby(0), standby(1), primary(2, [0, 1])], {
    epoch: { ...healthy().epoch!, epoch: 2, primary: ordinal(2) },
    ...changes,
  });

function run(world: ReturnType<typeof hostOf>, replica: number, more: Partial<typeof values> = {}) {
  return Promise.resolve(
    promote.run(world.context, { ...values, ...more, cluster: ref, replica: ordinal(replica) } as never),
  );
}

describe('the pod that is the primary already', () => {
  it('is put into the bucket that names another one', async () => {
    const world = hostOf(ofTwo());
    expect(await run(world, 2)).toMatchObject({
      message: 'postgres lab/db: ordinal 2 is the primary already\nput right:\n  PG_PRIMARY_ORDINAL: 0 → 2',
    });
    expect(world.bucket['PG_PRIMARY_ORDINAL']).toBe('2');
    expect(world.files.all.has('/opt/voodu/state/postgres/lab/db/operation')).toBe(false);
  });

  it('and into the URL of a linked app that names another one', async () => {
    const bucket = {
      POSTGRES_PASSWORD: 'secret',
      PG_PRIMARY_ORDINAL: '2',
      POSTGRES_LINKED_CONSUMERS: 'lab/web',
    };
    const old = { DATABASE_URL: 'postgres://appuser:secret@db-0.lab.voodu:5433/appuser' };
    const reply = await run(hostOf(ofTwo({ bucket }), { 'lab/web': old }), 2);
    expect(reply).toMatchObject({
      message: expect.stringContaining('put right:\n  lab/web: DATABASE_URL updated'),
      actions: [
        { type: 'config_set', kv: { DATABASE_URL: expect.stringContaining('@db-2.lab.voodu:5433') } },
      ],
    });
  });

  it('--dry-run only says so', async () => {
    const world = hostOf(ofTwo());
    expect(await run(world, 2, { dryRun: true })).toMatchObject({
      message: expect.stringContaining('would put right:\n  PG_PRIMARY_ORDINAL: 0 → 2'),
    });
    expect(world.bucket['PG_PRIMARY_ORDINAL']).toBe('0');
  });

  it('is refused without a trace where everything names it', async () => {
    const world = hostOf(healthy());
    const before = [{ ...world.bucket }, [...world.files.all]];
    for (const force of [false, true])
      await expect(run(world, 0, { force })).rejects.toMatchObject({
        kind: 'refused',
        message: 'lab/db: ordinal 0 is the primary already',
      });
    expect([world.bucket, [...world.files.all]]).toEqual(before);
  });
});

describe('an unfinished promotion', () => {
  const left = 'id=x\nkind=promote\ntarget=2\nfrom=0\nstep=promoting\nstarted_at=now\nholder=dead\n';
  const path = '/opt/voodu/state/postgres/lab/db/operation';

  it('comes before another one, and stays noted', async () => {
    const world = hostOf(ofTwo());
    world.files.all.set(path, left);
    for (const dryRun of [true, false])
      await expect(run(world, 1, { dryRun })).rejects.toMatchObject({
        hint: 'Finish it: vd pg:promote lab/db --replica 2.',
      });
    expect(world.files.all.get(path)).toBe(left);
  });

  it('that took no epoch is forgotten once a refusal has changed nothing', async () => {
    const world = hostOf(healthy());
    world.files.all.set(path, left);
    await expect(run(world, 0)).rejects.toThrow(/the primary already/);
    expect(world.files.all.has(path)).toBe(false);
  });
});

it('a living command\u2019s order to step down is left alone', async () => {
  const world = hostOf(healthy());
  const order = '/opt/voodu/state/postgres/lab/db/orders/0';
  world.files.all.set(order, 'order=step-down\nid=another\ndeadline=0\n');
  world.files.all.set(
    '/opt/voodu/state/postgres/lab/db/operation',
    'id=x\nkind=promote\ntarget=2\nfrom=0\nstep=checkpoint\nholder=dead\n',
  );
  await expect(run(world, 0)).rejects.toThrow(/the primary already/);
  expect(world.files.all.has(order)).toBe(true);
});
