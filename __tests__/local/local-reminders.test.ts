/** Reminders and events on the embedded engine, in real time: what a laptop does that has nobody else to do it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Actor, type ActorEvent, DurableActor, Method, On } from "durable-lambda";
import { type LocalApp, startLocal } from "durable-lambda/local";
import { systemClock } from "../../lib/clock";
import { gate } from "../support/fake-clock";
import { silentLog } from "../support/process";

const HOUR_MS = 3_600_000;
/** A machine may be busy; but the engine's own sweep, which comes every minute, is not what a reminder waits for. */
const MOST_LATE_MS = 10_000;

/** What alarms tell the test of. */
let rang = gate<{ dueMs: number; atMs: number }>();
let heard = gate<string>();
let isBroken = false;

@Actor
class Alarm extends DurableActor {
  rings = 0;
  failures: string[] = [];

  @Method set(inMs: number): void {
    this.ctx.remind("r", { in: inMs }, "ring");
  }
  @Method({ maxAttempts: 1 }) ring(): void {
    if (isBroken) throw new Error("The bell is broken.");
    this.rings++;
    this.ctx.emit("Rang", { by: this.ctx.actorId, when: this.ctx.now });
    rang.open({ dueMs: this.ctx.reminder?.dueAt.getTime() as number, atMs: Date.now() });
  }
  @On({ source: "durable-lambda.Alarm", detailType: "ReminderFailed", id: "detail.metadata.actorId" })
  failed({ detail }: ActorEvent<{ name: string; message: string }>): void {
    this.failures.push(detail.name);
    heard.open(detail.message);
  }
  /** Not readonly: it waits for a turn that has told the test of itself, and is still to be committed. */
  @Method seen(): { rings: number; failures: string[] } {
    return { rings: this.rings, failures: this.failures };
  }
}

@Actor
class Neighbour extends DurableActor {
  woken: Date[] = [];

  @On({ source: "durable-lambda.Alarm", detailType: "Rang", id: "detail.by" })
  listen({ detail }: ActorEvent<{ by: string; when: Date }>): void {
    this.woken.push(detail.when);
    heard.open(this.ctx.actorId);
  }
  @On({ source: "street", detailType: "Horn", id: "detail.house" }) wake({ id }: ActorEvent): void {
    heard.open(`${this.ctx.actorId} ${id}`);
  }
  @Method times(): Date[] {
    return this.woken;
  }
}

let folder: string;
let file: string;
let app: LocalApp;

beforeEach(async () => {
  rang = gate();
  heard = gate();
  isBroken = false;
  folder = mkdtempSync(join(tmpdir(), "durable-test-"));
  file = join(folder, "state.db");
  app = await start();
});
afterEach(async () => {
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

/** @param laterMs how far the app's clock is ahead: so much time has passed since the last one was closed */
function start(laterMs = 0): Promise<LocalApp> {
  const clock = { ...systemClock, now: () => Date.now() + laterMs };
  return startLocal({ actors: [Alarm, Neighbour], file, log: silentLog, clock });
}

const alarm = () => app.client.actor(Alarm).get("a");

it("a reminder comes at its time: not before it, and soon after it", async () => {
  const setMs = Date.now();
  await alarm().set(50);
  const { dueMs, atMs } = await rang.opened;
  expect(dueMs).toBeGreaterThanOrEqual(setMs + 50);
  expect(atMs).toBeGreaterThanOrEqual(dueMs);
  expect(atMs - dueMs).toBeLessThan(MOST_LATE_MS);
  expect(await alarm().seen()).toMatchObject({ rings: 1 });
});

it("a reminder that is due while the app is closed comes when it is started again, once", async () => {
  await alarm().set(HOUR_MS);
  await app.close();
  app = await start(2 * HOUR_MS);
  await rang.opened;
  expect(await alarm().seen()).toMatchObject({ rings: 1 });
  await app.close();
  app = await start(3 * HOUR_MS);
  expect(await alarm().seen()).toMatchObject({ rings: 1 });
});

it("a reminder that is due after a restart comes at its time", async () => {
  await alarm().set(300);
  await app.close();
  app = await start();
  const { dueMs, atMs } = await rang.opened;
  expect(atMs).toBeGreaterThanOrEqual(dueMs);
  expect(atMs - dueMs).toBeLessThan(MOST_LATE_MS);
});

it("a reminder for another day does not keep the app from closing", async () => {
  await alarm().set(24 * HOUR_MS);
  const beganMs = performance.now();
  await app.close();
  expect(performance.now() - beganMs).toBeLessThan(2_000);
});

it("a reminder that fails for good is a dead letter and an event, which actors hear; redriven, it comes once", async () => {
  isBroken = true;
  await alarm().set(1);
  expect(await heard.opened).toBe("The bell is broken.");
  const [letter] = await app.deadLetters.list({ actor: "Alarm", id: "a" });
  expect(letter).toMatchObject({ method: "ring", reason: { message: "The bell is broken.", attempts: 1 } });
  isBroken = false;
  heard = gate();
  expect(await app.deadLetters.redrive({ callId: letter?.callId as string })).toBe(1);
  expect(await heard.opened).toBe("a");
  expect(await alarm().seen()).toEqual({ rings: 1, failures: ["r"] });
});

it("what a reminder publishes reaches the actor that listens, with its types", async () => {
  await alarm().set(1);
  expect(await heard.opened).toBe("a");
  const [when] = await app.client.actor(Neighbour).get("a").times();
  expect(when).toBeInstanceOf(Date);
});

it("what a client publishes reaches the actor that listens", async () => {
  const { eventId } = await app.client.emit("Horn", { house: "12" }, { source: "street" });
  expect(await heard.opened).toBe(`12 ${eventId}`);
});
