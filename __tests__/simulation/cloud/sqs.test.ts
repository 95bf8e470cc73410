/** The simulated SQS, in what the queues' contract does not reach: time, order after a failure, limits, and duplicates. */
import { type AcceptedMessage, SimulatedSqs } from "./sqs";

const [FIFO, STANDARD] = ["https://sqs.test/Messages.fifo", "https://sqs.test/Wakes"];
const MINUTE_MS = 60_000;

interface Received {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly Attributes: Readonly<Record<string, string>>;
  readonly MessageAttributes?: object;
}

interface Answer {
  readonly Successful: readonly {
    readonly Id: string;
    readonly MessageId: string;
    readonly SequenceNumber: string;
  }[];
  readonly Failed: readonly { readonly Id: string; readonly Code: string; readonly Message: string }[];
}

let service: SimulatedSqs;
/** What chance says, from 0 to less than 1. */
let fraction: number;
beforeEach(() => {
  fraction = 0;
  service = new SimulatedSqs(
    [
      { url: FIFO, fifo: true, visibilityMs: 30_000 },
      { url: STANDARD, fifo: false, visibilityMs: 30_000 },
    ],
    () => fraction,
  );
});

function batch(command: string, url: string, entries: readonly object[], nowMs: number): Answer {
  const Entries = entries.map((entry, index) => ({ Id: `${index}`, ...entry }));
  return service.apply({ command, input: { QueueUrl: url, Entries } }, nowMs) as Answer;
}

const sendBatch = (url: string, entries: readonly object[], nowMs = 0) =>
  batch("SendMessageBatchCommand", url, entries, nowMs);

/** Each message is of the group of its first letter, and its own deduplication id. */
const entryOf = (body: string) => ({
  MessageBody: body,
  MessageGroupId: body.charAt(0),
  MessageDeduplicationId: body,
});
const send = (bodies: readonly string[], nowMs = 0) => sendBatch(FIFO, bodies.map(entryOf), nowMs);

function receive(url: string, nowMs: number, max = 10, hideSeconds = 30): readonly Received[] {
  const input = {
    QueueUrl: url,
    MaxNumberOfMessages: max,
    VisibilityTimeout: hideSeconds,
    MessageSystemAttributeNames: [
      "ApproximateReceiveCount",
      "SentTimestamp",
      "MessageGroupId",
      "SequenceNumber",
    ],
    MessageAttributeNames: ["All"],
  };
  const answer = service.apply({ command: "ReceiveMessageCommand", input }, nowMs);
  return (answer as { Messages?: Received[] }).Messages ?? [];
}

const remove = (url: string, messages: readonly Received[], nowMs: number) =>
  batch(
    "DeleteMessageBatchCommand",
    url,
    messages.map(({ ReceiptHandle }) => ({ ReceiptHandle })),
    nowMs,
  );

const hide = (url: string, messages: readonly Received[], seconds: number, nowMs: number) =>
  batch(
    "ChangeMessageVisibilityBatchCommand",
    url,
    messages.map(({ ReceiptHandle }) => ({ ReceiptHandle, VisibilityTimeout: seconds })),
    nowMs,
  );

const bodies = (messages: readonly Received[]) => messages.map(({ Body: body }) => body);

function errorOf(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    return (thrown as Error).name;
  }
  return "none";
}

