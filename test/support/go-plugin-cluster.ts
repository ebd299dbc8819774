/**
 * A cluster as the Go plugin 0.12.13 leaves it, for tests of taking one over: its bucket, its manifests, and a
 * stand-in for its entrypoint that leaves the same files on the volumes (contract 11, "What the Go plugin emits").
 */
import { randomBytes } from 'node:crypto';
import type { ClusterLab, TestCluster } from './cluster-lab.ts';
import { docker } from './cluster-lab.ts';

export interface GoBlock {
  readonly image: string;
  readonly replicas: number;
  readonly database: string;
  /** In HCL. The Go plugin then put it into the pods' environment and into no bucket. */
  readonly password?: string;
  readonly pg_config?: string;
}

export interface GoCluster {
  readonly password: string;
  /** A rolling restart, after which the configuration is in force. */
  restart(): Promise<void>;
  /** `vd pg:promote`, as it ended: the others were cloned anew from the new primary. */
  promote(ordinal: number): Promise<void>;
  /** `vd pg:link`, with `--reads` where asked. */
  link(app: string, options?: { reads?: boolean }): Promise<void>;
  /** `vd pg:backups:capture`, which wrote under the final name and nothing beside it. */
  capture(file: string): Promise<void>;
  streaming(primary: number): Promise<void>;
}

const goStandby = 'voodu-postgres-standby';

/** On the very first start of a primary there is no postgresql.conf yet: the includes come with the second. */
const entrypoint = `#!/bin/bash
set -euo pipefail
primary=\${PG_PRIMARY_ORDINAL:-0}
upstream=$PG_NAME-$primary$PG_SCOPE_SUFFIX
if [[ $VOODU_REPLICA_ORDINAL != "$primary" ]]; then
  if [[ ! -f $PGDATA/PG_VERSION ]]; then
    export PGPASSWORD=$PG_REPLICATION_PASSWORD
    until pg_isready -q -h "$upstream" -p "$PG_PORT" -t 5; do sleep 1; done
    pg_basebackup -h "$upstream" -p "$PG_PORT" -U "$PG_REPLICATION_USER" -D "$PGDATA" -X stream
    unset PGPASSWORD
    touch "$PGDATA/standby.signal"
  elif [[ ! -f $PGDATA/standby.signal ]]; then
    echo "ERROR: ordinal $VOODU_REPLICA_ORDINAL is a STANDBY, but PGDATA was last used as primary" >&2
    exit 1
  fi
  echo "primary_conninfo = 'host=$upstream port=5432 user=$PG_REPLICATION_USER password=$PG_REPLICATION_PASSWORD application_name=${goStandby}'" >"$PGDATA/voodu-runtime.conf"
else
  rm -f "$PGDATA/voodu-runtime.conf"
fi
if [[ -f $PGDATA/postgresql.conf ]] && ! grep -q "^include_if_exists = 'voodu-runtime.conf'" "$PGDATA/postgresql.conf"; then
  printf '\\n%s\\n' "include_dir = '/etc/postgresql/conf.d'" "include_if_exists = 'voodu-runtime.conf'" >>"$PGDATA/postgresql.conf"
fi
chown postgres:postgres /backups
exec docker-entrypoint.sh postgres -p "$PG_PORT"
`;

const initReplication = `psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \\
  -c "CREATE USER \\"$PG_REPLICATION_USER\\" WITH REPLICATION ENCRYPTED PASSWORD '$PG_REPLICATION_PASSWORD'"
printf '\\nhost replication %s all scram-sha-256\\n' "$PG_REPLICATION_USER" >>"$PGDATA/pg_hba.conf"
`;

const files = (block: GoBlock) => ({
  entrypoint,
  init_replication_sh: initReplication,
  pg_overrides_conf: block.pg_config ?? '',
  streaming_conf: "hot_standby = on\nmax_wal_senders = 10\nwal_keep_size = '1GB'\n",
});

const mounts: Readonly<Record<string, string>> = {
  entrypoint: '/usr/local/bin/voodu-postgres-entrypoint',
  init_replication_sh: '/docker-entrypoint-initdb.d/00_create_replication.sh',
  pg_overrides_conf: '/etc/postgresql/conf.d/voodu-99-overrides.conf',
  streaming_conf: '/etc/postgresql/conf.d/voodu-50-streaming.conf',
};

