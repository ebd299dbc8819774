import { type Context, command, message, type Reply } from '../cli/command.ts';
import { appPassword, appRole } from '../cluster/app-role.ts';
import { bucketKeys, bucketValue, passwordBytes } from '../cluster/bucket.ts';
import { type Cluster, requirePrimary, titleOf } from '../cluster/cluster.ts';
import { clusterUrls, superuserPassword } from '../cluster/connection-url.ts';
import { type Consumer, parseConsumers } from '../cluster/consumers.ts';
import { loadCluster, patience } from '../cluster/load-cluster.ts';
import { formatRef } from '../cluster/names.ts';
import { requirePassword, superuserCredentials, tryLogin } from '../cluster/password.ts';
import { formatProof } from '../cluster/prove-password.ts';
import { refreshConsumers } from '../cluster/refresh-consumers.ts';
import { rotate } from '../cluster/rotate.ts';
import { before, within } from '../cluster/time-left.ts';
import { type RecordedKey, recordInBucket } from '../cluster/write-record.ts';
import { Failure, formatFailure, isFailure } from '../errors.ts';
import { clusterParam } from './shared-params.ts';

/** Left of the time for recording, to see whether a write without an answer has arrived all the same. */
const readBackMs = 1_000;

export const newPassword = command({
  name: 'new-password',
  summary: 'Rotate a password in the database and everywhere it is used',
  params: {
    cluster: clusterParam,
    replication: { type: 'switch', doc: 'the replication role instead; standbys keep streaming' },
    appRole: { type: 'switch', doc: `${appRole} instead, which link --app-role gives to apps` },
    noRestart: { type: 'switch', doc: 'write the new URLs, but leave restarting the linked apps to you' },
  },
  details: `
Rotates the superuser's password, unless a flag names another role. In this order: the role in the database, a login with
the new password on every pod that answers, the config bucket, the linked apps (each restarts once). Until the bucket has it,
any failure puts the old password back. A standby that lags or whose replay is paused takes the new one later; the reply
names it. No database pod restarts. It works also when the bucket's password is no longer the database's.`,
  examples: [
    { line: 'vd pg:new-password my-app/db', does: 'rotate, and give every linked app its new URL' },
    { line: 'vd pg:new-password my-app/db --replication', does: 'rotate what the standbys log in with' },
    {
      line: 'vd pg:new-password my-app/db --app-role',
      does: 'rotate what apps without superuser rights log in with',
    },
  ],
  run: async (context, values) => {
    const cluster = await loadCluster(context.io, values.cluster, patience.toAct);
    if (values.replication && values.appRole)
      throw new Failure('usage', 'only one of --replication and --app-role is possible', {
        hint: 'Run the command once for each role.',
      });
    if (values.replication) return rotateReplication(context, cluster);
    return values.appRole
      ? rotateAppRole(context, cluster, values.noRestart)
      : rotateSuperuser(context, cluster, values.noRestart);
  },
});

async function rotateSuperuser(context: Context, cluster: Cluster, noRestart: boolean): Promise<Reply> {
  const { io, deadline } = context;
  const { user: role, database } = cluster.spec;
  const password = io.host.randomHex(passwordBytes);
  requirePrimary(cluster, 'nothing was changed');
  // What needs the controller and changes nothing comes first: it may fail.
  const [drifted, updates] = await Promise.all([
    hasDrifted(context, cluster),
    refreshConsumers(io, cluster, clusterUrls(cluster, password), { skipRestart: noRestart }),
  ]);
  const proof = await rotate(io, cluster, { role, password, database, flag: '' }, deadline, {
    run: until => record(context, cluster, bucketKeys.password.key, password, until),
    undo: async () => {},
  });
  return message(
    [
      `${titleOf(cluster)}: password of ${role} rotated and ${formatProof(proof)}`,
      ...(drifted ? ['the bucket and the database had different passwords; both have the new one now'] : []),
      ...describeApps(cluster, consumer => !consumer.app, noRestart),
    ].join('\n'),
    updates,
  );
}

