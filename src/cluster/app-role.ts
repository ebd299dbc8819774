/**
 * The role that apps log in as where the operator asks for it: it may do everything in the cluster's database that an app
 * does, owns what it makes, and is no superuser, so it reads no files and runs no programs.
 */
import { Failure } from '../errors.ts';
import type { Io } from '../io.ts';
import { quoteIdentifier, quoteLiteral, sql, unlogged } from '../postgres/local-sql.ts';
import { type Bucket, bucketValue, passwordBytes } from './bucket.ts';
import { type Cluster, localServer, requirePrimary } from './cluster.ts';
import { clusterUrls, type Urls } from './connection-url.ts';
import { type Credentials, tryLogin } from './password.ts';

export const appRole = 'voodu_app';

export const appPassword = (bucket: Bucket): string | undefined => bucketValue(bucket, 'appPassword');

/** Undefined until a link has asked for the role. */
export function appUrls(cluster: Cluster): Urls | undefined {
  const password = appPassword(cluster.bucket);
  return password === undefined ? undefined : clusterUrls(cluster, password, appRole);
}

/** Makes the role, or gives it again what it may have lost, and proves that it logs in. Returns its password. */
export async function provideAppRole(io: Io, cluster: Cluster): Promise<string> {
  const primary = requirePrimary(cluster, `${appRole} cannot be made`);
  const password = appPassword(cluster.bucket) ?? io.host.randomHex(passwordBytes);
  const statement = appRoleStatement(cluster.spec, io.host.scramVerifier(password));
  await sql(io.docker, localServer(cluster, primary), statement, { database: cluster.spec.database });
  const credentials: Credentials = { user: appRole, password, database: cluster.spec.database };
  if ((await tryLogin(io, cluster, primary, credentials)) === 'refused')
    throw new Failure('postgres', `${primary.name} refuses ${appRole} the password it was just given`, {
      hint: 'Look at pg_hba.conf in its data directory: apps log in from the docker network with scram-sha-256.',
    });
  return password;
}

/**
 * Tables and sequences of the superuser are shared with the role, now and as they are made. Routines are not: everybody
 * may run the harmless ones anyway, and the dangerous ones of extensions are kept from the public for a reason.
 */
export function appRoleStatement(
  { user, database }: Pick<Cluster['spec'], 'user' | 'database'>,
  verifier: string,
): string {
  const role = quoteIdentifier(appRole);
  const owner = quoteIdentifier(user);
  return `
${unlogged}
SET lock_timeout = '5s';
BEGIN;
DO $do$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${quoteLiteral(appRole)}) THEN CREATE ROLE ${role}; END IF;
END $do$;
ALTER ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD ${quoteLiteral(verifier)};
GRANT CONNECT, CREATE, TEMPORARY ON DATABASE ${quoteIdentifier(database)} TO ${role};
DO $do$ DECLARE schema regnamespace; BEGIN
  FOR schema IN SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %s TO ${role}', schema);
    EXECUTE format('GRANT ALL ON ALL TABLES IN SCHEMA %s TO ${role}', schema);
    EXECUTE format('GRANT ALL ON ALL SEQUENCES IN SCHEMA %s TO ${role}', schema);
  END LOOP;
END $do$;
ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT ALL ON TABLES TO ${role};
ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT ALL ON SEQUENCES TO ${role};
ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT USAGE, CREATE ON SCHEMAS TO ${role};
COMMIT;`;
}
