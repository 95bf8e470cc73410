/** What `ctx.destroy()` takes away, what it leaves, and that nobody brings back what is gone: on both stores. */
import { Actor, DurableActor, Method, StoreUnavailable, Transient } from "durable-lambda";
import { createTestApp } from "durable-lambda/testing";
import type { InvocationReply } from "../../lib/invocation";
import { DeadLetters } from "../../lib/messages/dead-letters";
import type { Head } from "../../lib/store";
import { hand, messageFor, redelivered } from "../support/batches";
import { dyingEverywhere } from "../support/crash-points";
import { gate, settle, until } from "../support/fake-clock";
import { NOTHING } from "../support/fleet";
import { codeOf, resultOf } from "../support/process";
import { onEachStore, type Stage } from "../support/stores";
import type { Intercept, WatchedProcess } from "../support/watched-process";

const SECOND_MS = 1_000;
const LEASE_MS = 15_000;

/** The test's room: those of tests before may still be due. */
let id: string;
/** What its next scripted turn does, or a reminder's. */
let script: (room: Room) => unknown;
/** Whatever the test is told of; not part of any state. */
let heard: unknown[];

@Actor
class Room extends DurableActor {
  notes: string[] = [];
  extra: unknown;
  @Transient turns = 0;

  @Method run(): unknown {
    return this.ctx.actorId === id ? script(this) : undefined;
  }
  @Method({ readonly: true }) look(): unknown {
    return script(this);
  }
  @Method add(note: string): number {
    return this.notes.push(note);
  }
  /** Returns what is lost by it. */
  @Method end(): string[] {
    this.ctx.destroy();
    return this.notes;
  }
  @Method fail(): never {
    this.notes.push("not kept");
    throw new RangeError("no");
  }
  @Method({ readonly: true }) all(): string[] {
    return this.notes;
  }
}

@Actor
class Box extends DurableActor {
  got: string[] = [];

  @Method put(value: string): number {
    return this.got.push(value);
  }
  @Method({ readonly: true }) all(): string[] {
    return this.got;
  }
}

/** The same room in newer code. */
@Actor({ name: "Room", version: 2, migrate: { 2: () => {} } })
class NewerRoom extends Room {}

beforeEach(() => {
  id = "r";
  script = () => {};
  heard = [];
});

