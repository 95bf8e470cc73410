/**
 * One actor's mailbox in this process. Calls that arrive while the actor is busy here queue up, and one activation
 * runs as many of them as it may: one lease and one commit for all (group commit).
 */
import { type Address, addressKey } from "../address";
import { sleep } from "../clock";
import type { ActorDefinition } from "../definition";
import type { Envelope, HostTime, Reply } from "../envelope";
import { ActorOverloaded, type DurableError } from "../errors";
import { busyWaitMs } from "../lease";
import { asDurableError } from "../wire-error";
import { activate } from "./activate";
import type { Verdict } from "./attempts";
import { Call } from "./call";
import { CallList } from "./call-list";
import type { Host } from "./host";
import { CallQueue } from "./queue";
import type { Sighting } from "./sighting";
import { unrun } from "./telemetry/turn-report";
import type { WarmActor } from "./warm-actor";

/** A message on its way into a mailbox. */
export interface QueuedEnvelope {
  readonly envelope: Envelope;
  readonly messageId: string;
  readonly maxAttempts: number;
  readonly receiveCount: number;
  readonly place: string | undefined;
}

/** How a message ended. Without a verdict its failure does not count as an attempt. */
export type Delivered =
  | { readonly reply: Reply }
  | { readonly error: DurableError; readonly verdict: Verdict | undefined };

export class Mailbox {
  /** Whether it was used since somebody last looked, who decides which to forget. */
  isUsed = false;
  private readonly queue = new CallQueue();
  private readonly unsettled = new CallList();
  private draining: Promise<void> | undefined;
  private warm: WarmActor | undefined;
  /** The actor as it was read for whoever woke it, until that is made use of. */
  private read: Sighting | undefined;

  constructor(
    private readonly host: Host,
    private readonly definition: ActorDefinition,
    private readonly address: Address,
    /** Told how many bytes of the actor are kept in memory, more or fewer than before. */
    private readonly weigh: (bytes: number) => void,
  ) {}

  get isIdle(): boolean {
    return this.draining === undefined;
  }

  /** What of the actor is kept in memory between calls. */
  get warmActor(): WarmActor | undefined {
    return this.warm;
  }

  /** How many bytes of encoded state that is, near enough: characters of JSON are mostly one. */
  get warmBytes(): number {
    return this.warm?.state.saved?.text.length ?? 0;
  }

  /** @throws ActorOverloaded when too many calls wait here already; else whatever the call ends with */
  deliver(envelope: Envelope): Promise<Reply> {
    this.checkRoom(1);
    const call = new Call(envelope, this.host.clock, this.leave);
    this.queue.push(call);
    return this.replyTo(call);
  }

  /** Runs messages in their order. Once one of them fails, those behind it are not run, and fail too. */
  deliverInOrder(messages: readonly QueuedEnvelope[]): Promise<Delivered[]> {
    this.checkRoom(messages.length);
    const sequence = { isStopped: false };
    const calls = messages.map(
      ({ envelope, ...message }) => new Call(envelope, this.host.clock, this.leave, { ...message, sequence }),
    );
    // All of them wait before the first one runs: they are taken together.
    for (const call of calls) this.queue.push(call);
    return Promise.all(
      calls.map((call) =>
        this.replyTo(call).then(
          (reply): Delivered => ({ reply }),
          (thrown: unknown): Delivered => ({ error: asDurableError(thrown), verdict: call.verdict }),
        ),
      ),
    );
  }

  /** How many calls have come, ever. */
  get arrivals(): number {
    return this.queue.arrivals;
  }

  /**
   * Looks at the actor: delivers effects that were left behind, and runs reminders that are due.
   * @param read the actor as it was just read
   */
  async wake(time: HostTime, read?: Sighting): Promise<void> {
    this.queue.wake(time);
    if (this.isIdle) this.read = read;
    this.draining ??= this.drain();
    await this.draining;
  }

  /** Resolves when nothing runs or waits here. */
  async drained(): Promise<void> {
    await this.draining;
  }

  failWaiting(error: DurableError): void {
    this.queue.failAll(error);
  }

  /** Aborts what runs; its turn is rolled back and its lease given back. */
  abortRunning(error: DurableError): void {
    for (const call of this.unsettled) call.abort(error);
    this.queue.abortRunning(error);
  }

  private readonly leave = (call: Call): void => this.queue.remove(call);

  private async replyTo(call: Call): Promise<Reply> {
    this.unsettled.push(call);
    this.draining ??= this.drain();
    try {
      return await call.reply;
    } catch (thrown) {
      // It got no turn. What becomes of a message is logged where it goes back to its queue.
      if (!call.isReported && call.message === undefined)
        this.host.telemetry.report(unrun(call, thrown, this.host.clock.now()));
      throw thrown;
    } finally {
      this.unsettled.remove(call);
    }
  }

  private keep(warm: WarmActor | undefined): void {
    const before = this.warmBytes;
    this.warm = warm;
    this.weigh(this.warmBytes - before);
  }

  /** @throws ActorOverloaded */
  private checkRoom(calls: number): void {
    const { queueLength } = this.host.limits;
    if (this.queue.length + calls <= queueLength) return;
    throw new ActorOverloaded(
      `${queueLength} calls may wait for ${addressKey(this.address)} in one process, and there is no room for ${calls} more.`,
      { actor: this.address.type, id: this.address.id, limit: queueLength },
    );
  }

  private async drain(): Promise<void> {
    const { host, definition, address, queue } = this;
    try {
      while (queue.isWanted(host.clock)) {
        const { read } = this;
        this.read = undefined;
        const { warm, isDue } = await activate(host, definition, address, queue, this.warm, read);
        this.keep(warm);
        // Other processes may wait for the lease: let them have it before asking again.
        if (isDue) await sleep(host.clock, busyWaitMs(1, Number.POSITIVE_INFINITY, host.random));
      }
    } catch (thrown) {
      // A port that cannot be had at all, or a defect: nobody may be left waiting for an answer.
      const error = asDurableError(thrown);
      if (this.unsettled.length === 0) {
        // It was woken: nobody else would hear of it.
        host.log.error("actor not run", {
          actor: address.type,
          actorId: address.id,
          code: error.code,
          error,
        });
      }
      queue.failAll(error);
      for (const call of this.unsettled) call.fail(error);
    } finally {
      queue.looked();
      this.draining = undefined;
    }
  }
}
