/** Calls that a turn makes of other actors: what comes back, what stays whatever becomes of the turn, and who waits how long. */
import {
  Actor,
  ActorBusy,
  CallTimeout,
  DurableActor,
  Method,
  MethodError,
  ReadonlyViolation,
  StoreUnavailable,
  TerminalError,
  type TurnReference,
  UnknownActor,
} from "durable-lambda";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { FakeClock, gate } from "../support/fake-clock";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { codeOf, resultOf, startProcess, type TestProcess } from "../support/process";

/** What the next turn of a Caller does. */
let script: (caller: Caller) => unknown = () => {};

@Actor
class Caller extends DurableActor {
  steps: unknown[] = [];

  @Method run(): unknown {
    return script(this);
  }
  @Method({ readonly: true }) look(): unknown {
    return script(this);
  }
  @Method({ readonly: true }) all(): unknown[] {
    return this.steps;
  }
}

class Overdrawn extends RangeError {
  override readonly name = "Overdrawn";
  readonly code = "POOR";
  constructor(readonly missing: bigint) {
    super("not enough");
  }
}

let held = gate();
let isHeld = gate();
/** How often `failTwice` is to fail yet. */
let failures = 0;

@Actor
class Account extends DurableActor {
  balance = 100;
  kept: unknown = null;

  @Method deposit(amount: number): number {
    this.balance += amount;
    return this.balance;
  }
  @Method withdraw(amount: number): number {
    this.balance -= amount;
    if (this.balance < 0) throw new Overdrawn(BigInt(-this.balance));
    return this.balance;
  }
  @Method keep(value: unknown): unknown {
    this.kept = value;
    return this.kept;
  }
  @Method keepInTheEnd(value: unknown): void {
    this.kept = value;
    if (failures-- > 0) throw Object.assign(new Error("not yet"), { retryable: true });
  }
  @Method refuse(): never {
    throw new TerminalError("never", { since: new Date(5) });
  }
  @Method calledAs(_why?: unknown): string {
    return this.ctx.callId;
  }
  @Method alsoCalledAs(_why?: unknown): string {
    return this.ctx.callId;
  }
  @Method async wait(): Promise<string> {
    isHeld.open();
    await held.opened;
    return "waited";
  }
  @Method({ readonly: true }) value(): number {
    return this.balance;
  }
  @Method({ readonly: true }) whatIsKept(): unknown {
    return this.kept;
  }
}

let app: TestApp;

beforeEach(() => {
  held = gate();
  isHeld = gate();
  failures = 0;
  app = createTestApp([Caller, Account]);
});
afterEach(() => app.close());

/** Runs a turn of Caller/1. */
function turn(run: (caller: Caller) => unknown, callId?: string): Promise<unknown> {
  script = run;
  return app.client
    .actor(Caller)
    .get("1", callId === undefined ? {} : { idempotencyKey: callId })
    .run();
}
const account = (id: string) => app.client.actor(Account).get(id);
const failureOf = (promise: Promise<unknown>) => promise.catch((thrown: unknown) => thrown);

