/** The double with real containers: contract 6. Needs the image `postgres:17` (test/lab/images.sh). */
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  installFake,
  type LabController,
  print,
  reply,
  startController,
  sweep,
} from '../support/controller/index.ts';

const IMAGE = 'postgres:17';
/** Ends at once on any signal: most pods here are about the controller, not about what runs in them. */
const idle = ['bash', '-c', 'trap "exit 0" INT TERM; while :; do sleep 0.1; done'];
const docker = async (...args: string[]) => (await execa('docker', args, { timeout: 60_000 })).stdout;

let lab: LabController;
beforeAll(async () => {
  await docker('image', 'inspect', IMAGE);
  lab = await startController({ pods: 'docker', podPauseMs: 20 });
});
afterAll(() => lab?.close());

type Spec = Record<string, unknown>;
const statefulset = (scope: string, spec: Spec = {}) => ({
  kind: 'statefulset',
  scope,
  name: 'db',
  spec: { image: IMAGE, command: idle, ...spec },
});
const apply = async (scope: string, spec?: Spec) => {
  const result = await lab.apply([statefulset(scope, spec)]);
  await lab.idle();
  return result;
};
const failure = (scope: string) => lab.status('statefulset', scope, 'db')?.last_reconcile_error;
const news = (scope: string) =>
  lab.events
    .filter(e => e.scope === scope && e.type !== 'reconcile')
    .map(e => [e.type, e.ordinal, e.reason].filter(part => part !== undefined).join(' '));

describe('a postgres', () => {
  const sql = (ordinal: number, text: string) =>
    docker('exec', `e2epg-db.${ordinal}`, 'psql', '-U', 'postgres', '-h', '127.0.0.1', '-Atc', text);
  const ready = (ordinal: number) =>
    expect
      .poll(async () => (await lab.request('GET', `/pods/e2epg-db.${ordinal}/ready`)).status, {
        timeout: 60_000,
        interval: 200,
      })
      .toBe(200);

  it('boots with its claim, its assets, its names and its probes', async () => {
    await lab.setConfig('e2epg', 'db', { POSTGRES_PASSWORD: 'secret' });
    const spec = {
      image: IMAGE,
      replicas: 2,
      env: { PGDATA: '/var/lib/postgresql/data/pgdata' },
      volumes: ['${asset.e2epg.e2epg-db-pg.note}:/etc/note:ro'],
      volume_claims: [{ name: 'data', mount_path: '/var/lib/postgresql/data' }],
      docker_options: ['--shm-size', '96m'],
      probes: {
        startup: {
          exec: { command: ['pg_isready', '-h', '127.0.0.1'] },
          period: '300ms',
          failure_threshold: 200,
        },
        readiness: { tcp_socket: { port: 5432 }, period: '300ms' },
        liveness: { tcp_socket: { port: 5432 }, period: '1s', failure_threshold: 10 },
      },
    };
    await lab.apply([
      { kind: 'asset', scope: 'e2epg', name: 'e2epg-db-pg', spec: { files: { note: 'hello\n' } } },
      { kind: 'statefulset', scope: 'e2epg', name: 'db', spec },
    ]);
    await lab.idle();
    expect(failure('e2epg')).toBeUndefined();
    await ready(0);
    await ready(1);
    expect(await docker('exec', 'e2epg-db.0', 'cat', '/etc/note')).toBe('hello');
    const env = await docker('exec', 'e2epg-db.1', 'env');
    expect(env).toContain('VOODU_REPLICA_ORDINAL=1');
    expect(env).toContain('POSTGRES_PASSWORD=secret');
    const [pod] = await lab.pods('e2epg', 'db');
    expect(pod?.argv).toEqual(expect.arrayContaining(['--shm-size', '96m', '--network-alias', 'db-0.e2epg']));
    const hosts = (name: string) => docker('exec', 'e2epg-db.1', 'getent', 'ahostsv4', name);
    expect(await hosts('db-0.e2epg.voodu')).toContain(pod!.networks[lab.network]!.ip_address);
    const shared = new Set((await hosts('db.e2epg')).split('\n').map(line => line.split(' ')[0]));
    expect(shared.size, 'the shared alias names both').toBe(2);
    await sql(0, 'create table kept as select 7 as seven');
  });

  it('is rolled top-down by a no-op POST /config, and keeps its rows', async () => {
    const before = await lab.pods('e2epg', 'db');
    await lab.setConfig('e2epg', 'db', { POSTGRES_PASSWORD: 'secret' });
    await lab.idle();
    const after = await lab.pods('e2epg', 'db');
    expect(after.map(pod => pod.id)).not.toEqual(before.map(pod => pod.id));
    expect(news('e2epg').slice(-2)).toEqual(['roll 1 env', 'roll 0 env']);
    await ready(0);
    expect(await sql(0, 'select seven from kept')).toBe('7');
    // The image's STOPSIGNAL was honoured: no crash recovery.
    expect(await docker('logs', 'e2epg-db.0')).not.toContain('not properly shut down');
  });

  it('is asked through vd, by a plugin that has docker', async () => {
    await installFake(lab, {
      name: 'postgres',
      aliases: ['pg'],
      commands: {
        ps: 'docker inspect -f "{{.State.Status}}" e2epg-db.0',
        psql: reply({
          actions: [
            {
              type: 'exec_local',
              command: [
                'docker',
                'exec',
                '-i',
                'e2epg-db.0',
                'psql',
                '-U',
                'postgres',
                '-h',
                '127.0.0.1',
                '-At',
              ],
            },
          ],
        }),
        help: print('usage'),
      },
    });
    expect(await lab.vd(['pg:ps'])).toEqual({ code: 0, stdout: 'running\n', stderr: '' });
    const { code, stdout } = await lab.vd(['pg:psql'], { stdin: 'select 40 + 2;' });
    expect({ code, last: stdout.trim().split('\n').at(-1) }).toEqual({ code: 0, last: '42' });
  });

  it('loses its volume to a pruning rebootstrap, and the pod comes back with a new one', async () => {
    const { body } = await lab.request('DELETE', '/resource?scope=e2epg&name=db&ordinal=1&prune=true');
    expect(body.data.summary).toEqual({
      container_removed: 'e2epg-db.1',
      volumes_removed: ['voodu-e2epg-db-data-1'],
      errors: [],
    });
    expect((await lab.volumes('e2epg')).map(v => v.name)).toEqual([
      'voodu-e2epg-db-data-0',
      'voodu-e2epg-db-data-1',
    ]);
    expect(news('e2epg').slice(-2)).toEqual(['remove 1 rebootstrap', 'create 1 rebootstrap']);
    await lab.request('DELETE', '/resource?scope=e2epg&name=db&prune=true');
    await lab.idle();
    expect(await lab.pods('e2epg')).toEqual([]);
    expect(await lab.volumes('e2epg')).toEqual([]);
  });
});

