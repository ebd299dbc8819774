/** Labels of the laboratory, and what removes things by them. */
import { docker, inspectAll, lines } from './docker-cli.ts';

export const LAB = 'voodu.lab';
export const LAB_PID = 'voodu.lab.pid';

/** Everything made by controllers whose process no longer runs. */
export async function sweep(): Promise<void> {
  for (const type of ['container', 'volume', 'network'] as const) {
    const list = type === 'container' ? ['ps', '-aq'] : [type, 'ls', '-q'];
    for (const id of await lines([...list, '--filter', `label=${LAB_PID}`])) {
      const pid = await labelOf(type, id, LAB_PID);
      if (pid !== '' && !isAlive(Number(pid))) await remove(type, [id]);
    }
  }
}

export async function remove(
  type: 'container' | 'volume' | 'network',
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  const volumes = type === 'container' ? await anonymousVolumes(ids) : [];
  await docker(
    type === 'container'
      ? ['rm', '-f', '-v', ...ids]
      : [type, 'rm', ...(type === 'volume' ? ['-f'] : []), ...ids],
  );
  await remove('volume', volumes);
}

/** The volumes `docker rm -f` leaves behind: those of an image's VOLUME that nothing was mounted over. */
export async function anonymousVolumes(containers: readonly string[]): Promise<string[]> {
  const found = await inspectAll('container', containers);
  return found.flatMap(container =>
    (container.Mounts as { Type: string; Name?: string }[]).flatMap(mount =>
      mount.Type === 'volume' && /^[0-9a-f]{64}$/.test(mount.Name ?? '') ? [mount.Name!] : [],
    ),
  );
}

async function labelOf(type: string, id: string, label: string): Promise<string> {
  const path = type === 'container' ? '.Config.Labels' : '.Labels';
  const { stdout } = await docker([
    type,
    'inspect',
    '--format',
    `{{index ${path} ${JSON.stringify(label)}}}`,
    id,
  ]);
  return stdout.trim();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
