/** What runs around turns: in which order, around which, and what becomes of what it returns, throws, or forgets. */
import {
  Actor,
  contextKey,
  createClient,
  createRouter,
  DurableActor,
  InvalidDefinition,
  type Logger,
  Method,
  type Middleware,
  TerminalError,
  type TurnCall,
  TurnEnded,
} from "durable-lambda";
import { startLocal } from "durable-lambda/local";
import { createTestApp } from "durable-lambda/testing";
import { z } from "zod";
import type { InvocationReply } from "../../lib/invocation";
import { DeadLetters } from "../../lib/messages/dead-letters";
import { drain, hand, messageFor } from "../support/batches";
import { FakeClock, gate, settle } from "../support/fake-clock";
import { openLocal } from "../support/local-ports";
import { codeOf, resultOf } from "../support/process";
import { onEachStore, type Stage } from "../support/stores";
import type { WatchedProcess } from "../support/watched-process";

const SECOND_MS = 1_000;

const CurrentUser = contextKey<{ name: string }>("user");

/** What the next scripted turn does. */
let script: (desk: Desk) => unknown;
/** What ran, in its order. */
let trace: string[];

@Actor
class Desk extends DurableActor {
  notes: string[] = [];

  @Method run(): unknown {
    trace.push("method");
    return script(this);
  }
  @Method add(note: string): number {
    return this.notes.push(note);
  }
  @Method({ input: z.object({ note: z.string().trim() }) })
  addTrimmed({ note }: { note: string }): number {
    return this.notes.push(note);
  }
  @Method({ readonly: true }) look(): unknown {
    trace.push("method");
    return script(this);
  }
  @Method({ readonly: true }) all(): string[] {
    return this.notes;
  }
}

beforeEach(() => {
  script = () => "done";
  trace = [];
});

/** Notes when it begins and ends. */
const tracing =
  (name: string): Middleware =>
  async (_call, next) => {
    trace.push(`${name} begins`);
    try {
      return await next();
    } finally {
      trace.push(`${name} ends`);
    }
  };

