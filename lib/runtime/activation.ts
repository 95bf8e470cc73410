/**
 * An activation: one stretch of an actor's life in this process, from taking the lease to giving it back. Read
 * `activate` and `run` from top to bottom.
 *
 *     acquire + load ─► turn, turn, turn … ─► commit + release ─► replies
 *       1 request       nobody else runs        1 request         only now: nobody sees what was not committed
 *
 *     with effects:                           commit ─► effects ─► release ─► replies
 *
 * Reminders that are due are turns too, in turn with those of the calls that wait; and so is the end of an actor that has expired,
 * when there is nothing else to do. A turn that throws is rolled back alone. A commit that is refused rolls all of them back.
 */
import type { Address } from "../address";
import type { ActorDefinition } from "../definition";
import { type DurableError, FencedError, StoreUnavailable } from "../errors";
import type { Inbox } from "../inbox";
import type { Head, StoredState } from "../store";
import { asDurableError } from "../wire-error";
import { ActorState } from "./actor-state";
import { answersIn } from "./applied";
import type { Call } from "./call";
import { acquireLease, type HeldLease } from "./held-lease";
import { sendHint } from "./hints";
import type { Host } from "./host";
import { deliverEffects } from "./outbox";
import type { CallQueue } from "./queue";
import { ActorRecord, type Draft } from "./record";
import { retrying } from "./retrying";
import { Recorder } from "./telemetry/recorder";
import type { TurnContext } from "./turns/context";
import { LiveActor } from "./turns/live-actor";
import type { Outcome } from "./turns/outcome";
import { Turns } from "./turns/turns";

/** What stays in memory between activations; of use only while the stored version is still the same. */
export interface WarmActor {
  readonly version: number;
  readonly live: LiveActor;
  readonly state: ActorState;
  readonly inbox: Inbox;
}

export interface Activated {
  /** What may be kept in memory. */
  readonly warm: WarmActor | undefined;
  /** True when it ended because it had held the lease for long enough, with calls still waiting. */
  readonly isDue: boolean;
}

