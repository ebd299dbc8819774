/** `vd plugins:install <local directory>` and `plugins:remove` (contract 1.4, 1.5). */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import * as go from './go.ts';
import { isDirectory, loadDirectory, type Plugin } from './plugin-load.ts';
import { controllerEnv, type Host } from './plugin-run.ts';
import { errorText, HttpError } from './types.ts';

const HOOK_LIMIT_MS = 10 * 60_000;

/** The old version is gone before the hook runs, and a failing hook leaves the new directory in place. */
export async function installPlugin(host: Host, source: string): Promise<Plugin> {
  if (!isDirectory(source)) {
    throw new HttpError(
      500,
      `install ${source}: git sources are not modelled by the double (give a directory)`,
    );
  }
  mkdirSync(host.pluginsRoot, { recursive: true });
  const staging = mkdtempSync(join(host.pluginsRoot, '.install-'));
  let plugin: Plugin;
  try {
    copyTree(source, staging);
    makeExecutable(staging);
    plugin = loadDirectory(staging);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    throw new HttpError(500, `install ${source}: ${errorText(error)}`);
  }
  const target = join(host.pluginsRoot, plugin.name);
  rmSync(target, { recursive: true, force: true });
  renameSync(staging, target);
  const installed = loadDirectory(target);
  await runHook(host, installed, 'install');
  return installed;
}

export async function removePlugin(host: Host, name: string): Promise<void> {
  const dir = join(host.pluginsRoot, name);
  if (name === '' || !isDirectory(dir)) throw new HttpError(404, `plugin ${go.quote(name)} not installed`);
  await runHook(host, loadDirectory(dir), 'uninstall').catch(() => {});
  rmSync(dir, { recursive: true, force: true });
}

/** Modes are kept, `.git` and `node_modules` come along; a link is read as a file, wherever joining its target leads. */
function copyTree(from: string, to: string): void {
  for (const name of readdirSync(from)) {
    const source = join(from, name);
    const target = join(to, name);
    const info = lstatSync(source);
    if (info.isDirectory()) {
      mkdirSync(target, { mode: info.mode & 0o777 });
      copyTree(source, target);
    } else if (info.isSymbolicLink()) {
      writeFileSync(target, readFileSync(join(dirname(source), readlinkSync(source))));
    } else if (info.isFile()) {
      copyFileSync(source, target);
      chmodSync(target, info.mode & 0o777);
    }
  }
}

/** No recursion: only what lies directly in commands/ and bin/, and the two hooks. */
function makeExecutable(dir: string): void {
  for (const folder of ['commands', 'bin']) {
    if (!isDirectory(join(dir, folder))) continue;
    for (const entry of readdirSync(join(dir, folder), { withFileTypes: true })) {
      if (entry.isFile()) chmodSync(join(dir, folder, entry.name), 0o755);
    }
  }
  for (const hook of ['install', 'uninstall']) {
    if (existsSync(join(dir, hook))) chmodSync(join(dir, hook), 0o755);
  }
}

/** Hooks get what commands do not: HOME and TMPDIR in the plugin's directory, and the real VOODU_ROOT. */
function runHook(host: Host, plugin: Plugin, hook: 'install' | 'uninstall'): Promise<void> {
  const file = join(plugin.dir, hook);
  if (!existsSync(file)) return Promise.resolve();
  const env = {
    ...controllerEnv(host),
    VOODU_PLUGIN_DIR: plugin.dir,
    ...plugin.env,
    TMPDIR: plugin.dir,
    HOME: plugin.dir,
  };
  return new Promise((resolve, reject) => {
    const child = spawn(file, [plugin.name], { cwd: plugin.dir, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    const limit = setTimeout(() => child.kill('SIGKILL'), HOOK_LIMIT_MS);
    const fail = (what: string) => {
      const tail = Buffer.concat(output).toString('utf8').trimEnd().split('\n').slice(-8).join('\n');
      reject(new HttpError(500, `plugin ${go.quote(plugin.name)}: ${hook} hook: ${what}\n${tail}`.trimEnd()));
    };
    child.stdout.on('data', chunk => output.push(chunk));
    child.stderr.on('data', chunk => output.push(chunk));
    child.on('error', error => {
      clearTimeout(limit);
      fail(error.message);
    });
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      if (code === 0) resolve();
      else fail(signal === null ? `exit status ${code}` : 'signal: killed');
    });
  });
}
