/** The hooks of an actor's life: when each is called, what it is part of, and what becomes of its failures. On both stores. */
import { Actor, DurableActor, Method, TerminalError, Transient } from "durable-lambda";
import type { Invocation } from "../../lib/invocation";
import { DeadLetters } from "../../lib/messages/dead-letters";
import { hand, messageFor, redelivered } from "../support/batches";
import { dyingEverywhere } from "../support/crash-points";
import { gate, settle } from "../support/fake-clock";
import { NOTHING } from "../support/fleet";
import { codeOf, resultOf } from "../support/process";
import { onEachStore, type Stage } from "../support/stores";
import type { WatchedProcess } from "../support/watched-process";

/** What each hook does next, and what the scripted methods do. */
let script: Partial<Record<"create" | "activate" | "destroy" | "run", (guest: Guest) => unknown>>;

@Actor
class Guest extends DurableActor {
  /** What was called, in this order. */
  calls: string[] = [];
  extra = "";
  @Transient loads = 0;

  override onCreate(): void | Promise<void> {
    this.calls.push("onCreate");
    return script.create?.(this) as void | Promise<void>;
  }
  override onActivate(): void | Promise<void> {
    this.loads++;
    return script.activate?.(this) as void | Promise<void>;
  }
  override onDestroy(): void | Promise<void> {
    this.calls.push("onDestroy");
    return script.destroy?.(this) as void | Promise<void>;
  }

  @Method run(): unknown {
    this.calls.push("run");
    return script.run?.(this);
  }
  @Method end(): string[] {
    this.calls.push("end");
    this.ctx.destroy();
    return this.calls;
  }
  @Method fail(): never {
    throw new RangeError("no");
  }
  @Method({ readonly: true }) look(): unknown {
    return { calls: this.calls, loads: this.loads, extra: this.extra };
  }
  @Method({ readonly: true }) watch(): unknown {
    return script.run?.(this);
  }
}

/** Gets what hooks send and call. */
@Actor
class Desk extends DurableActor {
  notes: string[] = [];
  @Method note(text: string): number {
    return this.notes.push(text);
  }
  @Method({ readonly: true }) all(): string[] {
    return this.notes;
  }
}

/** Causes all that a turn can cause when it begins to exist. */
@Actor
class Opened extends DurableActor {
  uses = 0;
  override async onCreate(): Promise<void> {
    this.ctx.emit("Opened");
    this.ctx.actor(Desk).get("d").send().note("sent");
    await this.ctx.actor(Desk).get("d").note("called");
  }
  @Method use(): number {
    return ++this.uses;
  }
}

it("a process that dies at any request of the first turn leaves an actor that was created once", async () => {
  const steps = await dyingEverywhere([Opened, Desk], async (fleet) => {
    const use = { actor: "Opened", id: "o", method: "use", callId: "first" } as Invocation;
    expect(await fleet.insist(use)).toMatchObject({ ok: true, result: 1 });
    await fleet.heal();
    expect((await fleet.during(fleet.witness.actor(Desk).get("d").all())).sort()).toEqual(["called", "sent"]);
    expect(fleet.events().map(({ detailType }) => detailType)).toEqual(["Opened"]);
    expect(await fleet.leftOver()).toEqual(NOTHING);
  });
  expect(steps).toContain("store.commit Opened/o");
});

