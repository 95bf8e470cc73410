/**
 * What compiles and what does not. Never run: `types.test.ts` compiles it, and expects below each comment
 * `@ts-expect-error` the errors whose codes the comment names.
 */
import {
  Actor,
  type ActorEvent,
  type ActorNamespace,
  type ActorOptions,
  type ActorReference,
  type CallHandle,
  type CallStatus,
  type Client,
  createRouter,
  type DueReminder,
  DurableActor,
  Method,
  type Migration,
  On,
  type Receipt,
  type ReminderStatus,
  type ReminderTime,
  Transient,
  type TurnNamespace,
  type TurnReference,
  type TurnSender,
} from "durable-lambda";
import { type AppClock, createTestApp, type LoggedEvent } from "durable-lambda/testing";
import type { Counter as CounterType, Entry } from "./types-counter";
import { Counter, LoudCounter } from "./types-counter";

declare const client: Client;

/** Compiles only when the two types are the same, so that `any` does not pass for everything. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_A, _B>(_same: Same<_A, _B>): void => {};

export async function results(): Promise<void> {
  const counter = client.actor(Counter).get("c1");
  same<typeof counter, ActorReference<Counter>>(true);

  const sum = await counter.increment(2);
  same<typeof sum, number>(true);
  same<ReturnType<typeof counter.increment>, Promise<number>>(true);
  same<Parameters<typeof counter.increment>, [by?: number | undefined]>(true);

  // An async method gives one promise, not a promise of a promise.
  same<ReturnType<typeof counter.later>, Promise<Entry[]>>(true);
  same<ReturnType<typeof counter.maybe>, Promise<string | number>>(true);
  same<ReturnType<typeof counter.nothing>, Promise<void>>(true);
  same<ReturnType<typeof counter.all>, Promise<Map<string, bigint>>>(true);
  same<Parameters<typeof counter.all>, string[]>(true);

  await counter.all("a", "b");
  await counter.increment();
  await counter.later({ name: "n", at: new Date() });

  // @ts-expect-error TS2322: a number is no string
  const text: string = await counter.increment(1);
  // @ts-expect-error TS2322: the result is a promise
  const early: number = counter.increment(1);
  // @ts-expect-error TS2339: the result has no such member
  (await counter.later({ name: "n", at: new Date() })).size;
  // @ts-expect-error TS2365: a promise is no operand
  counter.value() + 1;
  void [text, early];
}

export function names(): void {
  const counter = client.actor(Counter).get("c1");
  // @ts-expect-error TS2339: no such method
  void counter.decrement(1);
  // @ts-expect-error TS2551: nearly such a method
  void counter.incremnt(1);
  // @ts-expect-error TS2339: a method that is private
  void counter.hidden();
  // @ts-expect-error TS2339: a method that is protected
  void counter.inherited();
  // @ts-expect-error TS2339: a field
  void counter.count;
  // @ts-expect-error TS2339: a field that holds no function
  void counter.cache;
  // @ts-expect-error TS2339: a getter
  void counter.doubled;
  // @ts-expect-error TS2339: the context
  void counter.ctx;
  // @ts-expect-error TS2339: a hook
  void counter.onCreate();
  // @ts-expect-error TS2339: a hook
  void counter.onActivate();
  // @ts-expect-error TS2339: a hook
  void counter.onDestroy();
  // @ts-expect-error TS2339: a reference is no promise
  void counter.then;
  // @ts-expect-error TS2540: a reference cannot be changed
  counter.increment = async () => 1;
}

export function parameters(): void {
  const counter = client.actor(Counter).get("c1");
  // @ts-expect-error TS2345: a wrong type
  void counter.increment("1");
  // @ts-expect-error TS2554: too many
  void counter.increment(1, 2);
  // @ts-expect-error TS2554: too few
  void counter.later();
  // @ts-expect-error TS2322: a wrong type within
  void counter.later({ name: "n", at: "today" });
  // @ts-expect-error TS2353: a field too many
  void counter.later({ name: "n", at: new Date(), more: 1 });
  // @ts-expect-error TS2345: a wrong type among the rest
  void counter.all("a", 1);
}

export function references(): void {
  client.actor(Counter).get("c1", { timeoutMs: 5, consistency: "eventual", idempotencyKey: "k" });
  // @ts-expect-error TS2345: an id is a string
  client.actor(Counter).get(1);
  // @ts-expect-error TS2554: an id must be given
  client.actor(Counter).get();
  // @ts-expect-error TS2561: no such option
  client.actor(Counter).get("c1", { timeout: 5 });
  // @ts-expect-error TS2322: no such consistency
  client.actor(Counter).get("c1", { consistency: "weak" });
  // @ts-expect-error TS2339: an actor is got by its id first
  void client.actor(Counter).increment(1);
}

export async function messages(): Promise<void> {
  const sender = client.actor(Counter).get("c1").send();
  same<ReturnType<typeof sender.increment>, Promise<Receipt>>(true);
  same<ReturnType<typeof sender.later>, Promise<Receipt>>(true);
  same<Parameters<typeof sender.increment>, [by?: number | undefined]>(true);
  const { callId } = await sender.all("a", "b");
  same<typeof callId, string>(true);
  // @ts-expect-error TS2339: nobody gets the result of a message
  (await sender.increment(2)).result;
  // @ts-expect-error TS2345: a wrong type
  void sender.increment("2");
  // @ts-expect-error TS2554: too few
  void sender.later();
  // @ts-expect-error TS2339: no such method
  void sender.decrement(2);
  // @ts-expect-error TS2339: a method that is private
  void sender.hidden();
  // @ts-expect-error TS2339: a field
  void sender.count;
  // @ts-expect-error TS2339: it is a message already
  void sender.send();
  // @ts-expect-error TS2339: it is no promise
  void sender.then;
}

export async function trackedCalls(): Promise<void> {
  const starter = client.actor(Counter).get("c1").start();
  const entry: Entry = { name: "n", at: new Date() };
  same<ReturnType<typeof starter.later>, Promise<CallHandle<Entry[]>>>(true);
  same<ReturnType<typeof starter.increment>, Promise<CallHandle<number>>>(true);
  same<ReturnType<typeof starter.maybe>, Promise<CallHandle<string | number>>>(true);
  same<ReturnType<typeof starter.nothing>, Promise<CallHandle<void>>>(true);
  const handle = await starter.later(entry);
  same<ReturnType<typeof handle.result>, Promise<Entry[]>>(true);
  same<ReturnType<typeof handle.status>, Promise<CallStatus>>(true);
  await handle.result({ timeout: "1.5h" });
  await handle.resolve([entry]);
  await handle.reject(new Error("no"));
  // @ts-expect-error TS2322: another result
  await handle.resolve([1]);
  // @ts-expect-error TS2322: no duration
  await handle.result({ timeout: "soon" });
  // @ts-expect-error TS2561: no such option
  await handle.result({ timeoutMs: 5 });
  // @ts-expect-error TS2345: a wrong type
  void starter.increment("2");
  // @ts-expect-error TS2554: too many
  void starter.increment(1, 2);
  // @ts-expect-error TS2339: no such method
  void starter.decrement(2);
  // @ts-expect-error TS2339: it is tracked already
  void starter.start();

  const byId = client.call<number>("id");
  same<typeof byId, CallHandle<number>>(true);
  same<ReturnType<typeof byId.result>, Promise<number>>(true);
  same<ReturnType<ReturnType<typeof client.call>["result"]>, Promise<unknown>>(true);
  await byId.resolve(1);
  // @ts-expect-error TS2345: another result
  await byId.resolve("x");
  // @ts-expect-error TS2345: an id is a string
  client.call(1);
}

export function messageOptions(): void {
  const counter = client.actor(Counter).get("c1");
  for (const delay of [5, 1.5, "5s", "1.5h", "10m", "100ms", "7d"] as const) counter.send({ delay });
  counter.start({ delay: "5s", idempotencyKey: "k" });
  // @ts-expect-error TS2322: no such unit
  counter.send({ delay: "10x" });
  // @ts-expect-error TS2322: no duration
  counter.start({ delay: "abc" });
  // @ts-expect-error TS2322: a unit must be given
  counter.send({ delay: "10" });
  // @ts-expect-error TS2322: nor is it a date
  counter.start({ delay: new Date() });
  // @ts-expect-error TS2322: a key is text
  counter.send({ idempotencyKey: 7 });
  // @ts-expect-error TS2561: no such option
  counter.send({ delayMs: 5 });
  // @ts-expect-error TS2353: messages are not waited for
  counter.start({ timeoutMs: 5 });
}

export async function byName(): Promise<void> {
  const namespace = client.actor<CounterType>("Counter");
  same<typeof namespace, ActorNamespace<Counter>>(true);
  const counter = namespace.get("c1");
  const sum = await counter.increment(2);
  same<typeof sum, number>(true);
  // @ts-expect-error TS2345: a wrong type, known from the class's type alone
  await counter.increment("2");
  // @ts-expect-error TS2339: no such method
  await counter.decrement(2);
  same<ReturnType<ReturnType<typeof counter.start>["increment"]>, Promise<CallHandle<number>>>(true);
  // @ts-expect-error TS2339: no such method, as a message
  await counter.send().decrement(2);
  // @ts-expect-error TS2339: without a type nothing is known
  await client.actor("Counter").get("c1").increment(2);
  // @ts-expect-error TS2344: the type is no actor's
  client.actor<Entry>("Entry");
}

export async function subclasses(): Promise<void> {
  const loud = client.actor(LoudCounter).get("c1");
  const shouted = await loud.shout();
  same<typeof shouted, string>(true);
  await loud.increment(1);
  // @ts-expect-error TS2339: the parent has not its subclass's methods
  void client.actor(Counter).get("c1").shout();
}

class NotAnActor {
  increment(): number {
    return 1;
  }
}

abstract class AbstractActor extends DurableActor {
  abstract increment(): number;
}

class WithArguments extends DurableActor {
  constructor(readonly start: number) {
    super();
  }
}

export function classes(): void {
  // @ts-expect-error TS2769: no subclass of DurableActor
  client.actor(NotAnActor);
  // @ts-expect-error TS2769: an abstract class has no instances
  client.actor(AbstractActor);
  // @ts-expect-error TS2769: the runtime has no arguments to give
  client.actor(WithArguments);
  // @ts-expect-error TS2769: an instance is no class
  client.actor({ name: "Counter" });
  // @ts-expect-error TS2322: no subclass of DurableActor
  createRouter([Counter, NotAnActor]);
  // @ts-expect-error TS2322: an abstract class has no instances
  createRouter([AbstractActor]);
  // @ts-expect-error TS2322: a name is no class
  createRouter(["Counter"]);
  // @ts-expect-error TS2561: no such option
  createRouter([Counter], { stacks: true });
}

@Actor
export class Accepted extends DurableActor {
  @Transient cache = 1;
  @Method bare(): void {}
  @Method() called(): void {}
  @Method({ readonly: true }) async optioned(_a: string, _b?: number): Promise<void> {}
  @Method({ maxAttempts: 5 }) retried(): void {}
  @Method({ lease: "always" }) leased(): void {}
}

@Actor("Named")
export class Named extends Accepted {}

@Actor({ name: "Options", version: 2 })
export class Options extends Accepted {}

// @ts-expect-error TS1238: @Actor on a class that is no actor
@Actor
export class WrongBase extends NotAnActor {}

// @ts-expect-error TS1238: @Actor("…") on a class that is no actor
@Actor("Wrong")
export class WrongNamedBase extends NotAnActor {}

// @ts-expect-error TS2769: @Actor with an option that is none
@Actor({ nam: "Wrong" })
export class WrongOption extends Accepted {}

// @ts-expect-error TS1238: @Method on a class
@Method
export class WrongMethod extends Accepted {}

// @ts-expect-error TS1238: @Transient on a class
@Transient
export class WrongTransient extends Accepted {}

export class WrongMembers extends DurableActor {
  // @ts-expect-error TS1240: @Method on a field
  @Method field = 1;
  // @ts-expect-error TS1240: @Method() on a field
  @Method() calledField = 1;
  // @ts-expect-error TS1241: @Method on a getter
  @Method get got(): number {
    return 1;
  }
  // @ts-expect-error TS1241 TS2561: @Method with an option that is none
  @Method({ readOnly: true }) optioned(): void {}
  // @ts-expect-error TS1241 TS2322: @Method with an option of the wrong type
  @Method({ readonly: 1 }) typed(): void {}
  // @ts-expect-error TS1241 TS2322: @Method with attempts that are no number
  @Method({ maxAttempts: "3" }) retried(): void {}
  // @ts-expect-error TS1241 TS2322: @Method with a lease of another kind
  @Method({ lease: "never" }) leased(): void {}
  // @ts-expect-error TS1241: @Transient on a method
  @Transient passing(): void {}
  // @ts-expect-error TS1241: @Actor on a method
  @Actor acted(): void {}
  // @ts-expect-error TS1240: @Actor on a field
  @Actor actedField = 1;
  // @ts-expect-error TS1239: @Method on a parameter
  parameter(@Method _value: string): void {}
}

export class ContextUse extends DurableActor {
  use(): void {
    same<typeof this.ctx.actorId, string>(true);
    same<typeof this.ctx.signal, AbortSignal>(true);
    same<typeof this.ctx.destroy, () => void>(true);
    // @ts-expect-error TS2540: the context cannot be replaced
    this.ctx = this.ctx;
    // @ts-expect-error TS2540: nor what is in it
    this.ctx.actorId = "other";
  }
}

export class LeftOpen extends DurableActor {
  @Method decide(): string {
    return this.ctx.pending();
  }
  @Method async decideLater(): Promise<string> {
    return this.ctx.pending();
  }
  @Method decideSoon(): Promise<string> {
    return this.ctx.pending();
  }
  @Method decideOften(): Entry[] {
    // @ts-expect-error TS2322: of another type
    return this.ctx.pending<string>();
  }
  @Method settle(callId: string): void {
    this.ctx.resolve(callId, { approved: true });
    this.ctx.reject(callId, new Error("no"));
    // @ts-expect-error TS2345: an id is a string
    this.ctx.resolve(1);
    // @ts-expect-error TS2554: an error must be given
    this.ctx.reject(callId);
  }
}

/** What a turn may do with other actors. */
export class ActorUse extends DurableActor {
  async calls(): Promise<void> {
    const namespace = this.ctx.actor(Counter);
    same<typeof namespace, TurnNamespace<Counter>>(true);
    const counter = namespace.get("c1");
    same<typeof counter, TurnReference<Counter>>(true);
    const sum = await counter.increment(2);
    same<typeof sum, number>(true);
    same<ReturnType<typeof counter.later>, Promise<Entry[]>>(true);
    same<ReturnType<typeof counter.maybe>, Promise<string | number>>(true);
    same<ReturnType<typeof counter.nothing>, Promise<void>>(true);
    same<Parameters<typeof counter.all>, string[]>(true);
    same<Parameters<typeof counter.heard>, [event: ActorEvent<{ by: number }>]>(true);
    this.ctx.actor(Counter).get("c1", { timeoutMs: 5, consistency: "eventual", idempotencyKey: "k" });
    await this.ctx.actor(LoudCounter).get("c1").shout();
    await this.ctx.actor<CounterType>("Counter").get("c1").increment(2);

    // @ts-expect-error TS2345: a wrong type
    void counter.increment("2");
    // @ts-expect-error TS2554: too few
    void counter.later();
    // @ts-expect-error TS2339: no such method
    void counter.decrement(1);
    // @ts-expect-error TS2339: a method that is private
    void counter.hidden();
    // @ts-expect-error TS2339: a method that is protected
    void counter.inherited();
    // @ts-expect-error TS2339: a field
    void counter.count;
    // @ts-expect-error TS2339: the other's context
    void counter.ctx;
    // @ts-expect-error TS2339: a reference is no promise
    void counter.then;
    // @ts-expect-error TS2345: an id is a string
    this.ctx.actor(Counter).get(1);
    // @ts-expect-error TS2561: no such option
    this.ctx.actor(Counter).get("c1", { timeout: 5 });
    // @ts-expect-error TS2769: no subclass of DurableActor
    this.ctx.actor(NotAnActor);
    // @ts-expect-error TS2769: an abstract class has no instances
    this.ctx.actor(AbstractActor);
    // @ts-expect-error TS2344: the type is no actor's
    this.ctx.actor<Entry>("Entry");
    // @ts-expect-error TS2339: without a type nothing is known
    await this.ctx.actor("Counter").get("c1").increment(2);
  }

