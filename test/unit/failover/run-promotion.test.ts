/** The order of effects, and what one slow answer may not do to it. */
import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { ordinal } from '../../../src/cluster/ordinal.ts';
import { parseNotes } from '../../../src/cluster/record.ts';
import { Failure } from '../../../src/errors.ts';
import { deadlineAt } from '../../../src/failover/deadline.ts';
import { beginOperation } from '../../../src/failover/operation.ts';
import { planPromotion } from '../../../src/failover/plan-promotion.ts';
import { runPromotion } from '../../../src/failover/run-promotion.ts';
import type { Running } from '../../../src/failover/running.ts';
import type { Finished, Io } from '../../../src/io.ts';
import { aDocker, finished } from '../../fakes/a-docker.ts';
import { aHost } from '../../fakes/a-host.ts';
import { memoryFiles } from '../../fakes/memory-files.ts';
import { clusterOf, healthy, parked, silent, spec, standby } from '../../support/cluster-view.ts';

type Answer = () => Finished;
const late: Answer = () => {
  throw new Failure('deadline', 'docker exec did not answer within 3 s');
};
const stopped = 'state=stopped\nlsn=0/5000100\ncluster_state=shut down\n';

/** A world in which statements are answered in turn (the last answer stays) and the old primary's pod obeys at once. */
async function world(
  cluster: Cluster,
  answers: Record<string, Answer[]>,
  report: string | undefined = stopped,
) {
  const files = memoryFiles();
  const host = aHost();
  const asked: string[] = [];
  const answer = (statement: string): Finished => {
    host.pass(20);
    const [key, queue] = Object.entries(answers).find(([part]) => statement.includes(part))!;
    asked.push(key);
    return (queue.length > 1 ? queue.shift()! : queue[0]!)();
  };
  const obey = () => {
    const order = parseNotes(files.all.get(`${spec.state}/orders/0`) ?? '');
    if (order['order'] === 'step-down' && report)
      files.all.set(`${spec.state}/reports/0`, `id=${order['id']}\n${report}`);
    return finished('');
  };
  let killed = false;
  const docker = aDocker({
    exec: async (_container, command, options) =>
      options?.input === undefined ? (command[0] === 'test' ? finished('') : obey()) : answer(options.input),
    inspect: async () => [{ ...silent(0).container!, state: killed ? 'exited' : 'running' }],
    kill: async () => {
      killed = true;
      asked.push('kill');
    },
  });
  const io = { files, host, docker } as unknown as Io;
  const began = host.now().getTime();
  const promote = async (target: number, force = false) => {
    const { operation } = await beginOperation(io, cluster, { kind: 'promote', target, from: 0 });
    const running: Running = {
      io,
      cluster,
      operation,
      deadline: deadlineAt(host, new Date(began + 27_000), 'asking the pods'),
      hold: false,
      reason: 'rack 3 lost power',
      again: `vd pg:promote lab/db --replica ${target}`,
    };
    return runPromotion(running, planPromotion(cluster, ordinal(target), force));
  };
  const epoch = () => parseNotes(files.all.get(`${spec.state}/epochs/2`) ?? '');
  return { promote, epoch, asked, files, host, tookMs: () => host.now().getTime() - began };
}

const ok =
  (stdout: string): Answer =>
  () =>
    finished(`${stdout}\n`);

