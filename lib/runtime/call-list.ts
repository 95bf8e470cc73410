/**
 * Calls in the order in which they came. Mostly the first one leaves first.
 *
 * An array and no `Set`: the tables that a busy set has outgrown stay linked to the newer ones, with all that was in them, and once one of
 * them is old, no young collection gets rid of the calls that come after it.
 */
import type { Call } from "./call";

export class CallList {
  private calls: Call[] = [];

  get length(): number {
    return this.calls.length;
  }

  get first(): Call | undefined {
    return this.calls[0];
  }

  [Symbol.iterator](): Iterator<Call> {
    return this.calls[Symbol.iterator]();
  }

  push(call: Call): void {
    this.calls.push(call);
  }

  shift(): Call | undefined {
    return this.calls.shift();
  }

  /** Puts some before the others. */
  putBefore(calls: readonly Call[]): void {
    this.calls = [...calls, ...this.calls];
  }

  /** Does nothing for one that is not here. */
  remove(call: Call): void {
    const index = this.calls.indexOf(call);
    if (index === 0) this.calls.shift();
    else if (index > 0) this.calls.splice(index, 1);
  }
}
