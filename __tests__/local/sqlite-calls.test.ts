import { LocalDatabase } from "../../lib/local/database";
import { SqliteCalls } from "../../lib/local/sqlite-calls";
import { trackedCallsContract } from "../contract/tracked-calls-contract";
import { FakeClock } from "../support/fake-clock";

const databases: LocalDatabase[] = [];
function open(): LocalDatabase {
  const database = new LocalDatabase(":memory:");
  databases.push(database);
  return database;
}
afterEach(() => Promise.all(databases.splice(0).map((database) => database.close())));

describe("tracked calls on SQLite", () => {
  trackedCallsContract(() => new SqliteCalls(open()));

  const callOf = (callId: string, expiresMs: number) => ({
    callId,
    address: { type: "Thing", id: "t" },
    method: "run",
    startedMs: 1,
    expiresMs,
  });

  it("drops rows that have expired, when another call is opened", async () => {
    const clock = new FakeClock();
    const calls = new SqliteCalls(open(), clock);
    await calls.open(callOf("short", clock.now() + 1_000));
    await calls.open(callOf("long", clock.now() + 3_000));
    await clock.advance(1_000);
    await calls.open(callOf("next", clock.now() + 1_000));
    expect(await calls.read("short")).toBeUndefined();
    expect(
      await calls.settle("short", { outcome: { status: "failed", error: "" }, settledMs: 1, expiresMs: 1 }),
    ).toBe("unknown");
    expect(await calls.read("long")).toBeDefined();
  });

  it("keeps a row for as long as its outcome says", async () => {
    const clock = new FakeClock();
    const calls = new SqliteCalls(open(), clock);
    await calls.open(callOf("c", clock.now() + 1_000));
    const outcome = { status: "succeeded", result: "1" } as const;
    await calls.settle("c", { outcome, settledMs: clock.now(), expiresMs: clock.now() + 5_000 });
    await clock.advance(1_000);
    await calls.open(callOf("next", clock.now() + 1_000));
    expect((await calls.read("c"))?.outcome).toEqual(outcome);
  });
});
