/**
 * The handlers of the README that this project began with (MIT, "Do whatever you want with it"): in `fixtures/seed-form`, as they are
 * there but for the package's name. Each is invoked as Lambda would, and answers what that page says.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { durable, type RouterHandler } from "durable-lambda";
import { drain } from "./support/batches";
import { type LocalPorts, openLocal } from "./support/local-ports";
import { silentLog } from "./support/process";

const FOLDER = join(__dirname, "fixtures/seed-form");

let local: LocalPorts;
let nowMs: number;

beforeEach(() => {
  local = openLocal();
  nowMs = Date.UTC(2026, 10, 30);
  // The handlers ask for the time themselves. The runtime's own clock goes on.
  jest.spyOn(Date, "now").mockImplementation(() => nowMs);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await local.close();
});

/** A new process that has loaded a handler. Its file knows nothing of ports: on Lambda the environment names them. */
function start(name: string): RouterHandler {
  let handler: RouterHandler | undefined;
  jest.isolateModules(() => {
    jest.doMock("durable-lambda", () => ({
      durable: (handle: Parameters<typeof durable>[0]) => durable(handle, { ...local, log: silentLog }),
    }));
    ({ handler } = require(join(FOLDER, name)) as { handler: RouterHandler });
  });
  jest.dontMock("durable-lambda");
  return handler as RouterHandler;
}

/** What Lambda carries of a value. */
const carried = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? "null");

let requests = 0;
/** Lambda's `invoke`, as the page calls it. */
async function invoke(handler: RouterHandler, event: object): Promise<unknown> {
  const context = { getRemainingTimeInMillis: () => 60_000, awsRequestId: `request ${requests++}` };
  return carried(await handler(carried(event), context));
}

/** Sync calls of one actor. */
const callerOf =
  (handler: RouterHandler, actorId: string) =>
  (payload: object): Promise<unknown> =>
    invoke(handler, { actorId, payload, sync: true });

test("there are seven of them, and each has a test", () => {
  expect(readdirSync(FOLDER)).toEqual([
    "circuit-breaker.ts",
    "counter.ts",
    "cron.ts",
    "leaderboard.ts",
    "order.ts",
    "quick-start.ts",
    "rate-limiter.ts",
  ]);
});

test("the quick start: a sync call has its result, an async one changes the state later", async () => {
  const handler = start("quick-start");
  const call = callerOf(handler, "counter-123");
  expect(await call({ action: "increment", amount: 5 })).toEqual({ count: 5 });
  const receipt = await invoke(handler, { actorId: "counter-123", payload: { action: "increment" } });
  expect(receipt).toEqual({ callId: expect.any(String) });
  expect(await call({})).toEqual({ count: 5 });
  expect(await drain(handler, local)).toBe(1);
  expect(await call({})).toEqual({ count: 6 });
  expect(await callerOf(handler, "counter-124")({})).toEqual({ count: 0 });
});

test("the counter keeps its last hundred values, whichever process counts", async () => {
  const processes = [start("counter"), start("counter")];
  await invoke(processes[0] as RouterHandler, {
    actorId: "counter-1",
    payload: { action: "increment", amount: 5 },
  });
  await drain(processes[1] as RouterHandler, local);
  const calls = processes.map((handler) => callerOf(handler, "counter-1"));
  expect(await calls[0]?.({ action: "get" })).toEqual({ count: 5, history: [5] });

  const counts = await Promise.all(
    Array.from({ length: 120 }, (_, index) => calls[index % 2]?.({ action: "increment" })),
  );
  const expected = Array.from({ length: 120 }, (_, index) => index + 6);
  expect(counts.map((answer) => (answer as { count: number }).count).sort((a, b) => a - b)).toEqual(expected);
  expect(await calls[1]?.({ action: "get" })).toEqual({ count: 125, history: expected.slice(-100) });
});

test("the rate limiter allows ten at once, and then one a second", async () => {
  const call = callerOf(start("rate-limiter"), "key-1");
  const check = async () => {
    nowMs++;
    return call({ action: "check" });
  };
  for (let remaining = 9; remaining >= 0; remaining--)
    expect(await check()).toEqual({ allowed: true, remaining });
  expect(await check()).toEqual({ allowed: false, remaining: 0 });
  nowMs += 1_000;
  expect(await check()).toEqual({ allowed: true, remaining: 0 });
  expect(await check()).toEqual({ allowed: false, remaining: 0 });
  nowMs += 60_000;
  expect(await call({})).toEqual({ tokens: 10 });
});

test("the leaderboard ranks: its Map is one in the next process, too", async () => {
  const call = callerOf(start("leaderboard"), "game-1");
  const scores = Array.from({ length: 12 }, (_, index) => ({ userId: `u${index}`, score: index * 10 }));
  for (const score of [...scores, { userId: "u3", score: 5 }]) {
    expect(await call({ action: "score", ...score })).toEqual({});
  }
  const other = callerOf(start("leaderboard"), "game-1");
  expect(await other({ action: "top10" })).toEqual({ topScores: scores.toReversed().slice(0, 10) });
  expect(await other({ action: "rank", userId: "u3" })).toEqual({ userId: "u3", score: 30, rank: 9 });
  expect(await other({ action: "rank", userId: "nobody" })).toEqual({ userId: "nobody", rank: null });
});

test("the order goes through its steps", async () => {
  const call = callerOf(start("order"), "order-1");
  // A new one has no status: Lambda leaves out what is undefined.
  expect(await call({})).toEqual({});
  expect(await call({ action: "create", orderId: "o-17" })).toEqual({ orderId: "o-17", status: "pending" });
  expect(await call({})).toEqual({ status: "pending" });
  expect(await call({ action: "process" })).toEqual({ orderId: "o-17", status: "completed" });
  expect(await callerOf(start("order"), "order-1")({})).toEqual({ status: "completed" });
});

test("the cron knows its jobs", async () => {
  const call = callerOf(start("cron"), "jobs");
  const job = { jobId: "j1", schedule: "hourly", interval: 3_600_000 };
  expect(await call({ action: "run", jobId: "j1" })).toEqual({});
  expect(await call({ action: "schedule", ...job })).toEqual({ jobId: "j1", scheduled: true });
  expect(await callerOf(start("cron"), "jobs")({ action: "run", jobId: "j1" })).toEqual({
    jobId: "j1",
    executed: true,
  });
});

test("the circuit breaker opens after five failures", async () => {
  const call = callerOf(start("circuit-breaker"), "api");
  expect(await call({})).toEqual({ status: "closed" });
  for (let failures = 1; failures < 5; failures++) {
    expect(await call({ action: "record-failure" })).toEqual({ status: "closed" });
  }
  expect(await call({ action: "record-success" })).toEqual({ status: "closed" });
  expect(await call({ action: "record-failure" })).toEqual({ status: "closed" });
  expect(await call({ action: "record-failure" })).toEqual({ status: "open" });
  expect(await call({ action: "record-success" })).toEqual({ status: "open" });
});
