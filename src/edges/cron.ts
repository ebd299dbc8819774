/** The runs of a cron schedule, by croner. */
import { Cron } from 'croner';
import type { Cron as Port } from '../io.ts';

export const cron: Port = {
  runsBefore: async ({ expression, timezone }, now, count) =>
    new Cron(expression, { timezone, paused: true }).previousRuns(count, now).toSorted((a, b) => +b - +a),
  nextRun: async ({ expression, timezone }, now) =>
    new Cron(expression, { timezone, paused: true }).nextRun(now) ?? undefined,
};
