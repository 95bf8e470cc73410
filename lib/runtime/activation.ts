/**
 * An activation: one stretch of an actor's life in this process, from its claim to its last commit. Read `run` from top to bottom;
 * `activate.ts` is what comes before it, and again after a refusal.
 *
 *     seen ─► turn, turn, turn … ─► commit ─► replies         as long as no turn waits for anything, and nobody else commits
 *       │              │               1 request              only now: nobody sees what was not committed
 *       │              └─ a turn waits: takes the lease
 *       └─► refused: all of it again, on what is there now
 *
 *     acquire + load ─► turn, turn, turn … ─► commit + release ─► replies
 *       1 request       nobody else runs        1 request
 *
 *     with effects:                           commit ─► effects ─► release ─► replies
 *
 * Reminders that are due are turns too, in turn with those of the calls that wait; and so is the end of an actor that has expired,
 * when there is nothing else to do. A turn that throws is rolled back alone. A commit that is refused rolls all of them back.
 */
import type { Address } from "../address";
import type { ActorDefinition } from "../definition";
import type { HostTime } from "../envelope";
import { type DurableError, FencedError, StoreUnavailable } from "../errors";
import { asDurableError } from "../wire-error";
import { ActorState } from "./actor-state";
import type { Call } from "./call";
import type { Claim } from "./claim";
import { Commits } from "./commits";
import type { HeldLease } from "./held-lease";
import { sendHint } from "./hints";
import type { Host } from "./host";
import { holdsFirst } from "./lease-need";
import { deliverEffects } from "./outbox";
import type { CallQueue } from "./queue";
import { ActorRecord } from "./record";
import { ClaimRefused } from "./sighting";
import { Recorder } from "./telemetry/recorder";
import type { TurnContext } from "./turns/context";
import { END, LiveActor } from "./turns/live-actor";
import { Turns } from "./turns/turns";
import type { WarmActor } from "./warm-actor";

export interface Activated {
  /** What may be kept in memory. */
  readonly warm: WarmActor | undefined;
  /** True when it ended because it had held the lease for long enough, with calls still waiting. */
  readonly isDue: boolean;
}

export class Activation {
  private record!: ActorRecord;
  private live!: LiveActor;
  private turns!: Turns;
  private commits!: Commits;
  /** The process stops: no further turn begins. */
  private isStopping = false;
  /** The last turn was a reminder's. */
  private hasReminded = false;
  /** False when the head may be another than the record says. */
  private isKnown = true;
  /** A call came, whatever became of it. */
  private hasCalls = false;
  private stopHeartbeat: (() => void) | undefined;
  /** For whom the actor was to be looked at, also without a call. */
  private readonly woken: HostTime | undefined;
  private readonly recorder: Recorder;

  constructor(
    private readonly host: Host,
    private readonly definition: ActorDefinition,
    private readonly address: Address,
    private readonly queue: CallQueue,
    private readonly claim: Claim,
  ) {
    this.recorder = new Recorder(host, address, claim);
    this.woken = queue.looked();
    queue.abortRunning = (reason) => {
      this.isStopping = true;
      this.turns?.abort(reason);
    };
  }

  /** @throws ClaimRefused when all of it is to be done again: its calls wait again */
  async run(known: WarmActor | undefined): Promise<Activated> {
    const { host, address, claim } = this;
    const { head, fence } = claim;
    const warm = known?.version === head.version ? known : undefined;
    try {
      const mark = async () => (await claim.hold()).markPieces(claim.hostEndMs);
      this.begin(await ActorState.load(host, address, head, { fence, mark }, warm?.state), warm);
      if (this.record.outbox.length > 0) await this.deliverLeftOver();
      const isDue = await this.runTurns();
      await this.commitAndRelease();
      this.commits.tell();
      return { warm: this.warm, isDue: isDue && this.claim.held !== undefined };
    } catch (thrown) {
      if (thrown instanceof ClaimRefused) throw this.startAgain(thrown);
      await this.giveUp(asDurableError(thrown));
      return { warm: undefined, isDue: false };
    } finally {
      this.stopHeartbeat?.();
    }
  }

  private begin(state: ActorState, warm: WarmActor | undefined): void {
    const { host, address, definition, claim } = this;
    this.record = new ActorRecord(host, definition, address, claim.head, state, warm?.inbox);
    this.live = warm?.live ?? new LiveActor(definition, limitsOf(host), state.saved);
    const abort = (reason: DurableError) => this.turns.abort(reason);
    this.commits = new Commits(host, address, claim, this.record, this.recorder, abort);
    const hooks = {
      onWait: () => this.keepAlive(),
      mayRunAgain: () => claim.held === undefined,
      hold: () => (claim.held === undefined ? claim.hold() : undefined),
      commit: () => this.commits.commit(this.live.state),
      save: (call: Call, context: TurnContext) => this.save(call, context),
    };
    this.turns = new Turns(host, definition, address, this.record, this.live, hooks, this.recorder);
    this.recorder.loaded();
  }

