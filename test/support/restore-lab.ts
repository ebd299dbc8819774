/** What the restore tests share: a database worth restoring, its fingerprint, and dumps the way the Go plugin made them. */
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { execa } from 'execa';
import { realIo } from '../../src/edges/io.ts';
import type { Io, RunOptions } from '../../src/io.ts';
import { type ClusterLab, docker, type TestCluster } from './cluster-lab.ts';

export const database = 'app';
export const owner = 'App Owner-1';

/** Roles with memberships, settings, grants, comments, nasty names, every kind of value. */
export const monday = `
CREATE ROLE "${owner}" LOGIN; CREATE ROLE readers; CREATE ROLE "ro's" LOGIN; GRANT readers TO "ro's";
ALTER ROLE "ro's" SET lock_timeout = '3s';
ALTER DATABASE app OWNER TO "${owner}"; ALTER DATABASE app SET work_mem = '7MB';
ALTER DATABASE app SET search_path = "$user", public, "Sch\\ema; 'x'"; ALTER ROLE readers IN DATABASE app SET statement_timeout = '9s';
ALTER DATABASE app CONNECTION LIMIT 77; COMMENT ON DATABASE app IS 'it''s "the" app';
REVOKE CONNECT ON DATABASE app FROM PUBLIC; GRANT CONNECT ON DATABASE app TO readers WITH GRANT OPTION; GRANT TEMP ON DATABASE app TO "ro's";
CREATE EXTENSION pg_trgm;
CREATE SCHEMA "Sch\\ema; 'x'" AUTHORIZATION "${owner}"; GRANT USAGE ON SCHEMA "Sch\\ema; 'x'" TO readers;
SET ROLE "${owner}";
CREATE TABLE public.users (id int PRIMARY KEY, name text, born timestamptz, doubled int GENERATED ALWAYS AS (id * 2) STORED);
INSERT INTO public.users SELECT g, 'u' || g || chr(9) || chr(10) || '\\', '2020-01-01'::timestamptz + g * interval '1 hour' FROM generate_series(1, 20000) g;
CREATE INDEX ON public.users USING gin (name public.gin_trgm_ops);
CREATE TABLE "Sch\\ema; 'x'"."Ta""b le;" ("Co""l" text, b bytea); INSERT INTO "Sch\\ema; 'x'"."Ta""b le;" VALUES ('x', '\\x00ff'), (NULL, NULL);
CREATE TABLE public.parts (k int, v text) PARTITION BY LIST (k); CREATE TABLE public.parts_1 PARTITION OF public.parts FOR VALUES IN (1);
INSERT INTO public.parts SELECT 1, 'v' FROM generate_series(1, 50);
CREATE TABLE public."line
break" (i int); INSERT INTO public."line
break" VALUES (1);
CREATE SEQUENCE public.numbers; SELECT setval('public.numbers', 4711);
CREATE MATERIALIZED VIEW public.names AS SELECT count(*) FROM public.users;
CREATE FUNCTION public.twice(i int) RETURNS int LANGUAGE sql AS 'SELECT i * 2';
GRANT SELECT ON public.users TO readers; COMMENT ON TABLE public.users IS 'people; "all"';
RESET ROLE;
SELECT lo_from_bytea(0, 'a large object');
`;

/** Everything a client could notice: schema, rows, owners, grants, settings. */
export async function fingerprint(
  cluster: TestCluster,
  pod = cluster.pod(0),
  name = database,
  user = 'postgres',
): Promise<string> {
  const dump = await docker('exec', pod, 'pg_dump', '-h', '127.0.0.1', '-U', user, '-C', name);
  return dump
    .replaceAll(/^\\(un)?restrict .*$/gm, '')
    .replaceAll(/^SELECT pg_catalog.lo_create\('\d+'\)/gm, '')
    .replaceAll(/^-- .*$/gm, '');
}

/** The first lines that differ, or nothing: a whole dump says too much. */
export function difference(found: string, wanted: string): string {
  const [a, b] = [found.split('\n'), wanted.split('\n')];
  const at = a.findIndex((line, index) => line !== b[index]);
  if (at === -1 && a.length === b.length) return '';
  return `line ${at}: ${JSON.stringify(a.slice(at, at + 4))} instead of ${JSON.stringify(b.slice(at, at + 4))}`;
}

