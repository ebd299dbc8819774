/** The double's statefulsets: contract 6.1 to 6.7, and what rolls them (3.7, 4, 5.1). */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installFake, type LabController, reply, startController } from '../support/controller/index.ts';

let lab: LabController;
beforeAll(async () => {
  lab = await startController({ pods: 'recorded', retryDelaysMs: [20, 20] });
});
afterAll(() => lab.close());

type Spec = Record<string, unknown>;
const block = (scope: string, spec: Spec = {}) => ({
  kind: 'statefulset',
  scope,
  name: 'db',
  spec: { image: 'i', ...spec },
});
const apply = async (scope: string, spec: Spec = {}) => {
  const result = await lab.apply([block(scope, spec)]);
  await lab.idle();
  return result;
};
/** Pod events since the last call, as `roll 1 env`. */
const seen = new Map<string, number>();
const news = (scope: string) => {
  const mine = lab.events.filter(e => e.scope === scope && e.type !== 'reconcile');
  const before = seen.get(scope) ?? 0;
  seen.set(scope, mine.length);
  return mine
    .slice(before)
    .map(e => [e.type, e.ordinal, e.reason].filter(part => part !== undefined).join(' '));
};
const envFile = (scope: string) => join(lab.root, `apps/${scope}-db/shared/.env`);
const failure = (scope: string) => lab.status('statefulset', scope, 'db')?.last_reconcile_error;

describe('a pod', () => {
  it('has the names, labels, aliases, environment and argv of the controller', async () => {
    await lab.setConfig('Clowk', '', { A: 'scope', B: 'scope', C: ' scope ' });
    await lab.setConfig('Clowk', 'db', { B: 'own', E: 'own' });
    await apply('Clowk', {
      replicas: 2,
      command: ['postgres', '-c', 'a b'],
      env: { E: 'spec', VOODU_SCOPE: 'mine' },
      ports: ['5432', '15432:5432', '0.0.0.0:25432:5432', '[::1]:1:1'],
      volumes: ['/host:/mnt:ro'],
      volume_claims: [{ name: 'data', mount_path: '/data' }],
      extra_hosts: ['h:1.2.3.4'],
      cap_add: ['SYS_NICE'],
      ulimits: { nofile: '9:9' },
      docker_options: ['--stop-timeout', '60'],
      resources: { limits: { cpu: '1500m', memory: '2Gi' } },
      logs: { max_size: '1m' },
      networks: ['extra'],
    });
    expect(failure('Clowk'), 'both ordinals want port 15432').toContain('port is already allocated');
    const [zero] = await lab.pods('Clowk', 'db');
    const host = lab.url.replace('127.0.0.1', 'host.docker.internal');
    const own = envFile('Clowk');
    expect(readFileSync(own, 'utf8')).toBe('A=scope\nB=own\nC=scope\nE=spec\nVOODU_SCOPE=mine\n');
    expect(statSync(own).mode & 0o777).toBe(0o600);
    expect(zero?.labels).toEqual({
      createdby: 'voodu',
      'voodu.kind': 'statefulset',
      'voodu.scope': 'Clowk',
      'voodu.name': 'db',
      'voodu.replica_id': '0',
      'voodu.replica_ordinal': '0',
      'voodu.manifest_hash': expect.stringMatching(/^[0-9a-f]{64}$/),
      'voodu.created_at': expect.any(String),
      'voodu.release_id': expect.any(String),
      'voodu.role': 'statefulset',
    });
    const labels = Object.entries(zero!.labels).flatMap(([k, v]) => ['--label', `${k}=${v}`]);
    expect(zero?.argv).toEqual([
      ...['run', '-d', '--name', 'Clowk-db.0', ...labels, '--restart', 'unless-stopped'],
      ...[
        '--add-host',
        'host.docker.internal:host-gateway',
        '--add-host',
        'h:1.2.3.4',
        '--cap-add',
        'SYS_NICE',
      ],
      ...['--network', 'extra'],
      ...['--network-alias', 'db-0.clowk', '--network-alias', 'db-0.clowk.voodu'],
      ...['--network-alias', 'db.clowk', '--network-alias', 'db.clowk.voodu'],
      ...[
        '-p',
        '127.0.0.1::5432',
        '-p',
        '127.0.0.1:15432:5432',
        '-p',
        '0.0.0.0:25432:5432',
        '-p',
        '[::1]:1:1',
      ],
      ...['--env-file', own],
      ...[
        '-e',
        'E=spec',
        '-e',
        `VOODU_CONTROLLER_URL=${host}`,
        '-e',
        'VOODU_NAME=db',
        '-e',
        'VOODU_REPLICA_ID=0',
      ],
      ...['-e', 'VOODU_REPLICA_ORDINAL=0', '-e', 'VOODU_SCOPE=mine'],
      ...['-v', '/host:/mnt:ro', '-v', 'voodu-Clowk-db-data-0:/data'],
      ...['--ulimit', 'nofile=9:9', '--ulimit', 'nproc=4096:4096', '--cpus', '1.5', '--memory', '2147483648'],
      ...[
        '--log-opt',
        'max-size=1m',
        '--log-opt',
        'max-file=3',
        '--stop-timeout',
        '60',
        'i',
        'postgres',
        '-c',
        'a b',
      ],
    ]);
    expect(zero?.env).toMatchObject({ A: 'scope', B: 'own', C: 'scope', E: 'spec', VOODU_SCOPE: 'mine' });
    expect((await lab.volumes('Clowk', 'db')).map(v => v.name)).toEqual([
      'voodu-Clowk-db-data-0',
      'voodu-Clowk-db-data-1',
    ]);
  });

  it('on the host network has no aliases, ports or hosts', async () => {
    await apply('host', { network_mode: 'host', ports: ['1'] });
    const argv = (await lab.pods('host'))[0]!.argv!.join(' ');
    expect(argv).toContain('--network host');
    expect(argv).not.toMatch(/--add-host|--network-alias| -p /);
    await apply('host', { network_mode: 'host', network: 'x' });
    expect(failure('host')).toBe(
      'statefulset/host-db: network_mode="host" is mutually exclusive with network/networks',
    );
  });

  it('reads env_from files below its own, and fails only when all are missing', async () => {
    await lab.setConfig('from', 'other', { A: 'other', B: 'other' });
    await lab.setConfig('from', 'db', { B: 'own' });
    await apply('from', { env_from: ['missing', 'other', 'from/other'] });
    expect((await lab.pods('from', 'db'))[0]?.env).toMatchObject({ A: 'other', B: 'own' });
    await apply('from', { image: 'j', env_from: ['missing', 'x/y'] });
    expect(failure('from')).toContain('env_from');
  });
});

