/** What an actor's method finds in `this.ctx`. */
import type { ActorClass, DurableActor } from "./actor";
import type { CallContext } from "./call-context";
import type { TurnNamespace } from "./calling/proxy";
import type { Logger } from "./log";
import type { Missed, ReminderTime } from "./reminders/schedule";

/** Says whose context it is; there is no such property. */
declare const self: unique symbol;

/**
 * What an actor's method finds in `this.ctx`: who it is, what this turn may cause, and what it may ask for.
 * @typeParam Self the actor's class: what reminders may call
 */
export interface ActorContext<Self = unknown> {
  readonly [self]?: Self;

  /** The actor's id. */
  readonly actorId: string;
  /** The version of the state that this turn runs on; 0 for a new actor. `save()` raises it by one. */
  readonly version: number;
  /** The id of this call, the same when it is retried: pass it on as an idempotency key to third parties. */
  readonly callId: string;
  /** The time, by the clock of the process: in a test the one that the test moves. A new object each time. */
  readonly now: Date;
  /** Aborts when the call's deadline passes, the lease is lost, or the process stops. The turn is rolled back then. */
  readonly signal: AbortSignal;
  /** Logs with the actor, the method and the call id on each line. */
  readonly log: Logger;
  /**
   * What middleware, and `authorize` of an HTTP request, have noted of this call: of this one alone, in this process. Empty in the
   * turn of a message or a reminder, unless middleware fills it.
   * @example const user = this.ctx.context.get(CurrentUser);
   */
  readonly context: CallContext;

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
   * ```ts
   * @Method requestApproval(amount: number): Decision {
   *   this.waiting = { amount, callId: this.ctx.callId };
   *   return this.ctx.pending();
   * }
   * ```
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

  /**
   * The actors of a class. A call of one of their methods runs in this process, under the target's own lease, and is awaited
   * like any other; what it changes is committed when it ends, whatever becomes of this turn. When this turn is run again,
   * after a crash or by a retry, the same calls get their first answers and change nothing. Messages (`send`, `start`) leave
   * once this turn is committed, and only then.
   *
   * @throws UnknownActor when the app does not have the class; TurnEnded; ReadonlyViolation in a readonly method
   * @throws (a call's promise) CallCycle when the target waits for this call; whatever the call ends with
   * @example
   * await this.ctx.actor(Account).get(from).withdraw(amount); // now
   * this.ctx.actor(Account).get(to).send().deposit(amount); // once this turn is committed
   */
  actor<A extends DurableActor>(type: ActorClass<A>): TurnNamespace<A>;
  /** The actors of a type by its stored name: `import type { Account }`, then `this.ctx.actor<Account>("Account")`. */
  actor<A extends DurableActor = DurableActor>(name: string): TurnNamespace<A>;

  /**
   * Publishes an event on the app's bus, once this turn is committed. Its source is `durable-lambda.<actor>`; its detail is
   * what is given here, and `metadata` with the event's id, the actor and its version. It can be delivered more than once,
   * with the same `metadata.eventId`.
   *
   * @param detailType at most 128 characters
   * @param detail a plain object; values that JSON does not have are kept for listening actors, and have tags for others
   * @throws UnexpectedEvent, NotSerializable; PayloadTooLarge when this turn's effects take more than 16 KB; TurnEnded;
   *   ReadonlyViolation
   * @example this.ctx.emit("OrderShipped", { orderId: this.ctx.actorId, carrier });
   */
  emit(detailType: string, detail?: object): void;

  /**
   * Arranges that one of this actor's methods is called later: durable, at the latest about a second after its time, never
   * before it. Each due time has its effect once. A reminder of the same name is replaced. It is part of this turn: one that
   * is rolled back has arranged nothing.
   *
   * A method that fails is tried again after 1 s, 2 s, …; after its `maxAttempts` the call is a dead letter, a
   * `ReminderFailed` event is published, and a recurring reminder goes on with its next time.
   *
   * @param name at most 256 characters
   * @param time see {@link ReminderTime}
   * @param method one of this actor's methods that carry `@Method` or `@On`
   * @param args what it is called with
   * @throws UnexpectedEvent for a wrong name or time; UnknownMethod; ValidationError; NotSerializable; PayloadTooLarge when the actor's
   *   reminders take more than 32 KB; TurnEnded; ReadonlyViolation
   * @example
   * this.ctx.remind("expire", { in: "30m" }, "cancel", "not paid in time");
   * this.ctx.remind("report", { cron: "0 9 * * MON", timezone: "Europe/Berlin" }, "report");
   */
  remind<K extends string, P extends readonly unknown[]>(
    this: ActorContext<{ [Name in K]: (...args: P) => unknown }>,
    name: string,
    time: ReminderTime,
    method: K,
    ...args: P
  ): void;

  /** Takes a reminder away. True when there was one. @throws TurnEnded, ReadonlyViolation */
  forget(name: string): boolean;

  /** The actor's reminders, the next one first, as this turn has left them. */
  reminders(): readonly ReminderStatus[];

  /**
   * Destroys this actor when the turn ends, in the turn's own commit: its state and its reminders are gone then, with
   * whatever the turn changed in them, before this call or after it. What the turn returns, sends and emits leaves as usual.
   * A turn that throws has destroyed nothing. `ctx.save()` is a checkpoint as ever, until the turn ends. The actor's `onDestroy`
   * is called after the method.
   *
   * The next turn of the address begins with a new actor. Its `version` goes on from the last one, and a call that was
   * applied before is still answered with its first result.
   *
   * @throws TurnEnded when the call is over; ReadonlyViolation in a readonly method
   * @example
   * this.ctx.emit("AccountClosed", { accountId: this.ctx.actorId });
   * this.ctx.destroy();
   */
  destroy(): void;

  /** The reminder that this turn is for; undefined when it is for something else. */
  readonly reminder: DueReminder | undefined;
}

/** A reminder of an actor's. */
export interface ReminderStatus {
  readonly name: string;
  readonly method: string;
  readonly args: readonly unknown[];
  /** The next time that it is for. */
  readonly dueAt: Date;
  /** Present when it comes again: after so many milliseconds, or at the times of a cron expression. */
  readonly everyMs?: number;
  readonly cron?: string;
  readonly timezone?: string;
  readonly missed?: Missed;
  /** Attempts for this due time that have failed, when there were some. */
  readonly attempts?: number;
}

/** The reminder that a turn is for. */
export interface DueReminder {
  readonly name: string;
  /** The time that it is for: before now, or now. */
  readonly dueAt: Date;
  /** How many later due times have passed as well, and are dealt with by this turn. */
  readonly missed: number;
}
