/** Blocks and expansions for tests of the pure core. */
import { Failure } from '../../src/errors.ts';
import { expand } from '../../src/expand/expand.ts';
import type { ExpandData } from '../../src/protocol/envelope.ts';
import type { Manifest } from '../../src/protocol/manifest.ts';
import { parseSpec } from '../../src/spec/parse-spec.ts';

/** What an operator would be told, as `path: message`, or nothing where the block is fine. */
export function problemsOf(spec: Record<string, unknown>): string[] {
  return (
    failureOf(() => parseSpec(spec, 'postgres "s" "n"'))?.problems.map(
      ({ path, message }) => `${path}: ${message}`,
    ) ?? []
  );
}

export function hintsOf(spec: Record<string, unknown>): (string | undefined)[] {
  return failureOf(() => parseSpec(spec, 'postgres "s" "n"'))?.problems.map(({ hint }) => hint) ?? [];
}

/** The failure that a call ends in; anything else it throws is a bug and thrown on. */
export function failureOf(call: () => unknown): Failure | undefined {
  try {
    call();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  return undefined;
}

/** Random bytes for tests: the first call gives 0101…, the second 0202…. */
export function countedHex(): (bytes: number) => string {
  let calls = 0;
  return bytes => {
    calls += 1;
    return calls.toString(16).padStart(2, '0').repeat(bytes);
  };
}

export interface Given {
  readonly scope?: string;
  readonly name?: string;
  readonly config?: Record<string, string>;
  readonly randomHex?: (bytes: number) => string;
}

export function expandBlock(spec: Record<string, unknown>, given: Given = {}): ExpandData {
  const { scope = 's', name = 'n', config = {}, randomHex = countedHex() } = given;
  return expand({ kind: 'postgres', scope, name, spec, config }, { root: '/opt/voodu', randomHex });
}

export function statefulsetOf(spec: Record<string, unknown>, given: Given = {}): Record<string, unknown> {
  return manifestOf(expandBlock(spec, given), 'statefulset').spec;
}

export function assetFilesOf(spec: Record<string, unknown>, given: Given = {}): Record<string, string> {
  return manifestOf(expandBlock(spec, given), 'asset').spec['files'] as Record<string, string>;
}

export function manifestOf(data: ExpandData, kind: Manifest['kind']): Manifest {
  const found = data.manifests.filter(manifest => manifest.kind === kind);
  if (found.length !== 1) throw new Error(`${found.length} ${kind} manifests`);
  return found[0]!;
}

/** The bucket after the controller has carried out an expansion's actions. */
export function bucketAfter(data: ExpandData, before: Record<string, string> = {}): Record<string, string> {
  const bucket = { ...before };
  for (const action of data.actions) {
    if (action.type !== 'config_set') throw new Error(`expand may not emit ${action.type}`);
    Object.assign(bucket, action.kv);
  }
  return bucket;
}

/** The same value with the keys of every map in reverse order. */
export function reversedKeys<T>(value: T): T {
  if (Array.isArray(value)) return value.map(reversedKeys) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, entry]) => [key, reversedKeys(entry)]),
  ) as T;
}
