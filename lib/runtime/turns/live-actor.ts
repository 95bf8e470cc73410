/**
 * An actor in memory: the instance, and the encoded state that it can be rolled back to. Each turn's outcome is
 * encoded as soon as it ends, so that a later turn that throws takes nothing of it along.
 */
import type { DurableActor } from "../../actor";
import { addressKey } from "../../address";
import type { ActorDefinition } from "../../definition";
import { PayloadTooLarge, StateTooLarge } from "../../errors";
import type { Hook } from "../../hooks";
import { methodOf } from "../../registry";
import type { StoredState } from "../../store";
import { encode } from "../../values/codec";
import { encodeState, resultPacker } from "../../values/state-codec";
import { methodError } from "../../wire-error";
import type { Call } from "../call";
import { PENDING, readonlyViolation, type TurnContext } from "./context";
import { enteringHook, type HookedTurn, hooked } from "./hooks";
import type { TurnMethod } from "./middleware";
import { callMethod, loadActor, runTurn } from "./turn";

/** What stands for the method where an actor has expired. */
export const END: TurnMethod = { name: "onDestroy", readonly: false };

/** How a method ended. */
export interface TurnResult {
  /** Encoded; undefined when the method returned undefined. */
  readonly result?: string | undefined;
  /** The method left its call open. */
  readonly isPending?: true | undefined;
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

  /** The hook that the next turn begins with, if there is one: its instance is not in memory. */
  get entering(): readonly Hook[] {
    if (this.instance !== undefined) return [];
    const hook = enteringHook(this.definition, { isNew: this.current === undefined, readonly: false });
    return hook === undefined ? [] : [hook];
  }

  /** Runs one call. When it fails in any way, the instance is thrown away and the state stays what it was. */
  async turn(call: Call, context: TurnContext): Promise<TurnResult> {
    try {
      const { definition } = this;
      const method = methodOf(definition, call.envelope.method);
      const { instance, entering } = this.enter(context, method);
      call.part = entering ?? method.name;
      let before: StoredState | undefined;
      let early: { readonly value: unknown; readonly result: TurnResult } | undefined;
      const steps: HookedTurn = {
        entering,
        entered: () => {
          call.part = method.name;
          if (method.readonly) before = this.encodeInstance(call);
        },
        // Before the hook changes what the result may share with the fields.
        leaving: (value) => {
          early = { value, result: this.encodeResult(instance, call, value) };
        },
      };
      const code = hooked(definition, instance, call, context, steps, () =>
        callMethod(instance, method, call),
      );
      const { value, hasRun } = await runTurn(method, call, context, code);
      const saving = context.end();
      if (saving !== undefined) await saving;
      if (call.abortReason !== undefined) throw call.abortReason;
      if (!hasRun) return this.answerWithout(instance, call, context, value);
      const state = context.isDestroying ? undefined : this.encodeInstance(call);
      if (before !== undefined && before.text !== state?.text) {
        throw readonlyViolation(call.envelope.address, method.name, "changed a field");
      }
      const result = early?.value === value ? early?.result : undefined;
      const answer = result ?? this.encodeResult(instance, call, value);
      // A readonly turn keeps nothing: neither a new actor, nor what a hook has made of the fields.
      if (before === undefined) this.current = state;
      // The next turn begins with a new one.
      if (this.current === undefined) this.instance = undefined;
      return answer;
    } catch (thrown) {
      await this.rollBack(context);
      throw thrown;
    }
  }

  /** Ends an actor that has expired, as a turn without a method. Without a hook, its state need not even be one that can be read. */
  async expire(call: Call, context: TurnContext): Promise<void> {
    try {
      if (this.definition.hooks.has("onDestroy")) await this.runEnd(call, context);
      await context.end();
      if (call.abortReason !== undefined) throw call.abortReason;
      this.current = this.instance = undefined;
    } catch (thrown) {
      await this.rollBack(context);
      throw thrown;
    }
  }

  private async runEnd(call: Call, context: TurnContext): Promise<void> {
    const { instance, entering } = this.enter(context, END);
    call.part = entering ?? END.name;
    const steps: HookedTurn = {
      entering,
      entered: () => {
        call.part = END.name;
      },
    };
    const code = hooked(this.definition, instance, call, context, steps, () => undefined);
    const { hasRun } = await runTurn(END, call, context, code);
    if (hasRun) return;
    throw methodError(new Error("A middleware kept an expired actor from its end: it did not call next()."));
  }

  /** Encodes the state in the middle of a turn; {@link keep} makes it the one to roll back to. */
  checkpoint(call: Call): StoredState {
    return this.encodeInstance(call);
  }

  keep(state: StoredState): void {
    this.current = state;
  }

  private async rollBack(context: TurnContext): Promise<void> {
    // What a checkpoint has left when it ends is what the next turn begins with.
    await context.end();
    this.instance = undefined;
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

  /** Begins a turn: with the instance in memory, or with one that is made or loaded, and is told so by a hook. */
  private enter(
    context: TurnContext,
    { readonly }: TurnMethod,
  ): { readonly instance: DurableActor; readonly entering: Hook | undefined } {
    const { definition, current } = this;
    const warm = this.instance;
    const instance = warm ?? loadActor(definition, current, context);
    this.instance = instance;
    context.enter(instance);
    const entering =
      warm === undefined ? enteringHook(definition, { isNew: current === undefined, readonly }) : undefined;
    return { instance, entering };
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
