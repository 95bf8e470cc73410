/**
 * Takes work off a queue where no Lambda does: receives batches, has them processed, and takes off the queue what must not come
 * again. Several batches are processed at once.
 */
import { type Clock, sleep } from "../../clock";
import type { Logger } from "../../log";
import type { Queue, ReceivedMessage } from "../../messages/queue";
import { asDurableError } from "../../wire-error";

export interface PollerOptions {
  readonly queue: Queue;
  /** Returns the ids of the messages that must come again. */
  readonly process: (messages: readonly ReceivedMessage[]) => Promise<ReadonlySet<string>>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Batches that are received and processed at once. */
  readonly concurrency: number;
  /** How long messages stay hidden when this process dies; prolonged while they are processed. */
  readonly hideMs: number;
  /** How long a receive waits for a first message. Default 20 s, the longest that SQS does. */
  readonly waitMs?: number;
}

const BATCH_SIZE = 10;
/** Receives that are under way at once. */
const RECEIVERS = 4;
const WAIT_MS = 20_000;
/** After a queue could not be read. */
const PAUSE_MS = 1_000;

export class Poller {
  private readonly stopping = new AbortController();
  private readonly processing = new Set<Promise<void>>();
  private readonly receiving: readonly Promise<void>[];

  /** Starts at once. */
  constructor(private readonly options: PollerOptions) {
    this.receiving = Array.from({ length: RECEIVERS }, () => this.receive());
  }

  /** Receives nothing more, and resolves when what was received is processed. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.receiving);
    await Promise.all(this.processing);
  }

  private async receive(): Promise<void> {
    const { queue, concurrency, hideMs, waitMs = WAIT_MS } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const messages = await queue.receive({ max: BATCH_SIZE, waitMs, hideMs, signal });
        if (messages.length > 0) this.begin(messages);
      } catch (thrown) {
        this.options.log.warn("queue not read", { reason: asDurableError(thrown).message });
        await sleep(this.options.clock, PAUSE_MS, signal);
      }
      if (this.processing.size >= concurrency) await Promise.race(this.processing);
    }
  }

  private begin(messages: readonly ReceivedMessage[]): void {
    const work = this.process(messages).finally(() => this.processing.delete(work));
    this.processing.add(work);
  }

  private async process(messages: readonly ReceivedMessage[]): Promise<void> {
    const { queue, process, log } = this.options;
    const stopHiding = this.keepHidden(messages);
    try {
      const failed = await process(messages);
      await queue.delete(
        messages.filter(({ messageId }) => !failed.has(messageId)).map(({ receipt }) => receipt),
      );
    } catch (thrown) {
      // They come again when they are no longer hidden.
      log.warn("messages not processed", { reason: asDurableError(thrown).message });
    } finally {
      stopHiding();
    }
  }

  /** Like a visibility timeout that is long enough for every batch, but short for a process that died. */
  private keepHidden(messages: readonly ReceivedMessage[]): () => void {
    const { queue, clock, hideMs, log } = this.options;
    const receipts = messages.map(({ receipt }) => receipt);
    let cancel = () => {};
    const beat = () => {
      cancel = clock.setTimer(hideMs / 3, () => {
        queue.hide(receipts, hideMs).catch((thrown: unknown) => {
          log.warn("messages not kept hidden", { reason: asDurableError(thrown).message });
        });
        beat();
      });
    };
    beat();
    return () => cancel();
  }
}
