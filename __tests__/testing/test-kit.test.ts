/** The test kit itself, as users of it see it: time, crashes, seeds, and what it leaves behind. */
import { once } from "node:events";
import { text } from "node:stream/consumers";
import {
  Actor,
  type ActorEvent,
  CallTimeout,
  DurableActor,
  InvalidDefinition,
  type Logger,
  Method,
  On,
  TransportError,
  UnexpectedEvent,
} from "durable-lambda";
import { createTestApp, type TestApp, type TestAppOptions } from "durable-lambda/testing";
import { gate } from "../support/fake-clock";
import { startScript } from "../support/script";

/** What happened in all actors of a test, in the order in which it did. */
let journal: string[] = [];
let held = gate();
let isHeld = gate();
/** How often `flaky` is to fail yet. */
let failures = 0;

@Actor
class Diary extends DurableActor {
  entries: string[] = [];

  @Method write(entry: string): number {
    journal.push(`${this.ctx.now.toISOString().slice(8, 19)} ${entry}`);
    return this.entries.push(entry);
  }
  @Method plan(name: string, inMs: number): void {
    this.ctx.remind(name, { in: inMs }, "write", name);
  }
  @Method planDaily(): void {
    this.ctx.remind("daily", { every: "1d" }, "write", "daily");
  }
  @Method async writeSlowly(entry: string): Promise<number> {
    this.entries.push(entry);
    isHeld.open();
    await held.opened;
    return this.entries.length;
  }
  /** Waits for something real. */
  @Method async writeAfterRealTime(entry: string): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    this.entries.push(entry);
  }
  @Method flaky(): number {
    if (failures-- > 0) throw Object.assign(new Error("not yet"), { retryable: true });
    return this.entries.push("flaky");
  }
  @Method refuse(): never {
    throw new RangeError("never");
  }
  /** Passes an entry on along a chain of messages. */
  @Method pass(left: number): void {
    if (left > 0)
      this.ctx
        .actor(Diary)
        .get(this.ctx.actorId)
        .send()
        .pass(left - 1);
    else this.entries.push("passed on");
  }
  @Method async copyTo(other: string): Promise<number> {
    this.entries.push(`copied to ${other}`);
    const copied = await this.ctx.actor(Diary).get(other).write("copied");
    this.ctx.actor(Diary).get(other).send().write("told");
    this.ctx.emit("Copied", { other });
    return copied;
  }
  @On({ source: "durable-lambda.Diary", detailType: "Copied", id: "detail.other" })
  heard(event: ActorEvent<{ other: string }>): void {
    this.entries.push(`heard ${event.detail.other}`);
  }
  @Method({ readonly: true }) all(): string[] {
    return this.entries;
  }
  @Method({ readonly: true }) time(): Date {
    return this.ctx.now;
  }
}

