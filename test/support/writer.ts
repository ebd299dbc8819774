/** The oracle of failover tests: a writer that knows what was acknowledged, and a watcher that counts writable pods. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { docker, type TestCluster } from './cluster-lab.ts';

export interface Writer {
  /** Ids whose INSERT was acknowledged. */
  readonly acknowledged: readonly number[];
  /** Longest time between two acknowledgements, in milliseconds. */
  longestGapMs(): number;
  /** Most pods that accepted writes in one look. */
  mostWritable(): number;
  stop(): Promise<void>;
}

export async function addressOf(pod: string): Promise<string> {
  return (
    await docker(
      'container',
      'inspect',
      '--format',
      '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}',
      pod,
    )
  ).trim();
}

export async function startWriter(
  cluster: TestCluster,
  password: string,
  replicas: number,
  everyMs = 5,
): Promise<Writer> {
  const primary = await primaryOf(cluster, replicas);
  await cluster.sql(primary, 'create table if not exists written (id bigint primary key)');
  const last = Number(await cluster.sql(primary, 'select coalesce(max(id), 0) from written'));
  const acknowledged: number[] = [];
  const times: number[] = [];
  let stopped = false;
  let most = 0;
  const connect = async (ordinal: number) => {
    const host = await addressOf(cluster.pod(ordinal));
    if (!host) throw new Error('no address');
    const client = new pg.Client({
      host,
      user: 'postgres',
      password,
      database: 'postgres',
      connectionTimeoutMillis: 500,
      query_timeout: 3_000,
    });
    client.on('error', () => {});
    await client.connect();
    return client;
  };
  const write = async () => {
    let id = last;
    let ordinal = 0;
    while (!stopped) {
      let client: pg.Client | undefined;
      try {
        client = await connect(ordinal);
        while (!stopped) {
          id++;
          await client.query('insert into written values ($1)', [id]);
          acknowledged.push(id);
          times.push(Date.now());
          await sleep(everyMs);
        }
      } catch {
        ordinal = (ordinal + 1) % replicas;
        await sleep(20);
      } finally {
        await client?.end().catch(() => {});
      }
    }
  };
  const watch = async (ordinal: number, writable: Map<number, boolean>) => {
    while (!stopped) {
      let client: pg.Client | undefined;
      try {
        client = await connect(ordinal);
        while (!stopped) {
          // Asking for an id is a write as far as the server is concerned, and changes nothing.
          const { rows } = await client.query<{ w: boolean }>('select not pg_is_in_recovery() as w');
          writable.set(ordinal, rows[0]!.w);
          most = Math.max(most, [...writable.values()].filter(Boolean).length);
          await sleep(25);
        }
      } catch {
        writable.set(ordinal, false);
        await sleep(50);
      } finally {
        await client?.end().catch(() => {});
      }
    }
  };
  const writable = new Map<number, boolean>();
  const work = [write(), ...Array.from({ length: replicas }, (_, ordinal) => watch(ordinal, writable))];
  return {
    acknowledged,
    longestGapMs: () => Math.max(0, ...times.slice(1).map((time, index) => time - times[index]!)),
    mostWritable: () => most,
    stop: async () => {
      stopped = true;
      await Promise.all(work);
    },
  };
}

export async function primaryOf(cluster: TestCluster, replicas: number): Promise<number> {
  for (let ordinal = 0; ordinal < replicas; ordinal++)
    if ((await cluster.trySql(ordinal, 'select pg_is_in_recovery()')).stdout === 'f') return ordinal;
  throw new Error('no pod accepts writes');
}

/** Every acknowledged id is in the table. */
export async function missingFrom(
  cluster: TestCluster,
  ordinal: number,
  acknowledged: readonly number[],
): Promise<number[]> {
  const kept = new Set((await cluster.sql(ordinal, 'select id from written')).split('\n').map(Number));
  return acknowledged.filter(id => !kept.has(id));
}
