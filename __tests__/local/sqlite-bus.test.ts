/** The embedded engine's bus: what every bus does, its log, and what its listeners wait for. */
import { LocalDatabase } from "../../lib/local/database";
import { SqliteBus } from "../../lib/local/sqlite-bus";
import { drain, eventBusContract, eventOf, eventOfBytes, idsIn } from "../contract/event-bus-contract";
import { testDatabases } from "../support/databases";
import { FakeClock, settle } from "../support/fake-clock";
import { openLocal } from "../support/local-ports";

const databases = testDatabases();
const { open } = databases;
let clock: FakeClock;

beforeEach(() => {
  clock = new FakeClock();
});

const busOn = (database: LocalDatabase) => new SqliteBus(database, clock);
/** Sorted: deliveries have no order. */
const deliveredIds = async (bus: SqliteBus) => idsIn(await drain(bus.deliveries, 10)).sort();
const loggedIds = (bus: SqliteBus) => bus.published().map(({ id }) => id);

describe.each([
  ["in memory", () => ":memory:"],
  ["in a file", () => databases.file],
])("a bus on SQLite %s", (_, place) => {
  const connect = () => {
    const bus = busOn(open(place()));
    return {
      bus,
      delivered: (count: number) => drain(bus.deliveries, count),
      taken: () => loggedIds(bus),
    };
  };
  eventBusContract(connect);
});

describe("the log", () => {
  it("says what was published, in order, to the millisecond", async () => {
    const bus = busOn(open());
    expect(bus.published()).toEqual([]);
    await bus.publish(eventOf("e1", { detail: '{"n": [1, {"deep": null}]}', timeMs: 1_800_000_000_001 }));
    await bus.publish(eventOf("e2", { source: "shop", detailType: "Opened", detail: "{}", timeMs: 0 }));
    expect(bus.published()).toEqual([
      {
        position: 1,
        id: "e1",
        source: "durable-lambda.Order",
        detailType: "OrderShipped",
        detail: { n: [1, { deep: null }] },
        timeMs: 1_800_000_000_001,
      },
      { position: 2, id: "e2", source: "shop", detailType: "Opened", detail: {}, timeMs: 0 },
    ]);
  });

  it("keeps the order of events that were not awaited one by one, and an event as often as it was published", async () => {
    const bus = busOn(open());
    const ids = ["e1", "e2", "e1", "e3", "e1"];
    await Promise.all(ids.map((id) => bus.publish(eventOf(id))));
    expect(loggedIds(bus)).toEqual(ids);
  });

  it("tells the newest, and those behind one that was seen", async () => {
    const bus = busOn(open());
    for (const id of ["e1", "e2", "e3", "e4"]) await bus.publish(eventOf(id));
    const ids = (options: Parameters<typeof bus.published>[0]) => bus.published(options).map(({ id }) => id);
    expect(ids({ limit: 2 })).toEqual(["e3", "e4"]);
    expect(ids({ after: 2 })).toEqual(["e3", "e4"]);
    expect(ids({ after: 1, limit: 2 })).toEqual(["e3", "e4"]);
    expect(ids({ after: 4 })).toEqual([]);
  });

  it("holds what is delivered, and nothing that is refused", async () => {
    const bus = busOn(open());
    const events = [
      eventOf("e1"),
      eventOf("e2", { detail: "[]" }),
      eventOf("e3", { source: "aws.s3" }),
      eventOfBytes("e4", bus.maxEventBytes + 1),
      eventOf("e5"),
    ];
    await Promise.allSettled(events.map((event) => bus.publish(event)));
    expect(loggedIds(bus)).toEqual(["e1", "e5"]);
    expect(await deliveredIds(bus)).toEqual(["e1", "e5"]);
  });

  it("keeps the newest 10,000", async () => {
    const database = open();
    const bus = busOn(database);
    const ids = Array.from({ length: 10_002 }, (_, index) => `e${index}`);
    await Promise.all(ids.map((id) => bus.publish(eventOf(id))));
    expect(loggedIds(bus)).toEqual(ids.slice(2));
    const rows = database.prepare("SELECT count(*) AS rows FROM event");
    expect(database.read(() => rows.get())).toEqual({ rows: 10_000 });
  });

  it("is in the file: what a process published before it ended is there, and on its way", async () => {
    const before = new LocalDatabase(databases.file);
    await busOn(before).publish(eventOf("e1"));
    await before.close();
    const bus = busOn(open(databases.file));
    await bus.publish(eventOf("e2"));
    expect(loggedIds(bus)).toEqual(["e1", "e2"]);
    expect(await deliveredIds(bus)).toEqual(["e1", "e2"]);
  });
});

describe("deliveries", () => {
  it("end the wait of who listens, without time passing", async () => {
    const bus = busOn(open());
    const received = bus.deliveries.receive({ max: 10, waitMs: 20_000, hideMs: 30_000 });
    await settle();
    await bus.publish(eventOf("e1"));
    expect(idsIn((await received).map(({ body }) => JSON.parse(body)))).toEqual(["e1"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("are made again while nobody takes them off: with the id that they have", async () => {
    const bus = busOn(open());
    await bus.publish(eventOf("e1"));
    const [first] = await bus.deliveries.receive({ max: 10, waitMs: 0, hideMs: 1_000 });
    await clock.advance(1_000);
    const [again] = await bus.deliveries.receive({ max: 10, waitMs: 0, hideMs: 1_000 });
    expect(again).toMatchObject({ body: first?.body, receiveCount: 2 });
  });

  it("have room for every event, however its text is written", async () => {
    const bus = busOn(open());
    // Written anew, each of these numbers would have 22 characters.
    const detail = `{"metadata":{"eventId":"e1"},"numbers":[${Array(50_000).fill("1e20").join()}]}`;
    await bus.publish(eventOf("e1", { detail }));
    const [delivery] = await drain(bus.deliveries, 1);
    expect(delivery?.detail).toEqual(JSON.parse(detail));
  });
});

it.each(["event", "queue_message"])(
  "fails as unavailable, with nothing written, when the table %s cannot be",
  async (table) => {
    const database = open();
    const bus = busOn(database);
    await database.write(() => database.prepare(`ALTER TABLE ${table} RENAME TO lost`).run());
    await expect(bus.publish(eventOf("e1"))).rejects.toMatchObject({
      code: "BusUnavailable",
      retryable: true,
    });
    await database.write(() => database.prepare(`ALTER TABLE lost RENAME TO ${table}`).run());
    await bus.publish(eventOf("e1"));
    expect(await deliveredIds(bus)).toEqual(["e1"]);
    expect(loggedIds(bus)).toEqual(["e1"]);
  },
);

it("fails as unavailable when the log cannot be read", async () => {
  const database = open();
  const bus = busOn(database);
  await database.write(() => database.prepare("DROP TABLE event").run());
  expect(() => bus.published()).toThrow(expect.objectContaining({ code: "BusUnavailable", retryable: true }));
});

it("is one of the engine's ports, on the file of the others", async () => {
  const [here, there] = [openLocal({ file: databases.file }), openLocal({ file: databases.file })];
  await here.bus.publish(eventOf("e1"));
  expect(there.bus.published()).toMatchObject([{ id: "e1" }]);
  expect(await deliveredIds(there.bus)).toEqual(["e1"]);
  await Promise.all([here.close(), there.close()]);
});