describe('planned', () => {
  it('one slow answer on the way is asked again', async () => {
    const { promote, epoch } = await world(healthy(), {
      CHECKPOINT: [ok('')],
      pg_last_wal_replay_lsn: [late, () => finished('', 2, 'psql: error: fork failed'), ok('0/5000180')],
      pg_promote: [late, ok('t\n2')],
    });
    expect(await promote(1)).toMatchObject({ timeline: 2, gapMs: expect.any(Number) });
    expect(epoch()).toMatchObject({
      primary: '1',
      timeline: '2',
      target_lsn: '0/5000000',
      primary_lsn: '0/5000100',
      reason: 'rack 3 lost power',
      why: 'planned, target at 0/5000000, primary last known at 0/5000100, may lose nothing',
    });
  });

  it('a target that never has everything: the old primary goes on, and the missing part is measured', async () => {
    const { promote, files, tookMs } = await world(healthy(), {
      CHECKPOINT: [ok('')],
      pg_last_wal_replay_lsn: [ok('0/5000000')],
    });
    await expect(promote(1)).rejects.toMatchObject({
      message:
        'ordinal 1 is not proven to have everything: it replayed up to 0/5000000, 256 bytes before the end of ordinal 0 at 0/5000100; ordinal 0 starts again as the primary',
    });
    expect([...files.all.keys()].filter(path => /orders|epochs/.test(path))).toEqual([]);
    expect(tookMs()).toBeLessThan(19_000);
  });

  it('a long shutdown checkpoint is called by its name', async () => {
    const { promote } = await world(healthy(), { CHECKPOINT: [ok('')] }, 'state=stopping\n');
    await expect(promote(1)).rejects.toMatchObject({
      kind: 'deadline',
      message: expect.stringMatching(
        /^pod 0 is still writing its shutdown checkpoint after 18 s; it restarts as primary when that ends/,
      ),
    });
  });

  it('a checkpoint that fails says why, one that takes long says how long', async () => {
    const failing = await world(healthy(), {
      CHECKPOINT: [() => finished('', 3, 'psql:<stdin>:1: ERROR:  could not write to file: No space left')],
    });
    await expect(failing.promote(1)).rejects.toThrow(
      'the checkpoint on ordinal 0 failed: ERROR:  could not write to file: No space left; nothing was changed',
    );
    const slow = await world(healthy(), { CHECKPOINT: [late] });
    await expect(slow.promote(1)).rejects.toThrow(/did not end within 10 s; nothing was changed/);
    // The server is told the limit as well, and may be the first to notice.
    const cut = () => finished('', 3, 'psql:<stdin>:1: ERROR:  canceling statement due to statement timeout');
    const noticed = await world(healthy(), { CHECKPOINT: [cut] });
    await expect(noticed.promote(1)).rejects.toThrow(/did not end within 10 s; nothing was changed/);
  });

  it('too little time left is said with what took it', async () => {
    const { promote, host } = await world(healthy(), {
      CHECKPOINT: [
        () => {
          host.pass(16_000);
          return finished('');
        },
      ],
    });
    await expect(promote(1)).rejects.toThrow(
      /^the checkpoint on ordinal 0 took 16 s, and what is left is too short to promote ordinal 1/,
    );
  });

  it('a target that does not leave recovery: said within the time, and how to finish', async () => {
    const { promote, tookMs } = await world(healthy(), {
      CHECKPOINT: [ok('')],
      pg_last_wal_replay_lsn: [ok('0/5000180')],
      pg_promote: [() => finished('', 3, 'ERROR:  recovery is in progress')],
    });
    await expect(promote(1)).rejects.toMatchObject({
      message: expect.stringMatching(/has the right to write and was still in recovery after \d+/),
      hint: expect.stringContaining('vd pg:promote lab/db --replica 1'),
    });
    expect(tookMs()).toBeLessThan(24_000);
  });
});

describe('forced', () => {
  it('the old primary is dead before the epoch is claimed, and the record does not claim that nothing is lost', async () => {
    const { promote, epoch, asked } = await world(clusterOf([silent(0), standby(1)]), {
      pg_promote: [ok('t\n2')],
    });
    await promote(1, true);
    expect(asked).toEqual(['kill', 'pg_promote']);
    expect(epoch()).toMatchObject({
      previous: '0',
      why: 'forced, target at 0/5000000, primary last known at 0/5000000, may lose whatever the old primary committed and never sent (known missing: 0 bytes)',
    });
  });

  it('a parked pod is named, freed from its order, and waited for', async () => {
    const cluster = clusterOf([parked(0, 'HELD: ordinal 1 is primary'), silent(1, 'gone', 'exited')], {
      epoch: { ...healthy().epoch!, primary: ordinal(1), timeline: 2 },
    });
    const { promote, epoch, files } = await world(cluster, {
      pg_promote: [() => finished('', 2, 'psql: error: no such socket'), ok('t\n1')],
    });
    files.all.set(`${spec.state}/orders/0`, 'order=hold\nid=x\n');
    expect(await promote(0, true)).toMatchObject({ timeline: 1 });
    expect(epoch()).toMatchObject({ primary: '0', previous: '1', timeline: '1' });
    expect(files.all.has(`${spec.state}/orders/0`)).toBe(false);
  });
});
