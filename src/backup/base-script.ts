/** The scripts of postgres:backup and postgres:restore. They have no holes; what they must know is in their environment. */
import backup from '../../templates/jobs/base/backup.sh.hbs';
import restore from '../../templates/jobs/base/restore.sh.hbs';
import job from '../../templates/jobs/restore/00-job.sh.hbs';
import lock from '../../templates/jobs/restore/05-notes.sh.hbs';

export const baseBackupScript = (): string => [job, backup].map(part => part({})).join('');
export const baseRestoreScript = (): string => [job, lock, restore].map(part => part({})).join('');
