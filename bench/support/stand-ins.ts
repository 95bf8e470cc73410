/**
 * SQS and EventBridge, as far as costs go: clients of the SDK whose requests are counted and answered here, in memory. What is
 * sent, and in how many requests, is the package's own doing; a queue hands out what it has at once, whatever its delay.
 */
import { EventBridgeClient, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { type Message, type SendMessageBatchRequestEntry, SQSClient } from "@aws-sdk/client-sqs";
import { billedRequests, type Tally } from "./usage";

const OPTIONS = { region: "us-east-1", credentials: { accessKeyId: "bench", secretAccessKey: "bench" } };

interface SqsRequest {
  readonly QueueUrl: string;
  readonly Entries?: readonly (SendMessageBatchRequestEntry & { readonly ReceiptHandle?: string })[];
  readonly MaxNumberOfMessages?: number;
}

export function sqsStandIn(tally: Tally, now: () => number): SQSClient {
  const client = new SQSClient({ ...OPTIONS, md5: false });
  const queues = new Map<string, Message[]>();
  let serial = 0;

  function answer(command: string, { QueueUrl: url, Entries: entries = [], ...rest }: SqsRequest): object {
    const waiting = queues.get(url) ?? [];
    queues.set(url, waiting);
    const count = (bytes: number) => {
      const kind = url.endsWith(".fifo") ? "fifoRequests" : "standardRequests";
      tally.counted[kind] += billedRequests(bytes);
    };
    switch (command) {
      case "SendMessageBatchCommand": {
        count(bytesOf(entries.map(({ MessageBody: body }) => body)));
        const taken = entries.map(({ Id, MessageBody, MessageGroupId: group }) => {
          const id = String(++serial).padStart(20, "0");
          waiting.push({
            MessageId: id,
            ReceiptHandle: id,
            ...(MessageBody === undefined ? {} : { Body: MessageBody }),
            Attributes: {
              ApproximateReceiveCount: "1",
              SentTimestamp: String(now()),
              ...(group === undefined ? {} : { MessageGroupId: group, SequenceNumber: id }),
            },
          });
          return { Id, MessageId: id, SequenceNumber: id };
        });
        return { Successful: taken };
      }
      case "ReceiveMessageCommand": {
        const messages = waiting.splice(0, rest.MaxNumberOfMessages);
        count(bytesOf(messages.map(({ Body: body }) => body)));
        return { Messages: messages };
      }
      case "DeleteMessageBatchCommand":
        count(0);
        return { Successful: entries.map(({ Id }) => ({ Id })) };
      default:
        throw new Error(`${command} is not counted.`);
    }
  }

  client.middlewareStack.add(
    (_, { commandName = "" }) =>
      async ({ input }) => ({
        output: { $metadata: {}, ...answer(commandName, input as SqsRequest) } as never,
        response: {},
      }),
    { step: "initialize", name: "standIn", priority: "low" },
  );
  return client;
}

/** @returns the client, and what takes the events that were put, as rules hand them over */
export function eventBridgeStandIn(tally: Tally): {
  readonly client: EventBridgeClient;
  readonly take: () => object[];
} {
  const client = new EventBridgeClient(OPTIONS);
  const events: object[] = [];
  let serial = 0;

  function put({ Source: source, DetailType: type, Detail: detail = "", Time: time }: PutEventsRequestEntry) {
    const id = `event-${++serial}`;
    tally.counted.events += billedRequests(bytesOf([source, type, detail]));
    const place = { account: "000000000000", region: OPTIONS.region, resources: [] };
    const moment = time?.toISOString().replace(/\.\d+/, "");
    events.push({
      version: "0",
      id,
      source,
      "detail-type": type,
      time: moment,
      ...place,
      detail: JSON.parse(detail),
    });
    return { EventId: id };
  }

  client.middlewareStack.add(
    (_, { commandName = "" }) =>
      async ({ input }) => {
        if (commandName !== "PutEventsCommand") throw new Error(`${commandName} is not counted.`);
        const { Entries: entries = [] } = input as { Entries?: readonly PutEventsRequestEntry[] };
        const output = { $metadata: {}, FailedEntryCount: 0, Entries: entries.map(put) };
        return { output: output as never, response: {} };
      },
    { step: "initialize", name: "standIn", priority: "low" },
  );
  return { client, take: () => events.splice(0) };
}

function bytesOf(texts: readonly (string | undefined)[]): number {
  return texts.reduce((sum, text = "") => sum + Buffer.byteLength(text), 0);
}
