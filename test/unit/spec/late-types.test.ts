/** What the controller would only find when it makes pods (contract 6.1) is settled or refused at apply. */
import { expect, it } from 'vitest';
import { isFailure } from '../../../src/errors.ts';
import { parseSpec } from '../../../src/spec/parse-spec.ts';

const rest = (spec: Record<string, unknown>) => parseSpec(spec, 'postgres "s" "n"').statefulset.rest;
const probes = (spec: Record<string, unknown>) => parseSpec(spec, 'postgres "s" "n"').statefulset.probes;
const refused = (spec: Record<string, unknown>): string[] => {
  try {
    parseSpec(spec, 'postgres "s" "n"');
    return [];
  } catch (error) {
    return isFailure(error) ? error.problems.map(problem => problem.path) : [String(error)];
  }
};

it.each<[Record<string, unknown>, Record<string, unknown>]>([
  [{ build_args: { N: 3 } }, { build_args: { N: '3' } }],
  [{ logs: { max_files: '3', max_size: 10 } }, { logs: { max_files: 3, max_size: '10' } }],
  [
    { cap_add: [1], env_from: [1] },
    { cap_add: ['1'], env_from: ['1'] },
  ],
  [
    { inits: [{ name: 'x', command: ['a'], retries: '2' }] },
    { inits: [{ name: 'x', command: ['a'], retries: 2 }] },
  ],
  [
    { inits: [{ name: 'x', command: ['a'], resources: { limits: { cpu: 1 } }, ulimits: { nofile: 1 } }] },
    { inits: [{ name: 'x', command: ['a'], resources: { limits: { cpu: '1' } }, ulimits: { nofile: '1' } }] },
  ],
])('%j is settled', (spec, wanted) => expect(rest(spec)).toEqual(wanted));

it('numbers in probes are settled', () => {
  expect(probes({ probes: { liveness: { tcp_socket: { port: '5432' }, failure_threshold: '3' } } })).toEqual({
    liveness: { tcp_socket: { port: 5432 }, failure_threshold: 3 },
  });
  expect(probes({ probes: { readiness: { exec: { command: ['sleep', 1] } } } })).toEqual({
    readiness: { exec: { command: ['sleep', '1'] } },
  });
});

it.each<[Record<string, unknown>, string]>([
  [{ inits: [{ name: 'x', command: 'true' }] }, 'inits[0].command'],
  [{ inits: [{ name: 'x', command: [], timeout: 10 }] }, 'inits[0].timeout'],
  [{ inits: [{ name: 'x', command: [], retries: 'twice' }] }, 'inits[0].retries'],
  [{ on_probe: { failure: [{ url: 1 }] } }, 'on_probe.failure[0].url'],
  [{ on_probe: { failure: ['x'] } }, 'on_probe.failure[0]'],
  [{ network_mode: 'bridge' }, 'network_mode'],
  [{ network_mode: 'host', networks: ['a'] }, 'networks'],
  [{ depends_on: { assets: [{}] } }, 'depends_on.assets[0]'],
  [{ volume_claims: [{ name: 'x', mount_path: '/backups/' }] }, 'volume_claims[0]'],
  [{ depends_on: ['a.b'] }, 'depends_on'],
  [{ volume_claims: [{ name: 'x', mount_path: '/var/lib/postgresql/data' }] }, 'volume_claims[0]'],
  [{ volume_claims: [{ name: 'x', mount_path: '/var/lib/voodu/' }] }, 'volume_claims[0]'],
  [{ volumes: ['a:/x', 'b:/x'] }, 'volumes[1]'],
  [{ replicas: 2, ports: ['5432:5432/tcp'] }, 'ports[0]'],
])('%j is refused', (spec, path) => expect(refused(spec)).toEqual([path]));

it.each(['ulimits', 'resources', 'on_probe', 'init', 'volume_claim', 'logs'])(
  '%s = null is the default',
  key => {
    expect(refused({ [key]: null })).toEqual([]);
  },
);
