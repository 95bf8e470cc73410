/** When reminders are due: first and again, in every time zone, and after an outage. */
import fc from "fast-check";
import { firstDue, isSkipped, missedSince, nextDue, type Schedule } from "../../lib/reminders/schedule";

const ms = (iso: string) => Date.parse(iso);
const iso = (timeMs: number | undefined) => (timeMs === undefined ? timeMs : new Date(timeMs).toISOString());
const NOW = ms("2026-07-01T12:00:00.250Z");
const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();
const YEARS_MS = 10 * 365 * DAY_MS;

/** The first times of a cron expression after a moment, as a reminder that is always on time has them. */
function timesOf(cron: string, timezone: string | undefined, from: string, count: number) {
  const times: (string | undefined)[] = [];
  let schedule: Schedule = firstDue({ cron, timezone }, ms(from));
  while (times.length < count) {
    times.push(iso(schedule.dueMs)?.replace(":00.000Z", "Z"));
    schedule = { ...schedule, dueMs: nextDue(schedule, schedule.dueMs) as number };
  }
  return times;
}

it("does not load croner before there is a cron expression", () => {
  jest.isolateModules(() => {
    let loads = 0;
    jest.doMock("croner", () => {
      loads++;
      return jest.requireActual<object>("croner");
    });
    const fresh = require("../../lib/reminders/schedule") as typeof import("../../lib/reminders/schedule");
    fresh.nextDue(fresh.firstDue({ every: "1s" }, NOW), NOW);
    expect(loads).toBe(0);
    fresh.nextDue(fresh.firstDue({ cron: "@daily" }, NOW), NOW);
    expect(loads).toBe(1);
  });
});

