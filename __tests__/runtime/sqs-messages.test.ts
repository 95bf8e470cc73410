/** Messages over SQS, on DynamoDB, consumed by pollers in the place of Lambda: in real time, with AWS's faults. */
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { Actor, type Client, DurableActor, Method } from "durable-lambda";
import type { QueueVariable } from "../../lib/aws/environment";
import { clientOver } from "../../lib/client/client";
import { directTransport } from "../../lib/client/direct-transport";
import { inlineTransport } from "../../lib/client/inline-transport";
import { sleep, systemClock } from "../../lib/clock";
import { DeadLetters } from "../../lib/messages/dead-letters";
import type { Queue } from "../../lib/messages/queue";
import { Poller } from "../../lib/runtime/messages/poller";
import {
  type BatchResponse,
  type Source,
  type SqsEvent,
  sqsEventOf,
} from "../../lib/runtime/messages/sqs-event";
import { router } from "../../lib/runtime/router";
import { type Emulator, purposeOf, startDynamo } from "../support/dynamo";
import { gate } from "../support/fake-clock";
import type { FaultPlan } from "../support/faulty-sdk";
import { Chances } from "../support/fragile-process";
import { silentLog, startProcess, type TestProcess } from "../support/process";
import { type SqsConnection, type SqsEmulator, startSqs } from "../support/sqs";

/** Another endpoint is slow, and so is a busy machine: nothing but a hang lasts longer than this. */
const isSlow = Boolean(process.env.DURABLE_TEST_ENDPOINT);
const PATIENCE_MS = 60_000;
jest.setTimeout(PATIENCE_MS + 10_000);

let broken = new Set<string>();
/** How often each entry was tried to be added. */
let tries = new Map<string, number>();

@Actor
class Ledger extends DurableActor {
  entries: string[] = [];
  atMs: number[] = [];

  @Method({ maxAttempts: 2 }) add(entry: string): number {
    tries.set(entry, (tries.get(entry) ?? 0) + 1);
    this.entries.push(entry);
    if (broken.has(entry)) throw new RangeError(`${entry} is broken`);
    return this.entries.length;
  }

  @Method addWithTime(): number {
    return this.atMs.push(Date.now());
  }

  @Method({ readonly: true }) list(): string[] {
    return this.entries;
  }

  @Method({ readonly: true }) times(): number[] {
    return this.atMs;
  }
}

let dynamo: Emulator;
let sqs: SqsEmulator;
beforeAll(async () => {
  [dynamo, sqs] = [await startDynamo(), await startSqs()];
});
afterAll(async () => {
  await sqs.close();
  await dynamo.close();
});

