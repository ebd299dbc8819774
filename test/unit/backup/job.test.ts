import { expect, it } from 'vitest';
import { cancelCaptures } from '../../../src/backup/cancel.ts';
import { awaitJob } from '../../../src/backup/job.ts';
import { Failure } from '../../../src/errors.ts';
import type { Io } from '../../../src/io.ts';

/** A container that is in these states, one at each look. */
function world(...states: (string | undefined)[]): Io {
  let clock = 0;
  return {
    host: {
      now: () => new Date(clock),
      sleep: async (ms: number) => {
        clock += ms;
      },
    },
    docker: {
      inspect: async () => {
        const state = states.length > 1 ? states.shift() : states[0];
        return state === undefined ? [] : [{ state, exitCode: 3 }];
      },
    },
  } as unknown as Io;
}

it('a job that ended, one that goes on, and one that is gone are three things', async () => {
  const until = new Date(5_000);
  expect(await awaitJob(world('running', 'running', 'exited'), 'c', until)).toMatchObject({ exitCode: 3 });
  expect(await awaitJob(world('running'), 'c', until)).toBeUndefined();
  await expect(awaitJob(world('running', undefined), 'c', until)).rejects.toThrow(
    'container c was removed before it could be asked for its result',
  );
});

it('a capture that does not stop says why', async () => {
  const docker = {
    stop: () => Promise.reject(new Failure('docker', 'docker stop failed: permission denied')),
    kill: () => Promise.reject(new Failure('docker', 'docker kill failed: permission denied')),
    inspect: async () => [{ state: 'running' }],
  };
  const capture = { id: 'b001', stamp: '20260101T000000Z', container: { name: 'lab-db-backup-b001' } };
  const place = { ref: { scope: 'lab', name: 'db' }, directory: '/backups' };
  const error = await cancelCaptures({ docker } as unknown as Io, place as never, [capture as never]).catch(
    thrown => thrown,
  );
  expect(error.message).toBe(
    'capture b001 of lab/db does not stop (container lab-db-backup-b001): docker kill failed: permission denied',
  );
});
