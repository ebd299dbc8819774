/** What was applied, read back from the stored statefulset: the operator's block itself is kept nowhere (contract 5.1). */
import * as z from 'zod/mini';
import { Failure } from '../errors.ts';
import type { StoredManifest } from '../io.ts';
import { once } from '../once.ts';
import { mountDestination } from '../spec/mounts.ts';
import { backupsDirectory, type ClusterRef, formatRef, podPaths, stateDirectory } from './names.ts';

const schema = once(() =>
  z.object({
    image: z.string(),
    replicas: z.catch(z.int().check(z.minimum(1)), 1),
    env: z.record(z.string(), z.string()),
    ports: z.nullish(z.array(z.string())),
    volumes: z.nullish(z.array(z.string())),
    networks: z.nullish(z.array(z.string())),
    network_mode: z.nullish(z.string()),
  }),
);

export interface AppliedSpec {
  readonly image: string;
  readonly replicas: number;
  readonly user: string;
  readonly database: string;
  readonly port: number;
  readonly replicationUser: string;
  readonly ports: readonly string[];
  /** Directories of the docker host. */
  readonly backups: string;
  readonly state: string;
  /** `host` or `none`; absent on docker's networks. */
  readonly networkMode?: string;
  /** Names that spec.env sets: a bucket's value never reaches the pods under them. */
  readonly env: Readonly<Record<string, string>>;
}

export function readAppliedSpec(ref: ClusterRef, manifest: StoredManifest): AppliedSpec {
  const parsed = schema().safeParse(manifest.spec);
  if (!parsed.success || parsed.data.env['PG_NAME'] === undefined)
    throw new Failure('refused', `${formatRef(ref)} is a statefulset, but not a postgres cluster`, {
      hint: 'Name a cluster that was applied as a postgres block.',
    });
  const { image, replicas, env, ports, volumes, network_mode } = parsed.data;
  const mounted = (path: string) => volumes?.find(volume => mountDestination(volume) === path)?.split(':')[0];
  return {
    image,
    replicas,
    user: env['POSTGRES_USER'] ?? 'postgres',
    database: env['POSTGRES_DB'] ?? env['POSTGRES_USER'] ?? 'postgres',
    port: Number(env['PG_PORT'] ?? 5432),
    replicationUser: env['PG_REPLICATION_USER'] ?? 'replicator',
    ports: ports ?? [],
    backups: mounted(podPaths.backups) ?? backupsDirectory(ref),
    state: mounted(podPaths.state) ?? stateDirectory(ref),
    env,
    ...(network_mode ? { networkMode: network_mode } : {}),
  };
}
