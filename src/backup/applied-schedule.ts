/** The schedule that captures a cluster by itself: the cronjob of its `backup { }` block, or of one that was pasted. */
import * as z from 'zod/mini';
import { type ClusterRef, scheduleName } from '../cluster/names.ts';
import type { CronSchedule, Io } from '../io.ts';
import { once } from '../once.ts';
import { cronProblem } from '../spec/cron.ts';

const cronjob = once(() =>
  z.object({
    schedule: z.string(),
    timezone: z.optional(z.string()),
    suspend: z.optional(z.boolean()),
  }),
);

/** Undefined where nothing captures by itself: no cronjob, a suspended one, or one whose schedule cannot be read. */
export async function appliedSchedule(io: Io, ref: ClusterRef): Promise<CronSchedule | undefined> {
  const described = await io.controller.describe('cronjob', ref.scope, scheduleName(ref));
  const { data } = cronjob().safeParse(described?.manifest.spec);
  if (data === undefined || data.suspend === true || cronProblem(data.schedule) !== undefined)
    return undefined;
  return { expression: data.schedule, timezone: data.timezone || 'UTC' };
}
