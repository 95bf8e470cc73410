/**
 * An actor's record while its lease is held: what the head says, what turns have added to it, and what the next commit
 * therefore writes. The state itself is kept by the live actor.
 *
 *     head ──► record ◄── apply, count, cause: one turn after another
 *                └─ draft ──► commit ──► keep
 */
import type { Address } from "../address";
import { callKey, isChosen } from "../call-id";
import { type Effect, encodeEffects, parseEffects } from "../effects";
import type { Envelope, Reply } from "../envelope";
import { CorruptState, type DurableError, InternalError } from "../errors";
import { Inbox, type InboxEntry, keepRepeatedUntilMs, mayBeCopy } from "../inbox";
import type { Lease } from "../lease";
import { failed } from "../messages/tracked-calls";
import type { Commit, Head, Release, StoredState } from "../store";
import { ActorReminders } from "./actor-reminders";
import { nextInbox, SpilledCalls } from "./applied";
import {
  afterFailure,
  beforeRun,
  counts,
  encodeFailing,
  type FailingMessage,
  parseFailing,
  type Verdict,
} from "./attempts";
import type { QueuedAs } from "./call";
import type { Host } from "./host";
import { MAX_EFFECTS_BYTES } from "./outbox";
import type { TurnResult } from "./turns/live-actor";
import type { ReminderChanges } from "./turns/reminders";

/** What a commit writes, and what the record is after it. */
export interface Draft {
  readonly commit: Omit<Commit, "release">;
  readonly state: StoredState | undefined;
  readonly inbox: Inbox;
  readonly outbox: readonly Effect[];
  readonly stored: Stored;
}

/** What a turn has led to outside its fields. */
interface Caused {
  readonly effects: readonly Effect[];
  readonly reminders?: ReminderChanges;
  /** The actor is destroyed. */
  readonly destroys?: boolean;
}

/** The parts of a head that are rarely there. */
type Stored = Readonly<Pick<Head, "failing" | "outbox" | "reminders" | "wakeAtMs">>;

/** Effects that could not be delivered are tried again after this. */
const DELIVER_AGAIN_MS = 30_000;

export class ActorRecord {
  readonly reminders: ActorReminders;
  private readonly applied = new Map<string, InboxEntry>();
  private readonly spilledCalls: SpilledCalls;
  /** Where the newest message that was applied, or is dead, stood in its queue, when there was one since the last commit. */
  private place: string | undefined;
  private readonly effects: Effect[] = [];
  private currentVersion: number;
  private currentInbox: Inbox;
  private committedInbox: Inbox;
  private saved: StoredState | undefined;
  private spilled: boolean;
  private failing: FailingMessage | undefined;
  private currentOutbox: readonly Effect[];
  private stored: Stored;

  /**
   * @param warm what this process knows of the same version: the same as the head says, but already read
   * @throws CorruptState
   */
  constructor(
    private readonly host: Host,
    private readonly address: Address,
    head: Head,
    warm?: { readonly inbox: Inbox; readonly state: StoredState | undefined },
  ) {
    const { version, state, inbox, spilled, failing, outbox, reminders, wakeAtMs } = head;
    this.currentVersion = version;
    this.saved = warm === undefined ? state : warm.state;
    this.currentInbox = this.committedInbox = warm?.inbox ?? Inbox.parse(inbox);
    this.spilled = spilled;
    this.failing = parseFailing(failing);
    this.currentOutbox = parseEffects(outbox);
    this.reminders = new ActorReminders(reminders, host.random);
    this.stored = { failing, outbox, reminders, ...(wakeAtMs === undefined ? {} : { wakeAtMs }) };
    this.spilledCalls = new SpilledCalls(host.store, address);
  }

  get version(): number {
    return this.currentVersion;
  }

  /** Committed calls, the newest ones. */
  get inbox(): Inbox {
    return this.currentInbox;
  }

  /** Committed effects that are not delivered, as far as is known. */
  get outbox(): readonly Effect[] {
    return this.currentOutbox;
  }

  /** When somebody must look at the actor next, by what is committed. */
  get wakeAtMs(): number | undefined {
    return this.stored.wakeAtMs;
  }