export async function bringGoCluster(
  { controller }: ClusterLab,
  cluster: TestCluster,
  block: GoBlock,
): Promise<GoCluster> {
  const { scope, name } = cluster;
  const hex = () => randomBytes(32).toString('hex');
  const password = block.password ?? hex();
  const replicationPassword = hex();
  await controller.setConfig(scope, name, {
    ...(block.password === undefined ? { POSTGRES_PASSWORD: password, BACKUP_KEEP: '30' } : {}),
    POSTGRES_REPLICATION_PASSWORD: replicationPassword,
    PG_PRIMARY_ORDINAL: '0',
  });
  const statefulset = {
    image: block.image,
    replicas: block.replicas,
    ports: ['5432'],
    command: ['bash', mounts['entrypoint']],
    env: {
      POSTGRES_USER: 'postgres',
      POSTGRES_DB: block.database,
      POSTGRES_PASSWORD: password,
      POSTGRES_INITDB_ARGS: '--locale=C.UTF-8 --encoding=UTF8',
      PGDATA: '/var/lib/postgresql/data/pgdata',
      PG_PORT: '5432',
      PG_NAME: name,
      PG_SCOPE_SUFFIX: `.${scope}.voodu`,
      PG_REPLICATION_USER: 'replicator',
      PG_REPLICATION_PASSWORD: replicationPassword,
    },
    volumes: [
      ...Object.entries(mounts).map(([key, path]) => `\${asset.${scope}.${name}.${key}}:${path}:ro`),
      `${cluster.backups}:/backups:rw`,
    ],
    volume_claims: [{ name: 'data', mount_path: '/var/lib/postgresql/data' }],
    health_check: `pg_isready -U postgres -d ${block.database} -p 5432`,
  };
  const applied = await controller.apply([
    { kind: 'asset', scope, name, spec: { files: files(block) } },
    { kind: 'statefulset', scope, name, spec: statefulset },
  ]);
  if (!applied.ok) throw new Error(applied.error);
  await controller.idle();

  const ordinals = Array.from({ length: block.replicas }, (_, ordinal) => ordinal);
  const host = (ordinal: number) => `${name}-${ordinal}.${scope}.voodu`;
  const request = async (method: string, path: string) => {
    const { status, body } = await controller.request(method, path);
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
    await controller.idle();
  };
  const go: GoCluster = {
    password,
    restart: () => request('POST', `/restart?kind=statefulset&scope=${scope}&name=${name}`),
    async promote(ordinal) {
      await cluster.sql(ordinal, 'select pg_promote(true, 60)');
      await controller.setConfig(scope, name, { PG_PRIMARY_ORDINAL: String(ordinal) });
      await controller.idle();
      await request('DELETE', `/resource?scope=${scope}&name=${name}&ordinal=0&prune=true`);
      await go.streaming(ordinal);
    },
    async link(app, { reads = false } = {}) {
      const url = (hosts: string) => `postgres://postgres:${password}@${hosts}/${block.database}`;
      const standbys = ordinals.slice(1).map(ordinal => `${host(ordinal)}:5432`);
      await controller.setConfig(scope, app, {
        DATABASE_URL: url(`${host(0)}:5432`),
        ...(reads ? { DATABASE_READ_URL: `${url(standbys.join(','))}?target_session_attrs=any` } : {}),
      });
      const before = controller.bucket(scope, name)['POSTGRES_LINKED_CONSUMERS'];
      const list = [...(before ? [before] : []), `${scope}/${app}`].join(',');
      await controller.setConfig(scope, name, { POSTGRES_LINKED_CONSUMERS: list }, { restart: false });
    },
    async capture(file) {
      const words = [
        'pg_dump',
        '-U',
        'postgres',
        '-d',
        block.database,
        '-Fc',
        '-Z6',
        '-f',
        `/backups/${file}`,
      ];
      await docker('exec', '-u', 'postgres', cluster.pod(0), ...words);
    },
    streaming: primary =>
      cluster.until(
        `the Go plugin's standbys stream from ordinal ${primary}`,
        async () =>
          (await cluster.sql(
            primary,
            `select count(*) from pg_stat_replication where state = 'streaming' and application_name = '${goStandby}'`,
          )) === String(block.replicas - 1),
      ),
  };
  await go.streaming(0);
  return go;
}
