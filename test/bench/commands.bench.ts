/**
 * What the commands that people wait for cost, whole process, beside a bare start of the same node and what they wait for:
 * the least that each has to ask of docker, and of the controller, whose double is slower than the real one may be.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type ClusterLab, docker, startClusterLab, type TestCluster } from '../support/cluster-lab.ts';
import type { Row, Section } from './bench.ts';
import { type Forms, installForms } from './forms.ts';
import { median } from './median.ts';

export const bench: Section = {
  name: 'commands against a running cluster (postgres:17, 2 nodes), whole process: median wall time',
  run,
};

const rounds = 15;

interface Case {
  readonly what: string;
  readonly run: (input: string) => Promise<unknown>;
  /** What it left running, waited for outside the measurement. */
  readonly afterwards?: () => Promise<void>;
}

async function run(): Promise<readonly Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'voodu-bench-'));
  const lab = await startClusterLab();
  try {
    const cluster = lab.cluster(lab.scope('bcmd'));
    await cluster.apply({ image: 'postgres:17', replicas: 2 });
    await cluster.settled(0, 2);
    return await measure(lab, casesOf(lab, cluster, await installForms(directory)));
  } finally {
    await lab.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

const program =
  (name: string, ...args: readonly string[]) =>
  (input: string) =>
    execa(name, args, { input, timeout: 30_000, env: { NODE_OPTIONS: '' } });

function casesOf(
  { controller }: ClusterLab,
  cluster: TestCluster,
  { runtime, launchers }: Forms,
): readonly Case[] {
  const afterwards = () => captured(cluster);
  const describe = `${controller.url}/describe?kind=statefulset&scope=${cluster.scope}&name=${cluster.name}`;
  return [
    { what: 'node -e 0', run: program(runtime, '-e', '0') },
    { what: 'GET /describe', run: async () => (await fetch(describe)).text() },
    { what: 'docker inspect', run: program('docker', 'inspect', cluster.pod(0)) },
    {
      what: 'docker exec psql',
      run: program('docker', 'exec', cluster.pod(0), 'psql', '-XAtqU', 'postgres', '-c', 'select 1'),
    },
    {
      what: 'docker run --detach',
      run: program('docker', 'run', '--rm', '--detach', '--entrypoint=true', 'postgres:17'),
    },
    ...Object.entries(launchers).flatMap(([form, launcher]) => [
      { what: `${form}: version`, run: program(launcher, 'version') },
      { what: `${form}: psql`, run: program(launcher, 'psql', cluster.ref) },
      { what: `${form}: psql -c`, run: program(launcher, 'psql', cluster.ref, '-c', 'select 1') },
      { what: `${form}: info`, run: program(launcher, 'info', cluster.ref) },
      {
        what: `${form}: backups:capture`,
        run: program(launcher, 'backups:capture', cluster.ref),
        afterwards,
      },
    ]),
  ];
}

async function captured(cluster: TestCluster): Promise<void> {
  await cluster.until(
    'the capture has ended',
    async () => (await docker('ps', '-q', '--filter', `label=voodu.postgres.cluster=${cluster.ref}`)) === '',
  );
}

async function measure(lab: ClusterLab, cases: readonly Case[]): Promise<readonly Row[]> {
  const times = cases.map((): number[] => []);
  const input = JSON.stringify({ controller_url: lab.controller.url });
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { run, afterwards }] of cases.entries()) {
      const start = performance.now();
      await run(input);
      const elapsed = performance.now() - start;
      await afterwards?.();
      if (round > 0) times[index]!.push(elapsed);
    }
  }
  const bare = median(times[0]!);
  return cases.map(({ what }, index) => {
    const mid = median(times[index]!);
    return {
      what,
      median: `${mid.toFixed(0)} ms`,
      'over bare node': `${(mid - bare).toFixed(0)} ms`,
      ratio: (mid / bare).toFixed(2),
      fastest: `${Math.min(...times[index]!).toFixed(0)} ms`,
    };
  });
}
