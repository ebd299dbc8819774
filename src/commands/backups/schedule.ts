import render from '../../../templates/print/schedule.hcl.hbs';
import { command, text } from '../../cli/command.ts';
import { Unfit } from '../../cli/params.ts';
import { loadSpec } from '../../cluster/load-cluster.ts';
import { formatRef, scheduleName } from '../../cluster/names.ts';
import { captureArguments, splitAddress } from '../../expand/backup-schedule.ts';
import { defaultSchedule } from '../../spec/backup-block.ts';
import { cronProblem } from '../../spec/cron.ts';
import { clusterParam, replicaFlag } from '../shared-params.ts';
import { keepFlag, maxAgeFlag } from './parameters.ts';

const usualAddress = 'http://127.0.0.1:8686';

export const schedule = command({
  name: 'backups:schedule',
  summary: 'Print a cronjob block that captures by itself, to paste into voodu.hcl',
  params: {
    cluster: clusterParam,
    at: {
      type: 'flag',
      metavar: '<cron>',
      doc: `when, five cron fields; default "${defaultSchedule}"`,
      parse: parseSchedule,
    },
    fromReplica: { ...replicaFlag, doc: 'capture from this pod' },
    keep: keepFlag,
    maxAge: maxAgeFlag,
  },
  details: `
Writes nothing. A backup { } block inside the postgres block does the same by itself, and notices when a capture fails.`,
  examples: [
    {
      line: 'vd pg:backups:schedule my-app/db --at "0 3 * * *" --from-replica 1',
      does: 'nightly, from a standby',
    },
    { line: 'vd pg:backups:schedule my-app/db --keep 30 --max-age 14d', does: 'with limits of its own' },
  ],
  run: async ({ io }, { cluster: ref, at = defaultSchedule, fromReplica, keep, maxAge }) => {
    await loadSpec(io, ref);
    const args = captureArguments(ref, { fromReplica, keep, maxAge: maxAge?.text });
    const { host, port } = splitAddress(io.host.environment()['VOODU_HTTP_ADDR']);
    const controller = `http://${host}:${port}`;
    const fields = [
      `schedule     = "${at}"`,
      ...(fromReplica === undefined ? [] : [`from_replica = ${fromReplica}`]),
      ...(keep === undefined ? [] : [`keep         = ${keep}`]),
      ...(maxAge === undefined ? [] : [`max_age      = "${maxAge.text}"`]),
    ];
    return text(
      render({
        ...ref,
        cronjob: scheduleName(ref),
        schedule: at,
        controller: controller === usualAddress ? '' : controller,
        command: `vd pg:backups:capture ${[formatRef(ref), ...args.slice(1)].join(' ')}`,
        fields: fields.map(line => ({ line })),
      }),
    );
  },
});

function parseSchedule(word: string): string {
  const problem = cronProblem(word);
  if (problem === undefined) return word;
  throw new Unfit(`wants a schedule like "${defaultSchedule}" (${problem})`);
}