describe("the first time", () => {
  it.each<[unknown, Schedule]>([
    [{ in: 0 }, { dueMs: NOW }],
    [{ in: "30m" }, { dueMs: NOW + 1_800_000 }],
    [{ in: 0.5 }, { dueMs: NOW + 1 }],
    [{ in: YEARS_MS }, { dueMs: NOW + YEARS_MS }],
    [{ in: "30m", at: undefined, missed: undefined }, { dueMs: NOW + 1_800_000 }],
    [{ at: new Date(NOW + 5) }, { dueMs: NOW + 5 }],
    [{ at: NOW + 5 }, { dueMs: NOW + 5 }],
    [{ at: 0 }, { dueMs: 0 }],
    [{ at: new Date("1969-12-31T00:00:00Z") }, { dueMs: -DAY_MS }],
    [{ at: 8.64e15 }, { dueMs: 8.64e15 }],
    [{ every: "1s" }, { dueMs: NOW + 1_000, everyMs: 1_000 }],
    [{ every: YEARS_MS }, { dueMs: NOW + YEARS_MS, everyMs: YEARS_MS }],
    [
      { every: "1h", missed: "skip" },
      { dueMs: NOW + 3_600_000, everyMs: 3_600_000, missed: "skip" },
    ],
    [{ cron: "* * * * * *" }, { dueMs: ms("2026-07-01T12:00:01Z"), cron: "* * * * * *" }],
    [
      { cron: "0 9 * * MON", timezone: "Europe/Berlin", missed: "each" },
      { dueMs: ms("2026-07-06T07:00:00Z"), cron: "0 9 * * MON", timezone: "Europe/Berlin", missed: "each" },
    ],
    [
      { cron: "0 9 * * MON", timezone: undefined },
      { dueMs: ms("2026-07-06T09:00:00Z"), cron: "0 9 * * MON" },
    ],
  ])("of %j is %j, without what is unset", (time, expected) => {
    expect(firstDue(time, NOW)).toStrictEqual(expected);
  });

  it.each<[string, unknown]>([
    ...[null, undefined, "1h", 5, true, [], {}, new Date(NOW), () => 5].map((time): [string, unknown] => [
      "time",
      time,
    ]),
    ["time", { in: "1s", at: NOW }],
    ["time", { every: "1s", cron: "@daily" }],
    ["time", { missed: "skip" }],
    ["time", { in: undefined }],
    ["time", Object.create({ in: "1s" })],
    ["in", { in: -1 }],
    ["in", { in: YEARS_MS + 1 }],
    ["in", { in: "1 h" }],
    ["in", { in: null }],
    ["in", { in: Number.NaN }],
    ["at", { at: new Date(Number.NaN) }],
    ["at", { at: "2026-07-01T12:00:00Z" }],
    ["at", { at: NOW + 0.5 }],
    ["at", { at: Number.NaN }],
    ["at", { at: Number.POSITIVE_INFINITY }],
    ["at", { at: 8.64e15 + 1 }],
    ["at", { at: 5n }],
    ["at", { at: null }],
    ["every", { every: 0 }],
    ["every", { every: 999 }],
    ["every", { every: YEARS_MS + 1 }],
    ["every", { every: "hourly" }],
    ["missed", { every: "1h", missed: "all" }],
    ["missed", { every: "1h", missed: null }],
    ["missed", { cron: "@daily", missed: 1 }],
    ["missed", { in: "1h", missed: "once" }],
    ["missed", { at: NOW, missed: "once" }],
    ["timezone", { every: "1h", timezone: "UTC" }],
    ["timezone", { at: NOW, timezone: "UTC" }],
    ["timezone", { cron: "@daily", timezone: "" }],
    ["timezone", { cron: "@daily", timezone: "Europe/Bonn" }],
    ["timezone", { cron: "@daily", timezone: 60 }],
    ["timezone", { cron: "@daily", timezone: "x".repeat(1_000_000) }],
    ["tz", { cron: "@daily", tz: "UTC" }],
    ["jitter", { every: "1h", jitter: 5 }],
    ["__proto__", JSON.parse('{"in":"1h","__proto__":1}')],
    ["cron", { cron: 5 }],
    ["cron", { cron: ["* * * * *"] }],
    ...[
      ...[
        "",
        " ",
        "* * * *",
        "* * * * * * *",
        "0 0 0 1 1 * 2030",
        "hourly",
        "@reboot",
        "@never",
        "@daily x x x x",
      ],
      ...[
        "2027-01-01T00:00:00",
        "0:0 * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
      ],
      ...[
        "* * * * 8",
        "-1 * * * *",
        "5-1 * * * *",
        "*/0 * * * *",
        "*/61 * * * *",
        "5/5 * * * *",
        "a * * * *",
        "1.5 * * * *",
      ],
      ...[
        "* * * * MON,,TUE",
        "* * * * MON#6",
        "* * * FOO *",
        "1e1 * * * *",
        "* * * * *;",
        "* * * * \0",
        "* ".repeat(1_000_000),
      ],
      // Well-formed, but there is no such date.
      ...["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 29 2 +FRI#1"],
    ].map((cron): [string, unknown] => ["cron", { cron }]),
  ])("is refused because of %j: %j", (field, time) => {
    expect(() => firstDue(time, NOW)).toThrow(
      expect.objectContaining({
        code: "UnexpectedEvent",
        retryable: false,
        message: expect.stringMatching(new RegExp(`^"${field}" \\(.{1,500}$`)) as string,
        details: expect.objectContaining({ field, value: expect.any(String) as string }) as object,
      }),
    );
  });

  it("refuses an option whatever its name, and does not give it back at full length", () => {
    expect(() => firstDue({ in: "1s", [`${"x".repeat(1_000_000)}\uD800`]: 1 }, NOW)).toThrow(
      expect.objectContaining({
        code: "UnexpectedEvent",
        message: expect.stringMatching(/^.{0,300}$/) as string,
      }),
    );
  });
});

