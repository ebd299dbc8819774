/** `env`: the operator's variables, beside the ones the pods are controlled by. */
import type { Problems } from './problems.ts';
import { isMap, show } from './values.ts';

/** Variables the pods are controlled by, and the field to use instead. */
const ownedVariables: Readonly<Record<string, string>> = {
  PGDATA: 'data always lives in the claim at /var/lib/postgresql/data/pgdata',
  POSTGRES_USER: 'use the field user',
  POSTGRES_DB: 'use the field database',
  POSTGRES_PASSWORD: 'use the field password, or vd pg:new-password',
  POSTGRES_REPLICATION_PASSWORD: 'use vd pg:new-password --replication',
  PG_PORT: 'use the field port',
  PGPORT: 'use the field port',
  PG_NAME: "it is the block's name",
  PG_SCOPE_SUFFIX: "it is the block's scope",
  PG_PRIMARY_ORDINAL: 'use vd pg:promote',
  PG_REPLICATION_USER: 'use the field replication_user',
  PG_REPLICATION_PASSWORD: 'use vd pg:new-password --replication',
  PG_CLUSTER_ID: "it identifies the cluster's data",
  POSTGRES_USER_FILE: 'use the field user',
  POSTGRES_DB_FILE: 'use the field database',
  POSTGRES_PASSWORD_FILE: 'use the field password, or vd pg:new-password',
  POSTGRES_INITDB_ARGS_FILE: 'use POSTGRES_INITDB_ARGS',
  POSTGRES_INITDB_WALDIR: 'WAL lives in the claim data, where a clone and a rewind find it',
};

export function parseEnvironment(value: unknown, problems: Problems): Record<string, string> {
  const env: Record<string, string> = {};
  if (value === undefined || value === null) return env;
  if (!isMap(value)) {
    problems.add('env', `wants a map, not ${show(value)}`);
    return env;
  }
  for (const [name, entry] of Object.entries(value)) {
    const problem = variableProblem(name, entry);
    if (problem === undefined) env[name] = entry === null ? '' : String(entry);
    else problems.add(`env.${name}`, ...problem);
  }
  return env;
}

function variableProblem(name: string, entry: unknown): [string, string?] | undefined {
  if (Object.hasOwn(ownedVariables, name)) return ['is set by the plugin', ownedVariables[name]!];
  if (name.startsWith('VOODU_')) return ['is set by the controller'];
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) return ['is not the name of an environment variable'];
  // Commands and probes come in over the local socket, which initdb leaves at `trust`.
  if (name === 'POSTGRES_INITDB_ARGS' && /(^|\s)(-A|--auth|-D|--pgdata|-U|--username)/.test(String(entry)))
    return ['may not change authentication, user or directory', 'use it for options like --wal-segsize'];
  if (typeof entry === 'object' && entry !== null) return [`wants a string, not ${show(entry)}`];
  if (/[\n\r\0]/.test(String(entry))) return ['holds a line break, which the env file cannot carry'];
  return undefined;
}
