/** `info` as data: the stable JSON shape. Nothing in it can log in. Unknown is null, never 0. */
import { appRole } from './app-role.ts';
import { bucketValue } from './bucket.ts';
import { type Cluster, lagBytes, livePrimary, type Pod, podState, primaryOrdinal } from './cluster.ts';
import { readableOrdinals } from './connection-url.ts';
import { parseConsumers, readerVariable, writerVariable } from './consumers.ts';
import { findings } from './health.ts';
import { formatRef, podHost, standbyName } from './names.ts';

export interface Extras {
  /** Does the bucket's password log in? */
  readonly password: 'accepted' | 'refused' | 'untried';
  readonly lastBackup:
    | { readonly id: string; readonly created_at: string; readonly status: string }
    | undefined;
  /** What captures by itself, and when it does so next. */
  readonly schedule:
    | { readonly expression: string; readonly timezone: string; readonly next: string | null }
    | undefined;
  readonly unfinished: string | undefined;
}

export function snapshot(cluster: Cluster, extras: Extras) {
  const { ref, spec, bucket, epoch } = cluster;
  const primary = livePrimary(cluster);
  return {
    ref: formatRef(ref),
    image: spec.image,
    replicas: spec.replicas,
    database: spec.database,
    user: spec.user,
    port: spec.port,
    primary: primary?.ordinal ?? null,
    recorded_primary: primaryOrdinal(cluster),
    epoch: epoch?.epoch ?? null,
    system_id: primary?.answer?.system_id ?? epoch?.systemId ?? null,
    timeline: primary?.answer?.timeline ?? null,
    synchronous: primary?.answer?.settings.synchronous_standby_names || null,
    endpoints: {
      writer: podHost(ref, primaryOrdinal(cluster)),
      readers: readableOrdinals(cluster).map(ordinal => podHost(ref, ordinal)),
    },
    pods: cluster.pods.map(pod => podSnapshot(cluster, pod)),
    consumers: parseConsumers(bucket).map(consumer => ({
      ref: formatRef(consumer.ref),
      variables: [writerVariable(consumer), ...(consumer.reads ? [readerVariable(consumer)] : [])],
      reads: consumer.reads,
      role: consumer.app ? appRole : spec.user,
    })),
    exposed: spec.ports.some(port => port.startsWith('0.0.0.0:')),
    ports: spec.ports,
    backup: {
      last: extras.lastBackup ?? null,
      keep: bucketValue(bucket, 'backupKeep') ?? null,
      max_age: bucketValue(bucket, 'backupMaxAge') ?? null,
      schedule: extras.schedule ?? null,
    },
    password_in_bucket: {
      accepted: 'matches the database',
      refused: 'does not match the database',
      untried: 'could not be tried',
    }[extras.password],
    unfinished: extras.unfinished ?? null,
    findings: findings(cluster),
  };
}

export type Snapshot = ReturnType<typeof snapshot>;

function podSnapshot(cluster: Cluster, pod: Pod) {
  const { answer, container, note } = pod;
  const primary = livePrimary(cluster)?.answer;
  const sender = primary?.senders.find(row => row.name === standbyName(pod.ordinal));
  const slot = primary?.slots.find(row => row.name === standbyName(pod.ordinal));
  return {
    ordinal: pod.ordinal,
    name: pod.name,
    role: answer === undefined ? null : answer.in_recovery ? 'standby' : 'primary',
    state: podState(cluster, pod),
    container: container?.state ?? null,
    timeline: answer?.timeline ?? null,
    lsn: answer?.current_lsn ?? answer?.replay_lsn ?? null,
    lag_bytes: answer?.in_recovery === true ? (lagBytes(cluster, pod) ?? null) : null,
    lag_seconds:
      answer?.in_recovery === true
        ? (sender?.lag_seconds ?? (lagBytes(cluster, pod) === 0 ? 0 : null))
        : null,
    replay_paused: answer?.replay_paused ?? null,
    sync_state: sender?.sync_state ?? null,
    slot:
      slot === undefined
        ? null
        : {
            name: slot.name,
            active: slot.active,
            wal_status: slot.wal_status ?? null,
            retained_bytes: slot.retained_bytes ?? null,
          },
    version: answer?.version ?? null,
    started_at: answer?.started_at ?? null,
    says: answer === undefined ? (note?.state === 'parked' ? note.reason : (pod.silence ?? null)) : null,
  };
}
