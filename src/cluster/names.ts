/** Every name composed from a cluster's scope and name, in one place. */

export interface ClusterRef {
  readonly scope: string;
  readonly name: string;
}

export const formatRef = ({ scope, name }: ClusterRef): string => `${scope}/${name}`;

/** The container of an ordinal (contract 6.2). */
export const podName = ({ scope, name }: ClusterRef, ordinal: number): string =>
  `${scope}-${name}.${ordinal}`;

/** What pods and consumers resolve; docker's aliases are lower case (contract 6.2). */
export const podHost = ({ scope, name }: ClusterRef, ordinal: number): string =>
  `${name}-${ordinal}.${scope}.voodu`.toLowerCase();

/** Long work on a backup runs in a container of its own: `<scope>-<name>-backup-b007` captures it. */
export const workContainer = (
  { scope, name }: ClusterRef,
  work: 'backup' | 'verify' | 'test' | 'restore',
  id: string,
): string => `${scope}-${name}-${work}-${id}`;

/** The cronjob that a `backup { }` block becomes. */
export const scheduleName = ({ name }: ClusterRef): string => `${name}-backup`;

/** Assets are stored by bare name (contract 3.5). The scope's length keeps `a-b`/`c` and `a`/`b-c` apart. */
export const assetName = ({ scope, name }: ClusterRef): string => `${scope}-${name}-pg${scope.length}`;

/** A cluster's own slot and application_name at its upstream, one for each standby. */
export const standbyName = (ordinal: number): string => `voodu_${ordinal}`;

/** Where the controller keeps an application's env file, under its root. */
export const envFile = (root: string, { scope, name }: ClusterRef): string =>
  `${root}/apps/${scope}-${name}/shared/.env`;

export const backupsRoot = '/opt/voodu/backups';
/** On the docker host. Both are promises: operators sync, watch and restore from these paths. */
export const backupsDirectory = ({ scope, name }: ClusterRef): string => `${backupsRoot}/${scope}/${name}`;
export const stateDirectory = ({ scope, name }: ClusterRef): string =>
  `/opt/voodu/state/postgres/${scope}/${name}`;

/** Inside the pods. */
export const podPaths = {
  data: '/var/lib/postgresql/data',
  pgdata: '/var/lib/postgresql/data/pgdata',
  backups: '/backups',
  state: '/var/lib/voodu',
  live: '/etc/voodu',
  entrypoint: '/usr/local/bin/voodu-postgres-entrypoint',
} as const;
