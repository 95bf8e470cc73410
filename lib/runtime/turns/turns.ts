/**
 * Runs turns on a live actor, one after another, and notes in the actor's record what each led to. Whoever uses this has
 * a claim to the actor, and commits.
 */
import type { Address } from "../../address";
import type { ActorDefinition } from "../../definition";
import { ActorBusy, CallTimeout, type DurableError } from "../../errors";
import { methodOf } from "../../registry";
import type { Reminder } from "../../reminders/reminder";
import { missedSince } from "../../reminders/schedule";
import { asDurableError, errorFromWire } from "../../wire-error";
import { ActorReminders } from "../actor-reminders";
import { answerOf, isApplied } from "../applied";
import { isSuspicious } from "../attempts";
import type { Call } from "../call";
import { takeInput } from "../checked-input";
import type { Host } from "../host";
import type { ActorRecord } from "../record";
import type { Recorder } from "../telemetry/recorder";
import { TurnContext, type TurnStart } from "./context";
import { parked, reminderCall } from "./due-reminder";
import { expiryCall } from "./expiry-call";
import type { LiveActor } from "./live-actor";
import type { Outcome } from "./outcome";
import { checkSchema } from "./turn";

/** What a turn asks of the activation. */
export interface TurnsHooks {
  /** Its code waits for something. */
  onWait(): void;
  /** True when it may yet be thrown away, and run again. */
  mayRunAgain(): boolean;
  /** Resolves when others may see what the turn does: at once, undefined, where they may already. @throws when they never may */
  hold(): Promise<unknown> | undefined;
  /** Commits what there is, with the turns before, and goes on. @throws when that fails */
  commit(): Promise<void>;
  /** Commits the state as a turn has made it so far. @throws when that fails */
  save(call: Call, context: TurnContext): Promise<void>;
}

/** What a turn begins with, and where it notes a checkpoint. */
interface Beginning {
  reminders(): ReadonlyMap<string, Reminder>;
  /** Notes how many calls of other actors the turn had made. */
  note(made: number): void;
  readonly from: TurnStart;
}

export class Turns {
  private running: Call | undefined;

  constructor(
    private readonly host: Host,
    private readonly definition: ActorDefinition,
    private readonly address: Address,
    private readonly record: ActorRecord,
    private readonly live: LiveActor,
    private readonly hooks: TurnsHooks,
    private readonly recorder: Recorder,
  ) {}

  /** Aborts what runs: it could not be committed. */
  abort(reason: DurableError): void {
    this.running?.abort(reason);
  }

  async run(call: Call): Promise<Outcome> {
    const { record, host } = this;
    const { envelope, message } = call;
    const refused = this.refuse(call);
    if (refused !== undefined) return refused;
    if (this.hooks.mayRunAgain()) call.keepArguments();
    this.begin(call);
    this.recorder.begin(call, envelope.mode, record.attemptOf(call));
    try {
      const known = await record.inbox.find(envelope, message, call.run === 0);
      if (known !== undefined && isApplied(known))
        return this.ended({ call, ...(await answerOf(host.store, this.address, known)) }, "repeated");
      // Before anything else: the method may be one of the newer code, and so may what is written.
      checkSchema(this.definition, this.live.state, this.address.id);
      if (message !== undefined && isSuspicious(message)) {
        record.begin(message);
        await this.hooks.commit();
      }
      const context = this.contextOf(call, {
        reminders: () => record.reminders.all,
        note: (made) => record.inbox.note(envelope, made),
        from: { made: known?.made },
      });
      const waiting = takeInput(this.definition, call, context.calls);
      if (waiting !== undefined) await waiting;
      const result = await this.live.turn(call, context);
      record.cause(context.take());
      return this.ended({ call, reply: record.apply(envelope, result, message) });
    } catch (thrown) {
      const error = asDurableError(thrown);
      call.stopSequence();
      record.inbox.refuse(envelope, error);
      return this.ended({ call, error, verdict: record.count(message, error) });
    } finally {
      this.running = undefined;
    }
  }