describe('strict decoding', () => {
  const field = 'decode statefulset spec: json: cannot unmarshal';
  it.each([
    [
      { resources: { limits: { cpu: 2 } } },
      `${field} number into Go struct field statefulsetSpec.resources.limits.cpu of type string`,
    ],
    [{ env: { A: 1 } }, `${field} number into Go struct field statefulsetSpec.env of type string`],
    [{ ports: [5432] }, `${field} number into Go struct field statefulsetSpec.ports of type string`],
    [
      { ulimits: { nofile: 1 } },
      `${field} number into Go struct field statefulsetSpec.ulimits of type string`,
    ],
    [{ replicas: 1.5 }, `${field} number 1.5 into Go struct field statefulsetSpec.replicas of type int`],
    [
      { volume_claims: {} },
      `${field} object into Go struct field statefulsetSpec.volume_claims of type []controller.volumeClaim`,
    ],
    [
      { probes: [] },
      `${field} array into Go struct field statefulsetSpec.probes of type controller.probesWireSpec`,
    ],
    [{ image: '' }, 'statefulset/strict-db: image is required'],
    [{ network_mode: 'x' }, 'statefulset/strict-db: network_mode="x" not supported'],
  ])('%j passes the apply and fails the reconcile', async (spec, error) => {
    expect((await apply('strict', spec)).ok).toBe(true);
    expect(failure('strict')).toBe(error);
    const { body } = await lab.request('GET', '/pods?scope=strict');
    expect(body.data.degraded).toEqual([
      {
        kind: 'statefulset',
        scope: 'strict',
        name: 'db',
        reason: error,
        at: expect.any(String),
        replica_ids: [],
      },
    ]);
    const described = await lab.request('GET', '/describe?kind=statefulset&scope=strict&name=db');
    expect(described.body.data.status.last_reconcile_error).toBe(error);
  });

  it('forgets the failure at the next success, and ignores what it does not know', async () => {
    await apply('strict', { health_check: 'x', env_file: ['y'], depends_on: {}, anything: [1] });
    expect(failure('strict')).toBeUndefined();
    expect((await lab.request('GET', '/pods?scope=strict')).body.data.degraded).toEqual([]);
  });
});

