/**
 * An actor's inbox during an activation: which calls are known, what each turn adds, and what the next commit therefore writes.
 *
 *     committed ──► find ◄── enter, refuse, note: one turn after another
 *         ▲                     │
 *         └── keep ◄── commit ◄─┴─ draft
 */
import type { Address } from "../address";
import { callKey, isChosen } from "../call-id";
import type { Envelope } from "../envelope";
import { CorruptState, type DurableError, InternalError } from "../errors";
import { Inbox, type InboxEntry, keepRepeatedUntilMs, latestMark, mayBeCopy } from "../inbox";
import { failed } from "../messages/tracked-calls";
import type { Head } from "../store";
import { isApplied, type NextInbox, nextInbox, SpilledCalls } from "./applied";
import type { QueuedAs } from "./call";
import type { Host } from "./host";

export class ActorInbox {
  private readonly added = new Map<string, InboxEntry>();
  /** Some of them must be known later: what they led to may be nothing, but would not be if they came again. */
  private mustKeep = false;
  private readonly spilledCalls: SpilledCalls;
  /** Where the newest message that was applied, or is dead, stood in its queue, when there was one since the last commit. */
  private place: string | undefined;
  /** When the latest call was first sent that was added since the last commit. */
  private sentMs = 0;
  private committed: Inbox;
  private current: Inbox;
  private spilled: boolean;

  /**
   * @param version of the head; a commit makes it one more
   * @param warm the head's inbox, when this process has read it before
   * @throws CorruptState
   */
  constructor(
    private readonly host: Host,
    private readonly address: Address,
    { inbox, spilled }: Pick<Head, "inbox" | "spilled">,
    private readonly version: () => number,
    warm: Inbox | undefined,
  ) {
    this.current = this.committed = warm ?? Inbox.parse(inbox);
    this.spilled = spilled;
    this.spilledCalls = new SpilledCalls(host.store, address);
  }

  /** Committed calls, the newest ones. */
  get calls(): Inbox {
    return this.committed;
  }

  /** Committed calls have moved beside the head. */
  get hasSpilled(): boolean {
    return this.spilled;
  }

  /** True when there is something that can be written. */
  get hasChanged(): boolean {
    return this.added.size > 0 || this.mustWrite;
  }

  /** True when there is something to write, whatever else there is. */
  get mustWrite(): boolean {
    return this.mustKeep || this.place !== undefined || this.current !== this.committed;
  }

  /**
   * What is known of a call that may have been applied before; undefined at once when it cannot have been.
   * @param isFirstRun false when its turn has run already, and was thrown away: it may have been committed all the same
   */
  find(
    envelope: Envelope,
    message?: QueuedAs,
    isFirstRun = true,
  ): Promise<InboxEntry | undefined> | undefined {
    // Nobody else has an id that was made for this request.
    return envelope.isMadeHere && isFirstRun ? undefined : this.look(envelope, message);
  }

  /** Adds a call with its answer. Returns the version as of which it has that. */
  enter(envelope: Envelope, answer: Omit<InboxEntry, "version">): number {
    const version = this.version() + 1;
    // The first attempt of a call that was sent again may still come, and take itself for the only one.
    const hasCopies = envelope.mode === "call" && envelope.maybeRepeated && envelope.sentAtMs !== undefined;
    const keepUntilMs = hasCopies ? keepRepeatedUntilMs(this.host.clock.now()) : undefined;
    this.add(envelope, { version, keepUntilMs, ...answer });
    return version;
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

  /** Notes how far a turn has come that saves a checkpoint: so many calls it had `made` of other actors. */
  note(envelope: Envelope, made: number): void {
    if (made > 0) this.add(envelope, { version: this.version() + 1, made });
  }

  /** Notes where a message stood that is done with. */
  pass(message: QueuedAs | undefined): void {
    this.place = message?.place ?? this.place;
  }

  /** The actor begins anew, and so does a turn that comes again: it makes its calls of other actors from the first one on. */
  forgetCheckpoints(): void {
    for (const [key, { made }] of this.added) if (made !== undefined) this.added.delete(key);
    this.current = this.current.withoutCheckpoints(this.version());
  }

  /**
   * What the next commit writes. Writes beside the head, first, what is to be there; a promise only then.
   * @param claim its token goes into the names of what only this commit may name
   */
  draft(claim: { readonly token: string }): Promise<NextInbox> | NextInbox {
    const { host, address, current: committed, added: applied, place: sequence, sentMs } = this;
    const change = { committed, version: this.version(), applied, marks: { sequence, sentMs } };
    return nextInbox(host, address, claim, change);
  }

  /** After a draft was committed. */
  keep({ inbox, spilled }: NextInbox): void {
    this.current = this.committed = inbox;
    if (spilled) {
      this.spilled = true;
      this.spilledCalls.forget();
    }
    this.added.clear();
    this.mustKeep = false;
    this.place = undefined;
    this.sentMs = 0;
  }

  private add(envelope: Envelope, entry: InboxEntry): void {
    const key = callKey(envelope);
    this.added.set(key, entry);
    const { mode, sentAtMs = 0, maybeRepeated } = envelope;
    this.mustKeep ||= mode !== "call" || maybeRepeated || isChosen(key) || !isApplied(entry);
    this.sentMs = Math.max(this.sentMs, Math.min(sentAtMs, latestMark(this.host.clock.now())));
  }

  private async look(envelope: Envelope, message: QueuedAs | undefined): Promise<InboxEntry | undefined> {
    const key = callKey(envelope);
    let known = this.added.get(key) ?? this.current.get(key);
    if (known === undefined && this.mayHaveLeft(envelope, message))
      known = await this.spilledCalls.find(envelope);
    return known === undefined || this.current.isVoid(known) ? undefined : known;
  }

  /** True for a call that may have left the head. */
  private mayHaveLeft({ mode, sentAtMs, maybeRepeated }: Envelope, message: QueuedAs | undefined): boolean {
    if (!this.spilled) return false;
    const call = { mode, sentAtMs, sequence: message?.place };
    return maybeRepeated || mayBeCopy(call, this.current, this.host.clock.now());
  }
}
