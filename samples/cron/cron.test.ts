import { createTestApp, type TestApp } from "durable-lambda/testing";
import { Cron, type JobTime } from "./cron";
import { tasks } from "./tasks";
import { Worker } from "./worker";

let app: TestApp;
/** The idempotency keys that the task "count" was given, attempt by attempt. */
let attempts: string[];

beforeEach(() => {
  app = createTestApp([Cron, Worker], { now: new Date("2030-03-28T12:00:00Z") });
  attempts = [];
  tasks.set("count", (key) => void attempts.push(key));
});
afterEach(async () => {
  tasks.delete("count");
  await app.close();
});

const cron = () => app.client.actor(Cron).get("office");
const job = async (jobId: string) => (await cron().list()).find((status) => status.jobId === jobId);
/** The due times of the runs that a job's worker has done. */
const done = async (jobId: string) =>
  (await app.client.actor(Worker).get(`office/${jobId}`).runs()).map((dueAt) =>
    dueAt.toISOString().slice(5, 16),
  );

test("a job runs at its times, and is listed with its next run and its last", async () => {
  await cron().schedule("hourly", { every: "1h" }, "count");
  expect(await job("hourly")).toMatchObject({ nextRun: new Date("2030-03-28T13:00:00Z"), runs: [] });
  await app.clock.advance("3h");
  expect(await done("hourly")).toEqual(["03-28T13:00", "03-28T14:00", "03-28T15:00"]);
  expect(await job("hourly")).toMatchObject({
    what: "count",
    nextRun: new Date("2030-03-28T16:00:00Z"),
    lastRun: { dueAt: new Date("2030-03-28T15:00:00Z"), outcome: "done" },
  });
});

test("a time zone's clock counts, also when it changes", async () => {
  await cron().schedule("report", { cron: "0 9 * * *", timezone: "Europe/Berlin" }, "count");
  await app.clock.advance("4d");
  // Berlin is an hour ahead of UTC, and two from 31 March on.
  expect(await done("report")).toEqual(["03-29T08:00", "03-30T08:00", "03-31T07:00", "04-01T07:00"]);
});

test("a job that fails is recorded with the reason, goes on, and holds up no other", async () => {
  await cron().schedule("broken", { every: "1h" }, "back up");
  await cron().schedule("unknown", { every: "1h" }, "dance");
  await cron().schedule("sound", { every: "1h" }, "count");
  await app.clock.advance("2h");
  const failed = { outcome: "failed", reason: "the disk is full" };
  expect((await job("broken"))?.runs).toMatchObject([failed, failed]);
  expect(await job("unknown")).toMatchObject({ lastRun: { reason: 'There is no task "dance".' } });
  expect(await done("sound")).toHaveLength(2);

  tasks.set("dance", () => {});
  await app.clock.advance("1h");
  tasks.delete("dance");
  expect((await job("unknown"))?.runs.map(({ outcome }) => outcome)).toEqual(["failed", "failed", "done"]);
});

test("a process that dies in the middle of a job: the run is done once, its attempts have one key", async () => {
  tasks.set("count", async (key) => {
    attempts.push(key);
    if (attempts.length === 2) app.crash();
  });
  await cron().schedule("hourly", { every: "1h" }, "count");
  await app.clock.advance("3h");
  await app.clock.advance("1m");
  expect(await done("hourly")).toEqual(["03-28T13:00", "03-28T14:00", "03-28T15:00"]);
  expect(attempts).toHaveLength(4);
  expect(new Set(attempts).size).toBe(3);
  expect((await job("hourly"))?.runs.map(({ outcome }) => outcome)).toEqual(["done", "done", "done"]);
});

test("processes that die when a job is due: each due time has one run", async () => {
  await cron().schedule("hourly", { every: "1h" }, "count");
  for (let hour = 0; hour < 5; hour++) {
    const passing = app.clock.advance("1h");
    app.crash();
    await passing;
    app.crash();
  }
  await app.clock.advance("1m");
  const hours = ["13", "14", "15", "16", "17"].map((hour) => `03-28T${hour}:00`);
  expect(await done("hourly")).toEqual(hours);
});

test("a job that is scheduled again has its new time, and keeps its runs", async () => {
  await cron().schedule("job", { every: "1h" }, "count");
  await app.clock.advance("1h");
  await cron().schedule("job", { every: "1d" }, "count");
  await app.clock.advance("1d");
  expect(await done("job")).toEqual(["03-28T13:00", "03-29T13:00"]);
  expect((await job("job"))?.runs).toHaveLength(2);
});

test("a job that was taken away does not come again, nor does what a run of it tells", async () => {
  tasks.set("count", async (key) => {
    attempts.push(key);
    await app.client.actor(Cron).get("office").unschedule("job");
  });
  await cron().schedule("job", { every: "1h" }, "count");
  await app.clock.advance("5h");
  expect(attempts).toHaveLength(1);
  expect(await cron().list()).toEqual([]);
  expect(await cron().unschedule("job")).toBe(false);
  expect(await app.deadLetters.list()).toEqual([]);
});

test("only the last runs are kept", async () => {
  await cron().schedule("job", { every: "1m" }, "count");
  await app.clock.advance("30m");
  const { runs = [] } = (await job("job")) ?? {};
  expect(runs).toHaveLength(10);
  expect(runs.at(-1)?.dueAt).toEqual(new Date("2030-03-28T12:30:00Z"));
});

test("what is no time is refused, and the job stays as it was", async () => {
  await cron().schedule("job", { every: "1h" }, "count");
  const schedule = (time: JobTime) => cron().schedule("job", time, "tidy up");
  await expect(schedule({ cron: "every day" })).rejects.toMatchObject({ code: "UnexpectedEvent" });
  await expect(schedule({ cron: "@daily", timezone: "Mars" })).rejects.toMatchObject({
    code: "UnexpectedEvent",
  });
  await expect(schedule({ in: "1h" } as unknown as JobTime)).rejects.toMatchObject({
    code: "ValidationError",
  });
  expect(await job("job")).toMatchObject({ what: "count", nextRun: new Date("2030-03-28T13:00:00Z") });
});

test("who calls for a run by hand has none: it has no due time", async () => {
  await cron().schedule("job", { every: "1h" }, "count");
  await cron().begin("job");
  await app.settled();
  expect(attempts).toEqual([]);
});
