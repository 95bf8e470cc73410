/**
 * The times of cron expressions. The package croner works them out; it is loaded with the first expression, so that a cold
 * start without one does not wait for it, and it never sets a timer, since it is given nothing to run.
 */
import type { Cron } from "croner";
import { UnexpectedEvent } from "../errors";
import { quote, shorten } from "../quote";

const MAX_LENGTH = 1_000;

/** Five or six fields, or a name for some. Croner would take more, and what has a colon for a date. */
const EXPRESSION =
  /^\s*([^\s:@]+(\s+[^\s:@]+){4,5}|@(yearly|annually|monthly|weekly|daily|midnight|hourly))\s*$/i;

/** Each takes some 80 KB. */
const MAX_KEPT = 50;

interface Times {
  readonly cron: Cron;
  /** The last answer: no time lies after `fromMs` and before `nextMs`. Actors of one kind ask for the same one by one. */
  fromMs: number;
  nextMs: number;
}

const kept = new Map<string, Times>();

/**
 * The first time after a moment.
 * @param timezone one that Intl knows
 * @throws UnexpectedEvent when it is no cron expression
 */
export function nextCronMs(expression: string, timezone: string, afterMs: number): number | undefined {
  const times = timesOf(expression, timezone);
  if (afterMs < times.fromMs || afterMs >= times.nextMs) {
    times.nextMs = times.cron.nextRun(new Date(afterMs))?.getTime() ?? Number.POSITIVE_INFINITY;
    times.fromMs = afterMs;
  }
  return Number.isFinite(times.nextMs) ? times.nextMs : undefined;
}

function timesOf(expression: string, timezone: string): Times {
  const key = `${timezone} ${expression}`;
  let times = kept.get(key);
  if (times === undefined) {
    times = {
      cron: parse(expression, timezone),
      fromMs: Number.POSITIVE_INFINITY,
      nextMs: Number.NEGATIVE_INFINITY,
    };
    const [oldest] = kept.keys();
    if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(key, times);
  }
  return times;
}

function parse(expression: string, timezone: string): Cron {
  if (expression.length > MAX_LENGTH || !EXPRESSION.test(expression)) {
    throw invalid(expression, `it has neither five nor six fields, nor is it a name such as @daily`);
  }
  const { Cron } = require("croner") as typeof import("croner");
  try {
    return new Cron(expression, { timezone, fixedTimeRule: "no-wildcard" });
  } catch (cause) {
    throw invalid(expression, shorten((cause as Error).message.replace(/^CronPattern: /, ""), 200), cause);
  }
}

function invalid(expression: string, problem: string, cause?: unknown): UnexpectedEvent {
  return new UnexpectedEvent(
    `"cron" (${quote(expression)}) is no cron expression: ${problem}. Give "minute hour day month weekday", such as ` +
      '"0 9 * * MON".',
    { field: "cron", value: quote(expression) },
    cause,
  );
}