describe('order', () => {
  it('creates upwards, removes and rolls downwards', async () => {
    await apply('ord', { replicas: 3 });
    expect(news('ord')).toEqual(['create 0 missing', 'create 1 missing', 'create 2 missing']);
    await apply('ord', { replicas: 1, volume_claims: [] });
    expect(news('ord')).toEqual(['remove 2 scale', 'remove 1 scale']);
    await apply('ord', { replicas: 2 });
    expect(news('ord')).toEqual(['create 1 scale']);
    await apply('ord', { replicas: 3, image: 'j' });
    expect(news('ord'), 'a new ordinal is made, then rolled with the others').toEqual([
      'create 2 scale',
      'roll 2 hash',
      'roll 1 hash',
      'roll 0 hash',
    ]);
    await apply('ord', { replicas: 3, image: 'j' });
    await lab.replay();
    expect(news('ord'), 'nothing changed').toEqual([]);
  });

  const hashed: Spec[] = [
    { command: ['x'] },
    { ports: ['1'] },
    { volumes: ['/a:/b'] },
    { env: { A: '1' } },
    { networks: ['n'] },
    { restart: 'no' },
    { extra_hosts: ['a:1'] },
    { cap_add: ['X'] },
    { build_args: { A: '1' } },
    { ulimits: { nofile: '1' } },
    { docker_options: ['-t'] },
    { resources: { limits: { cpu: '1' } } },
    { logs: { max_files: 1 } },
    { volume_claims: [{ name: 'd', mount_path: '/d' }] },
    { inits: [{ name: 'a', command: ['true'] }] },
    { probes: { liveness: { exec: { command: ['true'] } } } },
    { depends_on: { assets: ['hash.k'] } },
  ];
  it.each(hashed)('a changed %j rolls', async spec => {
    await lab.apply([{ kind: 'asset', name: 'hash', spec: { files: { k: '1' } } }]);
    await apply('hash');
    news('hash');
    await apply('hash', spec);
    expect(news('hash')).toEqual(['roll 0 hash']);
  });

  it('what is not in the hash does not', async () => {
    await lab.setConfig('soft', 'other', { A: '1' });
    await apply('soft');
    news('soft');
    const order = {
      networks: ['voodu0'],
      env_from: ['other'],
      on_probe: { failure: [] },
      depends_on: {},
      unknown: 1,
    };
    await apply('soft', order);
    expect(news('soft')).toEqual([]);
  });
});

describe('the environment', () => {
  it('rolls when its merged text differs from the .env, not otherwise', async () => {
    await apply('env');
    news('env');
    await lab.setConfig('env', 'db', { K: '1' });
    await lab.idle();
    // POST /config has written the file itself, and with neither spec.env nor scope keys there is nothing to add.
    expect(news('env')).toEqual([]);
    expect(readFileSync(envFile('env'), 'utf8')).toBe('K=1\n');
    await lab.setConfig('env', '', { S: '1' });
    await lab.idle();
    expect(news('env'), 'a scope key reaches everybody in the scope').toEqual(['roll 0 env']);
  });

  it('a no-op POST /config rolls when spec.env is non-empty', async () => {
    await apply('noop', { replicas: 2, env: { A: '1' } });
    await lab.setConfig('noop', 'db', { K: '1' });
    await lab.idle();
    news('noop');
    await lab.setConfig('noop', 'db', { K: '1' });
    await lab.idle();
    expect(news('noop')).toEqual(['roll 1 env', 'roll 0 env']);
    expect(readFileSync(envFile('noop'), 'utf8')).toBe('A=1\nK=1\n');
    // restart=false only puts it off to the next reconcile.
    await lab.setConfig('noop', 'db', { K: '1' }, { restart: false });
    await lab.idle();
    expect(readFileSync(envFile('noop'), 'utf8')).toBe('K=1\n');
    expect(news('noop')).toEqual([]);
    await apply('noop', { replicas: 2, env: { A: '1' } });
    expect(news('noop')).toEqual(['roll 1 env', 'roll 0 env']);
  });

  it('kept in step by hand, it recreates nothing', async () => {
    await apply('step', { env: { A: '1' } });
    news('step');
    await lab.setConfig('step', 'db', { K: '1' }, { restart: false });
    writeFileSync(envFile('step'), 'A=1\nK=1\n');
    await apply('step', { env: { A: '1' } });
    expect(news('step')).toEqual([]);
    await lab.setConfig('step', 'db-records', { K: '2' });
    await lab.replay();
    expect(news('step'), 'a bucket of another name reaches no pod').toEqual([]);
  });

  it('a newline in a value corrupts the file', async () => {
    await lab.setConfig('nl', 'db', { A: 'one\ntwo=2' });
    await apply('nl');
    expect((await lab.pods('nl'))[0]?.env).toMatchObject({ A: 'one', two: '2' });
  });
});