/** Looks at the queues of the test. */
let watched: SqsConnection;
/** Whoever is to stop when the test ends. */
const running: { stop(): Promise<unknown> }[] = [];
beforeEach(async () => {
  broken = new Set();
  tries = new Map();
  await sqs.renew();
  watched = sqs.connect();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

interface Host extends TestProcess {
  /** Sends straight to the queues. */
  readonly client: Client;
  readonly handle: (event: SqsEvent) => Promise<BatchResponse>;
  readonly letters: DeadLetters;
  /** Starts what receives. */
  consume(handle?: (event: SqsEvent) => Promise<BatchResponse>): { stop(): Promise<unknown> };
}

/** A process with connections of its own. A lease of one that dies is soon over, and so are its messages' hiding places. */
function startHost(plan: FaultPlan = () => "none"): Host {
  const { store, calls, wiretap } = dynamo.connect();
  const { queues, wiretap: queueWiretap } = sqs.connect();
  wiretap.plan = plan;
  queueWiretap.plan = plan;
  const ports = { store, calls, queues };
  const host = startProcess([Ledger], ports, { limits: { leaseMs: 1_000 } });
  const { runtime } = host;
  const route = router(runtime, { stack: false });
  const handle = async (event: SqsEvent) => (await route(event)) as BatchResponse;
  return {
    ...host,
    client: clientOver(directTransport(inlineTransport(runtime), runtime.host.messenger)),
    handle,
    letters: new DeadLetters(ports, systemClock),
    consume(handleBatch = handle) {
      const pollers = (["messages", "wakes"] satisfies Source[]).map(
        (source) =>
          new Poller({
            queue: inSmallBatches(queues[source]),
            async process(messages) {
              const { batchItemFailures } = await handleBatch(sqsEventOf(source, messages));
              return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
            },
            clock: systemClock,
            log: silentLog,
            concurrency: 8,
            hideMs: 1_000,
          }),
      );
      const consumer = { stop: () => Promise.all(pollers.map((poller) => poller.stop())) };
      running.push(consumer);
      return consumer;
    },
  };
}

/** The embedded emulator hands out one message of a group at a time: several batches are under way only if they are small. */
function inSmallBatches(queue: Queue): Queue {
  return new Proxy(queue, {
    get(target, name) {
      if (name === "receive") {
        const receive: Queue["receive"] = (options) =>
          target.receive({ ...options, waitMs: 1_000, max: isSlow ? options.max : 3 });
        return receive;
      }
      const value: unknown = target[name as keyof Queue];
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (Date.now() > endMs) throw new Error(`not so after ${PATIENCE_MS} ms: ${isSo.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** True when nothing waits on a queue, is in flight or is hidden. */
async function isEmpty(variable: QueueVariable): Promise<boolean> {
  const { client, environment } = watched;
  const { Attributes: counts = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: environment[variable], AttributeNames: ["All"] }),
  );
  return [
    counts.ApproximateNumberOfMessages,
    counts.ApproximateNumberOfMessagesNotVisible,
    counts.ApproximateNumberOfMessagesDelayed,
  ].every((count = "0") => count === "0");
}

describe("messages of 3 senders to 10 actors", () => {
  const SENDERS = ["x", "y", "z"];
  /** One actor gets so many that its inbox moves out of its head. */
  const COUNTS = [19, ...Array<number>(9).fill(9)];
  const DEATHS = 3;
  const SEED = Number(process.env.SEED ?? 20_261);
  /** A process dies at the first commit after so many requests; at the latest after as many as these. */
  const LIFE = { least: 10, most: 20 };

  it(`have one effect each, in each sender's order, whatever is lost, doubled or dies (seed ${SEED})`, async () => {
    const chances = new Chances(SEED);
    const faults: FaultPlan = () =>
      chances.hit("lost response", 0.05) ? "lostResponse" : chances.hit("reset", 0.02) ? "reset" : "none";

    const steady = startHost(faults);
    /** Hands one batch in five over twice: to one process or to two, at once or when others have come meanwhile. */
    const doubling =
      (host: Host): Host["handle"] =>
      async (event) => {
        if (!chances.hit("doubled", 0.2)) return host.handle(event);
        const other = chances.next() < 0.5 ? host : steady;
        const copy = sleep(systemClock, chances.next() < 0.5 ? 0 : 300).then(() => other.handle(event));
        copies.push(copy);
        return host.handle(event);
      };
    const copies: Promise<unknown>[] = [];

    /** Dies with a request that is applied or not, and never takes off the queue what it received. */
    async function consumeUntilDeath(): Promise<void> {
      const died = gate<void>();
      let isDead = false;
      let sent = 0;
      const host = startHost((request, index) => {
        if (isDead) return "reset";
        const isCommit = request.command === "UpdateItemCommand" && purposeOf(request) === "commit";
        sent++;
        if (sent <= (isCommit ? LIFE.least : LIFE.most)) return faults(request, index);
        isDead = chances.hit("death", 1);
        died.open();
        return chances.next() < 0.5 ? "lostResponse" : "reset";
      });
      const consumer = host.consume(doubling(host));
      await died.opened;
      void consumer.stop();
    }

    const clients = SENDERS.map((sender) => [sender, startHost(faults).client] as const);
    /** Sends one of as many parts as there are processes, each sender awaiting its earlier messages to the same actor. */
    async function send(part: number): Promise<void> {
      const sent = clients.flatMap(([sender, client]) =>
        COUNTS.map(async (count, actor) => {
          const ledger = client.actor(Ledger).get(`l${actor}`);
          const [from, to] = [part, part + 1].map((parts) => Math.floor((count * parts) / (DEATHS + 1)));
          for (let n = from as number; n < (to as number); n++) await ledger.send().add(`${sender}:${n}`);
        }),
      );
      await Promise.all(sent);
    }

    steady.consume(doubling(steady));
    for (let life = 0; life < DEATHS; life++) await Promise.all([send(life), consumeUntilDeath()]);
    const last = startHost(faults);
    last.consume(doubling(last));
    await send(DEATHS);
    await eventually(() => isEmpty("DURABLE_QUEUE"));
    await Promise.all(copies);

    const { client } = startHost();
    for (const [actor, count] of COUNTS.entries()) {
      const entries = await client.actor(Ledger).get(`l${actor}`).list();
      expect(entries).toHaveLength(count * SENDERS.length);
      for (const sender of SENDERS) {
        const ofSender = entries.filter((entry) => entry.startsWith(`${sender}:`));
        expect(ofSender).toEqual(Array.from({ length: count }, (_, n) => `${sender}:${n}`));
      }
    }
    expect(await isEmpty("DURABLE_DEAD_LETTER_QUEUE")).toBe(true);
    expect(chances.hits.get("death")).toBe(DEATHS);
    for (const fault of ["lost response", "reset", "doubled"]) {
      expect(chances.hits.get(fault)).toBeGreaterThan(3);
    }
  });
});

it("a poison message becomes a dead letter with its reason, its successors go on, and a redrive lets it work", async () => {
  const { client, letters, consume } = startHost();
  consume();
  const ledger = client.actor(Ledger).get("poisoned");
  broken.add("poison");
  await ledger.send().add("before");
  const { callId } = await ledger.send().add("poison");
  for (const entry of ["after 1", "after 2"]) await ledger.send().add(entry);
  await eventually(() => isEmpty("DURABLE_QUEUE"));
  expect(await ledger.list()).toEqual(["before", "after 1", "after 2"]);
  expect(tries.get("poison")).toBe(2);

  expect(await letters.list()).toMatchObject([
    {
      callId,
      actor: "Ledger",
      id: "poisoned",
      method: "add",
      reason: { code: "MethodError", name: "RangeError", message: "poison is broken", attempts: 2 },
    },
  ]);
  broken.clear();
  expect(await letters.redrive({ callId })).toBe(1);
  await eventually(() => isEmpty("DURABLE_QUEUE"));
  expect(await ledger.list()).toEqual(["before", "after 1", "after 2", "poison"]);
  expect(await isEmpty("DURABLE_DEAD_LETTER_QUEUE")).toBe(true);
});

it("a started call has its result, and a delayed one its own, not before its time", async () => {
  const { client, consume } = startHost();
  consume();
  const ledger = client.actor(Ledger).get("tracked");
  const startedMs = Date.now();
  const later = await ledger.start({ delay: "2s" }).addWithTime();
  const now = await ledger.start().add("now");
  broken.add("bad");
  const failing = await ledger.start().add("bad");
  expect(await now.result()).toBe(1);
  expect((await later.status()).status).toBe("pending");
  await expect(failing.result()).rejects.toMatchObject({ name: "RangeError", message: "bad is broken" });
  expect(await later.result()).toBe(1);
  const [atMs] = await ledger.times();
  expect(atMs).toBeGreaterThanOrEqual(startedMs + 2_000);
  await eventually(async () => (await isEmpty("DURABLE_QUEUE")) && isEmpty("DURABLE_WAKE_QUEUE"));
  expect(await ledger.times()).toEqual([atMs]);
});
