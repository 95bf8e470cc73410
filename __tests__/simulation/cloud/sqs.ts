/**
 * SQS, as far as the adapter uses it: FIFO queues, whose groups are blocked while one of their messages is in flight, and
 * standard queues, which promise no order. A receive answers at once; to wait is a matter of the way to it.
 */
import { checkFields } from "./requests";
import { type Service, ServiceError, type ServiceRequest } from "./service";
import type { SimulatedMessage } from "./sqs-lines";
import { MAX_HIDDEN_MS, type QueueDefinition, receiptOf, SimulatedQueue } from "./sqs-queue";
import { type BatchEntry, batchOf, checkSend, checkSendBatch, type SendEntry } from "./sqs-rules";

export interface AcceptedMessage {
  readonly url: string;
  /** Of a duplicate: the first one's. */
  readonly messageId: string;
  readonly body: string;
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
  readonly isDuplicate: boolean;
  readonly nowMs: number;
}

type Fields = Readonly<Record<string, unknown>>;

interface DeleteEntry extends BatchEntry {
  readonly ReceiptHandle: string;
}

interface HideEntry extends DeleteEntry {
  readonly VisibilityTimeout: number;
}

const BATCH_FIELDS = ["QueueUrl", "Entries"];
/** What requests have that are no batches. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  ReceiveMessageCommand: [
    "QueueUrl",
    "MaxNumberOfMessages",
    "WaitTimeSeconds",
    "VisibilityTimeout",
    "MessageSystemAttributeNames",
    "MessageAttributeNames",
  ],
  GetQueueAttributesCommand: ["QueueUrl", "AttributeNames"],
};

export class SimulatedSqs implements Service {
  /** Called for each message that was taken, and for each that was dropped as a duplicate. */
  onAccepted: (message: AcceptedMessage) => void = () => {};
  private readonly queues: ReadonlyMap<string, SimulatedQueue>;

  /** @param random decides the order where SQS promises none */
  constructor(
    queues: readonly QueueDefinition[],
    private readonly random: () => number,
  ) {
    let serial = 0;
    const nextSerial = () => ++serial;
    this.queues = new Map(
      queues.map((definition) => [definition.url, new SimulatedQueue(definition, nextSerial)]),
    );
  }

  apply({ command, input }: ServiceRequest, nowMs: number): object {
    const queue = this.queueAt(String(input.QueueUrl));
    checkFields(command, input, FIELDS[command] ?? BATCH_FIELDS);
    switch (command) {
      case "SendMessageBatchCommand":
        return this.send(queue, input.Entries as readonly SendEntry[], nowMs);
      case "ReceiveMessageCommand":
        return this.receive(queue, input, nowMs);
      case "DeleteMessageBatchCommand":
        return batchOf(input.Entries as readonly DeleteEntry[], ({ ReceiptHandle: receipt }) => {
          queue.delete(receipt, nowMs);
          return {};
        });
      case "ChangeMessageVisibilityBatchCommand":
        return batchOf(input.Entries as readonly HideEntry[], ({ ReceiptHandle: receipt, ...entry }) => {
          queue.hide(receipt, entry.VisibilityTimeout * 1_000, nowMs);
          return {};
        });
      case "GetQueueAttributesCommand":
        return { Attributes: countsOf([...queue.all], nowMs) };
      default:
        throw new Error(`The simulated SQS does not know ${command}.`);
    }
  }

  /** When a receive would next give something: now, at some other moment, or never as things are. */
  nextVisibleMs(url: string, nowMs: number): number | undefined {
    const readyMs = this.queueAt(url).line.readyMs();
    return readyMs === undefined ? undefined : Math.max(readyMs, nowMs);
  }

  /** All that is in a queue, in flight or not. */
  messages(url: string): Iterable<Readonly<SimulatedMessage>> {
    return this.queueAt(url).all;
  }

  /** Lets a standard queue deliver a message once more, as at-least-once delivery may. False when it is gone. */
  duplicate(url: string, messageId: string): boolean {
    const queue = this.queueAt(url);
    if (queue.definition.fifo) throw new Error(`${url} is a FIFO queue.`);
    return queue.duplicate(messageId);
  }

  private send(queue: SimulatedQueue, entries: readonly SendEntry[], nowMs: number): object {
    checkSendBatch(entries);
    const { url, fifo } = queue.definition;
    return batchOf(entries, (entry) => {
      checkSend(entry, fifo);
      const { message, isDuplicate } = queue.accept(entry, nowMs);
      const { messageId, sequence } = message;
      this.onAccepted({
        url,
        messageId,
        body: entry.MessageBody,
        groupId: entry.MessageGroupId,
        deduplicationId: entry.MessageDeduplicationId,
        isDuplicate,
        nowMs,
      });
      return { MessageId: messageId, ...(sequence === undefined ? {} : { SequenceNumber: sequence }) };
    });
  }

  private receive(queue: SimulatedQueue, input: Fields, nowMs: number): object {
    const max = within(input, "MaxNumberOfMessages", 1, 10) ?? 1;
    within(input, "WaitTimeSeconds", 0, 20);
    const hideSeconds = within(input, "VisibilityTimeout", 0, MAX_HIDDEN_MS / 1_000);
    const hideMs = hideSeconds === undefined ? queue.definition.visibilityMs : hideSeconds * 1_000;
    const messages = queue.take(max, hideMs, nowMs, this.random);
    return messages.length === 0 ? {} : { Messages: messages.map((message) => receivedOf(message, input)) };
  }

  private queueAt(url: string): SimulatedQueue {
    const queue = this.queues.get(url);
    if (queue !== undefined) return queue;
    throw new ServiceError("QueueDoesNotExist", "The specified queue does not exist.", { $fault: "client" });
  }
}

