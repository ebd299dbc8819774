import { findBackup, loadCatalogue, requireDump } from '../../backup/catalogue.ts';
import { type FetchRules, parseSource } from '../../backup/fetch.ts';
import { parseBackupName } from '../../backup/id.ts';
import { type Place, placeOf } from '../../backup/place.ts';
import {
  clearEarlier,
  downloadEnding,
  newOperation,
  notePath,
  type RestoreOptions,
  type StartedRestore,
  startRestore,
  startSwapBack,
} from '../../backup/restore.ts';
import { writeFetchOrder } from '../../backup/restore-fetch.ts';
import { outcomeOf } from '../../backup/restore-outcome.ts';
import type { Context } from '../../cli/command.ts';
import { command, message } from '../../cli/command.ts';
import { asText, Unfit } from '../../cli/params.ts';
import { type Cluster, titleOf } from '../../cluster/cluster.ts';
import { loadCluster, patience } from '../../cluster/load-cluster.ts';
import { formatRef, workContainer } from '../../cluster/names.ts';
import { Failure } from '../../errors.ts';
import { durationSeconds, sizeBytes } from '../../spec/quantity.ts';
import { clusterParam } from '../shared-params.ts';
import { yesSwitch } from './parameters.ts';

const defaultLockTimeoutSeconds = 30;

export const backupsRestore = command({
  name: 'backups:restore',
  summary: 'Put a backup, or a dump from a URL, in place of the database',
  params: {
    cluster: clusterParam,
    source: {
      type: 'positional',
      metavar: '<id>|<url>',
      doc: 'a backup like b007, or the https:// URL of a pg_dump -Fc file',
      optional: true,
      parse: asText,
    },
    yes: { ...yesSwitch, doc: 'really replace the contents of the database, or drop the previous one' },
    kick: { type: 'switch', doc: 'end the transactions that are still open after --lock-timeout' },
    lockTimeout: {
      type: 'flag',
      metavar: '<duration>',
      doc: 'how long to wait for open transactions before the swap (default 30s)',
      parse: parseDuration,
    },
    noOwner: { type: 'switch', doc: "everything belongs to the database's owner, grants are left out" },
    undo: { type: 'switch', doc: 'bring back the database that the last restore put aside' },
    discard: { type: 'switch', doc: 'drop the database that the last restore put aside' },
    sha256: {
      type: 'flag',
      metavar: '<hex>',
      doc: 'of the download; another file is refused',
      parse: parseSha256,
    },
    maxSize: {
      type: 'flag',
      metavar: '<size>',
      doc: 'largest download, like 20GB (default: what the disk has)',
      parse: parseSize,
    },
    allowHttp: { type: 'switch', doc: 'allow a URL without TLS' },
    allowPrivate: { type: 'switch', doc: 'allow a URL in a private network, on this host, or link-local' },
  },
  details: `
The file is verified first, restored into a side database and compared with what was captured; then both databases change
names in one transaction. On any failure, kill or full disk the live database stays as it is. Its settings, grants, owner
and comment are kept. Sessions: idle ones are ended at the swap, transactions are waited for and, with --kick, ended.
The previous database is kept until the next restore: --undo brings it back, --discard --yes drops it.

It runs in a container of its own and is followed on this terminal; Ctrl-C stops following only.
A dump from a URL is loaded without superuser rights; what it may not do fails, and nothing is put in place.`,
  examples: [
    { line: 'vd pg:backups:restore my-app/db b007 --yes', does: 'the database is what b007 holds' },
    {
      line: 'vd pg:backups:restore my-app/db b007 --yes --kick --lock-timeout 5s',
      does: 'end what is still open after 5 s',
    },
    {
      line: 'vd pg:backups:restore my-app/db "https://bucket.example.com/db.dump?sig=…" --yes --sha256 <hex>',
      does: 'a dump from elsewhere',
    },
    { line: 'vd pg:backups:restore my-app/db --undo', does: 'as it was before the last restore' },
    { line: 'vd pg:backups:restore my-app/db --discard --yes', does: 'the previous database is not needed' },
  ],
  run: async (context, values) => {
    const { io } = context;
    const modes = [values.source !== undefined, values.undo, values.discard].filter(Boolean).length;
    if (modes !== 1)
      throw new Failure(
        'usage',
        modes === 0 ? 'name a backup or a URL' : 'a backup, --undo and --discard exclude each other',
        {
          hint: `vd pg:backups ${formatRef(values.cluster)} lists the backups; see vd pg:backups:restore --help.`,
        },
      );
    const rules: FetchRules = {
      allowHttp: values.allowHttp,
      allowPrivate: values.allowPrivate,
      maxBytes: values.maxSize,
      sha256: values.sha256,
    };
    const url =
      values.source !== undefined && /^[a-z][a-z0-9+.-]*:\/\//i.test(values.source)
        ? parseSource(values.source, rules)
        : undefined;
    const options: RestoreOptions = {
      lockTimeoutSeconds: values.lockTimeout ?? defaultLockTimeoutSeconds,
      kick: values.kick,
      noOwner: values.noOwner,
    };
    if (values.discard && !values.yes)
      throw new Failure(
        'refused',
        `this drops the previous database of ${formatRef(values.cluster)}, which the last restore put aside, for good`,
        { hint: `To do it: vd pg:backups:restore ${formatRef(values.cluster)} --discard --yes.` },
      );
    const cluster = await loadCluster(io, values.cluster, patience.toAct);
    const place = await placeOf(io.docker, cluster.ref, cluster.spec);
    const started =
      values.source === undefined
        ? await startSwap(context, cluster, place, values.undo ? 'undo' : 'discard', options)
        : url === undefined
          ? await restoreBackup(context, cluster, place, values.source, values.yes, options)
          : await restoreDownload(context, cluster, place, url, values.yes, rules, options);
    const { message: text, actions } = await outcomeOf(
      io,
      started.container,
      context.deadline,
      followText(cluster, started),
    );
    return message(text, actions);
  },
});

