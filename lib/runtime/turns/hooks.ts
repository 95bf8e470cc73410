/** The hooks of an actor's class around its method: one piece of code, under the turn's deadline, and with its `ctx`. */
import { types } from "node:util";
import type { DurableActor } from "../../actor";
import type { ActorDefinition } from "../../definition";
import type { Hook } from "../../hooks";
import type { Call } from "../call";
import type { TurnContext } from "./context";

/** What a turn does between its hooks and its method. */
export interface HookedTurn {
  /** The hook that comes first: the instance was just made, or loaded. */
  readonly entering: Hook | undefined;
  /** The method comes next. */
  entered(): void;
  /** The method has ended with this value, and `onDestroy` comes next. */
  leaving?(value: unknown): void;
}

/** Keeps a value from being taken for a promise on its way out of asynchronous code: a `then` of it is data that nobody calls. */
class Boxed {
  constructor(readonly value: unknown) {}
}

/** What code of {@link hooked} has come to. */
export function unboxed(value: unknown): unknown {
  return value instanceof Boxed ? value.value : value;
}

/** A method with the hooks around it that its turn has. Without any, it is as synchronous as the method is. */
export function hooked(
  { hooks, type }: ActorDefinition,
  actor: DurableActor,
  call: Call,
  context: TurnContext,
  turn: HookedTurn,
  method: () => unknown,
): () => unknown {
  async function runHook(hook: Hook): Promise<void> {
    await type.prototype[hook].call(actor);
    // What it has begun of other actors ends with it.
    await context.calls.settled();
    call.check();
  }

  async function leave(value: unknown): Promise<Boxed> {
    if (context.isDestroying) {
      await context.calls.settled();
      turn.leaving?.(value);
      await runHook("onDestroy");
    }
    return new Boxed(value);
  }

  function run(): unknown {
    turn.entered();
    const returned = method();
    if (!hooks.has("onDestroy")) return returned;
    if (types.isPromise(returned)) return returned.then(leave);
    return context.isDestroying ? leave(returned) : returned;
  }

  const { entering } = turn;
  if (entering === undefined) return run;
  return async () => {
    await runHook(entering);
    const returned = run();
    return types.isPromise(returned) ? returned : new Boxed(returned);
  };
}

/** The hook for an instance that is not in memory yet. */
export function enteringHook(
  { hooks }: ActorDefinition,
  { isNew, readonly }: { readonly isNew: boolean; readonly readonly: boolean },
): Hook | undefined {
  // A readonly call creates no actor.
  const hook: Hook | undefined = isNew ? (readonly ? undefined : "onCreate") : "onActivate";
  return hook !== undefined && hooks.has(hook) ? hook : undefined;
}
