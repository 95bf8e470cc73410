/**
 * An actor in memory: the instance, and the encoded state that it can be rolled back to. Each turn's outcome is
 * encoded as soon as it ends, so that a later turn that throws takes nothing of it along.
 */
import type { DurableActor } from "../../actor";
import { addressKey } from "../../address";
import type { ActorDefinition } from "../../definition";
import { PayloadTooLarge, StateTooLarge } from "../../errors";
import { methodOf } from "../../registry";
import type { StoredState } from "../../store";
import { encode } from "../../values/codec";
import { encodeState, resultPacker } from "../../values/state-codec";
import type { Call } from "../call";
import { PENDING, readonlyViolation, type TurnContext } from "./context";
import { loadActor, runMethod } from "./turn";

/** How a method ended. */
export interface TurnResult {
  /** Encoded; undefined when the method returned undefined. */
  readonly result?: string;
  /** The method left its call open. */
  readonly isPending?: true;
}

export class LiveActor {
  private instance: DurableActor | undefined;

  /** @param state what the next turn begins with; undefined for a new actor */
  constructor(
    private readonly definition: ActorDefinition,
    private readonly limits: { readonly maxStateBytes: number; readonly maxPartBytes: number },
    private current: StoredState | undefined,
  ) {}

  /** The state after the last turn that succeeded, or the last checkpoint; undefined when there is none, or none any more. */
  get state(): StoredState | undefined {
    return this.current;
  }

  /** Runs one call. When it fails in any way, the instance is thrown away and the state stays what it was. */
  async turn(call: Call, context: TurnContext): Promise<TurnResult> {
    try {
      const method = methodOf(this.definition, call.envelope.method);
      this.instance ??= loadActor(this.definition, this.current, context);
      context.enter(this.instance);
      const before = method.readonly ? this.encodeInstance(call) : undefined;
      const { value, hasRun } = await runMethod(this.instance, method, call, context);
      await context.end();
      if (call.abortReason !== undefined) throw call.abortReason;
      if (!hasRun) return this.answerWithout(this.instance, call, context, value);
      const state = context.isDestroying ? undefined : this.encodeInstance(call);
      if (before !== undefined && before.text !== state?.text) {
        throw readonlyViolation(call.envelope.address, method.name, "changed a field");
      }
      const result = this.encodeResult(this.instance, call, value);
      this.current = state;
      // The next turn begins with a new one.
      if (state === undefined) this.instance = undefined;
      return result;
    } catch (error) {
      // What a checkpoint has left when it ends is what the next turn begins with.
      await context.end();
      this.instance = undefined;
      throw error;
    }
  }

  /** Middleware has answered in place of a method that failed or did not run: the state stays what it was. */
  private answerWithout(
    instance: DurableActor,
    call: Call,
    context: TurnContext,
    value: unknown,
  ): TurnResult {
    context.drop();
    this.instance = undefined;
    return this.encodeResult(instance, call, value);
  }

  /** Encodes the state in the middle of a turn; {@link keep} makes it the one to roll back to. */
  checkpoint(call: Call): StoredState {
    return this.encodeInstance(call);
  }

  keep(state: StoredState): void {
    this.current = state;
  }

  private encodeInstance(call: Call): StoredState {
    const { definition, limits, instance } = this;
    const text = encodeState(instance as DurableActor, definition.type);
    const bytes = Buffer.byteLength(text);
    if (bytes > limits.maxStateBytes) {
      const actor = addressKey(call.envelope.address);
      throw new StateTooLarge(
        `The state of ${actor} would take ${bytes} bytes; at most ${limits.maxStateBytes} are kept. Nothing was written. ` +
          "Spread it over several actors, or raise the router's limits.stateBytes.",
        { actor, bytes, limitBytes: limits.maxStateBytes },
      );
    }
    const unchanged = this.current?.text === text && this.current.schema === definition.schema;
    return unchanged && this.current !== undefined ? this.current : { text, schema: definition.schema };
  }

  private encodeResult(instance: DurableActor, call: Call, value: unknown): TurnResult {
    if (value === PENDING) return { isPending: true };
    if (value === undefined) return {};
    const result = encode(value, "result", resultPacker(instance));
    const bytes = Buffer.byteLength(result);
    if (bytes > this.limits.maxPartBytes) {
      throw new PayloadTooLarge(
        `The result of ${call.envelope.method} has ${bytes} bytes; results that are kept for repeated calls have at ` +
          `most ${this.limits.maxPartBytes}. Nothing was written. Return less, or read it by a readonly method.`,
        { bytes, limitBytes: this.limits.maxPartBytes },
      );
    }
    return { result };
  }
}
