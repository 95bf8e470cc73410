/**
 * A queue on SQS, FIFO or standard. Sends are gathered into batches; see `aws/send-batches.ts`.
 *
 * A request may have been applied although its response was lost and the SDK sent it again. On a FIFO queue the repetition
 * is dropped by its deduplication id; on a standard one it is a second message, which its receiver must recognise.
 */
import type {
  BatchResultErrorEntry,
  Message,
  MessageAttributeValue,
  SendMessageBatchRequestEntry,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { type Clock, systemClock } from "../clock";
import { PayloadTooLarge, QueueUnavailable } from "../errors";
import type {
  CountedQueue,
  OutgoingMessage,
  QueueDepth,
  ReceivedMessage,
  ReceiveOptions,
} from "../messages/queue";
import { type Random, systemRandom } from "../random";
import { chunks } from "./chunks";
import { type Accepted, SendBatches, type SendFailure } from "./send-batches";
import { fromEntry, fromSqs, isStaleReceipt, type QueueName } from "./sqs-errors";
import { sqsSdk } from "./sqs-sdk";

type Entry = Omit<SendMessageBatchRequestEntry, "Id">;

/** Of one message, and of a batch. */
const MAX_BYTES = 1_048_576;
const MAX_BATCH_RECEIPTS = 10;
const MAX_DELAY_SECONDS = 900;
const MAX_WAIT_SECONDS = 20;
/** How much longer than the wait itself a receive may take. */
const RECEIVE_GRACE_MS = 5_000;

export class SqsQueue implements CountedQueue {
  /** A receive that waits at all asks all of SQS's servers; it waits for whole seconds. */
  readonly sureAfterMs = 1_000;
  readonly maxMessageBytes = MAX_BYTES;
  private readonly batches: SendBatches<Entry>;

  constructor(
    private readonly client: SQSClient,
    private readonly name: QueueName,
    { clock = systemClock, random = systemRandom }: { readonly clock?: Clock; readonly random?: Random } = {},
  ) {
    const options = { maxBatchBytes: MAX_BYTES, failure: QueueUnavailable, clock, random };
    this.batches = new SendBatches((entries) => this.sendBatch(entries), options);
  }

  async send(message: OutgoingMessage): Promise<string | undefined> {
    const entry = entryOf(message);
    const bytes = bytesOf(entry);
    if (bytes > this.maxMessageBytes) {
      const limitBytes = this.maxMessageBytes;
      const details = { field: "message", bytes, limitBytes };
      throw new PayloadTooLarge(`The message has ${bytes} bytes; SQS takes at most ${limitBytes}.`, details);
    }
    return this.batches.send(entry, bytes, message.groupId);
  }

  async receive({ max, waitMs, hideMs, signal }: ReceiveOptions): Promise<ReceivedMessage[]> {
    const { ReceiveMessageCommand } = sqsSdk();
    const command = new ReceiveMessageCommand({
      QueueUrl: this.name.url,
      MaxNumberOfMessages: max,
      WaitTimeSeconds: Math.min(MAX_WAIT_SECONDS, seconds(waitMs)),
      VisibilityTimeout: seconds(hideMs),
      MessageSystemAttributeNames: [
        "ApproximateReceiveCount",
        "SentTimestamp",
        "MessageGroupId",
        "SequenceNumber",
      ],
      MessageAttributeNames: ["All"],
    });
    const requestTimeout = waitMs + RECEIVE_GRACE_MS;
    try {
      const { Messages: messages = [] } = await this.client.send(command, {
        requestTimeout,
        ...(signal === undefined ? {} : { abortSignal: signal }),
      });
      return messages.map(receivedOf);
    } catch (thrown) {
      // What the queue may have handed out meanwhile is visible again after `hideMs`.
      if (signal?.aborted) return [];
      throw fromSqs(thrown, this.name);
    }
  }

  async delete(receipts: readonly string[]): Promise<void> {
    const { DeleteMessageBatchCommand } = sqsSdk();
    for (const chunk of chunks(receipts, MAX_BATCH_RECEIPTS)) {
      const command = new DeleteMessageBatchCommand({
        QueueUrl: this.name.url,
        Entries: chunk.map((receipt, index) => ({ Id: String(index), ReceiptHandle: receipt })),
      });
      await this.changing(() => this.client.send(command));
    }
  }

  async hide(receipts: readonly string[], ms: number): Promise<void> {
    const { ChangeMessageVisibilityBatchCommand } = sqsSdk();
    for (const chunk of chunks(receipts, MAX_BATCH_RECEIPTS)) {
      const command = new ChangeMessageVisibilityBatchCommand({
        QueueUrl: this.name.url,
        Entries: chunk.map((receipt, index) => ({
          Id: String(index),
          ReceiptHandle: receipt,
          VisibilityTimeout: seconds(ms),
        })),
      });
      await this.changing(() => this.client.send(command));
    }
  }

  /** By SQS's own estimate. @throws QueueUnavailable */
  async depth(): Promise<QueueDepth> {
    const { GetQueueAttributesCommand } = sqsSdk();
    const names = [
      "ApproximateNumberOfMessages",
      "ApproximateNumberOfMessagesNotVisible",
      "ApproximateNumberOfMessagesDelayed",
    ] as const;
    const command = new GetQueueAttributesCommand({ QueueUrl: this.name.url, AttributeNames: [...names] });
    try {
      const { Attributes: attributes = {} } = await this.client.send(command);
      const [ready = 0, inFlight = 0, delayed = 0] = names.map((name) => Number(attributes[name] ?? 0));
      return { ready, inFlight, delayed };
    } catch (thrown) {
      throw fromSqs(thrown, this.name);
    }
  }

  private async sendBatch(entries: readonly Entry[]): Promise<(Accepted | SendFailure)[]> {
    const { SendMessageBatchCommand } = sqsSdk();
    const command = new SendMessageBatchCommand({
      QueueUrl: this.name.url,
      Entries: entries.map((entry, index) => ({ Id: String(index), ...entry })),
    });
    try {
      const { Successful: successful = [], Failed: failed = [] } = await this.client.send(command);
      return entries.map((_, index) => {
        const accepted = successful.find(({ Id }) => Id === String(index));
        if (accepted !== undefined) return { sequence: accepted.SequenceNumber };
        const failure = failed.find(({ Id }) => Id === String(index));
        const error = fromEntry(failure, this.name);
        return { error, tryAgain: error.retryable };
      });
    } catch (thrown) {
      // The SDK has tried several times; what comes next is for the senders to say.
      const error = fromSqs(thrown, this.name);
      return entries.map(() => ({ error, tryAgain: false }));
    }
  }

  /** A receipt that no longer stands for its message is no failure: what it was for has become void. */
  private async changing(
    request: () => Promise<{ Failed?: BatchResultErrorEntry[] | undefined }>,
  ): Promise<void> {
    const { Failed: failed = [] } = await request().catch((thrown: unknown) => {
      throw fromSqs(thrown, this.name);
    });
    const failure = failed.find((entry) => !isStaleReceipt(entry));
    if (failure === undefined) return;
    const { url } = this.name;
    throw new QueueUnavailable(`SQS: ${failure.Code}: ${failure.Message ?? ""} (${url})`, {
      queue: url,
      error: failure.Code,
    });
  }
}

function entryOf({ body, groupId, deduplicationId, delayMs, attributes = {} }: OutgoingMessage): Entry {
  const names = Object.keys(attributes);
  return {
    MessageBody: escapeNoncharacters(body),
    ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
    ...(deduplicationId === undefined ? {} : { MessageDeduplicationId: deduplicationId }),
    ...(delayMs === undefined ? {} : { DelaySeconds: Math.min(MAX_DELAY_SECONDS, seconds(delayMs)) }),
    ...(names.length === 0 ? {} : { MessageAttributes: attributeValues(attributes) }),
  };
}

function attributeValues(
  attributes: Readonly<Record<string, string>>,
): Record<string, MessageAttributeValue> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, text]) => [name, { DataType: "String", StringValue: text }]),
  );
}

