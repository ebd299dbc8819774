/** A promotion without a primary that can be asked: the best of what is left, and what that may cost. Pure. */
import { type Cluster, isCurrentNote, type Pod, podOf, primaryOrdinal } from '../cluster/cluster.ts';
import { formatRef } from '../cluster/names.ts';
import { spellBytes } from '../format.ts';
import { lsnDistance } from '../postgres/lsn.ts';
import { checkIdentity, furthest, receivedLsn, refused, requireOrders, whySilent } from './candidate.ts';
import { unknownLoss } from './loss.ts';
import type { PromotionPlan } from './plan-promotion.ts';

export function planForced(cluster: Cluster, target: Pod, force: boolean): PromotionPlan {
  const ref = formatRef(cluster.ref);
  // Without a record of epochs the bucket says who it was: somebody has to be fenced.
  const recorded = podOf(cluster, primaryOrdinal(cluster));
  // Never fence what is to be promoted.
  const from = recorded?.ordinal === target.ordinal ? undefined : recorded;
  const who = describeAbsence(from);
  const forced = `vd pg:promote ${ref} --replica ${target.ordinal} --force, which fences it and may lose what only it had`;
  if (!force)
    throw refused(
      cluster,
      who,
      from?.answer
        ? `Finish its promotion: vd pg:promote ${ref} --replica ${from.ordinal}; or ${forced}.`
        : `Three choices: wait for it (vd pg:info ${ref}); fence it yourself (docker stop ${from?.name ?? '<container>'}) and look again; or ${forced}.`,
    );
  const plan = target.answer
    ? planStandby(cluster, target, from, who)
    : planParked(cluster, target, from, who);
  const recloned = foreignStandbys(cluster, plan);
  const said = recloned.map(
    pod =>
      `ordinal ${pod.ordinal} may hold another history on timeline ${plan.timeline}: when it is back, its data goes aside and is copied anew`,
  );
  return { ...plan, recloned, checks: [...plan.checks, ...said] };
}

/**
 * The lost primary's timeline gets its number again. A standby that followed it would go on from where it is, in
 * another history, and neither side would notice. A former primary parks by itself.
 */
const foreignStandbys = (
  cluster: Cluster,
  { target, timeline }: Pick<PromotionPlan, 'target' | 'timeline'>,
) =>
  (cluster.epoch?.timeline ?? 0) < timeline
    ? []
    : cluster.pods.filter(
        pod => pod.ordinal !== target.ordinal && pod.answer === undefined && pod.note?.shape === 'standby',
      );

function describeAbsence(from: Pod | undefined): string {
  if (from === undefined) return 'no pod accepts writes';
  return from.answer
    ? `ordinal ${from.ordinal} has the right to write and is still in recovery`
    : `the primary, ordinal ${from.ordinal}, cannot be asked: ${whySilent(from)}`;
}

type Draft = Omit<PromotionPlan, 'recloned'>;

function planStandby(cluster: Cluster, target: Pod, from: Pod | undefined, who: string): Draft {
  const checks = [who, ...checkIdentity(cluster, target)];
  const { timeline, system_id: systemId } = target.answer!;
  const received = receivedLsn(target);
  if (received === undefined)
    throw refused(
      cluster,
      `ordinal ${target.ordinal} cannot say how far it received`,
      `See vd pg:info ${formatRef(cluster.ref)}.`,
    );
  const siblings = cluster.pods.filter(pod => pod.ordinal !== target.ordinal);
  for (const sibling of siblings) {
    const theirs = receivedLsn(sibling);
    if (theirs === undefined) {
      checks.push(`ordinal ${sibling.ordinal} cannot be compared: ${whySilent(sibling)}`);
      continue;
    }
    if (sibling.answer!.system_id !== systemId) continue;
    refuseBehind(cluster, { ordinal: target.ordinal, timeline, lsn: received }, sibling, theirs);
    checks.push(`ordinal ${sibling.ordinal} is not ahead (${theirs})`);
  }
  const recordedTimeline = cluster.epoch?.timeline ?? timeline;
  if (timeline < recordedTimeline)
    checks.push(
      `ordinal ${target.ordinal} is on timeline ${timeline}, the record says ${recordedTimeline}, and nobody who answers is on that (--force)`,
    );
  // What the primary told any standby of its end: only a lower bound of what it wrote.
  const told = furthest(
    cluster.pods
      .filter(pod => pod.answer?.system_id === systemId)
      .map(pod => pod.answer?.receiver?.latest_end_lsn),
  );
  return {
    mode: 'forced',
    target,
    from,
    checks,
    loss: unknownLoss(told === undefined ? undefined : Math.max(0, lsnDistance(told, received))),
    systemId,
    timeline: timeline + 1,
    targetLsn: received,
    primaryLsn: told,
  };
}

