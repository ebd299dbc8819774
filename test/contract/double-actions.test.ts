/** The double's actions: contract 4, and what expand allows of them (3.3). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installFake, type LabController, reply, startController } from '../support/controller/index.ts';

let lab: LabController;
beforeAll(async () => {
  lab = await startController({ pods: 'recorded' });
});
afterAll(() => lab.close());

/** What a command that answers with these actions does. */
async function act(actions: readonly unknown[], query = '') {
  await installFake(lab, { name: 'act', commands: { go: reply({ message: 'done', actions }) } });
  const { status, body } = await lab.request('POST', `/plugin/act/go${query}`, {});
  await lab.idle();
  return { status, error: body.error as string | undefined, data: body.data };
}

it('sets and unsets keys; an empty value deletes', async () => {
  const { data } = await act([
    { type: 'config_set', scope: 'a', name: 'b', kv: { Z: '1', A: '2', GONE: 'x' } },
    { type: 'config_set', scope: 'a', name: 'b', kv: { GONE: '' } },
    { type: 'config_unset', scope: 'a', name: 'b', keys: ['Z', 'NEVER'] },
    { type: 'config_set', scope: 'a', name: 'b', kv: { Q: '1' }, summary: 'short' },
  ]);
  expect(lab.bucket('a', 'b')).toEqual({ A: '2', Q: '1' });
  expect(data.applied).toEqual([
    'config_set a/b: A,GONE,Z',
    'config_set a/b: GONE',
    'config_unset a/b: NEVER,Z',
    'short',
  ]);
});

it('stops at the first failure and keeps what was applied', async () => {
  const set = (n: string) => ({ type: 'config_set', scope: 'p', name: 'q', kv: { [n]: '1' } });
  expect(await act([set('FIRST'), { ...set('X'), scope: '' }, set('LAST')])).toMatchObject({
    status: 500,
    error: 'apply action 1 (config_set): scope and name are required for action "config_set"',
    data: undefined,
  });
  expect(lab.bucket('p', 'q')).toEqual({ FIRST: '1' });
});

it('refuses unknown types', async () => {
  expect((await act([{ type: 'restart', scope: 's', name: 'n' }])).error).toBe(
    'apply action 0 (restart): unknown action type "restart" (supported: config_set, config_unset, apply_manifest, delete_manifest, run_job)',
  );
});

it('passes exec_local and fetch_file through', async () => {
  const { data } = await act([
    { type: 'exec_local', command: ['a', 'b c'] },
    { type: 'fetch_file', remote_path: '/r', dest_path: 'd', size_bytes: 3 },
  ]);
  expect(data).toEqual({
    message: 'done',
    applied: ['exec_local [a b c] (deferred to CLI)', 'fetch_file /r → d (deferred to CLI)'],
    exec_local: [{ command: ['a', 'b c'] }],
    fetch_file: [{ remote_path: '/r', dest_path: 'd', size_bytes: 3 }],
  });
  expect(await act([{ type: 'exec_local' }])).toMatchObject({
    status: 400,
    error: 'apply action 0 (exec_local): empty command',
  });
  expect((await act([{ type: 'fetch_file', remote_path: '/r' }])).error).toBe(
    'apply action 0 (fetch_file): remote_path and dest_path are required',
  );
});

it('stores a job without running it, runs it in the background, deletes it once', async () => {
  const manifest = { kind: 'job', scope: 'j', name: 'db.bk', spec: { image: 'i', command: ['true'] } };
  const at = { scope: 'j', name: 'db.bk' };
  expect((await act([{ type: 'apply_manifest', ...at, manifest }])).data.applied).toEqual([
    'apply_manifest job/j/db.bk',
  ]);
  expect(lab.status('job', 'j', 'db.bk')).toEqual({ image: 'i', history: [] });
  expect(await lab.pods('j')).toEqual([]);
  expect((await act([{ type: 'run_job', ...at }])).data.applied).toEqual(['run_job j/db.bk queued']);
  await expect
    .poll(() => lab.status('job', 'j', 'db.bk')?.history)
    .toMatchObject([{ status: 'succeeded', exit_code: 0 }]);
  expect((await lab.pods('j')).map(pod => pod.name)).toEqual([
    expect.stringMatching(/^j-db\.bk\.[0-9a-f]{4}$/),
  ]);
  const remove = { type: 'delete_manifest', kind: 'Jobs', ...at };
  expect((await act([remove])).data.applied).toEqual(['delete_manifest job/j/db.bk']);
  expect(await lab.pods('j')).toEqual([]);
  expect((await act([remove])).data.applied).toEqual(['delete_manifest job/j/db.bk (no-op)']);
  expect((await act([{ type: 'run_job', ...at }])).status).toBe(200);
});

it('rolls the workload of the same name, unless skip_restart or restart=false', async () => {
  await lab.apply([{ kind: 'statefulset', scope: 'r', name: 'n', spec: { image: 'i' } }]);
  await lab.idle();
  const rolls = () => lab.events.filter(event => event.type === 'roll' && event.scope === 'r').length;
  const set = (value: string, more = {}) => [
    { type: 'config_set', scope: 'r', name: 'n', kv: { K: value }, ...more },
  ];
  await act(set('1'));
  expect(rolls()).toBe(1);
  await act(set('1'));
  expect(rolls(), 'an unchanged value').toBe(1);
  await act(set('2', { skip_restart: true }));
  await act(set('3'), '?restart=false');
  expect(rolls()).toBe(1);
  // The roll was only put off: the next reconcile, whatever its reason, finds another environment.
  await lab.replay();
  expect(rolls()).toBe(2);
});
