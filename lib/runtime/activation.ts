/**
 * An activation: one stretch of an actor's life in this process, from taking the lease to giving it back. Read
 * `activate` and `run` from top to bottom.
 *
 *     acquire + load ─► turn, turn, turn … ─► commit + release ─► replies
 *       1 request       nobody else runs        1 request         only now: nobody sees what was not committed
 *
 * A turn that throws is rolled back alone. A commit that is refused rolls all of them back.
 */
import type { Address } from "../address";
import type { ActorDefinition } from "../definition";
import type { Reply } from "../envelope";
import { type DurableError, FencedError } from "../errors";
import { Inbox, type InboxEntry, inboxKey } from "../inbox";
import type { Commit, Committed, Head, StoredState } from "../store";
import { asDurableError } from "../wire-error";
import { findByHead, findInPages, nextInbox, replyOf } from "./applied";
import type { Call } from "./call";
import { acquireLease, type HeldLease } from "./held-lease";
import type { Host } from "./host";
import { LiveActor } from "./live-actor";
import type { CallQueue } from "./queue";
import { retrying } from "./retrying";
import { TurnContext } from "./turn";

/** What stays in memory between activations; of use only while the stored version is still the same. */
export interface WarmActor {
  readonly version: number;
  readonly live: LiveActor;
  readonly inbox: Inbox;
}

export interface Activated {
  /** What may be kept in memory. */
  readonly warm: WarmActor | undefined;
  /** True when it ended because it had held the lease for long enough, with calls still waiting. */
  readonly isDue: boolean;
}

/** How a turn ended. Told to the caller only after the commit. */
type Outcome =
  | { readonly call: Call; readonly reply: Reply }
  | { readonly call: Call; readonly error: DurableError };

/**
 * Runs what waits in `queue`, under one lease. Every call that it takes is settled; it does not throw.
 */
export async function activate(
  host: Host,
  definition: ActorDefinition,
  address: Address,
  queue: CallQueue,
  warm: WarmActor | undefined,
): Promise<Activated> {
  const held = await acquireLease(host, address, queue);
  if (held === undefined) return { warm, isDue: false };
  return new Activation(host, definition, address, queue, held).run(warm);
}

class Activation {
  private version: number;
  private live!: LiveActor;
  private inbox!: Inbox;
  /** The state that the store has. */
  private saved: StoredState | undefined;
  private spilled: boolean;
  /** Calls of turns that succeeded and are not committed yet. */
  private readonly applied = new Map<string, InboxEntry>();
  private readonly outcomes: Outcome[] = [];
  private running: Call | undefined;
  /** Why this activation can commit no more. */
  private failure: DurableError | undefined;
  private hostEndMs: number;
  private stopHeartbeat: (() => void) | undefined;

  constructor(
    private readonly host: Host,
    private readonly definition: ActorDefinition,
    private readonly address: Address,
    private readonly queue: CallQueue,
    private readonly held: HeldLease,
  ) {
    this.version = held.head.version;
    this.saved = held.head.state;
    this.spilled = held.head.spilled;
    this.hostEndMs = queue.hostEndMs();
  }

  async run(warm: WarmActor | undefined): Promise<Activated> {
    try {
      this.load(warm);
      const isDue = await this.runTurns();
      await this.commit(this.live.state, { release: true });
      return { warm: { version: this.version, live: this.live, inbox: this.inbox }, isDue };
    } catch (thrown) {
      await this.giveUp(asDurableError(thrown));
      return { warm: undefined, isDue: false };
    } finally {
      this.stopHeartbeat?.();
    }
  }

  private load(warm: WarmActor | undefined): void {
    const { head } = this.held;
    if (warm?.version === head.version) {
      this.inbox = warm.inbox;
      // The same state as the head's, as the object by which the live actor knows it.
      this.saved = warm.live.state;
      this.live = warm.live;
    } else {
      this.inbox = Inbox.parse(head.inbox);
      this.live = new LiveActor(this.definition, this.host.store, head.state);
    }
  }

  /** Returns true when it ended for reaching a limit. */
  private async runTurns(): Promise<boolean> {
    const { clock, limits } = this.host;
    const endMs = clock.now() + limits.holdMs;
    for (let turns = 0; turns < limits.holdTurns && clock.now() < endMs; turns++) {
      const call = this.queue.take();
      if (call === undefined) return false;
      this.hostEndMs = Math.max(this.hostEndMs, call.envelope.hostEndMs);
      this.outcomes.push(await this.turn(call));
      if (this.failure !== undefined) throw this.failure;
    }
    return this.queue.length > 0;
  }

