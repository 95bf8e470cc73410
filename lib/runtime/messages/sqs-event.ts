/** The event by which Lambda hands over messages of a queue: as it is read, and as an engine of our own makes it. */
import { UnexpectedEvent } from "../../errors";
import type { ReceivedMessage } from "../../messages/queue";

/** Where a record comes from: `messages` is the FIFO queue, `wakes` the standard one. */
export type Source = "messages" | "wakes";

export interface QueuedRecord extends ReceivedMessage {
  readonly source: Source;
}

export interface SqsEvent {
  readonly Records: readonly SqsRecord[];
}

/** What this package reads of a record. */
interface SqsRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<
    Record<string, { readonly stringValue?: string; readonly dataType: string }>
  >;
  readonly eventSource: string;
  readonly eventSourceARN: string;
}

/** What the handler answers: what is not listed is taken off the queue. */
export interface BatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

const EVENT_SOURCE = "aws:sqs";
/** SQS gives no longer ones, and takes no longer groups. */
const MAX_ID_LENGTH = 128;

export function isSqsEvent(event: unknown): event is { readonly Records: readonly unknown[] } {
  const records = (event as { Records?: unknown } | null)?.Records;
  return (
    Array.isArray(records) &&
    records.some((record) => (record as SqsRecord | null)?.eventSource === EVENT_SOURCE)
  );
}

/**
 * Reads what is needed to answer for a message. What is wrong inside a message is its own matter, and not that of the
 * others in the batch.
 * @throws UnexpectedEvent when a record could not even be handed back; the whole event then stays on the queue
 */
export function readSqsEvent({ Records: records }: { readonly Records: readonly unknown[] }): QueuedRecord[] {
  return records.map((input, index) => {
    const record = (input ?? {}) as Partial<SqsRecord>;
    const text = (name: "messageId" | "receiptHandle" | "body" | "eventSourceARN"): string => {
      const value = record[name];
      if (typeof value === "string") return value;
      throw unexpected(`Records[${index}].${name}`);
    };
    /** It is logged, and answered with. */
    const shortText = (name: "messageId"): string => {
      const value = text(name);
      if (value.length <= MAX_ID_LENGTH) return value;
      throw unexpected(`Records[${index}].${name}`);
    };
    if (record.eventSource !== EVENT_SOURCE) throw unexpected(`Records[${index}].eventSource`);
    const { attributes = {}, messageAttributes = {} } = record;
    if (!isRecord(attributes)) throw unexpected(`Records[${index}].attributes`);
    if (!isRecord(messageAttributes) || !Object.values(messageAttributes).every(isRecord)) {
      throw unexpected(`Records[${index}].messageAttributes`);
    }
    const { MessageGroupId: groupId, SequenceNumber: sequence } = attributes as SqsRecord["attributes"];
    if (groupId !== undefined && (typeof groupId !== "string" || groupId.length > MAX_ID_LENGTH)) {
      throw unexpected(`Records[${index}].attributes.MessageGroupId`);
    }
    return {
      messageId: shortText("messageId"),
      receipt: text("receiptHandle"),
      body: text("body"),
      source: text("eventSourceARN").endsWith(".fifo") ? "messages" : "wakes",
      ...(groupId === undefined ? {} : { groupId }),
      ...(typeof sequence === "string" && /^\d+$/.test(sequence) ? { sequence } : {}),
      receiveCount: numberIn(attributes.ApproximateReceiveCount),
      sentMs: numberIn(attributes.SentTimestamp),
      attributes: Object.fromEntries(
        Object.entries(messageAttributes).map(([name, { stringValue = "" }]) => [name, stringValue]),
      ),
    };
  });
}

/** The event for messages that were received without Lambda. */
export function sqsEventOf(source: Source, messages: readonly ReceivedMessage[]): SqsEvent {
  const arn = `arn:aws:sqs:local:000000000000:${source === "messages" ? "messages.fifo" : "wakes"}`;
  return {
    Records: messages.map(
      ({ messageId, receipt, body, groupId, sequence, receiveCount, sentMs, attributes }) => ({
        messageId,
        receiptHandle: receipt,
        body,
        attributes: {
          ApproximateReceiveCount: String(receiveCount),
          SentTimestamp: String(sentMs),
          ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
          ...(sequence === undefined ? {} : { SequenceNumber: sequence }),
        },
        messageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, value]) => [
            name,
            { stringValue: value, dataType: "String" },
          ]),
        ),
        eventSource: EVENT_SOURCE,
        eventSourceARN: arn,
      }),
    ),
  };
}

/** NaN for what is no text of a number. What is no text at all may have no text. */
function numberIn(value: unknown): number {
  return typeof value === "string" ? Number.parseInt(value, 10) : Number.NaN;
}

function isRecord(value: unknown): value is Readonly<Record<string, never>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unexpected(field: string): UnexpectedEvent {
  return new UnexpectedEvent(`"${field}" is not what an SQS event has.`, { field });
}