describe('present is present', () => {
  it('a container that was created and never started is not made again', async () => {
    await apply('stuck', { replicas: 2, ports: ['17777:5432'] });
    expect(news('stuck')).toEqual(['create 0 missing', 'create 1 missing', 'error put']);
    expect((await lab.pods('stuck')).map(pod => pod.state)).toEqual(['running', 'created']);
    await apply('stuck', { replicas: 2, ports: ['17777:5432'] });
    expect(news('stuck'), 'and the next reconcile reports success').toEqual([]);
    expect(failure('stuck')).toBeUndefined();
    await lab.request('DELETE', '/resource?scope=stuck&name=db&ordinal=1');
    expect((await lab.pods('stuck'))[1]?.state).toBe('created');
  });

  it('a failed init poisons its ordinal', async () => {
    const broken = await startController({
      pods: 'recorded',
      runJob: pod => (pod.name.includes('-init-') ? 4 : 0),
    });
    try {
      await broken.apply([block('init', { inits: [{ name: 'mig', command: ['x'] }] })]);
      await broken.idle();
      expect((await broken.pods('init')).map(pod => pod.name)).toEqual(['init-db-init-mig-0']);
      const status = broken.status('statefulset', 'init', 'db');
      expect(status?.last_reconcile_error).toContain('init flow for ordinal 0');
      expect(status?.init_failures).toMatchObject([
        { replica_id: '0', init_name: 'mig', exit_code: 4, attempts: 1 },
      ]);
      await broken.apply([block('init', { inits: [{ name: 'mig', command: ['x'] }] })]);
      await broken.idle();
      expect((await broken.pods('init')).map(pod => pod.name)).toEqual(['init-db-init-mig-0']);
    } finally {
      await broken.close();
    }
  });

  it('docker refuses two mounts on one path, and a host port that is an address', async () => {
    const claim = { volumes: ['/a:/data'], volume_claims: [{ name: 'd', mount_path: '/data' }] };
    await apply('dup', claim);
    expect(failure('dup')).toContain('Duplicate mount point: /data');
    expect(await lab.pods('dup')).toEqual([]);
    await apply('dup', { ports: ['0.0.0.0:5432'] });
    expect(failure('dup')).toContain('invalid hostPort: 0.0.0.0');
  });
});