  /** True when the outbox has no room for the effects of another turn. */
  get isOutboxFull(): boolean {
    return encodeEffects([...this.currentOutbox, ...this.effects]).length > MAX_EFFECTS_BYTES;
  }

  /** What is known of a call that may have been applied before. */
  async find(envelope: Envelope, message?: QueuedAs): Promise<InboxEntry | undefined> {
    const known = await this.look(envelope, message);
    return known === undefined || this.currentInbox.isVoid(known) ? undefined : known;
  }

  private async look(envelope: Envelope, message?: QueuedAs): Promise<InboxEntry | undefined> {
    const key = callKey(envelope);
    const known = this.applied.get(key) ?? this.currentInbox.get(key);
    if (known !== undefined || !this.spilled) return known;
    const { mode, sentAtMs, maybeRepeated } = envelope;
    const call = { mode, sentAtMs, sequence: message?.place };
    const isNew = !maybeRepeated && !mayBeCopy(call, this.currentInbox, this.host.clock.now());
    return isNew ? undefined : this.spilledCalls.find(envelope);
  }

  /** Why a message must not be tried again, when it is dead and was delivered once more. */
  deadReason(message: QueuedAs): FailingMessage | undefined {
    const isDead = this.failing?.reason !== undefined && this.failing.messageId === message.messageId;
    return isDead ? this.failing : undefined;
  }

  /** Notes that a message begins. @throws ProcessDied when it has begun too often */
  begin({ messageId }: QueuedAs): void {
    this.failing = beforeRun(this.failing, messageId);
  }

  /** Adds a turn that succeeded. */
  apply(envelope: Envelope, { result, isPending }: TurnResult, message?: QueuedAs): Reply {
    const version = this.enter(envelope, {
      ...(isPending ? { isPending } : {}),
      // Nobody asks for the result of a `send`.
      ...(result === undefined || envelope.mode === "send" ? {} : { result }),
    });
    if (message !== undefined && message.messageId === this.failing?.messageId) this.failing = undefined;
    this.place = message?.place ?? this.place;
    return { result, version, ...(isPending ? { isPending } : {}) };
  }

  /**
   * Adds a call that was sent again and failed, when its caller is told so for good: an earlier attempt of it that comes late must
   * not succeed then. A message is tried again, with the calls that its turn makes; and so may be a call whose id the caller has
   * chosen.
   */
  refuse(envelope: Envelope, error: DurableError): void {
    const { mode, chain, maybeRepeated } = envelope;
    const isLast = mode === "call" && chain.length === 0 && !isChosen(callKey(envelope)) && !error.retryable;
    // What cannot be read is not written to.
    if (!maybeRepeated || !isLast || error instanceof CorruptState || error instanceof InternalError) return;
    this.enter(envelope, { isFailure: true, result: failed(error).error });
  }

  /** Returns the version as of which the call has its answer. */
  private enter(envelope: Envelope, answer: Omit<InboxEntry, "version">): number {
    const version = this.currentVersion + 1;
    // The first attempt of a call that was sent again may still come, and take itself for the only one.
    const hasCopies = envelope.mode === "call" && envelope.maybeRepeated && envelope.sentAtMs !== undefined;
    const kept = hasCopies ? { keepUntilMs: keepRepeatedUntilMs(this.host.clock.now()) } : {};
    this.applied.set(callKey(envelope), { version, ...kept, ...answer });
    return version;
  }

  /** Notes how far a turn has come that saves a checkpoint: so many calls it had `made` of other actors. */
  note(envelope: Envelope, made: number): void {
    if (made > 0) this.applied.set(callKey(envelope), { version: this.currentVersion + 1, made });
  }

  /** Adds what a turn causes and arranges. */
  cause({ effects, reminders, destroys }: Caused): void {
    this.effects.push(...effects);
    if (reminders !== undefined) this.reminders.change(reminders);
    if (destroys) this.forgetCheckpoints();
  }

  /** The actor begins anew, and so does a turn that comes again: it makes its calls of other actors from the first one on. */
  private forgetCheckpoints(): void {
    for (const [key, { made }] of this.applied) if (made !== undefined) this.applied.delete(key);
    this.currentInbox = this.currentInbox.withoutCheckpoints(this.currentVersion);
  }