  sends(): void {
    const counter = this.ctx.actor(Counter).get("c1");
    const sender = counter.send();
    same<typeof sender, TurnSender<Counter>>(true);
    same<ReturnType<typeof counter.start>, TurnSender<Counter>>(true);
    // It leaves with the turn: there is nothing to wait for.
    same<ReturnType<typeof sender.increment>, Receipt>(true);
    same<ReturnType<typeof sender.later>, Receipt>(true);
    same<Parameters<typeof sender.increment>, [by?: number | undefined]>(true);
    const { callId } = counter.start({ delay: "5s", idempotencyKey: "k" }).all("a", "b");
    same<typeof callId, string>(true);

    // @ts-expect-error TS2339: a receipt is no promise
    void sender.increment(1).then;
    // @ts-expect-error TS2339: nor a handle
    void counter.start().increment(1).result;
    // @ts-expect-error TS2345: a wrong type
    sender.increment("2");
    // @ts-expect-error TS2554: too few
    sender.later();
    // @ts-expect-error TS2339: no such method
    sender.decrement(2);
    // @ts-expect-error TS2339: a method that is private
    sender.hidden();
    // @ts-expect-error TS2339: it is a message already
    sender.send();
    // @ts-expect-error TS2322: no such unit
    counter.send({ delay: "10x" });
    // @ts-expect-error TS2353: messages are not waited for
    counter.start({ timeoutMs: 5 });
  }

