/** A cluster as an operator has it: the built plugin under the controller double, its pods as real containers. */
import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { type LabController, startController, type VdResult } from './controller/index.ts';

const root = join(import.meta.dirname, '../..');

/** What an installed plugin consists of, and nothing else: no node_modules, no sources. */
export function stagePlugin(): string {
  const directory = mkdtempSync(join(tmpdir(), 'voodu-plugin-'));
  for (const path of ['plugin.yml', 'bin', 'dist'])
    cpSync(join(root, path), join(directory, path), { recursive: true });
  mkdirSync(join(directory, 'runtime'));
  cpSync(process.execPath, join(directory, 'runtime/node'), { dereference: true });
  chmodSync(join(directory, 'runtime/node'), 0o755);
  return directory;
}

export interface ClusterLab extends AsyncDisposable {
  readonly controller: LabController;
  /** A scope nobody else uses; directories on the host that carry it go away with the lab. */
  scope(hint: string): string;
  cluster(scope: string, name?: string): TestCluster;
  close(): Promise<void>;
}

export interface TestCluster {
  readonly scope: string;
  readonly name: string;
  readonly ref: string;
  readonly state: string;
  readonly backups: string;
  apply(spec: Record<string, unknown>, options?: { dryRun?: boolean }): Promise<void>;
  tryApply(spec: Record<string, unknown>): Promise<{ ok: boolean; error?: string | undefined }>;
  /** `vd pg:<command> <ref> …` */
  pg(command: string, ...words: string[]): Promise<VdResult>;
  /** The same, and it must succeed. */
  ok(command: string, ...words: string[]): Promise<string>;
  /** `--json` of a command, parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads out of it is the test's claim
  json(command: string, ...words: string[]): Promise<any>;
  /** Away with its containers: a finished scenario costs the next one nothing. */
  remove(): Promise<void>;
  pod(ordinal: number): string;
  sql(ordinal: number, statement: string, options?: { database?: string }): Promise<string>;
  trySql(
    ordinal: number,
    statement: string,
  ): Promise<{ exitCode: number | undefined; stdout: string; stderr: string }>;
  logs(ordinal: number): Promise<string>;
  ids(): Promise<string[]>;
  until(what: string, condition: () => Promise<boolean>, timeoutMs?: number): Promise<void>;
  /** `primary` writable and all others streaming from it. */
  settled(primary: number, replicas: number, timeoutMs?: number): Promise<void>;
}