describe("the next time", () => {
  const hourly = (missed?: Schedule["missed"]): Schedule => ({
    dueMs: 1_000,
    everyMs: 3_600_000,
    ...(missed && { missed }),
  });
  const daily = (missed?: Schedule["missed"]): Schedule => ({
    ...firstDue({ cron: "0 9 * * *", missed }, NOW),
  });

  it("does not exist for what comes once", () => {
    expect(nextDue(firstDue({ in: "1s" }, NOW), NOW)).toBeUndefined();
    expect(nextDue(firstDue({ at: NOW }, NOW), NOW + DAY_MS)).toBeUndefined();
  });

  it.each<[string, Schedule, number, number]>([
    ["on time", hourly(), 1_000, 3_601_000],
    ["late", hourly(), 3_600_999, 3_601_000],
    ["as late as the next time", hourly(), 3_601_000, 7_201_000],
    ["days late", hourly(), 1_000 + 100 * 3_600_000 + 1, 1_000 + 101 * 3_600_000],
    ["days late, to be skipped", hourly("skip"), 1_000 + 100 * 3_600_000, 1_000 + 101 * 3_600_000],
    ["days late, each", hourly("each"), 1_000 + 100 * 3_600_000, 3_601_000],
    ["by a clock that is behind", hourly(), 0, 3_601_000],
    ["by a clock that is behind, each", hourly("each"), -5, 3_601_000],
    ["days late, by cron", daily(), ms("2026-07-09T09:00:00Z"), ms("2026-07-10T09:00:00Z")],
    [
      "days late, by cron, to be skipped",
      daily("skip"),
      ms("2026-07-09T08:59:59.999Z"),
      ms("2026-07-09T09:00:00Z"),
    ],
    ["days late, by cron, each", daily("each"), ms("2026-07-09T09:00:00Z"), ms("2026-07-03T09:00:00Z")],
    ["by cron and a clock that is behind", daily(), 0, ms("2026-07-03T09:00:00Z")],
  ])("for a turn that was %s", (_, schedule, nowMs, expected) => {
    expect(iso(nextDue(schedule, nowMs))).toBe(iso(expected));
  });

  it("of `every` never drifts, however late each turn is", () => {
    const everyMs = fc.integer({ min: 1_000, max: YEARS_MS });
    fc.assert(
      fc.property(everyMs, fc.array(fc.integer({ min: -60_000, max: 30 * DAY_MS })), (every, delays) => {
        let schedule = firstDue({ every }, NOW);
        for (const delay of delays) {
          const nowMs = schedule.dueMs + delay;
          const next = nextDue(schedule, nowMs) as number;
          expect((next - NOW) % every).toBe(0);
          expect(next).toBeGreaterThan(Math.max(schedule.dueMs, nowMs));
          expect(next - every).toBeLessThanOrEqual(Math.max(schedule.dueMs, nowMs));
          schedule = { ...schedule, dueMs: next };
        }
      }),
    );
  });
});

