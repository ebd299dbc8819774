/** What is wrong with a cluster, from worst to mild: the reasons behind `check` and `info`. Pure. */
import { type Cluster, lagBytes, podState, writablePods } from './cluster.ts';
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
  if (writable.length === 1) return [];
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

function podFindings(cluster: Cluster, pod: Cluster['pods'][number], ref: string): Finding[] {
  const state = podState(cluster, pod);
  const rejoin = `vd pg:rejoin ${ref} --replica ${pod.ordinal}`;
  switch (state) {
    case 'primary':
      return [];
    case 'streaming':
    case 'catching-up': {
      const lag = lagBytes(cluster, pod);
      return lag !== undefined && lag > lagWarningBytes
        ? [{ severity: 'warning', text: `ordinal ${pod.ordinal} is ${lag} bytes behind` }]
        : [];
    }
    case 'needs-reclone':
      return [
        {
          severity: 'critical',
          text: `ordinal ${pod.ordinal} fell behind the retained WAL`,
          next: `${rejoin} --reclone`,
        },
      ];
    case 'diverged':
    case 'fenced':
      return [{ severity: 'warning', text: `ordinal ${pod.ordinal} is ${state}`, next: rejoin }];
    case 'missing':
      return [{ severity: 'critical', text: `ordinal ${pod.ordinal} has no container`, next: 'vd apply' }];
    case 'unknown':
      return [
        {
          severity: 'unknown',
          text: `ordinal ${pod.ordinal} cannot be asked: ${pod.note?.state === 'parked' ? pod.note.reason : pod.silence}`,
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
      text: `slot ${slot.name} is unused and holds ${slot.retained_bytes} bytes of WAL`,
    }));
}
