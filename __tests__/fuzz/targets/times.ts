/** Times of reminders, and durations: refused by name, or a moment that makes sense. */
import fc from "fast-check";
import { durationMs } from "../../../lib/duration";
import { firstDue, isSkipped, missedSince, nextDue } from "../../../lib/reminders/schedule";
import { type Json, unpack } from "../../../lib/values/codec";
import { promised } from "../finding";
import { hostileJson, hostileObject, mutated, oneOf } from "../hostile-text";
import { ACCEPTED, type Target } from "../target";
import { NOW_MS } from "../world";

const TIMES = [
  '{"in":"5m"}',
  '{"in":1500}',
  '{"at":{"$date":"2027-02-01T00:00:00.000Z"}}',
  '{"at":1800000100000}',
  '{"every":"1.5h","missed":"each"}',
  '{"cron":"0 9 * * MON","timezone":"Europe/Berlin","missed":"skip"}',
  '{"cron":"*/5 0-12/3 1,15 JAN-MAR FRI#L"}',
  '{"cron":"30 0 9 L * +TUE"}',
  '{"cron":"@daily","timezone":"America/St_Johns"}',
];

const cronField = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "*",
      "0",
      "59",
      "L",
      "1-5",
      "*/7",
      "1,2,30",
      "MON",
      "FRI#L",
      "29",
      "2",
      "?",
      "W",
      "LW",
      "1W",
    ),
  },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.constantFrom(..."0123456789*/-,#LWMONJAN+?\\ "), maxLength: 12 }),
  },
);
const cron = fc
  .array(cronField, { minLength: 4, maxLength: 7 })
  .map((fields) => JSON.stringify(fields.join(" ")));
const zone = oneOf(
  "UTC",
  "Europe/Berlin",
  "Pacific/Apia",
  "America/St_Johns",
  "+25:00",
  "Etc/GMT+12",
  "utc\u0000",
  "__proto__",
);
const duration = fc.oneof(
  fc
    .tuple(fc.double({ min: 0 }), fc.constantFrom("ms", "s", "m", "h", "d", "y", ""))
    .map(([n, unit]) => JSON.stringify(`${n}${unit}`)),
  fc.double().map((n) => JSON.stringify(n)),
  fc
    .string({ unit: fc.constantFrom(..."0123456789.smhde- "), maxLength: 30 })
    .map((text) => JSON.stringify(text)),
);

export const schedule: Target = {
  name: "schedule",
  weight: 50,
  inputs: fc.oneof(
    { weight: 2, arbitrary: mutated(TIMES) },
    { weight: 1, arbitrary: hostileObject({ cron, timezone: zone, missed: oneOf("once", "each", "skip") }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom("in", "at", "every"), fc.oneof(duration, hostileJson))
        .map(([kind, text]) => `{"${kind}":${text}}`),
    },
  ),
  refusals: ["UnexpectedEvent"],
  feed(text) {
    const json = JSON.parse(text) as Json;
    const time = timeIn(json);
    const first = firstDue(time, NOW_MS);
    promised(Number.isInteger(first.dueMs) && Math.abs(first.dueMs) <= 8.64e15, `${first.dueMs} is a moment`);
    const { at } = (time ?? {}) as { at?: unknown };
    promised(at !== undefined || first.dueMs >= NOW_MS, "what is to come is not past");
    const laterMs = Math.max(first.dueMs, NOW_MS) + 3 * 86_400_000;
    const next = nextDue(first, laterMs);
    promised(next === undefined || (Number.isInteger(next) && next > first.dueMs), "the next time is later");
    const missed = missedSince(first, laterMs);
    promised(Number.isSafeInteger(missed) && missed >= 0, `${missed} times can be missed`);
    promised(typeof isSkipped(first, laterMs) === "boolean", "it is dropped or not");
    return ACCEPTED;
  },
};

/** With Dates, NaN and the like in it, where the tags are well-formed. */
function timeIn(json: Json): unknown {
  try {
    return unpack(structuredClone(json), "time");
  } catch {
    return json;
  }
}

export const durations: Target = {
  name: "duration",
  weight: 100,
  inputs: fc.oneof(
    { weight: 2, arbitrary: duration },
    { weight: 1, arbitrary: mutated(['"5m"', '"1.5h"', "1500"]) },
  ),
  refusals: ["UnexpectedEvent"],
  feed(text) {
    const ms = durationMs(timeIn(JSON.parse(text) as Json), "in", { minMs: 0, maxMs: 1e12 });
    promised(Number.isInteger(ms) && ms >= 0 && ms <= 1e12, `${ms} ms is within the limits`);
    return ACCEPTED;
  },
};
