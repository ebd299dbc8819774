import { readSchedule } from '../backup/applied-schedule.ts';
import { runsToBringOne, staleness } from '../backup/freshness.ts';
import { findLastBackup } from '../backup/last-backup.ts';
import { resolvePolicy } from '../backup/policy.ts';
import { command, type Reply } from '../cli/command.ts';
import { plural } from '../cli/plural.ts';
import { type Cluster, livePrimary, podState } from '../cluster/cluster.ts';
import { superuserPassword } from '../cluster/connection-url.ts';
import { type Finding, findings } from '../cluster/health.ts';
import { loadCluster } from '../cluster/load-cluster.ts';
import { formatRef } from '../cluster/names.ts';
import { superuserCredentials, tryLogin } from '../cluster/password.ts';
import { formatBytes, formatSeconds } from '../format.ts';
import type { Io } from '../io.ts';
import { clusterParam, jsonSwitch, outputFormat, wantsJson } from './shared-params.ts';

/** Exit statuses of monitoring plugins. */
const statuses = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;
type Status = keyof typeof statuses;

export const check = command({
  name: 'check',
  summary: 'One line and an exit status for monitoring: 0 ok, 1 warning, 2 critical, 3 unknown',
  params: { cluster: clusterParam, output: outputFormat, json: jsonSwitch },
  details: `
Looks at: exactly one writable primary, standbys streaming, lag, slots, free space for WAL, age of the newest backup. That one
is critical when two runs of the schedule have brought none, when it is older than BACKUP_MAX_AGE in the config bucket, and where
there is neither schedule nor limit, after two days. The limits of a backup { } block are for its own captures; they are not
looked at here.
The exit status is passed on by vd. With --json the status is in the document and vd leaves with 0.`,
  examples: [{ line: 'vd pg:check my-app/db', does: 'OK - my-app/db: primary 0, 2 of 2 standbys streaming' }],
  run: async ({ io }, values): Promise<Reply> => {
    const cluster = await loadCluster(io, values.cluster);
    const found = [
      ...findings(cluster),
      ...(await backupFindings(io, cluster)),
      ...(await diskFindings(io, cluster)),
      ...(await passwordFindings(io, cluster)),
    ];
    const state = worst(found);
    if (wantsJson(values))
      return {
        type: 'json',
        value: { ref: formatRef(cluster.ref), state, exit_status: statuses[state], reasons: found },
      };
    const line = `${state} - ${formatRef(cluster.ref)}: ${found.length === 0 ? summary(cluster) : found.map(reason).join('; ')}`;
    return exitingReply(line, statuses[state]);
  },
});

const reason = ({ text, next }: Finding): string => (next === undefined ? text : `${text} (${next})`);

/** A failing command would be wrapped in the controller's error text; the operator's CLI passes this status on as it is (contract 2.5). */
function exitingReply(line: string, status: number): Reply {
  if (status === 0) return { type: 'text', text: `${line}\n` };
  return {
    type: 'message',
    message: line,
    actions: [
      {
        type: 'exec_local',
        command: ['sh', '-c', 'exit "$1"', 'check', String(status)],
        summary: `exit status ${status}`,
      },
    ],
  };
}

function worst(found: readonly Finding[]): Status {
  if (found.some(({ severity }) => severity === 'critical')) return 'CRITICAL';
  if (found.some(({ severity }) => severity === 'unknown')) return 'UNKNOWN';
  return found.length > 0 ? 'WARNING' : 'OK';
}

export function summary(cluster: Cluster): string {
  const states = cluster.pods.map(pod => podState(cluster, pod));
  const standbys = cluster.spec.replicas - 1;
  const streaming = states.filter(state => state === 'streaming').length;
  const late = states.filter(state => state === 'catching-up').length;
  return [
    `primary ${livePrimary(cluster)?.ordinal}`,
    ...(standbys === 0 ? [] : [`${streaming} of ${plural(standbys, 'standby')} streaming`]),
    ...(late === 0 ? [] : [`${late} catching up`]),
  ].join(', ');
}

async function backupFindings(io: Io, cluster: Cluster): Promise<Finding[]> {
  const now = io.host.now();
  const [{ newest, problem: placeProblem }, { schedule, problem: scheduleProblem }] = await Promise.all([
    findLastBackup(io, cluster),
    readSchedule(io, cluster.ref),
  ]);
  const { policy, problems } = resolvePolicy({ keep: undefined, maxAge: undefined }, cluster.bucket);
  const unread = [
    ...(placeProblem === undefined ? [] : [placeProblem]),
    ...(scheduleProblem === undefined ? [] : [scheduleProblem]),
    ...problems.map(problem => `${problem}, so it is no limit`),
  ].map((text): Finding => ({ severity: 'warning', text }));
  // Where the backups cannot be found, their age is not known.
  if (placeProblem !== undefined) return unread;
  const stale = staleness({
    now,
    newest: newest && new Date(newest.created_at),
    born: bornAt(cluster),
    limitSeconds: policy.maxAge?.seconds,
    schedule: schedule && {
      expression: schedule.expression,
      runs: await io.cron.runsBefore(schedule, now, runsToBringOne),
    },
  });
  if (stale === undefined) return unread;
  const age =
    stale.ageSeconds === undefined
      ? 'there is no backup'
      : `newest backup ${formatSeconds(stale.ageSeconds)} old`;
  const text = age + (stale.schedule === undefined ? '' : `, and the schedule is "${stale.schedule}"`);
  return [
    { severity: stale.severity, text, next: `vd pg:backups:capture ${formatRef(cluster.ref)}` },
    ...unread,
  ];
}

/** initdb puts the seconds since 1970 into the upper half of the system identifier. */
function bornAt(cluster: Cluster): Date {
  const system = livePrimary(cluster)?.answer?.system_id ?? cluster.epoch?.systemId ?? '0';
  return new Date(1000 * Number(BigInt(system) >> 32n));
}

async function passwordFindings(io: Io, cluster: Cluster): Promise<Finding[]> {
  const primary = livePrimary(cluster);
  const password = superuserPassword(cluster.bucket);
  if (primary === undefined || password === undefined) return [];
  if ((await tryLogin(io, cluster, primary, superuserCredentials(cluster, password))) !== 'refused')
    return [];
  const next = `vd pg:new-password ${formatRef(cluster.ref)}`;
  return [{ severity: 'warning', text: "the bucket's password is not the database's", next }];
}

const leastFreeBytes = 2 * 1024 ** 3;

async function diskFindings(io: Io, cluster: Cluster): Promise<Finding[]> {
  const volume = livePrimary(cluster)?.container?.mounts.find(
    mount => mount.destination === '/var/lib/postgresql/data',
  )?.source;
  if (volume === undefined) return [];
  const free = await io.files.freeBytes(volume).catch(() => undefined);
  if (free === undefined || free >= leastFreeBytes) return [];
  return [{ severity: 'warning', text: `${formatBytes(free)} free where the data and WAL are` }];
}
