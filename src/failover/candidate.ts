/** What a pod must be before it may become the primary, and how far it has got. */
import { type Cluster, isCurrentNote, livePrimary, type Pod } from '../cluster/cluster.ts';
import { formatRef } from '../cluster/names.ts';
import type { Ordinal } from '../cluster/ordinal.ts';
import { Failure } from '../errors.ts';
import { lsnDistance } from '../postgres/lsn.ts';

/** What every target that answers must be, forced or not: a standby of this cluster, replaying. */
export function checkIdentity(cluster: Cluster, target: Pod): string[] {
  const ref = formatRef(cluster.ref);
  const { answer, ordinal } = target;
  const primary = livePrimary(cluster)?.answer;
  if (answer === undefined)
    throw refused(
      cluster,
      `ordinal ${ordinal} cannot be asked: ${whySilent(target)}`,
      `See vd pg:info ${ref} and vd logs ${ref}.`,
    );
  const system = primary?.system_id ?? cluster.epoch?.systemId;
  if (system && answer.system_id !== system)
    throw refused(
      cluster,
      `ordinal ${ordinal} holds system ${answer.system_id}, the cluster is system ${system}`,
      // Without a primary there is nothing to copy from.
      primary ? `Replace it: vd pg:rejoin ${ref} --replica ${ordinal} --reclone.` : `See vd pg:info ${ref}.`,
    );
  if (primary && answer.timeline < primary.timeline)
    throw refused(
      cluster,
      `ordinal ${ordinal} is on timeline ${answer.timeline}, the cluster is on ${primary.timeline}`,
      `Bring it back first: vd pg:rejoin ${ref} --replica ${ordinal}.`,
    );
  if (answer.replay_paused)
    throw refused(
      cluster,
      `replay is paused on ordinal ${ordinal}`,
      `Resume it: vd pg:psql ${ref} --replica ${ordinal} -c "select pg_wal_replay_resume()". If a backup is being captured from it: wait, or vd pg:backups:cancel ${ref}.`,
    );
  requireOrders(cluster, target);
  return [
    `ordinal ${ordinal} is a standby of system ${answer.system_id} on timeline ${answer.timeline}, replaying`,
  ];
}

/** The pod's entrypoint must understand orders: a pod of an older plugin does not. */
export function requireOrders(cluster: Cluster, pod: Pod): void {
  if (pod.note?.protocol === '1' && isCurrentNote(pod)) return;
  throw refused(
    cluster,
    `the pod of ordinal ${pod.ordinal} does not run this plugin's entrypoint yet`,
    'Apply the block once (vd apply) so that the pods are recreated, then try again.',
  );
}

/** How far a standby has got: what it received, or replayed where nothing was received since its start. */
export function receivedLsn(pod: Pod): string | undefined {
  const { receive_lsn: received, replay_lsn: replayed } = pod.answer ?? {};
  return furthest([received, replayed]);
}

export function furthest(positions: readonly (string | undefined)[]): string | undefined {
  return positions
    .filter(position => position !== undefined)
    .reduce<string | undefined>(
      (best, position) => (best !== undefined && lsnDistance(best, position) >= 0 ? best : position),
      undefined,
    );
}

export const whySilent = (pod: Pod): string =>
  (pod.note?.state === 'parked' && isCurrentNote(pod) ? pod.note.reason : pod.silence) ?? 'no reason given';

export const others = (cluster: Cluster, except: Ordinal): string =>
  cluster.pods
    .filter(pod => pod.ordinal !== except)
    .map(pod => pod.ordinal)
    .join(', ');

export const refused = (cluster: Cluster, message: string, hint: string) =>
  new Failure('refused', `${formatRef(cluster.ref)}: ${message}`, { hint });