describe('over HTTP', () => {
  it('DELETE /resource?ordinal recreates in the request, and rolls the others if the environment differs', async () => {
    await apply('reb', { replicas: 2, volume_claims: [{ name: 'd', mount_path: '/d' }] });
    news('reb');
    const { body } = await lab.request('DELETE', '/resource?scope=reb&name=db&ordinal=1&prune=true');
    expect(body.data).toEqual({
      scope: 'reb',
      name: 'db',
      ordinal: 1,
      action: 'rebootstrap',
      summary: { container_removed: 'reb-db.1', volumes_removed: ['voodu-reb-db-d-1'], errors: [] },
    });
    expect(news('reb')).toEqual(['remove 1 rebootstrap', 'create 1 rebootstrap']);
    await lab.setConfig('reb', '', { S: '1' }, { restart: false });
    await lab.request('DELETE', '/resource?scope=reb&name=db&ordinal=0');
    expect(news('reb')).toEqual(['remove 0 rebootstrap', 'create 0 rebootstrap', 'roll 1 env', 'roll 0 env']);
    expect((await lab.request('DELETE', '/resource?scope=reb&name=zz&ordinal=0')).status).toBe(404);
  });

  it('POST /restart rolls everything now, brings the .env up to date, frees frozen pods', async () => {
    await apply('rst', { replicas: 2 });
    await lab.request('POST', '/pods/rst-db.1/stop');
    news('rst');
    await lab.setConfig('rst', '', { S: '1' }, { restart: false });
    expect((await lab.request('POST', '/restart?scope=rst&name=db')).body).toEqual({ status: 'ok' });
    expect(news('rst')).toEqual(['roll 1 restart', 'roll 0 restart']);
    await lab.replay();
    expect(news('rst')).toEqual([]);
    expect((await lab.request('POST', '/restart?scope=rst&name=none')).status).toBe(404);
  });

  it('a stopped pod is frozen until started', async () => {
    await apply('ice', { replicas: 2 });
    expect((await lab.request('POST', '/pods/ice-db.0/stop')).body.data).toEqual({
      name: 'ice-db.0',
      freeze: true,
    });
    news('ice');
    await apply('ice', { replicas: 2, image: 'j' });
    expect(news('ice')).toEqual(['roll 1 hash']);
    await lab.request('POST', '/pods/ice-db.0/start');
    expect(news('ice')).toEqual(['remove 0 start', 'create 0 start']);
    expect((await lab.pods('ice')).map(pod => [pod.image, pod.state])).toEqual([
      ['j', 'running'],
      ['j', 'running'],
    ]);
    await lab.request('POST', '/pods/ice-db.0/stop?freeze=false');
    await lab.replay();
    expect((await lab.pods('ice'))[0]?.state, 'a stopped pod is present').toBe('exited');
  });

  it('deletes softly or with everything', async () => {
    const claims = { volume_claims: [{ name: 'd', mount_path: '/d' }] };
    await lab.setConfig('del', 'db', { PASSWORD: 'x' });
    await apply('del', { replicas: 2, ...claims });
    news('del');
    await lab.request('DELETE', '/resource?scope=del&name=db');
    await lab.idle();
    expect(news('del')).toEqual(['remove 1 deleted', 'remove 0 deleted']);
    expect(lab.status('statefulset', 'del', 'db')).toBeUndefined();
    expect(lab.bucket('del', 'db')).toEqual({ PASSWORD: 'x' });
    expect(await lab.volumes('del')).toHaveLength(2);
    await apply('del', claims);
    const { body } = await lab.request('DELETE', '/apply?kind=statefulset&scope=del&name=db&prune=true');
    expect(body.data.pruned.volumes_removed).toHaveLength(2);
    expect(lab.bucket('del', 'db')).toEqual({});
    expect(existsSync(envFile('del'))).toBe(false);
    expect((await lab.request('DELETE', '/resource?scope=del&name=db')).body.error).toBe(
      'no resource found at del/db across any kind',
    );
  });

  it('retries what is transient', async () => {
    await lab.apply([{ kind: 'asset', scope: 'tr', name: 'tr-a', spec: { files: { k: '1' } } }]);
    await apply('tr', { volumes: ['${asset.tr.tr-a.k}:/x'] });
    await lab.request('DELETE', '/apply?kind=asset&scope=tr&name=tr-a');
    await apply('tr', { depends_on: {} });
    news('tr');
    const direct = { ...block('tr', { image: 'k', command: ['${asset.tr.tr-a.k}'] }) };
    expect((await lab.apply([direct])).ok).toBe(false);
    const put = { type: 'apply_manifest', scope: 'tr', name: 'db', manifest: direct };
    await installFake(lab, { name: 'putter', commands: { go: reply({ actions: [put] }) } });
    await lab.vd(['putter:go']);
    await expect.poll(() => failure('tr'), { timeout: 5000 }).toBe('unresolved asset reference "tr.tr-a.k"');
    expect(news('tr')).toEqual(['error put', 'error put', 'error put']);
  });
});
