/** The queue on SQS: what every queue does, how sends travel together, and the faults that AWS has. */
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { SqsQueue } from "../../lib/aws/sqs-queue";
import type { Clock } from "../../lib/clock";
import type { OutgoingMessage, Queue, ReceivedMessage } from "../../lib/messages/queue";
import { queueContract } from "../contract/queue-contract";
import { givenEndpoint } from "../support/endpoints";
import { FakeClock, gate } from "../support/fake-clock";
import { type Fault, interpose, type SentRequest } from "../support/faulty-sdk";
import { type SqsConnection, type SqsEmulator, startSqs } from "../support/sqs";

let emulator: SqsEmulator;
beforeAll(async () => {
  emulator = await startSqs();
});
afterAll(() => emulator.close());

let run: string;
let connection: SqsConnection;
beforeEach(async () => {
  run = randomUUID();
  await emulator.renew();
  connection = emulator.connect();
});

describe("a queue on SQS", () => {
  const connect = () => {
    const { messages: fifo, wakes: standard } = connection.queues;
    return { fifo, standard };
  };
  queueContract(connect, {
    // fauxqs hands out one message of a group at a time.
    severalOfAGroup: givenEndpoint("sqs") !== undefined,
    astralCharacters: true,
    advance: (ms) => wait(ms),
  });
});

/** A message whose group and body begin alike: `a1` is the first of group `a`. */
function message(name: string): OutgoingMessage {
  return { body: JSON.stringify(name), groupId: `${name[0]}-${run}`, deduplicationId: `${name}-${run}` };
}

const sendAll = (queue: Queue, names: readonly string[]) =>
  Promise.all(names.map((name) => queue.send(message(name))));

/** What the requests carried, by their names. */
function sent(requests: readonly SentRequest[]): string[][] {
  return requests
    .filter(({ command }) => command === "SendMessageBatchCommand")
    .map(({ input }) =>
      (input.Entries as { MessageBody: string }[]).map((entry) => JSON.parse(entry.MessageBody)),
    );
}

/** Largest first: what is sent side by side may arrive in any order. */
const batchSizes = (requests: readonly SentRequest[]) =>
  sent(requests)
    .map((names) => names.length)
    .sort((a, b) => b - a);

/** Takes everything off the queue. */
async function drain(queue: Queue): Promise<ReceivedMessage[]> {
  const all: ReceivedMessage[] = [];
  for (;;) {
    const messages = await queue.receive({ max: 10, waitMs: 0, hideMs: 30_000 });
    if (messages.length === 0) return all;
    all.push(...messages);
    await queue.delete(messages.map(({ receipt }) => receipt));
  }
}

