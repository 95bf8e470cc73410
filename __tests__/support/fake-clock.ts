/** A clock that only tests move. */
import type { Clock } from "../../lib/clock";

interface Timer {
  readonly atMs: number;
  readonly run: () => void;
}

export class FakeClock implements Clock {
  private readonly timers = new Set<Timer>();

  constructor(private nowMs = 1_800_000_000_000) {}

  now = (): number => Math.floor(this.nowMs);

  setTimer = (delayMs: number, run: () => void): (() => void) => {
    const timer: Timer = { atMs: this.nowMs + delayMs, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  };

  get pendingTimers(): number {
    return this.timers.size;
  }

  /** Moves time, firing what is due in its order and letting all work that follows happen. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await settle();
    for (let next = this.nextDue(untilMs); next !== undefined; next = this.nextDue(untilMs)) {
      this.timers.delete(next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
      await settle();
    }
    this.nowMs = untilMs;
  }

  /** Moves time without firing anything: a process that is frozen, or keeps its CPU busy. */
  freeze(ms: number): void {
    this.nowMs += ms;
  }

  private nextDue(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.timers) {
      if (timer.atMs <= untilMs && (next === undefined || timer.atMs < next.atMs)) next = timer;
    }
    return next;
  }
}

/** Lets promises and the embedded store's transactions run until nothing is left to do without time passing. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 12; round++) await new Promise((resolve) => setImmediate(resolve));
}

/** Any connection is quicker, also to an endpoint that is busy. */
const PATIENCE_MS = 15_000;

/** Resolves when something has come to be without time passing, as over a connection. @throws when it never does */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (performance.now() < endMs) {
    if (await isSo()) return;
    await settle();
  }
  throw new Error("It never came to that.");
}

/** A promise and what ends it. */
export function gate<T = void>(): { readonly opened: Promise<T>; open(value: T): void } {
  let open!: (value: T) => void;
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
