/** How many DynamoDB requests calls cost, counted below the SDK's retries. */
import {
  Actor,
  createClient,
  createRouter,
  DurableActor,
  type EventBus,
  Method,
  type Queue,
} from "durable-lambda";
import { Counter } from "../samples/counter/counter";
import { startEndpoint } from "./support/emulator";
import { countRequests } from "./support/request-counter";

let sent = 0;

@Actor("Sender")
class Sender extends DurableActor {
  /** Ten messages and ten events leave with one turn. */
  @Method tell(): void {
    for (let n = 0; n < 10; n++) {
      this.ctx.actor(Counter).get(`told-${n}`).send().increment();
      this.ctx.emit("Told", { n });
    }
  }
  @Method remindTomorrow(): void {
    this.ctx.remind("daily", { in: "1d" }, "tell");
  }
  @Method async ask(): Promise<number> {
    return this.ctx.actor(Counter).get("asked").increment();
  }
}

@Actor({ name: "Session", expireAfter: "30d" })
class Session extends DurableActor {
  touched = 0;
  @Method touch(): number {
    return ++this.touched;
  }
}

/** Takes everything, and hands out nothing. */
const queue: Queue = {
  sureAfterMs: 0,
  maxMessageBytes: 1_048_576,
  send: async () => "1",
  receive: async () => [],
  delete: async () => {},
  hide: async () => {},
};
const bus: EventBus = { maxEventBytes: 262_144, publish: async () => {} };

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
  await row("a call of a warm actor", 1, () => counter.get("a").increment());
  await row("a call of a warm actor that changes nothing", 1, () => counter.get("a").increment(0));
  await row("a readonly call", 1, () => counter.get("a").value());
  const session = createClient({ actors: [Session] }).actor(Session);
  await session.get("s").touch();
  await row("a call of an actor that expires", 1, () => session.get("s").touch());
  await row("64 concurrent calls of one actor in one process", 12, () =>
    Promise.all(Array.from({ length: 64 }, () => counter.get("b").increment())),
  );
  await row("100 calls, one after another", 105, async () => {
    for (let n = 0; n < 100; n++) await counter.get("c").increment();
  });
  const handle = createRouter([Counter]);
  const deliver = (id: string) => handle(batch(id));
  await row("a batch of 10 messages of a new actor", 2, () => deliver("d"));
  await row("a batch of 10 messages of a warm actor", 1, () => deliver("d"));
  await row("1,000 messages of one actor, in batches of 10", 150, async () => {
    for (let n = 0; n < 100; n++) await deliver("e");
  });
  const effects = createRouter([Counter, Sender], {
    queues: { messages: queue, wakes: queue, deadLetters: queue },
    bus,
  });
  const call = (method: string) => effects({ actor: "Sender", id: "s", method });
  await call("tell");
  await row("a turn with effects: one more, to give the lease back", 2, () => call("tell"));
  await row("a turn that sets a reminder for tomorrow", 1, () => call("remindTomorrow"));
  await call("ask");
  await row("a method that waits takes the lease, a call of another one", 3, () => call("ask"));
  await row("a sweep with nothing due: one a shard", 16, () => effects({ mode: "sweep" }));
  endpoint.stop();
  if (failed) process.exitCode = 1;
}

void main();
