/**
 * The URLs consumers get, from one function of the cluster (test/e2e/urls.test.ts connects with psql 15 and 17 and node-postgres).
 *
 * Several standbys need libpq's list of hosts, which URL parsers refuse (node-postgres, Ruby, Go): so the URL itself
 * names one standby, and the list stands behind `#`. libpq knows no fragments: it reads `/db#?dbname=db&host=a,b&…`,
 * where the later `dbname` and `host` win. Everything else drops the fragment and connects to the one standby.
 * `load_balance_hosts` is left out: libpq before 16 refuses it.
 */
import { type Bucket, bucketValue } from './bucket.ts';
import { type Cluster, podState, primaryOrdinal } from './cluster.ts';
import { podHost } from './names.ts';
import type { Ordinal } from './ordinal.ts';

export interface Urls {
  readonly writer: string;
  /** With one replica this is the writer's. */
  readonly reader: string;
}

export interface UrlTarget {
  readonly ref: Cluster['ref'];
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly port: number;
  readonly primary: Ordinal;
  readonly readers: readonly Ordinal[];
}

export function connectionUrls(target: UrlTarget): Urls {
  const { ref, user, password, database, port, primary, readers } = target;
  const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  const name = encodeURIComponent(database);
  const base = (ordinal: number) => `postgres://${login}@${podHost(ref, ordinal)}:${port}/${name}`;
  const writer = base(primary);
  const [first, ...others] = readers;
  if (first === undefined) return { writer, reader: writer };
  if (others.length === 0) return { writer, reader: `${base(first)}?target_session_attrs=any` };
  const list = (part: (ordinal: number) => string | number) => readers.map(part).join(',');
  const libpq = `dbname=${name}&host=${list(ordinal => podHost(ref, ordinal))}&port=${list(() => port)}&target_session_attrs=any`;
  return { writer, reader: `${base(first)}#?${libpq}` };
}

/** The standbys worth reading from: all but the primary and those that can never catch up by themselves. */
export function readableOrdinals(cluster: Cluster): Ordinal[] {
  const primary = primaryOrdinal(cluster);
  const useless = new Set(['needs-reclone', 'diverged', 'held', 'refused', 'missing']);
  return cluster.pods
    .filter(pod => pod.ordinal !== primary && !useless.has(podState(cluster, pod)))
    .map(pod => pod.ordinal);
}

/** `user` is the cluster's unless somebody else logs in. */
export function clusterUrls(cluster: Cluster, password: string, user: string = cluster.spec.user): Urls {
  return connectionUrls({
    ref: cluster.ref,
    user,
    password,
    database: cluster.spec.database,
    port: cluster.spec.port,
    primary: primaryOrdinal(cluster),
    readers: readableOrdinals(cluster),
  });
}

export const superuserPassword = (bucket: Bucket): string | undefined => bucketValue(bucket, 'password');

/** Whether a URL in somebody's bucket points at this cluster, by any of its pods' names (contract 6.2), whatever its login. */
export function pointsAt({ ref }: Pick<Cluster, 'ref'>, url: string): boolean {
  const host = /@([^/:?#,]+)/.exec(url)?.[1]?.toLowerCase() ?? '';
  const names = [ref.name, `${ref.name}-<n>`].map(name => `${name}.${ref.scope}`.toLowerCase());
  const [first = '', ...rest] = host.split('.');
  const asWritten = host.replace(/\.voodu$/, '');
  const anyPod = [first.replace(/-\d+$/, '-<n>'), ...rest].join('.').replace(/\.voodu$/, '');
  return names.includes(asWritten) || names.includes(anyPod);
}
