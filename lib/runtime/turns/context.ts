/** The `ctx` of one turn: what a method asks of the runtime, and what it causes. */
import { type ActorClass, type DurableActor, setContext } from "../../actor";
import { type Address, addressKey } from "../../address";
import type { CallContext } from "../../call-context";
import { CALL_ID_FORM, isCallId } from "../../call-id";
import {
  type CallOptions,
  type MethodCall,
  type Receipt,
  type SendOptions,
  type TurnNamespace,
  turnNamespace,
} from "../../calling/proxy";
import type { ActorContext, DueReminder, ReminderStatus } from "../../context";
import type { ActorDefinition } from "../../definition";
import type { Effect } from "../../effects";
import { NotTracked, ReadonlyViolation, TurnEnded, UnexpectedEvent } from "../../errors";
import { type Logger, withFields } from "../../log";
import { failed, type Outcome } from "../../messages/tracked-calls";
import type { Middleware } from "../../middleware";
import { quote } from "../../quote";
import { methodOf } from "../../registry";
import type { Reminder } from "../../reminders/reminder";
import type { ReminderTime } from "../../reminders/schedule";
import { encode } from "../../values/codec";
import { methodError } from "../../wire-error";
import type { Call } from "../call";
import { checkHops } from "../chain";
import type { Host } from "../host";
import { TurnCalls } from "./calls";
import { TurnEffects } from "./effects";
import { turnEvent } from "./event";
import { turnMessage } from "./message";
import { turnReminder } from "./reminder";
import { type ReminderChanges, TurnReminders } from "./reminders";

/** What a turn asks of the activation in which it runs. */
export interface TurnHooks {
  version(): number;
  save(): Promise<void>;
  /** Resolves when others may see what the turn does: at once, undefined, where they may already. @throws when they never may */
  hold(): Promise<unknown> | undefined;
  /** The reminders that the turn begins with. */
  reminders(): ReadonlyMap<string, Reminder>;
}

/** From where a turn starts. */
export interface TurnStart {
  /** How many calls it had made before the checkpoint from which it goes on. */
  readonly made?: number | undefined;
  /** The one that the turn is for. */
  readonly reminder?: DueReminder;
  /** It destroys an actor that nobody has used. */
  readonly expires?: boolean;
}

/** What a method returns to leave its call open. Not serialisable, so that it can be nothing but the whole result. */
export const PENDING = Symbol("pending");

/** Useless once the turn is over. */
export class TurnContext implements ActorContext {
  readonly calls: TurnCalls;
  readonly reminder: DueReminder | undefined;
  /** Which run of its call this is. */
  private readonly run: number;
  private ended = false;
  private destroying: boolean;
  /** It destroys an actor that nobody has used. */
  readonly isExpiry: boolean;
  /** The checkpoint that is under way. Never rejects. */
  private saving: Promise<void> | undefined;
  private logger: Logger | undefined;
  private readonly effects = new TurnEffects();
  private readonly arranged: TurnReminders;

  /**
   * @param isReadonly refuses whatever would leave a trace
   */
  constructor(
    private readonly call: Call,
    private readonly host: Host,
    private readonly hooks: TurnHooks,
    private readonly isReadonly: boolean,
    { made = 0, reminder, expires = false }: TurnStart = {},
  ) {
    this.reminder = reminder;
    this.isExpiry = expires;
    this.destroying = expires;
    this.calls = new TurnCalls(host, call, made, hooks.hold);
    this.run = call.run;
    this.arranged = new TurnReminders(hooks.reminders);
  }

  /** Makes this the actor's current turn. */
  enter(actor: DurableActor): void {
    setContext(actor, this);
  }

  /** True when there is no such actor any more once the turn has ended. */
  get isDestroying(): boolean {
    return this.destroying;
  }

  /** What runs around the turn. */
  get use(): readonly Middleware[] {
    return this.host.use;
  }

  /** The code of the turn has ended. A promise when a checkpoint is under way: it is committed, or not, before anything else is. */
  end(): Promise<void> | undefined {
    this.ended = true;
    // That checkpoint still has them.
    if (this.saving !== undefined) return this.saving.then(() => this.endReminders());
    this.endReminders();
    return undefined;
  }

  private endReminders(): void {
    if (this.destroying) this.arranged.clear();
  }

  /** Drops what the turn has caused, after its end: its method failed, or did not run, and it succeeds all the same. */
  drop(): void {
    this.effects.take();
    this.arranged.take();
    this.destroying = false;
  }

