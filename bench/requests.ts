/** How many DynamoDB requests calls cost, counted below the SDK's retries. */
import { createClient, createRouter } from "durable-lambda";
import { Counter } from "../samples/counter/counter";
import { startEndpoint } from "./support/emulator";
import { countRequests } from "./support/request-counter";

let sent = 0;

/** Ten messages as SQS hands them to Lambda. */
function batch(id: string): object {
  const sentAtMs = Date.now();
  const message = { actor: "Counter", id, method: "increment", args: [], mode: "send", sentAtMs };
  return {
    Records: Array.from({ length: 10 }, () => ({
      messageId: `m${++sent}`,
      receiptHandle: `r${sent}`,
      body: JSON.stringify({ ...message, callId: `call-${String(sent).padStart(11, "0")}` }),
      attributes: {
        MessageGroupId: `Counter/${id}`,
        SequenceNumber: String(sent),
        ApproximateReceiveCount: "1",
        SentTimestamp: String(sentAtMs),
      },
      messageAttributes: {},
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:messages.fifo",
    })),
  };
}

async function main(): Promise<void> {
  const endpoint = await startEndpoint();
  process.env.DURABLE_TABLE = endpoint.table;
  const counter = createClient().actor(Counter);
  console.log(`DynamoDB requests, on ${endpoint.name}`);
  let failed = false;
  const row = async (name: string, limit: number, run: () => Promise<unknown>) => {
    const count = await countRequests(run);
    failed ||= count > limit;
    console.log(`${name.padEnd(52)} ${String(count).padStart(5)}   (at most ${limit})`);
  };
  await row("a call of a new actor", 2, () => counter.get("a").increment());
  await row("a call of a warm actor", 2, () => counter.get("a").increment());
  await row("a readonly call", 1, () => counter.get("a").value());
  await row("64 concurrent calls of one actor in one process", 24, () =>
    Promise.all(Array.from({ length: 64 }, () => counter.get("b").increment())),
  );
  await row("100 calls, one after another", 204, async () => {
    for (let n = 0; n < 100; n++) await counter.get("c").increment();
  });
  const handle = createRouter([Counter]);
  const deliver = (id: string) => handle(batch(id));
  await deliver("d");
  await row("a batch of 10 messages of one actor", 2, () => deliver("d"));
  await row("1,000 messages of one actor, in batches of 10", 250, async () => {
    for (let n = 0; n < 100; n++) await deliver("e");
  });
  endpoint.stop();
  if (failed) process.exitCode = 1;
}

void main();