describe('containers', () => {
  it('that were created and never started count as present', async () => {
    await apply('e2estuck', { volumes: ['/etc/hostname:/etc:ro'] });
    expect(failure('e2estuck')).toMatch(/^ensure ordinal 0 \(e2estuck-db\.0\): docker run: /);
    expect((await lab.pods('e2estuck'))[0]).toMatchObject({ name: 'e2estuck-db.0', state: 'created' });
    await apply('e2estuck', { volumes: ['/etc/hostname:/etc:ro'] });
    expect(failure('e2estuck')).toBeUndefined();
    expect((await lab.pods('e2estuck'))[0]?.state).toBe('created');
  });

  it('get their own stop timeout, and are killed after it', async () => {
    const deaf = ['bash', '-c', 'trap "" INT TERM; while :; do sleep 0.1; done'];
    await apply('e2estop', { command: deaf, docker_options: ['--stop-timeout', '2'] });
    const started = Date.now();
    await lab.request('POST', '/restart?scope=e2estop&name=db');
    expect(Date.now() - started).toBeGreaterThan(2000);
    expect(Date.now() - started).toBeLessThan(8000);
  });

  it('are rolled when the tag names another image', async () => {
    const tag = `voodu-double:${process.pid}`;
    await docker('tag', IMAGE, tag);
    try {
      await apply('e2eimg', { image: tag });
      const build = ['build', '-q', '-t', tag, '-'];
      await execa('docker', build, { input: `FROM ${IMAGE}\nENV CHANGED=1\n`, timeout: 60_000 });
      await lab.replay();
      expect(news('e2eimg')).toEqual(['create 0 missing', 'roll 0 image']);
      expect((await lab.pods('e2eimg'))[0]?.env.CHANGED).toBe('1');
      await lab.request('DELETE', '/resource?scope=e2eimg&name=db');
      await lab.idle();
    } finally {
      await docker('rmi', '-f', tag);
    }
  });

  it('run their inits first, with the pod’s volumes', async () => {
    const init = { name: 'seed', command: ['bash', '-c', 'echo seeded > /data/file'] };
    const claim = [{ name: 'd', mount_path: '/data' }];
    await apply('e2einit', { inits: [init], volume_claims: claim });
    expect(await docker('exec', 'e2einit-db.0', 'cat', '/data/file')).toBe('seeded');
    await apply('e2einit', { inits: [{ ...init, command: ['false'] }], volume_claims: claim });
    expect(failure('e2einit')).toContain('init "seed" exited 1');
    expect(
      (await lab.pods('e2einit')).map(pod => pod.name),
      'the failed init stands for the pod',
    ).toEqual(['e2einit-db-init-seed-0']);
  });

  it('of a deployment are recorded when its image is not here', async () => {
    const web = (image: string, name: string) => ({
      kind: 'deployment',
      scope: 'e2eweb',
      name,
      spec: { image, command: idle },
    });
    await lab.apply([web('not-here:1', 'ghost'), web(IMAGE, 'real')]);
    await lab.setConfig('e2eweb', 'ghost', { DATABASE_URL: 'postgres://x' });
    await lab.idle();
    const [ghost, real] = await lab.pods('e2eweb');
    expect(ghost?.env.DATABASE_URL).toBe('postgres://x');
    expect(await docker('inspect', '-f', '{{.State.Running}}', real!.name)).toBe('true');
    await expect(docker('inspect', ghost!.name)).rejects.toThrow();
  });

  it('are stopped and started through the API', async () => {
    await apply('e2eice');
    await lab.request('POST', '/pods/e2eice-db.0/stop');
    await lab.replay();
    expect((await lab.pods('e2eice'))[0]?.state).toBe('exited');
    const id = (await lab.pods('e2eice'))[0]?.id;
    await lab.request('POST', '/pods/e2eice-db.0/start');
    expect((await lab.pods('e2eice'))[0]).toMatchObject({ state: 'running' });
    expect((await lab.pods('e2eice'))[0]?.id).not.toBe(id);
  });
});

