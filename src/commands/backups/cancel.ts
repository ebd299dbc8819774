import { cancelCaptures } from '../../backup/cancel.ts';
import { findBackup, loadCatalogue } from '../../backup/catalogue.ts';
import { loadPlace } from '../../backup/place.ts';
import { isLive, listWork } from '../../backup/work.ts';
import { command, message } from '../../cli/command.ts';
import { plural } from '../../cli/plural.ts';
import { formatRef } from '../../cluster/names.ts';
import { Failure } from '../../errors.ts';
import { clusterParam } from '../shared-params.ts';
import { backupParam } from './parameters.ts';

export const cancel = command({
  name: 'backups:cancel',
  summary: 'Stop captures in progress, all of a cluster or one',
  params: { cluster: clusterParam, id: { ...backupParam, metavar: '<id>', optional: true } },
  details: `
Ends pg_dump and its session, looks whether they ended, and removes what was written. The cluster is not touched.`,
  examples: [
    { line: 'vd pg:backups:cancel my-app/db', does: 'everything in flight' },
    { line: 'vd pg:backups:cancel my-app/db b008', does: 'one capture' },
  ],
  run: async ({ io }, { cluster: ref, id: name }) => {
    const place = await loadPlace(io, ref);
    const title = `postgres ${formatRef(ref)}`;
    const running = (await listWork(io.docker, ref, 'backup')).filter(({ container }) => isLive(container));
    const wanted = name === undefined ? running : running.filter(({ id }) => id === name.id);
    if (wanted.length === 0 && name !== undefined) {
      const backup = findBackup(place, await loadCatalogue(io, place), name);
      throw new Failure(
        'refused',
        `backup ${backup.id} of ${formatRef(ref)} is ${backup.status}, not running`,
        {
          hint:
            running.length === 0
              ? 'No capture is running.'
              : `Running: ${running.map(({ id }) => id).join(', ')}.`,
        },
      );
    }
    if (wanted.length === 0) return message(`${title}: no capture is running`);
    const { stopped, finished } = await cancelCaptures(io, place, wanted);
    const lines = [
      ...(stopped.length === 0
        ? []
        : [
            // The older plugin's line, which scripts compare as a whole.
            `${title}: stopped ${plural(stopped.length, 'capture')}`,
            stopped.map(({ id }) => id).join(', '),
          ]),
      ...finished.map(({ id }) => `${title}: ${id} was complete before it could be stopped`),
    ];
    return message(lines.join('\n'));
  },
});