describe("a cron expression", () => {
  it.each<[string, string, string[]]>([
    ["* * * * *", "2026-01-01T00:00:59.999Z", ["2026-01-01T00:01Z", "2026-01-01T00:02Z"]],
    ["* * * * *", "2026-01-01T00:01:00.000Z", ["2026-01-01T00:02Z"]],
    ["30 * * * * *", "2026-01-01T00:00:30.001Z", ["2026-01-01T00:01:30.000Z", "2026-01-01T00:02:30.000Z"]],
    ["0 9 * * MON", "2026-01-01T00:00:00Z", ["2026-01-05T09:00Z", "2026-01-12T09:00Z"]],
    ["0 9 * * mon-FRI", "2026-01-02T09:00:00Z", ["2026-01-05T09:00Z", "2026-01-06T09:00Z"]],
    ["0 9 * * 7", "2026-01-01T00:00:00Z", ["2026-01-04T09:00Z"]],
    ["0 9 * * 0", "2026-01-01T00:00:00Z", ["2026-01-04T09:00Z"]],
    [
      "  5,35 \t 8-9 * jan *",
      "2026-01-31T08:30:00Z",
      ["2026-01-31T08:35Z", "2026-01-31T09:05Z", "2026-01-31T09:35Z", "2027-01-01T08:05Z"],
    ],
    ["*/20 */12 * * *", "2026-01-01T00:30:00Z", ["2026-01-01T00:40Z", "2026-01-01T12:00Z"]],
    [
      "10-30/10 0 * * *",
      "2026-01-01T00:00:00Z",
      ["2026-01-01T00:10Z", "2026-01-01T00:20Z", "2026-01-01T00:30Z", "2026-01-02T00:10Z"],
    ],
    // By day of the month or by weekday; with a plus by both.
    ["0 0 13 * FRI", "2026-01-08T12:00:00Z", ["2026-01-09T00:00Z", "2026-01-13T00:00Z", "2026-01-16T00:00Z"]],
    [
      "0 0 13 * +FRI",
      "2026-01-08T12:00:00Z",
      ["2026-02-13T00:00Z", "2026-03-13T00:00Z", "2026-11-13T00:00Z"],
    ],
    // Ends of months.
    [
      "0 0 L * *",
      "2027-12-31T12:00:00Z",
      ["2028-01-31T00:00Z", "2028-02-29T00:00Z", "2028-03-31T00:00Z", "2028-04-30T00:00Z"],
    ],
    ["0 0 L 2 *", "2099-01-01T00:00:00Z", ["2099-02-28T00:00Z", "2100-02-28T00:00Z", "2101-02-28T00:00Z"]],
    ["0 0 31 * *", "2026-01-31T00:00:00Z", ["2026-03-31T00:00Z", "2026-05-31T00:00Z"]],
    ["0 0 * * FRI#L", "2026-01-01T00:00:00Z", ["2026-01-30T00:00Z", "2026-02-27T00:00Z"]],
    ["0 0 * * FRI#2", "2026-01-01T00:00:00Z", ["2026-01-09T00:00Z", "2026-02-13T00:00Z"]],
    ["0 0 * * FRI#5", "2026-02-01T00:00:00Z", ["2026-05-29T00:00Z", "2026-07-31T00:00Z"]],
    ["0 0 1W * *", "2026-07-30T00:00:00Z", ["2026-08-03T00:00Z"]],
    // Leap years, and the years that are none.
    ["0 0 29 2 *", "2026-01-01T00:00:00Z", ["2028-02-29T00:00Z", "2032-02-29T00:00Z"]],
    ["0 0 29 2 *", "2096-03-01T00:00:00Z", ["2104-02-29T00:00Z"]],
    [
      "0 0 29 2 +MON",
      "2026-01-01T00:00:00Z",
      ["2044-02-29T00:00Z", "2072-02-29T00:00Z", "2112-02-29T00:00Z"],
    ],
    ["59 23 31 12 *", "2500-01-01T00:00:00Z", ["2500-12-31T23:59Z", "2501-12-31T23:59Z"]],
    ["@yearly", "2026-01-01T00:00:00Z", ["2027-01-01T00:00Z"]],
    ["@monthly", "2026-01-01T00:00:00Z", ["2026-02-01T00:00Z"]],
    ["@weekly", "2026-01-01T00:00:00Z", ["2026-01-04T00:00Z"]],
    [" @Daily ", "2026-01-01T00:00:00Z", ["2026-01-02T00:00Z"]],
    ["@hourly", "2026-01-01T00:00:00Z", ["2026-01-01T01:00Z"]],
  ])("%j after %s", (cron, from, expected) => {
    expect(timesOf(cron, undefined, from, expected.length)).toEqual(expected);
  });

  it("ends with the year 2999", () => {
    const schedule = firstDue({ cron: "@yearly" }, ms("2998-06-01T00:00:00Z"));
    expect(iso(schedule.dueMs)).toBe("2999-01-01T00:00:00.000Z");
    expect(nextDue(schedule, schedule.dueMs)).toBeUndefined();
  });

  it("gives the same times whatever was asked before, of it and of more others than are kept", () => {
    const moment = fc.integer({ min: NOW, max: NOW + 3 * DAY_MS });
    const expression = fc
      .tuple(fc.nat(11), fc.nat(11))
      .map(([minute, hour]) => `${minute * 5} ${hour * 2} * * *`);
    fc.assert(
      fc.property(fc.array(fc.tuple(expression, moment), { minLength: 20, maxLength: 200 }), (questions) => {
        for (const [cron, nowMs] of questions) {
          const [minute = 0, hour = 0] = cron.split(" ").map(Number);
          const today = new Date(nowMs).setUTCHours(hour, minute, 0, 0);
          expect(firstDue({ cron }, nowMs).dueMs).toBe(today > nowMs ? today : today + DAY_MS);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("when clocks change", () => {
  it.each<[string, string, string, string[]]>([
    // 02:00 to 03:00 does not exist on 29 March: at 03:00, and on the next day as ever.
    [
      "30 2 * * *",
      "Europe/Berlin",
      "2026-03-28T00:00:00Z",
      ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"],
    ],
    ["0 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", ["2026-03-08T07:00Z", "2026-03-09T06:00Z"]],
    // There it is 02:00 to 02:30.
    ["15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", ["2026-10-03T15:30Z", "2026-10-04T15:15Z"]],
    ["45 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", ["2026-10-03T15:45Z", "2026-10-04T15:45Z"]],
    // Midnight itself is skipped in Havana.
    ["0 0 * * *", "America/Havana", "2026-03-07T12:00:00Z", ["2026-03-08T05:00Z", "2026-03-09T04:00Z"]],
    // What occurs twice comes the first time only.
    ["30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]],
    ["30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", ["2026-11-01T05:30Z", "2026-11-02T06:30Z"]],
    ["45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", ["2026-04-04T14:45Z", "2026-04-05T15:15Z"]],
    ["0 30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", ["2026-10-25T00:30Z", "2026-10-26T01:30Z"]],
    // So do lists and ranges; those within a gap come together at its end.
    [
      "0,30 2,3 * * *",
      "Europe/Berlin",
      "2026-03-28T12:00:00Z",
      ["2026-03-29T01:00Z", "2026-03-29T01:30Z", "2026-03-30T00:00Z"],
    ],
    [
      "30 1-3 * * *",
      "Europe/Berlin",
      "2026-10-24T12:00:00Z",
      ["2026-10-24T23:30Z", "2026-10-25T00:30Z", "2026-10-25T02:30Z", "2026-10-26T00:30Z"],
    ],
    // Steps and stars follow the clock: nothing in the gap, and what occurs twice comes twice.
    ["*/20 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", ["2026-03-30T00:00Z", "2026-03-30T00:20Z"]],
    [
      "*/30 2 * * *",
      "Europe/Berlin",
      "2026-10-24T12:00:00Z",
      [
        "2026-10-25T00:00Z",
        "2026-10-25T00:30Z",
        "2026-10-25T01:00Z",
        "2026-10-25T01:30Z",
        "2026-10-26T01:00Z",
      ],
    ],
    ["0 */2 * * *", "Europe/Berlin", "2026-03-28T23:30:00Z", ["2026-03-29T02:00Z", "2026-03-29T04:00Z"]],
    [
      "0 * * * *",
      "Australia/Lord_Howe",
      "2026-04-04T13:30:00Z",
      ["2026-04-04T14:00Z", "2026-04-04T15:30Z", "2026-04-04T16:30Z"],
    ],
    // A zone without such changes, half an hour off, and one that left them.
    [
      "30 2 * * *",
      "Asia/Kolkata",
      "2026-03-28T00:00:00Z",
      ["2026-03-28T21:00Z", "2026-03-29T21:00Z", "2026-03-30T21:00Z"],
    ],
    ["30 2 * * *", "America/Sao_Paulo", "2026-10-24T12:00:00Z", ["2026-10-25T05:30Z", "2026-10-26T05:30Z"]],
  ])("%s in %s after %s", (cron, timezone, from, expected) => {
    expect(timesOf(cron, timezone, from, expected.length)).toEqual(expected);
  });

  const ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"];

  it.each(ZONES)("`0 9 * * MON` stays at nine in the morning in %s, once a week", (timezone) => {
    const times = timesOf("0 9 * * MON", timezone, "2026-01-01T00:00:00Z", 104);
    expect(new Set(times.map((time) => clockIn(timezone, ms(time as string))))).toEqual(new Set(["Mon 9:0"]));
    for (const [index, time] of times.slice(1).entries()) {
      const weeks = (ms(time as string) - ms(times[index] as string)) / (7 * DAY_MS);
      expect(weeks).toBeGreaterThan(0.99);
      expect(weeks).toBeLessThan(1.01);
    }
  });

  it.each(ZONES)("every minute of the year's changes comes once in %s, and none is lost", (timezone) => {
    for (const change of [
      "2026-03-08T07:00Z",
      "2026-03-29T01:00Z",
      "2026-04-04T15:00Z",
      "2026-10-03T15:30Z",
      "2026-10-25T01:00Z",
      "2026-11-01T06:00Z",
    ]) {
      const fromMs = ms(change) - 3 * 3_600_000;
      const times = timesOf("* * * * *", timezone, new Date(fromMs).toISOString(), 360);
      expect(times.map((time) => (ms(time as string) - fromMs) / 60_000)).toEqual(
        Array.from({ length: 360 }, (_, index) => index + 1),
      );
    }
  });

  it("steps and stars come at just those minutes at which the clock shows what they say", () => {
    const field = (max: number) =>
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom({ text: "*", step: 1, first: 0, last: max }) },
        fc
          .integer({ min: 2, max: Math.ceil(max / 2) })
          .map((step) => ({ text: `*/${step}`, step, first: 0, last: max })),
      );
    const change = fc.constantFrom(
      ...[
        "2026-03-29T01:00Z",
        "2026-10-25T01:00Z",
        "2026-03-08T07:00Z",
        "2026-11-01T06:00Z",
        "2026-04-04T15:00Z",
        "2026-10-03T15:30Z",
      ],
    );
    const fromChangeMs = fc.integer({ min: -8 * 3_600_000, max: 4 * 3_600_000 });
    fc.assert(
      fc.property(
        field(59),
        field(23),
        fc.constantFrom(...ZONES),
        change,
        fromChangeMs,
        (minutes, hours, timezone, at, offsetMs) => {
          const nowMs = ms(at) + offsetMs;
          let expectedMs = Math.floor(nowMs / 60_000) * 60_000;
          let clock: number[];
          do {
            expectedMs += 60_000;
            clock = clockIn(timezone, expectedMs).slice(4).split(":").map(Number);
          } while ((clock[0] as number) % hours.step !== 0 || (clock[1] as number) % minutes.step !== 0);
          const cron = `${minutes.text} ${hours.text} * * *`;
          expect(iso(firstDue({ cron, timezone }, nowMs).dueMs)).toBe(iso(expectedMs));
        },
      ),
      { numRuns: 300 },
    );
  });
});

it("a cron expression always comes later than asked, on the second, and ever later", () => {
  const number = (min: number, max: number) => fc.integer({ min, max }).map(String);
  const field = (min: number, max: number) =>
    fc.oneof(
      fc.constant("*"),
      number(min, max),
      fc.integer({ min: 1, max: max - min }).map((step) => `*/${step}`),
      fc.uniqueArray(number(min, max), { minLength: 2, maxLength: 5 }).map((list) => list.join(",")),
      fc
        .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
        .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    );
  const expression = fc
    .tuple(
      fc.option(field(0, 59), { nil: "" }),
      field(0, 59),
      field(0, 23),
      fc.oneof({ weight: 4, arbitrary: fc.constant("*") }, field(1, 28), fc.constant("L")),
      fc.oneof({ weight: 4, arbitrary: fc.constant("*") }, field(1, 12)),
      fc.oneof(
        { weight: 4, arbitrary: fc.constant("*") },
        field(0, 7),
        fc.constantFrom("MON-FRI", "SUN#1", "FRI#L"),
      ),
    )
    .map((fields) => fields.join(" ").trim());
  const timezone = fc.constantFrom(
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "UTC",
  );
  const moment = fc.date({ min: new Date("1990-01-01"), max: new Date("2100-01-01"), noInvalidDate: true });
  fc.assert(
    fc.property(expression, timezone, moment, fc.nat(90 * DAY_MS), (cron, zone, now, lateMs) => {
      let schedule = firstDue({ cron, timezone: zone }, now.getTime());
      expect(schedule.dueMs).toBeGreaterThan(now.getTime());
      for (const nowMs of [0, schedule.dueMs, schedule.dueMs + lateMs]) {
        const dueMs = nextDue(schedule, nowMs) as number;
        expect(dueMs).toBeGreaterThan(Math.max(schedule.dueMs, nowMs));
        expect(dueMs % 1_000).toBe(0);
        // What is passed over was no time: asked for from its second on, the same one comes.
        expect(nextDue({ ...schedule, dueMs: dueMs - 1 }, 0)).toBe(dueMs);
        schedule = { ...schedule, dueMs };
      }
    }),
    { numRuns: 300 },
  );
});

describe("times that were missed", () => {
  const hourly: Schedule = { dueMs: NOW, everyMs: 3_600_000 };
  const cron: Schedule = firstDue({ cron: "0 * * * *" }, NOW);
  const everySecond: Schedule = firstDue({ cron: "* * * * * *" }, NOW);

  it.each<[string, Schedule, number, number]>([
    ["not yet due", hourly, NOW - 3_600_001, 0],
    ["on time", hourly, NOW, 0],
    ["late", hourly, NOW + 3_599_999, 0],
    ["as late as the next", hourly, NOW + 3_600_000, 1],
    ["a year late", hourly, NOW + 365 * DAY_MS, 8_760],
    ["once, a year late", { dueMs: NOW }, NOW + 365 * DAY_MS, 0],
    ["by cron, not yet due", cron, cron.dueMs - 1, 0],
    ["by cron, late", cron, cron.dueMs + 3_599_999, 0],
    ["by cron, as late as the next", cron, cron.dueMs + 3_600_000, 1],
    ["by cron, 30 days late", cron, cron.dueMs + 30 * DAY_MS, 720],
    ["by cron, with more than are counted", everySecond, cron.dueMs + 30 * DAY_MS, 1_000],
  ])("%s", (_, schedule, nowMs, expected) => {
    expect(missedSince(schedule, nowMs)).toBe(expected);
  });

  it("are dropped by the policy to skip them, when they are more than a minute late, and by no other", () => {
    const skip: Schedule = { ...hourly, missed: "skip" };
    expect(isSkipped(skip, NOW - 1)).toBe(false);
    expect(isSkipped(skip, NOW + 60_000)).toBe(false);
    expect(isSkipped(skip, NOW + 60_001)).toBe(true);
    for (const other of [hourly, { ...hourly, missed: "once" }, { ...hourly, missed: "each" }] as const) {
      expect(isSkipped(other, NOW + DAY_MS)).toBe(false);
    }
  });

  it("come one by one with `each`, and not at all beyond the last", () => {
    const nowMs = NOW + 3 * 3_600_000;
    let schedule: Schedule = { ...hourly, missed: "each" };
    const turns: number[] = [];
    while (schedule.dueMs <= nowMs) {
      turns.push(schedule.dueMs - NOW);
      schedule = { ...schedule, dueMs: nextDue(schedule, nowMs) as number };
    }
    expect(turns).toEqual([0, 3_600_000, 7_200_000, 10_800_000]);
  });
});

/** What a clock there shows: `"Mon 9:0"`. */
function clockIn(timeZone: string, timeMs: number): string {
  const parts = Object.fromEntries(
    formatIn(timeZone)
      .formatToParts(timeMs)
      .map(({ type, value }) => [type, value]),
  );
  return `${parts.weekday} ${Number(parts.hour)}:${Number(parts.minute)}`;
}

function formatIn(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    weekday: "short",
    hour: "numeric",
    minute: "numeric",
    hourCycle: "h23",
  });
  formats.set(timeZone, format);
  return format;
}
