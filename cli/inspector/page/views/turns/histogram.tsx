/** How many turns there were, and how many of them failed, over the time that the kept ones span. */
import type { Turn } from "../../../api";
import { useNow } from "../../state/now";
import { formatClock, formatSpan, plural } from "../../values/format";

const BUCKETS = 60;
/** A bucket's length, of which the smallest is taken that shows all turns. */
const BUCKET_MS = [1_000, 5_000, 15_000, 60_000, 300_000, 1_800_000];

interface Bucket {
  readonly fromMs: number;
  good: number;
  bad: number;
}

interface HistogramProps {
  readonly turns: readonly Turn[];
  /** The time stands still. */
  readonly isHeld: boolean;
}

export function Histogram({ turns, isHeld }: HistogramProps) {
  const nowMs = useNow(!isHeld);
  const oldestMs = turns.at(-1)?.atMs ?? nowMs;
  const endMs = isHeld ? (turns[0]?.atMs ?? nowMs) : nowMs;
  const bucketMs =
    BUCKET_MS.find((ms) => ms * (BUCKETS - 1) >= endMs - oldestMs) ?? (BUCKET_MS.at(-1) as number);
  const buckets = bucketsOf(turns, endMs, bucketMs);
  const highest = Math.max(1, ...buckets.map(({ good, bad }) => good + bad));
  const all = buckets.reduce((sum, { good, bad }) => sum + good + bad, 0);
  const failed = buckets.reduce((sum, { bad }) => sum + bad, 0);
  const spanMs = bucketMs * BUCKETS;
  return (
    <figure class="histogram">
      <div
        class="histogram-bars"
        role="img"
        aria-label={`${plural(all, "turn")} in the last ${formatSpan(spanMs)}, ${failed} of them failed or lost`}
      >
        {buckets.map(({ fromMs, good, bad }) => (
          <span
            key={fromMs}
            class="histogram-bucket"
            title={`${formatClock(fromMs).slice(0, 8)}, ${formatSpan(bucketMs)}: ${plural(good + bad, "turn")}${bad > 0 ? `, ${bad} failed or lost` : ""}`}
          >
            {bad > 0 && <span class="bad" style={{ height: `${heightOf(bad, highest)}%` }} />}
            {good > 0 && <span class="good" style={{ height: `${heightOf(good, highest)}%` }} />}
          </span>
        ))}
      </div>
      <figcaption>
        <span>{formatSpan(spanMs)} ago</span>
        <span>
          at most {plural(highest, "turn")} in {formatSpan(bucketMs)}
        </span>
        <span>{isHeld ? "paused" : "now"}</span>
      </figcaption>
    </figure>
  );
}

/** Anything is more than nothing. */
function heightOf(count: number, highest: number): number {
  return Math.max(6, (count / highest) * 100);
}

function bucketsOf(turns: readonly Turn[], endMs: number, bucketMs: number): readonly Bucket[] {
  const last = Math.floor(endMs / bucketMs);
  const buckets: Bucket[] = Array.from({ length: BUCKETS }, (_, index) => ({
    fromMs: (last - BUCKETS + 1 + index) * bucketMs,
    good: 0,
    bad: 0,
  }));
  for (const { atMs, outcome } of turns) {
    // One that has just ended may be ahead of this clock's last tick.
    const index = Math.min(BUCKETS - 1, BUCKETS - 1 - (last - Math.floor(atMs / bucketMs)));
    const bucket = buckets[index];
    if (bucket === undefined) continue;
    if (outcome === "failed" || outcome === "lost") bucket.bad++;
    else bucket.good++;
  }
  return buckets;
}
