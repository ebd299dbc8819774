import { loadCatalogue } from '../../backup/catalogue.ts';
import { loadShelf } from '../../backup/place.ts';
import { formatPolicy, isLimited, resolvePolicy } from '../../backup/policy.ts';
import { idsInUse, removeBackup } from '../../backup/remove.ts';
import { planRetention } from '../../backup/retention.ts';
import { command, message } from '../../cli/command.ts';
import { plural } from '../../cli/plural.ts';
import { formatRef } from '../../cluster/names.ts';
import { Failure } from '../../errors.ts';
import { formatBytes } from '../../format.ts';
import { clusterParam } from '../shared-params.ts';
import { keepFlag, maxAgeFlag, yesSwitch } from './parameters.ts';

export const prune = command({
  name: 'backups:prune',
  summary: 'Apply retention now; --dry-run only shows what would go',
  params: {
    cluster: clusterParam,
    keep: keepFlag,
    maxAge: maxAgeFlag,
    dryRun: { type: 'switch', doc: 'remove nothing' },
    yes: yesSwitch,
  },
  details: `
A backup goes when it fails either limit. The newest verified backup stays whatever the limits say, captures in progress are
not counted, and what a restore or a test reads is left alone.`,
  examples: [
    { line: 'vd pg:backups:prune my-app/db --dry-run', does: "what the config bucket's limits would remove" },
    { line: 'vd pg:backups:prune my-app/db --keep 14 --max-age 7d --yes', does: 'both limits, now' },
  ],
  run: async ({ io }, { cluster: ref, keep, maxAge, dryRun, yes }) => {
    const name = formatRef(ref);
    const [place, bucket] = await Promise.all([
      loadShelf(io, ref),
      io.controller.bucket(ref.scope, ref.name),
    ]);
    const { policy, problems } = resolvePolicy({ keep, maxAge }, bucket);
    if (problems.length > 0)
      throw new Failure('refused', problems.join('; '), {
        hint: `Name the limits here: vd pg:backups:prune ${name} --keep 30 --max-age 0 --dry-run.`,
      });
    if (!isLimited(policy))
      throw new Failure('refused', `no limit is set for ${name}: there is nothing to prune by`, {
        hint: `Name one: vd pg:backups:prune ${name} --keep 14 --dry-run; for every scheduled capture, keep = 14 in the backup { } block.`,
      });
    const dumps = (await loadCatalogue(io, place)).filter(({ path }) => path !== undefined);
    const plan = planRetention(dumps, policy, io.host.now(), await idsInUse(io, place));
    const label = `retention (${formatPolicy(policy)})`;
    const spared = plan.spared.map(({ backup, why }) => `${label}: kept ${backup.id}: ${why}`);
    if (plan.prune.length === 0) return message([`${label}: nothing to prune`, ...spared].join('\n'));
    const ids = plan.prune.map(({ id }) => id).join(', ');
    const bytes = formatBytes(plan.prune.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0));
    if (dryRun)
      return message(
        [`${label}: would prune ${plural(plan.prune.length, 'backup')}: ${ids} (${bytes})`, ...spared].join(
          '\n',
        ),
      );
    if (!yes)
      throw new Failure(
        'refused',
        `this removes ${plural(plan.prune.length, 'backup')} of ${name} for good: ${ids} (${bytes})`,
        {
          hint: 'Look first with --dry-run; to do it, add --yes.',
        },
      );
    for (const backup of plan.prune) await removeBackup(io, place, backup);
    // The first line is the older plugin's to the letter; a capture says the same (templates/jobs/capture-retention.sh.hbs).
    return message(
      [`${label}: pruned ${plan.prune.length} backup(s): ${ids}`, `${bytes} freed`, ...spared].join('\n'),
    );
  },
});
