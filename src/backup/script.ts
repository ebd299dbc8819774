/** The scripts that run inside a job's container. They have no holes; what they must know is in their environment. */
import captureSteps from '../../templates/jobs/capture.sh.hbs';
import captureMain from '../../templates/jobs/capture-main.sh.hbs';
import captureRetention from '../../templates/jobs/capture-retention.sh.hbs';
import dumpHead from '../../templates/jobs/dump.sh.hbs';
import verifySteps from '../../templates/jobs/verify.sh.hbs';

export const captureScript = (): string =>
  [dumpHead, captureSteps, captureRetention, captureMain].map(part => part({})).join('');

export const verifyScript = (): string => [dumpHead, verifySteps].map(part => part({})).join('');

/** The functions alone, for tests and for jobs of other files. */
export const dumpFunctions = (): string => dumpHead({});
export const retentionFunctions = (): string => captureRetention({});
