/** The double's apply: expand, assets, persistence. Contract 3. */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  installFake,
  type LabController,
  print,
  reply,
  startController,
} from '../support/controller/index.ts';

let lab: LabController;
beforeAll(async () => {
  lab = await startController({ pods: 'recorded' });
});
afterAll(() => lab.close());

const plugin = (script: string) =>
  installFake(lab, { name: 'postgres', aliases: ['pg'], commands: { expand: script } });
const block = (scope: string, name = 'db', spec: Record<string, unknown> = {}) => ({
  kind: 'postgres',
  scope,
  name,
  spec,
});
const statefulset = (scope: string, name = 'db', spec: Record<string, unknown> = {}) => ({
  kind: 'statefulset',
  scope,
  name,
  spec: { image: 'i', ...spec },
});

describe('expand', () => {
  /** What the plugin was given, out of a file it wrote. */
  const given = () => JSON.parse(readFileSync(join(lab.root, 'plugins/postgres/in'), 'utf8'));

  it('gets kind as typed and leaves out what is empty', async () => {
    await plugin(`cat > in; ${reply({ manifests: [] })}`);
    await lab.apply([{ kind: 'pg', name: 'main', spec: { plugin: { version: '0.1.0' } } }]);
    expect(given()).toEqual({ kind: 'pg', name: 'main' });
    await lab.setConfig('e1', '', { A: 'scope', B: 'scope' });
    await lab.setConfig('e1', 'db', { B: 'own' });
    await lab.apply([block('e1', 'db', { n: 9007199254740992, plugin: { version: '0.1.0' }, s: '<&>' })]);
    expect(given()).toEqual({
      kind: 'postgres',
      scope: 'e1',
      name: 'db',
      spec: { n: 9007199254740992, s: '<&>' },
      config: { A: 'scope', B: 'own' },
    });
    await lab.apply([block('e1', 'db', { plugin: [{}, {}] })]);
    expect(given().spec).toEqual({ plugin: [{}, {}] });
  });

  it('accepts three shapes', async () => {
    const m = statefulset('e2');
    for (const data of [{ manifests: [m], actions: [] }, [m], m]) {
      await plugin(reply(data));
      expect(await lab.apply([block('e2')])).toMatchObject({
        ok: true,
        applied: [{ ...m, metadata: { revision: expect.any(Number) } }],
        plugin_expansions: [{ from: 'postgres/e2/db', to: ['statefulset/e2/db'] }],
      });
    }
    await plugin(reply({ manifests: [] }));
    expect(await lab.apply([block('e2')])).toMatchObject({ ok: true, applied: [] });
  });

  const failures: [string, unknown, string][] = [
    ['a nil manifest', [null], 'plugin "postgres" expand returned a nil manifest'],
    [
      'another kind',
      [{ kind: 'Statefulset', name: 'x' }],
      'plugin "postgres" expand returned non-core kind "Statefulset" (plugins must expand to core kinds)',
    ],
    [
      'a plural',
      [{ kind: 'jobs', name: 'x' }],
      'plugin "postgres" expand returned non-core kind "jobs" (plugins must expand to core kinds)',
    ],
    ['no name', [{ kind: 'job', name: '' }], 'plugin "postgres" expand returned manifest with empty name'],
    ['no data', null, 'plugin "postgres" expand: envelope.data is empty'],
    [
      'an unknown action',
      { manifests: [], actions: [{ type: 'exec_local', scope: 's', name: 'n' }] },
      'expand action 0 (exec_local): unknown action type "exec_local" (supported: config_set, config_unset, apply_manifest, delete_manifest, run_job)',
    ],
    [
      'an unscoped action',
      { manifests: [], actions: [{ type: 'config_set', name: 'n', kv: { A: '1' } }] },
      'expand action 0 (config_set): scope and name are required for action "config_set"',
    ],
  ];
  it.each(failures)('refuses %s', async (_name, data, error) => {
    await plugin(reply(data));
    expect(await lab.apply([block('e3')])).toMatchObject({
      status: 400,
      error: `expand postgres/db: ${error}`,
    });
  });

  it('reports how the process failed', async () => {
    const error = async (script: string) => {
      await plugin(script);
      return (await lab.apply([block('e4')])).error;
    };
    const text = await error(print('x'.repeat(300)));
    expect(text).toBe(
      `expand postgres/db: plugin "postgres" expand returned no JSON envelope (got: ${'x'.repeat(200)})`,
    );
    expect(await error(`${print({ status: 'error', error: 'bad' })}; exit 1`)).toBe(
      'expand postgres/db: plugin "postgres" expand exited 1: bad',
    );
    expect(await error(print({ status: 'error', error: 'bad' }))).toBe(
      'expand postgres/db: plugin "postgres" expand: bad',
    );
  });

  it('applies actions before it validates, and on a dry run', async () => {
    const set = (kv: object) => ({ type: 'config_set', scope: 'e5', name: 'db', kv });
    await plugin(reply({ manifests: [statefulset('e5')], actions: [set({ SECRET: 'x' })] }));
    const dry = await lab.apply([block('e5')], { dryRun: true });
    expect(dry).toMatchObject({ ok: true, dry_run: true, current: [null] });
    expect(lab.manifest('statefulset', 'e5', 'db')).toBeUndefined();
    expect(lab.bucket('e5', 'db')).toEqual({ SECRET: 'x' });
    await plugin(reply({ manifests: [{ kind: 'nope', name: 'x' }], actions: [set({ LEFT: 'behind' })] }));
    expect((await lab.apply([block('e5')])).ok).toBe(false);
    expect(lab.bucket('e5', 'db')).toEqual({ SECRET: 'x', LEFT: 'behind' });
  });

  it('splices on_probe over what the plugin said, and an object there breaks the reconcile', async () => {
    const mine = { failure: [{ url: 'mine' }] };
    await plugin(
      reply([
        statefulset('e6', 'db', { on_probe: mine }),
        { kind: 'job', scope: 'e6', name: 'j', spec: { image: 'i' } },
      ]),
    );
    await lab.apply([block('e6', 'db', { on_probe: { failure: { url: 'http://x' } } })]);
    await lab.idle();
    expect(lab.manifest('statefulset', 'e6', 'db')?.spec?.on_probe).toEqual({ failure: { url: 'http://x' } });
    expect(lab.manifest('job', 'e6', 'j')?.spec).toEqual({ image: 'i' });
    expect(lab.status('statefulset', 'e6', 'db')?.last_reconcile_error).toBe(
      'decode statefulset spec: json: cannot unmarshal object into Go struct field statefulsetSpec.on_probe.failure of type []controller.deployWebhookWireSpec',
    );
    await lab.apply([block('e6', 'db', { on_probe: { failure: [{ url: 'http://x' }] } })]);
    await lab.idle();
    expect(lab.status('statefulset', 'e6', 'db')?.last_reconcile_error).toBeUndefined();
  });

  it('stores in order and is not transactional', async () => {
    await plugin(
      reply([
        statefulset('e7', 'first'),
        { kind: 'statefulset', name: 'second', spec: {} },
        statefulset('e7', 'third'),
      ]),
    );
    const { status, error } = await lab.apply([block('e7')]);
    expect(status).toBe(400);
    expect(error).toMatch(/^statefulset\/second: scope is required \(use /);
    expect(lab.manifest('statefulset', 'e7', 'first')).toBeDefined();
    expect(lab.manifest('statefulset', 'e7', 'third')).toBeUndefined();
  });

  it('always reconciles what was put, and prunes siblings of the expanded batch', async () => {
    const job = (name: string) => ({ kind: 'job', scope: 'e8', name, spec: { image: 'i' } });
    await lab.apply([job('old'), job('other'), statefulset('e8', 'kept')]);
    await lab.apply([job('old')]);
    await lab.idle();
    expect(
      lab.events.filter(e => e.type === 'reconcile' && e.scope === 'e8' && e.name === 'old'),
    ).toHaveLength(2);
    await plugin(reply([job('new'), { kind: 'asset', scope: 'e8', name: 'e8-a', spec: { files: {} } }]));
    const { pruned } = await lab.apply([block('e8')], { prune: true });
    expect(pruned).toEqual(['job/e8/old', 'job/e8/other']);
    expect(
      lab
        .manifests()
        .filter(m => m.scope === 'e8')
        .map(m => `${m.kind}/${m.name}`),
    ).toEqual(['asset/e8-a', 'job/new', 'statefulset/kept']);
  });
});

describe('assets', () => {
  const asset = (scope: string, name: string, files: Record<string, unknown>) => ({
    kind: 'asset',
    scope,
    name,
    spec: { files },
  });
  const mount = (scope: string, name: string, key: string) =>
    statefulset(scope, 'db', { volumes: [`\${asset.${scope}.${name}.${key}}:/x:ro`] });

  it('are files of mode 0644, swept, and written on a dry run', async () => {
    const dir = join(lab.root, 'assets/a1/a1-x');
    const source = { _source: 'file', content: Buffer.from('bin\0').toString('base64') };
    await lab.apply([asset('a1', 'a1-x', { one: 'text\n', two: source })], { dryRun: true });
    expect(readFileSync(join(dir, 'one'), 'utf8')).toBe('text\n');
    expect(readFileSync(join(dir, 'two'), 'latin1')).toBe('bin\0');
    expect(statSync(join(dir, 'one')).mode & 0o777).toBe(0o644);
    const mounted = openSync(join(dir, 'one'), 'r');
    await lab.apply([asset('a1', 'a1-x', { one: 'changed' })]);
    expect(readdirSync(dir)).toEqual(['one']);
    expect(readFileSync(mounted, 'utf8'), 'who has the file mounted keeps the old one').toBe('text\n');
    closeSync(mounted);
    expect((await lab.apply([asset('a1', 'a1-x', { 'a.conf': '' })])).error).toMatch(
      /^asset stamping: .*\[A-Za-z0-9_-\]\+/,
    );
  });

  it('stamp their digests into consumers and become paths in pods', async () => {
    await lab.apply([asset('a2', 'a2-x', { key: 'v1' }), mount('a2', 'a2-x', 'key')]);
    await lab.idle();
    const digests = () =>
      lab.manifest('statefulset', 'a2', 'db')?.spec?._asset_digests as Record<string, string>;
    const before = digests();
    expect(before).toEqual({ 'a2.a2-x.key': expect.stringMatching(/^[0-9a-f]{64}$/) });
    const [pod] = await lab.pods('a2', 'db');
    expect(pod?.mounts).toMatchObject([
      { type: 'bind', source: join(lab.root, 'assets/a2/a2-x/key'), destination: '/x' },
    ]);
    // The same bytes change nothing; other bytes roll. The consumer alone finds the digest in the status.
    await lab.apply([asset('a2', 'a2-x', { key: 'v1' }), mount('a2', 'a2-x', 'key')]);
    await lab.apply([mount('a2', 'a2-x', 'key')]);
    await lab.idle();
    expect(digests()).toEqual(before);
    expect(lab.events.filter(e => e.scope === 'a2' && e.type === 'roll')).toEqual([]);
    await lab.apply([asset('a2', 'a2-x', { key: 'v2' }), mount('a2', 'a2-x', 'key')]);
    await lab.idle();
    expect(lab.events.filter(e => e.scope === 'a2' && e.type === 'roll')).toMatchObject([
      { ordinal: 0, reason: 'hash' },
    ]);
  });

  it('must resolve at apply, in depends_on too', async () => {
    const unresolved = (ref: string) =>
      `asset stamping: statefulset/a3/db: unresolved asset reference "${ref}" (asset not in this apply, no prior /status — typo, or apply the asset first)`;
    expect((await lab.apply([mount('a3', 'a3-x', 'key')])).error).toBe(unresolved('a3.a3-x.key'));
    expect((await lab.apply([statefulset('a3', 'db', { command: ['${asset.bare.key}'] })])).error).toBe(
      unresolved('bare.key'),
    );
    const explicit = statefulset('a3', 'db', { depends_on: { assets: ['n.k'] } });
    expect((await lab.apply([explicit])).error).toBe(unresolved('n.k'));
    expect((await lab.apply([{ kind: 'asset', name: 'n', spec: { files: { k: '1' } } }, explicit])).ok).toBe(
      true,
    );
    expect(existsSync(join(lab.root, 'assets/n/k'))).toBe(true);
  });

  it('of one name in two scopes overwrite each other; deleting one breaks the other', async () => {
    await lab.apply([asset('b1', 'same', { key: '1' }), mount('b1', 'same', 'key')]);
    await lab.apply([asset('b2', 'same', { key: '2' }), mount('b2', 'same', 'key')]);
    await lab.idle();
    expect(lab.manifests('asset').filter(m => m.name === 'same')).toMatchObject([{ scope: 'b2' }]);
    expect(existsSync(join(lab.root, 'assets/b1/same/key'))).toBe(true);
    await lab.request('DELETE', '/apply?kind=asset&scope=b2&name=same');
    await lab.setConfig('b1', 'db', { ANY: '1' });
    await lab.idle();
    expect(lab.events.findLast(e => e.scope === 'b1')).toMatchObject({
      type: 'error',
      error: 'unresolved asset reference "b1.same.key"',
    });
  });

  it('outlive the resource that used them', async () => {
    await lab.apply([asset('a5', 'a5-x', { key: '1' }), mount('a5', 'a5-x', 'key')]);
    await lab.request('DELETE', '/resource?scope=a5&name=db&prune=true');
    await lab.request('DELETE', '/resource?scope=a5&name=a5-x&prune=true');
    expect(lab.manifest('asset', 'a5', 'a5-x')).toBeDefined();
    expect(existsSync(join(lab.root, 'assets/a5/a5-x/key'))).toBe(true);
  });

  it('are not interpolated in jobs, though they must resolve', async () => {
    const lost = {
      kind: 'job',
      scope: 'a4',
      name: 'j',
      spec: { image: 'i', command: ['${asset.a4.none.key}'] },
    };
    expect((await lab.apply([lost])).error).toContain('unresolved asset reference "a4.none.key"');
    await lab.apply([
      asset('a4', 'a4-x', { key: '1' }),
      { kind: 'job', scope: 'a4', name: 'j', spec: { image: 'i', command: ['${asset.a4.a4-x.key}'] } },
    ]);
    await lab.request('POST', '/jobs/run?scope=a4&name=j');
    expect((await lab.pods('a4', 'j'))[0]?.command).toEqual(['${asset.a4.a4-x.key}']);
  });
});
