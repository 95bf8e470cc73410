/** The `ctx` of one turn: what a method asks of the runtime, and what it causes. */
import { type DurableActor, setContext } from "../actor";
import { type Address, addressKey } from "../address";
import { CALL_ID_FORM, isCallId } from "../call-id";
import type { ActorContext } from "../context";
import { type Effect, encodeEffects } from "../effects";
import { NotTracked, PayloadTooLarge, ReadonlyViolation, TurnEnded, UnexpectedEvent } from "../errors";
import { type Logger, withFields } from "../log";
import { failed, type Outcome } from "../messages/tracked-calls";
import { quote } from "../quote";
import { encode } from "../values/codec";
import { methodError } from "../wire-error";
import type { Call } from "./call";
import { MAX_EFFECTS_BYTES } from "./outbox";

/** What a turn asks of the activation in which it runs. */
export interface TurnHooks {
  version(): number;
  save(): Promise<void>;
}

/** What a method returns to leave its call open. Not serialisable, so that it can be nothing but the whole result. */
export const PENDING = Symbol("pending");

/** Useless once the turn is over. */
export class TurnContext implements ActorContext {
  private ended = false;
  private logger: Logger | undefined;
  private effects: Effect[] = [];
  private effectsBytes = 0;

  /** @param isReadonly refuses whatever would leave a trace */
  constructor(
    private readonly call: Call,
    private readonly baseLog: Logger,
    private readonly hooks: TurnHooks,
    private readonly isReadonly: boolean,
  ) {}

  /** Makes this the actor's current turn. */
  enter(actor: DurableActor): void {
    setContext(actor, this);
  }

  end(): void {
    this.ended = true;
  }

  /** What the turn has caused since this was last asked. */
  takeEffects(): Effect[] {
    return this.effects.splice(0);
  }

  get actorId(): string {
    return this.call.envelope.address.id;
  }

  get callId(): string {
    return this.call.envelope.callId;
  }

  get version(): number {
    return this.hooks.version();
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
    this.check("save");
    await this.hooks.save();
  }

  pending<T>(): T {
    if (this.call.envelope.mode !== "call") return PENDING as T;
    throw new NotTracked(
      "ctx.pending() leaves a tracked call open, but the caller of this one waits for its result. Call it with start().",
      { callId: this.callId, method: this.call.envelope.method },
    );
  }

  resolve(callId: string, value?: unknown): void {
    this.check("resolve");
    this.add(callId, {
      status: "succeeded",
      result: value === undefined ? undefined : encode(value, "value"),
    });
  }

  reject(callId: string, error: unknown): void {
    this.check("reject");
    this.add(callId, failed(methodError(error)));
  }

  private add(callId: string, outcome: Outcome): void {
    if (!isCallId(callId)) {
      throw new UnexpectedEvent(`"callId" (${quote(callId)}) is not ${CALL_ID_FORM}.`, { field: "callId" });
    }
    const effect: Effect = { kind: "settle", callId, outcome };
    const bytes = this.effectsBytes + Buffer.byteLength(encodeEffects([effect]));
    if (bytes > MAX_EFFECTS_BYTES) {
      throw new PayloadTooLarge(
        `The effects of this turn would take ${bytes} bytes; at most ${MAX_EFFECTS_BYTES} are kept until they are delivered.`,
        { field: "value", bytes, limitBytes: MAX_EFFECTS_BYTES },
      );
    }
    this.effectsBytes = bytes;
    this.effects.push(effect);
  }

  /** @throws TurnEnded, ReadonlyViolation */
  private check(member: string): void {
    const { address, method } = this.call.envelope;
    if (this.isReadonly) throw readonlyViolation(address, method, `called ctx.${member}()`);
    if (!this.ended) return;
    throw new TurnEnded(
      `ctx.${member}() was called after its turn had ended. Await everything that a method starts.`,
      { callId: this.callId },
    );
  }
}

export function readonlyViolation(address: Address, method: string, did: string): ReadonlyViolation {
  return new ReadonlyViolation(
    `${addressKey(address)}.${method} is declared readonly but ${did}. Nothing was written. Drop { readonly: true }, ` +
      "or mark a field that is only a cache @Transient.",
    { actor: address.type, id: address.id, method },
  );
}
