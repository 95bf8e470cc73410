/** Where a turn's time went, as a bar. */
import type { Turn } from "../../../api";
import { formatDuration } from "../../values/format";
import { SEGMENTS, segmentsOf, totalMsOf } from "./scale";

interface TurnBarProps {
  readonly turn: Turn;
  /** What a full bar stands for. */
  readonly scaleMs: number;
}

export function TurnBar({ turn, scaleMs }: TurnBarProps) {
  const segments = segmentsOf(turn);
  const totalMs = totalMsOf(turn);
  const share = Math.min(1, totalMs / scaleMs);
  const text = SEGMENTS.filter((segment) => segments[segment] > 0)
    .map((segment) => `${segment} ${formatDuration(segments[segment])}`)
    .join(", ");
  return (
    <span class="turn-bar" role="img" aria-label={text === "" ? "no time" : text} title={text}>
      <span class={totalMs > scaleMs ? "turn-fill cut" : "turn-fill"} style={{ width: `${share * 100}%` }}>
        {SEGMENTS.map(
          (segment) =>
            segments[segment] > 0 && (
              <span key={segment} class={`segment ${segment}`} style={{ flexGrow: segments[segment] }} />
            ),
        )}
      </span>
    </span>
  );
}
