/** The store on DynamoDB: what every store does, and how parts travel when there are many of them. */
import { randomUUID } from "node:crypto";
import { type ConsumedCapacity, CreateTableCommand, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { DynamoCalls } from "../../lib/aws/dynamo-calls";
import { DynamoStore } from "../../lib/aws/dynamo-store";
import type { Clock } from "../../lib/clock";
import type { Commit, Part } from "../../lib/store";
import { storeContract } from "../contract/store-contract";
import { type DynamoConnection, type Emulator, startDynamo } from "../support/dynamo";
import { interpose } from "../support/faulty-sdk";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startDynamo();
});
afterAll(() => emulator.close());

describe("the store on DynamoDB", () => {
  storeContract(() => emulator.connect().store);
});

describe("parts on DynamoDB", () => {
  const address = { type: "Thing", id: "parts" };
  const parts = (count: number, body = "x"): Part[] =>
    Array.from({ length: count }, (_, index) => ({ name: `P${String(index).padStart(3, "0")}`, body }));

  let connection: DynamoConnection;
  const pauses: number[] = [];
  const impatient: Clock = {
    now: Date.now,
    setTimer(delayMs, wake) {
      pauses.push(delayMs);
      queueMicrotask(wake);
      return () => {};
    },
  };

  beforeEach(() => {
    connection = emulator.connect();
    pauses.length = 0;
  });

  const itemCounts = () =>
    connection.wiretap.requests.map(({ command, input }) =>
      command === "BatchWriteItemCommand" ? Object.values(input.RequestItems as object)[0].length : command,
    );

  it("are written in one request when they are few, and in several when they are many", async () => {
    const { store } = connection;
    await store.writeParts(address, parts(0));
    await store.writeParts(address, parts(1));
    await store.writeParts(address, parts(2));
    await store.writeParts(address, parts(60));
    expect(itemCounts()).toEqual(["PutItemCommand", 2, 25, 25, 10]);
    expect(await store.readParts(address, "P")).toEqual(parts(60));
  });

  it("are written in requests of at most 4 MB", async () => {
    const { store } = connection;
    await store.writeParts({ ...address, id: "large" }, parts(12, "x".repeat(store.maxPartBytes)));
    expect(itemCounts()).toEqual([10, 2]);
  });

  /** DynamoDB that takes only the first item of each request, or as many as it is said to, `times` times. */
  function busy(times: number, taken = 1): DynamoStore {
    let left = times;
    interpose(connection.documents, "BatchWriteItemCommand", async (input, send) => {
      if (left-- <= 0) return send(input);
      const [[table, requests] = ["", []]] = Object.entries(input.RequestItems as Record<string, unknown[]>);
      const output =
        taken === 0 ? {} : await send({ ...input, RequestItems: { [table]: requests.slice(0, taken) } });
      return { ...output, UnprocessedItems: { [table]: requests.slice(taken) } };
    });
    return new DynamoStore(connection.documents, connection.table, { clock: impatient });
  }

  it("that DynamoDB did not take are sent again, with growing pauses", async () => {
    const own = { ...address, id: "busy" };
    await busy(3).writeParts(own, parts(10));
    expect(itemCounts()).toEqual([1, 1, 1, 7]);
    expect(pauses).toHaveLength(3);
    expect(pauses[2]).toBeGreaterThan(pauses[0] ?? 0);
    expect(await connection.store.readParts(own, "")).toEqual(parts(10));
  });

  it("that DynamoDB never takes are a typed error", async () => {
    const write = busy(100, 0).writeParts({ ...address, id: "never" }, parts(20));
    await expect(write).rejects.toMatchObject({ code: "StoreUnavailable", retryable: true });
    expect(pauses).toHaveLength(7);
  });

  it("that DynamoDB takes one by one are written all, however long it takes", async () => {
    const own = { ...address, id: "slow" };
    await busy(100).writeParts(own, parts(20));
    expect(await connection.store.readParts(own, "")).toEqual(parts(20));
  });

  it("are removed in the same request as others are written", async () => {
    const { store, wiretap } = connection;
    const own = { ...address, id: "removed" };
    await store.writeParts(own, parts(3));
    wiretap.clear();
    await store.writeParts(own, parts(5).slice(3), ["P000", "P001"]);
    expect(itemCounts()).toEqual([4]);
    expect(await store.readParts(own, "")).toEqual(parts(5).slice(2));
  });

  it("a lost response leaves them written once", async () => {
    const { store, wiretap } = connection;
    wiretap.plan = (_, index) => (index === 0 ? "lostResponse" : "none");
    await store.writeParts({ ...address, id: "lost" }, parts(3));
    expect(await store.readParts({ ...address, id: "lost" }, "")).toEqual(parts(3));
  });
});

