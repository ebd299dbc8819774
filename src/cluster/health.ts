/** What is wrong with a cluster, from worst to mild: the reasons behind `check` and `info`. Pure. */
import { spellBytes } from '../format.ts';
import { bucketOrdinal, type Cluster, lagBytes, type Pod, podState, writablePods } from './cluster.ts';
import { formatRef } from './names.ts';

export type Severity = 'critical' | 'warning' | 'unknown';

export interface Finding {
  readonly severity: Severity;
  readonly text: string;
  /** What to type next. */
  readonly next?: string;
}

/** Bytes a standby may lag before it is worth a word: four WAL segments. */
const lagWarningBytes = 64 * 1024 ** 2;
const retainedWarningBytes = 1024 ** 3;

export function findings(cluster: Cluster): Finding[] {
  const ref = formatRef(cluster.ref);
  return [
    ...primaryFindings(cluster, ref),
    ...cluster.pods.flatMap(pod => podFindings(cluster, pod, ref)),
    ...slotFindings(cluster),
  ];
}

function primaryFindings(cluster: Cluster, ref: string): Finding[] {
  const writable = writablePods(cluster);
  if (writable.length === 1) return recordFindings(cluster, writable[0]!, ref);
  const names = writable.map(pod => pod.name).join(', ');
  if (writable.length > 1)
    return [
      {
        severity: 'critical',
        text: `${writable.length} pods accept writes: ${names}`,
        next: `vd pg:info ${ref}`,
      },
    ];
  const asked = cluster.pods.some(pod => pod.answer !== undefined);
  return asked
    ? [
        {
          severity: 'critical',
          text: 'no pod accepts writes',
          next: `vd pg:promote ${ref} --replica <n> --dry-run`,
        },
      ]
    : [{ severity: 'critical', text: 'no pod answers', next: `vd logs ${ref}` }];
}

/** The primary is known; what else names one must agree. */
function recordFindings(cluster: Cluster, primary: Pod, ref: string): Finding[] {
  const { epoch } = cluster;
  const found: Finding[] = [];
  if (epoch !== undefined && epoch.primary !== primary.ordinal)
    found.push({
      severity: 'critical',
      text: `ordinal ${primary.ordinal} accepts writes, and epoch ${epoch.epoch} names ordinal ${epoch.primary}; its pod takes the next epoch or stops the server within seconds`,
      next: `vd pg:info ${ref}`,
    });
  else if (bucketOrdinal(cluster) !== primary.ordinal)
    found.push({
      severity: 'warning',
      text: `the bucket says ordinal ${bucketOrdinal(cluster)}, the primary is ordinal ${primary.ordinal}`,
      next: `vd pg:promote ${ref} --replica ${primary.ordinal}`,
    });
  return found;
}

function podFindings(cluster: Cluster, pod: Pod, ref: string): Finding[] {
  const state = podState(cluster, pod);
  const command = `vd pg:rejoin ${ref} --replica ${pod.ordinal}`;
  // Without a primary there is nothing to rejoin, and that comes first.
  const rejoin = (more = '') => (writablePods(cluster).length === 0 ? {} : { next: `${command}${more}` });
  switch (state) {
    case 'primary':
      return [];
    case 'streaming':
    case 'catching-up': {
      const lag = lagBytes(cluster, pod);
      return lag !== undefined && lag > lagWarningBytes
        ? [{ severity: 'warning', text: `ordinal ${pod.ordinal} is ${spellBytes(lag)} behind` }]
        : [];
    }
    case 'needs-reclone':
      return [
        {
          severity: 'critical',
          text: `ordinal ${pod.ordinal} fell behind the retained WAL`,
          ...rejoin(' --reclone'),
        },
      ];
    case 'diverged':
    case 'fenced':
      return [{ severity: 'warning', text: `ordinal ${pod.ordinal} is ${state}`, ...rejoin() }];
    case 'held':
      return [
        {
          severity: 'warning',
          text: `ordinal ${pod.ordinal} is held: promote --no-restart left it stopped`,
          ...rejoin(),
        },
      ];
    case 'refused':
      return [{ severity: 'critical', text: `ordinal ${pod.ordinal} does not start: ${pod.note?.reason}` }];
    case 'waiting':
      return [{ severity: 'warning', text: `ordinal ${pod.ordinal}: ${pod.note?.reason}` }];
    case 'missing':
      return [{ severity: 'critical', text: `ordinal ${pod.ordinal} has no container`, next: 'vd apply' }];
    case 'unknown':
      return [
        {
          severity: 'unknown',
          text: `ordinal ${pod.ordinal} cannot be asked: ${pod.silence}`,
          next: `vd logs ${ref}`,
        },
      ];
    default:
      return [{ severity: 'warning', text: `ordinal ${pod.ordinal} is ${state}` }];
  }
}

function slotFindings(cluster: Cluster): Finding[] {
  const slots = writablePods(cluster)[0]?.answer?.slots ?? [];
  return slots
    .filter(slot => !slot.active && (slot.retained_bytes ?? 0) > retainedWarningBytes)
    .map(slot => ({
      severity: 'warning',
      text: `slot ${slot.name} is unused and holds ${spellBytes(slot.retained_bytes ?? 0)} of WAL`,
    }));
}
