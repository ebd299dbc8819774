/** A job on a backup: a container of its own, which outlives the command that starts it. */
import { podPaths, workContainer } from '../cluster/names.ts';
import { Failure } from '../errors.ts';
import type { Container, Io } from '../io.ts';
import type { ExecLocal } from '../protocol/manifest.ts';
import type { BackupStem } from './file.ts';
import type { Place } from './place.ts';
import { coveredVolumes, type Work, workLabels } from './work.ts';

export interface Job {
  readonly work: Work;
  readonly stem: BackupStem;
  readonly image: string;
  readonly script: string;
  /** No secret may be among them: `docker inspect` shows them. */
  readonly env: Readonly<Record<string, string>>;
  /** `none`, or `container:<pod>` to reach its server over loopback. */
  readonly network: string;
}

export async function startJob(io: Io, place: Place, job: Job): Promise<string> {
  const name = workContainer(place.ref, job.work, job.stem.id);
  try {
    await io.docker.run({
      name,
      image: job.image,
      entrypoint: 'bash',
      command: ['-c', job.script],
      user: '0:0',
      env: { BACKUP_ID: job.stem.id, BACKUP_STAMP: job.stem.stamp, BACKUP_CONTAINER: name, ...job.env },
      labels: workLabels(place.ref, job.work, job.stem),
      volumes: [`${place.source}:${podPaths.backups}`],
      tmpfs: coveredVolumes,
      network: job.network,
    });
    return name;
  } catch (error) {
    // docker keeps a container that it could not start, and its name with it.
    const [left] = await io.docker.inspect([name]);
    if (left?.state === 'created' && left.labels['voodu.postgres.stamp'] === job.stem.stamp)
      await io.docker.remove(name, { force: true });
    throw error;
  }
}

/** On the operator's terminal, for as long as it takes: the job's log, then its exit status. */
export function followJob(container: string): ExecLocal {
  // `docker wait` begins before the log ends: the next capture may remove the container then.
  const script =
    'exec 3>&1; status=$(docker wait "$1" & docker logs --follow "$1" >&3 2>&3; wait); exit "${status:-1}"';
  return {
    type: 'exec_local',
    command: ['sh', '-c', script, 'follow', container],
    summary: `following ${container}`,
  };
}

/** The container once it has ended; undefined where that takes longer than the caller can wait. */
export async function awaitJob(io: Io, container: string, until: Date): Promise<Container | undefined> {
  for (let pause = 100; ; pause = Math.min(1000, pause * 1.5)) {
    const [found] = await io.docker.inspect([container]);
    if (found === undefined)
      throw new Failure(
        'docker',
        `container ${container} was removed before it could be asked for its result`,
        {
          hint: 'What it did is in the list: vd pg:backups. If it does not show there, run the command again.',
        },
      );
    if (found.state === 'exited' || found.state === 'dead') return found;
    if (io.host.now().getTime() + pause >= until.getTime()) return undefined;
    await io.host.sleep(pause);
  }
}
