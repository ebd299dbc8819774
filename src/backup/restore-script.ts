/** The scripts of restore and test. They have no holes; what they must know is in their environment. */
import dumpHead from '../../templates/jobs/dump.sh.hbs';
import job from '../../templates/jobs/restore/00-job.sh.hbs';
import notes from '../../templates/jobs/restore/05-notes.sh.hbs';
import verify from '../../templates/jobs/restore/10-verify.sh.hbs';
import server from '../../templates/jobs/restore/20-server.sh.hbs';
import load from '../../templates/jobs/restore/30-load.sh.hbs';
import check from '../../templates/jobs/restore/40-check.sh.hbs';
import swap from '../../templates/jobs/restore/50-swap.sh.hbs';
import main from '../../templates/jobs/restore/90-main.sh.hbs';
import test from '../../templates/jobs/test.sh.hbs';

const join = (parts: readonly ((context: unknown) => string)[]): string =>
  parts.map(part => part({})).join('');

export const restoreScript = (): string => join([job, notes, verify, server, load, check, swap, main]);
export const testScript = (): string => join([dumpHead, test]);
