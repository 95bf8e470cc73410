import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { QueueUnavailable } from "../../lib/errors";
import { LocalDatabase } from "../../lib/local/database";
import { SqliteStore } from "../../lib/local/sqlite-store";
import { storeContract } from "../contract/store-contract";
import { FakeClock } from "../support/fake-clock";

const databases: LocalDatabase[] = [];
function open(file = ":memory:"): LocalDatabase {
  const database = new LocalDatabase(file);
  databases.push(database);
  return database;
}
afterEach(() => Promise.all(databases.splice(0).map((database) => database.close())));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "durable-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const address = { type: "Thing", id: "t" };

describe("the store on SQLite", () => {
  storeContract(() => new SqliteStore(open()));

  it("drops expired parts in passing, a bounded number at a time", async () => {
    const clock = new FakeClock();
    const store = new SqliteStore(open(), clock);
    const expiresAtMs = clock.now() + 1_000;
    const parts = Array.from({ length: 150 }, (_, index) => ({ name: `P${index}`, body: "", expiresAtMs }));
    await store.writeParts(address, parts);
    await clock.advance(1_000);
    await store.writeParts(address, []);
    expect(await store.readParts(address, "P")).toHaveLength(50);
    await store.writeParts(address, []);
    expect(await store.readParts(address, "P")).toEqual([]);
  });

  it("drops heads that have expired in passing, but for those that somebody works on, and what is dropped begins anew", async () => {
    const clock = new FakeClock();
    const store = new SqliteStore(open(), clock);
    const take = async (id: string) => {
      const at = { type: "Thing", id };
      const times = { nowMs: clock.now(), untilMs: clock.now() + 5_000 };
      const acquired = await store.acquire(at, { leaseId: id, ...times });
      if (!acquired.acquired) throw new Error("busy");
      const { fence, version } = acquired.head;
      const lease = { id, fence };
      return (expiresAtMs: number, release = true) =>
        store.commit(at, lease, { onVersion: version, state: "1", schema: 1, expiresAtMs, release });
    };
    const isThere = async (id: string) => (await store.read({ type: "Thing", id })) !== undefined;
    const soonMs = clock.now() + 1_000;
    for (const id of ["expired", "held", "zombie"]) await (await take(id))(soonMs);
    await (await take("later"))(soonMs + 1);
    await take("lasting");
    const late = await take("zombie");
    clock.freeze(1_000);
    await take("held");
    await (await take("other"))(soonMs + 9_000);
    expect(await Promise.all(["expired", "held", "later", "lasting", "other"].map(isThere))).toEqual([
      false,
      true,
      true,
      true,
      true,
    ]);
    // Once its lease has ended, nobody works on it any more: it goes, and its late commit does not bring it back.
    clock.freeze(5_000);
    await (await take("other"))(soonMs + 99_000);
    expect(await isThere("zombie")).toBe(false);
    const begun = await store.acquire(
      { type: "Thing", id: "zombie" },
      { leaseId: "n", nowMs: 0, untilMs: 1 },
    );
    expect(begun).toMatchObject({ acquired: true, head: { version: 0, fence: 1 } });
    expect(await late(soonMs + 99_000)).toMatchObject({
      committed: false,
      current: { leaseId: "n", version: 0 },
    });
  });

  it("drops a bounded number of heads at a time, by their index", async () => {
    const clock = new FakeClock();
    const database = open();
    const prepare = jest.spyOn(database, "prepare");
    const store = new SqliteStore(database, clock);
    const commit = async (id: string, expiresAtMs: number) => {
      const at = { type: "Thing", id };
      await store.acquire(at, { leaseId: "l", nowMs: 1, untilMs: 2 });
      await store.commit(at, { id: "l", fence: 1 }, { onVersion: 0, expiresAtMs, release: true });
    };
    for (let n = 0; n < 150; n++) await commit(`t${n}`, clock.now() + 1_000);
    clock.freeze(1_000);
    const left = () => database.read(() => database.prepare("SELECT count(*) AS n FROM head").get()?.n);
    await commit("one", clock.now() + 1_000);
    expect(left()).toBe(51);
    await commit("two", clock.now() + 1_000);
    expect(left()).toBe(2);
    const [drop = ""] = prepare.mock.calls.map(([sql]) => sql).filter((sql) => /DELETE FROM head/.test(sql));
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${drop}`).all();
    expect(plan.map(({ detail }) => detail).join("\n")).toMatch(/USING (COVERING )?INDEX head_expiry/);
  });

  it("reads parts by the primary key alone", () => {
    const database = open();
    const prepare = jest.spyOn(database, "prepare");
    new SqliteStore(database);
    const reads = prepare.mock.calls
      .map(([sql]) => sql)
      .filter((sql) => /SELECT .* FROM part WHERE key/.test(sql));
    expect(reads).toHaveLength(2);
    for (const sql of reads) {
      const [plan, ...more] = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
      expect(plan?.detail).toMatch(/^SEARCH part USING PRIMARY KEY \(key=\? AND name/);
      expect(more).toEqual([]);
    }
  });

  it("reads actors that are due by their index alone, without sorting", () => {
    const database = open();
    const prepare = jest.spyOn(database, "prepare");
    new SqliteStore(database);
    const [read = "", ...others] = prepare.mock.calls
      .map(([sql]) => sql)
      .filter((sql) => /SELECT[^;]*FROM head\s+WHERE wake_at_ms/.test(sql));
    expect(others).toEqual([]);
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${read}`).all();
    expect(plan.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^SEARCH head USING COVERING INDEX head_wake \(/),
    ]);
  });

  it("opens a file of version 0.1.0, whose heads have neither effects nor reminders nor failing message", async () => {
    const file = join(folder, "old.db");
    const old = new DatabaseSync(file);
    old.exec(`
      CREATE TABLE head (
        key TEXT PRIMARY KEY, version INTEGER NOT NULL DEFAULT 0, fence INTEGER NOT NULL, lease_id TEXT,
        lease_until_ms INTEGER, state TEXT, schema INTEGER, inbox TEXT NOT NULL DEFAULT '',
        spilled INTEGER NOT NULL DEFAULT 0
      ) WITHOUT ROWID;
      INSERT INTO head (key, version, fence, state, schema) VALUES ('Thing/t', 7, 9, '{"n":7}', 1);
    `);
    old.close();

    // Twice: the second finds the columns there.
    for (const round of [1, 2]) {
      const database = new LocalDatabase(file);
      const store = new SqliteStore(database);
      expect(await store.read(address)).toMatchObject({
        version: 6 + round,
        state: { text: '{"n":7}', schema: 1 },
        failing: "",
        outbox: round === 1 ? "" : "[1]",
        reminders: round === 1 ? "" : "[2]",
      });
      const due = round === 1 ? [] : [{ address, wakeAtMs: 5 }];
      expect(await store.readDue(0, 5)).toEqual({ due });
      const acquired = await store.acquire(address, { leaseId: "l", nowMs: 1, untilMs: 2 });
      if (!acquired.acquired) throw new Error("busy");
      const { fence, version } = acquired.head;
      const written = { outbox: "[1]", reminders: "[2]", wakeAtMs: 5 };
      await store.commit(address, { id: "l", fence }, { onVersion: version, ...written, release: true });
      await database.close();
    }
  });
});

