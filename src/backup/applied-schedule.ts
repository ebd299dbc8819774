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
export const appliedSchedule = async (io: Io, ref: ClusterRef): Promise<CronSchedule | undefined> =>
  (await readSchedule(io, ref)).schedule;

export interface ReadSchedule {
  readonly schedule: CronSchedule | undefined;
  /** Why there is none although there is a cronjob. */
  readonly problem: string | undefined;
}

export async function readSchedule(io: Io, ref: ClusterRef): Promise<ReadSchedule> {
  const described = await io.controller.describe('cronjob', ref.scope, scheduleName(ref));
  const { data } = cronjob().safeParse(described?.manifest.spec);
  if (data === undefined || data.suspend === true) return { schedule: undefined, problem: undefined };
  const schedule = { expression: data.schedule, timezone: data.timezone || 'UTC' };
  const problem = cronProblem(data.schedule) ?? (await unreadable(io, schedule));
  if (problem === undefined) return { schedule, problem };
  const what = `cronjob ${ref.scope}/${scheduleName(ref)} (schedule "${schedule.expression}", time zone ${schedule.timezone})`;
  return { schedule: undefined, problem: `${what} cannot be read: ${problem}` };
}

/** Whoever wrote the cronjob by hand may have named a time zone that does not exist. */
async function unreadable(io: Io, schedule: CronSchedule): Promise<string | undefined> {
  try {
    await io.cron.nextRun(schedule, io.host.now());
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
