/** A clock that only a test moves; and waits of the runtime's own, which pass when nothing else happens. */
import type { Clock } from "../clock";

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
  readonly isSleep: boolean;
}

export class TestClock implements Clock {
  private readonly timers = new Set<Timer>();
  /** Called when somebody begins to wait for nothing but time. */
  onSleep: () => void = () => {};

  constructor(private nowMs: number) {}

  now = (): number => this.nowMs;

  setTimer = (delayMs: number, run: () => void, isSleep = false): (() => void) => {
    const timer: Timer = { atMs: this.nowMs + Math.max(0, Math.ceil(delayMs)), run, isSleep };
    this.timers.add(timer);
    if (isSleep) this.onSleep();
    return () => this.timers.delete(timer);
  };

  /** When the next timer ends; undefined when there is none. */
  get nextMs(): number | undefined {
    return this.earliest(() => true)?.atMs;
  }

  get nextSleepMs(): number | undefined {
    return this.earliest(({ isSleep }) => isSleep)?.atMs;
  }

  /** Moves to a moment that is not behind the next timer, and ends the timers of that moment, in the order of their making. */
  moveTo(ms: number): void {
    this.nowMs = Math.max(this.nowMs, ms);
    for (const timer of [...this.timers]) {
      // One of them may have cancelled another.
      if (timer.atMs <= this.nowMs && this.timers.delete(timer)) timer.run();
    }
  }

  private earliest(which: (timer: Timer) => boolean): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.timers) {
      if (which(timer) && (earliest === undefined || timer.atMs < earliest.atMs)) earliest = timer;
    }
    return earliest;
  }
}