describe("requests", () => {
  const lease = { id: "l", fence: 1 };

  it("name only what a commit changes", async () => {
    const { store, wiretap } = emulator.connect();
    const address = { type: "Thing", id: "small" };
    await store.acquire(address, { leaseId: lease.id, nowMs: 1, untilMs: 2 });
    wiretap.clear();
    await store.commit(address, lease, { onVersion: 0, state: "1", release: false });
    await store.commit(address, lease, { onVersion: 1, outbox: "[]", failing: "", release: true });
    await store.commit(address, lease, { onVersion: 2, outbox: "", release: false });
    expect(wiretap.requests.map(({ input }) => input.UpdateExpression).slice(0, 2)).toEqual([
      "SET #version = :version, #state = :state",
      "SET #version = :version, #outbox = :outbox REMOVE #leaseId, #leaseUntil, #failing",
    ]);
  });

  it("name only what a release changes, and both keys of the index or neither", async () => {
    const { store, wiretap } = emulator.connect();
    const address = { type: "Thing", id: "released" };
    await store.release(address, lease, {});
    await store.release(address, lease, { outbox: "" });
    await store.release(address, lease, { outbox: "[1]", wakeAtMs: 5 });
    await store.release(address, lease, { wakeAtMs: null });
    await store.release(address, lease, { hasPieces: false });
    await store.renew(address, lease, 7);
    await store.renew(address, lease, 7, { hasPieces: true });
    const updates = wiretap.requests.filter(({ command }) => command === "UpdateItemCommand");
    expect(updates.map(({ input }) => input.UpdateExpression)).toEqual([
      "REMOVE #leaseId, #leaseUntil",
      "REMOVE #leaseId, #leaseUntil, #outbox",
      "SET #outbox = :outbox, #wakeShard = :wakeShard, #wakeAt = :wakeAt REMOVE #leaseId, #leaseUntil",
      "REMOVE #leaseId, #leaseUntil, #wakeShard, #wakeAt",
      "REMOVE #leaseId, #leaseUntil, #pieces",
      "SET #leaseUntil = :leaseUntil",
      "SET #leaseUntil = :leaseUntil, #pieces = :pieces",
    ]);
  });
});

describe("a head that may disappear", () => {
  const lease = { id: "l", fence: 1 };
  const address = { type: "Thing", id: "idle" };

  it("has the attribute that the table's time to live looks at, in seconds, rounded up; others do not", async () => {
    const { store, documents, table } = emulator.connect();
    const item = async () => {
      const Key = { pk: "Thing/idle", sk: "HEAD" };
      return (await documents.send(new GetCommand({ TableName: table, Key }))).Item;
    };
    await store.acquire(address, { leaseId: lease.id, nowMs: 1, untilMs: 2 });
    const fields = { usedAtMs: 1_800_000_000_001, expiresAtMs: 1_800_000_060_001 };
    await store.commit(address, lease, { onVersion: 0, ...fields, release: false });
    expect(await item()).toMatchObject({ usedAt: 1_800_000_000_001, expiresAt: 1_800_000_061 });
    await store.release(address, lease, { usedAtMs: null, expiresAtMs: null });
    for (const attribute of ["usedAt", "expiresAt"]) expect(await item()).not.toHaveProperty(attribute);
  });

  it.each([{ usedAt: "5" }, { expiresAt: true }])("is corrupt with %j", async (attributes) => {
    const { store, documents, table } = emulator.connect();
    const item = { pk: "Thing/odd", sk: "HEAD", fence: 1, ...attributes };
    await documents.send(new PutCommand({ TableName: table, Item: item }));
    await expect(store.read({ type: "Thing", id: "odd" }, { consistent: true })).rejects.toMatchObject({
      code: "CorruptState",
      details: { key: "Thing/odd HEAD" },
    });
  });
});

