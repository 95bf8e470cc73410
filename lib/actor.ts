/**
 * The base class of all actors. Fields of a subclass are its durable state; methods that carry `@Method` can be
 * called from outside.
 */
import type { ActorContext } from "./context";
import { InvalidDefinition } from "./errors";

/**
 * @example
 * ```ts
 * @Actor
 * class Counter extends DurableActor {
 *   count = 0;
 *   @Method increment(by = 1) { return (this.count += by); }
 * }
 * ```
 */
export abstract class DurableActor {
  /** The current turn. Already there in the constructor and in field initialisers. */
  declare readonly ctx: ActorContext<this>;

  constructor() {
    if (constructing === undefined) {
      throw new InvalidDefinition(
        "An actor is not created with `new`: call it through a client, e.g. createClient().actor(Counter).get(id).",
      );
    }
    setContext(this, constructing);
    // For this instance alone: a field initialiser must not make other actors.
    constructing = undefined;
  }
}

/** A class that can be an actor: it extends DurableActor and its constructor takes nothing. */
export type ActorClass<T extends DurableActor = DurableActor> = new () => T;

let constructing: ActorContext | undefined;

/** Makes an instance whose `ctx` is there from its first field initialiser on. */
export function construct<T extends DurableActor>(type: ActorClass<T>, context: ActorContext): T {
  const outer = constructing;
  constructing = context;
  try {
    return new type();
  } finally {
    constructing = outer;
  }
}

/** Begins another turn on a live instance. Not enumerable, so that it is no part of the state. */
export function setContext(actor: DurableActor, context: ActorContext): void {
  Object.defineProperty(actor, "ctx", { value: context, configurable: true });
}
