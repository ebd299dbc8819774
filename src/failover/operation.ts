/**
 * One operation per cluster at a time, and its memory: a file in the state directory that names what is being done,
 * by whom, and how far it came. Its holder may be killed at any moment; the next command finds the file and goes on.
 */
import type { Cluster } from '../cluster/cluster.ts';
import { type ClusterRef, formatRef } from '../cluster/names.ts';
import { formatNotes, isoSeconds, parseNotes } from '../cluster/record.ts';
import { Failure } from '../errors.ts';
import type { Files, Host, Io } from '../io.ts';

export interface Operation {
  readonly id: string;
  readonly kind: 'promote' | 'rejoin';
  readonly target: number;
  readonly from: number | undefined;
  readonly step: string;
  readonly startedAt: string;
  readonly holder: string;
}

const fileIn = (state: string) => `${state}/operation`;

export async function loadOperation(files: Files, state: string): Promise<Operation | undefined> {
  const text = await files.read(fileIn(state));
  return text === undefined ? undefined : parseOperation(text);
}

function parseOperation(text: string): Operation {
  const notes = parseNotes(text);
  return {
    id: notes['id'] ?? '',
    kind: notes['kind'] === 'rejoin' ? 'rejoin' : 'promote',
    target: Number(notes['target']),
    from: notes['from'] ? Number(notes['from']) : undefined,
    step: notes['step'] ?? '',
    startedAt: notes['started_at'] ?? '',
    holder: notes['holder'] ?? '',
  };
}

export const commandOf = (ref: ClusterRef, { kind, target }: Pick<Operation, 'kind' | 'target'>): string =>
  `vd pg:${kind} ${formatRef(ref)} --replica ${target}`;

/**
 * Begins an operation, or takes over one whose process has died. `left` is what was found then.
 * `force` leaves somebody else's unfinished promotion behind: its target may be gone for good.
 */
export async function beginOperation(
  io: Pick<Io, 'files' | 'host'>,
  { ref, spec: { state }, epoch }: Pick<Cluster, 'ref' | 'spec' | 'epoch'>,
  wanted: Pick<Operation, 'kind' | 'target' | 'from'>,
  { force = false } = {},
): Promise<{ readonly operation: Operation; readonly left: Operation | undefined }> {
  const found = await loadOperation(io.files, state);
  if (found && io.host.processAlive(found.holder))
    throw new Failure(
      'refused',
      `a ${found.kind} of ordinal ${found.target} is under way since ${found.startedAt} (step: ${found.step})`,
      { hint: `Wait for it to end; vd pg:info ${formatRef(ref)} shows it.` },
    );
  if (found && !force) requireFinished({ ref, epoch }, found, wanted);
  const taken = found && (await takeAway(io, ref, state, found));
  const same = found !== undefined && isSame(found, wanted);
  const operation: Operation = {
    ...wanted,
    // Always a new one: a pod's report on an earlier attempt must not be taken for this one's.
    id: io.host.randomHex(4),
    from: (same ? found.from : undefined) ?? wanted.from,
    step: 'begun',
    startedAt: isoSeconds(io.host.now()),
    holder: io.host.processTag(),
  };
  const mine = await io.files.createExclusive(fileIn(state), formatOperation(operation));
  if (taken !== undefined) await io.files.remove(taken);
  if (!mine) throw beaten(ref);
  return { operation, left: found };
}

/**
 * A promotion that has taken its epoch is half of one until the bucket and the apps' URLs follow. Anything else that
 * was cut off either changed nothing or is the pod's to carry on.
 */
export function requireFinished(
  { ref, epoch }: Pick<Cluster, 'ref' | 'epoch'>,
  found: Operation,
  wanted: Pick<Operation, 'kind' | 'target'>,
): void {
  if (found.kind !== 'promote' || epoch?.primary !== found.target || isSame(found, wanted)) return;
  throw new Failure(
    'refused',
    `the promotion of ordinal ${found.target} was begun at ${found.startedAt} and is not finished (step: ${found.step})`,
    { hint: `Finish it: ${commandOf(ref, found)}.` },
  );
}

const isSame = (found: Operation, wanted: Pick<Operation, 'kind' | 'target'>): boolean =>
  found.kind === wanted.kind && found.target === wanted.target;

/** A dead holder's file goes to a name of ours. Of two who found it one gets it; the other puts back what it took. */
async function takeAway(
  { files, host }: Pick<Io, 'files' | 'host'>,
  ref: ClusterRef,
  state: string,
  found: Operation,
): Promise<string> {
  const taken = `${fileIn(state)}.${found.id || 'unknown'}-${host.randomHex(4)}`;
  if ((await loadOperation(files, state))?.id !== found.id) throw beaten(ref);
  await files.rename(fileIn(state), taken).catch(() => {
    throw beaten(ref);
  });
  const text = (await files.read(taken)) ?? '';
  if (parseOperation(text).id === found.id) return taken;
  await files.createExclusive(fileIn(state), text);
  await files.remove(taken);
  throw beaten(ref);
}

const beaten = (ref: ClusterRef) =>
  new Failure('refused', `another operation on ${formatRef(ref)} began at this moment`, {
    hint: `See vd pg:info ${formatRef(ref)}.`,
  });

export async function noteStep(
  io: Pick<Io, 'files' | 'host'>,
  state: string,
  operation: Operation,
  step: string,
): Promise<void> {
  if (!(await isOurs(io, state, operation)))
    throw new Failure(
      'refused',
      `another command took over the ${operation.kind} of ordinal ${operation.target} before the step "${step}"`,
      { hint: 'That one goes on; this one has left off.' },
    );
  await io.files.writeAtomic(fileIn(state), formatOperation({ ...operation, step }));
}

export async function endOperation(
  io: Pick<Io, 'files' | 'host'>,
  state: string,
  operation: Operation,
): Promise<void> {
  if (await isOurs(io, state, operation)) await io.files.remove(fileIn(state));
}

/** Asked twice: somebody who took it by mistake puts it back at once. */
async function isOurs({ files, host }: Pick<Io, 'files' | 'host'>, state: string, { id }: Operation) {
  if ((await loadOperation(files, state))?.id === id) return true;
  await host.sleep(50);
  return (await loadOperation(files, state))?.id === id;
}

/** For `info`: what somebody began and nobody finished. */
export async function describeUnfinished(
  io: { files: Files; host: Host },
  ref: ClusterRef,
  state: string,
): Promise<string | undefined> {
  const found = await loadOperation(io.files, state);
  if (!found) return undefined;
  const what = `${found.kind} of ordinal ${found.target} since ${found.startedAt}, step: ${found.step}`;
  return io.host.processAlive(found.holder)
    ? `${what} (under way)`
    : `${what}; finish it with ${commandOf(ref, found)}`;
}

function formatOperation(operation: Operation): string {
  return formatNotes({
    id: operation.id,
    kind: operation.kind,
    target: operation.target,
    from: operation.from ?? '',
    step: operation.step,
    started_at: operation.startedAt,
    holder: operation.holder,
  });
}