describe("the index of actors that are due", () => {
  const lease = { id: "l", fence: 1 };

  it("costs nothing when a commit leaves the moment alone, where the endpoint counts it", async () => {
    const { store, documents } = emulator.connect();
    const units: number[] = [];
    interpose(documents, "UpdateItemCommand", async (input, send) => {
      const output = await send({ ...input, ReturnConsumedCapacity: "INDEXES" });
      const { GlobalSecondaryIndexes: indexes } = output.ConsumedCapacity as ConsumedCapacity;
      units.push(indexes?.wakes?.CapacityUnits ?? 0);
      return output;
    });
    const address = { type: "Thing", id: "units" };
    const commit = (onVersion: number, fields: Partial<Commit>) =>
      store.commit(address, lease, { onVersion, release: false, ...fields });
    await store.acquire(address, { leaseId: lease.id, nowMs: 1, untilMs: 2 });
    await commit(0, { wakeAtMs: 5 });
    if (units[1] === 0) return; // dynalite does not count it.
    await commit(1, { state: "1", outbox: "[1]", reminders: "[2]" });
    await commit(2, { wakeAtMs: 6 });
    await commit(3, { outbox: "", release: true });
    await store.acquire(address, { leaseId: lease.id, nowMs: 1, untilMs: 2 });
    await store.renew(address, { id: lease.id, fence: 2 }, 3);
    await store.release(address, { id: lease.id, fence: 2 }, { outbox: "" });
    expect(units).toEqual([0, 1, 0, 2, 0, 0, 0, 0]);
  });

  it("shows heads alone, whatever else has its keys", async () => {
    const { store, documents, table } = emulator.connect();
    const keys = { wakeShard: 3, wakeAt: 1 };
    for (const [pk, sk] of [
      ["Thing/foreign", "OTHER"],
      ["foreign", "HEAD"],
      ["Thing/own", "HEAD"],
    ]) {
      await documents.send(new PutCommand({ TableName: table, Item: { pk, sk, fence: 1, ...keys } }));
    }
    expect(await store.readDue(3, 1)).toEqual({
      due: [{ address: { type: "Thing", id: "own" }, wakeAtMs: 1 }],
    });
  });

  describe("that a table made for an earlier release lacks", () => {
    let documents: DynamoDBDocumentClient;
    let table: string;
    let store: DynamoStore;
    const address = { type: "Thing", id: "old" };

    beforeEach(async () => {
      ({ documents } = emulator.connect());
      table = `Old-${randomUUID()}`;
      store = new DynamoStore(documents, table);
      await documents.send(
        new CreateTableCommand({
          TableName: table,
          BillingMode: "PAY_PER_REQUEST",
          AttributeDefinitions: ["pk", "sk"].map((name) => ({ AttributeName: name, AttributeType: "S" })),
          KeySchema: [
            { AttributeName: "pk", KeyType: "HASH" },
            { AttributeName: "sk", KeyType: "RANGE" },
          ],
        }),
      );
      await waitUntilTableExists({ client: documents, maxWaitTime: 30, minDelay: 1 }, { TableName: table });
    });

    it("is a typed error that says what to add", async () => {
      await expect(store.readDue(0, 1)).rejects.toMatchObject({
        code: "InternalError",
        retryable: false,
        message: expect.stringMatching(
          new RegExp(`table "${table}" lacks the index "wakes".*"wakeShard".*"wakeAt"`),
        ),
        details: { table, index: "wakes" },
      });
    });

    it("does not keep the moment from being written, for the time when it is added", async () => {
      await store.acquire(address, { leaseId: lease.id, nowMs: 1, untilMs: 2 });
      await store.commit(address, lease, { onVersion: 0, wakeAtMs: 5, release: true });
      const { Item: item } = await documents.send(
        new GetCommand({ TableName: table, Key: { pk: "Thing/old", sk: "HEAD" } }),
      );
      expect(item).toMatchObject({ wakeAt: 5, wakeShard: expect.any(Number) });
    });

    it.each([{ reminders: 1 }, { wakeAt: "5", wakeShard: 1 }, { wakeAt: 5, wakeShard: "1" }])(
      "a head with %j is corrupt",
      async (attributes) => {
        const item = { pk: "Thing/old", sk: "HEAD", fence: 1, ...attributes };
        await documents.send(new PutCommand({ TableName: table, Item: item }));
        await expect(store.read(address, { consistent: true })).rejects.toMatchObject({
          code: "CorruptState",
          details: { key: "Thing/old HEAD" },
        });
      },
    );
  });
});

it.each(["store", "calls"] as const)(
  "%s: a table that does not exist is a typed error that names its variable",
  async (port) => {
    const { documents } = emulator.connect();
    const store = new DynamoStore(documents, "Missing");
    const read = {
      store: () => store.read({ type: "Thing", id: "t" }, { consistent: true }),
      calls: () => new DynamoCalls(documents, "Missing").read("c"),
    };
    await expect(read[port]()).rejects.toMatchObject({
      code: "InternalError",
      message: expect.stringContaining(
        port === "store" ? "DURABLE_TABLE names it" : "WORKFLOW_TABLE names it",
      ),
    });
  },
);
