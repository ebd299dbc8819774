/** Containers that work on backups, told apart by their labels. */
import { type ClusterRef, formatRef, type workContainer } from '../cluster/names.ts';
import type { Container, Docker } from '../io.ts';
import type { BackupStem } from './file.ts';
import { isBackupId } from './id.ts';

export type Work = Parameters<typeof workContainer>[1];

const labels = {
  cluster: 'voodu.postgres.cluster',
  work: 'voodu.postgres.work',
  id: 'voodu.postgres.backup',
  stamp: 'voodu.postgres.stamp',
} as const;

export interface WorkContainer extends BackupStem {
  readonly work: Work;
  readonly container: Container;
}

export function workLabels(ref: ClusterRef, work: Work, { id, stamp }: BackupStem): Record<string, string> {
  return { [labels.cluster]: formatRef(ref), [labels.work]: work, [labels.id]: id, [labels.stamp]: stamp };
}

export async function listWork(
  docker: Docker,
  ref: ClusterRef,
  work?: Work,
): Promise<readonly WorkContainer[]> {
  const names = await docker.list({
    [labels.cluster]: formatRef(ref),
    ...(work === undefined ? {} : { [labels.work]: work }),
  });
  return (await docker.inspect(names)).flatMap(container => {
    const { [labels.id]: id = '', [labels.stamp]: stamp = '', [labels.work]: kind = '' } = container.labels;
    return isBackupId(id) ? [{ id, stamp, work: kind as Work, container }] : [];
  });
}

export const isLive = ({ state }: Container): boolean =>
  state !== 'exited' && state !== 'dead' && state !== 'removing';

/**
 * Images declare VOLUMEs for a server's data: /var/lib/postgresql/data up to 17, the directory above from 18 on. A container
 * that runs no server covers both, so that no anonymous volume is made (test/e2e/backups-capture.test.ts).
 */
export const coveredVolumes = ['/var/lib/postgresql', '/var/lib/postgresql/data'] as const;
