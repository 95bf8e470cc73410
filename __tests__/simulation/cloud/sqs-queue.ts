/**
 * One simulated queue: what becomes of its messages. Nothing leaves it by itself: neither the retention period nor a redrive
 * policy is simulated.
 *
 * What the receipt of an earlier delivery does follows what AWS documents and what its users report:
 *
 * - Deleting with it on a FIFO queue is an error, also when the time to hide the message is over and nobody has received
 *   it again ("The receipt handle has expired"). fauxqs answers with success, and deletes nothing.
 * - Deleting with it on a standard queue succeeds and, as the reference of `DeleteMessage` has it, deletes nothing. (AWS
 *   says elsewhere that it sometimes does; a message that comes once more is the harder case.)
 * - Hiding with it is an error on either: the message "is not available for visibility timeout change".
 * - With the receipt of a message that is gone, a delete succeeds: it can be repeated.
 */
import { FifoLine, type Line, type SimulatedMessage, StandardLine } from "./sqs-lines";
import { refused, type SendEntry } from "./sqs-rules";

export interface QueueDefinition {
  readonly url: string;
  readonly fifo: boolean;
  /** How long a receive hides what it takes, where it does not say. */
  readonly visibilityMs: number;
}

export interface Accepted {
  /** Of a duplicate: the first one. */
  readonly message: SimulatedMessage;
  readonly isDuplicate: boolean;
}

/** How long a FIFO queue remembers a deduplication id. */
const DEDUPLICATION_MS = 300_000;
/** In all, from the receive on. */
export const MAX_HIDDEN_MS = 43_200_000;
/** As SQS writes them: 20 digits, and neighbours that are one to a JavaScript number. */
const SEQUENCE_START = 18_849_496n * 10n ** 12n;
const SEQUENCE_STEP = 256n;
const RECEIPT = /^(\d+)\.(\d+)$/;

export class SimulatedQueue {
  readonly line: Line;
  /** By serial. */
  private readonly messages = new Map<number, SimulatedMessage>();
  /** What was accepted lately, the oldest first, by group and deduplication id. */
  private readonly accepted = new Map<string, SimulatedMessage>();

  /** @param nextSerial unique across queues, so that no receipt is good for two */
  constructor(
    readonly definition: QueueDefinition,
    private readonly nextSerial: () => number,
  ) {
    this.line = definition.fifo ? new FifoLine() : new StandardLine();
  }

  /** In the order of their coming. */
  get all(): Iterable<SimulatedMessage> {
    return this.messages.values();
  }

  accept(entry: SendEntry, nowMs: number): Accepted {
    if (!this.definition.fifo) return { message: this.add(entry, nowMs), isDuplicate: false };
    // Ids count within their group: that is how this package makes its queues.
    const key = `${entry.MessageGroupId}\n${entry.MessageDeduplicationId}`;
    this.forget(nowMs);
    const first = this.accepted.get(key);
    if (first !== undefined) return { message: first, isDuplicate: true };
    const message = this.add(entry, nowMs);
    this.accepted.set(key, message);
    return { message, isDuplicate: false };
  }

  take(max: number, hideMs: number, nowMs: number, random: () => number): readonly SimulatedMessage[] {
    const messages = this.line.ready(max, nowMs, random);
    for (const message of messages) {
      message.receiveCount++;
      message.receivedMs = nowMs;
      message.visibleMs = nowMs + hideMs;
      this.line.moved(message);
    }
    return messages;
  }

  /** @throws EntryRefusal */
  delete(receipt: string, nowMs: number): void {
    const { message, isLatest } = this.deliveryOf(receipt);
    if (message === undefined) return;
    if (this.definition.fifo && !(isLatest && message.visibleMs > nowMs)) {
      throw refused("ReceiptHandleIsInvalid", "The receipt handle has expired");
    }
    if (!isLatest) return;
    this.messages.delete(message.serial);
    this.line.remove(message);
  }

  /** @throws EntryRefusal */
  hide(receipt: string, hideMs: number, nowMs: number): void {
    const { message, isLatest } = this.deliveryOf(receipt);
    if (message === undefined || !isLatest || message.visibleMs <= nowMs) {
      throw refused(
        "InvalidParameterValue",
        `Value ${receipt} for parameter ReceiptHandle is invalid. ` +
          "Reason: Message does not exist or is not available for visibility timeout change.",
      );
    }
    if (!(hideMs >= 0 && nowMs + hideMs <= message.receivedMs + MAX_HIDDEN_MS)) {
      throw refused("InvalidParameterValue", `Value ${hideMs / 1_000} for VisibilityTimeout is invalid.`);
    }
    message.visibleMs = nowMs + hideMs;
    this.line.moved(message);
  }

  /** Puts a second copy of a message into the queue. False when it is gone. */
  duplicate(messageId: string): boolean {
    for (const message of this.messages.values()) {
      if (message.messageId !== messageId) continue;
      const visibleMs = message.receiveCount === 0 ? message.visibleMs : message.receivedMs;
      this.put({ ...message, serial: this.nextSerial(), receiveCount: 0, visibleMs });
      return true;
    }
    return false;
  }

  private add(entry: SendEntry, nowMs: number): SimulatedMessage {
    const serial = this.nextSerial();
    const isFifo = this.definition.fifo;
    return this.put({
      serial,
      messageId: `message-${serial}`,
      body: entry.MessageBody,
      groupId: entry.MessageGroupId,
      sequence: isFifo ? String(SEQUENCE_START + BigInt(serial) * SEQUENCE_STEP) : undefined,
      attributes: entry.MessageAttributes,
      sentMs: nowMs,
      receiveCount: 0,
      receivedMs: nowMs,
      visibleMs: nowMs + (entry.DelaySeconds ?? 0) * 1_000,
    });
  }

  private put(message: SimulatedMessage): SimulatedMessage {
    this.messages.set(message.serial, message);
    this.line.add(message);
    return message;
  }

  private forget(nowMs: number): void {
    for (const [key, { sentMs }] of this.accepted) {
      if (sentMs > nowMs - DEDUPLICATION_MS) break;
      this.accepted.delete(key);
    }
  }

  /** Which message a receipt is for, and whether nobody has received it since. */
  private deliveryOf(receipt: string): {
    readonly message: SimulatedMessage | undefined;
    readonly isLatest: boolean;
  } {
    const [, serial, count] = RECEIPT.exec(receipt) ?? [];
    if (count === undefined) {
      throw refused("ReceiptHandleIsInvalid", `"${receipt}" is not a valid receipt handle.`);
    }
    const message = this.messages.get(Number(serial));
    return { message, isLatest: message?.receiveCount === Number(count) };
  }
}

export function receiptOf({ serial, receiveCount }: SimulatedMessage): string {
  return `${serial}.${receiveCount}`;
}
