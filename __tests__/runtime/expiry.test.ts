/** Actors that expire: what counts as use, when somebody looks, how they end, and what the store may drop. On both stores. */
import { Actor, type ActorClass, DurableActor, Method } from "durable-lambda";
import { createTestApp } from "durable-lambda/testing";
import type { Invocation } from "../../lib/invocation";
import { DeadLetters } from "../../lib/messages/dead-letters";
import { hintFor } from "../../lib/messages/hint";
import { ActorExpiry } from "../../lib/runtime/actor-expiry";
import type { Head } from "../../lib/store";
import { drain, hand, messageFor } from "../support/batches";
import { dyingEverywhere } from "../support/crash-points";
import { gate, until } from "../support/fake-clock";
import { NOTHING } from "../support/fleet";
import { handBodies, hint } from "../support/hints";
import { codeOf, resultOf } from "../support/process";
import { onEachStore, type Stage } from "../support/stores";
import type { WatchedProcess } from "../support/watched-process";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Whoever looks whether there is something to do goes on with what that has brought. */
const WAKE = ["store.read", "store.commit"];
const LOOK = ["store.read", "store.acquire", "store.release"];

/** What `onDestroy` does, and what the scripted method does. */
let ending: (session: Session) => unknown;
let script: (session: Session) => unknown;
let ended: number;

abstract class Session extends DurableActor {
  notes: string[] = [];

  @Method note(text = "n"): number {
    return this.notes.push(text);
  }
  @Method run(): unknown {
    return script(this);
  }
  @Method end(): void {
    this.ctx.destroy();
  }
  @Method fail(): never {
    throw new RangeError("no");
  }
  @Method({ readonly: true }) all(): string[] {
    return this.notes;
  }
}

@Actor({ name: "Session", expireAfter: "30d" })
class Monthly extends Session {
  override onDestroy(): void | Promise<void> {
    ended++;
    return ending(this) as void | Promise<void>;
  }
}

/** The same class as other releases of the app have it. */
@Actor({ name: "Session", expireAfter: "30d" })
class WithoutHook extends Session {}

@Actor({ name: "Session", expireAfter: "40d" })
class Longer extends Session {}

@Actor("Session")
class Lasting extends Session {}

@Actor({ name: "Session", expireAfter: "1m" })
class Brief extends Session {
  override async onDestroy(): Promise<void> {
    this.ctx.emit("Ended", { notes: this.notes });
    this.ctx.actor(Desk).get("d").send().put("sent");
    await this.ctx.actor(Desk).get("d").put("called");
  }
}

@Actor
class Desk extends DurableActor {
  got: string[] = [];
  @Method put(text: string): number {
    return this.got.push(text);
  }
  @Method({ readonly: true }) all(): string[] {
    return this.got;
  }
}

beforeEach(() => {
  ending = () => {};
  script = () => {};
  ended = 0;
});

