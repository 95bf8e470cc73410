/** The calls that wait for one actor in this process, in the order in which they came, and whether it was woken. */
import type { Clock } from "../clock";
import type { HostTime } from "../envelope";
import type { DurableError } from "../errors";
import type { Call } from "./call";
import { CallList } from "./call-list";

export class CallQueue {
  /** How many calls have come, ever. */
  arrivals = 0;
  private readonly waiting = new CallList();
  /** Somebody was asked to look at the actor, also without a call: the time of that host. */
  private woken: HostTime | undefined;

  get length(): number {
    return this.waiting.length;
  }

  /** True when there is something to take the lease for. */
  isWanted(clock: Clock): boolean {
    return this.waiting.length > 0 || (this.woken !== undefined && clock.now() < this.woken.replyByMs);
  }

  push(call: Call): void {
    this.arrivals++;
    this.waiting.push(call);
  }

  /** Wants the actor to be looked at, with or without calls. */
  wake(time: HostTime): void {
    this.woken = this.woken === undefined || this.woken.endMs < time.endMs ? time : this.woken;
  }

  /** The next call to run, which still waits. */
  get first(): Call | undefined {
    return this.waiting.first;
  }

  /** True when one of those that wait calls such a method. */
  some(isSuch: (method: string) => boolean): boolean {
    for (const { envelope } of this.waiting) if (isSuch(envelope.method)) return true;
    return false;
  }

  /** The next call to run; undefined when none waits. */
  take(): Call | undefined {
    return this.waiting.shift();
  }

  /** Calls that were taken wait again, before those that have come since; and who was woken wants to be again. */
  putBack(calls: readonly Call[], woken: HostTime | undefined): void {
    this.waiting.putBefore(calls);
    if (woken !== undefined) this.wake(woken);
  }

  remove(call: Call): void {
    this.waiting.remove(call);
  }

  /** The latest moment at which a host of these calls kills its process. */
  hostEndMs(): number {
    let latest = this.woken?.endMs ?? 0;
    for (const { envelope } of this.waiting) latest = Math.max(latest, envelope.hostEndMs);
    return latest;
  }

  /** The actor is being looked at. Returns for whom, if it was woken. */
  looked(): HostTime | undefined {
    const { woken } = this;
    this.woken = undefined;
    return woken;
  }

  /** Aborts the turn that runs, also one that is for no call. Set by who runs it. */
  abortRunning: (reason: DurableError) => void = () => {};

  failAll(error: DurableError): void {
    this.looked();
    for (let call = this.take(); call !== undefined; call = this.take()) call.fail(error);
  }
}
