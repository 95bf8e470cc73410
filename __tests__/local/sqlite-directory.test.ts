import { LocalDatabase } from "../../lib/local/database";
import { SqliteDirectory } from "../../lib/local/sqlite-directory";
import { SqliteStore } from "../../lib/local/sqlite-store";
import { directoryContract } from "../contract/directory-contract";

const databases: LocalDatabase[] = [];
afterEach(() => Promise.all(databases.splice(0).map((database) => database.close())));

function connect() {
  const database = new LocalDatabase(":memory:");
  databases.push(database);
  return { database, store: new SqliteStore(database), directory: new SqliteDirectory(database) };
}

describe("the directory on SQLite", () => {
  directoryContract(connect);

  it("counts the actors of each type that have a state", async () => {
    const { store, directory } = connect();
    for (const [type, id] of [
      ["Counter", "a"],
      ["Counter", "b/c"],
      ["Order", "a"],
    ] as const) {
      await store.acquire({ type, id }, { leaseId: "l", nowMs: 1, untilMs: 2 });
      const commit = { onVersion: 0, state: "{}", schema: 1, release: true };
      await store.commit({ type, id }, { id: "l", fence: 1 }, commit);
    }
    await store.acquire({ type: "New", id: "a" }, { leaseId: "l", nowMs: 1, untilMs: 2 });
    expect(await directory.counts()).toEqual({ Counter: 2, Order: 1 });
  });

  it("goes through the keys from where a page ended, not from the beginning", () => {
    const { database } = connect();
    const prepare = jest.spyOn(database, "prepare");
    new SqliteDirectory(database);
    const [list = ""] = prepare.mock.calls.map(([sql]) => sql).filter((sql) => /\$after/.test(sql));
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${list}`).all();
    expect(plan.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/^SEARCH head USING PRIMARY KEY \(key>\? AND key<\?\)/),
    ]);
  });
});
