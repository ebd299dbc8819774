/** The ordered list of commands: plugin.yml, help and the README table derive from it. */
import type { Dispatcher } from './cli/dispatch.ts';
import { backup } from './commands/backup.ts';
import { cancel } from './commands/backups/cancel.ts';
import { capture } from './commands/backups/capture.ts';
import { deleteBackup } from './commands/backups/delete.ts';
import { download } from './commands/backups/download.ts';
import { backups } from './commands/backups/index.ts';
import { logs } from './commands/backups/logs.ts';
import { prune } from './commands/backups/prune.ts';
import { backupsRestore } from './commands/backups/restore.ts';
import { backupsRestoreFetch } from './commands/backups/restore-fetch.ts';
import { schedule } from './commands/backups/schedule.ts';
import { backupsTest } from './commands/backups/test.ts';
import { verify } from './commands/backups/verify.ts';
import { check } from './commands/check.ts';
import { defaults } from './commands/defaults.ts';
import { elsewhere } from './commands/elsewhere.ts';
import { expandCommand } from './commands/expand.ts';
import { expose, unexpose } from './commands/expose.ts';
import { help } from './commands/help.ts';
import { info } from './commands/info.ts';
import { link } from './commands/link.ts';
import { list } from './commands/list.ts';
import { newPassword } from './commands/new-password.ts';
import { failover, promote } from './commands/promote.ts';
import { psql } from './commands/psql.ts';
import { rejoin } from './commands/rejoin.ts';
import { restore } from './commands/restore.ts';
import { unlink } from './commands/unlink.ts';
import { version } from './commands/version.ts';

export const dispatcher: Dispatcher = {
  commands: [
    list,
    info,
    check,
    psql,
    link,
    unlink,
    newPassword,
    expose,
    unexpose,
    promote,
    failover,
    rejoin,
    backups,
    capture,
    logs,
    verify,
    backupsTest,
    backupsRestore,
    backupsRestoreFetch,
    download,
    deleteBackup,
    prune,
    cancel,
    schedule,
    backup,
    restore,
    defaults,
    expandCommand,
    help,
    version,
    ...elsewhere,
  ],
};
