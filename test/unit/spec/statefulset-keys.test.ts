import { describe, expect, it } from 'vitest';
import { mountDestination } from '../../../src/spec/mounts.ts';
import { parseSpec } from '../../../src/spec/parse-spec.ts';
import { hintsOf, problemsOf } from '../../support/expansion.ts';

const keys = (spec: Record<string, unknown>) => parseSpec(spec, 'postgres "s" "n"').statefulset;

describe('types the controller decodes late are settled here (contract 6.1)', () => {
  it('env: scalars become strings', () => {
    expect(keys({ env: { A: 1, B: true, C: null, D: 'x y', E: 0.5 } }).env).toEqual({
      A: '1',
      B: 'true',
      C: '',
      D: 'x y',
      E: '0.5',
    });
  });

  it('ports, volumes and docker_options: numbers become strings', () => {
    expect(keys({ ports: [5432, '127.0.0.1::5433'] }).ports).toEqual(['5432', '127.0.0.1::5433']);
    expect(keys({ docker_options: ['--cpu-shares', 512] }).docker_options).toEqual(['--cpu-shares', '512']);
  });

  it('resources: limits become strings, empty ones are left out', () => {
    expect(keys({ resources: { limits: { cpu: 2, memory: 4_294_967_296 } } }).rest).toEqual({
      resources: { limits: { cpu: '2', memory: '4294967296' } },
    });
    expect(keys({ resources: { limits: { cpu: '500m', memory: '' } } }).rest).toEqual({
      resources: { limits: { cpu: '500m' } },
    });
    expect(keys({ resources: {} }).rest).toEqual({ resources: { limits: {} } });
  });

  it('ulimits: numbers become strings', () => {
    expect(keys({ ulimits: { nofile: 1024, nproc: '4096:8192', core: -1 } }).rest).toEqual({
      ulimits: { nofile: '1024', nproc: '4096:8192', core: '-1' },
    });
  });

  it('volume_claim and init blocks, one or several, become lists with names', () => {
    expect(keys({ volume_claim: { _labels: ['wal'], mount_path: '/wal' } }).volume_claims).toEqual([
      { name: 'wal', mount_path: '/wal' },
    ]);
    expect(
      keys({
        volume_claims: [{ name: 'a', mount_path: '/a', size: 10 }],
        volume_claim: [
          { _labels: ['b'], mount_path: '/b' },
          { name: 'c', mount_path: '/c' },
        ],
      }).volume_claims,
    ).toEqual([
      { name: 'a', mount_path: '/a', size: '10' },
      { name: 'b', mount_path: '/b' },
      { name: 'c', mount_path: '/c' },
    ]);
    expect(
      keys({ inits: [{ name: 'x', command: ['id', 1] }], init: { _labels: ['y'], command: ['true'] } }).rest,
    ).toEqual({
      inits: [
        { name: 'x', command: ['id', '1'] },
        { name: 'y', command: ['true'] },
      ],
    });
  });

  it('what is right already is handed on as it is', () => {
    const handed = {
      env_from: ['aws/cli'],
      networks: ['a'],
      extra_hosts: ['a:1.2.3.4'],
      cap_add: ['SYS_NICE'],
      restart: 'always',
      logs: { max_size: '1m', max_files: 2 },
      depends_on: { assets: ['a.b'] },
    };
    expect(keys(handed).rest).toEqual(handed);
  });

  it('probes are kept whole, an empty block too', () => {
    const probes = { liveness: { tcp_socket: { port: 1 }, period: '1s' } };
    expect(keys({ probes }).probes).toEqual(probes);
    expect(keys({ probes: {} }).probes).toEqual({});
    expect(keys({}).probes).toBeUndefined();
  });
});