describe("a FIFO queue", () => {
  it("gives whole runs of groups, in the order that chance says, up to what is asked for", () => {
    send(["a1", "b1", "a2", "c1", "b2"]);
    expect(bodies(receive(FIFO, 0, 3, 0))).toEqual(["a1", "a2", "c1"]);
    fraction = 0.99;
    expect(bodies(receive(FIFO, 0, 3, 0))).toEqual(["c1", "b1", "b2"]);
    fraction = 0.5;
    expect(bodies(receive(FIFO, 0, 1, 0))).toEqual(["b1"]);
  });

  it("gives what was not deleted in time again before its followers, and counts", () => {
    send(["a1", "a2"], 500);
    const [first, second] = receive(FIFO, 1_000);
    send(["a3"], 2_000);
    expect(receive(FIFO, 30_999)).toEqual([]);
    const again = receive(FIFO, 31_000);
    expect(bodies(again)).toEqual(["a1", "a2", "a3"]);
    expect(again.map(({ Attributes }) => Attributes.ApproximateReceiveCount)).toEqual(["2", "2", "1"]);
    expect(again[0]).toMatchObject({ MessageId: first?.MessageId, Attributes: { SentTimestamp: "500" } });
    expect(again[1]?.ReceiptHandle).not.toBe(second?.ReceiptHandle);
  });

  it("keeps a group blocked until the last one in flight is visible again", () => {
    send(["a1", "a2", "a3"]);
    const messages = receive(FIFO, 0, 2);
    hide(FIFO, messages.slice(0, 1), 0, 1_000);
    expect(receive(FIFO, 1_000)).toEqual([]);
    hide(FIFO, messages.slice(1), 100, 1_000);
    expect(receive(FIFO, 100_999)).toEqual([]);
    expect(bodies(receive(FIFO, 101_000))).toEqual(["a1", "a2", "a3"]);
  });

  it("drops the same deduplication id in the same group for five minutes, and answers with the first one", () => {
    const first = send(["a1"], 1_000).Successful[0];
    expect(send(["a1"], 1_000 + 5 * MINUTE_MS - 1).Successful[0]).toEqual(first);
    expect(sendBatch(FIFO, [{ ...entryOf("b1"), MessageDeduplicationId: "a1" }]).Successful[0]).not.toEqual(
      first,
    );
    remove(FIFO, receive(FIFO, 1_000), 1_000);
    expect(send(["a1"], 1_001).Successful[0]).toEqual(first);
    expect(receive(FIFO, 1_001)).toEqual([]);
    const later = send(["a1"], 1_000 + 5 * MINUTE_MS).Successful[0];
    expect(later?.MessageId).not.toBe(first?.MessageId);
    expect(bodies(receive(FIFO, 1_000 + 5 * MINUTE_MS))).toEqual(["a1"]);
  });

  it("knows a duplicate within one batch, and also while the first one waits", () => {
    const [first, second] = send(["a1", "a1"]).Successful;
    expect(second?.MessageId).toBe(first?.MessageId);
    expect(bodies(receive(FIFO, 0))).toEqual(["a1"]);
  });

  it("numbers messages with 20 digits, upwards, in steps that a number cannot tell apart", () => {
    const numbers = send(["a1", "b1", "a2"]).Successful.map(({ SequenceNumber }) => SequenceNumber);
    for (const number of numbers) expect(number).toMatch(/^\d{20}$/);
    expect(new Set(numbers)).toHaveProperty("size", 3);
    expect([...numbers].sort()).toEqual(numbers);
    expect(Number(numbers[0])).toBe(Number(numbers[1]));
  });

  it("refuses a receipt whose time is over, though nobody else has the message; it stays", () => {
    send(["a1"]);
    const messages = receive(FIFO, 0);
    expect(remove(FIFO, messages, 30_000)).toMatchObject({
      Successful: [],
      Failed: [{ Id: "0", Code: "ReceiptHandleIsInvalid", SenderFault: true }],
    });
    expect(hide(FIFO, messages, 10, 30_000).Failed).toMatchObject([
      { Code: "InvalidParameterValue", Message: expect.stringContaining("not available for visibility") },
    ]);
    const again = receive(FIFO, 30_000);
    expect(bodies(again)).toEqual(["a1"]);
    expect(remove(FIFO, messages, 30_001).Failed).toHaveLength(1);
    expect(remove(FIFO, again, 30_001).Failed).toEqual([]);
    expect([...service.messages(FIFO)]).toEqual([]);
  });

  it("takes the repetition of a delete for a success", () => {
    send(["a1"]);
    const messages = receive(FIFO, 0);
    remove(FIFO, messages, 1);
    expect(remove(FIFO, messages, 2)).toMatchObject({ Successful: [{ Id: "0" }], Failed: [] });
  });
});