/** All that are known of: the real one's are estimates. */
function countsOf(messages: readonly SimulatedMessage[], nowMs: number): Readonly<Record<string, string>> {
  const hidden = messages.filter(({ visibleMs }) => visibleMs > nowMs);
  const inFlight = hidden.filter(({ receiveCount }) => receiveCount > 0).length;
  return {
    ApproximateNumberOfMessages: String(messages.length - hidden.length),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(hidden.length - inFlight),
  };
}

function receivedOf(message: SimulatedMessage, input: Fields): object {
  const wanted = input.MessageAttributeNames as readonly string[] | undefined;
  if (wanted !== undefined && !wanted.includes("All")) {
    throw new Error("The simulated SQS knows no choice of attributes but All.");
  }
  const names = (input.MessageSystemAttributeNames as readonly string[] | undefined) ?? [];
  const system: Record<string, string> = {};
  for (const name of names) {
    const value = systemAttribute(message, name);
    if (value !== undefined) system[name] = value;
  }
  const { messageId, body, attributes } = message;
  return {
    MessageId: messageId,
    ReceiptHandle: receiptOf(message),
    Body: body,
    ...(names.length === 0 ? {} : { Attributes: system }),
    ...(wanted === undefined || attributes === undefined ? {} : { MessageAttributes: attributes }),
  };
}

function systemAttribute(message: SimulatedMessage, name: string): string | undefined {
  switch (name) {
    case "ApproximateReceiveCount":
      return String(message.receiveCount);
    case "SentTimestamp":
      return String(message.sentMs);
    case "MessageGroupId":
      return message.groupId;
    case "SequenceNumber":
      return message.sequence;
    default:
      throw new Error(`The simulated SQS does not know the attribute ${name}.`);
  }
}

function within(input: Fields, name: string, min: number, max: number): number | undefined {
  const value = input[name] as number | undefined;
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return value;
  const message = `Value ${value} for parameter ${name} is invalid. Reason: Must be between ${min} and ${max}.`;
  throw new ServiceError("InvalidParameterValue", message, { $fault: "client" });
}
