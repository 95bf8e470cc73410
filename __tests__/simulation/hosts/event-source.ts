/** Lambda's event source for one queue: hands batches to the function, and takes off the queue what is done. */
import type { SimulatedSqs } from "../cloud/sqs";
import type { World } from "../world";
import type { Ending } from "./function-process";
import type { Lambda } from "./lambda";

const BATCH_SIZE = 10;
/** Batches under way at once. */
const MAX_CONCURRENCY = 3;
const NO_ROOM_MS = 100;
const SYSTEM_ATTRIBUTES = ["ApproximateReceiveCount", "SentTimestamp", "MessageGroupId", "SequenceNumber"];

interface SqsMessage {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
  readonly Body: string;
  readonly Attributes: Readonly<Record<string, string>>;
  readonly MessageAttributes?: Readonly<Record<string, { readonly StringValue: string }>>;
}

export class EventSource {
  private underWay = 0;
  private nextPollMs = Number.POSITIVE_INFINITY;
  private cancelPoll = () => {};

  constructor(
    private readonly world: World,
    private readonly lambda: Lambda,
    private readonly url: string,
  ) {}

  /** Told that the queue may have something at that moment. */
  expect(atMs: number): void {
    const { timeline } = this.world;
    if (atMs >= this.nextPollMs) return;
    this.cancelPoll();
    this.nextPollMs = atMs;
    this.cancelPoll = timeline.after(atMs - timeline.nowMs + this.world.chance.between(1, 20), () =>
      this.poll(),
    );
  }

  private get sqs(): SimulatedSqs {
    return this.world.cloud.sqs;
  }

  private poll(): void {
    const { timeline } = this.world;
    this.nextPollMs = Number.POSITIVE_INFINITY;
    if (this.underWay >= MAX_CONCURRENCY) return;
    const messages = this.receive();
    if (messages.length > 0) this.hand(messages);
    const nextMs = this.sqs.nextVisibleMs(this.url, timeline.nowMs);
    if (nextMs !== undefined) this.expect(Math.max(nextMs, timeline.nowMs));
  }

  private receive(): readonly SqsMessage[] {
    const input = {
      QueueUrl: this.url,
      MaxNumberOfMessages: this.world.chance.between(1, BATCH_SIZE),
      MessageSystemAttributeNames: SYSTEM_ATTRIBUTES,
      MessageAttributeNames: ["All"],
    };
    const output = this.sqs.apply({ command: "ReceiveMessageCommand", input }, this.world.timeline.nowMs);
    return (output as { Messages?: readonly SqsMessage[] }).Messages ?? [];
  }

  private hand(messages: readonly SqsMessage[]): void {
    const { world, lambda } = this;
    if (world.faults.strikes("receive-lost") || world.crashesHere()) return;
    this.underWay++;
    const event = { Records: messages.map((message) => recordOf(message, this.url)) };
    const isTaken = lambda.invoke(event, (ending) => {
      this.settle(messages, ending);
      this.freed();
    });
    if (isTaken) return;
    // As Lambda's pollers do, it keeps what it has until there is room.
    this.underWay--;
    world.timeline.after(NO_ROOM_MS, () => this.hand(messages));
  }

  private settle(messages: readonly SqsMessage[], ending: Ending): void {
    const { world } = this;
    if (!("answer" in ending)) return;
    const { batchItemFailures } = ending.answer as {
      batchItemFailures: readonly { readonly itemIdentifier: string }[];
    };
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    const groups = new Set(messages.map(({ Attributes: { MessageGroupId } }) => MessageGroupId));
    if (groups.size > 1 && failed.size > 0) world.faults.count("mixed-batch");
    world.history.checkFailures(messages, failed);
    const done = messages.filter(({ MessageId }) => !failed.has(MessageId));
    if (done.length === 0 || world.faults.strikes("redelivered") || world.crashesHere()) return;
    const Entries = done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    const input = { QueueUrl: this.url, Entries };
    this.sqs.apply({ command: "DeleteMessageBatchCommand", input }, world.timeline.nowMs);
  }

  private freed(): void {
    this.underWay--;
    const { nowMs } = this.world.timeline;
    const nextMs = this.sqs.nextVisibleMs(this.url, nowMs);
    if (nextMs !== undefined) this.expect(Math.max(nextMs, nowMs));
  }
}

function recordOf(message: SqsMessage, url: string): object {
  const { MessageId, ReceiptHandle, Body, Attributes, MessageAttributes = {} } = message;
  const messageAttributes = Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { StringValue: stringValue }]) => [
      name,
      { stringValue, dataType: "String" },
    ]),
  );
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes,
    messageAttributes,
    eventSource: "aws:sqs",
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${url.slice(url.lastIndexOf("/") + 1)}`,
  };
}
