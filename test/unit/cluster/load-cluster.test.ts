/** Why a pod is silent is what it was, not always "no answer in time". */
import { expect, it } from 'vitest';
import { loadCluster } from '../../../src/cluster/load-cluster.ts';
import { Failure } from '../../../src/errors.ts';
import type { Docker, Io } from '../../../src/io.ts';
import { aDocker, finished } from '../../fakes/a-docker.ts';
import { aHost } from '../../fakes/a-host.ts';
import { memoryFiles } from '../../fakes/memory-files.ts';
import { silent } from '../../support/cluster-view.ts';

async function silenceWith(exec: Docker['exec']): Promise<string | undefined> {
  const manifest = {
    kind: 'statefulset',
    scope: 'lab',
    name: 'db',
    spec: { image: 'postgres:17', replicas: 1, env: { PG_NAME: 'db' } },
  };
  const io = {
    files: memoryFiles(),
    host: aHost(),
    controller: {
      describe: async () => ({ manifest, status: undefined, pods: [] }),
      bucket: async () => ({}),
    },
    docker: aDocker({ exec, list: async () => ['lab-db.0'], inspect: async () => [silent(0).container!] }),
  } as unknown as Io;
  return (await loadCluster(io, { scope: 'lab', name: 'db' })).pods[0]!.silence;
}

it.each<[string, Docker['exec']]>([
  ['no answer within 2 s', () => Promise.reject(new Failure('deadline', 'docker exec did not answer'))],
  // psql ended by `timeout` in the pod.
  ['no answer within 2 s', async () => finished('', 124)],
  [
    'no answer within 2 s',
    async () => finished('', 3, 'psql:<stdin>:1: ERROR:  canceling statement due to statement timeout'),
  ],
  [
    'docker exec failed: permission denied',
    () => Promise.reject(new Failure('docker', 'docker exec failed: permission denied')),
  ],
  [
    'sorry, too many clients already',
    async () =>
      finished('', 2, 'psql: error: connection to server failed: FATAL:  sorry, too many clients already'),
  ],
  ['the server gave no answer', async () => finished('not json')],
])('%s', async (silence, exec) => {
  expect(await silenceWith(exec)).toBe(silence);
});

it('a mistake of ours is no silence', async () => {
  await expect(silenceWith(() => Promise.reject(new TypeError('x is not a function')))).rejects.toThrow(
    'x is not a function',
  );
});