describe('jobs', () => {
  it('run as containers and leave an anonymous volume behind each time, until the laboratory closes', async () => {
    const own = await startController({ pods: 'docker' });
    try {
      await own.apply([
        {
          kind: 'job',
          scope: 'e2ejob',
          name: 'ok',
          spec: { image: IMAGE, command: ['bash', '-c', 'echo out; echo $A'], env: { A: 'b' } },
        },
        {
          kind: 'job',
          scope: 'e2ejob',
          name: 'bad',
          spec: { image: IMAGE, command: ['bash', '-c', 'exit 3'] },
        },
      ]);
      const { body } = await own.request('POST', '/jobs/run?scope=e2ejob&name=ok');
      const name = `e2ejob-ok.${body.data.run_id}`;
      expect(await docker('logs', name)).toBe('out\nb');
      expect((await own.request('GET', `/pods/${name}/logs`)).body).toBe('out\nb');
      const bad = await own.request('POST', '/jobs/run?scope=e2ejob&name=bad');
      expect(bad).toMatchObject({ status: 500, body: { data: { exit_code: 3, status: 'failed' } } });
      const volume = await docker('inspect', '-f', '{{(index .Mounts 0).Name}}', name);
      await own.request('DELETE', '/apply?kind=job&scope=e2ejob&name=ok');
      await own.idle();
      expect(await docker('volume', 'inspect', '-f', '{{.Name}}', volume)).toBe(volume);
      await own.close();
      await expect(docker('volume', 'inspect', volume)).rejects.toThrow();
    } finally {
      await own.close();
    }
  });
});

describe('probes', () => {
  it('restart once when liveness fails, and the pod keeps its id', async () => {
    const liveness = { exec: { command: ['test', '-e', '/alive'] }, period: '200ms', failure_threshold: 2 };
    const command = ['bash', '-c', `touch /alive; ${idle[2]}`];
    await apply('e2elive', { command, probes: { liveness } });
    const restarts = () => lab.events.filter(e => e.scope === 'e2elive' && e.type === 'restart').length;
    const [before] = await lab.pods('e2elive');
    await docker('exec', 'e2elive-db.0', 'rm', '/alive');
    await expect.poll(restarts, { timeout: 10_000 }).toBe(1);
    await expect
      .poll(async () => (await lab.pods('e2elive'))[0]?.startedAt, { timeout: 15_000 })
      .not.toBe(before?.startedAt);
    expect((await lab.pods('e2elive'))[0]?.id).toBe(before?.id);
    expect(restarts()).toBe(1);
  });

  it('gate readiness and liveness behind startup', async () => {
    const probes = {
      startup: { exec: { command: ['test', '-e', '/started'] }, period: '100ms', failure_threshold: 1000 },
      readiness: { exec: { command: ['true'] }, period: '100ms' },
      liveness: { exec: { command: ['false'] }, period: '100ms', failure_threshold: 1 },
    };
    await apply('e2egate', { probes });
    const readiness = async () => (await lab.request('GET', '/pods/e2egate-db.0/ready')).body.data.readiness;
    await new Promise(resolve => setTimeout(resolve, 1000));
    expect(await readiness()).toMatchObject({ ready: false, startup_passed: false });
    expect(news('e2egate')).toEqual(['create 0 missing']);
    await docker('exec', 'e2egate-db.0', 'touch', '/started');
    await expect.poll(readiness, { timeout: 10_000 }).toMatchObject({ ready: true, startup_passed: true });
    await expect.poll(() => news('e2egate')).toEqual(['create 0 missing', 'restart 0 liveness']);
  });

  it('are not started when switched off', async () => {
    const quiet = await startController({ pods: 'docker', probes: false });
    try {
      await quiet.apply([
        statefulset('e2equiet', { probes: { readiness: { exec: { command: ['true'] } } } }),
      ]);
      await quiet.idle();
      expect((await quiet.request('GET', '/pods/e2equiet-db.0/ready')).status).toBe(404);
    } finally {
      await quiet.close();
    }
  });
});

