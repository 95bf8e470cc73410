/**
 * A queue on `node:sqlite`, FIFO or standard, by SQS's rules; `sqlite-queue-rows.ts` has its tables. A receiver that
 * finds nothing waits for a change in this process, or for the moment at which something hidden becomes visible; where
 * other processes share the file, it also looks again a few times a second.
 */
import { type Clock, systemClock } from "../clock";
import { InternalError, PayloadTooLarge, QueueUnavailable } from "../errors";
import {
  type CountedQueue,
  MAX_DELAY_MS,
  type OutgoingMessage,
  type QueueDepth,
  type ReceivedMessage,
  type ReceiveOptions,
} from "../messages/queue";
import { type Random, systemRandom } from "../random";
import type { LocalDatabase } from "./database";
import { MAX_RECEIVED, QueueRows } from "./sqlite-queue-rows";

export interface SqliteQueueOptions {
  /** Queues of one name are one queue; in one process there should be one object for it. */
  readonly name: string;
  readonly fifo: boolean;
  /** A message that would be received more often than `maxReceives` goes to `to`, a queue of the same kind and file. */
  readonly redrive?: { readonly to: SqliteQueue; readonly maxReceives: number };
  /** For message ids. */
  readonly random?: Random;
}

/** What SQS takes. */
const MAX_MESSAGE_BYTES = 1_048_576;
/** How often a receiver looks for what another process may have written. */
const LOOK_EVERY_MS = 250;

/** A message has several rows. */
const WRITE = { atomic: true, failure: QueueUnavailable };

export class SqliteQueue implements CountedQueue {
  readonly sureAfterMs = 0;
  readonly maxMessageBytes = MAX_MESSAGE_BYTES;
  private readonly rows: QueueRows;
  private readonly random: Random;
  /** What ends the wait of each waiting receiver. */
  private readonly waiting = new Set<() => void>();

  /** @throws StoreUnavailable when the tables cannot be made */
  constructor(
    private readonly database: LocalDatabase,
    private readonly options: SqliteQueueOptions,
    private readonly clock: Clock = systemClock,
  ) {
    const { name, fifo, redrive, random = systemRandom } = options;
    if (redrive && (redrive.to.database !== database || redrive.to.options.fifo !== fifo)) {
      throw this.misuse("redrive", "does not lead to a queue of the same kind and file");
    }
    this.random = random;
    this.rows = new QueueRows(database, name, fifo, redrive && { ...redrive, to: redrive.to.rows });
  }

  async send(message: OutgoingMessage): Promise<string | undefined> {
    const add = this.adding(message);
    return this.database.write(add, WRITE);
  }

  /** What sends the message as a part of somebody's write to the same file: all of that is written, or none. */
  adding(message: OutgoingMessage): () => string | undefined {
    this.check(message);
    const { body, attributes = {}, groupId, deduplicationId, delayMs = 0 } = message;
    checkSize(body, attributes);
    const messageId = this.random.id();
    const row = { messageId, body, attributes: JSON.stringify(attributes), groupId: groupId ?? messageId };
    return () => {
      const nowMs = this.clock.now();
      if (deduplicationId !== undefined && !this.rows.remember(row.groupId, deduplicationId, nowMs)) {
        return undefined;
      }
      const sequence = this.rows.add(row, nowMs, nowMs + delayMs);
      this.endWaits();
      return this.options.fifo ? sequence : undefined;
    };
  }

  async receive({ max, waitMs, hideMs, signal }: ReceiveOptions): Promise<ReceivedMessage[]> {
    if (!(max >= 1 && max <= MAX_RECEIVED)) throw this.misuse("max", `is ${max}, not 1 to ${MAX_RECEIVED}`);
    const deadlineMs = this.clock.now() + waitMs;
    while (!signal?.aborted) {
      const nowMs = this.clock.now();
      const readyMs = this.database.read(() => this.rows.nextReadyMs(), QueueUnavailable);
      if (readyMs <= nowMs) {
        const messages = await this.take(max, hideMs);
        if (messages.length > 0) return messages;
      } else {
        if (nowMs >= deadlineMs) break;
        const lookMs = this.database.shared ? nowMs + LOOK_EVERY_MS : deadlineMs;
        await this.change(Math.min(readyMs, deadlineMs, lookMs) - nowMs, signal);
      }
    }
    return [];
  }

  async delete(receipts: readonly string[]): Promise<void> {
    if (receipts.length === 0) return;
    await this.database.write(() => {
      this.rows.remove(receipts, this.clock.now());
      this.endWaits();
    }, WRITE);
  }

  async hide(receipts: readonly string[], ms: number): Promise<void> {
    if (receipts.length === 0) return;
    await this.database.write(() => {
      const nowMs = this.clock.now();
      this.rows.hide(receipts, nowMs, nowMs + ms);
      this.endWaits();
    }, WRITE);
  }

  /** @throws QueueUnavailable */
  async depth(): Promise<QueueDepth> {
    return this.database.read(() => this.rows.depth(this.clock.now()), QueueUnavailable);
  }

  private take(max: number, hideMs: number): Promise<ReceivedMessage[]> {
    return this.database.write(() => {
      const nowMs = this.clock.now();
      const { messages, redriven } = this.rows.take({ max, nowMs, untilMs: nowMs + hideMs });
      if (redriven) this.options.redrive?.to.endWaits();
      return messages;
    }, WRITE);
  }

  /** Resolves when something may have become ready, after `delayMs` at the latest, or when `signal` aborts. */
  private change(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancelTimer();
        this.waiting.delete(end);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const cancelTimer = this.clock.setTimer(delayMs, end);
      this.waiting.add(end);
      signal?.addEventListener("abort", end, { once: true });
    });
  }

  /** Receivers look again, which they do only after the transaction that they are told of from within. */
  private endWaits(): void {
    for (const end of this.waiting) end();
  }

  private check({ groupId, deduplicationId, delayMs }: OutgoingMessage): void {
    if (this.options.fifo) {
      if (!groupId) throw this.misuse("groupId", "is missing");
      if (!deduplicationId) throw this.misuse("deduplicationId", "is missing");
      if (delayMs !== undefined) throw this.misuse("delayMs", "is not for FIFO queues");
    } else {
      if (groupId !== undefined) throw this.misuse("groupId", "is for FIFO queues");
      if (deduplicationId !== undefined) throw this.misuse("deduplicationId", "is for FIFO queues");
      if (delayMs !== undefined && !(delayMs >= 0 && delayMs <= MAX_DELAY_MS)) {
        throw this.misuse("delayMs", `is ${delayMs}, not 0 to ${MAX_DELAY_MS}`);
      }
    }
  }

  /** A defect of ours: no user of the package talks to a queue. */
  private misuse(field: string, problem: string): InternalError {
    const { name } = this.options;
    return new InternalError(`Queue ${name}: ${field} ${problem}.`, { field, queue: name });
  }
}

/** @throws PayloadTooLarge */
function checkSize(body: string, attributes: Readonly<Record<string, string>>): void {
  let bytes = Buffer.byteLength(body);
  for (const [name, value] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes <= MAX_MESSAGE_BYTES) return;
  throw new PayloadTooLarge(`The message has ${bytes} bytes; a queue takes at most ${MAX_MESSAGE_BYTES}.`, {
    field: "message",
    bytes,
    limitBytes: MAX_MESSAGE_BYTES,
  });
}
