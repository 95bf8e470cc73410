/**
 * What compiles and what does not. Never run: `types.test.ts` compiles it, and expects below each comment
 * `@ts-expect-error` the errors whose codes the comment names.
 */
import {
  Actor,
  type ActorNamespace,
  type ActorReference,
  type CallHandle,
  type CallStatus,
  type Client,
  createRouter,
  DurableActor,
  Method,
  type Receipt,
  Transient,
} from "durable-lambda";
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
