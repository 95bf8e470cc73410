/**
 * Drives the app under test: moves its clock from one thing that is due to the next, and lets everything that follows from it
 * happen in between. In place of a sweep every minute it sweeps when an actor is due, so that a month costs no more than what
 * happens in it.
 */
import * as timers from "node:timers";
import type { ForeignWait } from "../runtime/foreign-waits";
import type { Store } from "../store";
import { SWEEP_EVERY_MS } from "../wake";
import type { TestClock } from "./test-clock";
import type { TestProcess } from "./test-process";

// The real ones, taken early: a test may put fake timers in their place.
const { setImmediate, setTimeout } = timers;

/** So many rounds of the event loop without anything new, and nothing happens any more by itself. */
const QUIET_ROUNDS = 8;
/** While a method waits for something real, this often is looked whether it goes on. */
const LOOK_EVERY_MS = 1;

export class Driver {
  private sweptMs = Number.NEGATIVE_INFINITY;
  private isAdvancing = false;
  private isLooking = false;
  private isStopped = false;

  constructor(
    private readonly clock: TestClock,
    private readonly store: Store,
    private readonly process: () => TestProcess,
  ) {
    clock.onSleep = () => this.passSleeps();
  }

  stop(): void {
    this.isStopped = true;
  }

  /** Lets time pass up to `untilMs`, with everything that is due by then. */
  async advanceTo(untilMs: number): Promise<void> {
    this.isAdvancing = true;
    try {
      // What waits for something real already, or for the test itself, may be meant to be outlasted.
      const before = new Set(this.waits);
      const mayGoOn = (wait: ForeignWait) => wait.isAwaited || before.has(wait);
      do await this.quiet(mayGoOn);
      while (await this.step(untilMs));
      this.clock.moveTo(untilMs);
      await this.quiet(mayGoOn);
    } finally {
      this.isAdvancing = false;
      if (this.clock.nextSleepMs !== undefined) this.passSleeps();
    }
  }

  /**
   * Nobody should have to move the clock for a call that meets a busy actor, or is tried again: when nothing else happens, the
   * time for which somebody only waits passes by itself.
   */
  private passSleeps(): void {
    if (this.isLooking || this.isAdvancing) return;
    this.isLooking = true;
    void this.passNextSleeps().finally(() => {
      this.isLooking = false;
    });
  }

  private async passNextSleeps(): Promise<void> {
    for (;;) {
      await this.quiet(() => false);
      const { nextSleepMs } = this.clock;
      if (nextSleepMs === undefined || this.isAdvancing || this.isStopped) return;
      await this.step(nextSleepMs);
    }
  }

  /** Moves to the next thing that is due, if that is by then, and does it. */
  private async step(untilMs: number): Promise<boolean> {
    const sweepMs = await this.nextSweepMs(untilMs);
    const nextMs = Math.min(sweepMs, this.clock.nextMs ?? Number.POSITIVE_INFINITY);
    if (nextMs > untilMs) return false;
    this.clock.moveTo(nextMs);
    if (sweepMs <= nextMs) await this.sweep();
    return true;
  }

  /** Resolves when nothing more happens without time passing. @param mayGoOn methods that may go on waiting */
  private async quiet(mayGoOn: (wait: ForeignWait) => boolean): Promise<void> {
    let { requests } = this.process();
    for (let rounds = 0; rounds < QUIET_ROUNDS && !this.isStopped; rounds++) {
      await new Promise((resolve) => setImmediate(resolve));
      const isForeign = [...this.waits].some((wait) => !mayGoOn(wait));
      if (isForeign) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS).unref());
      if (isForeign || this.process().requests !== requests) rounds = 0;
      ({ requests } = this.process());
    }
  }

  private get waits(): ReadonlySet<ForeignWait> {
    return this.process().runtime.host.waits.current;
  }

  /** When an actor is due next. One that stays due is looked at once a minute, as by any sweep. */
  private async nextSweepMs(untilMs: number): Promise<number> {
    const { due } = await this.store.readDue(0, untilMs);
    const wakeAtMs = due[0]?.wakeAtMs;
    if (wakeAtMs === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(wakeAtMs, wakeAtMs > this.sweptMs ? 0 : this.sweptMs + SWEEP_EVERY_MS, this.clock.now());
  }

  private async sweep(): Promise<void> {
    this.sweptMs = this.clock.now();
    await this.process().handle({ mode: "sweep" });
  }
}
