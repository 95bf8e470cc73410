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

/** A method with the hooks around it that its turn has. It is as synchronous as all of these are. */
export function hooked(
  { hooks, type }: ActorDefinition,
  actor: DurableActor,
  call: Call,
  context: TurnContext,
  turn: HookedTurn,
  method: () => unknown,
): () => unknown {
  /** A promise only when the hook waits for something. What it has begun of other actors ends with it. */
  function runHook(hook: Hook): Promise<void> | undefined {
    const returned: unknown = type.prototype[hook].call(actor);
    if (types.isPromise(returned) || context.calls.areUnderWay) return endOf(returned);
    call.check();
    return undefined;
  }

  async function endOf(returned: unknown): Promise<void> {
    await returned;
    await context.calls.settled();
    call.check();
  }

  function leave(value: unknown): unknown {
    if (!context.isDestroying) return value;
    if (context.calls.areUnderWay) return context.calls.settled().then(() => boxed(destroy(value)));
    return destroy(value);
  }

  function destroy(value: unknown): unknown {
    turn.leaving?.(value);
    const waiting = runHook("onDestroy");
    return waiting === undefined ? value : waiting.then(() => new Boxed(value));
  }

  function run(): unknown {
    turn.entered();
    const returned = method();
    if (!hooks.has("onDestroy")) return returned;
    return types.isPromise(returned) ? returned.then((value) => boxed(leave(value))) : leave(returned);
  }

  const { entering } = turn;
  if (entering === undefined) return run;
  return () => {
    const waiting = runHook(entering);
    return waiting === undefined ? run() : waiting.then(() => boxed(run()));
  };
}

/** A value as asynchronous code hands it on; a promise as it is. */
function boxed(value: unknown): unknown {
  return types.isPromise(value) || value instanceof Boxed ? value : new Boxed(value);
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