/**
 * Runs what waits in `queue` and what is due, under one lease. Every call that it takes is settled; it does not throw.
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
  private turns!: Turns;
  private readonly outcomes: Outcome[] = [];
  /** Outcomes that are committed and still to be told. */
  private readonly committed: Outcome[] = [];
  /** Why this activation can commit no more. */
  private failure: DurableError | undefined;
  private hostEndMs: number;
  /** The process stops: no further turn begins. */
  private isStopping = false;
  /** The last turn was a reminder's. */
  private hasReminded = false;
  /** A call came, whatever became of it. */
  private hasCalls = false;
  private stopHeartbeat: (() => void) | undefined;
  private readonly recorder: Recorder;

  constructor(
    private readonly host: Host,
    private readonly definition: ActorDefinition,
    private readonly address: Address,
    private readonly queue: CallQueue,
    private readonly held: HeldLease,
  ) {
    this.hostEndMs = queue.hostEndMs();
    this.recorder = new Recorder(host, address, held);
    queue.looked();
    queue.abortRunning = (reason) => {
      this.isStopping = true;
      this.turns?.abort(reason);
    };
  }

  async run(warm: WarmActor | undefined): Promise<Activated> {
    try {
      await this.load(warm);
      this.recorder.loaded();
      await this.deliverLeftOver();
      const isDue = await this.runTurns();
      await this.commitAndRelease();
      this.settle();
      return {
        warm: this.warm,
        isDue,
      };
    } catch (thrown) {
      await this.giveUp(asDurableError(thrown));
      return { warm: undefined, isDue: false };
    } finally {
      this.stopHeartbeat?.();
    }
  }

  private async load(known: WarmActor | undefined): Promise<void> {
    const { host, address, definition } = this;
    const { head } = this.held;
    const warm = known?.version === head.version ? known : undefined;
    const mark = () => this.held.markPieces(this.hostEndMs);
    const state = await ActorState.load(host, address, head, mark, warm?.state);
    this.record = new ActorRecord(host, definition, address, head, state, warm?.inbox);
    this.live = warm?.live ?? new LiveActor(definition, limitsOf(host), state.saved);
    const hooks = {
      onWait: () => this.startHeartbeat(),
      commit: () => this.commitNow(this.live.state),
      save: (call: Call, context: TurnContext) => this.save(call, context),
    };
    this.turns = new Turns(host, definition, address, this.record, this.live, hooks, this.recorder);
  }

  private get warm(): WarmActor {
    const { version, state, inbox } = this.record;
    return { version, state, live: this.live, inbox: inbox.calls };
  }

  /** Effects that an activation which died could not deliver. */
  private async deliverLeftOver(): Promise<void> {
    await this.deliver();
    if (!this.record.isOutboxFull) return;
    const error = new StoreUnavailable(
      "The effects of earlier turns of this actor cannot be delivered at present.",
      {
        actor: this.address.type,
        id: this.address.id,
      },
    );
    // They would find the same again at once.
    this.queue.failAll(error);
    throw error;
  }

  /** Returns true when it ended for reaching a limit. */
  private async runTurns(): Promise<boolean> {
    const { clock, limits } = this.host;
    const endMs = clock.now() + limits.holdMs;
    const mayGoOn = () => !this.isStopping && clock.now() < endMs && !this.record.isOutboxFull;
    for (let turns = 0; turns < limits.holdTurns && mayGoOn(); turns++) {
      if (!(await this.runNext())) return false;
      if (this.failure !== undefined) throw this.failure;
    }
    return this.queue.length > 0;
  }

  /**
   * Runs the reminder that has been due for longest, or the call that has waited for longest: the one after the other, where
   * there are both. Where there is neither, ends an actor that has expired. False when there was nothing to do.
   */
  private async runNext(): Promise<boolean> {
    const isCallsTurn = this.hasReminded && this.queue.length > 0;
    const reminder = isCallsTurn ? undefined : this.record.dueReminder;
    this.hasReminded = reminder !== undefined;
    if (reminder !== undefined) {
      // What it calls of other actors is theirs at once: the turn that has set it must not be rolled back after that.
      if (!this.record.reminders.isCommitted(reminder)) await this.commitNow(this.live.state);
      await this.turns.remind(reminder, this.hostEndMs);
      return true;
    }
    const call = this.queue.take();
    if (call === undefined) return this.expire();
    this.hasCalls = true;
    if (call.failIfLate()) return true;
    this.hostEndMs = Math.max(this.hostEndMs, call.envelope.hostEndMs);
    this.outcomes.push(await this.turns.run(call));
    return true;
  }

  private async expire(): Promise<boolean> {
    const expiredMs = this.hasCalls ? undefined : this.record.expiredMs;
    if (expiredMs === undefined) return false;
    await this.turns.expire(expiredMs, this.hostEndMs);
    return true;
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
    this.record.cause(context.take());
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

  /** The last commit gives the lease back in the same write, unless there is something to do after it. */
  private async commitAndRelease(): Promise<void> {
    const { record, host, address, held } = this;
    const isReleased = await this.commit(this.live.state, { release: ({ isLast }) => isLast });
    if (!isReleased) {
      await this.deliver();
      await record.state.tidy();
      await held.release(record.release());
    }
    // What became due meanwhile, when there was no more time for it, needs a new hint too.
    const isStillDue = record.dueReminder !== undefined;
    if (isStillDue || record.wakeAtMs !== held.head.wakeAtMs) await sendHint(host, address, record.wakeAtMs);
  }

  /**
   * Writes what the turns led to, if they led to anything. True when the lease was given back with it.
   * @throws FencedError when the lease was lost; StoreUnavailable when the outcome cannot be found out
   */
  private async commit(
    state: StoredState | undefined,
    options: { release(draft: Draft): boolean },
  ): Promise<boolean> {
    if (this.failure !== undefined) throw this.failure;
    const { host, address, held, record } = this;
    const draft = await record.draft(held.lease, state);
    if (draft !== undefined) {
      const commit = { ...draft.commit, release: options.release(draft) };
      const outcome = await retrying(host, () => host.store.commit(address, held.lease, commit));
      if (!outcome.committed && !this.isOwnCommit(outcome.current)) await this.settleRefused(outcome.current);
      record.keep(draft);
      this.recorder.committed(true);
      this.committed.push(...this.outcomes.splice(0));
      return commit.release;
    }
    this.recorder.committed(false);
    this.committed.push(...this.outcomes.splice(0));
    return false;
  }

  /** Delivers what is committed, of this activation or of one that died before it could. */
  private async deliver(): Promise<void> {
    const { host, address, record } = this;
    if (record.outbox.length === 0) return;
    this.startHeartbeat();
    const effects = record.outbox;
    record.delivered(await deliverEffects(host, address, effects));
    this.recorder.delivered(effects, record.outbox);
  }

  /**
   * True when the refusal came because this very commit, without a release, was applied before. The lease's id alone does not tell:
   * a packet that asked for it and came late can have taken it once more, with another fence.
   */
  private isOwnCommit(current: Head | undefined): boolean {
    const { id, fence } = this.held.lease;
    return current?.leaseId === id && current.fence === fence && current.version === this.record.version + 1;
  }

  /**
   * After a refused commit, each call's own id says what became of it: in the inbox, it was applied, by this commit
   * whose response was lost or by another process, and has its answer there; not in it, it had no effect.
   */
  private async settleRefused(current: Head | undefined): Promise<never> {
    const lost = this.fail(this.held.lostError());
    await this.record.state.discard(current);
    this.recorder.refused();
    const answerTo = answersIn(this.host.store, this.address, current);
    for (const { call } of this.outcomes) {
      const answer = (await answerTo(call.envelope)) ?? { error: lost };
      this.recorder.told(call, answer, lost);
      if ("reply" in answer) call.succeed(answer.reply);
      else call.fail(answer.error);
    }
    // If it was this commit that was applied, nobody has been told when to look again.
    await sendHint(this.host, this.address, current?.wakeAtMs);
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
    this.turns.abort(this.failure);
    return this.failure;
  }

  /** Ends an activation that cannot commit. */
  private async giveUp(error: DurableError): Promise<void> {
    this.settle();
    this.recorder.lost(error);
    // Those that were told of their success already stay with it.
    const untold = this.outcomes.splice(0);
    for (const { call } of untold) call.fail(error);
    if (untold.length + this.queue.length === 0) {
      // Nobody else would hear of it.
      const fields = { actor: this.address.type, actorId: this.address.id, code: error.code };
      if (error.retryable) this.host.log.warn("actor not run", { ...fields, reason: error.message });
      else this.host.log.error("actor not run", { ...fields, error });
    }
    // What fails for good now fails in the next activation too, which would begin at once.
    if (this.turns === undefined || !error.retryable) this.queue.failAll(error);
    if (!(error instanceof FencedError)) await this.held.release({});
  }
}

function limitsOf({ limits, store }: Host): ConstructorParameters<typeof LiveActor>[1] {
  return { maxStateBytes: limits.stateBytes, maxPartBytes: store.maxPartBytes };
}