describe("the file behind the embedded engine", () => {
  it("is refused as corrupt when it is something else", () => {
    const file = join(folder, "text.db");
    writeFileSync(file, "a text file, long enough not to be taken for an empty database");
    expect(() => new LocalDatabase(file)).toThrow(
      expect.objectContaining({ code: "CorruptState", details: { file } }),
    );
  });

  it("is unavailable when it cannot be opened", () => {
    const file = join(folder, "missing", "state.db");
    expect(() => new LocalDatabase(file)).toThrow(
      expect.objectContaining({ code: "StoreUnavailable", details: { file } }),
    );
  });

  it("finishes what was asked for before it closes", async () => {
    const file = join(folder, "state.db");
    const database = new LocalDatabase(file);
    const store = new SqliteStore(database);
    const written = Promise.all(
      Array.from({ length: 20 }, (_, index) => store.writeParts(address, [{ name: `P${index}`, body: "" }])),
    );
    await database.close();
    await written;
    expect(await new SqliteStore(open(file)).readParts(address, "P")).toHaveLength(20);
  });

  it("writes all or nothing of a transaction", async () => {
    const { database, insert, count } = numbers();
    const twice = database.write(
      () => {
        insert.run({ n: 1 });
        insert.run({ n: 1 });
      },
      { atomic: true },
    );
    await expect(twice).rejects.toMatchObject({ code: "StoreUnavailable", retryable: true });
    expect(count()).toBe(0);
    await database.write(() => insert.run({ n: 1 }));
    expect(count()).toBe(1);
  });

  it("tells everybody in a transaction that it failed, each by its own kind of error", async () => {
    const { database, insert, count } = numbers();
    // The first two of a round do not wait for others.
    const direct = [1, 2].map((n) => database.write(() => insert.run({ n })));
    const grouped = [
      database.write(() => insert.run({ n: 3 })),
      database.write(() => insert.run({ n: 1 }), { failure: QueueUnavailable }),
    ];
    await Promise.all(direct);
    const [first, second] = await Promise.allSettled(grouped);
    expect(first).toMatchObject({ status: "rejected", reason: { code: "StoreUnavailable" } });
    expect(second).toMatchObject({ status: "rejected", reason: { code: "QueueUnavailable" } });
    expect(count()).toBe(2);
  });

  function numbers() {
    const database = open();
    database.define("CREATE TABLE number (n INTEGER PRIMARY KEY)");
    const insert = database.prepare("INSERT INTO number VALUES ($n)");
    const all = database.prepare("SELECT n FROM number");
    return { database, insert, count: () => database.read(() => all.all()).length };
  }
});