  emits(): void {
    same<ReturnType<typeof this.ctx.emit>, void>(true);
    this.ctx.emit("Shipped");
    this.ctx.emit("Shipped", { at: new Date(), map: new Map([["n", 1n]]) });
    // @ts-expect-error TS2345: a type is text
    this.ctx.emit(1);
    // @ts-expect-error TS2345: a detail is an object
    this.ctx.emit("Shipped", "detail");
    // @ts-expect-error TS2554: an actor's events have the actor's source
    this.ctx.emit("Shipped", {}, { source: "shop" });
  }
}

/** What an actor may arrange for later. */
export class Reminding extends DurableActor {
  rows: string[] = [];

  @Method expire(reason: string, at?: Date): void {
    this.rows.push(reason, String(at));
  }
  @Method async tick(): Promise<void> {}
  @Method many(...names: string[]): void {
    this.rows.push(...names);
  }
  private secret(): void {
    void this.tick();
  }
  protected inner(): void {
    this.secret();
  }

  @Method plan(): void {
    this.ctx.remind("r", { in: "30m" }, "expire", "late");
    this.ctx.remind("r", { in: 5 }, "expire", "late", new Date());
    this.ctx.remind("r", { at: new Date() }, "tick");
    this.ctx.remind("r", { at: 5 }, "many", "a", "b");
    this.ctx.remind("r", { every: "1h", missed: "skip" }, "tick");
    this.ctx.remind("r", { cron: "0 9 * * MON", timezone: "Europe/Berlin", missed: "each" }, "tick");
    const time: ReminderTime = { cron: "@daily" };
    this.ctx.remind("r", time, "plan");

    // @ts-expect-error TS2684: no such method
    this.ctx.remind("r", { in: 5 }, "nope");
    // @ts-expect-error TS2684: nearly such a method
    this.ctx.remind("r", { in: 5 }, "expires", "late");
    // @ts-expect-error TS2554: a wrong type
    this.ctx.remind("r", { in: 5 }, "expire", 5);
    // @ts-expect-error TS2554: a wrong type among the rest
    this.ctx.remind("r", { in: 5 }, "many", "a", 5);
    // @ts-expect-error TS2684: too few
    this.ctx.remind("r", { in: 5 }, "expire");
    // @ts-expect-error TS2684: a method that is private
    this.ctx.remind("r", { in: 5 }, "secret");
    // @ts-expect-error TS2684: a method that is protected
    this.ctx.remind("r", { in: 5 }, "inner");
    // @ts-expect-error TS2684: a field
    this.ctx.remind("r", { in: 5 }, "rows");
    // @ts-expect-error TS2555: no method
    this.ctx.remind("r", { in: 5 });
    // @ts-expect-error TS2345: a name is text
    this.ctx.remind(5, { in: 5 }, "tick");
    // @ts-expect-error TS2322: no duration
    this.ctx.remind("r", { in: "soon" }, "tick");
    // @ts-expect-error TS2322: text is no moment
    this.ctx.remind("r", { at: "2030-01-01" }, "tick");
    // @ts-expect-error TS2345: no time
    this.ctx.remind("r", {}, "tick");
    // @ts-expect-error TS2322: no such policy
    this.ctx.remind("r", { every: "1h", missed: "twice" }, "tick");

    same<ReturnType<typeof this.ctx.forget>, boolean>(true);
    same<ReturnType<typeof this.ctx.reminders>, readonly ReminderStatus[]>(true);
    same<typeof this.ctx.reminder, DueReminder | undefined>(true);
    same<typeof this.ctx.now, Date>(true);
    // @ts-expect-error TS2532: it is there only in a turn that is for a reminder
    void this.ctx.reminder.name;
  }
}

