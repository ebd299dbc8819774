import { command } from '../cli/command.ts';
import { asText } from '../cli/params.ts';
import { type Cluster, livePrimary, type Pod, podOf, primaryOrdinal } from '../cluster/cluster.ts';
import { loadCluster, patience } from '../cluster/load-cluster.ts';
import { formatRef } from '../cluster/names.ts';
import type { Ordinal } from '../cluster/ordinal.ts';
import { Failure } from '../errors.ts';
import { clusterParam, replicaFlag } from './shared-params.ts';

export const psql = command({
  name: 'psql',
  summary: 'Open psql on the primary, or run one statement',
  params: {
    cluster: clusterParam,
    replica: { ...replicaFlag, doc: 'on this pod instead of the primary' },
    command: {
      type: 'flag',
      short: 'c',
      metavar: '<sql>',
      doc: "run this and leave with psql's exit status",
      parse: asText,
    },
    arguments: { type: 'rest', metavar: '<psql arguments>', doc: 'handed to psql as they are' },
  },
  details: `
Connects inside the pod over its socket, as the cluster's user to the cluster's database: no password is asked.
SQL may also come from stdin.`,
  examples: [
    { line: 'vd pg:psql my-app/db', does: 'a session on the primary' },
    { line: 'vd pg:psql my-app/db -c "select count(*) from users"', does: 'one statement' },
    { line: 'vd pg:psql my-app/db --replica 1', does: 'a session on pod 1' },
    { line: 'vd pg:psql my-app/db -- -d other_database --csv -c "table users"', does: 'any psql argument' },
    {
      line: 'vd pg:psql my-app/db -- -1 -v ON_ERROR_STOP=1 < migration.sql',
      does: 'a file, whole or not at all; on the host, for a terminal of ssh is in the way elsewhere',
    },
  ],
  run: async ({ io }, values) => {
    const cluster = await loadCluster(io, values.cluster, patience.toAct);
    const pod = choosePod(cluster, values.replica);
    const { user, database, port } = cluster.spec;
    const sql = values.command === undefined ? [] : ['-c', values.command];
    const session = [
      'psql',
      '-h',
      '/var/run/postgresql',
      '-p',
      String(port),
      '-U',
      user,
      '-d',
      database,
      ...sql,
      ...values.arguments,
    ];
    const batch =
      values.command !== undefined ||
      values.arguments.some(word => /^(-c|-f|-l|--command|--file|--list)/.test(word));
    const words = batch
      ? ['docker', 'exec', '-i', pod.name, ...session]
      : withTerminal([pod.name, ...session]);
    return {
      type: 'message',
      message: '',
      actions: [{ type: 'exec_local', command: words, summary: `psql on ${pod.name}` }],
    };
  },
});

/** docker refuses -t where there is no terminal (contract 2.5); only the operator's side knows. */
function withTerminal(words: readonly string[]): string[] {
  return [
    'sh',
    '-c',
    'if [ -t 0 ] && [ -t 1 ]; then exec docker exec -it "$@"; else exec docker exec -i "$@"; fi',
    'psql',
    ...words,
  ];
}

function choosePod(cluster: Cluster, wanted: Ordinal | undefined): Pod {
  const ref = formatRef(cluster.ref);
  const pod = wanted === undefined ? (livePrimary(cluster) ?? unasked(cluster)) : podOf(cluster, wanted);
  if (pod === undefined && wanted !== undefined)
    throw new Failure(
      'not-found',
      `${ref} has no pod ${wanted}: replicas = ${cluster.spec.replicas}, so 0 to ${cluster.spec.replicas - 1}`,
    );
  if (pod === undefined)
    throw new Failure('refused', `no pod of ${ref} accepts writes`, {
      hint: `See vd pg:info ${ref}; read from a standby with --replica <n>.`,
    });
  if (pod.answer === undefined && wanted !== undefined)
    throw new Failure('refused', `${pod.name} does not answer: ${pod.silence}`, {
      hint: `See vd pg:info ${ref} and vd logs ${ref}.`,
    });
  return pod;
}

/** Where nobody answers, the recorded primary may only be busy, or full of sessions: psql itself says what is wrong. */
function unasked(cluster: Cluster): Pod | undefined {
  if (cluster.pods.some(pod => pod.answer !== undefined)) return undefined;
  const recorded = podOf(cluster, primaryOrdinal(cluster));
  return recorded?.container?.state === 'running' ? recorded : undefined;
}