  private async turn(call: Call): Promise<Outcome> {
    const key = inboxKey(call.envelope.callId);
    const context = new TurnContext(
      call,
      this.host.log,
      () => this.version,
      () => this.save(call),
    );
    this.running = call;
    // Only while a method waits does time pass in which the lease could be renewed.
    call.onWait = () => this.startHeartbeat();
    call.start();
    try {
      const known = await this.findApplied(call, key);
      if (known !== undefined) return { call, reply: await replyOf(this.host.store, this.address, known) };
      const result = await this.live.turn(call, context);
      const entry = { version: this.version + 1, ...(result === undefined ? {} : { result }) };
      this.applied.set(key, entry);
      return { call, reply: { result, version: entry.version } };
    } catch (thrown) {
      return { call, error: asDurableError(thrown) };
    } finally {
      this.running = undefined;
    }
  }

  private startHeartbeat(): void {
    this.stopHeartbeat ??= this.held.keepAlive(
      () => this.hostEndMs,
      () => this.fail(this.held.lostError()),
    );
  }

  private async findApplied(call: Call, key: string): Promise<InboxEntry | undefined> {
    const known = this.applied.get(key) ?? this.inbox.get(key);
    if (known !== undefined || !call.envelope.maybeRepeated || !this.spilled) return known;
    return findInPages(this.host.store, this.address, key);
  }

  /** A checkpoint in the middle of a turn. It also commits the turns before it, since its state contains theirs. */
  private async save(call: Call): Promise<void> {
    const state = this.live.checkpoint(call);
    try {
      await this.commit(state, { release: false });
    } catch (thrown) {
      // Whether it was applied is unknown, so nothing more can be written on top of it, even if the method goes on.
      throw this.fail(asDurableError(thrown));
    }
    this.live.keep(state);
  }

  /**
   * Writes what the turns led to, and tells their callers. Nothing to write: only the lease is given back.
   * @throws FencedError when the lease was lost; StoreUnavailable when the outcome cannot be found out
   */
  private async commit(state: StoredState | undefined, { release }: { release: boolean }): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    const changed = state !== undefined && state !== this.saved;
    if (this.applied.size === 0 && !changed) {
      if (release) await this.held.release();
      this.settle();
      return;
    }

    const { inbox, spilled } = await nextInbox(this.host, this.address, this.held.lease, {
      committed: this.inbox,
      version: this.version,
      applied: this.applied,
    });
    const outcome = await this.writeCommit({
      onVersion: this.version,
      ...(changed ? { state: state.text } : {}),
      ...(changed && state.schema !== this.saved?.schema ? { schema: state.schema } : {}),
      ...(this.applied.size > 0 ? { inbox: inbox.text } : {}),
      ...(spilled ? { spilled } : {}),
      release,
    });
    if (!outcome.committed && !this.isOwnCommit(outcome.current)) return this.settleRefused(outcome.current);

    this.version++;
    this.saved = state ?? this.saved;
    this.inbox = inbox;
    this.spilled ||= spilled;
    this.applied.clear();
    this.settle();
  }

  private writeCommit(commit: Commit): Promise<Committed> {
    return retrying(this.host, () => this.host.store.commit(this.address, this.held.lease, commit));
  }

  /** True when the refusal came because this very commit, without a release, was applied before. */
  private isOwnCommit(current: Head | undefined): boolean {
    return current?.leaseId === this.held.lease.id && current.version === this.version + 1;
  }

  /**
   * After a refused commit, each call's own id says what became of it: in the inbox, it was applied, by this commit
   * whose response was lost or by another process, and has its answer there; not in it, it had no effect.
   */
  private async settleRefused(current: Head | undefined): Promise<void> {
    const { store } = this.host;
    const lost = this.fail(this.held.lostError());
    for (const { call } of this.outcomes) {
      const entry = await findByHead(store, this.address, current, inboxKey(call.envelope.callId));
      if (entry === undefined) call.fail(lost);
      else call.succeed(await replyOf(store, this.address, entry));
    }
    throw lost;
  }

  private settle(): void {
    for (const outcome of this.outcomes.splice(0)) {
      if ("reply" in outcome) outcome.call.succeed(outcome.reply);
      else outcome.call.fail(outcome.error);
    }
  }

  /** The first reason counts. What runs is aborted: it could not be committed. */
  private fail(reason: DurableError): DurableError {
    this.failure ??= reason;
    this.running?.abort(this.failure);
    return this.failure;
  }

  /** Ends an activation that cannot commit. */
  private async giveUp(error: DurableError): Promise<void> {
    // Those that were told of their success already stay with it.
    for (const { call } of this.outcomes.splice(0)) call.fail(error);
    if (this.live === undefined) this.queue.failAll(error);
    if (!(error instanceof FencedError)) await this.held.release();
  }
}