/** SQS refuses these two. In JSON text, which bodies are, they can only be within strings. */
function escapeNoncharacters(json: string): string {
  return json.replace(/[\uFFFE\uFFFF]/g, (character) => (character === "\uFFFE" ? "\\uFFFE" : "\\uFFFF"));
}

/** As SQS counts: the body, and of each attribute its name, its type and its value. */
function bytesOf({ MessageBody: body, MessageAttributes: attributes = {} }: Entry): number {
  let bytes = Buffer.byteLength(body ?? "");
  for (const [name, { DataType: type = "", StringValue: text = "" }] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(type) + Buffer.byteLength(text);
  }
  return bytes;
}

function receivedOf({
  MessageId,
  ReceiptHandle,
  Body,
  Attributes,
  MessageAttributes,
}: Message): ReceivedMessage {
  const { MessageGroupId: groupId, SequenceNumber: sequence } = Attributes ?? {};
  return {
    messageId: MessageId ?? "",
    receipt: ReceiptHandle ?? "",
    body: Body ?? "",
    ...(groupId === undefined ? {} : { groupId }),
    ...(sequence === undefined ? {} : { sequence }),
    receiveCount: Number(Attributes?.ApproximateReceiveCount ?? 1),
    sentMs: Number(Attributes?.SentTimestamp ?? 0),
    attributes: Object.fromEntries(
      Object.entries(MessageAttributes ?? {}).map(([name, { StringValue: text = "" }]) => [name, text]),
    ),
  };
}

/** Whole ones, never less than asked for. */
function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
