/** `POST /plugin/{name}/{command}` (contract 1.7, 2). */
import { type Action, actionShape, applyCommandActions } from './actions.ts';
import type { Core } from './core.ts';
import * as go from './go.ts';
import { loadPlugin, type Plugin } from './plugin-load.ts';
import { commandEnv, failureDetail, runPlugin } from './plugin-run.ts';
import { errorText, HttpError } from './types.ts';

export interface DispatchReply {
  readonly message?: string;
  readonly applied: string[];
  readonly exec_local?: { command: string[] }[];
  readonly fetch_file?: { remote_path: string; dest_path: string; size_bytes?: number }[];
}

export interface DispatchRequest {
  readonly plugin: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly fanOut: boolean;
  readonly signal: AbortSignal;
}

const replyShape = go.struct('pluginDispatchResponse', {
  message: go.string,
  actions: go.slice(actionShape),
});

export async function dispatch(core: Core, request: DispatchRequest): Promise<DispatchReply> {
  const plugin = load(core, request);
  const context = {
    plugin: request.plugin,
    command: request.command,
    controller_url: core.url,
    plugin_dir: plugin.dir,
    node_name: core.nodeName,
  };
  const result = await runPlugin(plugin, {
    command: request.command,
    args: request.args,
    stdin: JSON.stringify(context),
    timeoutMs: core.timing.commandTimeoutMs,
    signal: request.signal,
    env: commandEnv(core, plugin),
  }).catch(error => {
    throw new HttpError(500, `invoke plugin: ${errorText(error)}`);
  });
  const who = `plugin ${go.quote(request.plugin)} ${request.command}`;
  if (result.code !== 0) throw new HttpError(400, `${who} exited ${result.code}: ${failureDetail(result)}`);
  // Plain text is a legitimate way to print.
  if (result.envelope === undefined) return { message: result.stdout.replace(/\n+$/, ''), applied: [] };
  if (result.envelope.status === 'error') throw new HttpError(400, `${who}: ${result.envelope.error ?? ''}`);
  const { message, actions } = decodeReply(result.envelope.data);
  const { applied, exec_local, fetch_file } = applyCommandActions(core, actions, request.fanOut);
  return {
    message,
    applied,
    ...(exec_local.length > 0 ? { exec_local } : {}),
    ...(fetch_file.length > 0 ? { fetch_file } : {}),
  };
}

function load(core: Core, { plugin: name, command }: DispatchRequest): Plugin {
  let plugin: Plugin;
  try {
    plugin = loadPlugin(core.pluginsRoot, name);
  } catch (error) {
    throw new HttpError(400, `plugin ${go.quote(name)}: ${errorText(error)}`);
  }
  if (!Object.hasOwn(plugin.commands, command)) {
    const available = Object.keys(plugin.commands).sort();
    const shown = available.slice(0, 20).join(', ') + (available.length > 20 ? ', ...' : '');
    throw new HttpError(
      400,
      `plugin ${go.quote(name)} has no command ${go.quote(command)} (available: ${shown})`,
    );
  }
  return plugin;
}

/** Only message and actions are read, with Go's strictness about their types. */
function decodeReply(data: unknown): { message: string; actions: Action[] } {
  try {
    const reply = go.decode<{ message?: string; actions?: Action[] } | undefined>(replyShape, data);
    return { message: reply?.message ?? '', actions: reply?.actions ?? [] };
  } catch (error) {
    throw new HttpError(400, `decode plugin response: ${errorText(error)}`);
  }
}