/** A subclass may remind itself of what its parent has. */
export class RemindingMore extends Reminding {
  @Method more(count: number): void {
    this.ctx.remind("r", { in: 5 }, "more", count);
    this.ctx.remind("r", { in: 5 }, "expire", "late");
    // @ts-expect-error TS2684: a wrong type
    this.ctx.remind("r", { in: 5 }, "more", "late");
    // @ts-expect-error TS2684: private to the parent
    this.ctx.remind("r", { in: 5 }, "secret");
  }
}

/** The fields of an earlier version. */
type SavedV1 = { total: number; by: string };
interface SavedV2 {
  cents: number;
}

@Actor({
  version: 5,
  migrate: {
    2: (s) => {
      same<typeof s, Record<string, unknown>>(true);
      s.by = "nobody";
      delete s.old;
    },
    3: (s: SavedV1) => ({ ...s, cents: s.total * 100 }),
    4: ({ cents }: { cents: number }): SavedV2 => ({ cents }),
    5: (s) => ({ cents: s.cents, currency: "EUR" }),
  },
  expireAfter: "30d",
  removedFields: "drop",
})
export class Saved extends DurableActor {
  cents = 0;
  @Method({ timeout: "5s" }) hello(): void {}
  @Method({ timeout: 5_000, readonly: true }) look(): void {}
  // @ts-expect-error TS1241 TS2322: a timeout is a duration
  @Method({ timeout: "soon" }) soon(): void {}

