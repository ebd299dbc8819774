import { type Context, command, message, type Reply } from '../cli/command.ts';
import { Unfit } from '../cli/params.ts';
import { type Cluster, livePrimary, titleOf } from '../cluster/cluster.ts';
import { clusterUrls, pointsAt } from '../cluster/connection-url.ts';
import {
  type Consumer,
  defaultAlias,
  formatConsumers,
  isSameLink,
  parseConsumers,
  readerVariable,
  updateConsumer,
  withFoundReads,
  writerVariable,
} from '../cluster/consumers.ts';
import { loadCluster, patience } from '../cluster/load-cluster.ts';
import { type ClusterRef, formatRef } from '../cluster/names.ts';
import { provePassword, requirePassword } from '../cluster/password.ts';
import { recordInBucket } from '../cluster/write-record.ts';
import { Failure } from '../errors.ts';
import { clusterParam } from './shared-params.ts';

const params = {
  provider: { ...clusterParam, metavar: '<postgres>', doc: 'the cluster, <scope>/<name>' },
  consumer: { ...clusterParam, metavar: '<consumer>', doc: 'the app that gets the URL, <scope>/<name>' },
  reads: { type: 'switch', doc: 'also set <ALIAS>_READ_URL, over the standbys' },
  alias: {
    type: 'flag',
    metavar: '<NAME>',
    doc: 'set <NAME>_URL instead of DATABASE_URL',
    parse: parseAlias,
  },
} as const;

export const link = command({
  name: 'link',
  summary: 'Give an app DATABASE_URL (and DATABASE_READ_URL), kept true after promotes and rotations',
  params,
  details: `
The app restarts once, when its URL changes. The database pods do not.
Linking again changes nothing; linking again with --reads adds the read URL.`,
  examples: [
    { line: 'vd pg:link my-app/db my-app/web', does: 'DATABASE_URL on my-app/web' },
    { line: 'vd pg:link my-app/db my-app/web --reads', does: 'and DATABASE_READ_URL over the standbys' },
    {
      line: 'vd pg:link my-app/db my-app/web --alias REPORTS',
      does: 'REPORTS_URL, beside a DATABASE_URL from elsewhere',
    },
  ],
  run: (context, values) => linkConsumer(context, values),
});

interface LinkValues {
  readonly provider: ClusterRef;
  readonly consumer: ClusterRef;
  readonly reads: boolean;
  readonly alias: string | undefined;
}

async function linkConsumer({ io, root }: Context, values: LinkValues): Promise<Reply> {
  const cluster = await loadCluster(io, values.provider, patience.toAct);
  const recorded = parseConsumers(cluster.bucket);
  const asked: Consumer = { ref: values.consumer, alias: values.alias ?? defaultAlias, reads: values.reads };
  const before = recorded.find(consumer => isSameLink(consumer, asked));
  const current = await io.controller.bucket(asked.ref.scope, asked.ref.name, { own: true });
  const link = before && withFoundReads(before, current, url => pointsAt(cluster, url));
  const wanted: Consumer = { ...asked, reads: asked.reads || link?.reads === true };
  refuseForeign(cluster, wanted, current);
  const password = requirePassword(cluster);
  const proven = await provePassword(io, cluster, password);
  const urls = clusterUrls(cluster, password);
  const update = updateConsumer(wanted, urls, current);
  const list = formatConsumers(
    before
      ? recorded.map(consumer => (isSameLink(consumer, wanted) ? wanted : consumer))
      : [...recorded, wanted],
  );
  if (list !== formatConsumers(recorded))
    await recordInBucket(io, root, cluster.ref, cluster.spec, { POSTGRES_LINKED_CONSUMERS: list });
  return message(describe(cluster, wanted, update === undefined, proven), update ? [update] : []);
}

/** Somebody else's URL is not ours to overwrite. */
function refuseForeign(
  cluster: Cluster,
  consumer: Consumer,
  current: Readonly<Record<string, string>>,
): void {
  const keys = [writerVariable(consumer), ...(consumer.reads ? [readerVariable(consumer)] : [])];
  for (const key of keys) {
    const value = current[key];
    if (!value || pointsAt(cluster, value)) continue;
    throw new Failure(
      'refused',
      `${formatRef(consumer.ref)} already has ${key}, and it does not point at ${formatRef(cluster.ref)}`,
      {
        hint: `Choose another name: vd pg:link ${formatRef(cluster.ref)} ${formatRef(consumer.ref)} --alias REPORTS. Or remove it: vd config ${formatRef(consumer.ref)} unset ${key}.`,
      },
    );
  }
}

function describe(cluster: Cluster, consumer: Consumer, unchanged: boolean, proven: boolean): string {
  const names = [writerVariable(consumer), ...(consumer.reads ? [readerVariable(consumer)] : [])].join(
    ' and ',
  );
  const primary = livePrimary(cluster);
  return [
    `${titleOf(cluster)}: ${formatRef(consumer.ref)} ${unchanged ? 'is linked already' : 'linked'} (${names})`,
    ...(primary === undefined ? ['the primary does not answer yet; the URL names the recorded one'] : []),
    ...(proven || primary === undefined ? [] : ['the password could not be tried against the database']),
    ...(consumer.reads && cluster.spec.replicas === 1
      ? [`replicas = 1: there is no standby, so ${readerVariable(consumer)} is the primary's URL`]
      : []),
  ].join('\n');
}

function parseAlias(word: string): string {
  const name = word.replace(/_URL$/, '');
  if (/^[A-Z][A-Z0-9_]*$/.test(name)) return name;
  throw new Unfit('wants a name in capitals, like REPORTS');
}