const namesIn = (messages: readonly ReceivedMessage[]) =>
  messages.map(({ body }) => JSON.parse(body) as string);

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    if (turn === 100_000) throw new Error("This does not happen.");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const numbered = (group: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${group}${String(index).padStart(2, "0")}`);

describe("sends of one run", () => {
  it("leave as batches of 10, and stay in the order of their group", async () => {
    const { queues, wiretap } = connection;
    const names = numbered("a", 25);
    await sendAll(queues.messages, names);
    expect(sent(wiretap.requests)).toEqual([names.slice(0, 10), names.slice(10, 20), names.slice(20)]);
    expect(namesIn(await drain(queues.messages))).toEqual(names);
  });

  it("share batches across groups", async () => {
    const { queues, wiretap } = connection;
    await sendAll(queues.messages, ["a1", "b1", "a2", "c1", "b2"]);
    expect(sent(wiretap.requests)).toEqual([["a1", "a2", "b1", "b2", "c1"]]);
    const received = await drain(queues.messages);
    expect(namesIn(received).filter((name) => name.startsWith("b"))).toEqual(["b1", "b2"]);
    expect(received).toHaveLength(5);
  });

  it("share batches on a standard queue", async () => {
    const { queues, wiretap } = connection;
    await Promise.all(numbered("a", 25).map((name) => queues.wakes.send({ body: JSON.stringify(name) })));
    expect(batchSizes(wiretap.requests)).toEqual([10, 10, 5]);
    expect(namesIn(await drain(queues.wakes)).sort()).toEqual(numbered("a", 25));
  });

  it("wait while an earlier one of their group is under way; other groups do not", async () => {
    const { queues, wiretap } = connection;
    const held = gate<void>();
    wiretap.plan = (_, index) => (index === 0 ? { delay: held.opened } : "none");
    const first = queues.messages.send(message("a1"));
    await until(() => wiretap.count() === 1);
    const later = sendAll(queues.messages, ["a2", "b1", "a3"]);
    await until(() => wiretap.count() === 2);
    await queues.messages.send(message("b2"));
    held.open();
    await Promise.all([first, later]);
    expect(sent(wiretap.requests)).toEqual([["a1"], ["b1"], ["b2"], ["a2", "a3"]]);
    expect(namesIn(await drain(queues.messages)).filter((name) => name.startsWith("a"))).toEqual([
      "a1",
      "a2",
      "a3",
    ]);
  });

  it("are in at most 8 requests at a time", async () => {
    const { queues, wiretap } = connection;
    const held = gate<void>();
    wiretap.plan = () => ({ delay: held.opened });
    const sends = numbered("x", 100).map((body) => queues.wakes.send({ body: JSON.stringify(body) }));
    await until(() => wiretap.count() === 8);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(wiretap.count()).toBe(8);
    held.open();
    await Promise.all(sends);
    expect(wiretap.count()).toBe(10);
  });

  it("are in more requests when one would be too large", async () => {
    const { queues, wiretap } = connection;
    const bodies = ["a", "b", "c"].map((letter) => JSON.stringify(letter.repeat(400_000)));
    await Promise.all(bodies.map((body) => queues.wakes.send({ body })));
    expect(batchSizes(wiretap.requests)).toEqual([2, 1]);
  });

  it("are not endless: what one process may have waiting is limited", async () => {
    const { queues, client } = connection;
    interpose(client, "SendMessageBatchCommand", async ({ Entries }) => ({ Successful: Entries }));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10_001 }, (_, index) => queues.messages.send(message(`a${index}`))),
    );
    expect(outcomes[9_999]).toMatchObject({ status: "fulfilled" });
    expect(outcomes.at(-1)).toMatchObject({
      reason: { code: "QueueUnavailable", details: { limit: 10_000 } },
    });
  });
});

describe("a batch that succeeds in part", () => {
  const pauses: number[] = [];
  const impatient: Clock = {
    now: Date.now,
    setTimer(delayMs, wake) {
      pauses.push(delayMs);
      queueMicrotask(wake);
      return () => {};
    },
  };

  type Failing = (name: string, request: number) => { Code: string; SenderFault: boolean } | undefined;

  interface Using {
    readonly queue?: "DURABLE_QUEUE" | "DURABLE_WAKE_QUEUE";
    readonly clock?: Clock;
  }

  /** A queue of which some messages fail; the others are really sent. Also what each request carried. */
  function failing(failureOf: Failing, { queue = "DURABLE_QUEUE", clock = impatient }: Using = {}) {
    const requests: string[][] = [];
    interpose(connection.client, "SendMessageBatchCommand", async (input, send) => {
      const entries = input.Entries as { Id: string; MessageBody: string }[];
      const names = entries.map(({ MessageBody }) => JSON.parse(MessageBody) as string);
      const failures = names.map((name) => failureOf(name, requests.length));
      requests.push(names);
      const accepted = entries.filter((_, index) => failures[index] === undefined);
      const output = accepted.length === 0 ? {} : await send({ ...input, Entries: accepted });
      const Failed = entries.flatMap(({ Id }, index) => {
        const failure = failures[index];
        return failure === undefined ? [] : [{ Id, Message: "scripted", ...failure }];
      });
      return { ...output, Failed };
    });
    pauses.length = 0;
    const name = { url: connection.environment[queue], variable: queue };
    return { queue: new SqsQueue(connection.client, name, { clock }), requests };
  }

  const busy = { Code: "InternalError", SenderFault: false };
  const refused = { Code: "InvalidMessageContents", SenderFault: true };

  it("is sent again from the first failure of each group on, in order, and nothing before it", async () => {
    const { queue, requests } = failing((name, request) =>
      request === 0 && (name === "a2" || name === "c1") ? busy : undefined,
    );
    await sendAll(queue, ["a1", "a2", "a3", "b1", "c1", "c2"]);
    expect(requests).toEqual([
      ["a1", "a2", "a3", "b1", "c1", "c2"],
      ["a2", "a3", "c1", "c2"],
    ]);
    expect(pauses).toHaveLength(1);
    expect(namesIn(await drain(queue)).sort()).toEqual(["a1", "a2", "a3", "b1", "c1", "c2"]);
  });

  it("holds back later messages of the group until those that failed are through", async () => {
    const clock = new FakeClock();
    const { queue, requests } = failing((_, request) => (request === 0 ? busy : undefined), { clock });
    const first = queue.send(message("a1"));
    await until(() => clock.pendingTimers === 1);
    const second = queue.send(message("a2"));
    await queue.send(message("b1"));
    expect(requests).toEqual([["a1"], ["b1"]]);
    await clock.advance(50);
    await Promise.all([first, second]);
    expect(requests.slice(2)).toEqual([["a1", "a2"]]);
    expect(namesIn(await drain(queue)).sort()).toEqual(["a1", "a2", "b1"]);
  });

  it("is sent again without what got through, on a standard queue", async () => {
    const { queue, requests } = failing(
      (name, request) => (request === 0 && name === "a2" ? busy : undefined),
      { queue: "DURABLE_WAKE_QUEUE" },
    );
    await Promise.all(["a1", "a2", "a3"].map((name) => queue.send({ body: JSON.stringify(name) })));
    expect(requests).toEqual([["a1", "a2", "a3"], ["a2"]]);
    expect(namesIn(await drain(queue)).sort()).toEqual(["a1", "a2", "a3"]);
  });

  it("fails the sender whose fault it is; the later ones of its group go on", async () => {
    const { queue, requests } = failing((name) => (name === "a2" ? refused : undefined));
    const outcomes = await Promise.allSettled(["a1", "a2", "a3"].map((name) => queue.send(message(name))));
    expect(outcomes).toMatchObject([
      { status: "fulfilled" },
      { reason: { code: "InternalError", retryable: false, details: { error: "InvalidMessageContents" } } },
      { status: "fulfilled" },
    ]);
    expect(requests).toHaveLength(1);
    expect(namesIn(await drain(queue))).toEqual(["a1", "a3"]);
  });

  it("is tried again when a key is throttled, whoever's fault SQS says that is", async () => {
    const throttled = { Code: "KMS.ThrottlingException", SenderFault: true };
    const { queue, requests } = failing((_, request) => (request === 0 ? throttled : undefined));
    await queue.send(message("a1"));
    expect(requests).toEqual([["a1"], ["a1"]]);
    await drain(queue);
  });

  it("is given up after 5 attempts; the later ones of the group go on", async () => {
    const { queue, requests } = failing((name) => (name === "a1" ? busy : undefined));
    const outcomes = await Promise.allSettled(["a1", "a2"].map((name) => queue.send(message(name))));
    expect(outcomes).toMatchObject([
      { reason: { code: "QueueUnavailable", retryable: true } },
      { status: "fulfilled" },
    ]);
    expect(requests).toEqual(Array.from({ length: 5 }, () => ["a1", "a2"]));
    expect(pauses.map((ms) => Math.ceil(Math.log2(ms / 25)))).toEqual([1, 2, 3, 4]);
    expect(namesIn(await drain(queue))).toEqual(["a2"]);
  });
});

describe("a message that is given up", () => {
  it("takes along those that wait behind it: sent again, it must not come after them", async () => {
    const { queues, client } = connection;
    let isDown = true;
    const requests: number[] = [];
    interpose(client, "SendMessageBatchCommand", async (input, send) => {
      requests.push((input.Entries as unknown[]).length);
      if (!isDown) return send(input);
      throw Object.assign(new Error("scripted"), { name: "ServiceUnavailable", $metadata: {} });
    });
    const names = Array.from({ length: 25 }, (_, index) => `a${index}`);
    const outcomes = await Promise.allSettled(names.map((name) => queues.messages.send(message(name))));
    expect(outcomes.map(({ status }) => status)).toEqual(names.map(() => "rejected"));
    expect(outcomes.at(-1)).toMatchObject({ reason: { code: "QueueUnavailable", retryable: true } });
    expect(requests).toEqual([10]);
    isDown = false;
    await sendAll(queues.messages, names);
    expect(namesIn(await drain(queues.messages))).toEqual(names);
  });
});

describe("faults on the way", () => {
  it.each([
    [["lostResponse"]],
    [["lostResponse", "lostResponse"]],
    [["reset", "lostResponse"]],
    [["throttled"]],
  ])("%j: the SDK's retries leave one message", async (faults) => {
    const { queues, wiretap } = connection;
    wiretap.plan = (_, index) => (faults[index] ?? "none") as Fault;
    await queues.messages.send(message("a1"));
    expect(wiretap.count()).toBe(faults.length + 1);
    expect(namesIn(await drain(queues.messages))).toEqual(["a1"]);
  });

  it("a response that is lost again and again fails; sending once more leaves one message", async () => {
    const { queues, wiretap } = connection;
    wiretap.plan = () => "lostResponse";
    const outcomes = await Promise.allSettled(
      ["a1", "a2"].map((name) => queues.messages.send(message(name))),
    );
    const failed = { reason: { code: "QueueUnavailable", retryable: true } };
    expect(outcomes).toMatchObject([failed, failed]);
    expect(wiretap.count()).toBe(3);
    wiretap.plan = () => "none";
    await sendAll(queues.messages, ["a1", "a2"]);
    expect(namesIn(await drain(queues.messages))).toEqual(["a1", "a2"]);
  });

  it.each(["receive", "delete", "hide"] as const)(
    "%s: a reset is repeated, then a typed error",
    async (act) => {
      const { queues, wiretap } = connection;
      await queues.messages.send(message("a1"));
      const [received] = await queues.messages.receive({ max: 1, waitMs: 0, hideMs: 30_000 });
      const receipts = [received?.receipt ?? ""];
      const acts = {
        receive: () => queues.wakes.receive({ max: 1, waitMs: 0, hideMs: 1_000 }),
        delete: () => queues.messages.delete(receipts),
        hide: () => queues.messages.hide(receipts, 1_000),
      };
      wiretap.plan = () => "reset";
      wiretap.clear();
      await expect(acts[act]()).rejects.toMatchObject({ code: "QueueUnavailable", retryable: true });
      expect(wiretap.count()).toBe(3);
      wiretap.clear();
      wiretap.plan = (_, index) => (index === 0 ? "reset" : "none");
      await acts[act]();
      expect(wiretap.count()).toBe(2);
      await queues.messages.delete(receipts);
    },
  );
});

describe("what SQS does not take", () => {
  it("is escaped where it can be: the JSON means the same", async () => {
    const { queues } = connection;
    const value = { text: "\uFFFE\uFFFF \u0000\u001f\u007f \ud800 é😀\u2028" };
    await queues.messages.send({ ...message("a1"), body: JSON.stringify(value) });
    const [received] = await drain(queues.messages);
    expect(JSON.parse(received?.body ?? "")).toEqual(value);
  });

  it("is refused before anything is sent when it is too large, attributes included", async () => {
    const { queues, wiretap } = connection;
    const attributes = { reason: "é" };
    const attributeBytes = "reason".length + "String".length + 2;
    const limit = queues.messages.maxMessageBytes;
    expect(limit).toBe(1_048_576);
    const body = JSON.stringify("x".repeat(limit - attributeBytes - 2));
    await queues.messages.send({ ...message("a1"), body, attributes });
    await drain(queues.messages);
    wiretap.clear();
    const larger = { ...message("a2"), body: `${body} `, attributes };
    await expect(queues.messages.send(larger)).rejects.toMatchObject({
      code: "PayloadTooLarge",
      details: { field: "message", bytes: limit + 1, limitBytes: limit },
    });
    expect(wiretap.count()).toBe(0);
  });

  it("is a typed error: a message without a group", async () => {
    const { queues, wiretap } = connection;
    await expect(queues.messages.send({ body: "{}" })).rejects.toMatchObject({ code: "InternalError" });
    expect(wiretap.count()).toBe(1);
  });
});

describe("times", () => {
  it("are whole seconds, never shorter than asked for", async () => {
    const { queues, client, wiretap } = connection;
    const delays: unknown[] = [];
    interpose(client, "SendMessageBatchCommand", async (input) => {
      delays.push((input.Entries as { DelaySeconds?: number }[])[0]?.DelaySeconds);
      return { Successful: input.Entries };
    });
    await queues.wakes.send({ body: "{}" });
    for (const delayMs of [0, 1, 899_001, 900_000]) await queues.wakes.send({ body: "{}", delayMs });
    expect(delays).toEqual([undefined, 0, 1, 900, 900]);
    await queues.wakes.receive({ max: 1, waitMs: 0, hideMs: 0 });
    await queues.wakes.receive({ max: 1, waitMs: 1, hideMs: 1_001 });
    expect(wiretap.requests.map(({ input }) => input)).toMatchObject([
      { WaitTimeSeconds: 0, VisibilityTimeout: 0 },
      { WaitTimeSeconds: 1, VisibilityTimeout: 2 },
    ]);
  });

  it("of a wait are at most 20 s, and end when the signal says so", async () => {
    const { queues, wiretap } = connection;
    const stop = new AbortController();
    const waiting = queues.deadLetters.receive({ max: 1, waitMs: 60_000, hideMs: 0, signal: stop.signal });
    await until(() => wiretap.count() === 1);
    expect(wiretap.requests[0]?.input).toMatchObject({ WaitTimeSeconds: 20 });
    stop.abort();
    expect(await waiting).toEqual([]);
    expect(
      await queues.deadLetters.receive({ max: 1, waitMs: 60_000, hideMs: 0, signal: stop.signal }),
    ).toEqual([]);
  });
});

describe("receipts", () => {
  it("go in chunks of 10, and none is no request", async () => {
    const { queues, wiretap } = connection;
    await queues.messages.delete([]);
    await queues.messages.hide([], 0);
    expect(wiretap.count()).toBe(0);
    const receipts: string[] = [];
    await Promise.all(numbered("a", 12).map((name) => queues.wakes.send({ body: JSON.stringify(name) })));
    while (receipts.length < 12) {
      const messages = await queues.wakes.receive({ max: 10, waitMs: 1_000, hideMs: 30_000 });
      receipts.push(...messages.map(({ receipt }) => receipt));
    }
    wiretap.clear();
    await queues.wakes.hide(receipts, 20_000);
    await queues.wakes.delete(receipts);
    expect(
      wiretap.requests.map(({ command, input }) => [command, (input.Entries as unknown[]).length]),
    ).toEqual([
      ["ChangeMessageVisibilityBatchCommand", 10],
      ["ChangeMessageVisibilityBatchCommand", 2],
      ["DeleteMessageBatchCommand", 10],
      ["DeleteMessageBatchCommand", 2],
    ]);
  });

  it("do nothing when their message is gone", async () => {
    const { queues } = connection;
    await queues.messages.send(message("a1"));
    const [received] = await queues.messages.receive({ max: 1, waitMs: 0, hideMs: 30_000 });
    const receipts = [received?.receipt ?? ""];
    await queues.messages.delete(receipts);
    await queues.messages.delete(receipts);
    await queues.messages.hide(receipts, 0);
    expect(await drain(queues.messages)).toEqual([]);
  });

  it.each([
    ["ReceiptHandleIsInvalid", "The input receipt handle is invalid.", "ignored"],
    ["AWS.SimpleQueueService.MessageNotInflight", "It is visible.", "ignored"],
    ["InvalidParameterValueException", "Reason: The receipt handle has expired.", "ignored"],
    [
      "InvalidParameterValue",
      "Reason: Message does not exist or is not available for visibility timeout change.",
      "ignored",
    ],
    ["InvalidParameterValue", "Value 99999 for parameter VisibilityTimeout is invalid.", "QueueUnavailable"],
    ["InternalError", "We are sorry.", "QueueUnavailable"],
  ])("that fail with %s, %s: %s", async (Code, Message, outcome) => {
    const { queues, client } = connection;
    const fail = async () => ({ Successful: [], Failed: [{ Id: "0", SenderFault: true, Code, Message }] });
    interpose(client, "DeleteMessageBatchCommand", fail);
    interpose(client, "ChangeMessageVisibilityBatchCommand", fail);
    for (const act of [queues.messages.delete(["r"]), queues.messages.hide(["r"], 0)]) {
      const code = await act.then(
        () => "ignored",
        (error: { code: string }) => error.code,
      );
      expect(code).toBe(outcome);
    }
  });
});

it("a queue that does not exist is a typed error that names it and its variable, at once", async () => {
  const { client, wiretap } = connection;
  const url = connection.environment.DURABLE_WAKE_QUEUE.replace("Wakes-", "Missing-");
  const queue = new SqsQueue(client, { url, variable: "DURABLE_WAKE_QUEUE" });
  for (const act of [
    () => queue.send({ body: "{}" }),
    () => queue.receive({ max: 1, waitMs: 0, hideMs: 0 }),
    () => queue.delete(["r"]),
    () => queue.hide(["r"], 0),
  ]) {
    const error = await act().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "InternalError",
      details: { queue: url, variable: "DURABLE_WAKE_QUEUE" },
    });
    expect(String(error)).toContain(`The queue ${url} does not exist`);
  }
  expect(wiretap.count()).toBe(4);
});
