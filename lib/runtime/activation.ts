/**
 * An activation: one stretch of an actor's life in this process, from taking the lease to giving it back. Read
 * `activate` and `run` from top to bottom.
 *
 *     acquire + load ─► turn, turn, turn … ─► commit + release ─► replies
 *       1 request       nobody else runs        1 request         only now: nobody sees what was not committed
 *
 * A turn that throws is rolled back alone. A commit that is refused rolls all of them back.
 */
import { type Address, addressKey } from "../address";
import { sleep } from "../clock";
import type { ActorDefinition } from "../definition";
import type { Reply } from "../envelope";
import { type DurableError, FencedError, StoreUnavailable } from "../errors";
import { Inbox, type InboxEntry, inboxKey, inboxPage, MAX_INLINE_RESULT_BYTES, resultPart } from "../inbox";
import { backoffMs } from "../random";
import type { Commit, Committed, Head, StoredState } from "../store";
import { asDurableError } from "../wire-error";
import { acquireLease, type Held } from "./acquire";
import { findInPages, replyOf } from "./applied";
import type { Call } from "./call";
import { startHeartbeat } from "./heartbeat";
import { type Host, STORE_RETRIES } from "./host";
import { LiveActor } from "./live-actor";
import type { CallQueue } from "./queue";
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
  private lost: FencedError | undefined;
  private hostEndMs: number;

  constructor(
    private readonly host: Host,
    private readonly definition: ActorDefinition,
    private readonly address: Address,
    private readonly queue: CallQueue,
    private readonly held: Held,
  ) {
    this.version = held.head.version;
    this.saved = held.head.state;
    this.spilled = held.head.spilled;
    this.hostEndMs = queue.hostEndMs();
  }

  async run(warm: WarmActor | undefined): Promise<Activated> {
    const { host, address, held } = this;
    const stopHeartbeat = startHeartbeat(
      host,
      address,
      held.lease,
      () => this.hostEndMs,
      () => this.lose(),
    );
    try {
      this.load(warm);
      const isDue = await this.runTurns();
      await this.commit(this.live.state, { release: true });
      return { warm: { version: this.version, live: this.live, inbox: this.inbox }, isDue };
    } catch (thrown) {
      await this.giveUp(asDurableError(thrown));
      return { warm: undefined, isDue: false };
    } finally {
      stopHeartbeat();
    }
  }

  private load(warm: WarmActor | undefined): void {
    const { head } = this.held;
    if (warm?.version === head.version) {
      this.live = warm.live;
      this.inbox = warm.inbox;
      // The same state as the head's, as the object by which the live actor knows it.
      this.saved = warm.live.state;
    } else {
      this.live = new LiveActor(this.definition, this.host.store, head.state);
      this.inbox = Inbox.parse(head.inbox);
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
      if (this.lost !== undefined) throw this.lost;
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

  private async findApplied(call: Call, key: string): Promise<InboxEntry | undefined> {
    const known = this.applied.get(key) ?? this.inbox.get(key);
    if (known !== undefined || !call.envelope.maybeRepeated || !this.spilled) return known;
    return findInPages(this.host.store, this.address, key);
  }

  /** A checkpoint in the middle of a turn. It also commits the turns before it, since its state contains theirs. */
  private async save(call: Call): Promise<void> {
    const state = this.live.checkpoint(call);
    await this.commit(state, { release: false });
    this.live.keep(state);
  }

  /**
   * Writes what the turns led to, and tells their callers. Nothing to write: only the lease is given back.
   * @throws FencedError when the lease was lost; StoreUnavailable when the outcome cannot be found out
   */
  private async commit(state: StoredState | undefined, { release }: { release: boolean }): Promise<void> {
    const { store, clock } = this.host;
    if (this.lost !== undefined) throw this.lost;
    const changed = state !== undefined && state !== this.saved;
    if (this.applied.size === 0 && !changed) {
      if (release) await this.release();
      this.settle();
      return;
    }

    const added = Inbox.of(await this.moveLargeResults());
    const spill = this.inbox.mustSpillFor(added);
    if (spill)
      await this.retrying(() =>
        store.writePart(this.address, inboxPage(this.inbox, this.version, clock.now())),
      );
    const inbox = spill ? added : this.inbox.plus(added);

    const outcome = await this.writeCommit({
      onVersion: this.version,
      ...(changed ? { state } : {}),
      ...(added.size > 0 ? { inbox: inbox.text } : {}),
      ...(spill ? { spilled: true } : {}),
      release,
    });
    if (!outcome.committed && !this.isOwnCommit(outcome.current)) return this.settleRefused(outcome.current);

    this.version++;
    this.saved = state ?? this.saved;
    this.inbox = inbox;
    this.spilled ||= spill;
    this.applied.clear();
    this.settle();
  }

  private writeCommit(commit: Commit): Promise<Committed> {
    return this.retrying(() => this.host.store.commit(this.address, this.held.lease, commit));
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
    this.lose();
    const inbox = Inbox.parse(current?.inbox ?? "");
    for (const { call } of this.outcomes) {
      const key = inboxKey(call.envelope.callId);
      const entry =
        inbox.get(key) ??
        (current?.spilled ? await findInPages(this.host.store, this.address, key) : undefined);
      if (entry === undefined) call.fail(this.lost as FencedError);
      else call.succeed(await replyOf(this.host.store, this.address, entry));
    }
    throw this.lost;
  }

  /** Results too large for the head are written beside it before the commit that names them. */
  private async moveLargeResults(): Promise<Map<string, InboxEntry>> {
    const { store, clock } = this.host;
    const entries = new Map(this.applied);
    for (const [key, { version, result }] of this.applied) {
      if (result === undefined || result.length <= MAX_INLINE_RESULT_BYTES) continue;
      const part = resultPart(key, this.held.lease.fence, result, clock.now());
      await this.retrying(() => store.writePart(this.address, part));
      entries.set(key, { version, part: part.name });
    }
    return entries;
  }

  /** Repeats a request that is safe to repeat while the store is unavailable, a few times. */
  private async retrying<T>(request: () => Promise<T>): Promise<T> {
    const { clock, random } = this.host;
    for (let failures = 1; ; failures++) {
      try {
        return await request();
      } catch (thrown) {
        if (!(thrown instanceof StoreUnavailable) || failures > STORE_RETRIES) throw thrown;
        await sleep(clock, backoffMs(failures, 25, 1_000, random));
      }
    }
  }

  private settle(): void {
    for (const outcome of this.outcomes.splice(0)) {
      if ("reply" in outcome) outcome.call.succeed(outcome.reply);
      else outcome.call.fail(outcome.error);
    }
  }

  private lose(): void {
    if (this.lost !== undefined) return;
    const { host, address, held } = this;
    const heldMs = host.clock.now() - held.sinceMs;
    this.lost = new FencedError(
      `The lease of ${addressKey(address)} was lost after ${heldMs} ms, before its turns could be committed: they had ` +
        "no effect. The process was paused, cut off from the store, or kept busy without letting the lease be renewed.",
      { actor: address.type, id: address.id, heldMs, leaseMs: host.limits.leaseMs },
    );
    this.running?.abort(this.lost);
  }

  /** Ends an activation that cannot commit. The lease is given back if it is still held. */
  private async giveUp(error: DurableError): Promise<void> {
    // Those that were told of their success already stay with it.
    for (const { call } of this.outcomes.splice(0)) call.fail(error);
    if (this.live === undefined) this.queue.failAll(error);
    if (this.lost === undefined) await this.release();
  }

  private async release(): Promise<void> {
    try {
      await this.host.store.release(this.address, this.held.lease);
    } catch (thrown) {
      // Nothing is lost: the lease ends by itself.
      const { type, id } = this.address;
      this.host.log.warn("lease not released", {
        actor: type,
        actorId: id,
        error: asDurableError(thrown).message,
      });
    }
  }
}