describe('refusals', () => {
  it.each<[Record<string, unknown>, string]>([
    [{ env: ['A=1'] }, 'env: wants a map, not a list'],
    [{ env: { A: [1] } }, 'env.A: wants a string, not a list'],
    [{ env: { 'A B': '1' } }, 'env.A B: is not the name of an environment variable'],
    [{ env: { A: 'x\ny' } }, 'env.A: holds a line break, which the env file cannot carry'],
    [{ env: { VOODU_SCOPE: 'x' } }, 'env.VOODU_SCOPE: is set by the controller'],
    [{ ports: '5432' }, 'ports: wants a list, not "5432"'],
    [{ ports: [true] }, 'ports[0]: wants a string, not true'],
    [
      { replicas: 2, ports: ['5432:5432'] },
      'ports[0]: 5432:5432 names one host port for 2 pods; the second pod could not start',
    ],
    [{ volumes: ['/x:/var/lib/postgresql/data/'] }, "volumes[0]: /var/lib/postgresql/data is the plugin's"],
    [
      { volumes: ['/x:/usr/local/bin/voodu-postgres-entrypoint:ro'] },
      "volumes[0]: /usr/local/bin/voodu-postgres-entrypoint is the plugin's",
    ],
    [{ volumes: ['a:/b', '/x:/var/lib/voodu'] }, "volumes[1]: /var/lib/voodu is the plugin's"],
    [{ volume_claims: [{ name: 'wal' }] }, 'volume_claims[0]: wants a name and a mount_path'],
    [{ volume_claims: { name: 'wal' } }, 'volume_claims: wants a list, not a map'],
    [
      { volume_claims: [{ name: 'data', mount_path: '/elsewhere' }] },
      'volume_claims[0]: data is mounted at /var/lib/postgresql/data, not /elsewhere',
    ],
    [{ docker_options: ['--user=70'] }, "docker_options[0]: --user=70 would bypass the pod's entrypoint"],
    [
      { docker_options: ['--entrypoint', 'sh'] },
      "docker_options[0]: --entrypoint would bypass the pod's entrypoint",
    ],
    [{ health_check: ['pg_isready'] }, 'health_check: wants a command as a string, not a list'],
    [{ probes: [{}] }, 'probes: wants one block, not a list'],
    [{ probes: { alive: {} } }, 'probes.alive: is not a probe'],
    [{ probes: { liveness: [{}, {}] } }, 'probes.liveness: wants one block, not a list'],
    [
      { probes: { liveness: { exec: { command: 'pg_isready' } } } },
      'probes.liveness.exec.command: wants a list of words',
    ],
    [
      { probes: { liveness: { period: 10 } } },
      'probes.liveness.period: wants a duration as a string, like "10s", not 10',
    ],
    [
      { on_probe: { failure: { url: 'http://x' } } },
      'on_probe.failure: is a single block, which the controller cannot read',
    ],
    [{ on_probe: [] }, 'on_probe: wants one block, not a list'],
    [{ ulimits: { nofile: 'many' } }, 'ulimits.nofile: wants "soft:hard" or a number, not "many"'],
    [{ ulimits: [] }, 'ulimits: wants a map, not a list'],
    [{ resources: { cpu: 2 } }, 'resources.cpu: is not supported'],
    [{ resources: { limits: [] } }, 'resources: wants limits { cpu memory }'],
    [{ resources: { limits: { disk: '1G' } } }, 'resources.limits.disk: is not a limit'],
    [{ resources: { limits: { cpu: 'many' } } }, 'resources.limits.cpu: "many" is not a quantity'],
    [{ resources: { limits: { memory: '4GB' } } }, 'resources.limits.memory: "4GB" is not a quantity'],
    [{ restart: true }, 'restart: wants a string, not true'],
    [{ networks: 'a' }, 'networks: wants a list, not "a"'],
    [
      { replicas: 2, network_mode: 'host' },
      'network_mode: "host" leaves the pods without names, so standbys cannot find the primary',
    ],
  ])('%j', (spec, problem) => expect(problemsOf(spec)).toEqual([problem]));

  it.each([
    'PGDATA',
    'POSTGRES_USER',
    'POSTGRES_DB',
    'POSTGRES_PASSWORD',
    'PG_PORT',
    'PGPORT',
    'PG_NAME',
    'PG_SCOPE_SUFFIX',
    'PG_PRIMARY_ORDINAL',
    'PG_REPLICATION_USER',
  ])('env.%s controls the pods, and the way to change it is named', name => {
    expect(problemsOf({ env: { [name]: 'x' } })).toEqual([`env.${name}: is set by the plugin`]);
    expect(hintsOf({ env: { [name]: 'x' } })[0]).toBeTypeOf('string');
  });

  it('a block that needs a name and has none says how it is written', () => {
    expect(problemsOf({ volume_claim: { mount_path: '/wal' } })).toEqual([
      'volume_claims[0]: wants a name and a mount_path',
    ]);
    expect(problemsOf({ init: { command: ['true'] } })).toEqual(['inits[0]: wants a name']);
  });

  it('one host port is fine for one pod, and host networking too', () => {
    expect(problemsOf({ replicas: 1, ports: ['5432:5432'], network_mode: 'host' })).toEqual([]);
  });
});

it.each([
  ['/host:/inside', '/inside'],
  ['/host:/inside/:ro', '/inside'],
  ['name:/inside:rw', '/inside'],
  ['/anonymous', '/anonymous'],
  ['${asset.s.a.k}:/inside:ro', '/inside'],
  ['/host:/', '/'],
])('%s is mounted at %s', (volume, destination) => expect(mountDestination(volume)).toBe(destination));