async function rotateAppRole(context: Context, cluster: Cluster, noRestart: boolean): Promise<Reply> {
  const { io, deadline } = context;
  const ref = formatRef(cluster.ref);
  if (appPassword(cluster.bucket) === undefined)
    throw new Failure('refused', `${ref} has no ${appRole}: no app was linked with --app-role`, {
      hint: `vd pg:link ${ref} <app> --app-role makes it.`,
    });
  requirePrimary(cluster, 'nothing was changed');
  const password = io.host.randomHex(passwordBytes);
  const { key } = bucketKeys.appPassword;
  const after: Cluster = { ...cluster, bucket: { ...cluster.bucket, [key]: password } };
  const urls = clusterUrls(cluster, requirePassword(cluster));
  const updates = await refreshConsumers(io, after, urls, { skipRestart: noRestart });
  const { database } = cluster.spec;
  const wanted = { role: appRole, password, database, flag: '--app-role' } as const;
  const proof = await rotate(io, cluster, wanted, deadline, {
    run: until => record(context, cluster, key, password, until),
    undo: async () => {},
  });
  return message(
    [
      `${titleOf(cluster)}: password of ${appRole} rotated and ${formatProof(proof)}`,
      ...describeApps(cluster, consumer => consumer.app, noRestart),
    ].join('\n'),
    updates,
  );
}

function describeApps(cluster: Cluster, concerns: (link: Consumer) => boolean, noRestart: boolean): string[] {
  const apps = parseConsumers(cluster.bucket)
    .filter(concerns)
    .map(({ ref }) => formatRef(ref));
  if (apps.length === 0) return ['no app is linked'];
  return [
    `linked apps: ${apps.join(', ')}`,
    ...(noRestart
      ? [
          `not restarted: the apps log in with the old password, which no longer works, until ${restartLines(apps)}`,
        ]
      : []),
  ];
}

async function rotateReplication(context: Context, cluster: Cluster): Promise<Reply> {
  const { io, deadline } = context;
  const role = cluster.spec.replicationUser;
  const password = io.host.randomHex(passwordBytes);
  const passfile = `${cluster.spec.state}/replication.pgpass`;
  const old = await io.files.read(passfile);
  const write = (text: string) => io.files.writeAtomic(passfile, text, { mode: 0o600, like: passfile });
  const proof = await rotate(
    io,
    cluster,
    { role, password, database: 'postgres', flag: '--replication' },
    deadline,
    {
      run: async until => {
        await write(`*:*:*:${role}:${password}\n`);
        await record(context, cluster, bucketKeys.replicationPassword.key, password, until);
      },
      undo: () => (old === undefined ? io.files.remove(passfile) : write(old)),
    },
  );
  return message(
    `${titleOf(cluster)}: password of ${role} rotated and ${formatProof(proof)}; standbys keep streaming`,
  );
}

const restartLines = (refs: readonly string[]) => refs.map(ref => `vd restart ${ref}`).join('; ');

async function record(
  { io, root }: Context,
  { ref, spec }: Cluster,
  key: RecordedKey,
  password: string,
  until: Date,
): Promise<void> {
  try {
    const recording = recordInBucket(io, root, ref, spec, { [key]: password });
    await within(io.host, before(until, readBackMs), 'recording it in the config bucket', recording);
  } catch (cause) {
    const bucket = within(io.host, until, 'reading the bucket', io.controller.bucket(ref.scope, ref.name));
    if ((await bucket.catch(() => undefined))?.[key] === password) return;
    throw new Failure('controller', `the new password could not be recorded: ${reasonOf(cause)}`, {
      hint: `Run vd pg:new-password ${formatRef(ref)} again when the controller answers.`,
      cause,
    });
  }
}

const reasonOf = (cause: unknown): string => (isFailure(cause) ? cause.message : formatFailure(cause));

async function hasDrifted({ io }: Context, cluster: Cluster): Promise<boolean> {
  const recorded = superuserPassword(cluster.bucket);
  if (recorded === undefined || bucketValue(cluster.bucket, 'password') === undefined) return true;
  return (
    (await tryLogin(
      io,
      cluster,
      requirePrimary(cluster, 'nothing was changed'),
      superuserCredentials(cluster, recorded),
    )) === 'refused'
  );
}