onEachStore((stageOf) => {
  let stage: Stage;
  let one: WatchedProcess;
  let other: WatchedProcess;

  beforeEach(() => {
    script = {};
    stage = stageOf();
    one = stage.start([Guest, Desk]);
    other = stage.start([Guest, Desk]);
  });

  const addressOf = () => ({ type: "Guest", id: stage.id });
  const head = () => stage.headOf(addressOf());
  const call = (method: string, more: object = {}): Invocation =>
    ({ actor: "Guest", id: stage.id, method, ...more }) as Invocation;
  const invoke = (method: string, by = one) => by.invoke(call(method));
  const look = async (by = one) =>
    resultOf(await invoke("look", by)) as { calls: string[]; loads: number; extra: unknown };
  const notes = async () => resultOf(await one.invoke({ actor: "Desk", id: stage.id, method: "all" }));
  const events = () => stage.local.bus.published().map(({ detailType }) => detailType);
  /** The times that `run` was called in this process's instance since it was loaded, by a turn. */
  const loadsIn = async (by = one) => {
    script.run = ({ loads }) => loads;
    return resultOf(await invoke("run", by));
  };

  describe("onCreate", () => {
    it("is called before the method of the first turn, in the same turn and commit, and never again", async () => {
      script.create = ({ ctx }) => {
        ctx.emit("Created", { version: ctx.version });
        ctx.remind("r", { in: "1h" }, "run");
      };
      expect(await invoke("run")).toMatchObject({ ok: true, version: 1 });
      expect(one.takeRequests()).toEqual(["store.read", "store.commit", "bus.publish", "store.release"]);
      await invoke("run");
      expect(one.takeRequests()).toEqual(["store.commit"]);
      await invoke("run", other);
      expect((await look()).calls).toEqual(["onCreate", "run", "run", "run"]);
      expect(await head()).toMatchObject({ version: 3, reminders: expect.stringContaining('"r"') });
      expect(events()).toEqual(["Created"]);
    });

    it("has the turn's own ctx: the call's id, and a signal", async () => {
      let seen: unknown[] = [];
      script.create = ({ ctx }) => {
        seen = [ctx.callId, ctx.actorId, ctx.version, ctx.signal.aborted];
      };
      await one.invoke(call("run", { callId: "mine" }));
      expect(seen).toEqual(["mine", stage.id, 0, false]);
    });

    it.each(["onCreate", "the method"])(
      "leaves nothing when %s throws, and is called again by the next call",
      async (who) => {
        let fails = true;
        const throwing = () => {
          if (fails) throw new RangeError("no");
        };
        script.create = ({ ctx }) => {
          ctx.emit("Created");
          if (who === "onCreate") throwing();
        };
        if (who === "the method") script.run = throwing;
        expect(await invoke("run")).toMatchObject({
          ok: false,
          error: { code: "MethodError", name: "RangeError" },
        });
        expect(await head()).toBeUndefined();
        expect(events()).toEqual([]);
        fails = false;
        await invoke("run");
        expect((await look()).calls).toEqual(["onCreate", "run"]);
        expect(events()).toEqual(["Created"]);
      },
    );

    it("has no effect where another process creates the actor first: the turn runs again, on that one", async () => {
      let created = 0;
      script.create = ({ ctx }) => {
        created++;
        ctx.emit("Created", { by: ctx.callId });
      };
      let isFirst = true;
      const late = stage.start([Guest, Desk], {
        intercept: async (name, apply) => {
          if (name === "store.commit" && isFirst) {
            isFirst = false;
            await other.invoke(call("run", { callId: "first" }));
          }
          return apply();
        },
      });
      expect(await late.invoke(call("run", { callId: "second" }))).toMatchObject({ ok: true, version: 2 });
      expect(created).toBe(2);
      expect((await look()).calls).toEqual(["onCreate", "run", "run"]);
      expect(stage.local.bus.published()).toMatchObject([{ detail: { by: "first" } }]);
    });

    it("is called for the first turn of a batch that succeeds", async () => {
      script.create = ({ ctx }) => ctx.emit("Created");
      const replies = await Promise.all(["fail", "run", "run"].map((method) => invoke(method)));
      expect(replies.map(({ ok }) => ok)).toEqual([false, true, true]);
      expect((await look()).calls).toEqual(["onCreate", "run", "run"]);
      expect(events()).toEqual(["Created"]);
      expect(await head()).toMatchObject({ version: 1 });
    });

    it("is called again once the actor was destroyed, in the same batch or later", async () => {
      await Promise.all(["run", "end", "run"].map((method) => invoke(method)));
      expect((await look()).calls).toEqual(["onCreate", "run"]);
      await invoke("end");
      await invoke("run", other);
      expect((await look()).calls).toEqual(["onCreate", "run"]);
      expect(await head()).toMatchObject({ version: 3 });
    });

    it("is not called by a readonly call, which sees the initial values and leaves nothing", async () => {
      for (const consistency of ["strong", "eventual"]) {
        const seen = await one.invoke(call("look", { consistency }));
        expect(seen).toMatchObject({ ok: true, result: { calls: [], loads: 0 }, version: 0 });
      }
      expect(await head()).toBeUndefined();
    });

    it("is not called by a readonly method that comes as a message, which creates no actor", async () => {
      let seen: unknown;
      script.run = ({ calls, loads }) => {
        seen = [[...calls], loads];
      };
      expect(await hand(one.handle, [messageFor(addressOf(), "watch", stage.clock.now())])).toEqual([]);
      expect(seen).toEqual([[], 0]);
      expect(await head()).not.toHaveProperty("state");
      script.run = undefined as never;
      await invoke("run");
      expect((await look()).calls).toEqual(["onCreate", "run"]);
    });

    it("has happened when a checkpoint was saved after it, whatever the method does then", async () => {
      script.create = ({ ctx }) => ctx.emit("Created");
      script.run = async ({ ctx }) => {
        await ctx.save();
        throw new RangeError("no");
      };
      expect(codeOf(await invoke("run"))).toBe("MethodError");
      script.run = undefined as never;
      await invoke("run");
      expect((await look()).calls).toEqual(["onCreate", "run", "run"]);
      expect(events()).toEqual(["Created"]);
    });

    it("may save a checkpoint, and destroy the actor that it creates", async () => {
      script.create = async ({ ctx }) => {
        await ctx.save();
        ctx.destroy();
      };
      script.run = ({ calls }) => [...calls];
      expect(await invoke("run")).toMatchObject({ result: ["onCreate", "run"], version: 2 });
      expect(await head()).not.toHaveProperty("state");
    });
  });

  describe("onActivate", () => {
    it("is called when the actor is loaded, before the method, and not while it stays in memory", async () => {
      expect(await loadsIn()).toBe(0);
      expect(await loadsIn()).toBe(0);
      expect(await loadsIn(other)).toBe(1);
      expect(await loadsIn(other)).toBe(1);
      // Another process has committed meanwhile.
      expect(await loadsIn(one)).toBe(1);
    });

    it("is called again after a turn that was rolled back", async () => {
      await invoke("run");
      await invoke("fail");
      expect(await loadsIn()).toBe(1);
      expect(await loadsIn()).toBe(1);
    });

    it("is part of the turn: what it changes in fields is kept, and what it causes leaves", async () => {
      await invoke("run");
      script.activate = (guest) => {
        guest.extra = "activated";
        guest.ctx.emit("Activated");
      };
      expect(codeOf(await invoke("fail", other))).toBe("MethodError");
      expect([await head(), events()]).toMatchObject([{ version: 1 }, []]);
      await invoke("run", other);
      script.activate = undefined as never;
      expect((await look()).extra).toBe("activated");
      expect(events()).toEqual(["Activated"]);
    });

    it("that throws fails the call, with its own error, and is called again by the next one", async () => {
      await invoke("run");
      script.activate = () => {
        throw Object.assign(new RangeError("not now"), { code: "NotNow" });
      };
      for (const method of ["run", "look"]) {
        expect(await invoke(method, other)).toMatchObject({
          error: { code: "NotNow", name: "RangeError", message: "not now" },
        });
      }
      script.activate = undefined as never;
      expect(await loadsIn(other)).toBe(1);
    });

    it("is called for each readonly call; the fields that it changes are no violation, and are not kept", async () => {
      await invoke("run");
      script.activate = (guest) => {
        guest.extra = "for this call";
      };
      const before = await head();
      expect(await look()).toMatchObject({ loads: 1, extra: "for this call" });
      expect(await look()).toMatchObject({ loads: 1, extra: "for this call" });
      expect(await head()).toEqual(before);
    });

    it("is called for a readonly method that comes as a message, which keeps nothing of it", async () => {
      await invoke("run");
      script.activate = (guest) => {
        guest.extra = "for this call";
      };
      let seen: unknown;
      script.run = ({ extra }) => {
        seen = extra;
      };
      const before = await head();
      expect(await hand(other.handle, [messageFor(addressOf(), "watch", stage.clock.now())])).toEqual([]);
      expect(seen).toBe("for this call");
      expect(await head()).toMatchObject({ version: 2, state: before?.state });
    });

    it("may cause nothing in a readonly call", async () => {
      await invoke("run");
      script.activate = ({ ctx }) => ctx.emit("Activated");
      expect(codeOf(await invoke("look"))).toBe("ReadonlyViolation");
      expect(await invoke("run", other)).toMatchObject({ ok: true });
      expect(events()).toEqual(["Activated"]);
    });
  });

  describe("onDestroy", () => {
    it("is called after the method that destroys, before the commit; its effects leave with it", async () => {
      script.destroy = async (guest) => {
        guest.ctx.emit("Destroyed", { calls: guest.calls });
        guest.ctx.actor(Desk).get(stage.id).send().note("sent");
        await guest.ctx.actor(Desk).get(stage.id).note("called");
      };
      await invoke("run");
      const reply = await invoke("end");
      expect(reply).toMatchObject({ ok: true, result: ["onCreate", "run", "end"], version: 2 });
      expect(await head()).not.toHaveProperty("state");
      expect(stage.local.bus.published()).toMatchObject([
        { detail: { calls: ["onCreate", "run", "end", "onDestroy"] } },
      ]);
      const [sent] = await stage.local.queues.messages.receive({ max: 10, waitMs: 0, hideMs: 1 });
      expect(sent?.body).toContain('"note"');
      expect(await notes()).toEqual(["called"]);
    });

    it("that throws has destroyed nothing, and nothing of the turn stays", async () => {
      script.destroy = ({ ctx }) => {
        ctx.emit("Destroyed");
        throw new RangeError("not empty");
      };
      await invoke("run");
      const before = await head();
      expect(await invoke("end")).toMatchObject({ error: { code: "MethodError", message: "not empty" } });
      expect(await head()).toMatchObject({ version: 1, state: before?.state, outbox: "" });
      expect(events()).toEqual([]);
      expect((await look()).calls).toEqual(["onCreate", "run"]);
    });

    it("is not called when the method throws after it has destroyed", async () => {
      script.run = ({ ctx }) => {
        ctx.destroy();
        throw new RangeError("no");
      };
      script.destroy = ({ ctx }) => ctx.emit("Destroyed");
      await invoke("run");
      expect(events()).toEqual([]);
    });

    it("is called in the turn of a reminder or of a message that destroys", async () => {
      script.destroy = ({ ctx }) => ctx.emit("Destroyed", { by: ctx.reminder?.name ?? "message" });
      script.run = ({ ctx }) => ctx.remind("r", { in: 0 }, "end");
      await invoke("run");
      await hand(one.handle, [messageFor(addressOf(), "end", stage.clock.now())]);
      expect(stage.local.bus.published().map(({ detail }) => detail)).toMatchObject([
        { by: "r" },
        { by: "message" },
      ]);
    });

    it("does not change the result of the method, although that is one of its fields", async () => {
      script.destroy = ({ calls }) => {
        calls.length = 0;
      };
      expect(resultOf(await invoke("end"))).toEqual(["onCreate", "end"]);
    });
  });

  describe.each(["create", "activate", "destroy"] as const)("an asynchronous hook, on %s", (hook) => {
    /** A turn that calls it. */
    const turn = (more: object = {}) => one.invoke(call(hook === "destroy" ? "end" : "run", more));
    beforeEach(async () => {
      // In another process, so that it is to be loaded.
      if (hook !== "create") await invoke("run", other);
    });

    it("is waited for, and so are the calls that it does not await", async () => {
      const [reached, opened] = [gate(), gate()];
      script[hook] = async ({ ctx }) => {
        reached.open();
        await opened.opened;
        void ctx.actor(Desk).get(stage.id).note("called");
      };
      const reply = turn();
      await reached.opened;
      opened.open();
      expect(await reply).toMatchObject({ ok: true });
      expect(await notes()).toEqual(["called"]);
    });

    it("is waited for under the lease, which is taken beforehand once it is known to wait", async () => {
      script[hook] = async () => {};
      await turn();
      expect(one.takeRequests()).toEqual(["store.read", "store.acquire", "store.commit"]);
      const id = `${stage.id}-2`;
      if (hook !== "create") await other.invoke({ ...call("run"), id });
      await turn({ id });
      expect(one.takeRequests()).toEqual(["store.acquire", "store.commit"]);
    });

    it("ends at the call's deadline: the turn is rolled back, and what it does later has no effect", async () => {
      const [reached, opened] = [gate<AbortSignal>(), gate()];
      script[hook] = async (guest) => {
        reached.open(guest.ctx.signal);
        await opened.opened;
        guest.extra = "too late";
        guest.ctx.emit("TooLate");
      };
      const before = await head();
      const reply = turn({ timeoutMs: 2_000 });
      const signal = await reached.opened;
      await stage.clock.advance(2_000);
      expect(await reply).toMatchObject({
        error: { code: "CallTimeout", details: { ranMs: 2_000, limit: "call" } },
      });
      expect(signal.reason).toMatchObject({ code: "CallTimeout" });
      opened.open();
      await settle();
      expect(await head()).toMatchObject({ version: before?.version ?? 0 });
      expect(events()).toEqual([]);
      script = {};
      await invoke("run");
      expect((await look()).extra).toBe("");
    });

    it("that fails makes a message come again, or a dead letter, as the method would", async () => {
      const message = messageFor(addressOf(), hook === "destroy" ? "end" : "run", stage.clock.now());
      script[hook] = async () => {
        throw new RangeError("no");
      };
      expect(await hand(one.handle, [message])).toEqual([message.messageId]);
      expect(await head()).toMatchObject({ failing: expect.stringContaining('"attempts":1') });
      script[hook] = async () => {
        throw new TerminalError("Never.");
      };
      expect(await hand(one.handle, [redelivered(message)])).toEqual([]);
      expect(await new DeadLetters(stage.local, stage.clock).list()).toMatchObject([
        { reason: { code: "TerminalError", attempts: 2 } },
      ]);
    });
  });
});