describe("a call of another actor", () => {
  it("gives the method's result, with its types", async () => {
    const values = {
      at: new Date(7),
      map: new Map([["n", 12n]]),
      set: new Set([Number.NaN]),
      bytes: new Uint8Array([1, 2]),
      nothing: undefined,
      like: { $date: "text" },
    };
    let given: unknown;
    await turn(async ({ ctx }) => {
      given = await ctx.actor(Account).get("a").keep(values);
    });
    expect(given).toEqual(values);
    expect(await account("a").whatIsKept()).toEqual(values);
  });

  it("gives undefined for a method that returns nothing", async () => {
    let given: unknown = "something";
    await turn(async ({ ctx }) => {
      given = await ctx.actor(Account).get("a").keepInTheEnd(1);
    });
    expect(given).toBeUndefined();
  });

  it("shares no objects with the target, neither arguments nor results", async () => {
    await turn(async ({ ctx }) => {
      const list = ["sent"];
      const given = (await ctx.actor(Account).get("a").keep(list)) as string[];
      list.push("added to what was sent");
      given.push("added to what was given");
      expect(await ctx.actor(Account).get("a").whatIsKept()).toEqual(["sent"]);
    });
    expect(await account("a").whatIsKept()).toEqual(["sent"]);
  });

  it("sends the arguments as they are when it is made", async () => {
    await turn(async ({ ctx }) => {
      const list = ["then"];
      const call = ctx.actor(Account).get("a").keep(list);
      list.push("later");
      await call;
    });
    expect(await account("a").whatIsKept()).toEqual(["then"]);
  });

  it("sends them so again when it is tried again", async () => {
    failures = 2;
    await turn(async ({ ctx }) => {
      const list = [{ at: new Date(1) }];
      const call = ctx.actor(Account).get("a").keepInTheEnd(list);
      list[0]?.at.setTime(2);
      list.push({ at: new Date(3) });
      await call;
    });
    expect(failures).toBe(-1);
    expect(await account("a").whatIsKept()).toEqual([{ at: new Date(1) }]);
  });

  it("fails with the method's error: its class, code and details", async () => {
    let errors: unknown[] = [];
    await turn(async ({ ctx }) => {
      const target = ctx.actor(Account).get("a");
      errors = [await failureOf(target.withdraw(250)), await failureOf(target.refuse())];
    });
    const [overdrawn, terminal] = errors;
    expect(overdrawn).toBeInstanceOf(MethodError);
    expect(overdrawn).toMatchObject({
      name: "Overdrawn",
      code: "POOR",
      message: "not enough",
      missing: 150n,
    });
    expect(terminal).toBeInstanceOf(TerminalError);
    expect(terminal).toMatchObject({
      code: "TerminalError",
      retryable: false,
      details: { since: new Date(5) },
    });
    expect(await account("a").value()).toBe(100);
  });

  it("passes an error on to the caller's caller when nobody catches it", async () => {
    const error = await failureOf(turn(({ ctx }) => ctx.actor(Account).get("a").withdraw(101)));
    expect(error).toBeInstanceOf(MethodError);
    expect(error).toMatchObject({ name: "Overdrawn", code: "POOR", missing: 1n });
  });

  it("can be made by the type's stored name", async () => {
    expect(await turn(({ ctx }) => ctx.actor<Account>("Account").get("a").deposit(5))).toBe(105);
  });

  it("runs many side by side, also of one actor", async () => {
    const results = await turn(({ ctx }) =>
      Promise.all(["a", "a", "b", "a"].map((id) => ctx.actor(Account).get(id).deposit(1))),
    );
    expect(results).toEqual([101, 102, 101, 103]);
  });

  it("refuses arguments that cannot be kept, with their path, and does nothing", async () => {
    const error = await failureOf(
      turn(({ ctx }) =>
        ctx
          .actor(Account)
          .get("a")
          .keep({ f: () => {} }),
      ),
    );
    expect(error).toMatchObject({ code: "NotSerializable", details: { path: "args[0].f" } });
    expect(await account("a").whatIsKept()).toBeNull();
  });

  it("refuses a class that the app does not have, an id that is none, and knows no method but declared ones", async () => {
    @Actor
    class Stranger extends DurableActor {
      @Method hello(): void {}
    }
    class Plain extends DurableActor {}
    await turn(({ ctx }) => {
      expect(() => ctx.actor(Stranger)).toThrow(UnknownActor);
      expect(() => ctx.actor("Nobody")).toThrow(UnknownActor);
      expect(() => ctx.actor(Plain)).toThrow(expect.objectContaining({ code: "InvalidDefinition" }));
      expect(() => ctx.actor(Account).get("")).toThrow(expect.objectContaining({ code: "InvalidActorId" }));
      const target = ctx.actor(Account).get("a") as unknown as Record<string, unknown>;
      for (const name of ["nope", "balance", "then", "toString", "constructor", "__proto__", "ctx"]) {
        expect([name, target[name]]).toEqual([name, undefined]);
      }
    });
  });

  it.each([0, -1, 1.5, Number.NaN, "5" as unknown as number])("refuses the timeout %p", async (timeoutMs) => {
    const error = await failureOf(turn(({ ctx }) => ctx.actor(Account).get("a", { timeoutMs }).deposit(1)));
    expect(error).toMatchObject({ code: "UnexpectedEvent", details: { field: "timeoutMs" } });
    expect(await account("a").value()).toBe(100);
  });
});

