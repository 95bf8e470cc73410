/** Moments: seen from now, or by the clock; the whole of it as a tip. */
import { useNow } from "../state/now";
import { formatClock, formatIso, formatMoment, formatRelative } from "../values/format";

export function Ago({ atMs }: { readonly atMs: number }) {
  const nowMs = useNow();
  return (
    <time dateTime={formatIso(atMs)} title={formatMoment(atMs)}>
      {formatRelative(atMs, nowMs)}
    </time>
  );
}

export function Clock({ atMs }: { readonly atMs: number }) {
  return (
    <time class="clock" dateTime={formatIso(atMs)} title={formatMoment(atMs)}>
      {formatClock(atMs)}
    </time>
  );
}
