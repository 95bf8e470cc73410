/** When a reminder is due: at first, and again. */
import { type Duration, durationMs } from "../duration";
import { UnexpectedEvent } from "../errors";
import { quote, shorten } from "../quote";
import { nextCronMs } from "./cron";

/** What becomes of due times that passed while nobody could run them. */
export type Missed = "once" | "each" | "skip";

/**
 * When a reminder is due: one of `in`, `at`, `every` and `cron`.
 *
 * - `in`: once, so much later; at most 10 years.
 * - `at`: once, at that moment, as a Date or in milliseconds since the epoch. One that has passed is due at once.
 * - `every`: again and again, from 1 s to 10 years apart, and first after that time. The times do not drift, however late a
 *   turn is.
 * - `cron`: at the times of a cron expression: `minute hour day month weekday`, with a field for seconds before them if need
 *   be, or a name such as `@daily`. Lists, ranges, steps and names (`MON`, `JAN`) are understood, `L` for the last day of the
 *   month, `FRI#L` for its last Friday and `FRI#2` for the second. A day matches by day or by weekday when both are given, and
 *   by both with a `+` before the weekday: `0 9 1-7 * +MON`.
 * - `timezone`: of the cron expression, by its IANA name, such as `"Europe/Berlin"`; default `"UTC"`. When clocks change, times
 *   without `*` or `/` in their seconds, minutes and hours come once a day: at the end of the gap when they are skipped, and the
 *   first time when they occur twice. Others follow the clock: what is skipped does not come, what occurs twice comes twice.
 * - `missed`: what happens to times that passed during an outage. `"once"` (default): one turn for all of them. `"each"`: a
 *   turn for each. `"skip"`: none, when they are more than a minute late.
 */
export type ReminderTime =
  | { readonly in: Duration }
  | { readonly at: Date | number }
  | { readonly every: Duration; readonly missed?: Missed }
  | { readonly cron: string; readonly timezone?: string; readonly missed?: Missed };

/** How a reminder comes again; a reminder with neither `everyMs` nor `cron` comes once. */
export interface Recurrence {
  readonly everyMs?: number;
  readonly cron?: string;
  /** Of `cron`; UTC when unset. */
  readonly timezone?: string;
  /** `"once"` when unset. */
  readonly missed?: Missed;
}

export interface Schedule extends Recurrence {
  /** In milliseconds since the epoch. */
  readonly dueMs: number;
}

const MAX_MS = 10 * 365 * 86_400_000;
const MIN_EVERY_MS = 1_000;
/** Before and after this a Date cannot be. */
const MAX_MOMENT_MS = 8.64e15;
/** What is later than this is missed. */
const MAX_LATE_MS = 60_000;
/** The times of a cron expression are counted one by one. */
const MAX_COUNT = 1_000;

type Kind = "in" | "at" | "every" | "cron";
type Options = { readonly [name in Kind | "timezone" | "missed"]?: unknown };

/** What may stand beside each kind of time. */
const OPTIONS: Readonly<Record<Kind, readonly string[]>> = {
  in: [],
  at: [],
  every: ["missed"],
  cron: ["timezone", "missed"],
};

/**
 * The schedule that a user asks for, with nothing for what is unset.
 * @param time a ReminderTime, if it is well-formed
 * @throws UnexpectedEvent naming the option
 */
export function firstDue(time: unknown, nowMs: number): Schedule {
  const options = optionsOf(time);
  if (options.in !== undefined) {
    return { dueMs: nowMs + durationMs(options.in, "in", { minMs: 0, maxMs: MAX_MS }) };
  }
  if (options.at !== undefined) return { dueMs: momentOf(options.at) };
  const recurrence = recurrenceOf(options);
  const dueMs = timeAfter({ dueMs: nowMs, ...recurrence }, nowMs);
  if (dueMs === undefined) throw invalid("cron", options.cron, "never comes: no date is like that");
  return { dueMs, ...recurrence };
}

/** The time after the one that has now been dealt with; undefined when there is none. */
export function nextDue(reminder: Schedule, nowMs: number): number | undefined {
  return timeAfter(reminder, reminder.missed === "each" ? reminder.dueMs : Math.max(reminder.dueMs, nowMs));
}

