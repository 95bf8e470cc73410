import { LocalDatabase } from "../../lib/local/database";
import { SqliteQueue, type SqliteQueueOptions } from "../../lib/local/sqlite-queue";
import type { OutgoingMessage, ReceivedMessage, ReceiveOptions } from "../../lib/messages/queue";
import { queueContract } from "../contract/queue-contract";
import { testDatabases } from "../support/databases";
import { FakeClock, settle } from "../support/fake-clock";

const databases = testDatabases();
const { open } = databases;
let clock: FakeClock;

beforeEach(() => {
  clock = new FakeClock();
});

function fifoOn(database: LocalDatabase, options: Partial<SqliteQueueOptions> = {}): SqliteQueue {
  return new SqliteQueue(database, { name: "messages", fifo: true, ...options }, clock);
}

let sent = 0;
/** Each with a deduplication id of its own. */
function send(
  queue: SqliteQueue,
  groupId: string,
  body: string,
  more: Partial<OutgoingMessage> = {},
): Promise<string | undefined> {
  return queue.send({ groupId, deduplicationId: `d${++sent}`, body, ...more });
}

function receive(queue: SqliteQueue, options: Partial<ReceiveOptions> = {}): Promise<ReceivedMessage[]> {
  return queue.receive({ max: 10, waitMs: 0, hideMs: 30_000, ...options });
}

const bodies = (messages: readonly ReceivedMessage[]) => messages.map(({ body }) => body);
const receipts = (messages: readonly ReceivedMessage[]) => messages.map(({ receipt }) => receipt);

describe.each([
  ["in memory", () => ":memory:"],
  ["in a file", () => databases.file],
])("a queue on SQLite %s", (_, place) => {
  queueContract(
    () => {
      const database = open(place());
      return {
        fifo: fifoOn(database),
        standard: new SqliteQueue(database, { name: "wakes", fifo: false }, clock),
      };
    },
    {
      severalOfAGroup: true,
      astralCharacters: true,
      advance: (ms) => clock.advance(ms),
      now: () => clock.now(),
    },
  );
});