onEachStore((stageOf) => {
  let stage: Stage;
  /** What happens to the requests of `one`; by default nothing. */
  let intercept: Intercept;
  let one: WatchedProcess;
  let other: WatchedProcess;

  beforeEach(() => {
    stage = stageOf();
    id = stage.id;
    intercept = (_, apply) => apply();
    one = start({ intercept: (...request) => intercept(...request) });
    other = start();
  });

  function start(options: { intercept?: Intercept } = {}, type: typeof Room = Room): WatchedProcess {
    return stage.start([type, Box], options);
  }
  /** Holds the first request of this name of `one`, until the gate opens. */
  function hold(name: string): { reached: Promise<void>; open(): void } {
    const [reached, opened] = [gate(), gate()];
    let isFirst = true;
    intercept = async (requested, apply) => {
      if (requested === name && isFirst) {
        isFirst = false;
        reached.open();
        await opened.opened;
      }
      return apply();
    };
    return { reached: reached.opened, open: () => opened.open() };
  }
  const addressOf = () => ({ type: "Room", id });
  const headOf = async () => (await stage.headOf(addressOf())) as Head;
  const call = (method: string, args: string[] = [], more: object = {}) =>
    stage.call("Room", method, args, more);
  const add = (note: string, process = one) => process.invoke(call("add", [note]));
  const all = async (process = other) => resultOf(await process.invoke(call("all")));
  /** One turn of the room. */
  function run(turn: (room: Room) => unknown, process = one): Promise<InvocationReply> {
    script = turn;
    return process.invoke(call("run"));
  }
  async function expectGone(version: number): Promise<Head> {
    const head = await headOf();
    expect(head).toMatchObject({ version, reminders: "" });
    expect(head).not.toHaveProperty("state");
    return head;
  }
  const pass = (ms: number) => stage.pass(ms, other);

  describe("a turn that destroys its actor", () => {
    it("leaves neither state nor reminders, whatever it did before and after, and has its result", async () => {
      await run(({ ctx, notes }) => {
        notes.push("old");
        ctx.remind("old", { in: "1h" }, "run");
      });
      expect(await headOf()).toHaveProperty("wakeAtMs");
      const reply = await run(({ ctx, notes }) => {
        notes.push("before");
        ctx.remind("before", { in: "1h" }, "run");
        ctx.destroy();
        notes.push("after");
        ctx.remind("after", { in: "1h" }, "run");
        return notes;
      });
      expect(reply).toEqual({ ok: true, result: ["old", "before", "after"], version: 2 });
      const head = await expectGone(2);
      expect(head).toMatchObject({ fence: 2, outbox: "" });
      expect(head).not.toHaveProperty("wakeAtMs");
      expect(head).not.toHaveProperty("leaseId");
    });

    it.each(["the same process", "another process"])(
      "leaves a new actor to the next turn, in %s",
      async (where) => {
        await run((room) => {
          room.notes.push("old");
          room.turns++;
          room.ctx.remind("old", { in: "1h" }, "run");
        });
        await one.invoke(call("end"));
        const look = (room: Room) => [room.notes, room.turns, room.ctx.version, room.ctx.reminders()];
        const next = await run(look, where === "another process" ? other : one);
        expect(next).toEqual({ ok: true, result: [[], 0, 2, []], version: 3 });
        expect(await add("new")).toEqual({ ok: true, result: 1, version: 4 });
        expect(await all()).toEqual(["new"]);
      },
    );

    it("shows readonly calls a new actor, of the version that it made", async () => {
      await add("old");
      await one.invoke(call("end"));
      for (const consistency of ["strong", "eventual"]) {
        const reply = await other.invoke(call("all", [], { consistency }));
        expect(reply).toEqual({ ok: true, result: [], version: 2 });
      }
      expect(await headOf()).toMatchObject({ version: 2, fence: 2 });
    });

    it("is committed also for an actor that never was: no state, and its call is known", async () => {
      const end = call("end", [], { callId: "end" });
      expect(await one.invoke(end)).toEqual({ ok: true, result: [], version: 1 });
      await expectGone(1);
      await add("new");
      expect(await other.invoke(end)).toEqual({ ok: true, result: [], version: 1 });
      expect(await all()).toEqual(["new"]);
    });

    it("needs no state that can be kept", async () => {
      await add("old");
      const reply = await run((room) => {
        room.extra = () => {};
        room.notes.push("x".repeat(500_000));
        room.ctx.destroy();
      });
      expect(reply).toMatchObject({ ok: true, version: 2 });
      await expectGone(2);
    });

    it.each<[string, (room: Room) => unknown, string]>([
      [
        "throws",
        () => {
          throw new RangeError("no");
        },
        "MethodError",
      ],
      ["returns what cannot be kept", () => () => {}, "NotSerializable"],
    ])("destroys nothing when it %s", async (_how, after, code) => {
      await run(({ ctx, notes }) => {
        notes.push("old");
        ctx.remind("old", { in: "1h" }, "run");
      });
      const before = await headOf();
      const reply = await run((room) => {
        room.ctx.destroy();
        return after(room);
      });
      expect(codeOf(reply)).toBe(code);
      expect(await headOf()).toMatchObject({ state: before.state, reminders: before.reminders, version: 1 });
      expect(await add("next")).toMatchObject({ result: 2 });
    });

    it("may save checkpoints before and after, which are there until it ends", async () => {
      const look = async ({ ctx }: Room) => {
        await ctx.save();
        const { version, state, reminders } = await headOf();
        heard.push([version, JSON.parse(state?.text ?? "{}").notes, reminders !== ""]);
      };
      await add("old");
      const reply = await run(async (room) => {
        room.notes.push("before");
        room.ctx.remind("r", { in: "1h" }, "run");
        await look(room);
        room.ctx.destroy();
        room.notes.push("after");
        await look(room);
        return "ended";
      });
      expect(heard).toEqual([
        [2, ["old", "before"], true],
        [3, ["old", "before", "after"], true],
      ]);
      expect(reply).toEqual({ ok: true, result: "ended", version: 4 });
      await expectGone(4);
    });

    it("keeps the checkpoint that it saved after destroy() when it throws then", async () => {
      const reply = await run(async ({ ctx, notes }) => {
        ctx.destroy();
        notes.push("saved");
        await ctx.save();
        throw new RangeError("no");
      });
      expect(codeOf(reply)).toBe("MethodError");
      expect(await all()).toEqual(["saved"]);
      expect(await add("next")).toMatchObject({ result: 2, version: 2 });
    });

    it("must be one that may write, and is not over", async () => {
      await add("old");
      script = ({ ctx }) => ctx.destroy();
      expect(codeOf(await one.invoke(call("look")))).toBe("ReadonlyViolation");
      let kept: Room["ctx"] | undefined;
      await run(({ ctx }) => {
        kept = ctx;
      });
      expect(() => kept?.destroy()).toThrow(expect.objectContaining({ code: "TurnEnded" }));
      expect(await add("next")).toMatchObject({ result: 2 });
    });

    it("frees its address for older code", async () => {
      const newer = start({}, NewerRoom);
      await add("new", newer);
      expect(codeOf(await add("old"))).toBe("StateVersionTooNew");
      await newer.invoke(call("end"));
      expect(await all(one)).toEqual([]);
      expect(await add("old")).toMatchObject({ ok: true, result: 1 });
      expect(await headOf()).toMatchObject({ state: { schema: 1 } });
    });
  });

  describe("in a batch that is committed at once,", () => {
    async function batch(...methods: string[]): Promise<unknown[]> {
      const replies = methods.map((method) => one.invoke(call(method, method === "add" ? ["new"] : [])));
      return (await Promise.all(replies)).map((reply) => (reply.ok ? reply.result : reply.error.code));
    }

    beforeEach(() => add("old"));

    it("turns before it change what is destroyed, and those after it begin afresh", async () => {
      expect(await batch("add", "end", "add", "add")).toEqual([2, ["old", "new"], 1, 2]);
      expect(await headOf()).toMatchObject({ version: 2 });
      expect(await all()).toEqual(["new", "new"]);
    });

    it("the last one counts", async () => {
      expect(await batch("end", "add", "end")).toEqual([["old"], 1, ["new"]]);
      await expectGone(2);
    });

    it("a turn that fails after it brings nothing back", async () => {
      expect(await batch("end", "fail")).toEqual([["old"], "MethodError"]);
      await expectGone(2);
      expect(await batch("end", "fail", "add")).toEqual([[], "MethodError", 1]);
    });

    it("a checkpoint after it is one of the new actor", async () => {
      script = async ({ ctx, notes }) => {
        notes.push("saved");
        await ctx.save();
        throw new RangeError("no");
      };
      expect(await batch("end", "run", "add")).toEqual([["old"], "MethodError", 2]);
      expect(await all()).toEqual(["saved", "new"]);
    });

    it("a message whose beginning is committed finds nothing there", async () => {
      const newer = start({}, NewerRoom);
      await add("new", newer);
      const end = messageFor(addressOf(), "end", stage.clock.now());
      const next = redelivered(messageFor(addressOf(), "run", stage.clock.now()), 9);
      script = async ({ notes }) => {
        const { version, state, failing } = await headOf();
        heard.push(version, state, failing.includes('"begun":1'));
        notes.push("new");
      };
      expect(await hand(newer.handle, [end, next])).toEqual([]);
      expect(heard).toEqual([3, undefined, true]);
      const { state } = await headOf();
      expect(state).toMatchObject({ text: expect.stringContaining('["new"]'), schema: 2 });
    });
  });

  describe("a process that was paused past its lease", () => {
    it.each(["in mid-turn", "with its commit on the way"])(
      "%s is refused after others destroyed the actor, and brings nothing back",
      async (where) => {
        await add("old");
        const [reached, opened] = [gate(), gate()];
        const commit = hold("store.commit");
        const paused = run(async ({ notes }) => {
          notes.push("zombie");
          reached.open();
          if (where === "in mid-turn") await opened.opened;
        });
        await (where === "in mid-turn" ? reached.opened : commit.reached);
        // Its turn waits: it takes the lease as soon as it does.
        await until(async () => (await headOf()).leaseId !== undefined);
        stage.clock.freeze(LEASE_MS);
        expect(resultOf(await other.invoke(call("end")))).toEqual(["old"]);
        const tombstone = await expectGone(2);
        opened.open();
        commit.open();
        expect(await paused).toMatchObject({ ok: false, error: { code: "FencedError", retryable: true } });
        expect(await headOf()).toEqual(tombstone);
        expect(tombstone.fence).toBe(3);
        expect(await add("new")).toEqual({ ok: true, result: 1, version: 3 });
      },
    );

    it("is refused also when the actor was made anew, and its call's retry runs on the new one", async () => {
      await add("old");
      const commit = hold("store.commit");
      script = async ({ notes }) => notes.push("zombie");
      const zombie = call("run", [], { callId: "zombie" });
      const paused = one.invoke(zombie);
      await commit.reached;
      stage.clock.freeze(LEASE_MS);
      await other.invoke(call("end"));
      await add("new", other);
      commit.open();
      expect(codeOf(await paused)).toBe("FencedError");
      expect(await all()).toEqual(["new"]);
      expect(await one.invoke(zombie)).toEqual({ ok: true, result: 2, version: 4 });
      expect(await all()).toEqual(["new", "zombie"]);
    });

    it("destroys nothing when it would have destroyed, and goes on from what is there", async () => {
      await add("old");
      const commit = hold("store.commit");
      const paused = run(async ({ ctx }) => ctx.destroy());
      await commit.reached;
      stage.clock.freeze(LEASE_MS);
      await add("other's", other);
      commit.open();
      expect(codeOf(await paused)).toBe("FencedError");
      expect(await add("next")).toEqual({ ok: true, result: 3, version: 3 });
    });
  });

  describe("a process that was paused before its commit, without a lease,", () => {
    const say = ({ ctx, notes }: Room) => {
      notes.push("late");
      ctx.emit("Said", { notes });
      return notes;
    };
    const said = () => stage.local.bus.published().map(({ detail }) => (detail as { notes: string[] }).notes);

    it.each([
      ["after others destroyed the actor", [], ["late"]],
      ["when it was made anew", ["new"], ["new", "late"]],
    ])("runs its turn again on a new actor %s, and brings nothing back", async (_when, others, notes) => {
      await add("old");
      const commit = hold("store.commit");
      const paused = run(say);
      await commit.reached;
      await other.invoke(call("end"));
      for (const note of others) await add(note, other);
      commit.open();
      expect(await paused).toEqual({ ok: true, result: notes, version: 3 + others.length });
      expect(await all()).toEqual(notes);
      expect(said()).toEqual([notes]);
    });

    it("destroys what is there by then, once", async () => {
      await add("old");
      const commit = hold("store.commit");
      const paused = run((room) => {
        room.ctx.destroy();
        return say(room);
      });
      await commit.reached;
      await add("other's", other);
      commit.open();
      expect(await paused).toEqual({ ok: true, result: ["old", "other's", "late"], version: 3 });
      await expectGone(3);
      expect(said()).toEqual([["old", "other's", "late"]]);
    });
  });

  describe("a call that comes again", () => {
    it("has its first answer and no second effect, when its actor was destroyed meanwhile", async () => {
      const first = call("add", ["old"], { callId: "first" });
      const answer = await one.invoke(first);
      await one.invoke(call("end"));
      for (const process of [one, other]) expect(await process.invoke(first)).toEqual(answer);
      await expectGone(2);
    });

    it("has it also when its id had left the head before", async () => {
      const first = call("add", ["old"], { callId: "first" });
      const answer = await one.invoke(first);
      for (let n = 0; n < 70; n++) await add("more");
      await one.invoke(call("end"));
      expect(await headOf()).toMatchObject({ spilled: true });
      expect((await headOf()).inbox).not.toContain("first");
      expect(await other.invoke(first)).toEqual(answer);
      await expectGone(72);
    });

    it.each([
      ["at once", 0],
      ["when its checkpoint has left the head", 70],
    ])(
      "from a checkpoint that was destroyed too, makes its calls from the first one on, %s",
      async (_when, others) => {
        const first = call("run", [], { callId: "first" });
        let isLate = false;
        script = async ({ ctx, notes }) => {
          if (!notes.includes("half")) {
            await ctx.actor(Box).get(id).put("before");
            notes.push("half");
            await ctx.save();
            if (!isLate) throw new Error("not yet");
          }
          await ctx.actor(Box).get(id).put("after");
        };
        expect(codeOf(await one.invoke(first))).toBe("MethodError");
        for (let n = 0; n < others; n++) await add("more");
        await one.invoke(call("end"));
        for (let n = 0; n <= others; n++) await add("new");
        isLate = true;
        expect(await other.invoke(first)).toMatchObject({ ok: true });
        expect(resultOf(await other.invoke(stage.call("Box", "all")))).toEqual(["before", "after"]);
      },
    );

    it("from a checkpoint of the new actor goes on from there", async () => {
      const first = call("run", [], { callId: "first" });
      let isLate = false;
      script = async ({ ctx, notes }) => {
        if (!notes.includes("half")) {
          await ctx.actor(Box).get(id).put("same");
          notes.push("half");
          await ctx.save();
          if (!isLate) throw new Error("not yet");
        }
        await ctx.actor(Box).get(id).put("same");
      };
      await one.invoke(call("end"));
      expect(codeOf(await one.invoke(first))).toBe("MethodError");
      isLate = true;
      expect(await other.invoke(first)).toMatchObject({ ok: true });
      expect(resultOf(await other.invoke(stage.call("Box", "all")))).toEqual(["same", "same"]);
    });

    it("destroys once: what was made since then stays", async () => {
      await add("old");
      const end = call("end", [], { callId: "end" });
      const answer = await one.invoke(end);
      await add("new");
      for (const process of [one, other]) expect(await process.invoke(end)).toEqual(answer);
      expect(await all()).toEqual(["new"]);
    });

    it.each([1, 2])("since %d answers to its commit were lost, is recognised as committed", async (times) => {
      await add("old");
      const losses = Array.from({ length: times }, gate);
      let commits = 0;
      intercept = async (name, apply) => {
        const answer = await apply();
        const loss = name === "store.commit" ? losses[commits++] : undefined;
        if (loss === undefined) return answer;
        loss.open();
        throw new StoreUnavailable("cut off");
      };
      const answer = one.invoke(call("end"));
      for (const loss of losses) {
        await loss.opened;
        // It waits now, before it asks again.
        await stage.clock.advance(SECOND_MS);
      }
      expect(await answer).toEqual({ ok: true, result: ["old"], version: 2 });
      await expectGone(2);
    });

    it("after a lost answer, when another process has made the actor anew, leaves that alone", async () => {
      await add("old");
      const loss = gate();
      let commits = 0;
      intercept = async (name, apply) => {
        if (name !== "store.commit" || commits++ > 0) return apply();
        await apply();
        await add("new", other);
        loss.open();
        throw new StoreUnavailable("cut off");
      };
      const answer = one.invoke(call("end"));
      await loss.opened;
      await stage.clock.advance(SECOND_MS);
      expect(await answer).toEqual({ ok: true, result: ["old"], version: 2 });
      expect(await all()).toEqual(["new"]);
      expect(await headOf()).toMatchObject({ version: 3 });
    });
  });

  describe("what the turn causes", () => {
    const box = async () => resultOf(await other.invoke(stage.call("Box", "all")));
    const ending = async ({ ctx }: Room) => {
      await ctx.actor(Box).get(id).put("called");
      ctx.actor(Box).get(id).send().put("sent before");
      ctx.destroy();
      ctx.actor(Box).get(id).send().put("sent after");
      ctx.emit("Ended", { id });
    };
    const events = () =>
      stage.local.bus.published().map(({ detailType, detail }) => ({ detailType, detail }));

    it("leaves as from any turn", async () => {
      await add("old");
      expect(await run(ending)).toMatchObject({ ok: true, version: 2 });
      const head = await expectGone(2);
      expect(head).toMatchObject({ outbox: "" });
      expect(head).not.toHaveProperty("wakeAtMs");
      await pass(0);
      expect(await box()).toEqual(["called", "sent before", "sent after"]);
      expect(events()).toEqual([
        { detailType: "Ended", detail: expect.objectContaining({ id, metadata: expect.anything() }) },
      ]);
    });

    it("waits in the outbox when the process dies, and leaves then; nobody wakes the actor any more", async () => {
      await run(({ ctx }) => ctx.remind("r", { in: "1h" }, "run"));
      intercept = async (name, apply, args) => {
        const answer = await apply();
        if (name === "store.commit" && (args[0] as { type: string }).type === "Room") one.kill();
        return answer;
      };
      void run(ending);
      while (one.isAlive()) await settle();
      const { wakeAtMs, outbox } = await expectGone(2);
      expect(outbox).toContain("sent after");
      expect(wakeAtMs).toBe(stage.clock.now() + LEASE_MS);
      await pass(LEASE_MS);
      expect(await box()).toEqual(["called", "sent before", "sent after"]);
      expect(events()).toHaveLength(1);
      const head = await expectGone(2);
      expect(head).toMatchObject({ outbox: "" });
      expect(head).not.toHaveProperty("wakeAtMs");
    });

    it("stays away when the turn fails", async () => {
      await add("old");
      const reply = await run(({ ctx }) => {
        ctx.destroy();
        ctx.actor(Box).get(id).send().put("not sent");
        throw new RangeError("no");
      });
      expect(codeOf(reply)).toBe("MethodError");
      await pass(0);
      expect(await box()).toEqual([]);
    });
  });

  describe("reminders", () => {
    it("are gone, those too that are due in the same activation, and their hints find nothing to do", async () => {
      await run(({ ctx }) => {
        ctx.remind("soon", { in: 1 }, "run");
        ctx.remind("often", { every: "1s" }, "run");
        ctx.remind("late", { in: "1h" }, "run");
      });
      script = ({ ctx }) => heard.push(ctx.reminder?.name);
      stage.clock.freeze(10 * SECOND_MS);
      // The reminder that has been due for longest comes first.
      await one.invoke(call("end"));
      expect(heard).toEqual(["soon"]);
      await expectGone(2);
      await pass(3_600 * SECOND_MS);
      expect(heard).toEqual(["soon"]);
      await expectGone(2);
    });

    it.each([
      ["once", { in: "1s" }, 2],
      ["again and again", { every: "1s" }, 2],
      // It may have killed processes: its beginning is committed first.
      ["late", { every: "1s" }, 40],
    ] as const)("that come %s may destroy their actor, and do not come back", async (_how, time, afterS) => {
      await run(({ ctx, notes }) => {
        notes.push("old");
        ctx.remind("r", time, "run");
        ctx.remind("second", { in: 1_001 }, "run");
      });
      script = ({ ctx, notes }) => {
        heard.push(ctx.reminder?.name, [...notes]);
        ctx.remind("r", { in: 1 }, "run");
        ctx.destroy();
      };
      await pass(afterS * SECOND_MS);
      expect(heard).toEqual(["r", ["old"]]);
      const head = await expectGone(afterS > 30 ? 3 : 2);
      expect(head).not.toHaveProperty("wakeAtMs");
      await pass(100 * SECOND_MS);
      expect(heard).toHaveLength(2);
      expect(await new DeadLetters(stage.local, stage.clock).list()).toEqual([]);
    });

    it("that fail after destroy() come again, and destroy then", async () => {
      @Actor("Room")
      class Patient extends Room {
        @Method({ maxAttempts: 3 }) override run(): unknown {
          return super.run();
        }
      }
      other = start({}, Patient);
      await run(({ ctx, notes }) => {
        notes.push("old");
        ctx.remind("r", { in: "1s" }, "run");
      }, other);
      let attempts = 0;
      script = ({ ctx }) => {
        ctx.destroy();
        if (++attempts === 1) throw new RangeError("not yet");
      };
      await pass(SECOND_MS);
      expect(await all()).toEqual(["old"]);
      expect((await headOf()).reminders).toContain('"attempts":1');
      await pass(10 * SECOND_MS);
      expect(attempts).toBe(2);
      await expectGone(3);
    });

    it("of the next actor are its own", async () => {
      await run(({ ctx }) => ctx.remind("r", { in: "1s" }, "run"));
      await one.invoke(call("end"));
      await run(({ ctx }) => ctx.remind("r", { in: "1h" }, "run"));
      script = ({ ctx }) => heard.push(ctx.now.getTime());
      await pass(10 * SECOND_MS);
      expect(heard).toEqual([]);
      await pass(3_600 * SECOND_MS);
      expect(heard).toEqual([stage.clock.now()]);
    });
  });

  it("a message that failed is still counted after its actor was destroyed", async () => {
    const failing = messageFor(addressOf(), "fail", stage.clock.now());
    expect(await hand(one.handle, [failing])).toEqual([failing.messageId]);
    const before = await headOf();
    expect(before.failing).toContain('"attempts":1');
    await one.invoke(call("end"));
    expect((await expectGone(2)).failing).toBe(before.failing);
    for (let count = 2; count <= 3; count++) await hand(one.handle, [redelivered(failing, count)]);
    const letters = await new DeadLetters(stage.local, stage.clock).list();
    expect(letters).toMatchObject([{ reason: { code: "MethodError", attempts: 3 } }]);
  });
});

