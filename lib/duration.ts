/** Lengths of time as people write them: milliseconds as a number, or a text such as `"30s"`, `"15m"`, `"2h"`, `"7d"`. */
import { UnexpectedEvent } from "./errors";
import { quote } from "./quote";

/** A length of time: milliseconds, or a text such as `"30s"`, `"15m"`, `"2h"`, `"7d"`. */
export type Duration = number | `${number}${keyof typeof UNIT_MS}`;

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * A duration in milliseconds, rounded up.
 * @param field what it is called in the error
 * @throws UnexpectedEvent when it is not a duration from `minMs` to `maxMs`
 */
export function durationMs(
  duration: unknown,
  field: string,
  { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number },
): number {
  const ms = msWithin(duration, { minMs, maxMs });
  if (ms !== undefined) return ms;
  throw new UnexpectedEvent(
    `"${field}" (${quote(duration)}) is no duration from ${minMs} to ${maxMs} ms: a number of milliseconds, or a text ` +
      'such as "30s", "15m", "2h" or "7d".',
    { field, value: quote(duration), minMs, maxMs },
  );
}

/** A duration in milliseconds, rounded up; undefined when it is none from `minMs` to `maxMs`. */
export function msWithin(
  duration: unknown,
  { minMs, maxMs }: { readonly minMs: number; readonly maxMs: number },
): number | undefined {
  const ms = msOf(duration);
  return ms >= minMs && ms <= maxMs ? Math.ceil(ms) : undefined;
}

function msOf(duration: unknown): number {
  if (typeof duration === "number") return duration;
  const [, amount, unit] = (typeof duration === "string" && DURATION.exec(duration)) || [];
  if (amount === undefined) return Number.NaN;
  // Without what the binary form of a fraction adds: 1.1 s are 1,100 ms, not 1,100.0000000000002.
  return Number((Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]).toFixed(6));
}
