/**
 * A capture against plain `pg_dump -Fc` of the same data, in one run. A capture does more than the plain command: it decodes
 * every block, hashes the file, writes the roles and a sidecar. The last rows say what the same safety costs by hand.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ClusterLab, docker, startClusterLab, type TestCluster } from '../support/cluster-lab.ts';
import type { Row, Section } from './bench.ts';

const rounds = 3;

export const bench: Section = {
  name: 'backups: one capture against plain pg_dump -Fc of the same database (postgres:17, best of three)',
  run,
};

const data = `
  create table events as select g as id, md5(g::text) as token, repeat(md5((g % 1000)::text), 3) as body, now() as at, random() * 1000 as amount
    from generate_series(1, 1200000) g;
  create table numbers as select g as id, g * 2 as twice, g % 7 as week, md5(random()::text) as noise from generate_series(1, 2000000) g;
  create table documents as select g as id, jsonb_build_object('id', g, 'name', 'user ' || g, 'email', md5(g::text) || '@example.com') as doc
    from generate_series(1, 400000) g;
  alter table events add primary key (id);
  vacuum analyze`;

interface Measured {
  readonly what: string;
  readonly seconds: number;
  readonly bytes: number;
}

async function run(): Promise<readonly Row[]> {
  const lab = await startClusterLab();
  try {
    const cluster = lab.cluster(lab.scope('bench'));
    await cluster.apply({ image: 'postgres:17', pg_config: { shared_buffers: '512MB' } });
    await cluster.settled(0, 1);
    for (const statement of data.split(';')) await cluster.sql(0, statement);
    const raw = Number(await cluster.sql(0, 'select pg_database_size(current_database())'));
    await plain(cluster, '--compress=0');
    const measured = await interleaved([
      ['plain: pg_dump -Fc', () => plain(cluster)],
      ['plain: -Z gzip:1', () => plain(cluster, '--compress=gzip:1')],
      ['plain: -Z lz4', () => plain(cluster, '--compress=lz4')],
      ['plain: -Z zstd:3', () => plain(cluster, '--compress=zstd:3')],
      ['plain: -Z zstd:1 (best)', () => plain(cluster, '--compress=zstd:1')],
      ['best + pg_restore -f /dev/null + sha256sum', () => plain(cluster, '--compress=zstd:1', true)],
      ['capture, in its container', () => capture(lab, cluster)],
      ['capture, command to complete', () => capture(lab, cluster, true)],
    ]);
    const base = measured[0]!;
    const fastest = measured[4]!;
    return measured.map(({ what, seconds, bytes }) => ({
      what,
      seconds: seconds.toFixed(2),
      'MB/s of the database': (raw / 1024 ** 2 / seconds).toFixed(0),
      'time, of -Fc': (seconds / base.seconds).toFixed(2),
      'time, of the best': (seconds / fastest.seconds).toFixed(2),
      'size, of -Fc': (bytes / base.bytes).toFixed(2),
    }));
  } finally {
    await lab.close();
  }
}

type Once = () => Promise<Omit<Measured, 'what'>>;

/** Round by round, so that what else the machine does hits all alike; the best of each. */
async function interleaved(cases: readonly (readonly [what: string, once: Once])[]): Promise<Measured[]> {
  const results = cases.map(([what]) => ({ what, runs: [] as Omit<Measured, 'what'>[] }));
  for (let round = 0; round < rounds; round++)
    for (const [index, [, once]] of cases.entries()) results[index]!.runs.push(await once());
  return results.map(({ what, runs }) => ({ what, ...runs.toSorted((a, b) => a.seconds - b.seconds)[0]! }));
}

/** Inside the pod, over loopback TCP, into the backups' directory: as a capture does it. Timed inside. */
async function plain(cluster: TestCluster, compress = '', checked = false): Promise<Omit<Measured, 'what'>> {
  const check = checked
    ? '&& pg_restore --file=/dev/null /backups/plain && sha256sum /backups/plain >/dev/null'
    : '';
  const script = `
    PATH=$(dirname "$(readlink -f "$(command -v postgres)")"):$PATH
    begun=$EPOCHREALTIME
    PGSSLMODE=disable pg_dump --format=custom ${compress} --host=127.0.0.1 --username=postgres --file=/backups/plain postgres ${check} || exit 1
    ended=$EPOCHREALTIME
    echo "$((\${ended/./} - \${begun/./})) $(stat -c %s /backups/plain)"
    rm /backups/plain`;
  const [microseconds, bytes] = (await docker('exec', cluster.pod(0), 'bash', '-c', script))
    .split(' ')
    .map(Number);
  return { seconds: microseconds! / 1e6, bytes: bytes! };
}

async function capture(
  lab: ClusterLab,
  cluster: TestCluster,
  whole = false,
): Promise<Omit<Measured, 'what'>> {
  const begun = performance.now();
  const { stdout, code } = await lab.controller.vd([
    'pg:backups:capture',
    cluster.ref,
    '--follow',
    '--keep',
    '1',
  ]);
  const total = (performance.now() - begun) / 1000;
  if (code !== 0) throw new Error(stdout);
  const id = /backup (b\d+) captured/.exec(stdout)![1]!;
  const times = await docker(
    'inspect',
    '--format',
    '{{.State.StartedAt}} {{.State.FinishedAt}}',
    `${cluster.scope}-db-backup-${id}`,
  );
  const [started, finished] = times.split(' ').map(time => Date.parse(time));
  const dump = readdirSync(cluster.backups).find(
    name => name.startsWith(`${id}-`) && name.endsWith('.dump'),
  )!;
  return {
    seconds: whole ? total : (finished! - started!) / 1000,
    bytes: statSync(join(cluster.backups, dump)).size,
  };
}