const apps: TestApp[] = [];
beforeEach(() => {
  journal = [];
  held = gate();
  isHeld = gate();
  failures = 0;
});
afterEach(async () => {
  held.open();
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

function open(options?: TestAppOptions): TestApp {
  const app = createTestApp([Diary], options);
  apps.push(app);
  return app;
}
const diary = (app: TestApp, id = "d") => app.client.actor(Diary).get(id);
const START = "2030-01-01T00:00:00.000Z";
const elapsedMs = (app: TestApp) => app.clock.now() - Date.parse(START);
const failureOf = (promise: Promise<unknown>) => promise.catch((thrown: unknown) => thrown);
const nextTick = () => new Promise((resolve) => setImmediate(resolve));

describe("a test with the kit", () => {
  it("is over in less than 100 ms, from the app's start to its end", async () => {
    const tookMs: number[] = [];
    for (let times = 0; times < 5; times++) {
      const startMs = performance.now();
      const app = createTestApp([Diary]);
      await diary(app).plan("later", 3_600_000);
      await app.clock.advance("1d");
      expect(await diary(app).all()).toEqual(["later"]);
      await app.close();
      tookMs.push(performance.now() - startMs);
    }
    expect(Math.min(...tookMs)).toBeLessThan(100);
  });

  it("may have fake timers, before the app is made or after it", async () => {
    const early = open();
    jest.useFakeTimers();
    try {
      const late = open();
      for (const app of [early, late]) {
        await diary(app).plan("reminder", 60_000);
        await diary(app).send({ delay: "2m" }).write("delayed");
        await diary(app).send().write("sent");
        await app.settled();
        expect(await diary(app).copyTo("other")).toBe(1);
        await app.clock.advance("1h");
        expect(await diary(app).all()).toEqual(["sent", "copied to other", "reminder", "delayed"]);
        app.crash();
        expect(await diary(app).write("after the crash")).toBe(5);
      }
      jest.advanceTimersByTime(3_600_000);
      expect(elapsedMs(late)).toBeLessThan(2 * 3_600_000);
    } finally {
      jest.useRealTimers();
    }
  });

  it("refuses classes that are no actors, or have one name", () => {
    class Plain extends DurableActor {}
    @Actor("Diary")
    class Second extends DurableActor {
      @Method write(): void {}
    }
    expect(() => createTestApp([Plain])).toThrow(InvalidDefinition);
    expect(() => createTestApp([Diary, Second])).toThrow(InvalidDefinition);
  });

  it("takes a class that it was not given as soon as somebody calls it by the client, for good", async () => {
    @Actor
    class Late extends DurableActor {
      count = 0;
      @Method add(): number {
        return ++this.count;
      }
    }
    const app = open();
    expect(await app.client.actor(Late).get("l").add()).toBe(1);
    app.crash();
    expect(await app.client.actor<Late>("Late").get("l").add()).toBe(2);
  });

  it("logs where it is told to, and nowhere else", async () => {
    const printed = (["log", "info", "warn", "error"] as const).map((level) => jest.spyOn(console, level));
    const lines: string[] = [];
    const note = (message: string) => void lines.push(message);
    const log: Logger = { debug: note, info: note, warn: note, error: note };
    for (const app of [open(), open({ log })]) await failureOf(diary(app).refuse());
    expect(lines).toEqual(["method failed"]);
    for (const spy of printed) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });

  it("shares nothing with another one in the same file", async () => {
    const [one, other] = [open(), open({ now: new Date(0) })];
    await Promise.all([diary(one).write("one"), diary(other).copyTo("d2")]);
    await one.clock.advance("1h");
    expect([await diary(one).all(), await diary(other).all()]).toEqual([["one"], ["copied to d2"]]);
    expect([elapsedMs(one), other.clock.now()]).toEqual([3_600_000, 0]);
    expect(one.events).toEqual([]);
    one.crash();
    await other.settled();
    expect(other.events).toHaveLength(1);
    expect(await diary(other, "d2").all()).toHaveLength(3);
  });
});

describe("the clock", () => {
  it("begins in 2030, or when it is told to, and is what actors see", async () => {
    const app = open();
    expect(new Date(app.clock.now()).toISOString()).toBe(START);
    expect(await diary(app).time()).toEqual(new Date(START));
    const now = new Date("2026-02-28T23:59:59.999Z");
    expect(await diary(open({ now })).time()).toEqual(now);
  });

  it("stands still unless it is moved", async () => {
    const app = open();
    await diary(app).copyTo("other");
    await app.settled();
    expect(elapsedMs(app)).toBe(0);
    await app.clock.advance(0);
    expect(elapsedMs(app)).toBe(0);
    await app.clock.advance("1.5h");
    expect(elapsedMs(app)).toBe(5_400_000);
    await app.clock.advanceTo(new Date("2030-01-02T00:00:00Z"));
    expect(elapsedMs(app)).toBe(86_400_000);
    await app.clock.advanceTo(new Date("2030-01-02T00:00:00Z"));
    expect(elapsedMs(app)).toBe(86_400_000);
  });

  it("comes to what is due in its order, whatever it is, never early and at the second", async () => {
    const app = open();
    await diary(app, "a").plan("reminder of a at 50", 50_000);
    await diary(app, "b").plan("reminder of b at 10", 10_000);
    await diary(app, "c").send({ delay: "30s" }).write("message at 30");
    await diary(app, "b").send({ delay: "2h" }).write("message at 2 h");
    await diary(app, "c").plan("reminder of c at 1 h", 3_600_000);
    await app.clock.advance(9_999);
    expect(journal).toEqual([]);
    await app.clock.advance("3h");
    expect(journal.map((line) => line.slice(12))).toEqual([
      "reminder of b at 10",
      "message at 30",
      "reminder of a at 50",
      "reminder of c at 1 h",
      "message at 2 h",
    ]);
    expect(journal.map((line) => line.slice(0, 11))).toEqual([
      "01T00:00:10",
      "01T00:00:30",
      "01T00:00:50",
      "01T01:00:00",
      "01T02:00:00",
    ]);
  });

  it("comes to each day of a year without waiting for any", async () => {
    const app = open();
    await diary(app).planDaily();
    await app.clock.advance("365d");
    expect(await diary(app).all()).toHaveLength(365);
  });

  it.each([-1, Number.NaN, "soon", "-1s", 1e16, null, undefined])("is not moved by %p", async (by) => {
    const app = open();
    await expect(app.clock.advance(by as number)).rejects.toBeInstanceOf(UnexpectedEvent);
    expect(elapsedMs(app)).toBe(0);
  });

  it.each([new Date(0), new Date(Number.NaN)])("is not moved to %p", async (time) => {
    const app = open();
    await expect(app.clock.advanceTo(time)).rejects.toBeInstanceOf(UnexpectedEvent);
    expect(elapsedMs(app)).toBe(0);
  });

  it("lets pass by itself what somebody only waits for: pauses between attempts", async () => {
    const app = open();
    failures = 3;
    expect(await diary(app).flaky()).toBe(1);
    expect(elapsedMs(app)).toBeGreaterThan(0);
    expect(elapsedMs(app)).toBeLessThan(30_000);
  });

  it("lets pass by itself the lease of a process that died", async () => {
    const app = open();
    const dying = failureOf(diary(app).writeSlowly("lost"));
    await isHeld.opened;
    app.crash();
    held.open();
    expect(await diary(app).write("next")).toBe(1);
    await dying;
    expect(elapsedMs(app)).toBeGreaterThanOrEqual(15_000 - 1);
    expect(elapsedMs(app)).toBeLessThan(30_000);
  });

  it("lets pass by itself what comes before the result of a started call", async () => {
    const app = open();
    const handle = await diary(app).start({ delay: "5m" }).write("started");
    expect(await handle.result({ timeout: "10m" })).toBe(1);
    expect(journal).toEqual(["01T00:05:00 started"]);
  });

  it("can be moved past the end of a call whose method hangs", async () => {
    const app = open();
    const hanging = failureOf(app.client.actor(Diary).get("d", { timeoutMs: 5_000 }).writeSlowly("never"));
    await isHeld.opened;
    await app.clock.advance("1m");
    expect(await hanging).toBeInstanceOf(CallTimeout);
    expect(await diary(app).all()).toEqual([]);
  });

  it("does so also with a call that has only just been made", async () => {
    const app = open();
    const hanging = failureOf(diary(app).writeSlowly("never"));
    await app.clock.advance("1m");
    expect(await hanging).toBeInstanceOf(CallTimeout);
  });
});

describe("settled()", () => {
  it("resolves when whole chains of messages, calls and events are over", async () => {
    const app = open();
    await diary(app).send().pass(60);
    await app.settled();
    expect(await diary(app).all()).toEqual(["passed on"]);
    await diary(app, "x").send().copyTo("y");
    await app.settled();
    expect((await diary(app, "y").all()).sort()).toEqual(["copied", "heard y", "told"]);
    expect(elapsedMs(app)).toBe(0);
  });

  it("waits for methods that wait for something real", async () => {
    const app = open();
    await diary(app).send().writeAfterRealTime("real");
    await app.settled();
    expect(await diary(app).all()).toEqual(["real"]);
    expect(elapsedMs(app)).toBe(0);
  });

  it("resolves while methods wait that did so before, so that a test can look what they have not done yet", async () => {
    const app = open();
    const writing = diary(app).writeSlowly("slow");
    await isHeld.opened;
    await app.settled();
    expect(await diary(app).all()).toEqual([]);
    held.open();
    expect(await writing).toBe(1);
  });
});

describe("crash()", () => {
  it("in mid-call: the client's next attempt gets its answer from the new process, and the turn is applied once", async () => {
    const app = open();
    const writing = diary(app).writeSlowly("once");
    await isHeld.opened;
    app.crash();
    held.open();
    expect(await writing).toBe(1);
    expect(await diary(app).all()).toEqual(["once"]);
  });

  it("in mid-call: what the dead process does afterwards has no effect", async () => {
    const app = open();
    const dying = app.client.actor(Diary).get("d", { timeoutMs: 1 }).writeSlowly("lost");
    await isHeld.opened;
    app.crash();
    expect(await failureOf(dying)).toBeInstanceOf(TransportError);
    held.open();
    await app.clock.advance("1h");
    expect(await diary(app).all()).toEqual([]);
  });

  it("at any moment of a call with all kinds of effects: each of them comes once", async () => {
    const results = new Set<string>();
    for (let ticks = 0; ticks < 30; ticks++) {
      const app = open({ seed: ticks });
      const copying = diary(app).copyTo("other");
      for (let tick = 0; tick < ticks; tick++) await nextTick();
      app.crash();
      expect(await copying).toBe(1);
      await app.clock.advance("5m");
      const [mine, others] = [await diary(app).all(), await diary(app, "other").all()];
      expect([mine, [...others].sort()]).toEqual([["copied to other"], ["copied", "heard other", "told"]]);
      expect(new Set(app.events.map(({ id }) => id)).size).toBe(1);
      expect(await app.deadLetters.list()).toEqual([]);
      results.add(elapsedMs(app) > 5 * 60_000 ? "healed" : "was not hit");
    }
    expect([...results].sort()).toEqual(["healed", "was not hit"]);
  });

  it("between a commit and the delivery of what it caused: that is delivered all the same", async () => {
    let crash = () => {};
    @Actor
    class Saver extends DurableActor {
      saved = false;
      @Method async save(): Promise<string> {
        if (this.saved) return "again";
        this.saved = true;
        this.ctx.actor(Diary).get("d").send().write("sent");
        this.ctx.emit("Saved");
        await this.ctx.save();
        crash();
        return "never told";
      }
    }
    const app = open();
    crash = () => app.crash();
    expect(await app.client.actor(Saver).get("s").save()).toBe("again");
    await app.settled();
    expect(await diary(app).all()).toEqual(["sent"]);
    expect(app.events.map(({ detailType }) => detailType)).toEqual(["Saved"]);
  });

  it("keeps what was committed: state, reminders, messages that wait", async () => {
    const app = open();
    await diary(app).write("state");
    await diary(app).plan("reminder", 3_600_000);
    await diary(app).send({ delay: "2h" }).write("message");
    const handle = await diary(app).start({ delay: "3h" }).write("started");
    app.crash();
    await app.clock.advance("4h");
    expect(await diary(app).all()).toEqual(["state", "reminder", "message", "started"]);
    expect(await handle.result()).toBe(4);
  });

  it("again and again does no harm", async () => {
    const app = open();
    for (let times = 1; times <= 20; times++) {
      app.crash();
      app.crash();
      expect(await diary(app).write(String(times))).toBe(times);
    }
  });
});

describe("a seed", () => {
  async function trace(seed?: number): Promise<string> {
    const app = open(seed === undefined ? {} : { seed });
    failures = 2;
    const { callId } = await diary(app).start().flaky();
    await diary(app).copyTo("other");
    await app.clock.advance("1h");
    return JSON.stringify([callId, app.events, elapsedMs(app)]);
  }

  it("gives the same ids and the same pauses for the same number, and others for another", async () => {
    const traces = [await trace(), await trace(), await trace(1), await trace(2), await trace(2)];
    expect(traces[1]).toBe(traces[0]);
    expect(traces[2]).toBe(traces[0]);
    expect(traces[4]).toBe(traces[3]);
    expect(traces[3]).not.toBe(traces[0]);
  });

  it.each([0, -1, 2 ** 31, 2 ** 53, 1.5])("may be %p", async (seed) => {
    expect(await diary(open({ seed })).write("x")).toBe(1);
  });
});

describe("what the test can look at", () => {
  it("is the same array of events throughout, which a test may take out at first", async () => {
    const app = open();
    const { events } = app;
    await diary(app, "a").copyTo("b");
    await app.settled();
    expect(events.map(({ detailType }) => detailType)).toEqual(["Copied"]);
    expect(app.events).toBe(events);
  });

  it("are the events, the oldest first, with their details", async () => {
    const app = open();
    await app.client.emit("First", { n: 1 }, { source: "shop", eventId: "e-1" });
    await app.clock.advance("1s");
    await diary(app).copyTo("other");
    await app.settled();
    expect(app.events).toMatchObject([
      {
        id: "e-1",
        source: "shop",
        detailType: "First",
        timeMs: Date.parse(START),
        detail: { n: 1, metadata: { eventId: "e-1" } },
      },
      { source: "durable-lambda.Diary", detailType: "Copied", timeMs: Date.parse(START) + 1_000 },
    ]);
    app.crash();
    expect(app.events).toHaveLength(2);
  });

  it("are the dead letters, which can be sent back or thrown away", async () => {
    const app = open();
    await diary(app, "a").send().refuse();
    await diary(app, "b").send().refuse();
    await app.client.emit("Copied", {}, { source: "durable-lambda.Diary" });
    await app.clock.advance("10m");
    const letters = await app.deadLetters.list();
    expect(letters).toHaveLength(3);
    const ofDiaries = letters.filter(({ actor }) => actor === "Diary");
    expect(ofDiaries.sort((one, other) => (one.id ?? "").localeCompare(other.id ?? ""))).toMatchObject([
      { id: "a", method: "refuse", reason: { name: "RangeError", message: "never", attempts: 3 } },
      { id: "b", method: "refuse", reason: { attempts: 3 } },
    ]);
    // Also at once: nobody should have to know that reading hides letters for a while.
    expect(await app.deadLetters.list()).toHaveLength(3);
    expect(await app.deadLetters.redrive({ actor: "Diary", id: "a" })).toBe(1);
    expect(await app.deadLetters.discard({ actor: "Diary", id: "b" })).toBe(1);
    await app.clock.advance("10m");
    expect((await app.deadLetters.list({ actor: "Diary" })).map(({ id }) => id)).toEqual(["a"]);
  });
});

describe("close()", () => {
  /** What comes of it in a second of real time. */
  const soon = (promise: Promise<unknown>) =>
    Promise.race([
      promise.then(
        () => "resolved",
        () => "rejected",
      ),
      new Promise((resolve) => setTimeout(resolve, 1_000, "nothing")),
    ]);

  it("leaves nothing behind that would keep a process alive", async () => {
    const child = startScript("__tests__/fixtures/closed-test-app.ts", []);
    try {
      const exited = once(child, "exit");
      const [printed] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
      expect(String(printed)).toBe("ShuttingDown\n");
      expect(await exited).toEqual([0, null]);
    } finally {
      child.kill("SIGKILL");
    }
  }, 20_000);

  it("can be called twice, and by `await using`", async () => {
    const app = createTestApp([Diary]);
    await app.close();
    expect(await soon(app.close())).toBe("resolved");
    {
      await using other = createTestApp([Diary]);
      expect(await diary(other).write("x")).toBe(1);
    }
  });

  it("ends a method that hangs, and the call that waits for it", async () => {
    const app = createTestApp([Diary]);
    const hanging = diary(app).writeSlowly("never");
    await isHeld.opened;
    expect(await soon(app.close())).toBe("resolved");
    expect(await soon(hanging)).toBe("rejected");
  });

  it("ends the app for good: a later call fails", async () => {
    const app = createTestApp([Diary]);
    const reference = diary(app);
    await app.close();
    expect(await soon(reference.write("late"))).toBe("rejected");
  });
});

it("runs under node:test, and ends by itself", async () => {
  const script = startScript("__tests__/fixtures/under-node-test.ts", []);
  const [output, [code]] = await Promise.all([
    text(script.stdout as NodeJS.ReadableStream),
    once(script, "exit"),
  ]);
  expect(output).toMatch(/pass 4\b/);
  expect(code).toBe(0);
});
