/** One tier through vitest, and what came of it, from vitest's own JSON report. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const none: Counts = { passed: 0, failed: 0, skipped: 0 };

export const add = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

/** Something that is no test went wrong; it counts as one failure and says why. */
export function failed(why: string): Counts {
  console.log(why);
  return { ...none, failed: 1 };
}

export function formatCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
}

export interface TierOptions {
  readonly minutes: number;
  /** Tests fail instead of skipping what this machine lacks. */
  readonly full: boolean;
}

export function runTier(root: string, tier: string, { minutes, full }: TierOptions): Counts {
  const directory = join(root, 'node_modules/.cache/voodu-test');
  const report = join(directory, `${tier}-${process.pid}.json`);
  mkdirSync(directory, { recursive: true });
  const { status, error, signal } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      `--project=${tier}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      timeout: minutes * 60_000,
      killSignal: 'SIGKILL',
      // Scripts and tests find the pinned node first, whatever node started this.
      env: {
        ...process.env,
        PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
        ...(full ? { VOODU_TEST_FULL: '1' } : {}),
      },
    },
  );
  const counts = countsOf(readReport(report));
  if (error || signal)
    return add(
      counts ?? none,
      failed(`${tier}: ${error?.message ?? `ended by ${signal}`} (limit ${minutes} min)`),
    );
  if (counts === undefined) return failed(`${tier}: vitest ended with status ${status} and without a report`);
  if (counts.passed + counts.failed + counts.skipped === 0) return failed(`${tier}: no test was found`);
  if (status !== 0 && counts.failed === 0)
    return add(counts, failed(`${tier}: vitest ended with status ${status}`));
  return counts;
}

/** The parts of vitest's report that are read here. */
export interface Report {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

function readReport(path: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report;
  } catch {
    return undefined;
  } finally {
    rmSync(path, { force: true });
  }
}

/** A file that failed before or beside its tests (a syntax error, a broken hook) is one failure more. */
export function countsOf(report: Report | undefined): Counts | undefined {
  if (report === undefined) return undefined;
  let counts = none;
  for (const file of report.testResults) {
    const statuses = file.assertionResults.map(({ status }) => status);
    const count = (...wanted: string[]) => statuses.filter(status => wanted.includes(status)).length;
    const failures = count('failed');
    const passed = count('passed');
    counts = add(counts, {
      passed,
      failed: failures === 0 && file.status === 'failed' ? 1 : failures,
      skipped: statuses.length - passed - failures,
    });
  }
  return counts;
}
