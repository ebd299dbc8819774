import { findBackup, loadCatalogue } from '../../backup/catalogue.ts';
import { followJob } from '../../backup/job.ts';
import { loadShelf } from '../../backup/place.ts';
import { listWork } from '../../backup/work.ts';
import { command, message, text } from '../../cli/command.ts';
import { formatRef } from '../../cluster/names.ts';
import { Failure } from '../../errors.ts';
import { clusterParam } from '../shared-params.ts';
import { backupParam } from './parameters.ts';

export const logs = command({
  name: 'backups:logs',
  summary: 'Show what a capture said; --follow until it ends',
  params: {
    cluster: clusterParam,
    id: backupParam,
    follow: { type: 'switch', doc: 'until the capture ends, with its exit status' },
  },
  details: `
The log goes with the capture's container, which the next capture removes; why a capture failed stays in the list.`,
  examples: [
    { line: 'vd pg:backups:logs my-app/db b008', does: 'what it has said so far' },
    { line: 'vd pg:backups:logs my-app/db b008 --follow', does: 'live' },
  ],
  run: async ({ io }, { cluster: ref, id: name, follow }) => {
    const place = await loadShelf(io, ref);
    const container = (await listWork(io.docker, ref, 'backup')).find(({ id }) => id === name.id)?.container
      .name;
    if (container !== undefined) {
      if (follow) return message('', [followJob(container)]);
      const { stdout, stderr } = await io.docker.logs(container);
      return text(`${stdout}${stderr}` || `${container} has said nothing yet\n`);
    }
    const backup = findBackup(place, await loadCatalogue(io, place), name);
    throw new Failure('not-found', `the log of ${backup.id} is gone: its container was removed`, {
      hint: backup.reason
        ? `It ${backup.status === 'failed' ? 'failed' : 'is corrupt'}: ${backup.reason}.`
        : `It is ${backup.status}; see vd pg:backups ${formatRef(ref)}.`,
    });
  },
});
