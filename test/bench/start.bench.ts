/** What one start costs, launcher included, as ratios against a bare start of the same node in the same run. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Row, Section } from './bench.ts';
import { installForms } from './forms.ts';
import { median } from './median.ts';

const rounds = 25;

export const bench: Section = { name: 'one start, whole process: median wall time, peak memory', run };

interface Case {
  readonly what: string;
  readonly command: readonly string[];
  readonly input: string;
}

async function run(): Promise<readonly Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'voodu-bench-'));
  try {
    return await measure(await casesIn(directory));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function casesIn(directory: string): Promise<readonly Case[]> {
  const { runtime, launchers } = await installForms(directory);
  return [
    { what: 'node -e 0', command: [runtime, '-e', '0'], input: '' },
    ...Object.entries(launchers).flatMap(([form, launcher]) =>
      invocations.map(({ what, argv, input }) => ({
        what: `${form}: ${what}`,
        command: [launcher, ...argv],
        input,
      })),
    ),
  ];
}

const block = (spec: Record<string, unknown>, config = {}) =>
  JSON.stringify({ kind: 'postgres', scope: 'scope', name: 'db', spec, config });
const settings = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`custom.setting_${index}`, index]));
const full = {
  image: 'postgres:17',
  replicas: 3,
  pg_config: { max_connections: 200, shared_buffers: '256MB', work_mem: '16MB', jit: false },
  env: { TZ: 'America/Sao_Paulo', WORKERS: '4' },
  volumes: ['/srv/import:/import:ro'],
  resources: { limits: { cpu: '2', memory: '4Gi' } },
};
const applied = {
  POSTGRES_PASSWORD: 'a',
  POSTGRES_REPLICATION_PASSWORD: 'b',
  PG_PRIMARY_ORDINAL: '0',
  BACKUP_KEEP: '30',
};

const invocations = [
  { what: 'version', argv: ['version'], input: '' },
  { what: 'help', argv: ['help'], input: '' },
  { what: 'expand, bare block', argv: ['expand'], input: block({}) },
  { what: 'expand, full block, second apply', argv: ['expand'], input: block(full, applied) },
  ...[10, 100, 1000].map(count => ({
    what: `expand, pg_config of ${count}`,
    argv: ['expand'],
    input: block({ ...full, pg_config: settings(count) }, applied),
  })),
];

/** Rounds over all cases, so that what else the machine does falls on all alike. The first warms the caches. */
async function measure(cases: readonly Case[]): Promise<readonly Row[]> {
  const times = cases.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { command, input, what }] of cases.entries()) {
      const [program = '', ...args] = command;
      const start = process.hrtime.bigint();
      const { status, stdout } = spawnSync(program, args, { input, env: {}, timeout: 20_000 });
      const elapsed = Number(process.hrtime.bigint() - start) / 1e6;
      if (status !== 0) throw new Error(`${what}: exit ${status}: ${stdout}`);
      if (round > 0) times[index]!.push(elapsed);
    }
  }
  const bare = { median: median(times[0]!), least: Math.min(...times[0]!) };
  const rows: Row[] = [];
  for (const [index, one] of cases.entries()) {
    const [mid, least] = [median(times[index]!), Math.min(...times[index]!)];
    rows.push({
      what: one.what,
      median: `${mid.toFixed(1)} ms`,
      ratio: (mid / bare.median).toFixed(2),
      fastest: `${least.toFixed(1)} ms`,
      'ratio ': (least / bare.least).toFixed(2),
      memory: `${((await peakKib(one)) / 1024).toFixed(0)} MiB`,
    });
  }
  return rows;
}

/** The process's own high-water mark, read until it is gone. */
function peakKib({ command: [program = '', ...args], input }: Case): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: {}, stdio: ['pipe', 'ignore', 'ignore'], timeout: 20_000 });
    let peak = 0;
    const timer = setInterval(() => {
      peak = Math.max(peak, highWaterKib(child.pid));
    }, 1);
    child.on('error', reject);
    child.on('close', () => {
      clearInterval(timer);
      resolve(peak);
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

function highWaterKib(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
