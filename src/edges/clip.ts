/** A limit in milliseconds, cut to an end: 0 where that is past. */
export const clipTo = (endsAt: Date | undefined, wantedMs: number): number =>
  endsAt === undefined ? wantedMs : Math.max(0, Math.min(wantedMs, endsAt.getTime() - Date.now()));