onEachStore((stageOf) => {
  let stage: Stage;
  let logged: { level: string; message: string; fields: object }[];
  let one: WatchedProcess;
  let other: WatchedProcess;
  let startMs: number;

  beforeEach(() => {
    stage = stageOf();
    startMs = stage.clock.now();
    logged = [];
    one = start(Monthly);
    other = start(Monthly);
  });

  function start(type: ActorClass): WatchedProcess {
    const record =
      (level: string) =>
      (message: string, fields: object = {}) => {
        // Each turn that did not fail for good has such a line.
        if (message !== "turn") logged.push({ level, message, fields });
      };
    const log = {
      debug: record("debug"),
      info: record("info"),
      warn: record("warn"),
      error: record("error"),
    };
    return stage.start([type, Desk], { log });
  }
  const address = () => ({ type: "Session", id: stage.id });
  const head = async () => (await stage.headOf(address())) as Head;
  const call = (method: string, more: object = {}): Invocation =>
    ({ actor: "Session", id: stage.id, method, ...more }) as Invocation;
  const invoke = (method: string, by = one) => by.invoke(call(method));
  const look = (by = one) => hint(by.handle, address());
  const desk = async () => resultOf(await other.invoke({ actor: "Desk", id: stage.id, method: "all" }));
  const pass = (ms: number) => stage.clock.freeze(ms);
  async function expectGone(): Promise<Head> {
    const gone = await head();
    for (const field of ["state", "wakeAtMs", "leaseId"]) expect(gone).not.toHaveProperty(field);
    return gone;
  }

  describe("a commit", () => {
    it("notes the use, the next look, and when the store may drop the actor should nobody look", async () => {
      await invoke("note");
      expect(await head()).toMatchObject({
        usedAtMs: startMs,
        wakeAtMs: startMs + 30 * DAY_MS,
        expiresAtMs: startMs + 37 * DAY_MS,
      });
      expect(one.takeRequests()).toEqual(["store.read", "store.commit"]);
    });

    it("later on leaves the look where it is, since it would cost write units to move it", async () => {
      await invoke("note");
      pass(10 * DAY_MS);
      await invoke("note", other);
      expect(await head()).toMatchObject({
        usedAtMs: startMs + 10 * DAY_MS,
        wakeAtMs: startMs + 30 * DAY_MS,
        expiresAtMs: startMs + 47 * DAY_MS,
      });
    });

    it("lets the store drop an actor that expires soon only after 16 days: its calls may come again", async () => {
      const brief = start(Brief);
      await invoke("note", brief);
      expect(await head()).toMatchObject({ wakeAtMs: startMs + 60_000, expiresAtMs: startMs + 16 * DAY_MS });
    });

    it("counts in whole seconds when the store may drop it, rounded up", async () => {
      pass(1);
      await invoke("note");
      expect(await head()).toMatchObject({
        usedAtMs: startMs + 1,
        expiresAtMs: startMs + 37 * DAY_MS + SECOND_MS,
      });
    });

    it("of a class that does not expire notes nothing of it", async () => {
      const lasting = start(Lasting);
      await invoke("note", lasting);
      await invoke("end", lasting);
      const after = await head();
      for (const field of ["usedAtMs", "wakeAtMs", "expiresAtMs"]) expect(after).not.toHaveProperty(field);
    });

    it("of a message, of a reminder and of a checkpoint is use; a call that fails and a readonly one are none", async () => {
      const uses = async () => ((await head()).usedAtMs as number) - startMs;
      await invoke("note");
      pass(HOUR_MS);
      await invoke("fail");
      await invoke("all");
      await hand(one.handle, [messageFor(address(), "fail", stage.clock.now())]);
      expect(await head()).toMatchObject({ failing: expect.stringContaining('"attempts":1') });
      expect(await uses()).toBe(0);
      await hand(one.handle, [messageFor(address(), "note", stage.clock.now())]);
      expect(await uses()).toBe(HOUR_MS);
      pass(HOUR_MS);
      script = async ({ ctx }) => {
        await ctx.save();
        throw new RangeError("no");
      };
      await invoke("run");
      expect(await uses()).toBe(2 * HOUR_MS);
      script = ({ ctx }) => ctx.remind("r", { in: HOUR_MS }, "note");
      await invoke("run");
      pass(HOUR_MS);
      await look();
      expect(await uses()).toBe(3 * HOUR_MS);
    });

    it("with a reminder has no look and is not dropped; once the reminder is gone, both are there", async () => {
      script = ({ ctx }) => ctx.remind("r", { in: 90 * DAY_MS }, "note");
      await invoke("run");
      expect(await head()).toMatchObject({ usedAtMs: startMs, wakeAtMs: startMs + 90 * DAY_MS });
      expect(await head()).not.toHaveProperty("expiresAtMs");
      pass(45 * DAY_MS);
      await look();
      expect(await head()).toHaveProperty("state");
      script = ({ ctx }) => ctx.forget("r");
      await invoke("run");
      expect(await head()).toMatchObject({
        wakeAtMs: startMs + 75 * DAY_MS,
        expiresAtMs: startMs + 82 * DAY_MS,
      });
    });

    it("with a reminder that fails stays, however long ago it was used", async () => {
      script = ({ ctx }) => ctx.remind("r", { in: 90 * DAY_MS }, "fail");
      await invoke("run");
      pass(90 * DAY_MS);
      await look();
      expect(await head()).toMatchObject({ reminders: expect.stringContaining('"attempts":1') });
      expect(await head()).toHaveProperty("state");
      expect(ended).toBe(0);
    });

    it("with effects has them looked after first; once they are delivered, the look and the drop are there", async () => {
      await invoke("note");
      pass(DAY_MS);
      let committed: Head | undefined;
      const process = stage.start([Monthly, Desk], {
        intercept: async (name, apply) => {
          if (name === "bus.publish") committed = await head();
          return apply();
        },
      });
      script = ({ ctx }) => ctx.emit("Noted");
      await invoke("run", process);
      expect(committed).toMatchObject({
        outbox: expect.any(String),
        wakeAtMs: startMs + DAY_MS + 15 * SECOND_MS,
      });
      expect(committed).not.toHaveProperty("expiresAtMs");
      expect(await head()).toMatchObject({
        outbox: "",
        wakeAtMs: startMs + 31 * DAY_MS,
        expiresAtMs: startMs + 38 * DAY_MS,
      });
    });
  });

  describe("a look", () => {
    beforeEach(async () => {
      await invoke("note");
      one.takeRequests();
    });

    it("ends an actor that nobody has used for so long; its tombstone answers repeated calls for 16 days", async () => {
      const noted = call("note", { callId: "noted" });
      const answer = await one.invoke(noted);
      pass(30 * DAY_MS);
      await look(other);
      expect(other.takeRequests()).toEqual(WAKE);
      const gone = await expectGone();
      expect(gone).toMatchObject({
        version: 3,
        usedAtMs: startMs + 30 * DAY_MS,
        expiresAtMs: startMs + 46 * DAY_MS,
      });
      expect(ended).toBe(1);
      expect(await one.invoke(noted)).toEqual(answer);
      expect(await invoke("note")).toEqual({ ok: true, result: 1, version: 4 });
    });

    it("that comes a moment too early does nothing", async () => {
      pass(30 * DAY_MS - 1);
      await look();
      expect(await head()).toMatchObject({ version: 1 });
      expect(one.takeRequests()[0]).toBe("store.read");
    });

    it("at an actor that was used meanwhile moves on, to when that use is long enough ago", async () => {
      pass(20 * DAY_MS);
      await invoke("note", other);
      pass(10 * DAY_MS);
      await look();
      // By what it has in memory, it is to end; but it has just been read.
      expect(one.takeRequests()).toEqual(LOOK);
      expect(logged).toEqual([]);
      expect(await head()).toMatchObject({
        version: 2,
        usedAtMs: startMs + 20 * DAY_MS,
        wakeAtMs: startMs + 50 * DAY_MS,
        expiresAtMs: startMs + 57 * DAY_MS,
      });
      pass(20 * DAY_MS);
      await look();
      await expectGone();
    });

    it("lets a call go first that came in the meantime, and leaves the actor that it has used", async () => {
      pass(30 * DAY_MS);
      const [reply] = await Promise.all([invoke("note"), look()]);
      expect(reply).toMatchObject({ ok: true, result: 2 });
      expect(await head()).toMatchObject({
        usedAtMs: startMs + 30 * DAY_MS,
        wakeAtMs: startMs + 60 * DAY_MS,
      });
      expect(ended).toBe(0);
    });

    it("does not end the actor behind the back of a call that failed; the next one does", async () => {
      pass(30 * DAY_MS);
      // The look comes before the call has read the actor: both are one activation.
      const looked = gate();
      let reads = 0;
      const both = stage.start([Monthly, Desk], {
        intercept: async (name, apply) => {
          if (name !== "store.read") return apply();
          const isOfCall = reads++ === 0;
          if (isOfCall) await looked.opened;
          const answer = await apply();
          if (!isOfCall) setImmediate(() => looked.open());
          return answer;
        },
      });
      await Promise.all([invoke("fail", both), look(both)]);
      expect(both.takeRequests()).toEqual(["store.read", "store.read"]);
      expect(await head()).toMatchObject({ version: 1, wakeAtMs: startMs + 30 * DAY_MS });
      await look();
      await expectGone();
    });

    it("has a call that comes while it ends run on a new actor", async () => {
      pass(30 * DAY_MS);
      const [reached, opened] = [gate(), gate()];
      ending = async () => {
        reached.open();
        await opened.opened;
      };
      const looked = look();
      await reached.opened;
      const reply = invoke("note");
      opened.open();
      await looked;
      expect(await reply).toMatchObject({ ok: true, result: 1 });
      expect(await head()).toMatchObject({ wakeAtMs: startMs + 60 * DAY_MS });
    });

    it("runs onDestroy as a turn: with calls of others, effects, and a call id of its own", async () => {
      pass(30 * DAY_MS);
      let seen: unknown;
      ending = async ({ ctx, notes }) => {
        seen = [ctx.actorId, ctx.callId.length, ctx.version, notes, ctx.reminder];
        await ctx.actor(Desk).get(stage.id).put("called");
        ctx.actor(Desk).get(stage.id).send().put("sent");
        ctx.emit("Ended");
        ctx.remind("r", { in: "1h" }, "note");
      };
      await look();
      expect(seen).toEqual([stage.id, 16, 1, ["n"], undefined]);
      await drain(other.handle, stage.local);
      expect(await desk()).toEqual(["called", "sent"]);
      expect(stage.local.bus.published()).toMatchObject([{ detailType: "Ended" }]);
      expect(await expectGone()).toMatchObject({
        reminders: "",
        outbox: "",
        expiresAtMs: startMs + 46 * DAY_MS,
      });
    });

    it("does not load an actor whose class has no onDestroy: its state need not be one that can be read", async () => {
      const acquired = await stage.ports.store.acquire(address(), { leaseId: "l", nowMs: 0, untilMs: 1 });
      const { fence, version } = (acquired as { head: Head }).head;
      const broken = { onVersion: version, state: "not json", schema: 1, release: true };
      await stage.ports.store.commit(address(), { id: "l", fence }, broken);
      pass(30 * DAY_MS);
      await look();
      expect(await head()).toMatchObject({ state: { text: "not json" } });
      pass(HOUR_MS);
      await look(start(WithoutHook));
      await expectGone();
    });

    it("with a process that was paused, which then does not bring the actor back", async () => {
      const [reached, opened] = [gate(), gate()];
      script = async ({ notes }) => {
        notes.push("zombie");
        reached.open();
        await opened.opened;
      };
      const paused = one.invoke(call("run", { timeoutMs: 900_000 }));
      await reached.opened;
      // Its turn waits: it takes the lease as soon as it does.
      await until(async () => (await head()).leaseId !== undefined);
      pass(30 * DAY_MS);
      await look(other);
      const gone = await expectGone();
      opened.open();
      expect(codeOf(await paused)).toBe("CallTimeout");
      expect(await head()).toEqual(gone);
    });
  });

  describe("an onDestroy that fails", () => {
    beforeEach(async () => {
      await invoke("note");
      pass(30 * DAY_MS);
    });

    it("is logged as an error and tried again an hour later, and nothing drops the actor meanwhile", async () => {
      const before = await head();
      ending = ({ ctx }) => {
        ctx.emit("Ended");
        throw new RangeError("not yet");
      };
      await look();
      const after = await head();
      expect(after).toMatchObject({ version: 1, state: before.state, wakeAtMs: stage.clock.now() + HOUR_MS });
      expect(after).not.toHaveProperty("expiresAtMs");
      expect(logged).toEqual([
        {
          level: "warn",
          message: "expired actor not destroyed",
          fields: expect.objectContaining({ actor: "Session", actorId: stage.id, code: "MethodError" }),
        },
        {
          level: "error",
          message: "method failed",
          fields: expect.objectContaining({
            actor: "Session",
            actorId: stage.id,
            method: "onDestroy",
            kind: "expiry",
            code: "MethodError",
            error: expect.objectContaining({ message: "not yet" }),
          }),
        },
      ]);
      pass(HOUR_MS);
      await look(other);
      expect([ended, logged.length, (await head()).version]).toEqual([2, 4, 1]);
      ending = ({ ctx }) => ctx.emit("Ended");
      pass(HOUR_MS);
      await look();
      await expectGone();
      expect(stage.local.bus.published()).toHaveLength(1);
      expect(await new DeadLetters(stage.local, stage.clock).list()).toEqual([]);
    });

    it("has its calls of other actors once, in whichever process it is tried again", async () => {
      let fails = true;
      ending = async ({ ctx }) => {
        await ctx.actor(Desk).get(stage.id).put("before");
        if (fails) throw new RangeError("not yet");
        await ctx.actor(Desk).get(stage.id).put("after");
      };
      await look();
      pass(HOUR_MS);
      await look(other);
      fails = false;
      pass(HOUR_MS);
      await look();
      expect(await desk()).toEqual(["before", "after"]);
    });

    it("goes on from the checkpoint that it has saved, which is no use of the actor", async () => {
      let fails = true;
      ending = async ({ ctx, notes }) => {
        if (!notes.includes("half")) {
          await ctx.actor(Desk).get(stage.id).put("same");
          notes.push("half");
          await ctx.save();
        }
        if (fails) throw new RangeError("not yet");
        await ctx.actor(Desk).get(stage.id).put("same");
      };
      await look();
      expect(await head()).toMatchObject({ version: 2, usedAtMs: startMs });
      fails = false;
      pass(HOUR_MS);
      await look(other);
      expect(await desk()).toEqual(["same", "same"]);
      await expectGone();
    });

    it("leaves an actor that can be used, and is in use again then", async () => {
      ending = () => {
        throw new RangeError("not yet");
      };
      await look();
      expect(await invoke("note")).toMatchObject({ ok: true, result: 2 });
      expect(await head()).toMatchObject({ expiresAtMs: stage.clock.now() + 37 * DAY_MS });
      pass(HOUR_MS);
      await look();
      expect(await head()).toMatchObject({ wakeAtMs: startMs + 60 * DAY_MS });
      expect(ended).toBe(1);
    });

    it("that does not end is aborted before its host does, and tried again an hour later", async () => {
      const reached = gate<AbortSignal>();
      ending = ({ ctx }) => {
        reached.open(ctx.signal);
        return new Promise(() => {});
      };
      const host = { getRemainingTimeInMillis: () => 20_000 };
      const looked = handBodies(one.handle, [hintFor(address(), 0).body], host);
      const signal = await reached.opened;
      await stage.clock.advance(20_000);
      expect(await looked).toBe(0);
      expect(signal.reason).toMatchObject({
        code: "CallTimeout",
        details: { method: "onDestroy", ranMs: 19_750 },
      });
      expect(logged).toMatchObject([{ level: "warn", fields: { code: "CallTimeout" } }]);
      const { wakeAtMs } = await head();
      expect(wakeAtMs).toBe(startMs + 30 * DAY_MS + 19_750 + HOUR_MS);
    });

    it("does not put off the next look when a call that came meanwhile has used the actor", async () => {
      const [reached, opened] = [gate(), gate()];
      ending = async () => {
        reached.open();
        await opened.opened;
        throw new RangeError("not yet");
      };
      const looked = look();
      await reached.opened;
      const reply = invoke("note");
      opened.open();
      await looked;
      expect(await reply).toMatchObject({ ok: true, result: 2 });
      const nowMs = stage.clock.now();
      expect(await head()).toMatchObject({ wakeAtMs: nowMs + 30 * DAY_MS, expiresAtMs: nowMs + 37 * DAY_MS });
    });

    it("keeps the actor however long it fails, whatever else comes", async () => {
      ending = () => {
        throw new RangeError("never");
      };
      await look();
      pass(30 * DAY_MS);
      await invoke("fail");
      expect(await head()).not.toHaveProperty("expiresAtMs");
      await look();
      expect(await head()).toMatchObject({ version: 1, wakeAtMs: stage.clock.now() + HOUR_MS });
      expect(await head()).not.toHaveProperty("expiresAtMs");
    });

    it("because its process stops is left to whoever looks next, at once", async () => {
      const reached = gate();
      ending = () => {
        reached.open();
        return new Promise(() => {});
      };
      const looked = look();
      await reached.opened;
      const closed = one.runtime.close(0);
      await stage.clock.advance(0);
      await Promise.all([looked, closed]);
      expect(await head()).toMatchObject({ version: 1, wakeAtMs: startMs + 30 * DAY_MS });
      expect(logged.filter(({ level }) => level === "error")).toEqual([]);
      ending = () => {};
      await look(other);
      await expectGone();
    });
  });

  describe("a class", () => {
    it("that no longer expires: the look takes all of it away", async () => {
      await invoke("note");
      pass(30 * DAY_MS);
      const lasting = start(Lasting);
      await look(lasting);
      expect(lasting.takeRequests()).toEqual(LOOK);
      const after = await head();
      expect(after).toMatchObject({ version: 1, state: expect.anything() });
      for (const field of ["usedAtMs", "wakeAtMs", "expiresAtMs"]) expect(after).not.toHaveProperty(field);
      await look(lasting);
      expect(lasting.takeRequests()).toEqual(["store.read"]);
    });

    it("that expires again counts anew, and not from a use of long ago", async () => {
      await invoke("note");
      pass(20 * DAY_MS);
      await invoke("note", start(Lasting));
      pass(20 * DAY_MS);
      await invoke("fail");
      expect(await head()).toMatchObject({
        usedAtMs: startMs + 40 * DAY_MS,
        wakeAtMs: startMs + 70 * DAY_MS,
      });
    });

    it("that expires later: the look moves on, and so does the drop", async () => {
      await invoke("note");
      pass(30 * DAY_MS);
      await look(start(Longer));
      expect(await head()).toMatchObject({
        version: 1,
        usedAtMs: startMs,
        wakeAtMs: startMs + 40 * DAY_MS,
        expiresAtMs: startMs + 47 * DAY_MS,
      });
    });

    it("that expires from now on: its actors count from their next commit", async () => {
      const lasting = start(Lasting);
      await invoke("note", lasting);
      pass(99 * DAY_MS);
      await look();
      expect(one.takeRequests()).toEqual(["store.read"]);
      await invoke("note");
      expect(await head()).toMatchObject({
        usedAtMs: startMs + 99 * DAY_MS,
        wakeAtMs: startMs + 129 * DAY_MS,
      });
    });

    it("that expires from now on: its actors count from the first look, where one is due for something else", async () => {
      const lasting = start(Lasting);
      const doomed = stage.start([Lasting, Desk], {
        intercept: (name, apply) => {
          if (name === "bus.publish") doomed.kill();
          return apply();
        },
      });
      await invoke("note", lasting);
      script = ({ ctx }) => ctx.emit("Noted");
      void invoke("run", doomed);
      await until(async () => (await head()).outbox !== "");
      pass(15 * SECOND_MS);
      await look();
      const nowMs = stage.clock.now();
      expect(await head()).toMatchObject({
        version: 2,
        outbox: "",
        usedAtMs: nowMs,
        wakeAtMs: nowMs + 30 * DAY_MS,
        expiresAtMs: nowMs + 37 * DAY_MS,
      });
      pass(30 * DAY_MS);
      await look();
      await expectGone();
    });
  });

  describe("a tombstone", () => {
    it("of a class that expires may be dropped too, 16 days after the turn that left it", async () => {
      await invoke("note");
      await invoke("end");
      expect(await expectGone()).toMatchObject({ usedAtMs: startMs, expiresAtMs: startMs + 16 * DAY_MS });
    });

    it("stays as long as it has effects to deliver", async () => {
      script = ({ ctx }) => {
        ctx.emit("Ended");
        ctx.destroy();
      };
      let committed: Head | undefined;
      const process = stage.start([Monthly, Desk], {
        intercept: async (name, apply) => {
          if (name === "bus.publish") committed = await head();
          return apply();
        },
      });
      await invoke("run", process);
      expect(committed).not.toHaveProperty("expiresAtMs");
      expect(await expectGone()).toMatchObject({ outbox: "", expiresAtMs: startMs + 16 * DAY_MS });
    });

    it("is not kept for longer by calls that fail", async () => {
      await invoke("end");
      pass(DAY_MS);
      await invoke("fail");
      expect(await expectGone()).toMatchObject({ version: 1, expiresAtMs: startMs + 16 * DAY_MS });
    });
  });
});

