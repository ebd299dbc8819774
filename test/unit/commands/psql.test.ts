import { expect, it } from 'vitest';
import { psql } from '../../../src/commands/psql.ts';
import { clusterOf, primary, silent, standby } from '../../support/cluster-view.ts';
import { hostOf } from '../../support/io-of-cluster.ts';

async function containerFor(cluster: ReturnType<typeof clusterOf>): Promise<string> {
  const reply = await psql.run(hostOf(cluster).context, {
    cluster: { scope: 'lab', name: 'db' },
    command: 'select 1',
    arguments: [],
  } as never);
  const [action] = 'actions' in reply ? (reply.actions ?? []) : [];
  return action?.type === 'exec_local' ? action.command[3]! : 'none';
}

it('goes to the primary', async () => {
  expect(await containerFor(clusterOf([standby(0), primary(1, [0])]))).toBe('lab-db.1');
});

it('where nobody answers, to the recorded primary, if its container runs: psql says what is wrong', async () => {
  expect(await containerFor(clusterOf([silent(0), silent(1)]))).toBe('lab-db.0');
  await expect(containerFor(clusterOf([silent(0, 'stopped', 'exited'), silent(1)]))).rejects.toThrow(
    'no pod of lab/db accepts writes',
  );
});

it('and not where somebody answers who is no primary', async () => {
  await expect(containerFor(clusterOf([silent(0), standby(1)]))).rejects.toThrow(/accepts writes/);
});
