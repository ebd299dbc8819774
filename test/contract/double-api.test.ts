/** The double's HTTP API beside statefulsets: contract 5, jobs (6.8), deployments (6.9). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LabController, startController } from '../support/controller/index.ts';

let lab: LabController;
let jobExit = 0;
beforeAll(async () => {
  lab = await startController({ pods: 'recorded', runJob: () => jobExit });
});
afterAll(() => lab.close());

const get = (path: string) => lab.request('GET', path);

it('answers /health without the envelope, and says what it does not know', async () => {
  expect(await get('/health')).toEqual({ status: 200, body: { status: 'ok', version: expect.any(String) } });
  expect((await get('/nothing')).status).toBe(404);
  expect((await lab.request('PATCH', '/config?scope=s')).status).toBe(405);
});

it('caps bodies of /apply and /config at 1 MiB', async () => {
  const big = 'x'.repeat(1024 * 1024);
  const error = 'http: request body too large';
  expect(await lab.request('POST', '/config?scope=s&name=n', { K: big })).toMatchObject({
    status: 400,
    body: { error },
  });
  expect(
    await lab.request('POST', '/apply', [{ kind: 'job', scope: 's', name: 'n', spec: { big } }]),
  ).toMatchObject({
    status: 400,
    body: { error },
  });
  expect((await lab.request('POST', '/plugin/none/x', { args: [big] })).body.error).toContain(
    'plugin "none" not found',
  );
});

it('serves buckets: merged, own, scope, one key', async () => {
  await lab.setConfig('c', '', { A: 'scope', S: 'scope' });
  await lab.setConfig('c', 'n', { A: 'own' });
  const vars = async (query: string) => (await get(`/config?${query}`)).body.data;
  expect(await vars('scope=c&name=n')).toEqual({ vars: { A: 'own', S: 'scope' } });
  expect(await vars('scope=c&name=n&merge=false')).toEqual({ vars: { A: 'own' } });
  expect(await vars('scope=c')).toEqual({ vars: { A: 'scope', S: 'scope' } });
  expect(await vars('scope=zz&name=zz')).toEqual({ vars: {} });
  expect(await vars('scope=c&name=n&key=S')).toEqual({ S: 'scope' });
  expect(await get('/config?scope=c&name=n&key=NO')).toMatchObject({
    status: 404,
    body: { error: 'key "NO" not set' },
  });
  expect(await get('/config')).toMatchObject({ status: 400, body: { error: 'scope is required' } });
  const refuse = async (body: unknown) =>
    (await lab.request('POST', '/config?scope=c&name=n', body)).body.error;
  expect(await refuse({})).toBe('body must be a non-empty {KEY: VALUE} object');
  expect(await refuse({ A: 1 })).toContain('cannot unmarshal number');
  expect((await lab.request('DELETE', '/config?scope=c&name=n&key=A')).body).toEqual({ status: 'ok' });
  await lab.setConfig('c', 'n', { B: 'x', C: '' });
  expect(lab.bucket('c', 'n')).toEqual({ B: 'x' });
  expect(lab.bucket('c')).toEqual({ A: 'scope', S: 'scope' });
  expect(readFileSync(join(lab.root, 'apps/c-n/shared/.env'), 'utf8'), 'from the app bucket only').toBe(
    'B=x\n',
  );
});

it('describes what is stored, with status, pods and volumes', async () => {
  const spec = { image: 'i', env: { A: '1' }, volume_claims: [{ name: 'data', mount_path: '/d' }] };
  await lab.apply([{ kind: 'statefulset', scope: 'd', name: 'db', spec }]);
  await lab.idle();
  const { body } = await get('/describe?kind=statefulset&name=db');
  expect(body.data).toMatchObject({
    manifest: {
      kind: 'statefulset',
      scope: 'd',
      name: 'db',
      spec,
      metadata: { revision: expect.any(Number) },
    },
    status: {
      image: 'i',
      replicas: 1,
      spec_hash: expect.any(String),
      releases: [{ status: 'succeeded', spec_snapshot: spec }],
    },
    pods: [
      {
        name: 'd-db.0',
        replica_id: '0',
        role: 'statefulset',
        running: true,
        status: expect.stringMatching(/^Up /),
      },
    ],
    volumes: ['voodu-d-db-data-0'],
  });
  await lab.apply([{ kind: 'statefulset', scope: 'd2', name: 'db', spec }]);
  expect((await get('/describe?kind=statefulset&name=db')).body.error).toContain(
    'ambiguous across scopes [d d2]',
  );
  expect((await get('/describe?kind=statefulset&scope=x&name=db')).body.error).toBe(
    'statefulset/x/db not found',
  );
  expect((await get('/describe?kind=pg&name=db')).body.error).toBe('unknown kind "pg"');
  expect((await get('/describe?name=db')).body.error).toBe('kind and name are required');
  expect((await get('/apply?kind=statefulset')).body.data.length).toBeGreaterThanOrEqual(2);
});

it('shows pods, in short and in full', async () => {
  await lab.apply([{ kind: 'statefulset', scope: 'p', name: 'db', spec: { image: 'i', env: { A: '1' } } }]);
  await lab.idle();
  expect((await get('/pods?scope=p')).body.data.pods).toHaveLength(1);
  expect((await get('/pods?scope=p&kind=job')).body.data.pods).toEqual([]);
  expect((await get('/pods/p-db.0')).body.data.pod).toMatchObject({
    state: { running: true },
    env: { A: '1', VOODU_NAME: 'db' },
    networks: { voodu0: { ip_address: expect.any(String), aliases: expect.arrayContaining(['db-0.p']) } },
  });
  expect((await get('/pods/nope')).body.error).toBe('pod "nope" not found');
  expect((await get('/pods/p-db.0/ready')).body.error).toBe('no readiness state for pod');
});

it('knows no readiness after a controller restart until the pod is recreated', async () => {
  const probes = { readiness: { tcp_socket: { port: 1 } } };
  await lab.apply([{ kind: 'statefulset', scope: 'rd', name: 'db', spec: { image: 'i', probes } }]);
  await lab.idle();
  expect(await get('/pods/rd-db.0/ready')).toMatchObject({
    status: 200,
    body: { data: { readiness: { ready: true } } },
  });
  await lab.replay();
  expect((await get('/pods/rd-db.0/ready')).status).toBe(404);
  await lab.request('POST', '/restart?kind=statefulset&scope=rd&name=db');
  expect((await get('/pods/rd-db.0/ready')).status).toBe(200);
});

it('runs jobs to their end, keeps history and containers by the limits', async () => {
  const spec = {
    image: 'i',
    env: { B: 'spec' },
    labels: { 'voodu.role': 'backup', 'voodu.x': 'no', mine: '1' },
    failed_history_limit: 1,
  };
  await lab.setConfig('jb', 'j', { A: 'own' });
  await lab.apply([{ kind: 'job', scope: 'jb', name: 'j', spec }]);
  await lab.idle();
  expect(await lab.pods('jb'), 'apply is not run').toEqual([]);
  jobExit = 0;
  for (let i = 0; i < 4; i++)
    expect((await lab.request('POST', '/jobs/run?scope=jb&name=j')).status).toBe(200);
  const pods = await lab.pods('jb');
  expect(pods).toHaveLength(3);
  expect(pods[0]?.labels).toMatchObject({ 'voodu.kind': 'job', 'voodu.role': 'backup', mine: '1' });
  expect(pods[0]?.labels['voodu.x']).toBeUndefined();
  expect(pods[0]?.env).toEqual({ A: 'own', B: 'spec' });
  expect(pods[0]?.argv?.join(' ')).not.toMatch(/--restart|--rm|--network-alias| -e /);
  jobExit = 3;
  const { status, body } = await lab.request('POST', '/jobs/run?scope=jb&name=j');
  expect(status).toBe(500);
  expect(body.error).toBe(`job/jb-j run ${body.data.run_id} exited 3`);
  expect(lab.status('job', 'jb', 'j')?.history).toMatchObject([
    { status: 'failed', exit_code: 3 },
    { status: 'succeeded' },
    { status: 'succeeded' },
    { status: 'succeeded' },
  ]);
  await lab.request('DELETE', '/apply?kind=job&scope=jb&name=j');
  await lab.idle();
  expect(await lab.pods('jb')).toEqual([]);
  expect(readFileSync(join(lab.root, 'apps/jb-j/shared/.env'), 'utf8'), 'left behind').toBe(
    'A=own\nB=spec\n',
  );
  expect((await lab.request('POST', '/jobs/run?scope=jb&name=j')).body.error).toBe('job/jb/j not found');
  jobExit = 0;
});

it('stores cronjobs and runs them on request', async () => {
  const spec = { schedule: '@daily', job: { image: 'i', command: ['x'], labels: { mine: '1' } } };
  await lab.apply([{ kind: 'cronjob', scope: 'cj', name: 'nightly', spec }]);
  const { body } = await lab.request('POST', '/cronjobs/run?scope=cj&name=nightly');
  expect(body.data).toMatchObject({ status: 'succeeded' });
  const [pod] = await lab.pods('cj');
  expect(pod).toMatchObject({ command: ['x'], labels: { 'voodu.kind': 'cronjob' } });
  expect(pod?.labels.mine).toBeUndefined();
});

it('keeps deployments as consumers of a link need them', async () => {
  await lab.apply([
    { kind: 'deployment', scope: 'w', name: 'web', spec: { image: 'web', replicas: 2, env: { A: '1' } } },
  ]);
  await lab.idle();
  const before = await lab.pods('w');
  expect(before.map(pod => pod.name)).toEqual(Array(2).fill(expect.stringMatching(/^w-web\.[0-9a-f]{4}$/)));
  await lab.setConfig('w', 'web', { DATABASE_URL: 'postgres://x' });
  await lab.idle();
  const after = await lab.pods('w');
  expect(after.map(pod => pod.env.DATABASE_URL)).toEqual(['postgres://x', 'postgres://x']);
  expect(lab.events.filter(e => e.scope === 'w' && e.type === 'roll').map(e => e.reason)).toEqual([
    'env',
    'env',
  ]);
});

it('reconciles one thing at a time, in the order of the puts', async () => {
  const block = (name: string) => ({
    kind: 'statefulset',
    scope: 'q',
    name,
    spec: { image: 'i', replicas: 2 },
  });
  await lab.apply([block('one'), block('two')]);
  await lab.idle();
  const order = lab.events.filter(e => e.scope === 'q').map(e => `${e.type} ${e.name}`);
  expect(order).toEqual([
    'reconcile one',
    'create one',
    'create one',
    'reconcile two',
    'create two',
    'create two',
  ]);
});
