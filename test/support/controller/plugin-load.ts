/** Plugins on disk (contract 1.1 to 1.3). Nothing is cached: every request reads the directory again. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as go from './go.ts';
import { parseYaml } from './yaml.ts';

export interface Plugin {
  readonly dir: string;
  readonly name: string;
  readonly version: string;
  readonly aliases: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint?: string;
  /** Command name to the file that runs it; in entrypoint mode all are the entrypoint. */
  readonly commands: Readonly<Record<string, string>>;
  /** What `GET /plugins` shows. */
  readonly manifest: Readonly<Record<string, unknown>>;
}

const pluginYaml = go.struct('Manifest', {
  name: go.string,
  version: go.string,
  description: go.string,
  homepage: go.string,
  aliases: go.slice(go.string),
  entrypoint: go.string,
  commands: go.slice(go.struct('Command', { name: go.string, help: go.string })),
  env: go.map(go.string),
  routes: go.struct('Routes', { prefix: go.string, port: go.string, port_env: go.string }),
});

interface PluginYaml {
  name?: string;
  version?: string;
  aliases?: string[];
  entrypoint?: string;
  commands?: { name?: string; help?: string }[];
  env?: Record<string, string>;
}

/** Directory name first, then the first directory whose aliases contain the name. */
export function loadPlugin(pluginsRoot: string, name: string): Plugin {
  const direct = join(pluginsRoot, name);
  if (name !== '' && isDirectory(direct)) return loadDirectory(direct);
  for (const dir of pluginDirectories(pluginsRoot)) {
    const plugin = tryLoad(dir);
    if (plugin?.aliases.includes(name)) return plugin;
  }
  throw new Error(
    `plugin ${go.quote(name)} not found in ${pluginsRoot} (no directory match, no alias match)`,
  );
}

export function pluginDirectories(pluginsRoot: string): string[] {
  if (!existsSync(pluginsRoot)) return [];
  return readdirSync(pluginsRoot)
    .filter(entry => !entry.startsWith('.'))
    .sort()
    .map(entry => join(pluginsRoot, entry))
    .filter(isDirectory);
}

export function loadDirectory(dir: string): Plugin {
  const yaml = readPluginYaml(dir);
  const declared = (yaml.commands ?? []).flatMap(command => (command.name ? [command.name] : []));
  const files = { ...commandFiles(join(dir, 'commands')), ...commandFiles(join(dir, 'bin')) };
  delete files.name;
  const names = declared.length > 0 ? declared : Object.keys(commandFiles(join(dir, 'bin')));
  const entrypoint = yaml.entrypoint || undefined;
  const commands =
    entrypoint === undefined
      ? files
      : Object.fromEntries(names.map(command => [command, join(dir, entrypoint)]));
  const name = yaml.name || legacyName(dir) || basename(dir);
  return {
    dir,
    name,
    version: yaml.version ?? '',
    aliases: yaml.aliases ?? [],
    env: yaml.env ?? {},
    ...(entrypoint === undefined ? {} : { entrypoint }),
    commands,
    manifest: { ...yaml, name },
  };
}

function readPluginYaml(dir: string): PluginYaml {
  const path = join(dir, 'plugin.yml');
  if (!existsSync(path)) return {};
  return go.decode<PluginYaml>(pluginYaml, parseYaml(readFileSync(path, 'utf8'))) ?? {};
}

/** Regular, not hidden files; sub-directories do not count. */
function commandFiles(dir: string): Record<string, string> {
  if (!isDirectory(dir)) return {};
  const files = readdirSync(dir, { withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.name.startsWith('.'))
    .map(entry => [entry.name, join(dir, entry.name)]);
  return Object.fromEntries(files);
}

function legacyName(dir: string): string {
  const path = join(dir, 'commands', 'name');
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
}

function tryLoad(dir: string): Plugin | undefined {
  try {
    return loadDirectory(dir);
  } catch {
    return undefined;
  }
}

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