onEachStore((stageOf) => {
  let stage: Stage;
  let one: WatchedProcess;
  let logged: [string, unknown][];

  beforeEach(() => {
    stage = stageOf();
    logged = [];
  });
  afterEach(() => expect(stage.clock.pendingTimers).toBe(0));

  function start(...use: Middleware[]): void {
    const write = (message: string, fields?: unknown) => {
      // Each turn has such a line, whatever middleware there is.
      if (message !== "turn") logged.push([message, fields]);
    };
    const log: Logger = { debug() {}, info: write, warn: write, error: write };
    one = stage.start([Desk], { log, use });
  }
  const call = (method: string, args: unknown[] = [], more: object = {}): Promise<InvocationReply> =>
    one.invoke(stage.call("Desk", method, args, more));
  function run(turn: (desk: Desk) => unknown, more: object = {}): Promise<InvocationReply> {
    script = turn;
    return call("run", [], more);
  }
  const address = () => ({ type: "Desk", id: stage.id });
  const headOf = () => stage.headOf(address());
  const message = (method: string, ...args: unknown[]) =>
    messageFor(address(), method, stage.clock.now(), { args });
  /** By a process without middleware. */
  const notes = async () => resultOf(await stage.start([Desk]).invoke(stage.call("Desk", "all")));

  describe("middleware", () => {
    it("runs around the method, the first one outermost", async () => {
      start(tracing("a"), tracing("b"));
      expect(resultOf(await call("run"))).toBe("done");
      expect(trace).toEqual(["a begins", "b begins", "method", "b ends", "a ends"]);
    });

    it("sees each kind of turn: calls, readonly calls, messages and reminders", async () => {
      const seen: unknown[] = [];
      start(async ({ actor, id: actorId, method, args, mode, readonly }, next) => {
        if (actorId === stage.id) seen.push([actor, method, args, mode, readonly]);
        return next();
      });
      await call("add", ["called"]);
      await call("all");
      await hand(one.handle, [message("add", "sent")]);
      await call("add", ["started"], { mode: "start" });
      await drain(one.handle, stage.ports);
      await run(({ ctx }) => ctx.remind("r", { in: "1s" }, "add", "due"));
      stage.clock.freeze(SECOND_MS);
      await drain(one.handle, stage.ports);
      expect(seen).toEqual([
        ["Desk", "add", ["called"], "call", false],
        ["Desk", "all", [], "call", true],
        ["Desk", "add", ["sent"], "send", false],
        ["Desk", "add", ["started"], "start", false],
        ["Desk", "run", [], "call", false],
        ["Desk", "add", ["due"], "reminder", false],
      ]);
      expect(await notes()).toEqual(["called", "sent", "started", "due"]);
    });

    it("has the call's id, signal and log, as the method has them", async () => {
      let turn: TurnCall | undefined;
      start((given, next) => {
        turn = given;
        given.log.info("from middleware");
        return next();
      });
      const same = await run(({ ctx }) => [ctx.callId === turn?.callId, ctx.signal === turn?.signal]);
      expect(resultOf(same)).toEqual([true, true]);
      expect(logged).toEqual([
        ["from middleware", { actor: "Desk", actorId: stage.id, method: "run", callId: turn?.callId }],
      ]);
    });

    it("runs inside the lease, and has its own result committed with the turn", async () => {
      let requests: string[] = [];
      start(async (_call, next) => {
        requests = one.takeRequests();
        return `${await next()}!`;
      });
      expect(await call("run")).toEqual({ ok: true, result: "done!", version: 1 });
      expect(requests).toEqual(["store.acquire"]);
    });

    it("is not asked for a call that is answered from the inbox", async () => {
      start(tracing("a"));
      const first = await run(({ notes: all }) => all.push("x"), { callId: "mine" });
      expect(await call("run", [], { callId: "mine" })).toEqual(first);
      expect(trace).toEqual(["a begins", "method", "a ends"]);
    });

    it("gets the arguments as the input schema puts them out, and nothing of what that refuses", async () => {
      const seen: unknown[] = [];
      start((given, next) => {
        seen.push(given.args);
        return next();
      });
      await call("addTrimmed", [{ note: "  x " }]);
      expect(codeOf(await call("addTrimmed", [7]))).toBe("ValidationError");
      expect(codeOf(await call("addTrimmed", [7], { callId: "own" }))).toBe("ValidationError");
      expect(seen).toEqual([[{ note: "x" }]]);
    });

    it("gets the method's own value, and its own error, before either is encoded", async () => {
      const own = new Date();
      const thrown = new RangeError("no");
      const seen: unknown[] = [];
      start(async (_call, next) => {
        try {
          const value = await next();
          seen.push(value);
          return value;
        } catch (error) {
          seen.push(error);
          throw error;
        }
      });
      await run(() => own);
      await run(async () => own);
      const failed = await run(() => {
        throw thrown;
      });
      expect(failed).toMatchObject({ ok: false, error: { name: "RangeError", message: "no" } });
      expect([seen[0] === own, seen[1] === own, seen[2] === thrown]).toEqual([true, true, true]);
    });

    it("that is synchronous may return next's promise, or a value of its own", async () => {
      start((given, next) => (given.method === "run" ? next() : "mine"));
      expect(resultOf(await call("run"))).toBe("done");
      expect(resultOf(await call("look"))).toBe("mine");
      expect(trace).toEqual(["method"]);
    });
  });

  describe("what it throws", () => {
    it.each<[string, Middleware]>([
      [
        "before the method",
        () => {
          throw new RangeError("not so");
        },
      ],
      [
        "after it",
        async (_call, next) => {
          await next();
          throw new RangeError("not so");
        },
      ],
      [
        "without waiting for it",
        (_call, next) => {
          void next();
          throw new RangeError("not so");
        },
      ],
    ])("%s fails the turn, which is rolled back", async (_when, middleware) => {
      start(middleware);
      const reply = await run(({ notes: all, ctx }) => {
        all.push("lost");
        ctx.actor(Desk).get(`${stage.id} other`).send().add("lost");
      });
      expect(reply).toMatchObject({ ok: false, error: { code: "MethodError", name: "RangeError" } });
      expect(await notes()).toEqual([]);
      expect(await drain(one.handle, stage.ports)).toBe(0);
    });

    it("of this package's errors stays what it is, also for messages", async () => {
      start(() => {
        throw new TerminalError("No such tenant.");
      });
      expect(codeOf(await call("run"))).toBe("TerminalError");
      await hand(one.handle, [message("run")]);
      const letters = await new DeadLetters(stage.ports, stage.clock).list({ id: stage.id });
      expect(letters.map(({ reason }) => [reason.code, reason.attempts])).toEqual([["TerminalError", 1]]);
    });

    it("may be another error than the method's", async () => {
      start(async (_call, next) => {
        try {
          return await next();
        } catch (error) {
          throw new TypeError(`translated: ${(error as Error).message}`);
        }
      });
      const reply = await run(() => Promise.reject(new Error("raw")));
      expect(reply).toMatchObject({ error: { name: "TypeError", message: "translated: raw" } });
    });
  });

  describe("in the method's place", () => {
    it("it answers without calling next: the method does not run, and the actor stays as it was", async () => {
      start((given, next) => (given.method === "run" ? "instead" : next()));
      expect(await call("run", [], { callId: "c" })).toEqual({ ok: true, result: "instead", version: 1 });
      expect(trace).toEqual([]);
      expect(await headOf()).not.toHaveProperty("state");
      // It is the call's first answer.
      expect(await call("run", [], { callId: "c" })).toEqual({ ok: true, result: "instead", version: 1 });
      await call("add", ["x"]);
      await call("run");
      expect(await notes()).toEqual(["x"]);
    });

    it.each([
      ["failed", false],
      ["failed after it had asked for the actor's end", true],
    ])(
      "it answers for a method that %s: what that had changed and caused is rolled back",
      async (_what, isDestroying) => {
        start(async (given, next) => {
          if (given.method !== "run") return next();
          try {
            return await next();
          } catch {
            return "fallback";
          }
        });
        script = ({ notes: all, ctx }) => {
          all.push("kept");
          ctx.remind("kept", { in: "1h" }, "add", "kept");
        };
        await call("run");
        const before = await headOf();
        const reply = await run(({ notes: all, ctx }) => {
          all.push("half done");
          ctx.actor(Desk).get(`${stage.id} other`).send().add("lost");
          ctx.remind("lost", { in: "1s" }, "add", "lost");
          if (isDestroying) ctx.destroy();
          throw new Error("no");
        });
        expect(reply).toEqual({ ok: true, result: "fallback", version: 2 });
        expect(await notes()).toEqual(["kept"]);
        expect(await drain(one.handle, stage.ports)).toBe(0);
        expect(await headOf()).toMatchObject({ reminders: before?.reminders, outbox: "" });
        // Whoever runs the actor hears of it.
        expect(logged.map(([line]) => line)).toEqual(["method failed, and middleware answered for it"]);
        // What stays in memory is not the method's half-done work either.
        expect(resultOf(await call("add", ["next"]))).toBe(2);
      },
    );

    it("it answers for a readonly method that failed, whatever that did to its fields", async () => {
      start(async (_call, next) => next().catch(() => "fallback"));
      script = (desk) => {
        desk.notes.push("not kept");
        throw new Error("no");
      };
      expect(await call("look")).toEqual({ ok: true, result: "fallback", version: 0 });
    });

    it("it keeps what a checkpoint saved before the method failed", async () => {
      start(async (_call, next) => next().catch(() => "fallback"));
      await run(async ({ notes: all, ctx }) => {
        all.push("saved");
        await ctx.save();
        all.push("lost");
        throw new Error("no");
      });
      expect(await notes()).toEqual(["saved"]);
    });
  });

  describe("next", () => {
    it("a second time is refused, and the method has run once", async () => {
      let second: unknown;
      start(async (_call, next) => {
        const value = await next();
        second = await next().catch((error: unknown) => error);
        return value;
      });
      expect(resultOf(await run(({ notes: all }) => all.push("once")))).toBe(1);
      expect((second as Error).message).toMatch(/second time/);
      expect(trace).toEqual(["method"]);
      expect(await notes()).toEqual(["once"]);
    });

    it("a second time fails a turn that does not catch it", async () => {
      start(async (_call, next) => {
        await next();
        return next();
      });
      const reply = await run(({ notes: all }) => all.push("lost"));
      expect(reply).toMatchObject({
        error: { code: "MethodError", message: expect.stringContaining("a second time") as string },
      });
      expect(await notes()).toEqual([]);
    });

    it("that is not awaited: the turn ends after the method all the same", async () => {
      const going = gate();
      start((_call, next) => {
        void next();
        return "early";
      });
      let isDone = false;
      const reply = run(async ({ notes: all }) => {
        await going.opened;
        all.push("late");
      }).finally(() => {
        isDone = true;
      });
      while (trace.length === 0) await settle();
      await settle();
      expect(isDone).toBe(false);
      going.open();
      expect(resultOf(await reply)).toBe("early");
      expect(await notes()).toEqual(["late"]);
    });

    it("that is not awaited: a turn that fails ends after the method too", async () => {
      const going = gate();
      start((_call, next) => {
        void next();
        throw new RangeError("early");
      });
      let isDone = false;
      const reply = run(() => going.opened).finally(() => {
        isDone = true;
      });
      while (trace.length === 0) await settle();
      await settle();
      expect(isDone).toBe(false);
      going.open();
      expect(await reply).toMatchObject({ error: { name: "RangeError", message: "early" } });
    });

    it("that is not awaited: a method that fails after the middleware's end fails the turn", async () => {
      const going = gate();
      start((_call, next) => {
        void next();
        return "early";
      });
      const reply = run(async ({ notes: all }) => {
        all.push("lost");
        await going.opened;
        throw new RangeError("late");
      });
      while (trace.length === 0) await settle();
      await settle();
      going.open();
      expect(await reply).toMatchObject({ error: { name: "RangeError", message: "late" } });
      expect(await notes()).toEqual([]);
    });

    it("after the middleware has returned is refused: the method does not run", async () => {
      const kept: (() => Promise<unknown>)[] = [];
      start((_call, next) => {
        kept.push(next);
        return "early";
      });
      expect(resultOf(await call("run"))).toBe("early");
      await expect(kept[0]?.()).rejects.toBeInstanceOf(TurnEnded);
      expect(trace).toEqual([]);
    });

    it("after the deadline is refused with the reason: the method does not begin", async () => {
      const going = gate();
      let refused: unknown;
      const over = gate();
      start(async (_call, next) => {
        trace.push("waits");
        await going.opened;
        refused = await next().catch((error: unknown) => error);
        over.open();
      });
      const reply = call("run", [], { timeoutMs: SECOND_MS });
      while (trace.length === 0) await settle();
      await stage.clock.advance(SECOND_MS);
      expect(codeOf(await reply)).toBe("CallTimeout");
      going.open();
      await over.opened;
      expect(refused).toMatchObject({ code: "CallTimeout" });
      expect(trace).toEqual(["waits"]);
    });
  });

  describe("the context of a call", () => {
    it("takes what middleware notes to the method, typed, and is empty in every other call", async () => {
      start((given, next) => {
        const before = given.context.get(CurrentUser);
        if (given.args[0] !== "nobody") given.context.set(CurrentUser, { name: `${before?.name ?? "ann"}` });
        return next();
      });
      script = ({ ctx }) => ctx.context.get(CurrentUser)?.name ?? "nobody";
      expect(resultOf(await call("run"))).toBe("ann");
      expect(resultOf(await call("run", ["nobody"]))).toBe("nobody");
      expect(resultOf(await call("look", ["nobody"]))).toBe("nobody");
      // Not one of the same name.
      script = ({ ctx }) => ctx.context.get(contextKey<{ name: string }>("user")) === undefined;
      expect(resultOf(await call("look"))).toBe(true);
    });

    it("is passed on neither to the actors that the method calls nor to its messages", async () => {
      const seen: unknown[] = [];
      start((given, next) => {
        seen.push([given.id === stage.id, given.context.get(CurrentUser)?.name]);
        given.context.set(CurrentUser, { name: "ann" });
        return next();
      });
      await run(async ({ ctx }) => {
        await ctx.actor(Desk).get(`${stage.id} other`).all();
        ctx.actor(Desk).get(stage.id).send().add("x");
      });
      await drain(one.handle, stage.ports);
      expect(seen).toEqual([
        [true, undefined],
        [false, undefined],
        [true, undefined],
      ]);
    });

    it("can be asked by a method without any middleware", async () => {
      start();
      script = ({ ctx }) => {
        ctx.context.set(CurrentUser, { name: "own" });
        return ctx.context.get(CurrentUser)?.name;
      };
      expect(resultOf(await call("run"))).toBe("own");
    });
  });
});