  override onCreate(): void {
    this.ctx.remind("r", { in: "1h" }, "hello");
  }
  override async onActivate(): Promise<void> {}
  override onDestroy(): void | Promise<void> {}
}

// @ts-expect-error TS2322: a step returns fields, or nothing
export const returnsText: Migration = () => "text";
// @ts-expect-error TS2322: a step has one argument
export const takesTwo: Migration = (_s: SavedV1, _more: number) => {};
// @ts-expect-error TS2322: an old shape is one of fields
export const takesNumber: Migration = (_s: number) => {};
// @ts-expect-error TS2353: a step is named by its version
export const byWord: ActorOptions = { migrate: { two: () => {} } };
// @ts-expect-error TS2322: what becomes of removed fields is one of two
export const forgets: ActorOptions = { removedFields: "forget" };
// @ts-expect-error TS2322: a duration
export const expiresSoon: ActorOptions = { expireAfter: "soon" };

export class BadHooks extends DurableActor {
  // @ts-expect-error TS2416: a hook is called with nothing
  override onCreate(_by: string): void {}
  // @ts-expect-error TS2416: a hook returns nothing
  override onActivate(): number {
    return 5;
  }
}

export class Listening extends DurableActor {
  @On({ source: "shop", detailType: "Paid", id: "detail.orderId" })
  paid(event: ActorEvent<{ readonly amount: bigint }>): bigint {
    same<typeof event.id, string>(true);
    same<typeof event.source, string>(true);
    same<typeof event.detailType, string>(true);
    same<typeof event.time, Date>(true);
    same<typeof event.detail, { readonly amount: bigint }>(true);
    same<ActorEvent["detail"], unknown>(true);
    // @ts-expect-error TS2540: an event is what it was
    event.id = "other";
    // @ts-expect-error TS2339: not in this event
    void event.detail.total;
    return event.detail.amount;
  }

