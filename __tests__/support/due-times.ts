/**
 * When reminders are due, worked out in another way than the package does it: by looking at a clock on the wall, minute by
 * minute.
 */

const QUARTER_MS = 900_000;

/** A time of day on a wall in a time zone, every day or on one day of the week. */
export interface WallTime {
  readonly timezone: string;
  readonly hour: number;
  /** 0, 15, 30 or 45. */
  readonly minute: number;
  /** Such as `Mon`. */
  readonly weekday?: string;
}

export function cronOf({ hour, minute, weekday = "*" }: WallTime): string {
  return `${minute} ${hour} * * ${weekday.toUpperCase()}`;
}

/**
 * All moments after `afterMs` and up to `untilMs` at which the wall shows that time for the first time on its day, or, where
 * the clocks leap over it, a later one.
 */
export function timesOnWall(
  { timezone, hour, minute, weekday }: WallTime,
  afterMs: number,
  untilMs: number,
): number[] {
  const wall = new Intl.DateTimeFormat("en", {
    timeZone: timezone,
    hourCycle: "h23",
    weekday: "short",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  const times: number[] = [];
  let doneDay = "";
  // From the day before on, so that the first day's time is not taken for missing when it has passed.
  for (let ms = Math.floor(afterMs / QUARTER_MS) * QUARTER_MS - 86_400_000; ms <= untilMs; ms += QUARTER_MS) {
    const shown = Object.fromEntries(wall.formatToParts(ms).map(({ type, value }) => [type, value]));
    const day = `${shown.month}/${shown.day}`;
    const isReached = Number(shown.hour) * 60 + Number(shown.minute) >= hour * 60 + minute;
    if (day === doneDay || !isReached) continue;
    doneDay = day;
    if (ms > afterMs && (weekday === undefined || shown.weekday === weekday)) times.push(ms);
  }
  return times;
}

/** All moments after `afterMs` and up to `untilMs` that are a whole number of times `everyMs` after it. */
export function timesApart(everyMs: number, afterMs: number, untilMs: number): number[] {
  const times: number[] = [];
  for (let ms = afterMs + everyMs; ms <= untilMs; ms += everyMs) times.push(ms);
  return times;
}