describe("what is committed", () => {
  it("stays when the turn that called fails, and the turn itself is rolled back", async () => {
    const error = await failureOf(
      turn(async (caller) => {
        caller.steps.push("changed");
        await caller.ctx.actor(Account).get("a").deposit(5);
        throw new Error("after the call");
      }),
    );
    expect(error).toMatchObject({ message: "after the call" });
    expect(await account("a").value()).toBe(105);
    expect(await app.client.actor(Caller).get("1").all()).toEqual([]);
  });

  it("stays when a later call of the turn fails", async () => {
    await turn(async ({ ctx, steps }) => {
      await ctx.actor(Account).get("a").deposit(5);
      steps.push(await failureOf(ctx.actor(Account).get("b").withdraw(500)).then(String));
      steps.push(await ctx.actor(Account).get("a").value());
    });
    expect(await app.client.actor(Caller).get("1").all()).toEqual(["Overdrawn: not enough", 105]);
    expect(await account("b").value()).toBe(100);
  });

  it("is there for others as soon as the call is over, while the turn still runs", async () => {
    const isDeposited = gate();
    const running = turn(async ({ ctx }) => {
      await ctx.actor(Account).get("a").deposit(5);
      isDeposited.open();
      await held.opened;
    });
    await isDeposited.opened;
    expect(await account("a").value()).toBe(105);
    held.open();
    await running;
  });
});

