/**
 * Runs the tiers one after the other and ends with one line: `N passed, M failed`, and what was skipped.
 *
 *   node test/run.ts            every tier; installs and starts what they need (docker, PostgreSQL, shellcheck)
 *   node test/run.ts --quick    what needs neither docker nor root
 *   node test/run.ts --tier=e2e one tier (may be given several times)
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { add, type Counts, failed, formatCounts, none, runTier } from './support/run-tier.ts';

const root = join(import.meta.dirname, '..');

interface Tier {
  readonly name: string;
  readonly minutes: number;
  /** Part of `--quick`. */
  readonly quick: boolean;
  /** Here a test may not be skipped for want of something on the machine. */
  readonly complete: boolean;
  readonly needs: readonly Preparation[];
}

interface Preparation {
  readonly name: string;
  readonly command: readonly string[];
  readonly minutes: number;
}

const bundle: Preparation = { name: 'build', command: [process.execPath, 'src/build/bundle.ts'], minutes: 2 };
const tools: Preparation = { name: 'tools', command: ['sh', 'test/support/tools.sh'], minutes: 6 };
const engine: Preparation = { name: 'engine', command: ['sh', 'test/lab/engine.sh'], minutes: 6 };
const images: Preparation = { name: 'images', command: ['bash', 'test/lab/images.sh'], minutes: 15 };

const tiers: readonly Tier[] = [
  { name: 'unit', minutes: 5, quick: true, complete: true, needs: [tools] },
  { name: 'golden', minutes: 3, quick: true, complete: true, needs: [] },
  { name: 'contract', minutes: 5, quick: true, complete: true, needs: [tools, bundle] },
  { name: 'postgres', minutes: 6, quick: true, complete: true, needs: [tools] },
  { name: 'e2e', minutes: 50, quick: false, complete: true, needs: [bundle, engine, images] },
];

function main(words: readonly string[]): number {
  const quick = words.includes('--quick');
  const named = words.filter(word => word.startsWith('--tier=')).map(word => word.slice('--tier='.length));
  const unknown = words.filter(
    word => word !== '--quick' && !tiers.some(({ name }) => word === `--tier=${name}`),
  );
  if (unknown.length > 0) {
    console.error(
      `test/run.ts does not take ${unknown.join(' ')}; it takes --quick and --tier=<${tiers.map(({ name }) => name).join('|')}>`,
    );
    return 2;
  }
  const chosen = tiers.filter(tier => (named.length > 0 ? named.includes(tier.name) : tier.quick || !quick));
  const prepared = new Map<Preparation, boolean>();
  let total = none;
  for (const tier of chosen) {
    // --quick takes the machine as it is: nothing is installed.
    const wanted = tier.needs.filter(preparation => !quick || preparation === bundle);
    const broken = wanted.filter(preparation => !prepare(preparation, prepared)).map(({ name }) => name);
    total = add(
      total,
      broken.length > 0
        ? failed(`${tier.name}: not run, for ${broken.join(' and ')} failed`)
        : run(tier, quick),
    );
  }
  console.log(`\n${formatCounts(total)}`);
  return total.failed === 0 ? 0 : 1;
}

/** Once for all tiers that need it. */
function prepare(preparation: Preparation, prepared: Map<Preparation, boolean>): boolean {
  const known = prepared.get(preparation);
  if (known !== undefined) return known;
  const [program = '', ...args] = preparation.command;
  console.log(`\n== ${preparation.name}: ${preparation.command.join(' ').replace(process.execPath, 'node')}`);
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: preparation.minutes * 60_000,
    killSignal: 'SIGKILL',
  });
  if (status !== 0) console.log(`${preparation.name} failed: ${error?.message ?? `exit status ${status}`}`);
  prepared.set(preparation, status === 0);
  return status === 0;
}

function run(tier: Tier, quick: boolean): Counts {
  if (!existsSync(join(root, 'test', tier.name))) return none;
  console.log(`\n== ${tier.name}`);
  const counts = runTier(root, tier.name, { minutes: tier.minutes, full: !quick });
  if (quick || !tier.complete || counts.skipped === 0) return counts;
  return add(
    { ...counts, skipped: 0 },
    {
      ...failed(`${tier.name}: ${counts.skipped} skipped, and a full run skips nothing`),
      failed: counts.skipped,
    },
  );
}

process.exitCode = main(process.argv.slice(2));