describe("a wait", () => {
  /** A receive of which it is known whether it has ended. */
  function waiting(queue: SqliteQueue, options: Partial<ReceiveOptions> = {}) {
    const wait = { received: undefined as string[] | undefined };
    void receive(queue, { waitMs: 20_000, ...options }).then((messages) => {
      wait.received = bodies(messages);
    });
    return wait;
  }

  it("ends with a send, without time passing", async () => {
    const queue = fifoOn(open());
    const wait = waiting(queue);
    await settle();
    await send(queue, "g", "1");
    await settle();
    expect(wait.received).toEqual(["1"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("ends when the messages in flight are deleted or handed back", async () => {
    const queue = fifoOn(open());
    for (const body of ["1", "2"]) await send(queue, "g", body);
    const [first] = await receive(queue, { max: 1 });
    const afterDelete = waiting(queue, { max: 1 });
    await settle();
    expect(afterDelete.received).toBeUndefined();
    await queue.delete([first?.receipt as string]);
    await settle();
    expect(afterDelete.received).toEqual(["2"]);

    await send(queue, "h", "3");
    const third = await receive(queue);
    const afterHide = waiting(queue);
    await settle();
    await queue.hide(receipts(third), 0);
    await settle();
    expect(afterHide.received).toEqual(["3"]);
  });

  it("ends at the very moment at which a hidden message becomes visible", async () => {
    const queue = fifoOn(open());
    await send(queue, "g", "1");
    await receive(queue, { hideMs: 5_000 });
    const wait = waiting(queue);
    await clock.advance(4_999);
    expect(wait.received).toBeUndefined();
    await clock.advance(1);
    expect(wait.received).toEqual(["1"]);
  });

  it("follows a moment that is put off, or brought forward", async () => {
    const queue = fifoOn(open());
    await send(queue, "g", "1");
    const [message] = await receive(queue, { hideMs: 5_000 });
    const wait = waiting(queue);
    await queue.hide([message?.receipt as string], 8_000);
    await clock.advance(7_999);
    expect(wait.received).toBeUndefined();
    await queue.hide([message?.receipt as string], 500);
    await clock.advance(499);
    expect(wait.received).toBeUndefined();
    await clock.advance(1);
    expect(wait.received).toEqual(["1"]);
  });

  it("ends at the very moment at which a delayed message is due", async () => {
    const queue = new SqliteQueue(open(), { name: "wakes", fifo: false }, clock);
    await queue.send({ body: "1", delayMs: 12_345 });
    const wait = waiting(queue);
    await clock.advance(12_344);
    expect(wait.received).toBeUndefined();
    await clock.advance(1);
    expect(wait.received).toEqual(["1"]);
  });

  it("ends for one receiver alone when there is one message, and goes on for the others", async () => {
    const queue = fifoOn(open());
    const waits = [waiting(queue), waiting(queue), waiting(queue)];
    await settle();
    await send(queue, "g", "1");
    await settle();
    expect(waits.map(({ received }) => received)).toEqual([["1"], undefined, undefined]);
    await clock.advance(20_000);
    expect(waits.map(({ received }) => received)).toEqual([["1"], [], []]);
  });

  it("leaves no timer behind, whether it ends by a message, by time or by an abort", async () => {
    for (const database of [open(), open(databases.file)]) {
      const queue = fifoOn(database);
      const stop = new AbortController();
      const aborted = waiting(queue, { signal: stop.signal });
      const inTime = waiting(queue, { waitMs: 1_000 });
      await settle();
      expect(clock.pendingTimers).toBe(2);
      await clock.advance(1_000);
      expect(inTime.received).toEqual([]);
      stop.abort();
      await settle();
      expect(aborted.received).toEqual([]);
      expect(clock.pendingTimers).toBe(0);
    }
  });

  it("does not look again and again in a queue that only this process has", async () => {
    const queue = fifoOn(open());
    const setTimer = jest.spyOn(clock, "setTimer");
    const wait = waiting(queue);
    await clock.advance(20_000);
    expect(wait.received).toEqual([]);
    expect(setTimer).toHaveBeenCalledTimes(1);
  });
});

describe("a file that two processes share", () => {
  it("shows each the other's messages, within a quarter of a second", async () => {
    const [here, there] = [fifoOn(open(databases.file)), fifoOn(open(databases.file))];
    const received = receive(here, { waitMs: 20_000 });
    await settle();
    await send(there, "g", "1");
    await clock.advance(250);
    expect(bodies(await received)).toEqual(["1"]);
    expect(await receive(there)).toEqual([]);
  });

  it("holds a group back from the one while the other has it in flight", async () => {
    const [here, there] = [fifoOn(open(databases.file)), fifoOn(open(databases.file))];
    await send(here, "g", "1");
    await send(there, "g", "2");
    const first = await receive(here, { max: 1 });
    expect(await receive(there)).toEqual([]);
    const next = receive(there, { waitMs: 1_000 });
    await here.delete(receipts(first));
    await clock.advance(1_000);
    expect(bodies(await next)).toEqual(["2"]);
  });

  it("drops what the other has sent already", async () => {
    const [here, there] = [fifoOn(open(databases.file)), fifoOn(open(databases.file))];
    await send(here, "g", "1", { deduplicationId: "same" });
    await send(there, "g", "2", { deduplicationId: "same" });
    expect(bodies(await receive(here))).toEqual(["1"]);
  });

  it("gives back what a process had in flight when it ended, in order, and takes its late receipts no more", async () => {
    const before = new LocalDatabase(databases.file);
    const dead = fifoOn(before);
    for (const body of ["1", "2", "3"]) await send(dead, "g", body);
    const lost = await receive(dead, { max: 2, hideMs: 10_000 });
    await before.close();

    const queue = fifoOn(open(databases.file));
    await clock.advance(9_999);
    expect(await receive(queue)).toEqual([]);
    await clock.advance(1);
    const again = await receive(queue);
    expect(again.map(({ body, receiveCount }) => [body, receiveCount])).toEqual([
      ["1", 2],
      ["2", 2],
      ["3", 1],
    ]);
    await queue.delete(receipts(lost));
    await queue.hide(receipts(again), 0);
    expect(bodies(await receive(queue))).toEqual(["1", "2", "3"]);
  });
});

describe("deduplication", () => {
  it("ends 5 minutes after the first message was taken", async () => {
    const queue = fifoOn(open());
    await send(queue, "g", "1", { deduplicationId: "same" });
    await clock.advance(299_999);
    await send(queue, "g", "2", { deduplicationId: "same" });
    await clock.advance(1);
    await send(queue, "g", "3", { deduplicationId: "same" });
    await send(queue, "g", "4", { deduplicationId: "same" });
    expect(bodies(await receive(queue))).toEqual(["1", "3"]);
  });

  it("is a matter of one group and of one queue", async () => {
    const database = open();
    const [queue, other] = [fifoOn(database), fifoOn(database, { name: "other" })];
    await send(queue, "a", "1", { deduplicationId: "same" });
    await send(queue, "b", "2", { deduplicationId: "same" });
    await send(other, "a", "3", { deduplicationId: "same" });
    expect(bodies(await receive(queue))).toEqual(["1", "2"]);
    expect(bodies(await receive(other))).toEqual(["3"]);
  });

  it("keeps no id for long after its time", async () => {
    const database = open();
    const queue = fifoOn(database);
    await Promise.all(Array.from({ length: 30 }, (_, index) => send(queue, "g", String(index))));
    await clock.advance(300_000);
    for (let index = 0; index < 10; index++) await send(queue, "g", String(index));
    const kept = database.prepare("SELECT count(*) AS kept FROM queue_deduplication");
    expect(database.read(() => kept.get())).toEqual({ kept: 10 });
  });
});

describe("groups", () => {
  it.each([0, 5])(
    "take turns when %d ms pass in between: one that was served goes to the back",
    async (ms) => {
      const queue = fifoOn(open());
      for (const body of ["a1", "a2", "a3", "b1", "b2", "c1"]) {
        await send(queue, body.charAt(0), body);
        await clock.advance(ms);
      }
      const served: string[] = [];
      for (let round = 0; round < 6; round++) {
        const messages = await receive(queue, { max: 1 });
        served.push(...bodies(messages));
        await clock.advance(ms);
        await queue.delete(receipts(messages));
      }
      expect(served).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
    },
  );

  it("are handed out together, each in its order, when the first has too few messages", async () => {
    const queue = fifoOn(open());
    for (const body of ["a1", "a2"]) await send(queue, "a", body);
    await clock.advance(1);
    for (const body of ["b1", "b2", "b3"]) await send(queue, "b", body);
    expect(bodies(await receive(queue, { max: 4 }))).toEqual(["a1", "a2", "b1", "b2"]);
    expect(await receive(queue)).toEqual([]);
  });

  it("with a long backlog are not in the way of others", async () => {
    const queue = fifoOn(open());
    await Promise.all(Array.from({ length: 5_000 }, (_, index) => send(queue, "long", String(index))));
    await send(queue, "short", "here");
    expect(bodies(await receive(queue))).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    expect(bodies(await receive(queue))).toEqual(["here"]);
  });

  it("are found, and their messages too, by an index: no statement scans or sorts a table", () => {
    const database = open();
    const prepare = jest.spyOn(database, "prepare");
    fifoOn(database);
    const statements = prepare.mock.calls.map(([sql]) => sql);
    expect(statements.length).toBeGreaterThan(10);
    for (const sql of statements) {
      const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[];
      expect(plan.filter(({ detail }) => /SCAN|TEMP B-TREE/.test(detail))).toEqual([]);
    }
  });

  it("leave nothing behind when they are empty", async () => {
    const database = open();
    const queue = fifoOn(database);
    for (let index = 0; index < 30; index++) await send(queue, `g${index % 3}`, "");
    while (true) {
      const messages = await receive(queue);
      if (messages.length === 0) break;
      await queue.delete(receipts(messages));
    }
    for (const table of ["queue_message", "queue_group"]) {
      const rows = database.prepare(`SELECT * FROM ${table}`);
      expect(database.read(() => rows.all())).toEqual([]);
    }
  });
});

describe("a redrive policy", () => {
  function queues() {
    const database = open();
    const dead = fifoOn(database, { name: "dead" });
    return { dead, queue: fifoOn(database, { redrive: { to: dead, maxReceives: 2 } }) };
  }

  it("moves a message that would be received once too often, as it is, and goes on with the next", async () => {
    const { queue, dead } = queues();
    await send(queue, "g", "poison", { attributes: { callId: "c" } });
    const [first] = await receive(queue, { hideMs: 1_000 });
    await clock.advance(1_000);
    await receive(queue, { hideMs: 1_000 });
    await send(queue, "g", "next");
    await clock.advance(1_000);
    expect(await receive(dead)).toEqual([]);
    expect(bodies(await receive(queue))).toEqual(["next"]);
    expect(await receive(dead)).toMatchObject([
      {
        body: "poison",
        groupId: "g",
        attributes: { callId: "c" },
        receiveCount: 1,
        messageId: first?.messageId,
        sentMs: clock.now(),
      },
    ]);
  });

  it("keeps the order of what it moves, and wakes who waits for it", async () => {
    const { queue, dead } = queues();
    for (const body of ["1", "2", "3"]) await send(queue, "g", body);
    for (let round = 0; round < 2; round++) await queue.hide(receipts(await receive(queue)), 0);
    const moved = receive(dead, { waitMs: 20_000 });
    await settle();
    expect(await receive(queue)).toEqual([]);
    expect(bodies(await moved)).toEqual(["1", "2", "3"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("frees the group that it empties of a batch: the rest is handed out by the same receive", async () => {
    const { queue } = queues();
    for (let index = 0; index < 12; index++) await send(queue, "g", String(index));
    for (let round = 0; round < 2; round++) await queue.hide(receipts(await receive(queue)), 0);
    expect(bodies(await receive(queue))).toEqual(["10", "11"]);
  });

  it("must lead to a queue of the same kind and file", () => {
    const { dead } = queues();
    const database = open();
    expect(() => fifoOn(database, { redrive: { to: dead, maxReceives: 2 } })).toThrow(
      expect.objectContaining({ code: "InternalError", details: { field: "redrive", queue: "messages" } }),
    );
    const standard = new SqliteQueue(database, { name: "wakes", fifo: false }, clock);
    expect(() => fifoOn(database, { redrive: { to: standard, maxReceives: 2 } })).toThrow("of the same kind");
  });
});

describe("what only a defect of ours can ask for", () => {
  it.each<[string, OutgoingMessage]>([
    ["groupId", { body: "", deduplicationId: "d" }],
    ["deduplicationId", { body: "", groupId: "g" }],
    ["delayMs", { body: "", groupId: "g", deduplicationId: "d", delayMs: 1 }],
  ])("is refused on a FIFO queue: %s", async (field, message) => {
    await expect(fifoOn(open()).send(message)).rejects.toMatchObject({
      code: "InternalError",
      details: { field, queue: "messages" },
    });
  });

  it.each<[string, OutgoingMessage]>([
    ["groupId", { body: "", groupId: "g" }],
    ["deduplicationId", { body: "", deduplicationId: "d" }],
    ["delayMs", { body: "", delayMs: 900_001 }],
    ["delayMs", { body: "", delayMs: -1 }],
  ])("is refused on a standard queue: %s", async (field, message) => {
    const queue = new SqliteQueue(open(), { name: "wakes", fifo: false }, clock);
    await expect(queue.send(message)).rejects.toMatchObject({ code: "InternalError", details: { field } });
  });

  it.each([0, 11])("is refused: a receive of %d messages", async (max) => {
    await expect(receive(fifoOn(open()), { max })).rejects.toMatchObject({ code: "InternalError" });
  });

  it("does nothing: a receipt that no queue gave out, or another queue", async () => {
    const database = open();
    const [queue, other] = [fifoOn(database), fifoOn(database, { name: "other" })];
    await send(queue, "g", "1");
    const given = receipts(await receive(queue));
    for (const receipt of ["", "x", "1.1.", "1.2.x", "99999999999999999999.1.x"])
      await queue.delete([receipt]);
    await other.delete(given);
    await other.hide(given, 0);
    expect(await receive(queue)).toEqual([]);
    await queue.hide(given, 0);
    expect(bodies(await receive(queue))).toEqual(["1"]);
  });
});

it("a message of the largest size is taken, with what it says beside it", async () => {
  const queue = fifoOn(open());
  const body = "x".repeat(queue.maxMessageBytes - 9);
  await send(queue, "g", body, { attributes: { name: "value" } });
  expect(bodies(await receive(queue))).toEqual([body]);
});

it("a file that fails makes a queue unavailable", async () => {
  const database = new LocalDatabase(":memory:");
  const queue = fifoOn(database);
  await database.close();
  const unavailable = { code: "QueueUnavailable", retryable: true };
  await expect(send(queue, "g", "1")).rejects.toMatchObject(unavailable);
  await expect(receive(queue)).rejects.toMatchObject(unavailable);
  await expect(queue.delete(["1.1.x"])).rejects.toMatchObject(unavailable);
});
