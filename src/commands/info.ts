import { appliedSchedule } from '../backup/applied-schedule.ts';
import { lastBackup } from '../backup/last-backup.ts';
import { type Context, command, json, text } from '../cli/command.ts';
import { renderTable } from '../cli/table.ts';
import { type Cluster, livePrimary } from '../cluster/cluster.ts';
import { superuserPassword } from '../cluster/connection-url.ts';
import { loadCluster } from '../cluster/load-cluster.ts';
import { superuserCredentials, tryLogin } from '../cluster/password.ts';
import { type Extras, type Snapshot, snapshot } from '../cluster/snapshot.ts';
import { describeUnfinished } from '../failover/operation.ts';
import { formatBytes, formatSeconds } from '../format.ts';
import type { Io } from '../io.ts';
import { clusterParam, jsonSwitch, outputFormat, wantsJson } from './shared-params.ts';

export const info = command({
  name: 'info',
  summary: 'Show a cluster: roles, timelines, lag, slots, links, backups, and what is wrong',
  params: { cluster: clusterParam, output: outputFormat, json: jsonSwitch },
  details: `
Every pod is asked at the same time, and one that hangs is "unknown" after two seconds. No password is shown.`,
  examples: [
    { line: 'vd pg:info my-app/db', does: 'for a person' },
    { line: 'vd pg:info my-app/db --json', does: 'for a program' },
  ],
  run: async (context, values) => {
    const cluster = await loadCluster(context.io, values.cluster);
    const view = snapshot(cluster, await loadExtras(context, cluster));
    return wantsJson(values) ? json(view) : text(formatSnapshot(view, context.io.host.now()));
  },
});

async function loadExtras({ io }: Context, cluster: Cluster): Promise<Extras> {
  const primary = livePrimary(cluster);
  const password = superuserPassword(cluster.bucket);
  const [login, backup, schedule, unfinished] = await Promise.all([
    primary && password
      ? tryLogin(io, cluster, primary, superuserCredentials(cluster, password))
      : ('untried' as const),
    lastBackup(io, cluster),
    loadSchedule(io, cluster),
    describeUnfinished(io, cluster.ref, cluster.spec.state),
  ]);
  return { password: login, lastBackup: backup, schedule, unfinished };
}

async function loadSchedule(io: Io, cluster: Cluster): Promise<Extras['schedule']> {
  const schedule = await appliedSchedule(io, cluster.ref);
  if (schedule === undefined) return undefined;
  return { ...schedule, next: (await io.cron.nextRun(schedule, io.host.now()))?.toISOString() ?? null };
}

function formatSnapshot(view: Snapshot, now: Date): string {
  const facts = [
    ['image', view.image],
    [
      'primary',
      view.primary === null
        ? `none answers (recorded: ordinal ${view.recorded_primary})`
        : `ordinal ${view.primary}, timeline ${view.timeline}`,
    ],
    ['database', `${view.database}, user ${view.user}, port ${view.port}`],
    ['system', view.system_id ?? 'unknown'],
    ['writer', view.endpoints.writer],
    ['readers', view.endpoints.readers.join(', ') || 'none'],
    ['published', view.ports.join(', ') + (view.exposed ? ' (exposed)' : ' (loopback)')],
    ['password', `the bucket's ${view.password_in_bucket}`],
    [
      'backup',
      view.backup.last === null
        ? 'none yet'
        : `${view.backup.last.id} ${view.backup.last.status}, ${view.backup.last.created_at}`,
    ],
    ['schedule', formatSchedule(view.backup.schedule)],
    [
      'retention',
      `keep ${view.backup.keep ?? 'all'}${view.backup.max_age === null ? '' : `, at most ${view.backup.max_age} old`}`,
    ],
  ];
  const header = ['POD', 'ROLE', 'STATE', 'TIMELINE', 'LSN', 'LAG', 'SLOT', 'VERSION', 'UP'];
  const pods = view.pods.map(pod => podRow(pod, now));
  const links = view.consumers.map(consumer => [
    `  ${consumer.ref}`,
    consumer.variables.join(', '),
    `as ${consumer.role}`,
  ]);
  const says = view.pods.filter(pod => pod.says !== null).map(pod => `  ${pod.name}: ${pod.says}`);
  const wrong = view.findings.map(
    finding =>
      `  ${finding.severity}: ${finding.text}${finding.next === undefined ? '' : ` — ${finding.next}`}`,
  );
  return [
    `=== postgres ${view.ref}`,
    renderTable(facts),
    '',
    renderTable([header, ...pods]),
    ...(says.length === 0 ? [] : ['', 'pods that cannot be asked say', ...says]),
    '',
    ...(links.length === 0 ? ['linked apps: none'] : ['linked apps', renderTable(links)]),
    ...(view.unfinished === null ? [] : ['', `unfinished: ${view.unfinished}`]),
    ...(wrong.length === 0 ? [] : ['', 'findings', ...wrong]),
    '',
  ].join('\n');
}

function formatSchedule(schedule: Snapshot['backup']['schedule']): string {
  if (schedule === null) return 'none';
  const next = schedule.next === null ? '' : `, next ${schedule.next}`;
  return `"${schedule.expression}" ${schedule.timezone}${next}`;
}

function podRow(pod: Snapshot['pods'][number], now: Date): string[] {
  const lag =
    pod.role !== 'standby'
      ? '-'
      : pod.lag_bytes === null
        ? 'unknown'
        : formatBytes(pod.lag_bytes) + (pod.lag_seconds === null ? '' : ` ${pod.lag_seconds.toFixed(1)}s`);
  const slot =
    pod.slot === null
      ? '-'
      : `${pod.slot.active ? 'active' : 'idle'}${pod.slot.retained_bytes === null ? '' : ` ${formatBytes(pod.slot.retained_bytes)}`}`;
  return [
    pod.name,
    pod.role ?? 'unknown',
    pod.state + (pod.replay_paused ? ' (paused)' : ''),
    pod.timeline === null ? '-' : String(pod.timeline),
    pod.lsn ?? '-',
    lag,
    slot,
    pod.version?.split(' ')[0] ?? '-',
    pod.started_at === null
      ? '-'
      : formatSeconds((now.getTime() - new Date(pod.started_at).getTime()) / 1000),
  ];
}