  private get warm(): WarmActor | undefined {
    if (!this.isKnown) return undefined;
    const { version, head, state, inbox } = this.record;
    const seenMs = this.host.clock.now();
    return { version, head, seenMs, state: state.known, live: this.live, inbox: inbox.calls };
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
      if (this.commits.failure !== undefined) throw this.commits.failure;
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
      if (this.mustHoldFor(reminder.method)) await this.claim.hold();
      // What it calls of other actors is theirs at once: the turn that has set it must not be rolled back after that.
      if (!this.record.reminders.isCommitted(reminder)) await this.commits.commit(this.live.state);
      await this.turns.remind(reminder, this.claim.hostEndMs);
      return true;
    }
    const { first } = this.queue;
    if (first !== undefined && this.mustHoldFor(first.envelope.method)) await this.claim.hold();
    const call = this.queue.take();
    if (call === undefined) return this.expire();
    this.hasCalls = true;
    if (call.failIfLate()) return true;
    this.claim.hostEndMs = Math.max(this.claim.hostEndMs, call.envelope.hostEndMs);
    this.commits.add(await this.turns.run(call));
    return true;
  }

  private async expire(): Promise<boolean> {
    const expiredMs = this.hasCalls ? undefined : this.record.expiredMs;
    if (expiredMs === undefined) return false;
    if (this.mustHoldFor(END.name)) await this.claim.hold();
    await this.turns.expire(expiredMs, this.claim.hostEndMs);
    return true;
  }

  /** True when the lease is to be taken before a turn, which will wait for something. */
  private mustHoldFor(method: string): boolean {
    return this.claim.held === undefined && holdsFirst(this.host, this.definition, method, this.live);
  }

  /** A turn waits for something: others may see what it does, and time passes in which the lease could end. */
  private keepAlive(): void {
    const { claim } = this;
    if (claim.held !== undefined) this.startHeartbeat(claim.held);
    else {
      claim.hold().then(
        (held) => this.startHeartbeat(held),
        (thrown: unknown) => this.commits.fail(asDurableError(thrown)),
      );
    }
  }

  private startHeartbeat(held: HeldLease): void {
    this.stopHeartbeat ??= held.keepAlive(
      () => this.claim.hostEndMs,
      () => this.commits.fail(held.lostError()),
    );
  }

  /** A checkpoint in the middle of a turn. It also commits the turns before it, since its state contains theirs. */
  private async save(call: Call, context: TurnContext): Promise<void> {
    const state = this.live.checkpoint(call);
    this.record.cause(context.take());
    await this.commits.commit(state);
    this.live.keep(state);
    if (this.record.outbox.length === 0) this.commits.tell();
  }

  /** The last commit gives the lease back in the same write, unless there is something to do after it. */
  private async commitAndRelease(): Promise<void> {
    const { record, host, address, claim } = this;
    const isReleased = await this.commits.commitAndRelease(this.live.state);
    if (!isReleased) await this.release();
    // What became due meanwhile, when there was no more time for it, needs a new hint too.
    const isStillDue = record.dueReminder !== undefined;
    if (isStillDue || record.wakeAtMs !== claim.head.wakeAtMs) await sendHint(host, address, record.wakeAtMs);
  }

  /** Without a lease there is nothing to give back, and mostly nothing to note. */
  private async release(): Promise<void> {
    const { record, claim } = this;
    if (claim.held === undefined && !record.hasMoved) return;
    const held = await claim.hold();
    await this.deliver();
    await record.state.tidy();
    this.isKnown = await held.release(record.release(claim.fence));
  }

  /** Delivers what is committed, of this activation or of one that died before it could. */
  private async deliver(): Promise<void> {
    const { host, address, record } = this;
    if (record.outbox.length === 0) return;
    this.keepAlive();
    const effects = record.outbox;
    record.delivered(await deliverEffects(host, address, effects));
    this.recorder.delivered(effects, record.outbox);
  }

  /** All that was taken waits again, in its order. What failed for another reason than the refusal has had its time. */
  private startAgain(refusal: ClaimRefused): ClaimRefused {
    this.recorder.discarded();
    // What led to nothing was confirmed before that.
    this.commits.tell();
    const again: Call[] = [];
    for (const { call } of this.commits.take()) {
      if (call.rewind(refusal)) again.push(call);
      else call.fail(call.abortReason ?? refusal);
    }
    this.queue.putBack(again, this.woken);
    return refusal;
  }

  /** Ends an activation that cannot commit. */
  private async giveUp(error: DurableError): Promise<void> {
    const untold = this.commits?.giveUp(error) ?? 0;
    if (untold + this.queue.length === 0) {
      // Nobody else would hear of it.
      const fields = { actor: this.address.type, actorId: this.address.id, code: error.code };
      if (error.retryable) this.host.log.warn("actor not run", { ...fields, reason: error.message });
      else this.host.log.error("actor not run", { ...fields, error });
    }
    // What fails for good now fails in the next activation too, which would begin at once.
    if (this.turns === undefined || !error.retryable) this.queue.failAll(error);
    if (!(error instanceof FencedError)) await this.claim.release({});
  }
}

function limitsOf({ limits, store }: Host): ConstructorParameters<typeof LiveActor>[1] {
  return { maxStateBytes: limits.stateBytes, maxPartBytes: store.maxPartBytes };
}
