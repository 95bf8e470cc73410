/** One actor as people see it: what is stored, also when some of it cannot be read. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Actor, DurableActor, Method } from "durable-lambda";
import { type LocalApp, startLocal } from "durable-lambda/local";
import { systemClock } from "../../lib/clock";
import type { Inspection } from "../../lib/inspect/inspection";
import { LocalDatabase } from "../../lib/local/database";
import { localInspection } from "../../lib/local/inspection";
import { localPorts } from "../../lib/local/ports";
import { systemRandom } from "../../lib/random";

@Actor
class Parcel extends DurableActor {
  weight = 0;
  seen = new Map<string, Date>();
  notes: string[] = [];

  @Method
  weigh(weight: number): number {
    this.seen.set("scale", new Date(0));
    this.weight = weight;
    return weight;
  }
  @Method
  deliver(): void {
    this.ctx.remind("late", { in: "2d" }, "weigh", 7);
  }
  @Method
  grow(lines: number): void {
    this.notes = Array.from({ length: lines }, (_, index) => `${index} ${"x".repeat(100)}`);
  }
  @Method({ maxAttempts: 1 })
  drop(): never {
    throw new Error("it broke");
  }
  @Method
  burn(): void {
    this.ctx.destroy();
  }
}

const log = { debug() {}, info() {}, warn() {}, error() {} };
let folder: string;
let file: string;
let app: LocalApp;
let database: LocalDatabase;
let inspection: Inspection;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "durable-inspect-"));
  file = join(folder, "state.db");
  app = await startLocal({ actors: [Parcel], file, log });
  // As from another process.
  database = new LocalDatabase(file);
  inspection = localInspection(database, localPorts(database, systemClock, systemRandom), systemClock);
});
afterEach(async () => {
  await app.close();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

const parcel = () => app.client.actor(Parcel).get("p/1");
const view = () => inspection.actor({ type: "Parcel", id: "p/1" });

/** As only a defect, or somebody's hand, would do it. */
function damage(column: string, text: string): void {
  const connection = new DatabaseSync(file);
  connection.prepare(`UPDATE head SET ${column} = ? WHERE key = 'Parcel/p/1'`).run(text);
  connection.close();
}

it("shows the state with its types, and the calls that led to it, the newest first", async () => {
  await parcel().weigh(3);
  await parcel().weigh(5);
  const shown = await view();
  expect(shown).toMatchObject({
    type: "Parcel",
    id: "p/1",
    version: 2,
    fence: 2,
    schema: 1,
    state: { weight: 5, seen: { $map: [["scale", { $date: "1970-01-01T00:00:00.000Z" }]] }, notes: [] },
    reminders: [],
    outbox: [],
    applied: [
      { version: 2, result: "5" },
      { version: 1, result: "3" },
    ],
    hasOlderCalls: false,
    isLarge: false,
    unreadable: [],
  });
  expect(shown?.lease).toBeUndefined();
  expect(shown?.stateBytes).toBe(JSON.stringify(shown?.state).length);
  expect(JSON.parse(JSON.stringify(shown))).toEqual(shown);
});

it("shows what is due, and when", async () => {
  const beforeMs = Date.now();
  await parcel().deliver();
  const shown = await view();
  expect(shown?.reminders).toMatchObject([{ name: "late", method: "weigh", args: [7] }]);
  expect(shown?.wakeAtMs).toBeGreaterThanOrEqual(beforeMs + 2 * 86_400_000);
  expect(shown?.reminders[0]?.dueMs).toBe(shown?.wakeAtMs);
});

it("shows a large state whole", async () => {
  await parcel().grow(5_000);
  const shown = await view();
  expect(shown).toMatchObject({ isLarge: true, unreadable: [] });
  expect(shown?.state).toMatchObject({ notes: { length: 5_000 } });
  expect(shown?.stateBytes).toBeGreaterThan(500_000);
});

it("shows the message that failed, which is a dead letter then", async () => {
  await parcel().send().drop();
  const letters = async () => inspection.deadLetters.list();
  while ((await inspection.depths()).deadLetters.ready === 0) await new Promise(setImmediate);
  expect(await letters()).toMatchObject([{ actor: "Parcel", id: "p/1", reason: { message: "it broke" } }]);
  expect((await view())?.failing).toMatchObject({ attempts: 1, reason: { message: "it broke" } });
});

it("shows a destroyed actor as one without a state, and nothing of one that nobody touched", async () => {
  expect(await view()).toBeUndefined();
  await parcel().weigh(1);
  await parcel().burn();
  const shown = await view();
  expect(shown).toMatchObject({ version: 2, stateBytes: 0 });
  expect(shown).not.toHaveProperty("state");
});

it.each([
  ["state", "{ not JSON"],
  ["state", "#not.a.manifest"],
  ["state", "#7.0"],
  ["reminders", "[{}]"],
  ["outbox", '[{"kind":"new"}]'],
  ["inbox", "no line"],
  ["failing", "[]"],
])("names a %s that cannot be read, %p, and shows the rest", async (column, text) => {
  await parcel().weigh(5);
  damage(column, text);
  const shown = await view();
  expect(shown?.unreadable).toEqual([{ field: column, message: expect.stringMatching(/./) }]);
  expect(shown).toMatchObject({ version: 1, fence: 1 });
  if (column !== "state") expect(shown?.state).toMatchObject({ weight: 5 });
});

it("refuses an id that no actor can have", async () => {
  await expect(inspection.actor({ type: "Parcel", id: "" })).rejects.toMatchObject({
    code: "InvalidActorId",
  });
});