export const globalsOf = (cluster: TestCluster): Promise<string> =>
  docker(
    'exec',
    cluster.pod(0),
    'sh',
    '-c',
    "pg_dumpall -h 127.0.0.1 -U postgres -g --no-role-passwords | grep -v '^.\\(un\\)\\?restrict '",
  );

/** As the Go plugin left them: under the final name, without a companion. */
export async function goDump(cluster: TestCluster, id: string, name = database): Promise<string> {
  const file = `${id}-20260101T000000Z.dump`;
  await docker(
    'exec',
    cluster.pod(0),
    'pg_dump',
    '-h',
    '127.0.0.1',
    '-U',
    'postgres',
    '-Fc',
    '-Z6',
    '-f',
    `/backups/${file}`,
    name,
  );
  return `${cluster.backups}/${file}`;
}

export const databasesOf = async (cluster: TestCluster): Promise<string[]> =>
  (
    await cluster.sql(
      0,
      "SELECT datname FROM pg_database WHERE datname NOT IN ('template0', 'template1', 'postgres') ORDER BY 1",
      { database: 'template1' },
    )
  )
    .split('\n')
    .filter(Boolean);

/** Serves bytes at any path; counts requests. */
export async function serve(
  answer: (path: string) => {
    status?: number;
    headers?: Record<string, string>;
    body?: Buffer;
    /** Says nothing more after the body, and does not end it. */
    stalls?: boolean;
  },
): Promise<{ url: string; paths: string[]; connections(): Promise<number>; close(): Promise<void> }> {
  const paths: string[] = [];
  const server: Server = createServer((request, response) => {
    paths.push(request.url ?? '');
    const { status = 200, headers = {}, body = Buffer.alloc(0), stalls = false } = answer(request.url ?? '');
    response.writeHead(status, headers);
    if (stalls) response.write(body);
    else response.end(body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    paths,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Volumes that docker made for the jobs of a cluster, for want of a mount: there must be none. */
export async function anonymousVolumes({ scope, name }: TestCluster): Promise<string[]> {
  const jobs = (await docker('ps', '-aq', '--filter', `name=^/${scope}-${name}-`))
    .split('\n')
    .filter(Boolean);
  if (jobs.length === 0) return [];
  const mounts = await docker(
    'inspect',
    '--format',
    '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}}\n{{end}}{{end}}',
    ...jobs,
  );
  return mounts.split('\n').filter(volume => /^[0-9a-f]{64}$/.test(volume));
}

/** Exit status and everything said: a slow machine hears it from the container's log, a fast one from the command. */
export async function vd(
  cluster: TestCluster,
  command: string,
  ...words: string[]
): Promise<{ code: number; said: string }> {
  const { code, stdout, stderr } = await cluster.pg(command, ...words);
  return { code, said: stdout + stderr };
}

/** A session that holds a transaction open; ends with the test. */
export async function holdTransaction(cluster: TestCluster, name = database) {
  const child = execa(
    'docker',
    ['exec', '-i', cluster.pod(0), 'psql', '-XAtq', '-h', '127.0.0.1', '-U', 'postgres', '-d', name],
    { reject: false, stdin: 'pipe', timeout: 120_000 },
  );
  child.stdin!.write('BEGIN;\nSELECT pg_backend_pid();\n');
  const pid = await new Promise<string>(resolve =>
    child.stdout!.once('data', chunk => resolve(String(chunk).trim())),
  );
  return {
    pid,
    end: async () => {
      child.stdin!.end();
      return child;
    },
  };
}

export function writeExecutable(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/** The world of a command whose job waits in one of its phases. */
export function holdingAt(lab: ClusterLab, phase: string): Io {
  const real = realIo(lab.controller.url);
  const run = (options: RunOptions) =>
    real.docker.run({ ...options, env: { ...options.env, VR_HOLD: phase } });
  return {
    ...real,
    docker: new Proxy(real.docker, { get: (port, name) => (name === 'run' ? run : Reflect.get(port, name)) }),
  };
}

export const untilHeld = (cluster: TestCluster, container: string, phase: string): Promise<void> =>
  cluster.until(
    `holding at ${phase}`,
    async () => (await docker('logs', container)).includes(`holding at ${phase}`),
    30_000,
  );

/** It goes on from where it waits. */
export const wake = (container: string): Promise<string> =>
  docker(
    'exec',
    container,
    'bash',
    '-c',
    'for p in /proc/[0-9]*; do [[ $(<$p/comm) == sleep ]] && kill "${p#/proc/}"; done; true',
  );
