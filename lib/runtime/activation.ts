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
import { asDurableError } from "../wire-error";
import { ActorState } from "./actor-state";
import type { Call } from "./call";
import { Commits } from "./commits";
import { acquireLease, type HeldLease } from "./held-lease";
import { sendHint } from "./hints";
import type { Host } from "./host";
import { deliverEffects } from "./outbox";
import type { CallQueue } from "./queue";
import { ActorRecord } from "./record";
import { Recorder } from "./telemetry/recorder";
import type { TurnContext } from "./turns/context";
import { LiveActor } from "./turns/live-actor";
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
  private commits!: Commits;
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
      this.commits.tell();
      return { warm: this.warm, isDue };
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
    const abort = (reason: DurableError) => this.turns.abort(reason);
    this.commits = new Commits(host, address, this.held, this.record, this.recorder, abort);
    const hooks = {
      onWait: () => this.startHeartbeat(),
      commit: () => this.commits.commit(this.live.state),
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
      // What it calls of other actors is theirs at once: the turn that has set it must not be rolled back after that.
      if (!this.record.reminders.isCommitted(reminder)) await this.commits.commit(this.live.state);
      await this.turns.remind(reminder, this.hostEndMs);
      return true;
    }
    const call = this.queue.take();
    if (call === undefined) return this.expire();
    this.hasCalls = true;
    if (call.failIfLate()) return true;
    this.hostEndMs = Math.max(this.hostEndMs, call.envelope.hostEndMs);
    this.commits.add(await this.turns.run(call));
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
      () => this.commits.fail(this.held.lostError()),
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
    const { record, host, address, held } = this;
    const isReleased = await this.commits.commitAndRelease(this.live.state);
    if (!isReleased) {
      await this.deliver();
      await record.state.tidy();
      await held.release(record.release());
    }
    // What became due meanwhile, when there was no more time for it, needs a new hint too.
    const isStillDue = record.dueReminder !== undefined;
    if (isStillDue || record.wakeAtMs !== held.head.wakeAtMs) await sendHint(host, address, record.wakeAtMs);
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
    if (!(error instanceof FencedError)) await this.held.release({});
  }
}

function limitsOf({ limits, store }: Host): ConstructorParameters<typeof LiveActor>[1] {
  return { maxStateBytes: limits.stateBytes, maxPartBytes: store.maxPartBytes };
}