export async function startClusterLab(): Promise<ClusterLab> {
  if (!existsSync(join(root, 'dist/voodu-postgres.mjs')))
    throw new Error('dist/ is not built: run make build');
  const staged = stagePlugin();
  const controller = await startController({ pods: 'docker' });
  await controller.install(staged, 'postgres');
  rmSync(staged, { recursive: true, force: true });
  const scopes: string[] = [];
  const close = async () => {
    // Work on backups runs in containers that the controller knows nothing of.
    for (const scope of scopes) await removeWork(scope);
    await controller.close();
    for (const scope of scopes)
      for (const kind of ['backups', 'state/postgres'])
        rmSync(`/opt/voodu/${kind}/${scope}`, { recursive: true, force: true });
  };
  return {
    controller,
    scope: hint => {
      const scope = `${hint}-${randomBytes(3).toString('hex')}`;
      scopes.push(scope);
      return scope;
    },
    cluster: (scope, name = 'db') => testCluster(controller, scope, name),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function removeWork(scope: string): Promise<void> {
  const listed = await docker(
    'ps',
    '-a',
    '--filter',
    'label=voodu.postgres.cluster',
    '--format',
    '{{.Names}} {{.Label "voodu.postgres.cluster"}}',
  );
  const names = listed
    .split('\n')
    .filter(line => line.split(' ')[1]?.startsWith(`${scope}/`))
    .map(line => line.split(' ')[0]!);
  if (names.length > 0) await docker('rm', '-f', '-v', ...names);
}

export const docker = async (...words: string[]): Promise<string> =>
  (await execa('docker', words, { timeout: 60_000 })).stdout;

function testCluster(controller: LabController, scope: string, name: string): TestCluster {
  const ref = `${scope}/${name}`;
  const pod = (ordinal: number) => `${scope}-${name}.${ordinal}`;
  let last: Record<string, unknown> = {};
  const psql = (ordinal: number, statement: string, database?: string) => {
    const user = String(last['user'] ?? 'postgres');
    const port = String(last['port'] ?? 5432);
    // Over TCP: a server that is still being initialised answers on the socket only.
    const words = [
      'psql',
      '-XAtq',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      '127.0.0.1',
      '-U',
      user,
      '-p',
      port,
      '-d',
      database ?? String(last['database'] ?? 'postgres'),
    ];
    return execa('docker', ['exec', '-i', pod(ordinal), ...words], {
      input: statement,
      reject: false,
      timeout: 30_000,
    });
  };
  const cluster: TestCluster = {
    scope,
    name,
    ref,
    state: `/opt/voodu/state/postgres/${scope}/${name}`,
    backups: `/opt/voodu/backups/${scope}/${name}`,
    apply: async (spec, options) => {
      const result = await controller.apply([{ kind: 'postgres', scope, name, spec }], options);
      if (!result.ok) throw new Error(result.error);
      last = spec;
      await controller.idle();
      const failed = controller.status('statefulset', scope, name)?.last_reconcile_error;
      if (failed) throw new Error(String(failed));
    },
    tryApply: async spec => {
      const { ok, error } = await controller.apply([{ kind: 'postgres', scope, name, spec }]);
      await controller.idle();
      return { ok, error };
    },
    pg: (command, ...words) => controller.vd([`pg:${command}`, ref, ...words]),
    ok: async (command, ...words) => {
      const result = await controller.vd([`pg:${command}`, ref, ...words]);
      if (result.code !== 0)
        throw new Error(
          `vd pg:${command} ${words.join(' ')} left with ${result.code}:\n${result.stdout}${result.stderr}`,
        );
      await controller.idle();
      return result.stdout;
    },
    json: async (command, ...words) => JSON.parse(await cluster.ok(command, ...words, '--json')),
    remove: async () => {
      const names = (await cluster.ids()).map(line => line.split(' ')[0]!);
      await controller.request('DELETE', `/apply?kind=statefulset&scope=${scope}&name=${name}&prune=true`);
      if (names.length > 0) await execa('docker', ['rm', '-f', ...names], { reject: false, timeout: 30_000 });
    },
    pod,
    sql: async (ordinal, statement, { database } = {}) => {
      const { exitCode, stdout, stderr } = await psql(ordinal, statement, database);
      if (exitCode !== 0) throw new Error(`${pod(ordinal)}: ${stderr}`);
      return stdout;
    },
    trySql: async (ordinal, statement) => {
      const { exitCode, stdout, stderr } = await psql(ordinal, statement);
      return { exitCode, stdout, stderr };
    },
    logs: async ordinal =>
      (await execa('docker', ['logs', pod(ordinal)], { all: true, reject: false, timeout: 30_000 })).all ??
      '',
    ids: async () => {
      const words = [
        'ps',
        '-a',
        '--no-trunc',
        '--filter',
        `label=voodu.scope=${scope}`,
        '--filter',
        `label=voodu.name=${name}`,
        '--format',
        '{{.Names}} {{.ID}}',
      ];
      return (await docker(...words)).split('\n').filter(Boolean).sort();
    },
    until: async (what, condition, timeoutMs = 60_000) => {
      const end = Date.now() + timeoutMs;
      while (!(await condition().catch(() => false))) {
        if (Date.now() > end)
          throw new Error(`not within ${timeoutMs / 1000} s: ${what}\n${await allLogs(cluster)}`);
        await sleep(250);
      }
    },
    settled: (primary, replicas, timeoutMs = 60_000) =>
      cluster.until(
        `ordinal ${primary} writable, ${replicas - 1} streaming`,
        async () =>
          (await cluster.sql(
            primary,
            "select pg_is_in_recovery() || ' ' || (select count(*) from pg_stat_replication where state = 'streaming' and application_name ~ '^voodu_[0-9]+$')",
          )) === `false ${replicas - 1}`,
        timeoutMs,
      ),
  };
  return cluster;
}

async function allLogs(cluster: TestCluster): Promise<string> {
  const names = (await cluster.ids()).map(line => line.split(' ')[0]!);
  const logs = await Promise.all(
    names.map(
      async name =>
        `== ${name}\n${(await cluster.logs(Number(name.split('.').at(-1)))).split('\n').slice(-25).join('\n')}`,
    ),
  );
  return logs.join('\n');
}

export const envFileOf = (controller: LabController, scope: string, name = 'db'): string =>
  readFileSync(join(controller.root, 'apps', `${scope}-${name}`, 'shared/.env'), 'utf8');
