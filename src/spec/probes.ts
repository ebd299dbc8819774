/** `probes` and `on_probe`. Declaring any probe replaces the plugin's three, whole. */
import type { Problems } from './problems.ts';
import { isMap, show } from './values.ts';
import { wholeNumber, words } from './words.ts';

type Raw = Readonly<Record<string, unknown>>;

const probeNames = ['liveness', 'readiness', 'startup'];
const durations = ['initial_delay', 'period', 'timeout'];
const counts = ['failure_threshold', 'success_threshold'];

export function parseProbes(value: unknown, problems: Problems): unknown {
  if (value === undefined || value === null) return undefined;
  if (!isMap(value)) {
    problems.add('probes', `wants one block, not ${show(value)}`);
    return undefined;
  }
  const parsed: Record<string, unknown> = {};
  for (const [name, probe] of Object.entries(value)) {
    if (!probeNames.includes(name))
      problems.add(`probes.${name}`, 'is not a probe', `one of ${probeNames.join(', ')}`);
    else if (!isMap(probe)) problems.add(`probes.${name}`, `wants one block, not ${show(probe)}`);
    else parsed[name] = parseProbe(`probes.${name}`, probe, problems);
  }
  return parsed;
}

function parseProbe(path: string, probe: Raw, problems: Problems): Raw {
  const parsed: Record<string, unknown> = { ...probe };
  for (const [kind, selector] of Object.entries({
    exec: probe['exec'],
    tcp_socket: probe['tcp_socket'],
    http_get: probe['http_get'],
  })) {
    if (selector === undefined) continue;
    if (!isMap(selector)) {
      problems.add(`${path}.${kind}`, `wants one block, not ${show(selector)}`);
      continue;
    }
    if (kind === 'exec' && !Array.isArray(selector['command']))
      problems.add(`${path}.exec.command`, 'wants a list of words');
    else if (kind === 'exec')
      parsed[kind] = { ...selector, command: words(`${path}.exec.command`, selector['command'], problems) };
    else
      parsed[kind] = { ...selector, port: wholeNumber(`${path}.${kind}.port`, selector['port'], problems) };
  }
  for (const key of durations)
    if (probe[key] !== undefined && typeof probe[key] !== 'string')
      problems.add(`${path}.${key}`, `wants a duration as a string, like "10s", not ${show(probe[key])}`);
  for (const key of counts)
    if (probe[key] !== undefined) parsed[key] = wholeNumber(`${path}.${key}`, probe[key], problems);
  return parsed;
}

/** The controller sets the operator's raw value onto what we emit (contract 3.4), so nothing can be mended here. */
export function checkOnProbe(value: unknown, problems: Problems): unknown {
  if (!isMap(value)) {
    problems.add('on_probe', `wants one block, not ${show(value)}`);
    return value;
  }
  for (const [event, hooks] of Object.entries(value)) {
    if (Array.isArray(hooks))
      for (const [index, hook] of hooks.entries()) checkHook(`on_probe.${event}[${index}]`, hook, problems);
    else
      problems.add(
        `on_probe.${event}`,
        'is a single block, which the controller cannot read',
        `write ${event} = [{ url = "…" }]`,
      );
  }
  return value;
}

function checkHook(path: string, hook: unknown, problems: Problems): void {
  if (!isMap(hook)) {
    problems.add(path, `wants { url = "…" }, not ${show(hook)}`);
    return;
  }
  for (const key of ['url', 'method', 'body', 'file'])
    if (hook[key] !== undefined && typeof hook[key] !== 'string')
      problems.add(`${path}.${key}`, `wants a string, not ${show(hook[key])}`);
}