describe("a standard queue", () => {
  const sendAll = (texts: readonly string[], nowMs = 0) =>
    sendBatch(
      STANDARD,
      texts.map((text) => ({ MessageBody: text })),
      nowMs,
    ).Successful.map(({ MessageId }) => MessageId);

  it("has no order but that of chance, and drops nothing", () => {
    sendAll(["1", "2", "3", "1"]);
    fraction = 0.99;
    expect(bodies(receive(STANDARD, 0, 2))).toEqual(["1", "3"]);
    fraction = 0;
    expect(bodies(receive(STANDARD, 0))).toEqual(["1", "2"]);
  });

  it("hides a delayed message, for 15 minutes at most", () => {
    const entry = (seconds: number) => [{ MessageBody: "1", DelaySeconds: seconds }];
    sendBatch(STANDARD, entry(900), 1_000);
    expect(receive(STANDARD, 900_999)).toEqual([]);
    expect(bodies(receive(STANDARD, 901_000))).toEqual(["1"]);
    for (const seconds of [901, -1, 0.5]) {
      expect(sendBatch(STANDARD, entry(seconds)).Failed).toMatchObject([{ Code: "InvalidParameterValue" }]);
    }
  });

  it("accepts the receipt of an earlier delivery, and deletes nothing; its latest works although its time is over", () => {
    sendAll(["1"]);
    const first = receive(STANDARD, 0);
    const second = receive(STANDARD, 30_000);
    expect(remove(STANDARD, first, 30_001)).toMatchObject({ Successful: [{ Id: "0" }], Failed: [] });
    expect(hide(STANDARD, first, 0, 30_001).Failed).toMatchObject([{ Code: "InvalidParameterValue" }]);
    expect([...service.messages(STANDARD)]).toHaveLength(1);
    remove(STANDARD, second, 99_000);
    expect([...service.messages(STANDARD)]).toEqual([]);
  });

  it("delivers a message twice when it is told to, each copy on its own", () => {
    const [id = ""] = sendAll(["1"]);
    const first = receive(STANDARD, 0);
    expect(service.duplicate(STANDARD, id)).toBe(true);
    const second = receive(STANDARD, 1);
    expect(second[0]).toMatchObject({
      MessageId: id,
      Body: "1",
      Attributes: { ApproximateReceiveCount: "1" },
    });
    remove(STANDARD, first, 2);
    expect(receive(STANDARD, 30_001)).toMatchObject([{ MessageId: id }]);
    expect(service.duplicate(STANDARD, "unknown")).toBe(false);
  });

  it("delays the copy of a message that is delayed", () => {
    const [sent] = sendBatch(STANDARD, [{ MessageBody: "1", DelaySeconds: 60 }]).Successful;
    service.duplicate(STANDARD, sent?.MessageId ?? "");
    expect(receive(STANDARD, 59_999)).toEqual([]);
    expect(bodies(receive(STANDARD, 60_000))).toEqual(["1", "1"]);
  });
});

describe("the moment of the next message", () => {
  it("is now, later, or none", () => {
    expect(service.nextVisibleMs(FIFO, 5)).toBeUndefined();
    send(["a1", "a2", "b1"]);
    expect(service.nextVisibleMs(FIFO, 5)).toBe(5);
    const messages = receive(FIFO, 10);
    expect(service.nextVisibleMs(FIFO, 11)).toBe(30_010);
    hide(FIFO, messages.slice(-1), 5, 20);
    expect(service.nextVisibleMs(FIFO, 21)).toBe(5_020);
    send(["c1"], 30);
    expect(service.nextVisibleMs(FIFO, 31)).toBe(31);
    remove(FIFO, receive(FIFO, 31), 32);
    remove(FIFO, messages, 33);
    expect(service.nextVisibleMs(FIFO, 34)).toBeUndefined();
  });

  it("is the end of a delay", () => {
    sendBatch(STANDARD, [
      { MessageBody: "1", DelaySeconds: 60 },
      { MessageBody: "2", DelaySeconds: 30 },
    ]);
    expect(service.nextVisibleMs(STANDARD, 5)).toBe(30_000);
    remove(STANDARD, receive(STANDARD, 30_000), 30_000);
    expect(service.nextVisibleMs(STANDARD, 30_000)).toBe(60_000);
  });
});

describe("a batch is refused as a whole", () => {
  it.each<[string, object[]]>([
    ["EmptyBatchRequest", []],
    ["TooManyEntriesInBatchRequest", Array.from({ length: 11 }, (_, index) => entryOf(`a${index}`))],
    [
      "BatchEntryIdsNotDistinct",
      [
        { ...entryOf("a1"), Id: "x" },
        { ...entryOf("a2"), Id: "x" },
      ],
    ],
    ["InvalidBatchEntryId", [{ ...entryOf("a1"), Id: "x y" }]],
    ["BatchRequestTooLong", [entryOf(`a${"é".repeat(524_287)}`), entryOf("b1")]],
  ])("%s", (name, entries) => {
    expect(errorOf(() => sendBatch(FIFO, entries))).toBe(name);
    expect([...service.messages(FIFO)]).toEqual([]);
  });

  it("takes one of exactly 1 MiB, attributes counted", () => {
    const MessageAttributes = { name: { DataType: "String", StringValue: "value" } };
    const body = "x".repeat(1_048_576 - "nameStringvalue".length);
    const entry = { ...entryOf("x"), MessageBody: body, MessageAttributes };
    expect(sendBatch(FIFO, [entry]).Failed).toEqual([]);
    expect(errorOf(() => sendBatch(FIFO, [{ ...entry, MessageBody: `${body}x` }]))).toBe(
      "BatchRequestTooLong",
    );
    expect(receive(FIFO, 0)[0]).toMatchObject({ MessageAttributes });
  });

  it("QueueDoesNotExist", () => {
    expect(errorOf(() => sendBatch("https://sqs.test/Missing", [entryOf("a1")]))).toBe("QueueDoesNotExist");
  });
});

