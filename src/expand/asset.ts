/** The asset: files mounted into every pod, one row each. Their bytes are in the spec hash, so they hold nothing that moves. */
import initReplication from '../../templates/docker-entrypoint-initdb.d/00_create_replication.sh.hbs';
import streaming from '../../templates/etc/postgresql/conf.d/voodu-50-streaming.conf.hbs';
import overrides from '../../templates/etc/postgresql/conf.d/voodu-99-overrides.conf.hbs';
import grant from '../../templates/pod/grant-replication.sh.hbs';
import { assetName, type ClusterRef, podPaths } from '../cluster/names.ts';
import type { Manifest } from '../protocol/manifest.ts';
import { renderEntrypoint } from '../render/entrypoint.ts';
import type { PostgresSpec } from '../spec/postgres-spec.ts';

export interface EmittedFile {
  readonly key: string;
  readonly mountPath: string;
  readonly loadedBy: string;
  readonly render: (spec: PostgresSpec) => string;
}

export const emittedFiles: readonly EmittedFile[] = [
  {
    key: 'entrypoint',
    mountPath: podPaths.entrypoint,
    loadedBy: '`command = ["bash", …]`: PID 1 of the pod',
    render: renderEntrypoint,
  },
  {
    key: 'pg_overrides_conf',
    mountPath: '/etc/postgresql/conf.d/voodu-99-overrides.conf',
    loadedBy: "postgres `include_dir` (the block's pg_config)",
    render: spec => overrides({ settings: sortedSettings(spec) }),
  },
  {
    key: 'streaming_conf',
    mountPath: '/etc/postgresql/conf.d/voodu-50-streaming.conf',
    loadedBy: 'postgres `include_dir` (what streaming and failover need)',
    render: () => streaming({}),
  },
  {
    key: 'init_replication_sh',
    mountPath: '/docker-entrypoint-initdb.d/00_create_replication.sh',
    loadedBy: 'docker-entrypoint.sh at the first start of the first primary',
    render: () => initReplication({ grant: grant({}).trimEnd() }),
  },
];

/**
 * Read by running pods through a mounted directory. No statefulset field refers to it, so it is in no digest
 * and a scale restarts nobody (test/contract/expand.test.ts).
 */
export const liveFile = {
  key: 'replicas',
  render: (spec: PostgresSpec): string => `${spec.replicas}\n`,
} as const;

export function planAsset(ref: ClusterRef, spec: PostgresSpec): Manifest {
  const files: Record<string, string> = {};
  for (const file of emittedFiles) files[file.key] = file.render(spec);
  files[liveFile.key] = liveFile.render(spec);
  return { kind: 'asset', scope: ref.scope, name: assetName(ref), spec: { files } };
}

function sortedSettings(spec: PostgresSpec): { name: string; value: unknown }[] {
  return Object.keys(spec.settings)
    .sort()
    .map(name => ({ name, value: spec.settings[name] }));
}
