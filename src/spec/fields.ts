/**
 * Every field of a postgres block, declared once: what it is for, its default, and who consumes it.
 * `defaults`, the README table and "did you mean" derive from this list; parse-spec.ts gives the types.
 */

export interface FieldDoc {
  readonly name: string;
  readonly type: string;
  /** As HCL; absent where there is no default. */
  readonly default?: string;
  readonly doc: string;
  /** Consumed by this plugin, or handed on to the statefulset. */
  readonly owner: 'plugin' | 'statefulset';
}

const plugin = (name: string, type: string, def: string | undefined, doc: string): FieldDoc => ({
  name,
  type,
  doc,
  owner: 'plugin',
  ...(def === undefined ? {} : { default: def }),
});

const handedOn = (name: string, type: string, doc: string): FieldDoc => ({
  name,
  type,
  doc,
  owner: 'statefulset',
});

/** The image a bare block runs: a major this plugin is tested on, never `latest`. */
export const defaultImage = 'postgres:17';

export const fields: readonly FieldDoc[] = [
  plugin(
    'image',
    'string',
    `"${defaultImage}"`,
    'the official image or one built on it, PostgreSQL 15 or newer; pin the major',
  ),
  plugin(
    'replicas',
    'number',
    '1',
    '1 = a single primary; n = a primary and n-1 streaming standbys (at most 8)',
  ),
  plugin('database', 'string', '"postgres"', 'database made at the first start'),
  plugin('user', 'string', '"postgres"', 'superuser made at the first start'),
  plugin('port', 'number', '5432', 'listen port inside the pods'),
  plugin(
    'password',
    'string',
    '""',
    'superuser password; empty = 32 random bytes as hex, kept in the config bucket',
  ),
  plugin('replication_user', 'string', '"replicator"', 'role the standbys stream as'),
  plugin('initdb_locale', 'string', '"C.UTF-8"', 'initdb --locale (first start only)'),
  plugin('initdb_encoding', 'string', '"UTF8"', 'initdb --encoding (first start only)'),
  plugin('pg_config', 'map', '{}', 'postgresql.conf settings: numbers, booleans, strings'),
  plugin(
    'extensions',
    'list',
    '[]',
    "a note to the reader; only the form of the names is checked. CREATE EXTENSION is the app's or psql's",
  ),
  plugin('shm_size', 'string', undefined, '/dev/shm of a pod; follows shared_buffers, at least 256MB'),
  plugin('stop_timeout', 'string', '"120s"', 'how long docker stop waits for the shutdown checkpoint'),
  plugin(
    'backup',
    'block',
    undefined,
    'schedule (cron, UTC; "0 3 * * *"), keep, max_age, from_replica: captures by itself, as a cronjob',
  ),
  handedOn('env', 'map', 'more environment variables'),
  handedOn('env_from', 'list', 'config buckets whose keys become environment variables'),
  handedOn('ports', 'list', 'published ports; default: the listen port on 127.0.0.1, any host port'),
  handedOn('volumes', 'list', 'more mounts; one with destination /backups replaces the default'),
  handedOn('volume_claims', 'list', 'more per-pod volumes (also as volume_claim "name" { } blocks)'),
  handedOn(
    'health_check',
    'string',
    'default: pg_isready; the controller ignores it for statefulsets, and the probes count',
  ),
  handedOn('probes', 'block', 'liveness, readiness, startup; declaring any replaces all three defaults'),
  handedOn('on_probe', 'block', 'webhooks, lists only (controller 0.18 does not send them)'),
  handedOn('resources', 'block', 'limits { cpu memory }'),
  handedOn('restart', 'string', 'docker restart policy'),
  handedOn('network', 'string', 'another docker network'),
  handedOn('networks', 'list', 'more docker networks'),
  handedOn('network_mode', 'string', 'host or none; single primary only'),
  handedOn('extra_hosts', 'list', '--add-host entries'),
  handedOn('cap_add', 'list', 'Linux capabilities'),
  handedOn('ulimits', 'map', 'soft:hard limits'),
  handedOn('docker_options', 'list', 'raw docker run arguments'),
  handedOn('build_args', 'map', 'kept for the controller; unused at run time'),
  handedOn('logs', 'block', 'max_size, max_files'),
  handedOn('inits', 'list', 'init containers (also as init "name" { } blocks)'),
  handedOn('depends_on', 'block', 'assets whose change restarts the pods; nothing waits'),
];

/** Block spellings the controller's parser leaves for us to turn into lists. */
export const blockSpellings = { volume_claim: 'volume_claims', init: 'inits' } as const;

export const fieldNames: readonly string[] = [
  ...fields.map(field => field.name),
  ...Object.keys(blockSpellings),
];

/** What the controller cannot do for a plugin's block, or what would bypass the pod's entrypoint. */
export const refusedFields: Readonly<Record<string, string>> = {
  dockerfile: 'the controller builds no images for plugin blocks; build and push the image, then set image',
  workdir: 'the controller builds no images for plugin blocks; build and push the image, then set image',
  path: 'the controller builds no images for plugin blocks; build and push the image, then set image',
  lang: 'the controller builds no images for plugin blocks; build and push the image, then set image',
  build: 'the controller builds no images for plugin blocks; build and push the image, then set image',
  env_file: 'env_file is read for core blocks only; use env, or env_from with a config bucket',
  command: "the pod must run this plugin's entrypoint; use pg_config for server settings",
  plugin: 'plugin may be written once only',
};

/** What people write who come from elsewhere. */
export const foreignFields: Readonly<Record<string, string>> = {
  version: 'write image = "postgres:16"',
  tag: 'write image = "postgres:16"',
  username: 'write user = "…"',
  db: 'write database = "…"',
  dbname: 'write database = "…"',
  storage: 'data lives in the volume claim data; sizes are not enforced by the controller',
  size: 'data lives in the volume claim data; sizes are not enforced by the controller',
  config: 'write pg_config = { … }',
  settings: 'write pg_config = { … }',
  parameters: 'write pg_config = { … }',
  standbys: 'write replicas = n (1 primary + n-1 standbys)',
  instances: 'write replicas = n (1 primary + n-1 standbys)',
  nodes: 'write replicas = n (1 primary + n-1 standbys)',
  memory: 'write resources { limits { memory = "4Gi" } }',
  cpu: 'write resources { limits { cpu = "2" } }',
  environment: 'write env = { … }',
};
