/**
 * The base class of all actors. Fields of a subclass are its durable state; methods that carry `@Method` can be
 * called from outside.
 */
import type { ActorContext } from "./context";
import { InvalidDefinition } from "./errors";

const CONTEXT = Symbol("context");

/** An actor as the runtime sees it. */
interface InTurn {
  [CONTEXT]: ActorContext;
}

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
  get ctx(): ActorContext<this> {
    return (this as unknown as InTurn)[CONTEXT] as ActorContext<this>;
  }

  /**
   * Called when the actor begins to exist: in the first turn of its address, or the first after it was destroyed, before the
   * method, and committed with it. When either of them throws, there is no such actor yet, and the next call runs it again. A
   * readonly call creates no actor: it sees the fields' initial values.
   *
   * @example
   * ```ts
   * override onCreate(): void {
   *   this.openedAt = this.ctx.now;
   *   this.ctx.emit("AccountOpened", { accountId: this.ctx.actorId });
   * }
   * ```
   */
  onCreate?(): void | Promise<void>;

  /**
   * Called when the actor is loaded from its stored state, before the method, in the same turn: for what is derived from the
   * state and not stored. It is loaded when its process does not have it in memory, when another process has committed it, and
   * after a turn that failed; and for each readonly call. There, the fields that it changes are changed for that call alone, and
   * it can cause nothing. A new actor has {@link onCreate} instead.
   *
   * @example
   * ```ts
   * @Transient private byName = new Map<string, Product>();
   * override onActivate(): void {
   *   for (const product of this.products) this.byName.set(product.name, product);
   * }
   * ```
   */
  onActivate?(): void | Promise<void>;

  /**
   * Called when the actor ends: in the turn that has called `ctx.destroy()`, after its method; or, when it has expired, in a
   * turn of its own. What it sends and emits leaves with that turn. When it throws, nothing is destroyed.
   *
   * @example
   * ```ts
   * override onDestroy(): void {
   *   this.ctx.actor(Directory).get("all").send().remove(this.ctx.actorId);
   * }
   * ```
   */
  onDestroy?(): void | Promise<void>;

  constructor() {
    if (constructing === undefined) {
      throw new InvalidDefinition(
        "An actor is not created with `new`: call it through a client, e.g. createClient().actor(Counter).get(id).",
      );
    }
    // Not enumerable, so that it is no part of the state.
    Object.defineProperty(this, CONTEXT, { value: constructing, writable: true });
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

/** Begins another turn on a live instance. */
export function setContext(actor: DurableActor, context: ActorContext): void {
  (actor as unknown as InTurn)[CONTEXT] = context;
}
