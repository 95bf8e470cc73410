/**
 * An actor's record during an activation: what the head says, what turns have added to it, and what the next commit
 * therefore writes. What the turns make of the state is the live actor's.
 *
 *     head ──► record ◄── apply, count, cause: one turn after another
 *                └─ draft ──► commit ──► keep
 */
import type { Address } from "../address";
import type { ActorDefinition } from "../definition";
import { type Effect, encodeEffects, parseEffects } from "../effects";
import type { Envelope, Reply } from "../envelope";
import type { DurableError } from "../errors";
import type { Inbox } from "../inbox";
import type { Reminder } from "../reminders/reminder";
import type { Commit, Head, Release, Seen, StoredState } from "../store";
import { ActorExpiry } from "./actor-expiry";
import { ActorInbox } from "./actor-inbox";
import { ActorReminders } from "./actor-reminders";
import type { ActorState, StateDraft } from "./actor-state";
import type { NextInbox } from "./applied";
import {
  afterFailure,
  beforeRun,
  counts,
  encodeFailing,
  type FailingMessage,
  parseFailing,
  type Verdict,
} from "./attempts";
import type { Call, QueuedAs } from "./call";
import type { Claim } from "./claim";
import { changesTo, type Extras, extrasOf, momentsOf, type Standing } from "./extras";
import type { Host } from "./host";
import { MAX_EFFECTS_BYTES } from "./outbox";
import type { TurnResult } from "./turns/live-actor";
import type { ReminderChanges } from "./turns/reminders";
import { isTooNew } from "./turns/turn";

/** What a commit writes, and what the record is after it. */
export interface Draft {
  readonly commit: Omit<Commit, "release">;
  /** Present when the state has changed. */
  readonly state: StateDraft | undefined;
  readonly inbox: NextInbox;
  readonly outbox: readonly Effect[];
  readonly stored: Extras;
  /** Nothing is left to do after the commit: it can give the lease back. */
  readonly isLast: boolean;
}

/** What a turn has led to outside its fields. */
interface Caused {
  readonly effects: readonly Effect[];
  readonly reminders?: ReminderChanges;
  /** The actor is destroyed. */
  readonly destroys?: boolean;
  /** It keeps an actor that expires. */
  readonly isUse?: boolean;
}

/** Effects that could not be delivered, and what could not be removed, are tried again after this. */
const DELIVER_AGAIN_MS = 30_000;

export class ActorRecord {
  readonly reminders: ActorReminders;
  readonly inbox: ActorInbox;
  readonly expiry: ActorExpiry;
  /** Newer code has written the actor. Nothing of it is changed here but that its effects are delivered. */
  readonly isTooNew: boolean;
  private readonly effects: Effect[] = [];
  private seen: Seen;
  private failing: FailingMessage | undefined;
  private currentOutbox: readonly Effect[];
  private stored: Extras;

  /**
   * @param warm the inbox of the same version, when this process has it: the same as the head says, but already read
   * @throws CorruptState
   */
  constructor(
    private readonly host: Host,
    definition: ActorDefinition,
    address: Address,
    head: Head,
    readonly state: ActorState,
    warm?: Inbox,
  ) {
    const { version, fence, failing, outbox, reminders } = head;
    this.seen = { version, fence };
    this.inbox = new ActorInbox(host, address, head, () => this.version, warm);
    this.failing = parseFailing(failing);
    this.currentOutbox = parseEffects(outbox);
    this.reminders = new ActorReminders(reminders, host.random);
    this.expiry = new ActorExpiry(host.clock, definition.expireAfterMs, head);
    this.isTooNew = isTooNew(definition, head.state);
    this.stored = extrasOf(head);
  }

  get version(): number {
    return this.seen.version;
  }

