/**
 * An activation: one stretch of an actor's life in this process, from taking the lease to giving it back. Read
 * `activate` and `run` from top to bottom.
 *
 *     acquire + load ─► turn, turn, turn … ─► commit + release ─► replies
 *       1 request       nobody else runs        1 request         only now: nobody sees what was not committed
 *
 *     with effects:                           commit ─► effects ─► release ─► replies
 *
 * A turn that throws is rolled back alone. A commit that is refused rolls all of them back.
 */
import type { Address } from "../address";
import type { ActorDefinition } from "../definition";
import type { Effect } from "../effects";
import type { Reply } from "../envelope";
import { ActorBusy, type DurableError, FencedError, StoreUnavailable } from "../errors";
import type { Inbox } from "../inbox";
import { methodOf } from "../registry";
import type { Head, StoredState } from "../store";
import { asDurableError, errorFromWire } from "../wire-error";
import { finderIn, replyOf } from "./applied";
import { isSuspicious, type Verdict } from "./attempts";
import type { Call, QueuedAs } from "./call";
import { acquireLease, type HeldLease } from "./held-lease";
import type { Host } from "./host";
import { LiveActor } from "./live-actor";
import { deliverEffects } from "./outbox";
import type { CallQueue } from "./queue";
import { ActorRecord } from "./record";
import { retrying } from "./retrying";
import { TurnContext, type TurnHooks } from "./turn-context";

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
  | { readonly call: Call; readonly error: DurableError; readonly verdict?: Verdict | undefined };

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
  private record!: ActorRecord;
  private live!: LiveActor;
  private readonly outcomes: Outcome[] = [];
  /** Outcomes that are committed and still to be told. */
  private readonly committed: Outcome[] = [];
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
    this.hostEndMs = queue.hostEndMs();
  }

  async run(warm: WarmActor | undefined): Promise<Activated> {
    try {
      this.load(warm);
      await this.deliverLeftOver();
      const isDue = await this.runTurns();
      await this.commitAndRelease();
      this.settle();
      return { warm: { version: this.record.version, live: this.live, inbox: this.record.inbox }, isDue };
    } catch (thrown) {
      await this.giveUp(asDurableError(thrown));
      return { warm: undefined, isDue: false };
    } finally {
      this.stopHeartbeat?.();
    }
  }

  private load(warm: WarmActor | undefined): void {
    const { host, address, definition } = this;
    const { head } = this.held;
    if (warm?.version === head.version) {
      // The same state as the head's, as the object by which the live actor knows it.
      const { live, inbox } = warm;
      this.record = new ActorRecord(host, address, head, { inbox, state: live.state });
      this.live = live;
    } else {
      this.record = new ActorRecord(host, address, head);
      this.live = new LiveActor(definition, host.store, head.state);
    }
  }

  /** Effects that an activation which died could not deliver. */
  private async deliverLeftOver(): Promise<void> {
    if ((await this.deliver()) || !this.record.isOutboxFull) return;
    throw new StoreUnavailable("The effects of earlier turns of this actor cannot be delivered at present.", {
      actor: this.address.type,
      id: this.address.id,
    });
  }

  /** Returns true when it ended for reaching a limit. */
  private async runTurns(): Promise<boolean> {
    const { clock, limits } = this.host;
    const endMs = clock.now() + limits.holdMs;
    const mayGoOn = () => clock.now() < endMs && !this.record.isOutboxFull;
    for (let turns = 0; turns < limits.holdTurns && mayGoOn(); turns++) {
      const call = this.queue.take();
      if (call === undefined) return false;
      if (call.failIfLate()) continue;
      this.hostEndMs = Math.max(this.hostEndMs, call.envelope.hostEndMs);
      this.outcomes.push(this.refuse(call) ?? (await this.turn(call)));
      if (this.failure !== undefined) throw this.failure;
    }
    return this.queue.length > 0;
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

  private async turn(call: Call): Promise<Outcome> {
    const { record, host } = this;
    const { envelope, message } = call;
    this.running = call;
    // Only while a method waits does time pass in which the lease could be renewed.
    call.onWait = () => this.startHeartbeat();
    call.start();
    try {
      const known = await record.find(envelope, message);
      if (known !== undefined) return { call, reply: await replyOf(host.store, this.address, known) };
      if (message !== undefined && isSuspicious(message)) await this.begin(message);
      const { readonly } = methodOf(this.definition, envelope.method);
      const hooks: TurnHooks = { version: () => record.version, save: () => this.save(call, context) };
      const context: TurnContext = new TurnContext(call, host.log, hooks, readonly);
      const result = await this.live.turn(call, context);
      record.cause(context.takeEffects());
      return { call, reply: record.apply(envelope, result, message) };
    } catch (thrown) {
      const error = asDurableError(thrown);
      call.stopSequence();
      return { call, error, verdict: record.count(message, error) };
    } finally {
      this.running = undefined;
    }
  }

  /** Commits that a message begins, and with it the turns before: should it kill the process, that is known. */
  private async begin(message: QueuedAs): Promise<void> {
    this.record.begin(message);
    await this.commitNow(this.live.state);
  }

  private startHeartbeat(): void {
    this.stopHeartbeat ??= this.held.keepAlive(
      () => this.hostEndMs,
      () => this.fail(this.held.lostError()),
    );
  }

  /** A checkpoint in the middle of a turn. It also commits the turns before it, since its state contains theirs. */
  private async save(call: Call, context: TurnContext): Promise<void> {
    const state = this.live.checkpoint(call);
    this.record.cause(context.takeEffects());
    await this.commitNow(state);
    this.live.keep(state);
    if (this.record.outbox.length === 0) this.settle();
  }

  /** A commit with further turns to come. */
  private async commitNow(state: StoredState | undefined): Promise<void> {
    try {
      await this.commit(state, { release: () => false });
    } catch (thrown) {
      // Whether it was applied is unknown, so nothing more can be written on top of it, even if the method goes on.
      throw this.fail(asDurableError(thrown));
    }
  }

  /** The last commit gives the lease back in the same write, unless effects are to be delivered first. */
  private async commitAndRelease(): Promise<void> {
    const released = await this.commit(this.live.state, { release: (outbox) => outbox.length === 0 });
    if (released) return;
    await this.deliver();
    await this.held.release({ delivered: this.record.hasDeliveredOutbox });
  }

  /**
   * Writes what the turns led to, if they led to anything. True when the lease was given back with it.
   * @throws FencedError when the lease was lost; StoreUnavailable when the outcome cannot be found out
   */
  private async commit(
    state: StoredState | undefined,
    options: { release(outbox: readonly Effect[]): boolean },
  ): Promise<boolean> {
    if (this.failure !== undefined) throw this.failure;
    const { host, address, held, record } = this;
    const draft = await record.draft(held.lease, state);
    if (draft !== undefined) {
      const commit = { ...draft.commit, release: options.release(draft.outbox) };
      const outcome = await retrying(host, () => host.store.commit(address, held.lease, commit));
      if (!outcome.committed && !this.isOwnCommit(outcome.current)) await this.settleRefused(outcome.current);
      record.keep(draft);
      this.committed.push(...this.outcomes.splice(0));
      return commit.release;
    }
    this.committed.push(...this.outcomes.splice(0));
    return false;
  }

  /** Delivers what is committed, of this activation or of one that died before it could. True when nothing is left. */
  private async deliver(): Promise<boolean> {
    const { host, address, record } = this;
    if (record.outbox.length === 0) return true;
    this.startHeartbeat();
    const isDelivered = await deliverEffects(host, address, record.outbox);
    if (isDelivered) record.delivered();
    return isDelivered;
  }

  /** True when the refusal came because this very commit, without a release, was applied before. */
  private isOwnCommit(current: Head | undefined): boolean {
    return current?.leaseId === this.held.lease.id && current.version === this.record.version + 1;
  }

  /**
   * After a refused commit, each call's own id says what became of it: in the inbox, it was applied, by this commit
   * whose response was lost or by another process, and has its answer there; not in it, it had no effect.
   */
  private async settleRefused(current: Head | undefined): Promise<never> {
    const { store } = this.host;
    const lost = this.fail(this.held.lostError());
    const find = finderIn(store, this.address, current);
    for (const { call } of this.outcomes) {
      const entry = await find(call.envelope);
      if (entry === undefined) call.fail(lost);
      else call.succeed(await replyOf(store, this.address, entry));
    }
    throw lost;
  }

  private settle(): void {
    for (const outcome of this.committed.splice(0)) {
      if ("reply" in outcome) outcome.call.succeed(outcome.reply);
      else outcome.call.fail(outcome.error, outcome.verdict);
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
    this.settle();
    // Those that were told of their success already stay with it.
    for (const { call } of this.outcomes.splice(0)) call.fail(error);
    if (this.live === undefined) this.queue.failAll(error);
    if (!(error instanceof FencedError)) await this.held.release({ delivered: false });
  }
}
