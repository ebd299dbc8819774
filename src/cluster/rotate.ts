/**
 * Rotating a role's password: the catalogue first, proven by logins everywhere, then whoever remembers it.
 * Until the last of them has it, every failure puts the old verifier back, and the message says whether that worked.
 */
import { Failure, formatFailure, isFailure } from '../errors.ts';
import type { Io } from '../io.ts';
import { quoteIdentifier, quoteLiteral, sql, sqlReason, trySql, unlogged } from '../postgres/local-sql.ts';
import { type Cluster, localServer, type Pod, requirePrimary } from './cluster.ts';
import { formatRef } from './names.ts';
import { type Proof, proveEverywhere } from './prove-password.ts';
import { before, msUntil } from './time-left.ts';

export interface NewPassword {
  readonly role: string;
  readonly password: string;
  readonly database: string;
  /** The flag of new-password that rotates this role; empty for the superuser. */
  readonly flag: '' | '--replication' | '--app-role';
}

/** Whoever remembers the password, and how to make them remember the old one again. */
export interface Remember {
  run(until: Date): Promise<void>;
  undo(): Promise<void>;
}

/** What a rotation may take at worst: the lock, the logins, the controller, and all of it back. */
const neededMs = 12_000;
/** Of that, from the end: putting the old password back, and before it the bucket. */
const undoMs = 3_000;
const rememberMs = 3_000;
const longestAlterMs = 8_000;

export async function rotate(
  io: Io,
  cluster: Cluster,
  wanted: NewPassword,
  deadline: Date,
  remember: Remember,
): Promise<Proof> {
  const primary = requirePrimary(cluster, 'nothing was changed');
  const oldVerifier = await loadVerifier(io, cluster, primary, wanted.role);
  requireTime(io, cluster, deadline);
  const rememberBy = before(deadline, undoMs);
  const proveBy = before(rememberBy, rememberMs);
  try {
    const limitMs = Math.min(longestAlterMs, msUntil(io.host, proveBy));
    const lsn = await setVerifier(
      io,
      cluster,
      primary,
      wanted.role,
      io.host.scramVerifier(wanted.password),
      limitMs,
    );
    const proof = await proveEverywhere(io, cluster, wanted, lsn, proveBy);
    await remember.run(rememberBy);
    return proof;
  } catch (error) {
    if (error instanceof Unchanged) throw error.failure;
    const undone = await Promise.allSettled([
      setVerifier(io, cluster, primary, wanted.role, oldVerifier, undoMs),
      remember.undo(),
    ]);
    throw afterUndo(
      cluster,
      wanted,
      error,
      undone.every(step => step.status === 'fulfilled'),
    );
  }
}

/** The original failure, with what is true now. */
function afterUndo(cluster: Cluster, { flag }: NewPassword, error: unknown, undone: boolean): Failure {
  const known = isFailure(error) ? error : undefined;
  const message = known?.message ?? formatFailure(error);
  const again = ['vd pg:new-password', formatRef(cluster.ref), ...(flag === '' ? [] : [flag])].join(' ');
  const [state, hint] = undone
    ? ['the old password is in force again', known?.hint ?? `Run ${again} again.`]
    : [
        'the new password may be in force, and nobody knows it',
        `Run ${again} again: it sets another one everywhere.`,
      ];
  return new Failure(known?.kind ?? 'internal', `${message}; ${state}`, { hint, cause: error });
}

/** `vd` kills this process at its own deadline: between the database and the bucket, nobody would have the password. */
function requireTime(io: Io, cluster: Cluster, deadline: Date): void {
  const leftMs = msUntil(io.host, deadline);
  if (leftMs >= neededMs) return;
  throw new Failure(
    'deadline',
    `only ${Math.max(0, Math.floor(leftMs / 1000))} s of this command's time are left and a rotation may take ${neededMs / 1000}, so nothing was changed`,
    {
      hint: `The cluster or the controller answers slowly: see vd pg:info ${formatRef(cluster.ref)}, then run this command again.`,
    },
  );
}

/** Undefined where the role has no password. */
async function loadVerifier(
  io: Io,
  cluster: Cluster,
  primary: Pod,
  role: string,
): Promise<string | undefined> {
  const found = await sql(
    io.docker,
    localServer(cluster, primary),
    `SELECT '=' || coalesce(rolpassword, '') FROM pg_authid WHERE rolname = ${quoteLiteral(role)};`,
    { timeoutMs: 5_000 },
  );
  if (found === '')
    throw new Failure('refused', `${primary.name} has no role ${role}, so nothing was changed`, {
      hint: `Roles are made at the cluster's first start; make it with vd pg:psql ${formatRef(cluster.ref)}.`,
    });
  return found.slice(1) || undefined;
}

/** The statement certainly had no effect. */
class Unchanged extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/**
 * Gives the position in the WAL behind the change. The session waits neither for a row lock nor for a synchronous
 * standby, which could make the change visible after this command has given up. A verifier is no secret to log in with;
 * still, the session's statements are kept out of the log.
 */
async function setVerifier(
  io: Io,
  cluster: Cluster,
  primary: Pod,
  role: string,
  verifier: string | undefined,
  timeoutMs: number,
): Promise<string> {
  const script = [
    unlogged,
    `SET synchronous_commit = local; SET lock_timeout = '${Math.min(3_000, timeoutMs - 500)}ms';`,
    `ALTER ROLE ${quoteIdentifier(role)} PASSWORD ${verifier === undefined ? 'NULL' : quoteLiteral(verifier)};`,
    '\\echo altered',
    'SELECT pg_current_wal_lsn();',
  ].join('\n');
  const { exitCode, stdout, stderr } = await trySql(io.docker, localServer(cluster, primary), script, {
    timeoutMs,
  });
  const [, lsn] = /^altered\n(\S+)/.exec(stdout) ?? [];
  if (lsn !== undefined) return lsn;
  const locked = stderr.includes('due to lock timeout');
  const reason = locked ? `another session holds the role ${role}` : sqlReason({ exitCode, stderr });
  const failure = (suffix: string) =>
    new Failure('postgres', `${primary.name}: ${reason}${suffix}`, {
      hint: locked
        ? `Somebody alters it in an open transaction: end that one, then run this command again.`
        : `See vd pg:info ${formatRef(cluster.ref)}, then run this command again.`,
    });
  // psql's exit 3 is an error of the server's: then the role is as it was.
  if (exitCode === 3 && !stdout.includes('altered')) throw new Unchanged(failure('; nothing was changed'));
  throw failure('');
}
