import { type Context, command, message, type Reply } from '../cli/command.ts';
import { Unfit } from '../cli/params.ts';
import { appRole, provideAppRole } from '../cluster/app-role.ts';
import { type Cluster, livePrimary, titleOf } from '../cluster/cluster.ts';
import { clusterUrls, pointsAt, type Urls } from '../cluster/connection-url.ts';
import {
  type Consumer,
  defaultAlias,
  isSameLink,
  parseConsumers,
  readerVariable,
  recordedConsumers,
  updateConsumer,
  withFoundReads,
  writerVariable,
} from '../cluster/consumers.ts';
import { loadCluster, patience } from '../cluster/load-cluster.ts';
import { type ClusterRef, formatRef } from '../cluster/names.ts';
import { provePassword, requirePassword } from '../cluster/password.ts';
import { recordInBucket } from '../cluster/write-record.ts';
import { Failure } from '../errors.ts';
import type { Io } from '../io.ts';
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
  appRole: {
    type: 'switch',
    doc: `log in as ${appRole}, which is no superuser, instead of the cluster's user`,
  },
  force: { type: 'switch', doc: 'replace a URL that points elsewhere' },
} as const;

export const link = command({
  name: 'link',
  summary: 'Give an app DATABASE_URL (and DATABASE_READ_URL), kept true after promotes and rotations',
  params,
  details: `
The app restarts once, when its URL changes. The database pods do not.
Linking again changes nothing; linking again with --reads adds the read URL.
With --app-role the app logs in as ${appRole}: it may make and change its own tables and schemas in the cluster's database and
use those of the superuser, but reads no files of the server and runs no programs on it. The role is made when it is first asked for.`,
  examples: [
    { line: 'vd pg:link my-app/db my-app/web', does: 'DATABASE_URL on my-app/web' },
    { line: 'vd pg:link my-app/db my-app/web --reads', does: 'and DATABASE_READ_URL over the standbys' },
    {
      line: 'vd pg:link my-app/db my-app/web --alias REPORTS',
      does: 'REPORTS_URL, beside a DATABASE_URL from elsewhere',
    },
    { line: 'vd pg:link my-app/db my-app/web --app-role', does: 'without superuser rights' },
  ],
  run: (context, values) => linkConsumer(context, values),
});

interface LinkValues {
  readonly provider: ClusterRef;
  readonly consumer: ClusterRef;
  readonly reads: boolean;
  readonly alias: string | undefined;
  readonly appRole: boolean;
  readonly force: boolean;
}

async function linkConsumer({ io, root }: Context, values: LinkValues): Promise<Reply> {
  const cluster = await loadCluster(io, values.provider, patience.toAct);
  const recorded = parseConsumers(cluster.bucket);
  const asked: Consumer = {
    ref: values.consumer,
    alias: values.alias ?? defaultAlias,
    reads: values.reads,
    app: values.appRole,
  };
  const before = recorded.find(consumer => isSameLink(consumer, asked));
  const current = await io.controller.bucket(asked.ref.scope, asked.ref.name, { own: true });
  const link = before && withFoundReads(before, current, url => pointsAt(cluster, url));
  const wanted: Consumer = {
    ...asked,
    reads: asked.reads || link?.reads === true,
    app: asked.app || link?.app === true,
  };
  if (!values.force) refuseForeign(cluster, wanted, current);
  const login = await provideLogin(io, cluster, wanted);
  const update = updateConsumer(wanted, login.urls, current);
  const links = before
    ? recorded.map(consumer => (isSameLink(consumer, wanted) ? wanted : consumer))
    : [...recorded, wanted];
  const record = { ...recordedConsumers(links), ...login.recorded };
  const changed = Object.entries(record).some(([key, value]) => (cluster.bucket[key] ?? '') !== value);
  if (changed) await recordInBucket(io, root, cluster.ref, cluster.spec, record);
  return message(describe(cluster, wanted, update === undefined, login.proven), update ? [update] : []);
}

interface ProvidedLogin {
  readonly urls: Urls;
  /** What the cluster's bucket has to remember of it. */
  readonly recorded: { readonly POSTGRES_APP_PASSWORD?: string };
  readonly proven: boolean;
}

async function provideLogin(io: Io, cluster: Cluster, consumer: Consumer): Promise<ProvidedLogin> {
  if (consumer.app) {
    const password = await provideAppRole(io, cluster);
    const urls = clusterUrls(cluster, password, appRole);
    return { urls, recorded: { POSTGRES_APP_PASSWORD: password }, proven: true };
  }
  const password = requirePassword(cluster);
  const proven = await provePassword(io, cluster, password);
  return { urls: clusterUrls(cluster, password), recorded: {}, proven };
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
        hint: `Choose another name: vd pg:link ${formatRef(cluster.ref)} ${formatRef(consumer.ref)} --alias REPORTS. Or replace it: the same command with --force.`,
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
    `${titleOf(cluster)}: ${formatRef(consumer.ref)} ${unchanged ? 'is linked already' : 'linked'} (${names}${consumer.app ? `, as ${appRole}` : ''})`,
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