  @On({
    source: ["shop", { prefix: "durable-lambda." }],
    detailType: { "anything-but": ["Lost"] },
    detail: {
      order: { total: [{ numeric: [">", 100, "<=", 500] }], country: ["DE", null] },
      $or: [{ a: [1] }, { b: [true] }],
    },
    id: "detail.order.id",
  })
  @Method({ maxAttempts: 5 })
  async patterned(): Promise<void> {}

  // @ts-expect-error TS2345: @On without an id
  @On({ source: "shop", detailType: "Paid" }) withoutId(): void {}
  // @ts-expect-error TS2345: @On without a source
  @On({ detailType: "Paid", id: "detail.id" }) withoutSource(): void {}
  // @ts-expect-error TS2353: @On with an option that is none
  @On({ source: "shop", detailType: "Paid", id: "detail.id", type: "x" }) optioned(): void {}
  // @ts-expect-error TS2322: @On with an id that is no text
  @On({ source: "shop", detailType: "Paid", id: 5 }) typed(): void {}
  // @ts-expect-error TS2322: @On with a condition that is no array
  @On({ source: "shop", detailType: "Paid", detail: { a: "x" }, id: "detail.id" }) plain(): void {}
  // @ts-expect-error TS2353: @On with an operator that is none
  @On({ source: { like: "shop" }, detailType: "Paid", id: "detail.id" }) unknownOperator(): void {}
  // @ts-expect-error TS1241 TS1270: @On without options
  @On bare(): void {}
  // @ts-expect-error TS2554: @On with none
  @On() called(): void {}
  // @ts-expect-error TS1240: @On on a field
  @On({ source: "shop", detailType: "Paid", id: "detail.id" }) field = 1;
  // @ts-expect-error TS1241: @On on a getter
  @On({ source: "shop", detailType: "Paid", id: "detail.id" }) get got(): number {
    return 1;
  }
}

