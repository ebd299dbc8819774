import { describe, expect, it } from 'vitest';
import { formatFailure } from '../../../src/errors.ts';
import { emittedFiles, liveFile } from '../../../src/expand/asset.ts';
import {
  assetFilesOf,
  bucketAfter,
  expandBlock,
  failureOf,
  manifestOf,
  reversedKeys,
} from '../../support/expansion.ts';

const full = {
  image: 'postgres:17',
  replicas: 3,
  pg_config: { work_mem: '16MB', jit: false, max_connections: 200, 'auto_explain.log_analyze': true },
  env: { B: '2', A: '1' },
  ulimits: { nproc: 1, nofile: 2 },
  resources: { limits: { memory: '4Gi', cpu: '2' } },
  restart: 'always',
  networks: ['x'],
};

describe('labels', () => {
  it.each([
    ['', 'db'],
    ['s', ''],
  ])('scope %j and name %j are not enough', (scope, name) => {
    expect(formatFailure(failureOf(() => expandBlock({}, { scope, name })))).toMatch(
      /has one label; a cluster needs a scope and a name\nhint: Write postgres "my-app" "db"/,
    );
  });

  it.each([
    ['a.b', 'n'],
    ['s', 'a b'],
    ['s', '-n'],
    ['${x}', 'n'],
  ])('%j and %j cannot name a cluster', (scope, name) => {
    expect(() => expandBlock({}, { scope, name })).toThrow(/cannot name a cluster/);
  });
});

describe('bytes', () => {
  const config = bucketAfter(expandBlock(full));

  it('the same input gives the same bytes', () => {
    expect(JSON.stringify(expandBlock(full, { config }))).toBe(
      JSON.stringify(expandBlock(structuredClone(full), { config })),
    );
  });

  it('the order of keys in the input is of no consequence for what is compared: files byte by byte, the spec by value', () => {
    const [once, again] = [
      expandBlock(full, { config }),
      expandBlock(reversedKeys(full), { config: reversedKeys(config) }),
    ];
    expect(JSON.stringify(manifestOf(again, 'asset'))).toBe(JSON.stringify(manifestOf(once, 'asset')));
    expect(manifestOf(again, 'statefulset')).toEqual(manifestOf(once, 'statefulset'));
  });

  it('a failover, a rotated password and a linked consumer change nothing', () => {
    const later = {
      ...config,
      PG_PRIMARY_ORDINAL: '2',
      POSTGRES_PASSWORD: 'new',
      POSTGRES_LINKED_CONSUMERS: 's/web',
    };
    expect(expandBlock(full, { config: later })).toEqual({ ...expandBlock(full, { config }), actions: [] });
  });

  it('a scale changes no emitted file, so the running pods are left alone', () => {
    const before = assetFilesOf({ ...full, replicas: 3 });
    const after = assetFilesOf({ ...full, replicas: 4 });
    for (const { key } of emittedFiles) expect(after[key]).toBe(before[key]);
    expect([before[liveFile.key], after[liveFile.key]]).toEqual(['3\n', '4\n']);
  });

  it("survive the controller's JSON: no undefined, no NaN", () => {
    const data = expandBlock(full);
    expect(JSON.parse(JSON.stringify(data))).toEqual(data);
  });
});

describe('two clusters of one name in two scopes', () => {
  it('share neither asset, nor files, nor directories', () => {
    const [one, other] = [
      expandBlock({}, { scope: 'a-b', name: 'c' }),
      expandBlock({}, { scope: 'a', name: 'b-c' }),
    ];
    expect(manifestOf(one, 'asset').name).not.toBe(manifestOf(other, 'asset').name);
    const mounts = (data: typeof one) =>
      (manifestOf(data, 'statefulset').spec['volumes'] as string[]).map(volume => volume.split(':')[0]);
    expect(mounts(one).filter(mount => mounts(other).includes(mount))).toEqual([]);
  });
});

it('no secret is in any file, manifest or argument: files are world-readable (contract 3.6)', () => {
  const password = `hunter2'"$\\`;
  const config = { POSTGRES_REPLICATION_PASSWORD: 'replication-secret', PG_CLUSTER_ID: 'x' };
  const { manifests } = expandBlock(
    { ...full, password },
    { config: { ...config, POSTGRES_PASSWORD: password } },
  );
  const everything = JSON.stringify(manifests);
  expect(everything).not.toContain('hunter2');
  expect(everything).not.toContain('replication-secret');
});
