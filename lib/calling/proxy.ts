/**
 * The typed stand-ins that a caller holds: `client.actor(Counter)` gives a namespace, its `get(id)` a reference. Those of
 * `ctx.actor(Counter)` are the same, but what they send leaves with the turn.
 */
import type { DurableActor } from "../actor";
import { checkActorId } from "../address";
import { type ActorDefinition, isReserved } from "../definition";
import type { Duration } from "../duration";
import type { Consistency } from "../envelope";
import type { MethodDefinition } from "../method-definition";
import type { CallHandle } from "./call-handle";

/** What every actor has, its hooks among them, and what a reference has itself: neither can be called. */
type OwnName = keyof DurableActor | "send" | "start";

/** The names of an actor's own public methods. */
export type MethodName<A extends DurableActor> = {
  [K in Exclude<keyof A, OwnName>]: A[K] extends (...args: never[]) => unknown ? K : never;
}[Exclude<keyof A, OwnName>];

/** A reference to one actor: its public methods, each giving a promise of its result; or as messages. */
export type ActorReference<A extends DurableActor> = {
  readonly [K in MethodName<A>]: A[K] extends (...args: infer P) => infer R
    ? (...args: P) => Promise<Awaited<R>>
    : never;
} & ByMessage<A>;

/** Calls that are queued instead of waited for. An actor processes its messages one by one, in their order. */
export interface ByMessage<A extends DurableActor> {
  /**
   * The actor's methods as messages whose results nobody waits for. The promise of each resolves when the message is safe
   * in the queue; its method then runs at least once, with exactly one effect.
   *
   * @throws (the promise) PayloadTooLarge for arguments of 1 MB and more; QueueUnavailable; NotSerializable; ValidationError, where
   *   the message goes by way of the router
   * @example
   * await counter.get("room-1").send().increment(5);
   * await counter.get("room-1").send({ delay: "10m", idempotencyKey: order.id }).increment(5);
   */
  send(options?: SendOptions): Sender<A>;
  /**
   * Like {@link send}, for results that somebody asks for later: each gives a handle of the call.
   *
   * @example
   * const report = await reports.get("2026-11").start().build();
   * await report.result({ timeout: "5m" });
   */
  start(options?: SendOptions): Starter<A>;
}

/** The methods of an actor as messages. */
export type Sender<A extends DurableActor> = {
  readonly [K in MethodName<A>]: A[K] extends (...args: infer P) => unknown
    ? (...args: P) => Promise<Receipt>
    : never;
};

/** The methods of an actor as messages, each with a handle of its call. */
export type Starter<A extends DurableActor> = {
  readonly [K in MethodName<A>]: A[K] extends (...args: infer P) => infer R
    ? (...args: P) => Promise<CallHandle<Awaited<R>>>
    : never;
};

/** The message is queued. */
export interface Receipt {
  /** The method finds it in `ctx.callId`. */
  readonly callId: string;
}

/** Options of `send` and `start`. */
export interface SendOptions {
  /**
   * Run it this much later, never earlier: milliseconds, or a text such as `"30s"`, `"15m"`, `"7d"`; at most 10 years.
   * Messages with a delay have no place in the order of the others. Default: at once.
   */
  readonly delay?: Duration;
  /**
   * Names this call: the same key on the same actor again, for at least 14 days, has no second effect. Any text; one key
   * is for one call. Default: a new one for each call.
   */
  readonly idempotencyKey?: string;
}

/** A reference that belongs to a turn. */
export type TurnReference<A extends DurableActor> = Omit<ActorReference<A>, keyof ByMessage<A>> & {
  /**
   * The actor's methods as messages that leave once this turn is committed, and only then.
   *
   * @throws NotSerializable; ValidationError; PayloadTooLarge when this turn's effects take more than 16 KB; HopLimitExceeded;
   *   TurnEnded; ReadonlyViolation
   * @example this.ctx.actor(Account).get(to).send().deposit(amount);
   */
  send(options?: SendOptions): TurnSender<A>;
  /**
   * Like `send`, for results that somebody asks for later, by the receipt's `callId`: `client.call(callId)`. Not this
   * turn, since the message leaves only after it.
   */
  start(options?: SendOptions): TurnSender<A>;
};

/** The methods of an actor as messages that leave with the turn. */
export type TurnSender<A extends DurableActor> = {
  readonly [K in MethodName<A>]: A[K] extends (...args: infer P) => unknown ? (...args: P) => Receipt : never;
};

