/** The ports of a host on which a cluster of `cluster-view.ts` runs: what commands see of it, and what they wrote. */
import type { Context } from '../../src/cli/command.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import type { Io } from '../../src/io.ts';
import { aDocker, finished } from '../fakes/a-docker.ts';
import { aHost } from '../fakes/a-host.ts';
import { memoryFiles } from '../fakes/memory-files.ts';

export function hostOf(
  cluster: Cluster,
  otherBuckets: Readonly<Record<string, Record<string, string>>> = {},
) {
  const { ref, spec, epoch, pods } = cluster;
  const bucket: Record<string, string> = { ...cluster.bucket };
  const files = memoryFiles();
  if (epoch)
    files.all.set(
      `${spec.state}/epochs/${epoch.epoch}`,
      `primary=${epoch.primary}\nprevious=${epoch.previous ?? ''}\ntimeline=${epoch.timeline}\nsystem_id=${epoch.systemId}\n`,
    );
  for (const { ordinal, note } of pods)
    if (note)
      files.all.set(
        `${spec.state}/pods/${ordinal}`,
        `state=${note.state}\nreason=${note.reason}\nshape=${note.shape}\nsystem_id=${note.systemId}\ntimeline=${note.timeline}\ncontainer=${note.container}\nprotocol=${note.protocol}\n`,
      );
  const env = { PG_NAME: ref.name, POSTGRES_USER: spec.user, PG_PORT: String(spec.port) };
  const manifest = { kind: 'statefulset', ...ref, spec: { image: spec.image, replicas: spec.replicas, env } };
  const host = aHost();
  const io = {
    files,
    host,
    controller: {
      describe: async () => ({ manifest, status: undefined, pods: [] }),
      bucket: async (scope: string, name: string) =>
        name === ref.name ? bucket : (otherBuckets[`${scope}/${name}`] ?? {}),
      scopeBucket: async () => ({}),
      record: async (_scope: string, _name: string, values: Record<string, string>) => {
        Object.assign(bucket, values);
      },
    },
    docker: aDocker({
      list: async () => pods.map(pod => pod.name),
      inspect: async names =>
        pods.flatMap(pod => (names.includes(pod.name) && pod.container ? [pod.container] : [])),
      exec: async (name, _command, { input = '' } = {}) => {
        const answer = pods.find(pod => pod.name === name)?.answer;
        if (answer === undefined) return finished('', 2, 'psql: error: no server');
        return input.includes('json_build_object') ? finished(JSON.stringify(answer)) : finished('');
      },
    }),
  } as unknown as Io;
  const context: Context = {
    io,
    pluginDir: '',
    root: '/opt/voodu',
    typedAs: 'pg',
    stdin: async () => '',
    deadline: new Date(host.now().getTime() + 27_000),
  };
  return { context, bucket, files, host };
}