  /** Runs a reminder that is due. Nobody waits for its result; a failure is noted in the record. */
  async remind(reminder: Reminder, hostEndMs: number): Promise<void> {
    const { record, host, definition, address } = this;
    const { clock, log } = host;
    const call = reminderCall(host, address, reminder, hostEndMs);
    this.begin(call);
    this.recorder.begin(call, "reminder", call.envelope.attempt, reminder.name);
    try {
      if (ActorReminders.isSuspicious(reminder, clock.now())) {
        record.reminders.begin(reminder);
        await this.hooks.commit();
      }
      const { name, dueMs, made } = reminder;
      const missed = reminder.missed === "each" ? 0 : missedSince(reminder, clock.now());
      const context = this.contextOf(call, {
        reminders: () => record.reminders.after(reminder, clock.now()),
        note: (calls) => record.reminders.note(reminder, calls),
        from: { made, reminder: { name, dueAt: new Date(dueMs), missed } },
      });
      const waiting = takeInput(definition, call, context.calls);
      if (waiting !== undefined) await waiting;
      await this.live.turn(call, context);
      record.reminders.done(reminder, clock.now());
      record.cause(context.take());
      this.ended({ call, reply: { result: undefined, version: record.version + 1 } });
    } catch (thrown) {
      const error = asDurableError(thrown);
      const { maxAttempts = 1 } = definition.methods.get(reminder.method) ?? {};
      const fate = record.reminders.fail(reminder, error, maxAttempts, clock.now());
      const attempts = (reminder.attempts ?? 0) + 1;
      const fields = { actor: address.type, actorId: address.id, reminder: reminder.name, attempts };
      this.ended({ call, error });
      if (fate === "again")
        this.recorder.note(() => log.warn("reminder comes again", { ...fields, code: error.code }));
      if (fate === "givenUp") {
        record.cause({ effects: parked(host, call.envelope, record.version + 1, reminder, error, attempts) });
      }
    } finally {
      call.dismiss();
      this.running = undefined;
    }
  }

  /**
   * Destroys the actor, which has expired. When that fails, it stays, and is tried again after a while.
   * @param dueMs when it expired
   */
  async expire(dueMs: number, hostEndMs: number): Promise<void> {
    const { record, host, address } = this;
    const { expiry, inbox } = record;
    const call = expiryCall(host, address, dueMs, hostEndMs);
    const { envelope } = call;
    this.begin(call);
    this.recorder.begin(call, "expiry", envelope.attempt);
    expiry.begin();
    try {
      const known = await inbox.find(envelope);
      const context = this.contextOf(call, {
        reminders: () => record.reminders.all,
        note: (made) => inbox.note(envelope, made),
        from: { made: known?.made, expires: true },
      });
      await this.live.expire(call, context);
      record.cause(context.take());
      this.ended({ call, reply: { result: undefined, version: record.version + 1 } });
    } catch (thrown) {
      const error = asDurableError(thrown);
      // The process stops, or has lost the lease: whoever looks next tries it again.
      if (error === call.abortReason && !(error instanceof CallTimeout)) return;
      expiry.putOff();
      this.ended({ call, error });
      const fields = { actor: address.type, actorId: address.id, callId: envelope.callId };
      this.recorder.note(() => host.log.warn("expired actor not destroyed", { ...fields, code: error.code }));
    } finally {
      call.dismiss();
      this.running = undefined;
    }
  }

  private begin(call: Call): void {
    this.running = call;
    call.onWait = () => {
      this.host.waitingCode.note(this.definition, call.part);
      this.hooks.onWait();
    };
    call.start(this.definition.methods.get(call.envelope.method)?.timeoutMs);
  }

  /** Its end is noted; what becomes of it is told after the commit. */
  private ended(outcome: Outcome, as?: "repeated"): Outcome {
    this.recorder.ended(outcome, this.record.version, as);
    return outcome;
  }

  /** @throws UnknownMethod */
  private contextOf(call: Call, { reminders, note, from }: Beginning): TurnContext {
    const { record, host, hooks } = this;
    const { readonly } = from.expires ? { readonly: false } : methodOf(this.definition, call.envelope.method);
    const save = () => {
      note(context.calls.made);
      return hooks.save(call, context);
    };
    const context: TurnContext = new TurnContext(
      call,
      host,
      { version: () => record.version, reminders, save, hold: () => hooks.hold() },
      readonly,
      from,
    );
    return context;
  }

  /** A message that must not run: one before it failed, or it is dead itself and was delivered again. */
  private refuse(call: Call): Outcome | undefined {
    const { message } = call;
    if (message === undefined) return undefined;
    if (message.sequence.isStopped) {
      const { type: actor, id } = this.address;
      return {
        call,
        error: new ActorBusy("An earlier message of the same actor comes first.", { actor, id }),
      };
    }
    const dead = this.record.deadReason(message);
    if (dead === undefined) return undefined;
    call.stopSequence();
    return { call, error: errorFromWire(dead.reason), verdict: { attempts: dead.attempts, isDead: true } };
  }
}
