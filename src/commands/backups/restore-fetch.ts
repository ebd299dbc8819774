import { carryOutFetch } from '../../backup/restore-fetch.ts';
import { command, text } from '../../cli/command.ts';
import { asText } from '../../cli/params.ts';

/** Started by backups:restore for itself; nobody reads its reply. */
export const backupsRestoreFetch = command({
  name: 'backups:restore-fetch',
  summary: 'Download a dump for a restore (backups:restore starts this by itself)',
  hidden: true,
  params: {
    order: { type: 'positional', metavar: '<file>', doc: 'what to download, and where to', parse: asText },
  },
  examples: [],
  run: async ({ io }, { order }) => {
    await carryOutFetch(io, order);
    return text('');
  },
});
