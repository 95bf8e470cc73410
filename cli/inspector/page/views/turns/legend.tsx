/** What the colours of the bars mean. */
import { formatDuration } from "../../values/format";
import { SEGMENT_MEANING, SEGMENTS } from "./scale";

export function Legend({ scaleMs }: { readonly scaleMs: number }) {
  return (
    <ul class="legend" aria-label="What the bars show">
      {SEGMENTS.map((segment) => (
        <li key={segment} title={SEGMENT_MEANING[segment]}>
          <span class={`swatch ${segment}`} aria-hidden="true" />
          {segment}
        </li>
      ))}
      <li class="legend-scale">a full bar is {formatDuration(scaleMs)}</li>
    </ul>
  );
}
