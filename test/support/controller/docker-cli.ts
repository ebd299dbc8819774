/** The docker CLI, bounded in time. */
import { execa } from 'execa';
import { isObject } from './go.ts';

export interface DockerResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function docker(args: readonly string[], timeoutMs = 120_000): Promise<DockerResult> {
  const result = await execa('docker', args, {
    reject: false,
    timeout: timeoutMs,
    stdin: 'ignore',
    maxBuffer: 64 << 20,
  });
  const late = result.timedOut ? `docker ${args[0]}: no answer within ${timeoutMs} ms` : '';
  return { code: result.exitCode ?? -1, stdout: result.stdout ?? '', stderr: late || (result.stderr ?? '') };
}

/** Throws docker's own words. */
export async function must(args: readonly string[], timeoutMs?: number): Promise<string> {
  const result = await docker(args, timeoutMs);
  if (result.code !== 0)
    throw new Error(`docker ${args[0]}: ${result.stderr.trim() || `exit status ${result.code}`}`);
  return result.stdout;
}

export async function lines(args: readonly string[]): Promise<string[]> {
  return (await must(args)).split('\n').filter(line => line !== '');
}

/** Inspects what still exists; what vanished meanwhile is left out. */
export async function inspectAll(
  type: 'container' | 'volume',
  names: readonly string[],
): Promise<Inspected[]> {
  if (names.length === 0) return [];
  const { stdout } = await docker([type, 'inspect', ...names]);
  const parsed: unknown = JSON.parse(stdout === '' ? '[]' : stdout);
  return Array.isArray(parsed) ? parsed.filter(isObject) : [];
}

/** docker's JSON, read field by field where it is used. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is docker's and only a few fields are touched
export type Inspected = Record<string, any>;