  /** The head as it is after the last commit and the last release, as long as nobody else has had the actor. */
  get head(): Head {
    const { seen, inbox, state, stored } = this;
    return {
      version: seen.version,
      fence: seen.fence,
      state: state.saved,
      hasPieces: !state.isWholeAfter(undefined),
      inbox: inbox.calls.text,
      spilled: inbox.hasSpilled,
      failing: stored.failing,
      outbox: stored.outbox,
      reminders: stored.reminders,
      wakeAtMs: stored.wakeAtMs,
      usedAtMs: stored.usedAtMs,
      expiresAtMs: stored.expiresAtMs,
    };
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

  /** The reminder that has been due for longest. */
  get dueReminder(): Reminder | undefined {
    const { reminders, isTooNew } = this;
    return isTooNew || reminders.all.size === 0 ? undefined : reminders.due(this.host.clock.now());
  }

  /** When the actor expired: when nobody had used it for as long as its class allows, and nothing was left for it to do. */
  get expiredMs(): number | undefined {
    const isAtRest =
      this.reminders.nextMs === undefined && this.currentOutbox.length + this.effects.length === 0;
    return this.isTooNew || this.state.saved === undefined || !isAtRest ? undefined : this.expiry.expiredMs;
  }

  /** Why a message must not be tried again, when it is dead and was delivered once more. */
  deadReason(message: QueuedAs): FailingMessage | undefined {
    const isDead = this.failing?.reason !== undefined && this.failing.messageId === message.messageId;
    return isDead ? this.failing : undefined;
  }

  /** Which attempt of a message this is, as far as is known. */
  attemptOf({ envelope, message }: Call): number {
    const isCounted = message !== undefined && this.failing?.messageId === message.messageId;
    return isCounted ? (this.failing?.attempts ?? 0) + 1 : envelope.attempt;
  }

  /** Notes that a message begins. @throws ProcessDied when it has begun too often */
  begin({ messageId }: QueuedAs): void {
    this.failing = beforeRun(this.failing, messageId);
  }

  /** Adds a turn that succeeded. */
  apply(envelope: Envelope, { result, isPending }: TurnResult, message?: QueuedAs): Reply {
    // Nobody asks for the result of a `send`.
    const kept = envelope.mode === "send" ? undefined : result;
    const version = this.inbox.enter(envelope, { isPending, result: kept });
    if (message !== undefined && message.messageId === this.failing?.messageId) this.failing = undefined;
    this.inbox.pass(message);
    return { result, version, isPending };
  }

  /** Adds what a turn causes and arranges. */
  cause({ effects, reminders, destroys, isUse }: Caused): void {
    this.effects.push(...effects);
    if (isUse) this.expiry.use();
    if (reminders !== undefined) this.reminders.change(reminders);
    if (destroys) this.inbox.forgetCheckpoints();
  }

  /** Counts a failed attempt of a message, if it counts. */
  count(message: QueuedAs | undefined, error: DurableError): Verdict | undefined {
    if (message === undefined || this.isTooNew) return undefined;
    const failing = afterFailure(this.failing, message, error);
    this.failing = failing;
    if (failing === undefined || !counts(error)) return undefined;
    // The queue goes on behind a dead message.
    if (failing.reason !== undefined) this.inbox.pass(message);
    return { attempts: failing.attempts, isDead: failing.reason !== undefined };
  }

  /**
   * What there is to commit together with `state`; undefined when that is nothing. Writes beside the head what is to be
   * there first. Without a lease, a call whose turn led to nothing is noted with what else is written; alone, only if it could
   * come again.
   *
   * @param state undefined for an actor that has none, or has none any more
   */
  async draft(claim: Claim, state: StoredState | undefined): Promise<Draft | undefined> {
    const outbox = [...this.currentOutbox, ...this.effects];
    const hasChanged = state !== this.state.saved;
    const changed = hasChanged ? await this.state.draft(state) : undefined;
    const isLast = outbox.length === 0 && !this.state.mustTidyAfter(changed);
    // Should this process die, nobody can take its lease before that ends.
    const stored = this.extras(outbox, {
      isDone: isLast,
      graceMs: this.host.limits.leaseMs,
      hasState: state !== undefined,
      isWhole: this.state.isWholeAfter(changed),
    });
    const hasNoted = stored.failing !== this.stored.failing || stored.reminders !== this.stored.reminders;
    const hasEntered = this.inbox.hasChanged;
    // To give the lease back is a write too.
    const mustEnter = claim.held === undefined ? this.inbox.mustWrite : hasEntered;
    if (!mustEnter && this.effects.length === 0 && !hasChanged && !hasNoted) return undefined;
    const inbox = await this.inbox.draft(claim);
    const hasNewSchema = state !== undefined && state.schema !== this.state.saved?.schema;
    const commit = {
      onVersion: this.version,
      state: changed?.text,
      schema: hasNewSchema ? state.schema : undefined,
      inbox: hasEntered ? inbox.inbox.text : undefined,
      spilled: inbox.spilled || undefined,
      failing: stored.failing === this.stored.failing ? undefined : stored.failing,
      reminders: stored.reminders === this.stored.reminders ? undefined : stored.reminders,
      ...changesTo(stored, this.stored),
    };
    return { commit, state: changed, inbox, outbox, stored, isLast };
  }

  /** After a draft was committed, at this fence: there is nothing left to commit. */
  keep({ state, inbox, outbox, stored }: Draft, fence: number): void {
    this.seen = { version: this.version + 1, fence };
    if (state !== undefined) this.state.keep(state);
    this.inbox.keep(inbox);
    this.reminders.keep();
    this.currentOutbox = outbox;
    this.stored = stored;
    this.effects.length = 0;
  }

  /** The outbox was delivered, but for these. */
  delivered(rest: readonly Effect[]): void {
    this.currentOutbox = rest;
  }

  /** True when a release has more to say than that the lease is free. */
  get hasMoved(): boolean {
    return Object.values(changesTo(this.standing(), this.stored)).some((change) => change !== undefined);
  }

  /** What giving back the lease of a fence says of what was delivered since the last commit. */
  release(fence: number): Release {
    this.seen = { ...this.seen, fence };
    const stored = this.standing();
    const hasPieces = this.state.isTidied ? (false as const) : undefined;
    const release = { ...changesTo(stored, this.stored), hasPieces };
    this.stored = { ...stored, failing: this.stored.failing, reminders: this.stored.reminders };
    return release;
  }

  /** What is to be stored when nothing more is committed. */
  private standing(): Extras {
    return this.extras(this.currentOutbox, {
      isDone: this.currentOutbox.length === 0 && !this.state.mustTidyAfter(undefined),
      graceMs: DELIVER_AGAIN_MS,
      hasState: this.state.saved !== undefined,
      isWhole: this.state.isWholeAfter(undefined),
    });
  }

  private extras(outbox: readonly Effect[], standing: Standing): Extras {
    const { stored, reminders, expiry } = this;
    // Newer code looks after its moments.
    const moments = this.isTooNew ? stored : momentsOf(this.host.clock, standing, stored, reminders, expiry);
    const { wakeAtMs, usedAtMs, expiresAtMs } = moments;
    return {
      failing: encodeFailing(this.failing),
      outbox: encodeEffects(outbox),
      reminders: reminders.text,
      wakeAtMs,
      usedAtMs,
      expiresAtMs,
    };
  }
}