/** How many later times than the one that is due have passed as well. Of a cron expression at most 1,000 are counted. */
export function missedSince(reminder: Schedule, nowMs: number): number {
  const { dueMs, everyMs } = reminder;
  if (everyMs !== undefined) return Math.max(0, Math.floor((nowMs - dueMs) / everyMs));
  let count = 0;
  let timeMs = timeAfter(reminder, dueMs);
  while (timeMs !== undefined && timeMs <= nowMs && count < MAX_COUNT) {
    count++;
    timeMs = timeAfter(reminder, timeMs);
  }
  return count;
}

/** True when it is so late that its policy drops it. */
export function isSkipped({ missed, dueMs }: Schedule, nowMs: number): boolean {
  return missed === "skip" && nowMs - dueMs > MAX_LATE_MS;
}

/** The first time strictly after a moment, which is the due time or later. */
function timeAfter(
  { dueMs, everyMs, cron, timezone = "UTC" }: Schedule,
  afterMs: number,
): number | undefined {
  if (everyMs !== undefined) return afterMs + everyMs - ((afterMs - dueMs) % everyMs);
  return cron === undefined ? undefined : nextCronMs(cron, timezone, afterMs);
}

function optionsOf(time: unknown): Options {
  const isObject = typeof time === "object" && time !== null;
  const entries = isObject ? Object.entries(time).filter(([, value]) => value !== undefined) : [];
  const [kind, ...others] = entries.flatMap(([name]) => (Object.hasOwn(OPTIONS, name) ? [name as Kind] : []));
  if (kind === undefined || others.length > 0) {
    throw invalid("time", time, "is no object with one of in, at, every and cron");
  }
  for (const [name, value] of entries) {
    const isKnown = name === kind || OPTIONS[kind].includes(name);
    if (!isKnown) throw invalid(name, value, `is no option beside "${kind}"`);
  }
  return Object.fromEntries(entries);
}

function recurrenceOf({ every, cron, timezone, missed }: Options): Recurrence {
  return {
    ...(every === undefined
      ? {}
      : { everyMs: durationMs(every, "every", { minMs: MIN_EVERY_MS, maxMs: MAX_MS }) }),
    ...(cron === undefined ? {} : { cron: checkCron(cron) }),
    ...(timezone === undefined ? {} : { timezone: checkTimezone(timezone) }),
    ...(missed === undefined ? {} : { missed: checkMissed(missed) }),
  };
}

/** True for what {@link firstDue} gives: it may have been stored since. */
export function isRecurrence({ everyMs, cron, timezone, missed }: Recurrence): boolean {
  try {
    if (everyMs !== undefined) durationMs(everyMs, "every", { minMs: MIN_EVERY_MS, maxMs: MAX_MS });
    recurrenceOf({ cron, timezone, missed });
    if (cron !== undefined) nextCronMs(cron, timezone ?? "UTC", 0);
    return everyMs === undefined || Number.isInteger(everyMs);
  } catch {
    return false;
  }
}

export function isMoment(ms: unknown): ms is number {
  return Number.isInteger(ms) && Math.abs(ms as number) <= MAX_MOMENT_MS;
}

function momentOf(at: unknown): number {
  const ms = at instanceof Date ? at.getTime() : at;
  if (isMoment(ms)) return ms;
  throw invalid("at", ms, "is no moment: a valid Date, or a whole number of milliseconds since the epoch");
}

function checkCron(cron: unknown): string {
  if (typeof cron === "string") return cron;
  throw invalid("cron", cron, 'is no cron expression: a text such as "0 9 * * MON"');
}

function checkTimezone(timezone: unknown): string {
  if (typeof timezone === "string" && isTimezone(timezone)) return timezone;
  throw invalid("timezone", timezone, 'is no time zone: an IANA name such as "Europe/Berlin"');
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function checkMissed(missed: unknown): Missed {
  if (missed === "once" || missed === "each" || missed === "skip") return missed;
  throw invalid("missed", missed, 'is none of "once", "each" and "skip"');
}

function invalid(field: string, value: unknown, problem: string): UnexpectedEvent {
  return new UnexpectedEvent(`"${shorten(field)}" (${quote(value)}) ${problem}.`, {
    field: shorten(field),
    value: quote(value),
  });
}