  /** What the turn has caused since this was last asked. */
  take(): {
    readonly effects: readonly Effect[];
    readonly reminders: ReminderChanges;
    readonly destroys: boolean;
    readonly isUse: boolean;
  } {
    // Not yet by a checkpoint on the way.
    const destroys = this.ended && this.destroying;
    // One that expires is not in use because of that, as long as it is there.
    const isUse = !this.isExpiry || destroys;
    return { effects: this.effects.take(), reminders: this.arranged.take(), destroys, isUse };
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

  get now(): Date {
    return new Date(this.host.clock.now());
  }

  get signal(): AbortSignal {
    return this.call.signalOf(this.run);
  }

  get log(): Logger {
    const { address, method, callId } = this.call.envelope;
    this.logger ??= withFields(this.host.log, { actor: address.type, actorId: address.id, method, callId });
    return this.logger;
  }

  get context(): CallContext {
    return this.call.context;
  }

  async save(): Promise<void> {
    this.check("save");
    // One after another: each is a commit on top of the one before.
    while (this.saving !== undefined) await this.saving;
    this.checkEnded("save");
    const saved = this.hooks.save();
    const end = () => {
      this.saving = undefined;
    };
    this.saving = saved.then(end, end);
    await saved;
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
    const result = value === undefined ? undefined : encode(value, "value");
    this.settle(callId, { status: "succeeded", result });
  }

  reject(callId: string, error: unknown): void {
    this.check("reject");
    this.settle(callId, failed(methodError(error)));
  }

  actor<A extends DurableActor>(target: ActorClass<A> | string): TurnNamespace<A> {
    this.checkEnded("actor");
    const { peers } = this.host;
    const definition = peers.definitionOf(target);
    return turnNamespace<A>(definition.name, definition, {
      call: (method, options) => {
        const result = this.callOf(definition, method, options);
        // One that the method does not await must not bring down the process; its failure is logged where it ran.
        result.catch(() => {});
        return result;
      },
      send: (method, options) => this.post("send", method, options),
      start: (method, options) => this.post("start", method, options),
    });
  }

  emit(detailType: string, detail?: object): void {
    this.check("emit");
    const event = turnEvent(this.host, this.call.envelope, this.version + 1, detailType, detail);
    this.effects.add({ kind: "event", event }, "detail");
  }

  remind(name: string, time: ReminderTime, method: string, ...args: readonly unknown[]): void {
    this.check("remind");
    this.arranged.set(turnReminder(this.host, this.call.envelope, { name, time, method, args }));
  }

  forget(name: string): boolean {
    this.check("forget");
    return this.arranged.forget(name);
  }

  reminders(): readonly ReminderStatus[] {
    return this.arranged.list();
  }

  destroy(): void {
    this.check("destroy");
    this.destroying = true;
  }

  private async callOf(
    definition: ActorDefinition,
    method: MethodCall,
    options: CallOptions,
  ): Promise<unknown> {
    this.checkEnded("actor");
    const { readonly } = methodOf(definition, method.method);
    if (!readonly) this.checkReadonly(`called ${definition.name}.${method.method}, which is not`);
    return this.calls.call(method, options);
  }

  private post(mode: "send" | "start", method: MethodCall, options: SendOptions): Receipt {
    this.check(mode);
    const { host, call } = this;
    const { hops } = call.asTurn();
    checkHops(hops, host.limits.hops, `${method.actor}/${method.id}.${method.method}`);
    const message = turnMessage(host, mode, method, options, { hops, trace: call.trace });
    this.effects.add({ kind: "message", message }, "args");
    return { callId: message.callId };
  }

  private settle(callId: string, outcome: Outcome): void {
    if (!isCallId(callId)) {
      throw new UnexpectedEvent(`"callId" (${quote(callId)}) is not ${CALL_ID_FORM}.`, { field: "callId" });
    }
    void this.host.calls;
    this.effects.add({ kind: "settle", callId, outcome }, "value");
  }

  /** @throws TurnEnded, ReadonlyViolation */
  private check(member: string): void {
    this.checkReadonly(`called ctx.${member}()`);
    this.checkEnded(member);
  }

  private checkReadonly(did: string): void {
    const { address, method } = this.call.envelope;
    if (this.isReadonly) throw readonlyViolation(address, method, did);
  }

  private checkEnded(member: string): void {
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
