/** One turn: a call's method on the live actor, until it ends or is aborted. */
import { types } from "node:util";
import { construct, type DurableActor } from "../../actor";
import type { ActorContext } from "../../context";
import type { ActorDefinition } from "../../definition";
import { StateVersionTooNew } from "../../errors";
import type { MethodDefinition } from "../../method-definition";
import { runInTurn } from "../../running-turn";
import type { StoredState } from "../../store";
import { decodeStateInto } from "../../values/state-codec";
import { methodError } from "../../wire-error";
import type { Call } from "../call";
import type { TurnContext } from "./context";
import { runInside, type TurnEnd } from "./middleware";

type Methods = Record<string, (...args: unknown[]) => unknown>;

/**
 * Runs a declared method, inside the app's middleware, and waits for its end, and for that of the calls that it made.
 * @throws DurableError the method's own error, or why the call was aborted
 */
export async function runMethod(
  actor: DurableActor,
  method: MethodDefinition,
  call: Call,
  context: TurnContext,
): Promise<TurnEnd> {
  const { calls, use } = context;
  const run = () => (actor as unknown as Methods)[method.name]?.(...call.args);
  const isBare = use.length === 0;
  try {
    const returned = runInTurn(call.asTurn(), () =>
      isBare ? run() : runInside(use, call, context, method, run),
    );
    // Only a real promise is waited for. Boxed, since a `then` of any other object is data that nobody calls.
    const value = types.isPromise(returned) ? await calls.amidst(() => call.race(returned)) : returned;
    if (calls.areUnderWay) await call.race(calls.settled());
    if (call.abortReason !== undefined) throw call.abortReason;
    return isBare ? { value, hasRun: true } : (value as TurnEnd);
  } catch (thrown) {
    // A call that was not awaited must not outlast the answer: the process may be frozen then.
    if (call.abortReason === undefined && calls.areUnderWay) await call.race(calls.settled()).catch(() => {});
    throw call.abortReason ?? methodError(thrown);
  }
}

/**
 * Makes the instance for a head.
 * @throws StateVersionTooNew, CorruptState; a `MethodError` when the class's constructor throws
 */
export function loadActor(
  definition: ActorDefinition,
  state: StoredState | undefined,
  context: ActorContext,
): DurableActor {
  checkSchema(definition, state, context.actorId);
  let actor: DurableActor;
  try {
    actor = construct(definition.type, context);
  } catch (thrown) {
    throw methodError(thrown);
  }
  if (state !== undefined) decodeStateInto(actor, definition.type, state.text);
  return actor;
}

/** @throws StateVersionTooNew */
export function checkSchema(
  definition: ActorDefinition,
  state: StoredState | undefined,
  actorId: string,
): void {
  if (state === undefined || state.schema <= definition.schema) return;
  throw new StateVersionTooNew(
    `${definition.name}/${actorId} was written by version ${state.schema} of its class; this process runs version ${definition.schema}.`,
    { actor: definition.name, id: actorId, stored: state.schema, known: definition.schema },
  );
}
