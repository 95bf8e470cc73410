/** A function whose actors do to their process what they should not, or stay in mid-turn. What a turn writes says how far it is. */
import { setTimeout as wait } from "node:timers/promises";
import { Actor, createRouter, DurableActor, Method } from "durable-lambda";

/** Keeps in `done` which of its calls had their effect. */
@Actor
export class Unruly extends DurableActor {
  done: string[] = [];

  @Method work(entry: string): string[] {
    this.done.push(entry);
    return this.done;
  }

  /** Keeps the processor busy for ever: no timer runs, no answer leaves. */
  @Method hog(entry: string): never {
    this.begin(entry);
    for (;;);
  }

  /** The same, and nobody else may try meanwhile. */
  @Method({ lease: "always" }) hogUnderLease(entry: string): never {
    return this.hog(entry);
  }

  @Method async takeTime(entry: string, ms: number): Promise<string[]> {
    this.begin(entry);
    await wait(ms);
    return this.done;
  }

  /** Throws where nobody can catch it, while the turn goes on. */
  @Method throwOutside(entry: string): Promise<never> {
    this.begin(entry);
    setTimeout(() => {
      throw new RangeError("outside of everything");
    });
    return new Promise<never>(() => {});
  }

  /** As {@link throwOutside}, by a promise that nobody looks at. */
  @Method rejectOutside(entry: string): Promise<never> {
    this.begin(entry);
    void Promise.reject(new RangeError("rejected outside of everything"));
    return new Promise<never>(() => {});
  }

  @Method({ readonly: true }) text(length: number): string {
    return "x".repeat(length);
  }

  @Method({ readonly: true }) report(): string[] {
    return this.done;
  }

  private begin(entry: string): void {
    this.done.push(entry);
    console.log(`begun: ${entry}`);
  }
}

/** @public What the runtime client calls. */
export const handler = createRouter([Unruly]);
