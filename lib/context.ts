/** What an actor's method finds in `this.ctx`. */
import type { Logger } from "./log";

export interface ActorContext {
  /** The actor's id. */
  readonly actorId: string;
  /** The version of the state that this turn runs on; 0 for a new actor. `save()` raises it by one. */
  readonly version: number;
  /** The id of this call, the same when it is retried: pass it on as an idempotency key to third parties. */
  readonly callId: string;
  /** Aborts when the call's deadline passes, the lease is lost, or the process stops. The turn is rolled back then. */
  readonly signal: AbortSignal;
  /** Logs with the actor, the method and the call id on each line. */
  readonly log: Logger;

  /**
   * Commits the state as it is now and keeps the lease: a checkpoint in a long method. What was saved stays, even
   * when the method throws later; a retry of the call starts from there.
   *
   * @throws FencedError when the lease was lost; NotSerializable, StateTooLarge as at the end of a turn;
   *   TurnEnded when the call is over; ReadonlyViolation in a readonly method
   * @example
   * for (const page of pages) {
   *   this.done.push(await load(page));
   *   await this.ctx.save();
   * }
   */
  save(): Promise<void>;

  /**
   * What a method returns to leave its tracked call open: the call has no result until somebody ends it by its id, with
   * `ctx.resolve` in any actor, or with `client.call(callId).resolve`. The turn itself is committed as usual.
   *
   * @throws NotTracked when the caller waits for the result: only `start` leaves a call open
   * @example
   * @Method requestApproval(amount: number): Decision {
   *   this.waiting = { amount, callId: this.ctx.callId };
   *   return this.ctx.pending();
   * }
   */
  pending<T = unknown>(): T;

  /**
   * Ends a tracked call that was left open, once this turn is committed. A call that has ended already stays as it is.
   *
   * @param value the call's result; anything that can be kept
   * @throws NotSerializable; PayloadTooLarge when this turn's effects take more than 16 KB; TurnEnded; ReadonlyViolation
   * @example this.ctx.resolve(this.waiting.callId, { approved: true, by });
   */
  resolve(callId: string, value?: unknown): void;

  /** Like {@link resolve}, but the call fails: whoever asks for its result gets this error. */
  reject(callId: string, error: unknown): void;
}