/** A later timeline is a later history, whatever its position; on the same one the position decides. */
function refuseBehind(
  cluster: Cluster,
  target: { readonly ordinal: number; readonly timeline: number; readonly lsn: string },
  sibling: Pod,
  theirs: string,
): void {
  const timeline = sibling.answer!.timeline;
  const ahead = lsnDistance(theirs, target.lsn);
  if (timeline < target.timeline || (timeline === target.timeline && ahead <= 0)) return;
  throw refused(
    cluster,
    timeline > target.timeline
      ? `ordinal ${sibling.ordinal} is on timeline ${timeline}, ordinal ${target.ordinal} on ${target.timeline}`
      : `ordinal ${sibling.ordinal} is ahead by ${spellBytes(ahead)} (${theirs}, ordinal ${target.ordinal} is at ${target.lsn})`,
    `Promote the most advanced one: vd pg:promote ${formatRef(cluster.ref)} --replica ${sibling.ordinal} --force.`,
  );
}

/**
 * Nobody who answers holds the data, and the primary's is lost: a pod that parks with its data intact is what is left.
 * It starts its server by itself once the record names it.
 */
function planParked(cluster: Cluster, target: Pod, from: Pod | undefined, who: string): Draft {
  const ref = formatRef(cluster.ref);
  const { note, ordinal } = target;
  const timeline = Number(note?.timeline || Number.NaN);
  const usable =
    note?.state === 'parked' &&
    isCurrentNote(target) &&
    (note.shape === 'primary' || note.shape === 'standby') &&
    !note.reason.startsWith('REFUSED') &&
    Number.isInteger(timeline);
  // The same refusal as for any target that does not answer.
  if (!usable) checkIdentity(cluster, target);
  requireOrders(cluster, target);
  if (from && !from.answer && !isLost(from))
    throw refused(
      cluster,
      `ordinal ${ordinal} runs no server (${note!.reason}), and the container of the primary, ordinal ${from.ordinal}, is ${from.container!.state}`,
      `If its data is lost, stop it (docker stop ${from.name}) and run this again; else see vd logs ${ref}.`,
    );
  const siblings = cluster.pods.filter(pod => pod.ordinal !== ordinal);
  // What its last container said of a volume; one that does not run now may have lost it since.
  const holdsLater = (pod: Pod) =>
    pod.note?.systemId === note!.systemId &&
    pod.note.shape !== 'empty' &&
    Number(pod.note.timeline) > timeline;
  const better = siblings.find(
    pod =>
      pod.answer?.system_id === note!.systemId || (!isLost(pod) && isCurrentNote(pod) && holdsLater(pod)),
  );
  if (better)
    throw refused(
      cluster,
      better.answer
        ? `ordinal ${ordinal} runs no server, and ordinal ${better.ordinal} answers`
        : `ordinal ${ordinal} holds timeline ${timeline}, ordinal ${better.ordinal} holds timeline ${better.note!.timeline}`,
      `Promote that one: vd pg:promote ${ref} --replica ${better.ordinal} --force.`,
    );
  return {
    mode: 'forced',
    target,
    from,
    checks: [
      who,
      `ordinal ${ordinal} parks with a ${note!.shape}'s data of system ${note!.systemId} on timeline ${timeline} (--force)`,
      'no other pod answers with data of this system',
      ...siblings
        .filter(holdsLater)
        .map(
          pod =>
            `ordinal ${pod.ordinal} does not run; it last held timeline ${pod.note!.timeline}: start it first (docker start ${pod.name}) if its data may be there`,
        ),
    ],
    loss: unknownLoss(undefined),
    systemId: note!.systemId,
    timeline: note!.shape === 'primary' ? timeline : timeline + 1,
    targetLsn: undefined,
    primaryLsn: undefined,
  };
}

/** Its volume is empty, or nothing of it runs. */
const isLost = (pod: Pod): boolean =>
  pod.container === undefined ||
  ['exited', 'created', 'dead'].includes(pod.container.state) ||
  (isCurrentNote(pod) && pod.note?.shape === 'empty');
