/** Which postgresql.conf settings `pg_config` may hold. The ones this plugin owns are refused with what to use instead. */

export const settingName = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$/;

const entrypoint = "the pod's entrypoint decides this";
const failover = 'failover owns this; use vd pg:promote and vd pg:rejoin';
const recovery = 'recovery is started by commands, not by a setting';

const owned: Readonly<Record<string, string>> = {
  port: 'use the field port',
  listen_addresses: 'the pods listen on all their addresses; use vd pg:expose to publish the port',
  unix_socket_directories: 'probes and commands use the default socket',
  data_directory: entrypoint,
  config_file: entrypoint,
  hba_file: entrypoint,
  ident_file: entrypoint,
  external_pid_file: entrypoint,
  include: 'put the settings into pg_config',
  include_dir: 'put the settings into pg_config',
  include_if_exists: 'put the settings into pg_config',
  hot_standby: 'standbys must answer queries: readiness and failover read them',
  wal_log_hints: 'rejoin needs it for pg_rewind',
  primary_conninfo: failover,
  primary_slot_name: failover,
  promote_trigger_file: failover,
  cluster_name: 'pods are named by the cluster',
  restore_command: recovery,
  recovery_target: recovery,
  recovery_target_action: recovery,
  recovery_target_inclusive: recovery,
  recovery_target_lsn: recovery,
  recovery_target_name: recovery,
  recovery_target_time: recovery,
  recovery_target_timeline: recovery,
  recovery_target_xid: recovery,
  recovery_end_command: recovery,
  archive_cleanup_command: recovery,
};

/** Settings that are the operator's, within what replication needs. */
const bounded: Readonly<Record<string, (value: unknown, replicas: number) => string | undefined>> = {
  wal_level: value =>
    String(value).toLowerCase() === 'minimal'
      ? 'minimal has too little WAL for a standby; use replica or logical'
      : undefined,
  full_page_writes: value =>
    isOff(value) ? 'off makes pg_rewind refuse this cluster; leave it on' : undefined,
  password_encryption: value =>
    String(value).toLowerCase() === 'scram-sha-256'
      ? undefined
      : 'the replication role logs in with scram-sha-256 only',
  max_wal_senders: (value, replicas) =>
    atLeast(value, Math.min(10, replicas * 2), 'two for each pod, so that a standby can be cloned'),
  max_replication_slots: (value, replicas) => atLeast(value, replicas + 1, 'one for each pod and one spare'),
};

/** Why this setting cannot be in pg_config, or undefined where it can. */
export function settingProblem(name: string, value: unknown, replicas: number): string | undefined {
  const replacement = Object.hasOwn(owned, name) ? owned[name] : undefined;
  if (replacement !== undefined) return `is set by the plugin: ${replacement}`;
  return Object.hasOwn(bounded, name) ? bounded[name]!(value, replicas) : undefined;
}

export const ownedSettings: readonly string[] = Object.keys(owned);

function isOff(value: unknown): boolean {
  return (
    value === false ||
    (typeof value === 'string' && /^(of|off|f|fa|fal|fals|false|n|no|0)$/i.test(value)) ||
    value === 0
  );
}

function atLeast(value: unknown, least: number, why: string): string | undefined {
  const number = Number(value);
  return Number.isFinite(number) && number < least ? `${number} is below ${least}: ${why}` : undefined;
}
