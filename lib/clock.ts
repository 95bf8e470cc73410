/** Time, as everything here sees it: tests and simulations put another clock in its place. */
export interface Clock {
  /** Milliseconds since the epoch, whole ones. */
  now(): number;
  /**
   * Calls `run` once, `delayMs` from now at the earliest; the returned function cancels it.
   * @param isSleep somebody only waits for time to pass: a clock that is not real may let it pass at once
   */
  setTimer(delayMs: number, run: () => void, isSleep?: boolean): () => void;
}

export const systemClock: Clock = {
  now: Date.now,
  setTimer(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or at once when `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const wake = () => {
      cancel();
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = clock.setTimer(delayMs, wake, true);
    signal?.addEventListener("abort", wake, { once: true });
  });
}
