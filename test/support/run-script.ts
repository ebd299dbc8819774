/** Runs shell the way a container would, on this machine. */
import { spawnSync } from 'node:child_process';

export interface ScriptRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function runBash(
  script: string,
  env: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): ScriptRun {
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script, 'bash', ...args], {
    env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 20_000,
  });
  return { code: status, stdout, stderr };
}

/** One function of a script, as it is. */
export function functionOf(script: string, name: string): string {
  const found = new RegExp(`^${name}\\(\\) \\{\\n[\\s\\S]*?^\\}$`, 'm').exec(script);
  if (found === null) throw new Error(`${name} is not a function of the script`);
  return found[0];
}