describe("a process that dies", () => {
  it("at any request of an actor's end leaves nothing undone, and nothing is done twice", async () => {
    const steps = await dyingEverywhere([Brief, Desk], async (fleet) => {
      await fleet.insist({ actor: "Session", id: "s", method: "note", callId: "noted" } as Invocation);
      await fleet.pass(60_000);
      await fleet.heal();
      await fleet.heal();
      const gone = await fleet.local.store.read({ type: "Session", id: "s" }, { consistent: true });
      expect(gone).toMatchObject({ outbox: "" });
      expect(gone).not.toHaveProperty("state");
      const desk = fleet.witness.actor(Desk).get("d");
      expect((await fleet.during(desk.all())).sort()).toEqual(["called", "sent"]);
      expect(fleet.events().map(({ detailType }) => detailType)).toEqual(["Ended"]);
      expect(await fleet.leftOver()).toEqual(NOTHING);
    });
    expect(steps).toContain("store.commit Session/s");
  });
});

it("a test app lets an actor expire by its clock alone", async () => {
  const app = createTestApp([Monthly, Desk]);
  ending = ({ ctx, notes }) => ctx.emit("Ended", { notes });
  const session = app.client.actor(Monthly).get("s");
  await session.note();
  await app.clock.advance("29d");
  await session.note();
  await app.clock.advance("29d");
  expect(await session.all()).toEqual(["n", "n"]);
  await app.clock.advance("1d");
  expect(await session.all()).toEqual([]);
  expect(app.events).toMatchObject([{ detailType: "Ended", detail: { notes: ["n", "n"] } }]);
  await app.close();
});

it.each([
  ["is all in its head", { isWhole: true }, 1_000 + 37 * DAY_MS],
  [
    "has its state in parts beside it, which no drop of the head would take along",
    { isWhole: false },
    undefined,
  ],
])("the store may drop an actor that %s: %j", (_what, { isWhole }, expiresAtMs) => {
  const expiry = new ActorExpiry({ now: () => 1_000, setTimer: () => () => {} }, 30 * DAY_MS, {});
  expiry.use();
  const standing = { hasState: true, isAtRest: true, isWhole, lookMs: undefined };
  expect(expiry.moments(standing).expiresAtMs).toBe(expiresAtMs);
});