it("an actor whose processes die at any request is destroyed once, and what it sends arrives once", async () => {
  const steps = await dyingEverywhere([Room, Box], async (fleet) => {
    const room = { actor: "Room", id, args: [] };
    script = ({ ctx, notes }) => {
      notes.push("old");
      ctx.remind("r", { in: "1h" }, "run");
    };
    await fleet.insist({ ...room, method: "run", callId: "begin" });
    script = ({ ctx, notes }) => {
      ctx.actor(Box).get("b").send().put("ended");
      ctx.destroy();
      return notes;
    };
    const end = { ...room, method: "run", callId: "end" };
    const answer = await fleet.insist(end);
    expect(answer).toEqual({ ok: true, result: ["old"], version: 2 });
    await fleet.insist({ ...room, method: "add", args: ["new"], callId: "add" });
    expect(await fleet.insist(end)).toEqual(answer);
    await fleet.heal();
    expect(await fleet.during(fleet.witness.actor(Room).get(id).all())).toEqual(["new"]);
    expect(await fleet.during(fleet.witness.actor(Box).get("b").all())).toEqual(["ended"]);
    expect(await fleet.leftOver()).toEqual(NOTHING);
  });
  expect(steps).toContain("messages.send");
});

it("the test kit's app destroys actors too: by a message, which has its result, and by a reminder", async () => {
  await using app = createTestApp([Room, Box]);
  const room = app.client.actor(Room).get(id);
  await room.add("old");
  const { callId } = await room.start().end();
  await app.settled();
  expect(await app.client.call(callId).result()).toEqual(["old"]);
  expect(await room.all()).toEqual([]);
  script = ({ ctx }) => ctx.remind("over", { in: "1d" }, "end");
  await room.add("new");
  await room.run();
  await app.clock.advance("23h");
  expect(await room.all()).toEqual(["new"]);
  await app.clock.advance("1h");
  expect(await room.all()).toEqual([]);
  expect(await app.deadLetters.list()).toEqual([]);
});
