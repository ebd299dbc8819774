/** What a server says of itself: one statement, asked over the local socket, answered as one JSON document. */
import * as z from 'zod/mini';
import { once } from '../once.ts';

/** Works on 14 and later, on a primary and in recovery. */
export const probeStatement = `
SELECT json_build_object(
  'system_id', (SELECT system_identifier::text FROM pg_control_system()),
  'in_recovery', r,
  'version', current_setting('server_version'),
  'started_at', to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  'timeline', CASE WHEN r
    THEN coalesce((SELECT received_tli FROM pg_stat_wal_receiver), greatest((SELECT timeline_id FROM pg_control_checkpoint()),
      (SELECT max(('x' || substr(name, 1, 8))::bit(32)::int) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$')))
    ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END,
  'current_lsn', CASE WHEN NOT r THEN pg_current_wal_lsn()::text END,
  'receive_lsn', pg_last_wal_receive_lsn()::text,
  'replay_lsn', pg_last_wal_replay_lsn()::text,
  'replay_paused', CASE WHEN r THEN pg_is_wal_replay_paused() ELSE false END,
  'replay_delay_seconds', CASE WHEN r THEN extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 END,
  'receiver', (SELECT json_build_object('status', status, 'host', sender_host, 'slot', slot_name,
    'latest_end_lsn', latest_end_lsn::text) FROM pg_stat_wal_receiver),
  'senders', (SELECT coalesce(json_agg(json_build_object('name', application_name, 'state', state, 'sent_lsn', sent_lsn::text,
    'flush_lsn', flush_lsn::text, 'replay_lsn', replay_lsn::text, 'sync_state', sync_state,
    'lag_seconds', extract(epoch FROM replay_lag)::float8) ORDER BY application_name), '[]') FROM pg_stat_replication),
  'slots', (SELECT coalesce(json_agg(json_build_object('name', slot_name, 'active', active, 'wal_status', wal_status,
    'retained_bytes', CASE WHEN NOT r THEN pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8 END) ORDER BY slot_name), '[]')
    FROM pg_replication_slots),
  'base_backups', (SELECT count(*) FROM pg_stat_progress_basebackup),
  'settings', json_build_object('synchronous_standby_names', current_setting('synchronous_standby_names'),
    'max_connections', current_setting('max_connections'))
) FROM (SELECT pg_is_in_recovery() AS r) AS role`;

const schema = once(() => {
  const lsn = z.pipe(
    z.nullish(z.string()),
    z.transform(value => value ?? undefined),
  );
  const optionalNumber = z.pipe(
    z.nullish(z.number()),
    z.transform(value => value ?? undefined),
  );
  return z.object({
    system_id: z.string(),
    in_recovery: z.boolean(),
    version: z.string(),
    started_at: z.string(),
    timeline: z.number(),
    current_lsn: lsn,
    receive_lsn: lsn,
    replay_lsn: lsn,
    replay_paused: z.boolean(),
    replay_delay_seconds: optionalNumber,
    receiver: z.nullish(
      z.object({
        status: z.nullish(z.string()),
        host: z.nullish(z.string()),
        slot: z.nullish(z.string()),
        latest_end_lsn: lsn,
      }),
    ),
    senders: z.array(
      z.object({
        name: z.string(),
        state: z.nullish(z.string()),
        sent_lsn: lsn,
        flush_lsn: lsn,
        replay_lsn: lsn,
        sync_state: z.nullish(z.string()),
        lag_seconds: optionalNumber,
      }),
    ),
    slots: z.array(
      z.object({
        name: z.string(),
        active: z.boolean(),
        wal_status: z.nullish(z.string()),
        retained_bytes: optionalNumber,
      }),
    ),
    base_backups: z.number(),
    settings: z.object({ synchronous_standby_names: z.string(), max_connections: z.string() }),
  });
});

/** A server's own account. Sizes in bytes, times in seconds, LSNs as PostgreSQL prints them. */
export type ServerAnswer = z.infer<ReturnType<typeof schema>>;

export function parseProbe(output: string): ServerAnswer | undefined {
  try {
    const parsed = schema().safeParse(JSON.parse(output));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
