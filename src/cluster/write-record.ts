/**
 * Writes into a cluster's own bucket without restarting a pod, now or later.
 *
 * The controller compares a pod's env file with what it would merge, and rolls every pod when they differ
 * (contract 4). A write over HTTP also leaves the file with the bucket's keys alone. So the file is put back as
 * it was, with just the changed keys changed; what a command killed between the two writes left out is put back by
 * the next one (test/e2e/operate.test.ts, test/unit/cluster/records.test.ts).
 */
import type { Io } from '../io.ts';
import type { AppliedSpec } from './applied-spec.ts';
import type { bucketKeys } from './bucket.ts';
import { type ClusterRef, envFile } from './names.ts';

export type RecordedKey = (typeof bucketKeys)[keyof typeof bucketKeys]['key'];

/** An empty value deletes the key. */
export async function recordInBucket(
  io: Io,
  root: string,
  ref: ClusterRef,
  spec: Pick<AppliedSpec, 'env'>,
  values: Readonly<Partial<Record<RecordedKey, string>>>,
): Promise<void> {
  const path = envFile(root, ref);
  const [before, scope] = await Promise.all([io.files.read(path), io.controller.scopeBucket(ref.scope)]);
  await io.controller.record(ref.scope, ref.name, values as Record<string, string>);
  if (before === undefined) return;
  await io.files.writeAtomic(path, patchEnvFile(before, values, { scope, fixed: spec.env }), {
    mode: 0o600,
    like: path,
  });
}

interface Layers {
  /** What a deleted key falls back to. */
  readonly scope: Readonly<Record<string, string>>;
  /** spec.env, which wins over every bucket. */
  readonly fixed: Readonly<Record<string, string>>;
}

/**
 * Sorted `KEY=VALUE` lines with trimmed values, as the controller merges them (contract 6.3): the scope's bucket under
 * the cluster's own, spec.env over both. What only the controller can resolve is left as it is.
 */
export function patchEnvFile(
  before: string,
  values: Readonly<Partial<Record<string, string>>>,
  { scope, fixed }: Layers,
): string {
  const lines = new Map(
    before
      .split('\n')
      .filter(line => line.includes('='))
      .map(line => [line.slice(0, line.indexOf('=')), line]),
  );
  const put = (key: string, value: string) => lines.set(key, `${key}=${value.trim()}`);
  for (const [key, value] of Object.entries(scope)) if (!lines.has(key)) put(key, value);
  for (const [key, value] of Object.entries(fixed)) if (!value.includes('${')) put(key, value);
  for (const [key, value = ''] of Object.entries(values)) {
    if (key in fixed) continue;
    const effective = value === '' ? scope[key] : value;
    if (effective === undefined || effective === '') lines.delete(key);
    else put(key, effective);
  }
  const sorted = [...lines].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([, line]) => `${line}\n`).join('');
}
