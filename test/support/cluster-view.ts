/** Clusters for tests of decisions: a healthy one, changed where a test says. */
import type { AppliedSpec } from '../../src/cluster/applied-spec.ts';
import type { Cluster, Pod } from '../../src/cluster/cluster.ts';
import { ordinal } from '../../src/cluster/ordinal.ts';
import type { PodNote } from '../../src/cluster/record.ts';
import type { ServerAnswer } from '../../src/postgres/probe.ts';

const system = '7300000000000000001';

export const spec: AppliedSpec = {
  image: 'postgres:17',
  replicas: 3,
  user: 'appuser',
  database: 'appdata',
  port: 5433,
  replicationUser: 'replicator',
  ports: ['5433'],
  backups: '/opt/voodu/backups/lab/db',
  state: '/opt/voodu/state/postgres/lab/db',
  env: {},
};

export function standby(index: number, changes: Partial<ServerAnswer> = {}): Pod {
  return pod(index, {
    ...answer,
    in_recovery: true,
    receive_lsn: '0/5000000',
    replay_lsn: '0/5000000',
    receiver: {
      status: 'streaming',
      host: 'db-0.lab.voodu',
      slot: `voodu_${index}`,
      latest_end_lsn: '0/5000000',
    },
    ...changes,
  });
}

export function primary(
  index: number,
  streaming: readonly number[],
  changes: Partial<ServerAnswer> = {},
): Pod {
  return pod(index, {
    ...answer,
    in_recovery: false,
    current_lsn: '0/5000000',
    senders: streaming.map(other => ({
      name: `voodu_${other}`,
      state: 'streaming',
      sent_lsn: '0/5000000',
      flush_lsn: '0/5000000',
      replay_lsn: '0/5000000',
      sync_state: 'async',
      lag_seconds: 0,
    })),
    slots: streaming.map(other => ({
      name: `voodu_${other}`,
      active: true,
      wal_status: 'reserved',
      retained_bytes: 0,
    })),
    ...changes,
  });
}

export function silent(
  index: number,
  reason = 'no answer within 2 s',
  state: 'running' | 'paused' | 'exited' = 'running',
): Pod {
  const found = pod(index, answer);
  return { ...found, answer: undefined, silence: reason, container: { ...found.container!, state } };
}

/** A pod whose server does not run, and why it says so. */
export function parked(index: number, reason: string, changes: Partial<PodNote> = {}): Pod {
  const found = pod(index, answer);
  return {
    ...found,
    answer: undefined,
    silence: 'no server',
    note: { ...found.note!, state: 'parked', reason, ...changes },
  };
}

export const clusterOf = (pods: readonly Pod[], changes: Partial<Cluster> = {}): Cluster => ({
  ref: { scope: 'lab', name: 'db' },
  spec: { ...spec, replicas: pods.length },
  bucket: { POSTGRES_PASSWORD: 'secret', PG_PRIMARY_ORDINAL: '0' },
  epoch: {
    epoch: 1,
    primary: ordinal(0),
    previous: undefined,
    timeline: 1,
    systemId: system,
    clusterId: 'c',
    at: '',
    by: '',
    why: '',
  },
  pods,
  ...changes,
});

export const healthy = () => clusterOf([primary(0, [1, 2]), standby(1), standby(2)]);

const answer: ServerAnswer = {
  system_id: system,
  in_recovery: false,
  version: '17.1',
  started_at: '2026-01-01T00:00:00Z',
  timeline: 1,
  current_lsn: undefined,
  receive_lsn: undefined,
  replay_lsn: undefined,
  replay_paused: false,
  replay_delay_seconds: undefined,
  receiver: undefined,
  senders: [],
  slots: [],
  base_backups: 0,
  settings: { synchronous_standby_names: '', max_connections: '100' },
};

function pod(index: number, said: ServerAnswer): Pod {
  return {
    ordinal: ordinal(index),
    name: `lab-db.${index}`,
    silence: undefined,
    answer: said,
    note: {
      state: said.in_recovery ? 'standby' : 'primary',
      reason: '',
      shape: 'primary',
      systemId: system,
      timeline: '1',
      container: `c${index}`,
      protocol: '1',
      at: '',
    },
    container: {
      name: `lab-db.${index}`,
      id: `c${index}000`,
      image: 'postgres:17',
      state: 'running',
      exitCode: 0,
      startedAt: '',
      finishedAt: '',
      restartCount: 0,
      env: {},
      labels: {},
      mounts: [],
      addresses: { voodu0: `10.0.0.${index}` },
    },
  };
}
