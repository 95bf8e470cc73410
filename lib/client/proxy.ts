/** The typed stand-ins that a caller holds: `client.actor(Counter)` gives a namespace, its `get(id)` a reference. */
import type { DurableActor } from "../actor";
import { checkActorId } from "../address";
import { type ActorDefinition, isReserved, type MethodDefinition } from "../definition";
import type { Consistency } from "../envelope";

/** Hooks of the runtime's; not callable even where a class makes them public. */
type HookName = "onCreate" | "onActivate" | "onDestroy";

/** The names of an actor's own public methods. */
export type MethodName<A extends DurableActor> = {
  [K in Exclude<keyof A, keyof DurableActor | HookName>]: A[K] extends (...args: never[]) => unknown
    ? K
    : never;
}[Exclude<keyof A, keyof DurableActor | HookName>];

/** A reference to one actor: its public methods, each giving a promise of its result. */
export type ActorReference<A extends DurableActor> = {
  readonly [K in MethodName<A>]: A[K] extends (...args: infer P) => infer R
    ? (...args: P) => Promise<Awaited<R>>
    : never;
};

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

export interface CallOptions {
  /** How long to wait for the result, retries included, in milliseconds; at most 900,000. Default 30,000. */
  readonly timeoutMs?: number;
  /** For readonly methods: `"eventual"` may miss the last second's changes and costs half. Default `"strong"`. */
  readonly consistency?: Consistency;
  /**
   * Names this call: the same key on the same actor again has no second effect and gives the first result. At most
   * 256 characters. One key is for one call. Default: a new one for each call.
   */
  readonly idempotencyKey?: string;
}

/** What a reference does when one of its methods is called. */
export type Send = (
  id: string,
  method: string,
  args: readonly unknown[],
  options: CallOptions,
) => Promise<unknown>;

/**
 * @param definition the actor's definition, when its class is at hand; then only declared methods are there.
 *   Without it any name that could be a method is there, and the router decides.
 */
export function namespace<A extends DurableActor>(
  definition: ActorDefinition | undefined,
  send: Send,
): ActorNamespace<A> {
  return {
    get(id, options = {}) {
      checkActorId(id);
      return reference(definition?.methods, (method, args) =>
        send(id, method, args, options),
      ) as ActorReference<A>;
    },
  };
}

type Call = (method: string, args: readonly unknown[]) => Promise<unknown>;

/** Answers to nothing but methods: not to `then`, so that it can be returned from async code, nor to symbols. */
function reference(methods: ReadonlyMap<string, MethodDefinition> | undefined, call: Call): object {
  const functions = new Map<string, (...args: unknown[]) => Promise<unknown>>();
  return new Proxy(Object.freeze(Object.create(null) as object), {
    get(_target, name) {
      if (typeof name !== "string" || isReserved(name)) return undefined;
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