describe("middleware can be given to", () => {
  const shout: Middleware = async (_call, next) => `${await next()}!`;

  it("a router", async () => {
    const clock = new FakeClock();
    const local = openLocal({ clock });
    const handle = createRouter([Desk], { ...local, clock, use: [shout] });
    expect(await handle({ actor: "Desk", id: "d", method: "run" })).toMatchObject({ result: "done!" });
    expect(clock.pendingTimers).toBe(0);
    await local.close();
  });

  it("the local app", async () => {
    const app = await startLocal({ actors: [Desk], use: [shout] });
    expect(await app.client.actor(Desk).get("d").run()).toBe("done!");
    await app.close();
  });

  it("the app under test, which waits for it, and whose next process has it too", async () => {
    const slow: Middleware = async (_call, next) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return next();
    };
    const app = createTestApp([Desk], { use: [shout, slow] });
    const desk = app.client.actor(Desk).get("d");
    await desk.send().run();
    await app.settled();
    expect(trace).toEqual(["method"]);
    app.crash();
    expect(await desk.run()).toBe("done!");
    await app.close();
  });

  it("an inline client, and to no other, which could not run it", () => {
    expect(() => createClient({ transport: "inline", use: [shout] })).not.toThrow();
    const transport = { invoke: async () => ({ ok: true }) as const };
    for (const wrong of [transport, "lambda"] as const) {
      expect(() => createClient({ transport: wrong, use: [shout] })).toThrow(InvalidDefinition);
    }
  });

  it.each([[{}], ["use"], [[shout, undefined]], [[{ use: shout }]]])("nobody as %j", (use) => {
    expect(() => createRouter([Desk], { use: use as never })).toThrow(InvalidDefinition);
  });
});
