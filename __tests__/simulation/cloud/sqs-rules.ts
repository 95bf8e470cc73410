/** What SQS demands of a batch and of each message in it. */
import { checkFields } from "./requests";
import { ServiceError } from "./service";

export interface BatchEntry {
  readonly Id: string;
}

export interface SendEntry extends BatchEntry {
  readonly MessageBody: string;
  readonly DelaySeconds?: number;
  readonly MessageGroupId?: string;
  readonly MessageDeduplicationId?: string;
  readonly MessageAttributes?: Readonly<Record<string, MessageAttribute>>;
}

interface MessageAttribute {
  readonly DataType?: string;
  readonly StringValue?: string;
}

const SEND_FIELDS = [
  "Id",
  "MessageBody",
  "DelaySeconds",
  "MessageGroupId",
  "MessageDeduplicationId",
  "MessageAttributes",
];
const MAX_ENTRIES = 10;
/** Of one message, and of all of a batch together. */
const MAX_BYTES = 1_048_576;
const MAX_DELAY_SECONDS = 900;
const MAX_ATTRIBUTES = 10;
/** What XML cannot carry, a half of a surrogate pair included. */
const INVALID_CHARACTERS = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
const ENTRY_ID = /^[\w-]{1,80}$/;
/** Of a group, and for deduplication. */
const QUEUE_ID = /^[!-~]{1,128}$/;
const ATTRIBUTE_NAME = /^(?!\.|aws\.|amazon\.)[\w.-]{1,256}(?<!\.)$/i;

/** Says of one entry of a batch why it alone is refused. */
export class EntryRefusal extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export function refused(code: string, message: string): EntryRefusal {
  return new EntryRefusal(code, message);
}

/** Does to each entry what is to be done, and answers by their ids. */
export function batchOf<E extends BatchEntry>(entries: readonly E[], act: (entry: E) => object): object {
  checkBatch(entries);
  const successful: object[] = [];
  const failed: object[] = [];
  for (const entry of entries) {
    const { Id } = entry;
    try {
      successful.push({ Id, ...act(entry) });
    } catch (thrown) {
      if (!(thrown instanceof EntryRefusal)) throw thrown;
      failed.push({ Id, SenderFault: true, Code: thrown.code, Message: thrown.message });
    }
  }
  return { Successful: successful, Failed: failed };
}

function checkBatch(entries: readonly BatchEntry[]): void {
  if (entries.length === 0) throw invalid("EmptyBatchRequest", "The batch request has no entries.");
  if (entries.length > MAX_ENTRIES) {
    throw invalid("TooManyEntriesInBatchRequest", `${entries.length} entries: the most is ${MAX_ENTRIES}.`);
  }
  const ids = new Set<string>();
  for (const { Id: id } of entries) {
    if (!ENTRY_ID.test(id)) throw invalid("InvalidBatchEntryId", `${id} is no id of an entry.`);
    if (ids.has(id)) throw invalid("BatchEntryIdsNotDistinct", `Id ${id} repeated.`);
    ids.add(id);
  }
}

/** @throws BatchRequestTooLong */
export function checkSendBatch(entries: readonly SendEntry[]): void {
  checkBatch(entries);
  const bytes = entries.reduce((sum, entry) => sum + bytesOf(entry), 0);
  if (bytes <= MAX_BYTES) return;
  throw invalid("BatchRequestTooLong", `${bytes} bytes in a batch: the most is ${MAX_BYTES}.`);
}

/** @throws EntryRefusal */
export function checkSend(entry: SendEntry, fifo: boolean): void {
  checkFields("SendMessageBatchCommand", { ...entry }, SEND_FIELDS);
  const { MessageBody: body, MessageAttributes: attributes = {} } = entry;
  if (!body) throw refused("MissingParameter", "The request must contain the parameter MessageBody.");
  if (INVALID_CHARACTERS.test(body)) {
    throw refused("InvalidMessageContents", "Invalid characters found in the message body.");
  }
  if (fifo) checkFifo(entry);
  else checkStandard(entry);
  checkAttributes(attributes);
}

function checkFifo(entry: SendEntry): void {
  for (const name of ["MessageGroupId", "MessageDeduplicationId"] as const) {
    const id = entry[name];
    if (id === undefined)
      throw refused("MissingParameter", `The request must contain the parameter ${name}.`);
    if (!QUEUE_ID.test(id)) throw wrong(id, name);
  }
  if (entry.DelaySeconds !== undefined) throw wrong(entry.DelaySeconds, "DelaySeconds");
}

/** SQS itself takes groups here too, since it has fair queues; to this project one would be a mistake. */
function checkStandard({
  MessageGroupId: group,
  MessageDeduplicationId: id,
  DelaySeconds: delay = 0,
}: SendEntry) {
  if (group !== undefined) throw wrong(group, "MessageGroupId");
  if (id !== undefined) throw wrong(id, "MessageDeduplicationId");
  if (Number.isInteger(delay) && delay >= 0 && delay <= MAX_DELAY_SECONDS) return;
  throw wrong(delay, "DelaySeconds");
}

function checkAttributes(attributes: Readonly<Record<string, MessageAttribute>>): void {
  const entries = Object.entries(attributes);
  if (entries.length > MAX_ATTRIBUTES) throw wrong(entries.length, "the number of message attributes");
  for (const [name, { DataType: type, StringValue: text, ...more }] of entries) {
    if (type !== "String" || Object.keys(more).length > 0) {
      throw new Error(`The simulated SQS knows attributes of text alone, not ${name}.`);
    }
    if (!ATTRIBUTE_NAME.test(name)) throw wrong(name, "the name of a message attribute");
    if (!text || INVALID_CHARACTERS.test(text)) throw wrong(text, `the message attribute ${name}`);
  }
}

/** As SQS counts: the body, and of each attribute its name, its type and its value. */
function bytesOf({ MessageBody: body = "", MessageAttributes: attributes = {} }: SendEntry): number {
  let bytes = Buffer.byteLength(body);
  for (const name in attributes) {
    const { DataType: type = "", StringValue: text = "" } = attributes[name] as MessageAttribute;
    bytes += Buffer.byteLength(name) + Buffer.byteLength(type) + Buffer.byteLength(text);
  }
  return bytes;
}

function wrong(value: unknown, name: string): EntryRefusal {
  return refused("InvalidParameterValue", `Value ${value} for parameter ${name} is invalid.`);
}

function invalid(name: string, message: string): ServiceError {
  return new ServiceError(name, message, { $fault: "client" });
}