/** All actors of one type, for a turn. */
export interface TurnNamespace<A extends DurableActor> {
  /**
   * A reference to the actor with this id.
   *
   * @param id as for {@link ActorNamespace.get}
   * @throws InvalidActorId
   */
  get(id: string, options?: CallOptions): TurnReference<A>;
}

/** All actors of one type. */
export interface ActorNamespace<A extends DurableActor> {
  /**
   * A reference to the actor with this id. Costs nothing; an actor begins to exist with its first call.
   *
   * @param id a non-empty string of at most 512 bytes, without control characters
   * @throws InvalidActorId
   * @example
   * ```ts
   * await counter.get("room-1").increment(5);
   * await counter.get("room-1", { timeoutMs: 2_000 }).value();
   * ```
   */
  get(id: string, options?: CallOptions): ActorReference<A>;
}

/** Options of a call: `get(id, options)`. */
export interface CallOptions {
  /** How long to wait for the result, retries included, in milliseconds; at most 900,000. Default 30,000. */
  readonly timeoutMs?: number;
  /** For readonly methods: `"eventual"` may miss the last second's changes and costs half. Default `"strong"`. */
  readonly consistency?: Consistency;
  /**
   * Names this call: the same key on the same actor again has no second effect and gives the first result. Any text;
   * one key is for one call. Default: a new one for each call.
   */
  readonly idempotencyKey?: string;
}

/** A method that was called on a reference. */
export interface MethodCall {
  readonly actor: string;
  readonly id: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What a reference does when one of its methods is called. */
export interface Actions {
  call(method: MethodCall, options: CallOptions): Promise<unknown>;
  send(method: MethodCall, options: SendOptions): Promise<Receipt>;
  start(method: MethodCall, options: SendOptions): Promise<CallHandle>;
}

/** What a reference of a turn does. */
export interface TurnActions {
  call(method: MethodCall, options: CallOptions): Promise<unknown>;
  send(method: MethodCall, options: SendOptions): Receipt;
  start(method: MethodCall, options: SendOptions): Receipt;
}

/**
 * @param definition the actor's definition, when its class is at hand; then only declared methods are there.
 *   Without it any name that could be a method is there, and the router decides.
 */
export function namespace<A extends DurableActor>(
  actor: string,
  definition: ActorDefinition | undefined,
  actions: Actions,
): ActorNamespace<A> {
  return { get: (id, options) => referenceTo(actor, id, definition, actions, options) as ActorReference<A> };
}

/** Like {@link namespace}, for a turn. */
export function turnNamespace<A extends DurableActor>(
  actor: string,
  definition: ActorDefinition | undefined,
  actions: TurnActions,
): TurnNamespace<A> {
  return { get: (id, options) => referenceTo(actor, id, definition, actions, options) as TurnReference<A> };
}

function referenceTo(
  actor: string,
  id: string,
  definition: ActorDefinition | undefined,
  actions: Actions | TurnActions,
  options: CallOptions = {},
): object {
  checkActorId(id);
  const methods = (act: (method: MethodCall) => unknown, own: Own = {}) =>
    reference(definition?.methods, (method, args) => act({ actor, id, method, args }), own);
  return methods((method) => actions.call(method, options), {
    send: (sendOptions = {}) => methods((method) => actions.send(method, sendOptions)),
    start: (startOptions = {}) => methods((method) => actions.start(method, startOptions)),
  });
}

type Call = (method: string, args: readonly unknown[]) => unknown;

/** What a reference has beside the methods, under names that no method can have. */
type Own = Readonly<Record<string, (options?: SendOptions) => object>>;

/** Answers to nothing but methods: not to `then`, so that it can be returned from async code, nor to symbols. */
function reference(methods: ReadonlyMap<string, MethodDefinition> | undefined, call: Call, own: Own): object {
  const functions = new Map<string, (...args: unknown[]) => unknown>();
  return new Proxy(Object.freeze(Object.create(null) as object), {
    get(_target, name) {
      if (typeof name !== "string") return undefined;
      if (Object.hasOwn(own, name)) return own[name];
      if (isReserved(name)) return undefined;
      if (methods !== undefined && !methods.has(name)) return undefined;
      let method = functions.get(name);
      if (method === undefined) {
        method = (...args) => call(name, args);
        functions.set(name, method);
      }
      return method;
    },
    has: (_target, name) => typeof name === "string" && methods?.has(name) === true,
  });
}