  /** Counts a failed attempt of a message, if it counts. */
  count(message: QueuedAs | undefined, error: DurableError): Verdict | undefined {
    if (message === undefined) return undefined;
    const failing = afterFailure(this.failing, message, error);
    this.failing = failing;
    if (failing === undefined || !counts(error)) return undefined;
    // The queue goes on behind a dead message.
    if (failing.reason !== undefined) this.place = message?.place ?? this.place;
    return { attempts: failing.attempts, isDead: failing.reason !== undefined };
  }

  /**
   * What there is to commit together with `state`; undefined when that is nothing. Writes beside the head what is to be
   * there first.
   *
   * @param state undefined for an actor that has none, or has none any more
   */
  async draft(lease: Lease, state: StoredState | undefined): Promise<Draft | undefined> {
    const outbox = [...this.currentOutbox, ...this.effects];
    // Should this process die, nobody can take its lease before that ends.
    const stored = this.toStore(outbox, this.host.limits.leaseMs);
    const hasChanged = state !== this.saved;
    const hasEntered =
      this.applied.size > 0 || this.place !== undefined || this.currentInbox !== this.committedInbox;
    const hasNoted = stored.failing !== this.stored.failing || stored.reminders !== this.stored.reminders;
    if (this.applied.size === 0 && this.effects.length === 0 && !hasChanged && !hasNoted) return undefined;
    const { inbox, spilled } = await nextInbox(this.host, this.address, lease, {
      committed: this.currentInbox,
      version: this.currentVersion,
      applied: this.applied,
      place: this.place,
    });
    const commit = {
      onVersion: this.currentVersion,
      ...(hasChanged ? { state: state?.text ?? null } : {}),
      ...(state !== undefined && state.schema !== this.saved?.schema ? { schema: state.schema } : {}),
      ...(hasEntered ? { inbox: inbox.text } : {}),
      ...(spilled ? { spilled } : {}),
      ...(stored.failing === this.stored.failing ? {} : { failing: stored.failing }),
      ...(stored.reminders === this.stored.reminders ? {} : { reminders: stored.reminders }),
      ...this.changesTo(stored),
    };
    return { commit, state, inbox, outbox, stored };
  }

  /** After a draft was committed: there is nothing left to commit. */
  keep({ commit, state, inbox, outbox, stored }: Draft): void {
    this.currentVersion++;
    this.saved = state;
    this.currentInbox = this.committedInbox = inbox;
    this.currentOutbox = outbox;
    this.stored = stored;
    if (commit.spilled) {
      this.spilled = true;
      this.spilledCalls.forget();
    }
    this.applied.clear();
    this.place = undefined;
    this.effects.length = 0;
  }

  /** The outbox was delivered, but for these. */
  delivered(rest: readonly Effect[]): void {
    this.currentOutbox = rest;
  }

  /** What giving the lease back says of what was delivered since the last commit. */
  release(): Release {
    const stored = this.toStore(this.currentOutbox, DELIVER_AGAIN_MS);
    const release = this.changesTo(stored);
    this.stored = { ...stored, failing: this.stored.failing, reminders: this.stored.reminders };
    return release;
  }

  /** @param graceMs how long nobody else need look after the effects */
  private toStore(outbox: readonly Effect[], graceMs: number): Stored {
    const { nextMs } = this.reminders;
    const effectsMs = outbox.length === 0 ? undefined : this.host.clock.now() + graceMs;
    const wakeAtMs = effectsMs === undefined ? nextMs : Math.min(effectsMs, nextMs ?? effectsMs);
    return {
      failing: encodeFailing(this.failing),
      outbox: encodeEffects(outbox),
      reminders: this.reminders.text,
      ...(wakeAtMs === undefined ? {} : { wakeAtMs }),
    };
  }

  private changesTo({ outbox, wakeAtMs }: Stored): Release {
    return {
      ...(outbox === this.stored.outbox ? {} : { outbox }),
      ...(wakeAtMs === this.stored.wakeAtMs ? {} : { wakeAtMs: wakeAtMs ?? null }),
    };
  }
}
