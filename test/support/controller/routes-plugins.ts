/** /plugins, /plugin and /health (contract 1.4, 1.7, 5.5). */
import type { Core } from './core.ts';
import { dispatch } from './dispatch.ts';
import * as go from './go.ts';
import { Raw, type Routes } from './http.ts';
import { installPlugin, removePlugin } from './plugin-install.ts';
import { loadDirectory, pluginDirectories } from './plugin-load.ts';
import { errorText, HttpError } from './types.ts';

const dispatchShape = go.struct('pluginDispatchRequest', { args: go.slice(go.string) });
const installShape = go.struct('pluginInstallRequest', { source: go.string, version: go.string });

export function pluginRoutes(core: Core): Routes {
  return {
    'GET /health': () => new Raw(200, { status: 'ok', version: 'v0.18.4-double' }),
    'GET /plugins': () => listPlugins(core),
    'POST /plugins/install': async call => {
      const { source = '' } = decodeBody<{ source?: string }>(installShape, await call.json());
      if (source === '') throw new HttpError(400, 'source is required');
      const plugin = await installPlugin(core, source);
      return { plugin: { ...plugin.manifest, source } };
    },
    'DELETE /plugins/{name}': call => removePlugin(core, call.params.name!),
    'POST /plugin/{name}/{command}': async call => {
      const { args = [] } = decodeBody<{ args?: string[] }>(
        dispatchShape,
        await call.json(Number.POSITIVE_INFINITY),
      );
      return dispatch(core, {
        plugin: call.params.name!.trim(),
        command: call.params.command!.trim(),
        args,
        fanOut: call.query.get('restart') !== 'false',
        signal: call.signal,
      });
    },
  };
}

/** `source` is never here: it is not persisted. */
function listPlugins(core: Core): unknown {
  const plugins: unknown[] = [];
  const errors: string[] = [];
  for (const dir of pluginDirectories(core.pluginsRoot)) {
    try {
      plugins.push(loadDirectory(dir).manifest);
    } catch (error) {
      errors.push(`${dir}: ${errorText(error)}`);
    }
  }
  return { plugins, errors };
}

function decodeBody<T extends object>(shape: go.Shape, body: unknown): Partial<T> {
  try {
    return go.decode<T | undefined>(shape, body) ?? {};
  } catch (error) {
    throw new HttpError(400, `decode body: ${errorText(error)}`);
  }
}
