/**
 * Gathers messages into batches, for SQS and for EventBridge. What is asked for in the same synchronous run leaves
 * together. The messages of one group, or the events of one sender, form a lane, of which one batch at a time is under way,
 * so that they stay in order.
 *
 *     send ──► lane ──► batch of several lanes ──► accepted
 *                ▲                 │ failed: that lane again after a pause, from its first failed message on
 *                └─────────────────┘   failed too often: those behind it in the lane fail with it
 *
 * Batches start from a microtask, never from a timer, which a frozen Lambda would not run.
 */
import { type Clock, sleep } from "../clock";
import type { DurableError, ErrorConstructorOf } from "../errors";
import { backoffMs, type Random } from "../random";

/** What SQS and EventBridge take in one request. */
const MAX_BATCH_MESSAGES = 10;
const MAX_BATCHES_UNDER_WAY = 8;
const MAX_ATTEMPTS = 5;
/** Where more than this wait, the sender is quicker than what it sends to for good. */
const MAX_UNSETTLED = 10_000;

export interface SendFailure {
  readonly error: DurableError;
  /** Whether another attempt may help. */
  readonly tryAgain: boolean;
}

export interface Accepted {
  /** Where the message stands in a FIFO queue. */
  readonly sequence: string | undefined;
}

/** Sends one request; answers by position what became of each message. Never rejects. */
export type SendBatch<M> = (messages: readonly M[]) => Promise<readonly (Accepted | SendFailure)[]>;

export interface SendBatchesOptions {
  /** The most that one request carries, in bytes. */
  readonly maxBatchBytes: number;
  /** What a sender gets when too much waits already. */
  readonly failure: ErrorConstructorOf;
  readonly clock: Clock;
  readonly random: Random;
}

interface Waiting<M> {
  readonly message: M;
  readonly bytes: number;
  failures: number;
  resolve(sequence: string | undefined): void;
  reject(error: DurableError): void;
}

/** The messages of one group; without a group, each message is a lane of its own. */
interface Lane<M> {
  readonly groupId: string | undefined;
  readonly waiting: Waiting<M>[];
  /** Some of it are in a batch, or wait for another attempt: the others must not overtake them. */
  underWay: boolean;
}

type Batch<M> = ReadonlyMap<Lane<M>, readonly Waiting<M>[]>;

export class SendBatches<M> {
  /** The lanes of groups that have something waiting or under way. */
  private readonly lanes = new Map<string, Lane<M>>();
  /** The lanes that may join the next batch, the one that has waited longest first. */
  private readonly ready = new Set<Lane<M>>();
  private batchesUnderWay = 0;
  private unsettled = 0;
  private starting = false;

  constructor(
    private readonly sendBatch: SendBatch<M>,
    private readonly options: SendBatchesOptions,
  ) {}

  /** Resolves with the message's place in a FIFO queue. */
  async send(message: M, bytes: number, groupId?: string): Promise<string | undefined> {
    if (this.unsettled === MAX_UNSETTLED) {
      throw new this.options.failure(`${MAX_UNSETTLED} sends of this process already wait.`, {
        limit: MAX_UNSETTLED,
      });
    }
    this.unsettled++;
    try {
      return await new Promise<string | undefined>((resolve, reject) => {
        const lane = this.laneOf(groupId);
        lane.waiting.push({ message, bytes, failures: 0, resolve, reject });
        if (!lane.underWay) this.ready.add(lane);
        this.startSoon();
      });
    } finally {
      this.unsettled--;
    }
  }

  private laneOf(groupId: string | undefined): Lane<M> {
    if (groupId === undefined) return { groupId, waiting: [], underWay: false };
    const lane = this.lanes.get(groupId) ?? { groupId, waiting: [], underWay: false };
    this.lanes.set(groupId, lane);
    return lane;
  }

  private startSoon(): void {
    if (this.starting) return;
    this.starting = true;
    queueMicrotask(() => {
      this.starting = false;
      this.startBatches();
    });
  }

  private startBatches(): void {
    while (this.batchesUnderWay < MAX_BATCHES_UNDER_WAY && this.ready.size > 0) {
      void this.run(this.takeBatch());
    }
  }

  /** As much of the lanes that are ready as one request carries. */
  private takeBatch(): Batch<M> {
    const batch = new Map<Lane<M>, Waiting<M>[]>();
    let [count, bytes] = [0, 0];
    for (const lane of this.ready) {
      let taken = 0;
      for (const next of lane.waiting) {
        if (count === MAX_BATCH_MESSAGES || bytes + next.bytes > this.options.maxBatchBytes) break;
        bytes += next.bytes;
        count++;
        taken++;
      }
      if (taken === 0) break;
      batch.set(lane, lane.waiting.splice(0, taken));
      lane.underWay = true;
      this.ready.delete(lane);
    }
    return batch;
  }

  private async run(batch: Batch<M>): Promise<void> {
    this.batchesUnderWay++;
    const sent = [...batch.values()].flat();
    const answers = await this.sendBatch(sent.map(({ message }) => message));
    this.batchesUnderWay--;

    const answerTo = new Map(
      sent.map((waiting, index) => [waiting, answers[index] as Accepted | SendFailure]),
    );
    const pausing: Lane<M>[] = [];
    let failedTimes = 0;
    for (const [lane, ofLane] of batch) {
      const { again, failure } = settle(ofLane, answerTo);
      if (failure?.retryable) {
        // Its sender may send it again: nothing may have overtaken it then.
        for (const behind of [...again.splice(0), ...lane.waiting.splice(0)]) behind.reject(failure);
      }
      lane.waiting.unshift(...again);
      if (again.length === 0) this.release(lane);
      else pausing.push(lane);
      failedTimes = Math.max(failedTimes, ...again.map((waiting) => waiting.failures));
    }
    this.startBatches();

    if (pausing.length === 0) return;
    const { clock, random } = this.options;
    await sleep(clock, backoffMs(failedTimes - 1, 50, 1_000, random));
    for (const lane of pausing) this.release(lane);
    this.startBatches();
  }

  private release(lane: Lane<M>): void {
    lane.underWay = false;
    if (lane.waiting.length > 0) this.ready.add(lane);
    else if (lane.groupId !== undefined) this.lanes.delete(lane.groupId);
  }
}

/**
 * Tells the senders of one lane what became of their messages. Returns why one was given up, and those to be sent again: from
 * the first one that failed, in order. What was accepted among them, a queue drops by its deduplication id; an event is delivered twice, and
 * its listeners know it by its own id.
 */
function settle<M>(
  sent: readonly Waiting<M>[],
  answerTo: ReadonlyMap<Waiting<M>, Accepted | SendFailure>,
): { readonly again: Waiting<M>[]; readonly failure: DurableError | undefined } {
  const again: Waiting<M>[] = [];
  let lost: DurableError | undefined;
  for (const waiting of sent) {
    const answer = answerTo.get(waiting) as Accepted | SendFailure;
    const failure = "error" in answer ? answer : undefined;
    if (failure !== undefined) waiting.failures++;
    if (!("error" in answer) && again.length === 0) waiting.resolve(answer.sequence);
    else if (failure && (!failure.tryAgain || waiting.failures === MAX_ATTEMPTS)) {
      waiting.reject(failure.error);
      lost ??= failure.error;
    } else again.push(waiting);
  }
  return { again, failure: lost };
}
