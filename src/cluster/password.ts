/** Whether the password in the bucket is the database's. Told apart: refused, could not be tried, fine. */
import { Failure, isFailure } from '../errors.ts';
import type { Io } from '../io.ts';
import { bucketKeys } from './bucket.ts';
import { type Cluster, livePrimary, type Pod } from './cluster.ts';
import { superuserPassword } from './connection-url.ts';
import { formatRef } from './names.ts';

const loginTimeoutMs = 3_000;

export type Login = 'accepted' | 'refused' | 'untried';

/** SQLSTATEs of a wrong password and of a role that may not log in. */
const refusals = new Set(['28P01', '28000']);

export interface Credentials {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Where this host reaches a pod's server; undefined with `network_mode = "none"`, and where there is no container. */
export function loginAddress({ spec }: Pick<Cluster, 'spec'>, { container }: Pod): string | undefined {
  if (container === undefined) return undefined;
  return spec.networkMode === 'host' ? '127.0.0.1' : Object.values(container.addresses)[0];
}

export async function tryLogin(
  io: Io,
  cluster: Cluster,
  pod: Pod,
  credentials: Credentials,
  timeoutMs: number = loginTimeoutMs,
): Promise<Login> {
  const host = loginAddress(cluster, pod);
  if (host === undefined) return 'untried';
  try {
    await io.postgres.login({ host, port: cluster.spec.port, timeoutMs, ...credentials });
    return 'accepted';
  } catch (error) {
    const code = isFailure(error) ? (error.cause as { code?: string } | undefined)?.code : undefined;
    return code !== undefined && refusals.has(code) ? 'refused' : 'untried';
  }
}

export const superuserCredentials = (cluster: Cluster, password: string): Credentials => ({
  user: cluster.spec.user,
  password,
  database: cluster.spec.database,
});

export function requirePassword(cluster: Cluster): string {
  const password = superuserPassword(cluster.bucket);
  if (password !== undefined) return password;
  throw new Failure('refused', `${formatRef(cluster.ref)} has no ${bucketKeys.password.key} in its bucket`, {
    hint: `Run vd apply (it generates one for a new cluster), or vd pg:new-password ${formatRef(cluster.ref)}.`,
  });
}

/** True where the primary took it, false where it could not be tried; a wrong password is a refusal. */
export async function provePassword(io: Io, cluster: Cluster, password: string): Promise<boolean> {
  const primary = livePrimary(cluster);
  if (primary === undefined) return false;
  const login = await tryLogin(io, cluster, primary, superuserCredentials(cluster, password));
  if (login !== 'refused') return login === 'accepted';
  throw new Failure(
    'refused',
    `the database refuses the ${bucketKeys.password.key} of ${formatRef(cluster.ref)}'s bucket`,
    {
      hint: `It was changed by hand. Set a new one everywhere: vd pg:new-password ${formatRef(cluster.ref)}.`,
    },
  );
}