describe("a call that is not awaited", () => {
  it.each<[string, () => unknown]>([
    ["returns", () => {}],
    ["resolves", async () => {}],
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no"))],
  ])("is waited for when the method %s before it ends", async (_what, end) => {
    const ended: string[] = [];
    const running = turn(({ ctx }) => {
      void ctx
        .actor(Account)
        .get("a")
        .wait()
        .then((result) => ended.push(result));
      return end();
    });
    const told = failureOf(running).then(() => ended.push("told"));
    await isHeld.opened;
    await app.settled();
    expect(ended).toEqual([]);
    held.open();
    await told;
    expect(ended).toEqual(["waited", "told"]);
  });

  // Jest fails a test for a rejection that nobody handles.
  it("may fail without bringing down the process or the turn", async () => {
    await turn(({ ctx, steps }) => {
      steps.push("done");
      const target = ctx.actor(Account).get("a");
      void target.withdraw(500);
      void target.keep(() => {});
      void ctx.actor(Account).get("a", { timeoutMs: -1 }).value();
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(await app.client.actor(Caller).get("1").all()).toEqual(["done"]);
  });
});

describe("once the turn is over", () => {
  it("ctx.actor and references of it are of no use", async () => {
    let kept: Caller["ctx"] | undefined;
    let target: TurnReference<Account> | undefined;
    await turn(({ ctx }) => {
      kept = ctx;
      target = ctx.actor(Account).get("a");
    });
    const ended = expect.objectContaining({ code: "TurnEnded" });
    expect(() => kept?.actor(Account)).toThrow(ended);
    await expect(target?.deposit(1)).rejects.toEqual(ended);
    await expect(target?.value()).rejects.toEqual(ended);
    expect(() => target?.send().deposit(1)).toThrow(ended);
    expect(() => target?.start().deposit(1)).toThrow(ended);
    expect(() => kept?.emit("Late")).toThrow(ended);
    await app.settled();
    expect(await account("a").value()).toBe(100);
    expect(app.events).toEqual([]);
  });
});

describe("a readonly method", () => {
  const look = (run: (caller: Caller) => unknown) => {
    script = run;
    return app.client.actor(Caller).get("1").look();
  };

  it("may call readonly methods of others", async () => {
    await account("a").deposit(5);
    expect(await look(({ ctx }) => ctx.actor(Account).get("a").value())).toBe(105);
  });

  it.each<[string, (caller: Caller) => unknown]>([
    ["call a method that is not", ({ ctx }) => ctx.actor(Account).get("a").deposit(5)],
    ["send", ({ ctx }) => ctx.actor(Account).get("a").send().deposit(5)],
    ["send a call of a readonly method", ({ ctx }) => ctx.actor(Account).get("a").send().value()],
    ["start", ({ ctx }) => ctx.actor(Account).get("a").start().deposit(5)],
    ["emit", ({ ctx }) => ctx.emit("Looked")],
    ["remind", ({ ctx }) => ctx.remind("r", { in: 5 }, "run")],
    ["forget", ({ ctx }) => ctx.forget("r")],
    ["resolve", ({ ctx }) => ctx.resolve("id")],
  ])("may not %s", async (_what, run) => {
    const error = await failureOf(look(run));
    expect(error).toBeInstanceOf(ReadonlyViolation);
    expect(error).toMatchObject({ details: { actor: "Caller", id: "1", method: "look" } });
    await app.clock.advance("1m");
    expect(await account("a").value()).toBe(100);
    expect(app.events).toEqual([]);
  });
});

describe("the id of a call", () => {
  /** The ids that the calls of a turn had, by which call that turn was for. */
  async function ids(run: (caller: Caller) => readonly Promise<string>[], key = "one"): Promise<string[]> {
    let found: string[] = [];
    await failureOf(
      turn(async (caller) => {
        found = await Promise.all(run(caller));
        // So that the turn is run again when the same call comes again.
        throw new Error("not this time");
      }, key),
    );
    return found;
  }
  const calledAs =
    (why?: unknown, id = "a") =>
    ({ ctx }: Caller) => [ctx.actor(Account).get(id).calledAs(why)];

  it("is the same when the turn is run again", async () => {
    const first = await ids(calledAs("x"));
    expect(first).toEqual([expect.stringMatching(/^[\w-]{16}$/)]);
    expect(await ids(calledAs("x"))).toEqual(first);
  });

  it.each<[string, (caller: Caller) => readonly Promise<string>[]]>([
    ["another method", ({ ctx }) => [ctx.actor(Account).get("a").alsoCalledAs("x")]],
    ["other arguments", calledAs("y")],
    ["fewer arguments", calledAs()],
    ["arguments of another type", calledAs(new Date(0))],
    ["another target", calledAs("x", "b")],
    [
      "another place among the calls of the turn",
      ({ ctx }) => [
        ctx
          .actor(Account)
          .get("c")
          .calledAs()
          .then(() => ctx.actor(Account).get("a").calledAs("x")),
      ],
    ],
  ])("is another one with %s", async (_what, run) => {
    const [first] = await ids(calledAs("x"));
    expect(await ids(run)).not.toContain(first);
  });

  it("is another one for each call of a turn, and in another call's turn", async () => {
    const twice = (caller: Caller) => [...calledAs("x")(caller), ...calledAs("x")(caller)];
    const both = [...(await ids(twice)), ...(await ids(twice, "two"))];
    expect(new Set(both).size).toBe(4);
  });

  it("keeps a call of a turn that is run again from having a second effect: it gets its first answer", async () => {
    const results: number[] = [];
    const withdraw = async ({ ctx }: Caller) => {
      results.push(await ctx.actor(Account).get("a").withdraw(60));
      if (results.length === 1) throw new Error("after the call");
    };
    await failureOf(turn(withdraw, "key"));
    await turn(withdraw, "key");
    expect(results).toEqual([40, 40]);
    expect(await account("a").value()).toBe(40);
  });

  it("lets a turn that takes another path the second time have the effect of that one", async () => {
    let amount = 10;
    const withdraw = async ({ ctx }: Caller) => {
      await ctx.actor(Account).get("a").withdraw(amount);
      if (amount === 10) throw new Error("after the call");
    };
    await failureOf(turn(withdraw, "key"));
    amount = 20;
    await turn(withdraw, "key");
    expect(await account("a").value()).toBe(70);
  });

  it("is a new one behind a checkpoint from which a repeated turn goes on", async () => {
    const results: number[] = [];
    const deposit = async (caller: Caller) => {
      const target = caller.ctx.actor(Account).get("a");
      results.push(await target.deposit(1));
      caller.steps.push("saved");
      await caller.ctx.save();
      if (caller.steps.length === 1) throw new Error("after the checkpoint");
    };
    await failureOf(turn(deposit, "key"));
    await turn(deposit, "key");
    expect(results).toEqual([101, 102]);
  });

  it("can be a key: calls of several turns that have it are one", async () => {
    const deposit = ({ ctx }: Caller) =>
      ctx.actor(Account).get("a", { idempotencyKey: "order-7" }).deposit(5);
    expect([await turn(deposit), await turn(deposit), await account("a").value()]).toEqual([105, 105, 105]);
    expect(await account("a").deposit(1)).toBe(106);
    const key = { idempotencyKey: 7 as unknown as string };
    const error = await failureOf(turn(({ ctx }) => ctx.actor(Account).get("a", key).deposit(5)));
    expect(error).toMatchObject({ code: "UnexpectedEvent", details: { field: "idempotencyKey" } });
  });
});

describe("on a clock that the test moves, a call", () => {
  let clock: FakeClock;
  let local: LocalPorts;
  let one: TestProcess;
  let reads: boolean[];

  beforeEach(() => {
    clock = new FakeClock();
    local = openLocal({ clock });
    reads = [];
    const { store } = local;
    const watched: LocalPorts["store"] = new Proxy(store, {
      get(target, name) {
        if (name === "read") {
          return (...[address, options]: Parameters<typeof store.read>) => {
            if (address.type === "Account") reads.push(options.consistent);
            return store.read(address, options);
          };
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    one = startProcess([Caller, Account], { ...local, store: watched }, { clock });
  });
  afterEach(() => local.close());

  const run = (body: (caller: Caller) => unknown, timeoutMs = 5_000) => {
    script = body;
    return one.invoke({ actor: "Caller", id: "1", method: "run", timeoutMs });
  };
  const headOf = (type: string, id: string) => local.store.read({ type, id }, { consistent: true });

  it("runs in the same process at once, under the target's own lease and with a commit of its own", async () => {
    resultOf(await run(({ ctx }) => ctx.actor(Account).get("a").deposit(1)));
    for (const head of [await headOf("Caller", "1"), await headOf("Account", "a")]) {
      expect(head).toMatchObject({ version: 1, fence: 1 });
      expect(head?.leaseId).toBeUndefined();
    }
  });

  it("times out before its caller does, which can catch that and go on", async () => {
    const reply = run(async (caller) => {
      const error = await failureOf(caller.ctx.actor(Account).get("a").wait());
      caller.steps.push((error as CallTimeout).code, caller.ctx.signal.aborted);
      return error instanceof CallTimeout;
    });
    await clock.advance(4_999);
    expect(resultOf(await reply)).toBe(true);
    expect(JSON.parse((await headOf("Caller", "1"))?.state?.text ?? "")).toEqual({
      steps: ["CallTimeout", false],
    });
  });

  it("waits for a busy actor no longer than that either", async () => {
    await local.store.acquire({ type: "Account", id: "a" }, {
      leaseId: "held elsewhere",
      nowMs: clock.now(),
      leaseUntilMs: clock.now() + 60_000,
    } as never);
    const reply = run(
      async ({ ctx }) => (await failureOf(ctx.actor(Account).get("a").deposit(1))) instanceof ActorBusy,
    );
    await clock.advance(4_999);
    expect(resultOf(await reply)).toBe(true);
  });

  it("times out first where it is the last one in a chain", async () => {
    const ended: [string, string, number][] = [];
    const chain = async ({ ctx }: Caller): Promise<unknown> => {
      const next = Number(ctx.actorId) + 1;
      const call = next < 4 ? ctx.actor(Caller).get(String(next)).run() : ctx.actor(Account).get("a").wait();
      try {
        return await call;
      } catch (error) {
        ended.push([ctx.actorId, (error as CallTimeout).code, clock.now() - startMs]);
        throw error;
      }
    };
    const startMs = clock.now();
    const reply = run(chain);
    await clock.advance(5_000);
    expect(codeOf(await reply)).toBe("CallTimeout");
    expect(new Set(ended.map(([id, code]) => `${id} ${code}`))).toEqual(
      new Set(["3 CallTimeout", "2 CallTimeout", "1 CallTimeout"]),
    );
    expect(ended.at(-1)?.[0]).toBe("1");
    expect(ended.every(([, , ms]) => ms < 5_000)).toBe(true);
  });

  it.each([
    ["the time that it asks for", 200, 200],
    ["that of the turn, when it asks for more", 60_000, 5_000],
  ])("ends within %s", async (_what, timeoutMs, byMs) => {
    let endedMs = Number.NaN;
    const startMs = clock.now();
    const reply = run(async ({ ctx }) => {
      await failureOf(ctx.actor(Account).get("a", { timeoutMs }).wait());
      endedMs = clock.now() - startMs;
    });
    await clock.advance(10_000);
    resultOf(await reply);
    expect(endedMs).toBeLessThanOrEqual(byMs);
    expect(endedMs).toBeGreaterThan(byMs * 0.9 - 1);
    expect(await headOf("Account", "a")).toMatchObject({ version: 0 });
  });

  it("of a readonly method reads strongly, or as it asks", async () => {
    await run(async ({ ctx }) => {
      await ctx.actor(Account).get("a").value();
      await ctx.actor(Account).get("a", { consistency: "eventual" }).value();
    });
    expect(reads).toEqual([true, false]);
    const weak = { consistency: "weak" as "strong" };
    const reply = await run(({ ctx }) => ctx.actor(Account).get("a", weak).value());
    expect(reply).toMatchObject({ error: { code: "UnexpectedEvent", details: { field: "consistency" } } });
  });

  it("that crosses one in the other direction ends by its deadline, and leaves no lease behind", async () => {
    const both = gate();
    let running = 0;
    script = async ({ ctx }: Caller) => {
      running++;
      if (running === 2) both.open();
      if (running > 2) return "called";
      await both.opened;
      return ctx
        .actor(Caller)
        .get(ctx.actorId === "1" ? "2" : "1")
        .run();
    };
    const replies = ["1", "2"].map((id) =>
      one.invoke({ actor: "Caller", id, method: "run", timeoutMs: 5_000 }),
    );
    await clock.advance(5_000);
    for (const reply of await Promise.all(replies))
      expect(["ActorBusy", "CallTimeout"]).toContain(codeOf(reply));
    expect(clock.pendingTimers).toBe(0);
    for (const id of ["1", "2"]) expect((await headOf("Caller", id))?.leaseId).toBeUndefined();
  });

  it("has one effect when the store loses the answers to its commit", async () => {
    const { commit } = local.store;
    let lost = 3;
    local.store.commit = async (...args) => {
      const result = await commit.apply(local.store, args);
      if (args[0].type === "Account" && lost-- > 0) throw new StoreUnavailable("lost on the way back");
      return result;
    };
    const reply = run(({ ctx }) => ctx.actor(Account).get("a").deposit(5));
    await clock.advance(5_000);
    expect(resultOf(await reply)).toBe(105);
    expect(await headOf("Account", "a")).toMatchObject({ version: 1 });
  });
});
