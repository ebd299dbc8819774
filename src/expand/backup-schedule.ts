/** The cronjob of a `backup { }` block. It asks the controller for a capture and waits for the result. */
import script from '../../templates/jobs/schedule.sh.hbs';
import { type ClusterRef, formatRef, podPaths, scheduleName } from '../cluster/names.ts';
import type { Manifest } from '../protocol/manifest.ts';
import { mountDestination } from '../spec/mounts.ts';
import type { BackupSchedule } from '../spec/postgres-spec.ts';

/** A run that takes longer than this is reported as failed; the capture itself goes on. */
const limitSeconds = 86_400;
/** A capture says that it lives every few seconds. */
const silenceSeconds = 180;

export interface ScheduleSurroundings {
  /** VOODU_HTTP_ADDR of the controller. */
  readonly httpAddress: string | undefined;
  /** The statefulset's, among which the backups' directory is. */
  readonly volumes: readonly string[];
}

export function planSchedule(
  ref: ClusterRef,
  image: string,
  backup: BackupSchedule,
  around: ScheduleSurroundings,
): Manifest {
  const backups = around.volumes
    .find(volume => mountDestination(volume) === podPaths.backups)!
    .split(':')[0]!;
  return {
    kind: 'cronjob',
    scope: ref.scope,
    name: scheduleName(ref),
    spec: {
      schedule: backup.schedule,
      timezone: 'UTC',
      concurrency_policy: 'Forbid',
      successful_history_limit: 1,
      failed_history_limit: 3,
      job: {
        image,
        command: ['bash', '-c', renderSchedule(ref, backup, around.httpAddress)],
        network_mode: 'host',
        volumes: [`${backups}:${podPaths.backups}:ro`],
        // Covers what the image declares as VOLUME, below and above 18: each run would leave a volume behind (contract 6.8).
        docker_options: ['--tmpfs', '/var/lib/postgresql', '--tmpfs', podPaths.data],
      },
    },
  };
}

function renderSchedule(ref: ClusterRef, backup: BackupSchedule, httpAddress: string | undefined): string {
  const args = captureArguments(ref, backup);
  const { fromReplica: _, ...primary } = { ...backup };
  const fallback =
    backup.fromReplica === undefined
      ? ''
      : JSON.stringify(captureArguments(ref, { ...primary, fromReplica: undefined }));
  return script({
    ...splitAddress(httpAddress),
    ref: formatRef(ref),
    args: JSON.stringify(args),
    fallback,
    limitSeconds,
    silenceSeconds,
  });
}

export function captureArguments(
  ref: ClusterRef,
  { fromReplica, keep, maxAge }: Omit<BackupSchedule, 'schedule'>,
): string[] {
  return [
    formatRef(ref),
    ...(fromReplica === undefined ? [] : ['--from-replica', String(fromReplica)]),
    ...(keep === undefined ? [] : ['--keep', String(keep)]),
    ...(maxAge === undefined ? [] : ['--max-age', maxAge]),
  ];
}

/** What the controller listens on, as something to connect to: every address is also the loopback. */
export function splitAddress(address = '127.0.0.1:8686'): { host: string; port: string } {
  const match = /^(.*):(\d+)$/.exec(address);
  const host = match?.[1]?.replace(/^\[(.*)\]$/, '$1') ?? '';
  return {
    host: host === '' || host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host,
    port: match?.[2] ?? '8686',
  };
}
