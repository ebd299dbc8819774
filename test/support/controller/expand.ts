/** From a plugin block to core manifests (contract 2.2, 3.2 to 3.4). */
import { type Action, actionShape, applyAction } from './actions.ts';
import type { Core } from './core.ts';
import * as go from './go.ts';
import { loadPlugin, type Plugin } from './plugin-load.ts';
import { commandEnv, failureDetail, runPlugin } from './plugin-run.ts';
import { isCore } from './store.ts';
import { type Block, errorText, HttpError, type Manifest, type Spec } from './types.ts';

const manifestShape = go.struct('Manifest', {
  kind: go.string,
  scope: go.string,
  name: go.string,
  spec: go.any,
  metadata: go.any,
});
const manifestsShape = go.struct('expandResponse', {
  manifests: go.slice(manifestShape),
  actions: go.slice(actionShape),
});

/** Actions are applied before the manifests are looked at, and on dry runs. */
export async function expandBlock(core: Core, block: Block, signal: AbortSignal): Promise<Manifest[]> {
  try {
    const { plugin: pin, ...rest } = block.spec ?? {};
    // A pin written twice arrives as an array and stays in the spec.
    const spec: Spec = Array.isArray(pin) ? { ...rest, plugin: pin } : rest;
    const plugin = findPlugin(core, block, pin);
    const data = await runExpand(core, plugin, block, spec, signal);
    const { manifests, actions } = readData(plugin, data);
    for (const [i, action] of actions.entries()) {
      try {
        applyAction(core, action, false);
      } catch (error) {
        throw new Error(`expand action ${i} (${action.type ?? ''}): ${errorText(error)}`);
      }
    }
    return manifests.map(manifest => spliceOnProbe(checked(plugin, manifest), spec));
  } catch (error) {
    throw new HttpError(400, `expand ${block.kind}/${block.name}: ${errorText(error)}`);
  }
}

/** Installing on the fly needs the network: the double says so instead. */
function findPlugin(core: Core, block: Block, pin: unknown): Plugin {
  const wanted = go.isObject(pin) ? pin.version : undefined;
  const plugin = loadPlugin(core.pluginsRoot, block.kind);
  if (!Object.hasOwn(plugin.commands, 'expand')) {
    throw new Error(`plugin ${go.quote(plugin.name)} has no command "expand" (JIT install is not modelled)`);
  }
  if (typeof wanted === 'string' && wanted !== plugin.version) {
    throw new Error(
      `plugin ${go.quote(plugin.name)}: installed version ${plugin.version} is not ${wanted} (JIT install is not modelled)`,
    );
  }
  return plugin;
}

async function runExpand(
  core: Core,
  plugin: Plugin,
  block: Block,
  spec: Spec,
  signal: AbortSignal,
): Promise<unknown> {
  const scope = block.scope ?? '';
  const config = scope === '' ? {} : core.store.merged(scope, block.name);
  const request = {
    kind: block.kind,
    ...(scope === '' ? {} : { scope }),
    name: block.name,
    ...(Object.keys(spec).length > 0 ? { spec } : {}),
    ...(Object.keys(config).length > 0 ? { config } : {}),
  };
  const result = await runPlugin(plugin, {
    command: 'expand',
    args: [],
    stdin: go.marshal(request),
    timeoutMs: core.timing.commandTimeoutMs,
    signal,
    env: commandEnv(core, plugin),
  });
  const who = `plugin ${go.quote(plugin.name)} expand`;
  if (result.code !== 0) throw new Error(`${who} exited ${result.code}: ${failureDetail(result)}`);
  if (result.envelope === undefined) {
    throw new Error(`${who} returned no JSON envelope (got: ${result.stdout.trim().slice(0, 200)})`);
  }
  if (result.envelope.status === 'error') throw new Error(`${who}: ${result.envelope.error ?? ''}`);
  return result.envelope.data;
}

/** `{manifests, actions}` by the presence of the key, a list, or a single manifest. */
function readData(plugin: Plugin, data: unknown): { manifests: (Manifest | undefined)[]; actions: Action[] } {
  const who = `plugin ${go.quote(plugin.name)} expand`;
  if (data === undefined || data === null) throw new Error(`${who}: envelope.data is empty`);
  try {
    if (Array.isArray(data)) return { manifests: data.map(decodeManifest), actions: [] };
    if (!go.isObject(data) || !Object.hasOwn(data, 'manifests'))
      return { manifests: [decodeManifest(data)], actions: [] };
    const { actions = [] } = go.decode<{ actions?: Action[] }>(manifestsShape, data);
    return { manifests: ((data.manifests as unknown[] | null) ?? []).map(decodeManifest), actions };
  } catch (error) {
    throw new Error(`${who}: decode data: ${errorText(error)}`);
  }
}

const decodeManifest = (value: unknown) => go.decode<Manifest | undefined>(manifestShape, value);

function checked(plugin: Plugin, manifest: Manifest | undefined): Manifest {
  const who = `plugin ${go.quote(plugin.name)} expand`;
  if (manifest === undefined) throw new Error(`${who} returned a nil manifest`);
  const { kind = '', scope, name, spec } = manifest;
  if (!isCore(kind))
    throw new Error(`${who} returned non-core kind ${go.quote(kind)} (plugins must expand to core kinds)`);
  if (!name) throw new Error(`${who} returned manifest with empty name`);
  return { kind, ...(scope ? { scope } : {}), name, ...(spec === undefined ? {} : { spec }) };
}

/** The operator's raw value replaces whatever the plugin wrote, in every deployment and statefulset. */
function spliceOnProbe(manifest: Manifest, blockSpec: Spec): Manifest {
  const affected = manifest.kind === 'deployment' || manifest.kind === 'statefulset';
  if (!affected || !Object.hasOwn(blockSpec, 'on_probe')) return manifest;
  return { ...manifest, spec: { ...manifest.spec, on_probe: blockSpec.on_probe } };
}