describe('the laboratory', () => {
  it('removes exactly what it made, guests of its network included', async () => {
    const own = await startController({ pods: 'docker' });
    const claim = [{ name: 'd', mount_path: '/data' }];
    await own.apply([statefulset('e2eown', { volume_claims: claim, volumes: ['e2eown-named:/named'] })]);
    await own.idle();
    expect(own.status('statefulset', 'e2eown', 'db')?.last_reconcile_error).toBeUndefined();
    const guest = await docker('run', '-d', '--network', own.network, IMAGE, 'sleep', '600');
    const others = (await lab.pods()).map(pod => pod.id);
    expect(
      (await own.pods()).map(pod => pod.name),
      'and sees only its own',
    ).toEqual(['e2eown-db.0']);
    await own.close();
    await own.close();
    for (const id of ['e2eown-db.0', guest])
      await expect(docker('container', 'inspect', id)).rejects.toThrow();
    for (const volume of ['voodu-e2eown-db-d-0', 'e2eown-named']) {
      await expect(docker('volume', 'inspect', volume)).rejects.toThrow();
    }
    await expect(docker('network', 'inspect', own.network)).rejects.toThrow();
    expect((await lab.pods()).map(pod => pod.id)).toEqual(others);
  });

  it('closes in the middle of a reconcile, and of a job', async () => {
    const own = await startController({ pods: 'docker', podPauseMs: 2000 });
    const job = {
      kind: 'job',
      scope: 'e2emid',
      name: 'long',
      spec: { image: IMAGE, command: ['sleep', '600'] },
    };
    await own.apply([job, statefulset('e2emid', { replicas: 3 })]);
    const running = own.request('POST', '/jobs/run?scope=e2emid&name=long').catch(() => 'cut off');
    await expect.poll(async () => (await own.pods('e2emid')).length, { timeout: 20_000 }).toBeGreaterThan(1);
    await own.close();
    await running;
    expect(await docker('ps', '-aq', '--filter', 'label=voodu.scope=e2emid')).toBe('');
    await expect(docker('network', 'inspect', own.network)).rejects.toThrow();
  });

  it('connects further networks with the same aliases', async () => {
    const network = `e2e-extra-${process.pid}`;
    await docker('network', 'create', '--internal', network);
    try {
      await apply('e2enet', { networks: [network] });
      const [pod] = await lab.pods('e2enet');
      expect(Object.keys(pod!.networks)).toEqual([lab.network, network]);
      for (const joined of Object.values(pod!.networks)) expect(joined.aliases).toContain('db-0.e2enet');
      await lab.request('DELETE', '/resource?scope=e2enet&name=db');
      await lab.idle();
    } finally {
      await docker('network', 'rm', network);
    }
  });

  it('sweeps what a dead process left', async () => {
    const labels = ['--label', 'voodu.lab=dead', '--label', 'voodu.lab.pid=4194305'];
    const network = await docker('network', 'create', '--internal', ...labels, 'e2e-dead');
    await docker('volume', 'create', ...labels, 'e2e-dead');
    const container = await docker(
      'create',
      ...labels,
      '--network',
      'e2e-dead',
      '-v',
      'e2e-dead:/x',
      IMAGE,
      'true',
    );
    await sweep();
    await expect(docker('container', 'inspect', container)).rejects.toThrow();
    await expect(docker('volume', 'inspect', 'e2e-dead')).rejects.toThrow();
    await expect(docker('network', 'inspect', network)).rejects.toThrow();
    expect((await docker('network', 'ls', '--format', '{{.Name}}')).split('\n')).toContain(lab.network);
  });
});
