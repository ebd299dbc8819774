/** A new password is proven by logging in with it on every pod that can be expected to know it. */
import { Failure } from '../errors.ts';
import type { Io } from '../io.ts';
import { quoteLiteral, trySql } from '../postgres/local-sql.ts';
import { type Cluster, localServer, type Pod } from './cluster.ts';
import { formatRef } from './names.ts';
import type { Ordinal } from './ordinal.ts';
import { type Credentials, loginAddress, tryLogin } from './password.ts';
import { msUntil } from './time-left.ts';

export interface Proof {
  readonly proven: readonly Ordinal[];
  /** Where it could not be proven, for a reason that speaks against nothing. */
  readonly unproven: readonly { readonly ordinal: Ordinal; readonly why: string }[];
}

export interface Proven extends Omit<Credentials, 'user'> {
  readonly role: string;
}

const standbyPatienceMs = 5_000;
const shortestLoginMs = 500;
const longestLoginMs = 3_000;

/** `changedAt` is the position in the WAL behind which the password is the new one. */
export async function proveEverywhere(
  io: Io,
  cluster: Cluster,
  wanted: Proven,
  changedAt: string,
  deadline: Date,
): Promise<Proof> {
  const until = new Date(Math.min(io.host.now().getTime() + standbyPatienceMs, deadline.getTime()));
  const credentials = { user: wanted.role, password: wanted.password, database: wanted.database };
  const outcomes = await Promise.all(
    cluster.pods.map(async pod => ({
      ordinal: pod.ordinal,
      why: await whyUnproven(io, cluster, pod, credentials, changedAt, until),
    })),
  );
  return {
    proven: outcomes.filter(({ why }) => why === undefined).map(({ ordinal }) => ordinal),
    unproven: outcomes.flatMap(({ ordinal, why }) => (why === undefined ? [] : [{ ordinal, why }])),
  };
}

/** `proven on 0, 2 (not on 1: its replay is paused)` */
export function formatProof({ proven, unproven }: Proof): string {
  const not = unproven.map(({ ordinal, why }) => `not on ${ordinal}: ${why}`).join('; ');
  if (proven.length === 0) return `could not be proven by a login (${not})`;
  return `proven on ${proven.join(', ')}${not === '' ? '' : ` (${not})`}`;
}

async function whyUnproven(
  io: Io,
  cluster: Cluster,
  pod: Pod,
  credentials: Credentials,
  changedAt: string,
  until: Date,
): Promise<string | undefined> {
  if (pod.answer === undefined) return 'it does not answer';
  if (loginAddress(cluster, pod) === undefined) return 'it has no address to log in at';
  for (;;) {
    const limitMs = Math.max(shortestLoginMs, Math.min(longestLoginMs, msUntil(io.host, until)));
    const login = await tryLogin(io, cluster, pod, credentials, limitMs);
    if (login === 'accepted') return undefined;
    // A standby knows the new verifier as soon as it has replayed it, and where replay is paused there is nothing to wait for.
    const over = msUntil(io.host, until) <= 0;
    if (pod.answer.in_recovery && (over || pod.answer.replay_paused)) {
      const behind = await whyBehind(io, cluster, pod, changedAt);
      if (behind !== undefined) return behind;
    }
    if (over)
      throw new Failure(
        'postgres',
        login === 'refused'
          ? `${pod.name} refuses the new password`
          : `the new password could not be tried on ${pod.name}`,
        {
          hint: `See vd pg:info ${formatRef(cluster.ref)} and ${pod.name}'s pg_hba.conf, then run this command again.`,
        },
      );
    await io.host.sleep(250);
  }
}

/** Why a standby still has the old password; undefined where it has replayed the change. */
async function whyBehind(io: Io, cluster: Cluster, pod: Pod, changedAt: string): Promise<string | undefined> {
  const statement = `SELECT CASE WHEN pg_last_wal_replay_lsn() >= ${quoteLiteral(changedAt)} THEN 'here'
    WHEN pg_is_wal_replay_paused() THEN 'paused' ELSE 'behind' END;`;
  const asked = await trySql(io.docker, localServer(cluster, pod), statement, { timeoutMs: 1_500 }).catch(
    () => undefined,
  );
  switch (asked?.stdout.trim()) {
    case 'here':
      return undefined;
    case 'paused':
      return 'its replay is paused, and until it goes on the old password is valid there';
    case 'behind':
      return 'it lags, and until it has caught up the old password is valid there';
    default:
      return 'it does not answer any more';
  }
}
