import { command, message } from '../cli/command.ts';
import { pointsAt } from '../cluster/connection-url.ts';
import { clearConsumer, defaultAlias, parseConsumers, recordedConsumers } from '../cluster/consumers.ts';
import { loadSpec } from '../cluster/load-cluster.ts';
import { formatRef } from '../cluster/names.ts';
import { recordInBucket } from '../cluster/write-record.ts';
import { Failure } from '../errors.ts';
import { clusterParam } from './shared-params.ts';

export const unlink = command({
  name: 'unlink',
  summary: 'Take back what link gave an app',
  params: {
    provider: { ...clusterParam, metavar: '<postgres>', doc: 'the cluster, <scope>/<name>' },
    consumer: { ...clusterParam, metavar: '<consumer>', doc: 'the app, <scope>/<name>' },
    alias: {
      type: 'flag',
      metavar: '<NAME>',
      doc: 'only the link with this name',
      parse: (word: string) => word.replace(/_URL$/, ''),
    },
  },
  details: `
Removes exactly the variables that point at this cluster; a DATABASE_URL from elsewhere stays.`,
  examples: [
    { line: 'vd pg:unlink my-app/db my-app/web', does: 'my-app/web no longer gets a URL of my-app/db' },
  ],
  run: async ({ io, root }, { provider, consumer, alias }) => {
    const spec = await loadSpec(io, provider);
    const recorded = parseConsumers(await io.controller.bucket(provider.scope, provider.name));
    const isMeant = (link: (typeof recorded)[number]) =>
      link.ref.scope === consumer.scope &&
      link.ref.name === consumer.name &&
      (alias === undefined || link.alias === alias);
    const current = await io.controller.bucket(consumer.scope, consumer.name, { own: true });
    const isOurs = (url: string) => pointsAt({ ref: provider }, url);
    // A link that is no longer recorded can still have left its variables.
    const meant = recorded.some(isMeant)
      ? recorded.filter(isMeant)
      : [{ ref: consumer, alias: alias ?? defaultAlias, reads: true, app: false }];
    const actions = meant.flatMap(link => clearConsumer(link, current, isOurs) ?? []);
    if (actions.length === 0 && !recorded.some(isMeant))
      throw new Failure('not-found', `${formatRef(consumer)} is not linked to ${formatRef(provider)}`, {
        hint: `vd pg:info ${formatRef(provider)} lists the linked apps.`,
      });
    if (recorded.some(isMeant))
      await recordInBucket(
        io,
        root,
        provider,
        spec,
        recordedConsumers(recorded.filter(link => !isMeant(link))),
      );
    return message(`postgres ${formatRef(provider)}: ${formatRef(consumer)} unlinked`, actions);
  },
});
