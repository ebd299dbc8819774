/**
 * The record of epochs in the cluster's state directory on the host: one file an epoch, the highest is in force.
 * The pods' entrypoint writes and reads the same files (templates/usr/local/bin/voodu-postgres-entrypoint/10-record.sh.hbs).
 */
import type { Files, Host } from '../io.ts';
import { type Ordinal, ordinal } from './ordinal.ts';

export interface Epoch {
  readonly epoch: number;
  /** The only ordinal that may accept writes. */
  readonly primary: Ordinal;
  readonly previous: Ordinal | undefined;
  readonly timeline: number;
  readonly systemId: string;
  readonly clusterId: string;
  readonly at: string;
  readonly by: string;
  readonly why: string;
  /** Of a promotion, for an audit: how far the target had got, and the last position of the old primary anybody knew. */
  readonly targetLsn?: string | undefined;
  readonly primaryLsn?: string | undefined;
  /** What the operator gave as the reason. */
  readonly reason?: string | undefined;
}

/** What a pod last said of itself. */
export interface PodNote {
  readonly state: string;
  readonly reason: string;
  readonly shape: 'empty' | 'primary' | 'standby' | '';
  readonly systemId: string;
  readonly timeline: string;
  /** The container's host name: the first 12 digits of its id. */
  readonly container: string;
  /** Which orders the pod understands; absent in pods of other plugins. */
  readonly protocol: string;
  readonly at: string;
}

const epochsIn = (directory: string) => `${directory}/epochs`;

export async function loadEpochs(files: Files, directory: string): Promise<readonly Epoch[]> {
  const entries = (await files.list(epochsIn(directory))).filter(entry => /^\d+$/.test(entry.name));
  const epochs = await Promise.all(
    entries.map(async entry => parseEpoch(Number(entry.name), (await files.read(entry.path)) ?? '')),
  );
  return epochs.filter(found => found !== undefined).sort((a, b) => a.epoch - b.epoch);
}

export async function loadEpoch(files: Files, directory: string): Promise<Epoch | undefined> {
  return (await loadEpochs(files, directory)).at(-1);
}

/** False where somebody else took that epoch first; then nothing was changed. */
export function claimEpoch(
  files: Files,
  host: Host,
  directory: string,
  claim: Omit<Epoch, 'at'>,
): Promise<boolean> {
  const lines = {
    primary: claim.primary,
    previous: claim.previous ?? '',
    timeline: claim.timeline,
    system_id: claim.systemId,
    cluster_id: claim.clusterId,
    at: isoSeconds(host.now()),
    by: claim.by,
    why: claim.why,
    ...(claim.targetLsn === undefined ? {} : { target_lsn: claim.targetLsn }),
    ...(claim.primaryLsn === undefined ? {} : { primary_lsn: claim.primaryLsn }),
    ...(claim.reason === undefined ? {} : { reason: claim.reason }),
  };
  return files.createExclusive(`${epochsIn(directory)}/${claim.epoch}`, formatNotes(lines));
}

export async function loadPodNote(
  files: Files,
  directory: string,
  pod: Ordinal,
): Promise<PodNote | undefined> {
  const text = await files.read(`${directory}/pods/${pod}`);
  if (text === undefined) return undefined;
  const note = parseNotes(text);
  return {
    state: note['state'] ?? '',
    reason: note['reason'] ?? '',
    shape: (note['shape'] ?? '') as PodNote['shape'],
    systemId: note['system_id'] ?? '',
    timeline: note['timeline'] ?? '',
    container: note['container'] ?? '',
    protocol: note['protocol'] ?? '',
    at: note['at'] ?? '',
  };
}

/** Tell a pod to do something; it reports under the same id. */
export async function giveOrder(
  files: Files,
  directory: string,
  pod: Ordinal,
  order: {
    readonly order: 'step-down' | 'hold' | 'rewind' | 'reclone' | 'restart';
    readonly id: string;
    readonly deadline?: number;
    /** What the pod does once the order has done its work. */
    readonly after?: 'hold';
  },
): Promise<void> {
  await files.writeAtomic(
    `${directory}/orders/${pod}`,
    formatNotes({ ...order, deadline: order.deadline ?? 0, after: order.after ?? '' }),
  );
}

export async function withdrawOrder(files: Files, directory: string, pod: Ordinal): Promise<void> {
  await files.remove(`${directory}/orders/${pod}`);
}

export async function loadOrder(
  files: Files,
  directory: string,
  pod: Ordinal,
): Promise<Record<string, string> | undefined> {
  const text = await files.read(`${directory}/orders/${pod}`);
  return text === undefined ? undefined : parseNotes(text);
}

/** The pod's report on the order with this id, or undefined while it has none. */
export async function loadReport(
  files: Files,
  directory: string,
  pod: Ordinal,
  id: string,
): Promise<Record<string, string> | undefined> {
  const text = await files.read(`${directory}/reports/${pod}`);
  const notes = text === undefined ? undefined : parseNotes(text);
  return notes?.['id'] === id ? notes : undefined;
}

export const isoSeconds = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, 'Z');

export function formatNotes(notes: Readonly<Record<string, string | number>>): string {
  return Object.entries(notes)
    .map(([key, value]) => `${key}=${String(value).replaceAll('\n', ' ')}\n`)
    .join('');
}

export function parseNotes(text: string): Record<string, string> {
  const notes: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0) notes[line.slice(0, equals)] = line.slice(equals + 1);
  }
  return notes;
}

function parseEpoch(epoch: number, text: string): Epoch | undefined {
  const notes = parseNotes(text);
  if (!/^\d+$/.test(notes['primary'] ?? '')) return undefined;
  return {
    epoch,
    primary: ordinal(Number(notes['primary'])),
    previous: /^\d+$/.test(notes['previous'] ?? '') ? ordinal(Number(notes['previous'])) : undefined,
    timeline: Number(notes['timeline'] ?? 0),
    systemId: notes['system_id'] ?? '',
    clusterId: notes['cluster_id'] ?? '',
    at: notes['at'] ?? '',
    by: notes['by'] ?? '',
    why: notes['why'] ?? '',
    targetLsn: notes['target_lsn'],
    primaryLsn: notes['primary_lsn'],
    reason: notes['reason'],
  };
}