describe("an entry is refused alone", () => {
  const entry = { ...entryOf("a1") };
  const attribute = (name: string, text: string) => ({
    MessageAttributes: { [name]: { DataType: "String", StringValue: text } },
  });

  it.each<[string, string, object]>([
    [FIFO, "MissingParameter", { ...entry, MessageGroupId: undefined }],
    [FIFO, "MissingParameter", { ...entry, MessageDeduplicationId: undefined }],
    [FIFO, "MissingParameter", { ...entry, MessageBody: "" }],
    [FIFO, "InvalidParameterValue", { ...entry, MessageGroupId: "a b" }],
    [FIFO, "InvalidParameterValue", { ...entry, MessageDeduplicationId: "x".repeat(129) }],
    [FIFO, "InvalidParameterValue", { ...entry, DelaySeconds: 1 }],
    [FIFO, "InvalidParameterValue", { ...entry, ...attribute("a b", "x") }],
    [FIFO, "InvalidParameterValue", { ...entry, ...attribute("name", "") }],
    [FIFO, "InvalidMessageContents", { ...entry, MessageBody: "\uFFFF" }],
    [FIFO, "InvalidMessageContents", { ...entry, MessageBody: "\u0000" }],
    [FIFO, "InvalidMessageContents", { ...entry, MessageBody: "\uD83D" }],
    [STANDARD, "InvalidParameterValue", { MessageBody: "x", MessageGroupId: "g" }],
    [STANDARD, "InvalidParameterValue", { MessageBody: "x", MessageDeduplicationId: "d" }],
  ])("on %s: %s", (url, code, refused) => {
    const good = { ...(url === FIFO ? entryOf("b1") : {}), MessageBody: "😀\u{10FFFF}\t\uFFFD" };
    const { Successful: successful, Failed: failed } = sendBatch(url, [refused, good]);
    expect(failed).toMatchObject([{ Id: "0", Code: code, SenderFault: true }]);
    expect(successful).toMatchObject([{ Id: "1" }]);
    expect([...service.messages(url)]).toHaveLength(1);
  });

  it("a receipt that no queue gave out", () => {
    const failed = [{ Id: "0", Code: "ReceiptHandleIsInvalid" }];
    expect(remove(FIFO, [{ ReceiptHandle: "x" } as Received], 0).Failed).toMatchObject(failed);
  });

  it("a message that would be hidden for more than 12 hours in all", () => {
    send(["a1"]);
    const messages = receive(FIFO, 0);
    expect(hide(FIFO, messages, 43_200, 1_000).Failed).toMatchObject([{ Code: "InvalidParameterValue" }]);
    expect(hide(FIFO, messages, 43_199, 1_000).Failed).toEqual([]);
    expect(hide(FIFO, messages, 43_201, 0).Failed).toMatchObject([{ Code: "InvalidParameterValue" }]);
  });
});

it.each([
  { MaxNumberOfMessages: 0 },
  { MaxNumberOfMessages: 11 },
  { WaitTimeSeconds: 21 },
  { VisibilityTimeout: 43_201 },
])("a receive is refused with %j", (input) => {
  const request = { command: "ReceiveMessageCommand", input: { QueueUrl: FIFO, ...input } };
  expect(errorOf(() => service.apply(request, 0))).toBe("InvalidParameterValue");
});

it("says what was accepted, and what was dropped as a duplicate", () => {
  const accepted: AcceptedMessage[] = [];
  service.onAccepted = (message) => accepted.push(message);
  const messageId = send(["a1"], 5).Successful[0]?.MessageId;
  sendBatch(FIFO, [{ ...entryOf("a1"), MessageBody: "a1 again" }], 6);
  const message = { url: FIFO, messageId, groupId: "a", deduplicationId: "a1" };
  expect(accepted).toEqual([
    { ...message, body: "a1", isDuplicate: false, nowMs: 5 },
    { ...message, body: "a1 again", isDuplicate: true, nowMs: 6 },
  ]);
});

it("says what is in a queue", () => {
  send(["a1", "b1"], 5);
  receive(FIFO, 10, 1);
  expect([...service.messages(FIFO)]).toMatchObject([
    { body: "a1", groupId: "a", receiveCount: 1, visibleMs: 30_010 },
    { body: "b1", groupId: "b", receiveCount: 0, visibleMs: 5 },
  ]);
});