export async function events(): Promise<void> {
  const { eventId } = await client.emit("Paid", { amount: 1n }, { source: "shop", eventId: "e-1" });
  same<typeof eventId, string>(true);
  await client.emit("Paid");
  // @ts-expect-error TS2345: a type is text
  await client.emit(5);
  // @ts-expect-error TS2345: a detail is an object
  await client.emit("Paid", "detail");
  // @ts-expect-error TS2353: no such option
  await client.emit("Paid", {}, { id: "e-1" });
  // @ts-expect-error TS2322: a source is text
  await client.emit("Paid", {}, { source: 5 });
}

export async function testKit(): Promise<void> {
  await using app = createTestApp([Counter, LoudCounter], { seed: 7, now: new Date(), limits: { hops: 5 } });
  same<typeof app.client, Client>(true);
  same<typeof app.clock, AppClock>(true);
  same<typeof app.events, readonly LoggedEvent[]>(true);
  await app.clock.advance("3d");
  await app.clock.advance(5);
  await app.clock.advanceTo(new Date());
  const sum = await app.client.actor(Counter).get("c1").increment(1);
  same<typeof sum, number>(true);
  app.crash();
  // @ts-expect-error TS2345: no duration
  await app.clock.advance("soon");
  // @ts-expect-error TS2345: a moment is a Date
  await app.clock.advanceTo("2030-01-01");
  // @ts-expect-error TS2322: no actor
  createTestApp([NotAnActor]);
  // @ts-expect-error TS2561: no such option
  createTestApp([Counter], { seeds: 5 });
}
