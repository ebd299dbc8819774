/** Reads a cluster: the stored spec, the bucket and the record, and every pod asked at the same time. */
import { Failure, isFailure } from '../errors.ts';
import type { Container, Io } from '../io.ts';
import { type LocalServer, ranOutOfTime, trySql } from '../postgres/local-sql.ts';
import { parseProbe, probeStatement } from '../postgres/probe.ts';
import { type AppliedSpec, readAppliedSpec } from './applied-spec.ts';
import type { Cluster, Pod } from './cluster.ts';
import { type ClusterRef, formatRef, podName } from './names.ts';
import { ordinal } from './ordinal.ts';
import { loadEpoch, loadPodNote } from './record.ts';

/**
 * A pod that says nothing for this long is "unknown": what only shows the cluster answers within 3 s all the same,
 * what changes it would rather wait than judge a busy pod.
 */
export const patience = { toShow: 2_000, toAct: 6_000 } as const;

export async function loadSpec(io: Io, ref: ClusterRef): Promise<AppliedSpec> {
  const described = await io.controller.describe('statefulset', ref.scope, ref.name);
  if (described) return readAppliedSpec(ref, described.manifest);
  throw new Failure('not-found', `there is no postgres ${formatRef(ref)}`, {
    hint: `Apply a block first: postgres "${ref.scope}" "${ref.name}" { } in a file, then vd apply -f <file>.`,
  });
}

export async function loadCluster(
  io: Io,
  ref: ClusterRef,
  patienceMs: number = patience.toShow,
): Promise<Cluster> {
  const [spec, bucket, names] = await Promise.all([
    loadSpec(io, ref),
    io.controller.bucket(ref.scope, ref.name),
    io.docker.list({ 'voodu.kind': 'statefulset', 'voodu.scope': ref.scope, 'voodu.name': ref.name }),
  ]);
  const expected = Array.from({ length: spec.replicas }, (_, index) => podName(ref, index));
  const [containers, epoch] = await Promise.all([io.docker.inspect(names), loadEpoch(io.files, spec.state)]);
  const ask = (name: string) => (server: Container | undefined) =>
    probe(io, { container: name, user: spec.user, port: spec.port }, server, patienceMs);
  const pods = await Promise.all(
    expected.map((name, index) => loadPod(io, spec, name, index, containers, ask(name))),
  );
  return { ref, spec, bucket, epoch, pods };
}

async function loadPod(
  io: Io,
  spec: AppliedSpec,
  name: string,
  index: number,
  containers: readonly Container[],
  ask: (container: Container | undefined) => Promise<Pick<Pod, 'answer' | 'silence'>>,
): Promise<Pod> {
  const container = containers.find(found => found.name === name);
  const [probed, note] = await Promise.all([
    ask(container),
    loadPodNote(io.files, spec.state, ordinal(index)),
  ]);
  // While it is being made, the first server answers on the socket, to nobody's use.
  const making = note?.state === 'initialising' && container?.id.startsWith(note.container);
  const said = making ? { answer: undefined, silence: 'the cluster is being initialised' } : probed;
  return { ordinal: ordinal(index), name, container, note, ...said };
}

async function probe(
  io: Io,
  server: LocalServer,
  container: Container | undefined,
  patienceMs: number,
): Promise<Pick<Pod, 'answer' | 'silence'>> {
  if (container === undefined) return { answer: undefined, silence: 'there is no container' };
  if (container.state !== 'running')
    return { answer: undefined, silence: `the container is ${container.state}` };
  try {
    const { exitCode, stdout, stderr } = await trySql(io.docker, server, probeStatement, {
      timeoutMs: patienceMs,
    });
    const answer = exitCode === 0 ? parseProbe(stdout) : undefined;
    const silence = ranOutOfTime({ exitCode, stderr })
      ? late(patienceMs)
      : (lastLine(stderr) ?? 'the server gave no answer');
    return { answer, silence: answer ? undefined : silence };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return {
      answer: undefined,
      silence: error.kind === 'deadline' ? late(patienceMs) : error.message,
    };
  }
}

const late = (patienceMs: number): string => `no answer within ${patienceMs / 1000} s`;

const lastLine = (text: string): string | undefined =>
  text
    .trim()
    .split('\n')
    .at(-1)
    ?.replace(/^psql: error: .*FATAL: +/, '') || undefined;