const followText = (cluster: Cluster, { container }: StartedRestore): string =>
  `${titleOf(cluster)}: running in container ${container}; Ctrl-C stops following, not the work (docker stop ${container} does, and the live database stays as it is until the swap)`;

async function restoreBackup(
  { io }: Context,
  cluster: Cluster,
  place: Place,
  source: string,
  yes: boolean,
  options: RestoreOptions,
): Promise<StartedRestore> {
  const backup = requireDump(place, findBackup(place, await loadCatalogue(io, place), parseName(source)));
  if (backup.status !== 'complete')
    throw new Failure(
      'refused',
      `backup ${backup.id} of ${formatRef(cluster.ref)} is ${backup.status.toUpperCase()}: ${backup.reason ?? 'it is not whole'}`,
      {
        hint: `Choose another: vd pg:backups ${formatRef(cluster.ref)}.`,
      },
    );
  requireYes(cluster, `backup ${backup.id} of ${backup.createdAt}`, yes);
  await clearEarlier(io, place);
  return startRestore(io, cluster, place, newOperation(io), { type: 'backup', backup }, options);
}

function parseName(source: string) {
  try {
    return parseBackupName(source);
  } catch (error) {
    if (error instanceof Unfit)
      throw new Failure('usage', `<id> ${error.message}, or an https:// URL; not ${JSON.stringify(source)}`, {
        hint: 'See vd pg:backups:restore --help.',
      });
    throw error;
  }
}

async function restoreDownload(
  { io, pluginDir }: Context,
  cluster: Cluster,
  place: Place,
  url: URL,
  yes: boolean,
  rules: FetchRules,
  options: RestoreOptions,
): Promise<StartedRestore> {
  requireYes(cluster, `the dump from ${url.host}`, yes);
  await clearEarlier(io, place);
  const op = newOperation(io);
  const order = notePath(place, op, '.fetch');
  await writeFetchOrder(io, order, {
    url: url.href,
    rules,
    path: notePath(place, op, downloadEnding),
    beat: notePath(place, op, '.beat'),
    refused: notePath(place, op, '.refused'),
    container: workContainer(place.ref, 'restore', op),
  });
  try {
    const started = await startRestore(io, cluster, place, op, { type: 'download', host: url.host }, options);
    io.host.detach([`${pluginDir}/bin/voodu-postgres`, 'backups:restore-fetch', order]);
    return started;
  } catch (error) {
    await io.files.remove(order);
    throw error;
  }
}

async function startSwap(
  { io }: Context,
  cluster: Cluster,
  place: Place,
  mode: 'undo' | 'discard',
  options: RestoreOptions,
): Promise<StartedRestore> {
  await clearEarlier(io, place);
  return startSwapBack(io, cluster, place, mode, options);
}

function requireYes(cluster: Cluster, what: string, yes: boolean): void {
  if (yes) return;
  throw new Failure(
    'refused',
    `this replaces database ${cluster.spec.database} of ${formatRef(cluster.ref)} by ${what}`,
    {
      hint: 'To do it, add --yes. The present database is kept aside: --undo brings it back.',
    },
  );
}

function parseDuration(word: string): number {
  const seconds = /^\d+$/.test(word) ? Number(word) : durationSeconds(word);
  if (seconds === undefined) throw new Unfit('wants a duration like 30s or 5m');
  return Math.ceil(seconds);
}

function parseSize(word: string): number {
  const bytes = sizeBytes(word);
  if (bytes === undefined || bytes === 0) throw new Unfit('wants a size like 20GB');
  return bytes;
}

function parseSha256(word: string): string {
  if (/^[0-9a-f]{64}$/i.test(word)) return word.toLowerCase();
  throw new Unfit('wants 64 hexadecimal digits');
}
