/** Moments as people say them. */

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

/** 59 min 59 s are an hour to people. */
const ALMOST = 0.98;

/** `in 5 min`, `3 h ago`, `now`. */
export function ago(ms: number, nowMs = Date.now()): string {
  const distanceMs = Math.abs(ms - nowMs);
  const [unit, size] = UNITS.find(([, unitMs]) => distanceMs >= unitMs * ALMOST) ?? ["s", 1_000];
  const count = Math.round(distanceMs / size);
  if (count === 0) return "now";
  return ms > nowMs ? `in ${count} ${unit}` : `${count} ${unit} ago`;
}
