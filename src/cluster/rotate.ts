/**
 * Rotating a role's password: the catalogue first, proven by logins everywhere, then whoever remembers it.
 * Until the last login has succeeded, every failure puts the old verifier back.
 */
import { Failure } from '../errors.ts';
import type { Io } from '../io.ts';
import { quoteIdentifier, quoteLiteral, sql } from '../postgres/local-sql.ts';
import { type Cluster, livePrimary, localServer, type Pod } from './cluster.ts';
import { formatRef } from './names.ts';
import { tryLogin } from './password.ts';

export interface Rotation {
  readonly role: string;
  readonly password: string;
  readonly database: string;
  /** The verifier before, to go back to. */
  readonly oldVerifier: string;
}

const standbyPatienceMs = 5_000;

export async function rotateInDatabase(
  io: Io,
  cluster: Cluster,
  role: string,
  password: string,
): Promise<Rotation> {
  const primary = requirePrimary(cluster);
  const server = localServer(cluster, primary);
  const oldVerifier = await sql(
    io.docker,
    server,
    `SELECT coalesce(rolpassword, '') FROM pg_authid WHERE rolname = ${quoteLiteral(role)};`,
  );
  const database = role === cluster.spec.user ? cluster.spec.database : 'postgres';
  const rotation: Rotation = { role, password, database, oldVerifier };
  await setVerifier(io, cluster, primary, role, io.host.scramVerifier(password));
  try {
    await proveEverywhere(io, cluster, rotation);
  } catch (error) {
    await undoRotation(io, cluster, rotation);
    throw error;
  }
  return rotation;
}

export async function undoRotation(io: Io, cluster: Cluster, { role, oldVerifier }: Rotation): Promise<void> {
  if (oldVerifier !== '') await setVerifier(io, cluster, requirePrimary(cluster), role, oldVerifier);
}

export function requirePrimary(cluster: Cluster): Pod {
  const primary = livePrimary(cluster);
  if (primary) return primary;
  throw new Failure('refused', `no pod of ${formatRef(cluster.ref)} accepts writes, so nothing was changed`, {
    hint: `See vd pg:info ${formatRef(cluster.ref)}.`,
  });
}

/** A verifier is no secret to log in with; still, the session's statements are kept out of the log. */
async function setVerifier(
  io: Io,
  cluster: Cluster,
  primary: Pod,
  role: string,
  verifier: string,
): Promise<void> {
  const quiet = `SET log_statement = 'none'; SET log_min_duration_statement = -1; SET log_min_error_statement = 'panic';`;
  await sql(
    io.docker,
    localServer(cluster, primary),
    `${quiet} ALTER ROLE ${quoteIdentifier(role)} PASSWORD ${quoteLiteral(verifier)};`,
  );
}

async function proveEverywhere(
  io: Io,
  cluster: Cluster,
  { role, password, database }: Rotation,
): Promise<void> {
  const credentials = { user: role, password, database };
  const answering = cluster.pods.filter(pod => pod.answer !== undefined);
  await Promise.all(
    answering.map(async pod => {
      // A standby knows the new verifier as soon as it has replayed it.
      const until = io.host.now().getTime() + standbyPatienceMs;
      let login = await tryLogin(io, cluster, pod, credentials);
      while (login !== 'accepted' && io.host.now().getTime() < until) {
        await io.host.sleep(250);
        login = await tryLogin(io, cluster, pod, credentials);
      }
      if (login === 'accepted') return;
      throw new Failure(
        'postgres',
        `the new password could not be proven on ${pod.name} (${login}); the old one is in force again`,
        {
          hint: `See vd pg:info ${formatRef(cluster.ref)}, then run this command again.`,
        },
      );
    }),
  );
}
