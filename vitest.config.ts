import { defineConfig } from 'vitest/config';
import { templatesPlugin } from './src/build/templates-plugin.ts';

/** One project per tier. `e2e` starts real containers, so its files run one after the other. */
const tier = (name: string, timeoutMs: number, serial = false) => ({
  plugins: [templatesPlugin()],
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutMs,
    hookTimeout: Math.max(timeoutMs, 60_000),
    fileParallelism: !serial,
    ...(serial ? { maxWorkers: 1 } : {}),
  },
});

export default defineConfig({
  test: {
    projects: [
      tier('unit', 10_000),
      tier('golden', 30_000),
      tier('contract', 60_000),
      tier('postgres', 120_000),
      tier('e2e', 300_000, true),
    ],
  },
});
