/**
 * An actor's record while its lease is held: what the head says, what turns have added to it, and what the next commit
 * therefore writes. The state itself is kept by the live actor.
 *
 *     head ──► record ◄── apply, count, cause: one turn after another
 *                └─ draft ──► commit ──► keep
 */
import type { Address } from "../address";
import { callKey } from "../call-id";
import { type Effect, encodeEffects, parseEffects } from "../effects";
import type { Envelope, Reply } from "../envelope";
import type { DurableError } from "../errors";
import { Inbox, type InboxEntry, keepRepeatedUntilMs, mayBeCopy } from "../inbox";
import type { Lease } from "../lease";
import type { Commit, Head, StoredState } from "../store";
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
import type { TurnResult } from "./live-actor";
import { MAX_EFFECTS_BYTES } from "./outbox";

/** What a commit writes, and what the record is after it. */
export interface Draft {
  readonly commit: Omit<Commit, "release">;
  readonly state: StoredState | undefined;
  readonly inbox: Inbox;
  readonly outbox: readonly Effect[];
  readonly stored: Texts;
}

/** The parts of a head that are kept as text and rarely there. */
type Texts = Readonly<Pick<Head, "failing" | "outbox">>;

export class ActorRecord {
  private readonly applied = new Map<string, InboxEntry>();
  private readonly spilledCalls: SpilledCalls;
  /** Where the newest message that was applied, or is dead, stood in its queue, when there was one since the last commit. */
  private place: string | undefined;
  private readonly effects: Effect[] = [];
  private currentVersion: number;
  private currentInbox: Inbox;
  private saved: StoredState | undefined;
  private spilled: boolean;
  private failing: FailingMessage | undefined;
  private currentOutbox: readonly Effect[];
  private stored: Texts;

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
    const { version, state, inbox, spilled, failing, outbox } = head;
    this.currentVersion = version;
    this.saved = warm === undefined ? state : warm.state;
    this.currentInbox = warm?.inbox ?? Inbox.parse(inbox);
    this.spilled = spilled;
    this.failing = parseFailing(failing);
    this.currentOutbox = parseEffects(outbox);
    this.stored = { failing, outbox };
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

  /** True when the store has effects of which all are delivered. */
  get hasDeliveredOutbox(): boolean {
    return this.stored.outbox !== "" && this.currentOutbox.length === 0;
  }

  /** True when the outbox has no room for the effects of another turn. */
  get isOutboxFull(): boolean {
    return encodeEffects([...this.currentOutbox, ...this.effects]).length > MAX_EFFECTS_BYTES;
  }

  /** What is known of a call that may have been applied before. */
  async find(envelope: Envelope, message?: QueuedAs): Promise<InboxEntry | undefined> {
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
    const version = this.currentVersion + 1;
    // The first attempt of a call that was sent again may still come, and take itself for the only one.
    const hasCopies = envelope.mode === "call" && envelope.maybeRepeated && envelope.sentAtMs !== undefined;
    this.applied.set(callKey(envelope), {
      version,
      ...(hasCopies ? { keepUntilMs: keepRepeatedUntilMs(this.host.clock.now()) } : {}),
      ...(isPending ? { isPending } : {}),
      // Nobody asks for the result of a `send`.
      ...(result === undefined || envelope.mode === "send" ? {} : { result }),
    });
    if (message !== undefined && message.messageId === this.failing?.messageId) this.failing = undefined;
    this.place = message?.place ?? this.place;
    return { result, version, ...(isPending ? { isPending } : {}) };
  }

  /** Adds what turns cause. */
  cause(effects: readonly Effect[]): void {
    this.effects.push(...effects);
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
   */
  async draft(lease: Lease, state: StoredState | undefined): Promise<Draft | undefined> {
    const outbox = [...this.currentOutbox, ...this.effects];
    const stored = { failing: encodeFailing(this.failing), outbox: encodeEffects(outbox) };
    const hasChanged = state !== undefined && state !== this.saved;
    const hasCaused = this.effects.length > 0;
    if (this.applied.size === 0 && !hasChanged && !hasCaused && stored.failing === this.stored.failing) {
      return undefined;
    }
    const { inbox, spilled } = await nextInbox(this.host, this.address, lease, {
      committed: this.currentInbox,
      version: this.currentVersion,
      applied: this.applied,
      place: this.place,
    });
    const commit = {
      onVersion: this.currentVersion,
      ...(hasChanged ? { state: state.text } : {}),
      ...(hasChanged && state.schema !== this.saved?.schema ? { schema: state.schema } : {}),
      ...(this.applied.size > 0 || this.place !== undefined ? { inbox: inbox.text } : {}),
      ...(spilled ? { spilled } : {}),
      ...(stored.failing === this.stored.failing ? {} : { failing: stored.failing }),
      ...(stored.outbox === this.stored.outbox ? {} : { outbox: stored.outbox }),
    };
    return { commit, state, inbox, outbox, stored };
  }

  /** After a draft was committed: there is nothing left to commit. */
  keep({ commit, state, inbox, outbox, stored }: Draft): void {
    this.currentVersion++;
    this.saved = state ?? this.saved;
    this.currentInbox = inbox;
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

  /** All of the outbox was delivered. */
  delivered(): void {
    this.currentOutbox = [];
  }
}
