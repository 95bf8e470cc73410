/** What a turn runs: code of the actor's class, until it ends or is aborted, on the instance that is made for the stored state. */
import { types } from "node:util";
import { construct, type DurableActor } from "../../actor";
import type { ActorContext } from "../../context";
import type { ActorDefinition } from "../../definition";
import { StateVersionTooNew } from "../../errors";
import { runInTurn } from "../../running-turn";
import { type Fields, migrated } from "../../state/migrations";
import type { StoredState } from "../../store";
import { decodeStateInto } from "../../values/state-codec";
import { methodError } from "../../wire-error";
import type { Call } from "../call";
import type { TurnContext } from "./context";
import { unboxed } from "./hooks";
import { runInside, type TurnEnd, type TurnMethod } from "./middleware";

type Methods = Record<string, (...args: unknown[]) => unknown>;

/** Calls the method that a call is for. */
export function callMethod(actor: DurableActor, { name }: TurnMethod, call: Call): unknown {
  return (actor as unknown as Methods)[name]?.(...call.args);
}

/**
 * Runs the code of a turn inside the app's middleware, and waits for its end, and for that of the calls that it made.
 * @throws DurableError the code's own error, or why the call was aborted
 */
export async function runTurn(
  method: TurnMethod,
  call: Call,
  context: TurnContext,
  code: () => unknown,
): Promise<TurnEnd> {
  const { calls, use } = context;
  const isBare = use.length === 0;
  try {
    const returned = runInTurn(call.asTurn(), () =>
      isBare ? code() : runInside(use, call, context, method, async () => unboxed(await code())),
    );
    // Only a real promise is waited for. Boxed, since a `then` of any other object is data that nobody calls.
    const value = types.isPromise(returned) ? await calls.amidst(() => call.race(returned)) : returned;
    if (calls.areUnderWay) await call.race(calls.settled());
    call.check();
    return isBare ? { value: unboxed(value), hasRun: true } : (value as TurnEnd);
  } catch (thrown) {
    // A call that was not awaited must not outlast the answer: the process may be frozen then.
    if (call.abortReason === undefined && calls.areUnderWay) await call.race(calls.settled()).catch(() => {});
    throw call.abortReason ?? methodError(thrown);
  }
}

/**
 * Makes the instance for a stored state, of this version or of an older one.
 * @throws StateVersionTooNew, MissingMigration, MigrationFailed, CorruptState; a `MethodError` when the class's constructor throws
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
  if (state !== undefined) fill(actor, definition, state, context.actorId);
  return actor;
}

/** Brings the stored fields to the class's version, and sets them. */
function fill(actor: DurableActor, definition: ActorDefinition, state: StoredState, id: string): void {
  const { name, type, schema, migrations, removedFields } = definition;
  const path = { actor: name, id, from: state.schema, to: schema };
  const migrate = (fields: Fields) => migrated(fields, migrations, path);
  decodeStateInto(actor, type, state.text, { migrate, removedFields });
}

/** True for a state that newer code has written: it is left to that. */
export function isTooNew({ schema }: ActorDefinition, state: StoredState | undefined): state is StoredState {
  return state !== undefined && state.schema > schema;
}

/** Why this code must not touch an actor; undefined when it may. */
export function schemaError(
  definition: ActorDefinition,
  state: StoredState | undefined,
  actorId: string,
): StateVersionTooNew | undefined {
  if (!isTooNew(definition, state)) return undefined;
  return new StateVersionTooNew(
    `${definition.name}/${actorId} was written by version ${state.schema} of its class; this process runs version ${definition.schema}.`,
    { actor: definition.name, id: actorId, stored: state.schema, known: definition.schema },
  );
}

/** @throws StateVersionTooNew */
export function checkSchema(
  definition: ActorDefinition,
  state: StoredState | undefined,
  actorId: string,
): void {
  const error = schemaError(definition, state, actorId);
  if (error !== undefined) throw error;
}
