import { type Context, command, message, type Reply } from '../cli/command.ts';
import { bucketKeys, bucketValue } from '../cluster/bucket.ts';
import { type Cluster, titleOf } from '../cluster/cluster.ts';
import { clusterUrls, superuserPassword } from '../cluster/connection-url.ts';
import { parseConsumers } from '../cluster/consumers.ts';
import { loadCluster, patience } from '../cluster/load-cluster.ts';
import { formatRef } from '../cluster/names.ts';
import { superuserCredentials, tryLogin } from '../cluster/password.ts';
import { refreshConsumers } from '../cluster/refresh-consumers.ts';
import { type Rotation, requirePrimary, rotateInDatabase, undoRotation } from '../cluster/rotate.ts';
import { type RecordedKey, recordInBucket } from '../cluster/write-record.ts';
import { Failure, formatFailure } from '../errors.ts';
import { clusterParam } from './shared-params.ts';

const passwordBytes = 32;

export const newPassword = command({
  name: 'new-password',
  summary:
    "Rotate the superuser password (or the replication role's) in the database and everywhere it is used",
  params: {
    cluster: clusterParam,
    replication: { type: 'switch', doc: 'the replication role instead; standbys keep streaming' },
    noRestart: { type: 'switch', doc: 'write the new URLs, but leave restarting the linked apps to you' },
  },
  details: `
In this order: the role in the database, a login with the new password on every pod, the config bucket, the
linked apps (each restarts once). If any of it fails, the old password stays in force everywhere.
No database pod restarts. Works also when the bucket's password is not the database's any more.`,
  examples: [
    { line: 'vd pg:new-password my-app/db', does: 'rotate, and give every linked app its new URL' },
    { line: 'vd pg:new-password my-app/db --replication', does: 'rotate what the standbys log in with' },
  ],
  run: async (context, values) => {
    const cluster = await loadCluster(context.io, values.cluster, patience.toAct);
    return values.replication
      ? rotateReplication(context, cluster)
      : rotateSuperuser(context, cluster, values.noRestart);
  },
});

async function rotateSuperuser(context: Context, cluster: Cluster, noRestart: boolean): Promise<Reply> {
  const { io } = context;
  const drifted = await hasDrifted(context, cluster);
  const rotation = await rotateInDatabase(io, cluster, cluster.spec.user, io.host.randomHex(passwordBytes));
  await recordOrUndo(context, cluster, rotation, bucketKeys.password.key);
  const consumers = parseConsumers(cluster.bucket);
  const updates = await refreshConsumers(io, cluster, clusterUrls(cluster, rotation.password), {
    skipRestart: noRestart,
  });
  return message(
    [
      `${titleOf(cluster)}: password of ${cluster.spec.user} rotated${provenOn(cluster)}`,
      ...(drifted ? ["the bucket's password was not the database's before; now they agree"] : []),
      consumers.length === 0
        ? 'no app is linked'
        : `linked apps: ${consumers.map(consumer => formatRef(consumer.ref)).join(', ')}`,
      ...(noRestart && consumers.length > 0
        ? [
            `not restarted: the apps log in with the old password, which no longer works, until ${restartLines(consumers.map(c => formatRef(c.ref)))}`,
          ]
        : []),
    ].join('\n'),
    updates,
  );
}

async function rotateReplication(context: Context, cluster: Cluster): Promise<Reply> {
  const { io } = context;
  const role = cluster.spec.replicationUser;
  const rotation = await rotateInDatabase(io, cluster, role, io.host.randomHex(passwordBytes));
  const passfile = `${cluster.spec.state}/replication.pgpass`;
  const before = await io.files.read(passfile);
  const write = (text: string) => io.files.writeAtomic(passfile, text, { mode: 0o600, like: passfile });
  await write(`*:*:*:${role}:${rotation.password}\n`);
  try {
    await recordOrUndo(context, cluster, rotation, bucketKeys.replicationPassword.key);
  } catch (error) {
    if (before !== undefined) await write(before);
    throw error;
  }
  return message(
    `${titleOf(cluster)}: password of ${role} rotated${provenOn(cluster)}; standbys keep streaming`,
  );
}

const provenOn = (cluster: Cluster): string => {
  const asked = cluster.pods.filter(pod => pod.answer !== undefined).map(pod => pod.ordinal);
  const silent = cluster.pods.filter(pod => pod.answer === undefined).map(pod => pod.ordinal);
  return ` and proven on ${asked.join(', ')}${silent.length === 0 ? '' : ` (not asked: ${silent.join(', ')})`}`;
};

const restartLines = (refs: readonly string[]) => refs.map(ref => `vd restart ${ref}`).join('; ');

async function recordOrUndo(
  context: Context,
  cluster: Cluster,
  rotation: Rotation,
  key: RecordedKey,
): Promise<void> {
  try {
    await recordInBucket(context.io, context.root, cluster.ref, cluster.spec, { [key]: rotation.password });
  } catch (cause) {
    const recorded = await context.io.controller
      .bucket(cluster.ref.scope, cluster.ref.name)
      .catch(() => undefined);
    if (recorded?.[key] === rotation.password) return;
    await undoRotation(context.io, cluster, rotation);
    throw new Failure(
      'controller',
      `the new password could not be recorded; the old one is in force again (${formatFailure(cause)})`,
      {
        hint: `Run vd pg:new-password ${formatRef(cluster.ref)} again when the controller answers.`,
        cause,
      },
    );
  }
}

async function hasDrifted({ io }: Context, cluster: Cluster): Promise<boolean> {
  const recorded = superuserPassword(cluster.bucket);
  if (recorded === undefined || bucketValue(cluster.bucket, 'password') === undefined) return true;
  return (
    (await tryLogin(io, cluster, requirePrimary(cluster), superuserCredentials(cluster, recorded))) ===
    'refused'
  );
}
