import { type Context, command, message, type Reply } from '../cli/command.ts';
import { readAppliedSpec } from '../cluster/applied-spec.ts';
import { bucketKeys, bucketValue } from '../cluster/bucket.ts';
import { type ClusterRef, formatRef } from '../cluster/names.ts';
import { Failure } from '../errors.ts';
import type { StoredManifest } from '../io.ts';
import type { Action } from '../protocol/manifest.ts';
import { clusterParam } from './shared-params.ts';

export const expose = command({
  name: 'expose',
  summary: 'Publish a single primary on every address of the host, 0.0.0.0:<port>',
  params: { cluster: clusterParam },
  details: `
The pod is recreated once. The host's firewall still decides who reaches the port.
Only with replicas = 1: one host port cannot belong to several pods.`,
  examples: [{ line: 'vd pg:expose my-app/db', does: 'reachable from outside as <host>:5432' }],
  run: async (context, { cluster }) => exposeCluster(context, cluster),
});

export const unexpose = command({
  name: 'unexpose',
  summary: 'Back to loopback: 127.0.0.1 of the host only',
  params: { cluster: clusterParam },
  examples: [{ line: 'vd pg:unexpose my-app/db', does: 'no longer reachable from outside' }],
  run: async (context, { cluster }) => unexposeCluster(context, cluster),
});

async function exposeCluster(context: Context, ref: ClusterRef): Promise<Reply> {
  const { spec, manifest, exposed } = await load(context, ref);
  const name = formatRef(ref);
  const warning = `anyone who reaches the port and knows the password gets in: check the firewall, and rotate if it ever leaked (vd pg:new-password ${name})`;
  if (spec.replicas > 1)
    throw new Failure(
      'refused',
      `${name} has replicas = ${spec.replicas}; one host port cannot belong to ${spec.replicas} pods`,
      {
        hint: `Reach it through ssh -L ${spec.port}:<host>:<port> (docker port ${ref.scope}-${ref.name}.0 shows the loopback port), or set replicas = 1.`,
      },
    );
  const wanted = [`0.0.0.0:${spec.port}:${spec.port}`];
  const applied = same(spec.ports, wanted);
  if (!applied && !same(spec.ports, loopback(spec.port)))
    throw new Failure('refused', `the block of ${name} publishes ports itself: ${spec.ports.join(', ')}`, {
      hint: 'Remove ports from the block and apply, or publish there.',
    });
  if (applied && exposed)
    return message(`postgres ${name} is exposed on 0.0.0.0:${spec.port} already\n${warning}`);
  if (!applied && (await context.io.host.portTaken(spec.port)))
    throw new Failure('refused', `port ${spec.port} of this host is taken`, {
      hint: `Another cluster may be exposed on it. Choose another port in the block of ${name}.`,
    });
  return message(`postgres ${name} now exposed on 0.0.0.0:${spec.port} — pod restart triggered\n${warning}`, [
    {
      type: 'config_set',
      ...ref,
      kv: { [bucketKeys.exposePublic.key]: 'true' },
      skip_restart: true,
      summary: `${name}: exposure recorded`,
    },
    withPorts(ref, manifest, wanted),
  ]);
}

async function unexposeCluster(context: Context, ref: ClusterRef): Promise<Reply> {
  const { spec, manifest, exposed } = await load(context, ref);
  const name = formatRef(ref);
  await refuseScope(context, ref);
  const published = spec.ports.some(port => port.startsWith('0.0.0.0:'));
  if (!published && !exposed) return message(`postgres ${name} is on loopback already`);
  return message(`postgres ${name} is back on loopback; its pod is recreated`, [
    ...(exposed
      ? [
          {
            type: 'config_unset',
            ...ref,
            keys: [bucketKeys.exposePublic.key],
            skip_restart: true,
            summary: `${name}: exposure forgotten`,
          } as const,
        ]
      : []),
    ...(published ? [withPorts(ref, manifest, loopback(spec.port))] : []),
  ]);
}

/** The scope's value would publish the port again at the next apply. */
async function refuseScope({ io }: Context, ref: ClusterRef): Promise<void> {
  if (bucketValue(await io.controller.scopeBucket(ref.scope), 'exposePublic') === undefined) return;
  throw new Failure(
    'refused',
    `${bucketKeys.exposePublic.key} is set for the whole scope ${ref.scope}, so ${formatRef(ref)} would be exposed again`,
    { hint: `Unset it there: vd config ${ref.scope} unset ${bucketKeys.exposePublic.key}.` },
  );
}

const loopback = (port: number): string[] => [String(port)];
const same = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((port, index) => port === b[index]);

async function load({ io }: Context, ref: ClusterRef) {
  const described = await io.controller.describe('statefulset', ref.scope, ref.name);
  if (!described)
    throw new Failure('not-found', `there is no postgres ${formatRef(ref)}`, {
      hint: 'Apply its block first: vd apply -f <file>.',
    });
  const bucket = await io.controller.bucket(ref.scope, ref.name);
  return {
    manifest: described.manifest,
    spec: readAppliedSpec(ref, described.manifest),
    exposed: bucketValue(bucket, 'exposePublic') !== undefined,
  };
}

/** The stored spec with its asset digests stays as it is but for the ports, so that a later apply finds nothing to change. */
function withPorts(ref: ClusterRef, manifest: StoredManifest, ports: readonly string[]): Action {
  return {
    type: 'apply_manifest',
    ...ref,
    manifest: { kind: 'statefulset', ...ref, spec: { ...manifest.spec, ports } },
    summary: `${formatRef(ref)}: ports ${ports.join(', ')}`,
  };
}
