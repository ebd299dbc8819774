import { defineConfig } from 'vitest/config';
import { templatesPlugin } from './src/build/templates-plugin.ts';

/** One project per tier. `e2e` mostly waits for real containers: two files at a time, each in scopes of its own. */
const tier = (name: string, timeoutMs: number, workers?: number) => ({
  plugins: [templatesPlugin()],
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutMs,
    hookTimeout: Math.max(timeoutMs, 60_000),
    ...(workers === undefined ? {} : { maxWorkers: workers }),
  },
});

export default defineConfig({
  test: {
    projects: [
      tier('unit', 10_000),
      tier('golden', 30_000),
      tier('contract', 60_000),
      tier('postgres', 120_000),
      tier('e2e', 300_000, 2),
    ],
  },
});
