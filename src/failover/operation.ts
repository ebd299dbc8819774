/**
 * One operation per cluster at a time, and its memory: a file in the state directory that names what is being done,
 * by whom, and how far it came. Its holder may be killed at any moment; the next command finds the file and goes on.
 */
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
  if (text === undefined) return undefined;
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

/** Begins an operation, or takes over one like it whose process has died. `resumed` is what was found then. */
export async function beginOperation(
  io: Io,
  ref: ClusterRef,
  state: string,
  wanted: Pick<Operation, 'kind' | 'target' | 'from'>,
): Promise<{ readonly operation: Operation; readonly resumed: Operation | undefined }> {
  const found = await loadOperation(io.files, state);
  if (found && io.host.processAlive(found.holder))
    throw new Failure(
      'refused',
      `a ${found.kind} of ordinal ${found.target} is under way since ${found.startedAt} (step: ${found.step})`,
      {
        hint: `Wait for it to end; vd pg:info ${formatRef(ref)} shows it.`,
      },
    );
  if (found) await io.files.remove(fileIn(state));
  const same = found?.kind === wanted.kind && found.target === wanted.target;
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
  if (!mine)
    throw new Failure('refused', `another operation on ${formatRef(ref)} began at this moment`, {
      hint: `See vd pg:info ${formatRef(ref)}.`,
    });
  // Two commands may have found the same dead holder; the one whose file stands goes on.
  if (found) {
    await io.host.sleep(50);
    if ((await loadOperation(io.files, state))?.holder !== operation.holder)
      throw new Failure('refused', `another operation on ${formatRef(ref)} began at this moment`, {
        hint: `See vd pg:info ${formatRef(ref)}.`,
      });
  }
  return { operation, resumed: same ? found : undefined };
}

export async function noteStep(
  files: Files,
  state: string,
  operation: Operation,
  step: string,
): Promise<void> {
  await files.writeAtomic(fileIn(state), formatOperation({ ...operation, step }));
}

export const endOperation = (files: Files, state: string): Promise<void> => files.remove(fileIn(state));

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
