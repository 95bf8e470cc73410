/** Lengths of time as people write them. */
import { durationMs } from "../lib/duration";

const LIMITS = { minMs: 0, maxMs: 10 * 86_400_000 };
const ms = (duration: unknown) => durationMs(duration, "delay", LIMITS);

it.each([
  [0, 0],
  [5, 5],
  [1.2, 2],
  ["0s", 0],
  ["5ms", 5],
  ["0.5ms", 1],
  ["30s", 30_000],
  ["15m", 900_000],
  ["1.5h", 5_400_000],
  ["2h", 7_200_000],
  ["7d", 604_800_000],
  ["007s", 7_000],
  [LIMITS.maxMs, LIMITS.maxMs],
  ["10d", LIMITS.maxMs],
])("%j is %i ms", (duration, expected) => {
  expect(ms(duration)).toBe(expected);
});

it("is exact for decimals: the binary form of a fraction adds no millisecond", () => {
  const wrong: string[] = [];
  for (const [unit, unitMs] of [
    ["s", 1_000],
    ["m", 60_000],
    ["h", 3_600_000],
  ] as const) {
    for (let thousandths = 0; thousandths < 24_000; thousandths++) {
      const text = `${thousandths / 1_000}${unit}`;
      if (ms(text) !== (thousandths * unitMs) / 1_000) wrong.push(text);
    }
  }
  expect(wrong).toEqual([]);
});

it.each<[unknown]>(
  [
    ...["", " ", "5", "s", "ms", "5 s", " 5s", "5s ", "5s\n", "-5s", "+5s", ".5s", "5.s", "1.2.3s", "1,5s"],
    ...["5S", "5sec", "5x", "abc", "1e3s", "0x5s", "Infinitys", "NaNs", "５s", "5s5s", `${"9".repeat(400)}s`],
    ...[Number.NaN, Number.POSITIVE_INFINITY, -1, -0.5, LIMITS.maxMs + 1, "11d", 5n, true, null, undefined],
    ...[{}, [], ["5s"], { valueOf: () => 5 }, new Date(5), () => 5, Symbol("5s")],
  ].map((duration) => [duration] as [unknown]),
)("%p is refused, naming the field and the limits", (duration) => {
  expect(() => ms(duration)).toThrow(
    expect.objectContaining({
      code: "UnexpectedEvent",
      retryable: false,
      message: expect.stringContaining('"delay"') as string,
      details: expect.objectContaining({ field: "delay", ...LIMITS }) as object,
    }),
  );
});

it("has the limits that the caller gives, both included", () => {
  const limits = { minMs: 5, maxMs: 1_000 };
  expect(durationMs(5, "timeout", limits)).toBe(5);
  expect(durationMs("1s", "timeout", limits)).toBe(1_000);
  for (const out of [4, "1001ms"]) {
    expect(() => durationMs(out, "timeout", limits)).toThrow(/"timeout".* from 5 to 1000 ms/);
  }
});

it("does not come back at full length in the error", () => {
  expect(() => ms("x".repeat(1_000_000))).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/^.{0,400}$/) as string }),
  );
});
