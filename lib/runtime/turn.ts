/** One turn: a call's method on the live actor, with its own `ctx`, until it ends or is aborted. */
import { types } from "node:util";
import { construct, type DurableActor, setContext } from "../actor";
import type { ActorContext } from "../context";
import type { ActorDefinition, MethodDefinition } from "../definition";
import { StateVersionTooNew, TurnEnded } from "../errors";
import { type Logger, withFields } from "../log";
import type { StoredState } from "../store";
import { decodeStateInto } from "../values/state-codec";
import { methodError } from "../wire-error";
import type { Call } from "./call";

type Methods = Record<string, (...args: unknown[]) => unknown>;

/**
 * Runs a declared method and waits for its end.
 * @throws DurableError the method's own error, or why the call was aborted
 */
export async function runMethod(
  actor: DurableActor,
  method: MethodDefinition,
  call: Call,
): Promise<{ readonly value: unknown }> {
  try {
    const returned = (actor as unknown as Methods)[method.name]?.(...call.envelope.args);
    // Only a real promise is waited for. Boxed, since a `then` of any other object is data that nobody calls.
    const value = types.isPromise(returned) ? await call.race(returned) : returned;
    if (call.abortReason !== undefined) throw call.abortReason;
    return { value };
  } catch (thrown) {
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
  if (state !== undefined && state.schema > definition.schema) {
    throw new StateVersionTooNew(
      `${definition.name}/${context.actorId} was written by version ${state.schema} of its class; this process runs version ${definition.schema}.`,
      { actor: definition.name, id: context.actorId, stored: state.schema, known: definition.schema },
    );
  }
  let actor: DurableActor;
  try {
    actor = construct(definition.type, context);
  } catch (thrown) {
    throw methodError(thrown);
  }
  if (state !== undefined) decodeStateInto(actor, definition.type, state.text);
  return actor;
}

/** The `ctx` of one turn; useless once the turn is over. */
export class TurnContext implements ActorContext {
  private ended = false;
  private logger: Logger | undefined;

  constructor(
    private readonly call: Call,
    private readonly baseLog: Logger,
    private readonly currentVersion: () => number,
    private readonly checkpoint: () => Promise<void>,
  ) {}

  /** Makes this the actor's current turn. */
  enter(actor: DurableActor): void {
    setContext(actor, this);
  }

  end(): void {
    this.ended = true;
  }

  get actorId(): string {
    return this.call.envelope.address.id;
  }

  get callId(): string {
    return this.call.envelope.callId;
  }

  get version(): number {
    return this.currentVersion();
  }

  get signal(): AbortSignal {
    return this.call.signal;
  }

  get log(): Logger {
    const { address, method, callId } = this.call.envelope;
    this.logger ??= withFields(this.baseLog, { actor: address.type, actorId: address.id, method, callId });
    return this.logger;
  }

  async save(): Promise<void> {
    if (this.ended) {
      throw new TurnEnded(
        "ctx.save() was called after its turn had ended. Await everything that a method starts.",
        {
          callId: this.callId,
        },
      );
    }
    await this.checkpoint();
  }
}
