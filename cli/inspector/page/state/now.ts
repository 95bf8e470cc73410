/** The time, for what counts down: it ticks each second while somebody looks. */
import { useEffect, useState } from "preact/hooks";

const TICK_MS = 1_000;

const watchers = new Set<() => void>();
let timer: number | undefined;

/** Milliseconds since the epoch; the component is drawn again each second while `isTicking`. */
export function useNow(isTicking = true): number {
  const [, setTick] = useState(0);
  useEffect(() => {
    if (!isTicking) return;
    const draw = () => setTick((tick) => tick + 1);
    watchers.add(draw);
    timer ??= window.setInterval(tick, TICK_MS);
    return () => {
      watchers.delete(draw);
      if (watchers.size > 0) return;
      window.clearInterval(timer);
      timer = undefined;
    };
  }, [isTicking]);
  return Date.now();
}

function tick(): void {
  if (document.hidden) return;
  for (const draw of watchers) draw();
}
