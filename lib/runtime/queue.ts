/** The calls that wait for one actor in this process, in the order in which they came. */
import type { DurableError } from "../errors";
import type { Call } from "./call";

export class CallQueue {
  private readonly waiting = new Set<Call>();

  get length(): number {
    return this.waiting.size;
  }

  push(call: Call): void {
    this.waiting.add(call);
  }

  /** The next call to run; undefined when none waits. */
  take(): Call | undefined {
    for (const call of this.waiting) {
      this.waiting.delete(call);
      return call;
    }
    return undefined;
  }

  remove(call: Call): void {
    this.waiting.delete(call);
  }

  /** The latest moment at which a host of these calls kills its process. */
  hostEndMs(): number {
    let latest = 0;
    for (const { envelope } of this.waiting) latest = Math.max(latest, envelope.hostEndMs);
    return latest;
  }

  failAll(error: DurableError): void {
    for (let call = this.take(); call !== undefined; call = this.take()) call.fail(error);
  }
}
