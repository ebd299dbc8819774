import { findBackup, loadCatalogue } from '../../backup/catalogue.ts';
import { loadShelf } from '../../backup/place.ts';
import { idsInUse, removeBackup } from '../../backup/remove.ts';
import { command, message } from '../../cli/command.ts';
import { formatRef } from '../../cluster/names.ts';
import { Failure } from '../../errors.ts';
import { formatBytes } from '../../format.ts';
import { clusterParam } from '../shared-params.ts';
import { backupParam, yesSwitch } from './parameters.ts';

export const deleteBackup = command({
  name: 'backups:delete',
  summary: 'Remove one backup; its id is not used again',
  params: { cluster: clusterParam, id: backupParam, yes: yesSwitch },
  examples: [
    { line: 'vd pg:backups:delete my-app/db b007 --yes', does: 'remove b007 and what lies beside it' },
  ],
  run: async ({ io }, { cluster: ref, id, yes }) => {
    const name = formatRef(ref);
    const place = await loadShelf(io, ref);
    const catalogue = await loadCatalogue(io, place);
    const backup = findBackup(place, catalogue, id);
    if (backup.status === 'running')
      throw new Failure('refused', `backup ${backup.id} of ${name} is being captured`, {
        hint: `Stop it first: vd pg:backups:cancel ${name} ${backup.id}.`,
      });
    if ((await idsInUse(io, place)).has(backup.id))
      throw new Failure(
        'refused',
        `backup ${backup.id} of ${name} is in use by a restore, a test or a verification`,
        { hint: 'Wait for it to end.' },
      );
    const others = catalogue.filter(other => other !== backup && other.standing === 'verified').length;
    const last = backup.standing === 'verified' && others === 0 ? ' It is the only verified backup.' : '';
    if (!yes)
      throw new Failure(
        'refused',
        `this removes backup ${backup.id} of ${name} (${backup.createdAt}, ${formatBytes(backup.sizeBytes ?? 0)}) for good.${last}`,
        {
          hint: `To do it: vd pg:backups:delete ${name} ${backup.id} --yes.`,
        },
      );
    await removeBackup(io, place, backup);
    return message(
      `postgres ${name}: backup ${backup.id} deleted (${formatBytes(backup.sizeBytes ?? 0)}).${last.replace(' is ', ' was ')}`,
    );
  },
});
