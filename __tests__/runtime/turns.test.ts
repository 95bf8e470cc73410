/** What turns see and leave behind, on the embedded store with a clock that only the test moves. */
import { Actor, DurableActor, Method, StoreUnavailable, Transient } from "durable-lambda";
import { router } from "../../lib/runtime/router";
import type { Head, Store } from "../../lib/store";
import { FakeClock, gate, settle } from "../support/fake-clock";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { codeOf, resultOf, startProcess, type TestProcess } from "../support/process";

let held = gate<void>();

@Actor
class Cart extends DurableActor {
  items: { name: string; price: number }[] = [];
  note = "";
  @Transient loads = 0;

  @Method add(name: string, price: number): number {
    this.items.push({ name, price });
    return this.items.length;
  }

  @Method({ lease: "always" }) addUnderLease(name: string, price: number): number {
    return this.add(name, price);
  }

  @Method addThenThrow(name: string): never {
    this.items.push({ name, price: -1 });
    for (const item of this.items) item.price = 0;
    throw new RangeError(`no ${name}`);
  }

  @Method({ lease: "always" }) throwUnderLease(name: string): never {
    return this.addThenThrow(name);
  }

  @Method async addSlowly(name: string): Promise<number> {
    this.items.push({ name, price: 1 });
    await held.opened;
    return this.items.length;
  }

  @Method async saveThenThrow(name: string): Promise<never> {
    this.items.push({ name, price: 1 });
    const before = this.ctx.version;
    await this.ctx.save();
    this.note = `version ${before} became ${this.ctx.version}`;
    await this.ctx.save();
    this.items.push({ name: "lost", price: 1 });
    throw new Error("after the checkpoint");
  }

  @Method async saveThenIgnore(name: string): Promise<void> {
    this.items.push({ name, price: 1 });
    await this.ctx.save().catch(() => {});
    this.items.push({ name: "not committed", price: 1 });
  }

  @Method async waitForAbort(): Promise<string> {
    this.note = "changed";
    await new Promise((resolve) => this.ctx.signal.addEventListener("abort", resolve));
    return String((this.ctx.signal.reason as Error).name);
  }

  @Method async ignoreAbort(): Promise<void> {
    this.note = "changed by a method that does not listen";
    await held.opened;
  }

  @Method count(): number {
    this.loads++;
    return this.loads;
  }

  @Method keepFunction(): void {
    (this as unknown as Record<string, unknown>).note = { deep: [() => {}] };
  }

  @Method returnFunction(): unknown {
    this.note = "changed";
    return { deep: [() => {}] };
  }

  @Method whoAmI(): [string, string, number] {
    return [this.ctx.actorId, this.ctx.callId, this.ctx.version];
  }

  @Method grow(bytes: number): number {
    this.note = "x".repeat(bytes);
    return bytes;
  }

  @Method big(bytes: number): string {
    this.items.push({ name: "big", price: bytes });
    return "r".repeat(bytes);
  }

  @Method({ lease: "always" }) bigUnderLease(bytes: number): string {
    return this.big(bytes);
  }

  @Method({ readonly: true }) names(): string[] {
    return this.items.map(({ name }) => name);
  }

  @Method({ readonly: true }) noteOf(): string {
    return this.note;
  }

  @Method({ readonly: true }) cheat(): void {
    this.note = "changed";
  }

  @Method({ readonly: true }) async cheatBySaving(): Promise<void> {
    await this.ctx.save();
  }
}

let clock: FakeClock;
let local: LocalPorts;
let store: Store;
let one: TestProcess;

beforeEach(() => {
  held = gate();
  clock = new FakeClock();
  local = openLocal({ clock });
  store = local.store;
  one = startProcess([Cart], local, { clock });
});
afterEach(() => local.close());

const call = (method: string, args: unknown[] = [], more: object = {}) =>
  ({ actor: "Cart", id: "c", method, args, ...more }) as Parameters<TestProcess["invoke"]>[0];
const headOf = () => store.read({ type: "Cart", id: "c" }, { consistent: true });

describe("a turn that fails", () => {
  it("is rolled back alone: its neighbours of the same batch stay", async () => {
    const replies = await Promise.all([
      one.invoke(call("add", ["a", 5])),
      one.invoke(call("addThenThrow", ["b"])),
      one.invoke(call("add", ["c", 7])),
      one.invoke(call("names")),
    ]);
    expect(resultOf(replies[0] as never)).toBe(1);
    expect(replies[1]).toMatchObject({
      ok: false,
      error: { code: "MethodError", name: "RangeError", message: "no b" },
    });
    expect(resultOf(replies[2] as never)).toBe(2);
    const { state, version } = (await headOf()) ?? {};
    expect(version).toBe(1);
    expect(JSON.parse(state?.text ?? "")).toMatchObject({
      items: [
        { name: "a", price: 5 },
        { name: "c", price: 7 },
      ],
    });
  });

  it("writes nothing, and leaves the actor usable at once", async () => {
    expect(codeOf(await one.invoke(call("addThenThrow", ["b"])))).toBe("MethodError");
    expect(await headOf()).toBeUndefined();
    expect(resultOf(await one.invoke(call("add", ["a", 1])))).toBe(1);
    const before = await headOf();
    expect(codeOf(await one.invoke(call("addThenThrow", ["b"])))).toBe("MethodError");
    expect(await headOf()).toEqual(before);
    expect(resultOf(await one.invoke(call("add", ["c", 1])))).toBe(2);
  });

  it("under a lease writes nothing but that, and gives it back", async () => {
    expect(codeOf(await one.invoke(call("throwUnderLease", ["b"])))).toBe("MethodError");
    expect(await headOf()).toMatchObject({ version: 0, fence: 1, inbox: "" });
    expect((await headOf())?.leaseId).toBeUndefined();
    expect(resultOf(await one.invoke(call("add", ["a", 1])))).toBe(1);
  });

  it.each([
    ["a state", "keepFunction", "state.note.deep[0]"],
    ["a result", "returnFunction", "result.deep[0]"],
  ])("for %s that cannot be kept names the path and changes nothing", async (_what, method, path) => {
    await one.invoke(call("add", ["a", 1]));
    const reply = await one.invoke(call(method));
    expect(reply).toMatchObject({ ok: false, error: { code: "NotSerializable", details: { path } } });
    expect(resultOf(await one.invoke(call("noteOf")))).toBe("");
  });

  it("for a state or a result that is too large names size and limit before anything is written", async () => {
    await one.invoke(call("add", ["a", 1]));
    expect(await one.invoke(call("grow", [11_000_000]))).toMatchObject({
      ok: false,
      error: { code: "StateTooLarge", details: { limitBytes: 10 * 1_024 * 1_024 } },
    });
    expect(await store.readParts({ type: "Cart", id: "c" }, "")).toEqual([]);
    expect(await one.invoke(call("big", [500_000]))).toMatchObject({
      ok: false,
      error: { code: "PayloadTooLarge", details: { limitBytes: store.maxPartBytes } },
    });
    expect(await headOf()).toMatchObject({ version: 1 });
    expect(resultOf(await one.invoke(call("names")))).toEqual(["a"]);
  });
});

describe("a call that arrives twice, with nothing to tell its copies apart", () => {
  it("runs once, also when many others came in between", async () => {
    const first = call("add", ["a", 1], { callId: "AAAAAAAAAAAAAAAA", sentAtMs: clock.now() });
    await one.invoke(first);
    for (let n = 0; n < 100; n++) await one.invoke(call("noteOf"));
    for (let n = 0; n < 100; n++) await one.invoke(call("count"));
    for (let n = 0; n < 100; n++) await one.invoke(call("grow", [n]));
    expect((await headOf())?.inbox).not.toContain("AAAAAAAAAAAAAAAA");
    await clock.advance(200);
    expect(resultOf(await one.invoke(first))).toBe(1);
    expect(resultOf(await one.invoke(call("names")))).toEqual(["a"]);
  });
});

describe("ctx", () => {
  it("tells the actor's id, the call's id and the version", async () => {
    await one.invoke(call("add", ["a", 1]));
    expect(resultOf(await one.invoke(call("whoAmI", [], { callId: "mine" })))).toEqual(["c", "mine", 1]);
  });

  it(".save() commits now: what was saved stays when the method throws later", async () => {
    const neighbours = [one.invoke(call("add", ["before", 1])), one.invoke(call("saveThenThrow", ["saved"]))];
    const [before, failed] = await Promise.all(neighbours);
    expect(before).toEqual({ ok: true, result: 1, version: 1 });
    expect(codeOf(failed as never)).toBe("MethodError");
    expect(resultOf(await one.invoke(call("names")))).toEqual(["before", "saved"]);
    expect(resultOf(await one.invoke(call("noteOf")))).toBe("version 0 became 1");
    expect(await headOf()).toMatchObject({ version: 2 });
  });

  it("is of no use once the turn is over", async () => {
    let kept: (() => Promise<void>) | undefined;
    @Actor("Leaky")
    class Leaky extends DurableActor {
      n = 0;
      @Method leak(): void {
        const { ctx } = this;
        kept = () => ctx.save();
      }
    }
    const leaky = startProcess([Leaky], local, { clock });
    await leaky.invoke({ actor: "Leaky", id: "l", method: "leak" });
    await expect(kept?.()).rejects.toMatchObject({ code: "TurnEnded" });
  });
});

describe("an instance in memory", () => {
  it("is used again, transient fields and all, while nobody else committed", async () => {
    expect(resultOf(await one.invoke(call("count")))).toBe(1);
    expect(resultOf(await one.invoke(call("count")))).toBe(2);
    expect((await headOf())?.state?.text).not.toContain("loads");
  });

  it("is thrown away after a turn that failed", async () => {
    await one.invoke(call("count"));
    await one.invoke(call("addThenThrow", ["x"]));
    expect(resultOf(await one.invoke(call("count")))).toBe(1);
  });

  it("is thrown away when another process has committed", async () => {
    const other = startProcess([Cart], local, { clock });
    await one.invoke(call("add", ["a", 1]));
    await other.invoke(call("add", ["b", 1]));
    expect(resultOf(await one.invoke(call("add", ["c", 1])))).toBe(3);
    expect(resultOf(await one.invoke(call("count")))).toBe(1);
  });

  it("is thrown away when another process has committed, also for a turn that changes nothing", async () => {
    const other = startProcess([Cart], local, { clock });
    await one.invoke(call("count"));
    await other.invoke(call("add", ["b", 1]));
    expect(resultOf(await one.invoke(call("whoAmI")))).toEqual(["c", expect.any(String), 2]);
    expect(await headOf()).toMatchObject({ version: 2 });
    await other.invoke(call("add", ["c", 1]));
    expect(resultOf(await one.invoke(call("count")))).toBe(1);
  });
});

describe("a deadline", () => {
  it("aborts ctx.signal, rolls the turn back and says how long it waited and ran", async () => {
    const reply = one.invoke(call("waitForAbort", [], { timeoutMs: 5_000 }));
    await clock.advance(5_000);
    expect(await reply).toMatchObject({
      ok: false,
      error: { code: "CallTimeout", retryable: true, details: { waitedMs: 0, ranMs: 5_000 } },
    });
    expect(resultOf(await one.invoke(call("noteOf")))).toBe("");
    expect((await headOf())?.leaseId).toBeUndefined();
  });

  it("ends the call even if the method does not listen, and what it does later has no effect", async () => {
    const reply = one.invoke(call("ignoreAbort", [], { timeoutMs: 1_000 }));
    await clock.advance(1_000);
    expect(codeOf(await reply)).toBe("CallTimeout");
    held.open();
    await settle();
    expect(resultOf(await one.invoke(call("noteOf")))).toBe("");
    expect(resultOf(await one.invoke(call("add", ["a", 1])))).toBe(1);
  });

  it("in the queue is ActorBusy, and the call does not run later", async () => {
    const running = one.invoke(call("addSlowly", ["slow"]));
    await settle();
    const waiting = one.invoke(call("add", ["late", 1], { timeoutMs: 500 }));
    await clock.advance(500);
    expect(await waiting).toMatchObject({
      ok: false,
      error: { code: "ActorBusy", details: { waitedMs: 500 } },
    });
    held.open();
    expect(resultOf(await running)).toBe(1);
    expect(resultOf(await one.invoke(call("names")))).toEqual(["slow"]);
  });

  it("of a call that waits for another process's lease is ActorBusy", async () => {
    const other = startProcess([Cart], local, { clock });
    const running = one.invoke(call("addSlowly", ["slow"]));
    await settle();
    const waiting = other.invoke(call("add", ["late", 1], { timeoutMs: 2_000 }));
    await clock.advance(2_100);
    expect(codeOf(await waiting)).toBe("ActorBusy");
    held.open();
    expect(resultOf(await running)).toBe(1);
  });
});

describe("the lease", () => {
  it("is renewed while a turn runs, so that nobody else gets in, and no timer stays behind", async () => {
    const other = startProcess([Cart], local, { clock });
    const running = one.invoke(call("addSlowly", ["slow"], { timeoutMs: 120_000 }));
    await clock.advance(60_000);
    const waiting = other.invoke(call("add", ["next", 1], { timeoutMs: 60_000 }));
    await clock.advance(1_000);
    held.open();
    await clock.advance(1_000);
    expect(resultOf(await running)).toBe(1);
    expect(resultOf(await waiting)).toBe(2);
    await settle();
    expect(clock.pendingTimers).toBe(0);
  });

  it("that was lost aborts the turn: the caller gets FencedError and nothing was written", async () => {
    const frozenClock = new FakeClock();
    const frozen = startProcess([Cart], local, { clock: frozenClock });
    const running = frozen.invoke(call("waitForAbort"));
    await settle();
    clock.freeze(15_000);
    expect(resultOf(await one.invoke(call("add", ["mine", 1])))).toBe(1);
    await frozenClock.advance(5_000);
    expect(await running).toMatchObject({ ok: false, error: { code: "FencedError", retryable: true } });
    expect(resultOf(await one.invoke(call("noteOf")))).toBe("");
  });

  it("of a process that died frees the actor after its end, not before", async () => {
    const dead = startProcess([Cart], local, { clock: { now: clock.now, setTimer: () => () => {} } });
    void dead.invoke(call("addSlowly", ["lost"]));
    await settle();
    const waiting = one.invoke(call("add", ["a", 1], { timeoutMs: 30_000 }));
    await clock.advance(14_000);
    expect(await headOf()).toMatchObject({ fence: 1 });
    await clock.advance(1_500);
    expect(resultOf(await waiting)).toBe(1);
  });

  it("never outlasts the moment at which the host kills the process", async () => {
    const handler = router(one.runtime, { stack: false });
    const reply = handler(call("addSlowly", ["slow"]), { getRemainingTimeInMillis: () => 3_000 });
    await settle();
    expect((await headOf())?.leaseUntilMs).toBe(clock.now() + 3_000);
    await clock.advance(2_750);
    expect(await reply).toMatchObject({ ok: false, error: { code: "CallTimeout" } });
  });

  it("is given back after a bounded hold, so that other processes get their turn", async () => {
    const fair = startProcess([Cart], local, { clock, limits: { holdTurns: 3 } });
    const replies = Promise.all(
      Array.from({ length: 7 }, (_, n) => fair.invoke(call("addUnderLease", [`i${n}`, 1]))),
    );
    await settle();
    expect(await headOf()).toMatchObject({ version: 1, fence: 1 });
    expect((await headOf())?.leaseId).toBeUndefined();
    await clock.advance(1_000);
    expect((await replies).map(resultOf)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await headOf()).toMatchObject({ version: 3, fence: 3 });
  });

  it("is not there to be given back where no turn takes it: as many turns to a commit, without a pause", async () => {
    const fair = startProcess([Cart], local, { clock, limits: { holdTurns: 3 } });
    const replies = await Promise.all(
      Array.from({ length: 7 }, (_, n) => fair.invoke(call("add", [`i${n}`, 1]))),
    );
    expect(replies.map(resultOf)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await headOf()).toMatchObject({ version: 3, fence: 3 });
  });
});

describe("a queue that is full", () => {
  it("refuses with ActorOverloaded and its limit", async () => {
    const small = startProcess([Cart], local, { clock, limits: { queueLength: 2 } });
    const running = small.invoke(call("addSlowly", ["slow"]));
    await settle();
    const waiting = [small.invoke(call("add", ["a", 1])), small.invoke(call("add", ["b", 1]))];
    expect(await small.invoke(call("add", ["c", 1]))).toMatchObject({
      ok: false,
      error: { code: "ActorOverloaded", retryable: true, details: { limit: 2 } },
    });
    held.open();
    await Promise.all([running, ...waiting]);
    expect(resultOf(await small.invoke(call("names")))).toEqual(["slow", "a", "b"]);
  });
});

describe("a readonly call", () => {
  it("sees the last committed state beside a turn that runs, and takes no lease", async () => {
    await one.invoke(call("add", ["a", 1]));
    const running = one.invoke(call("addSlowly", ["b"]));
    await settle();
    const { fence } = (await headOf()) ?? {};
    expect(resultOf(await one.invoke(call("names")))).toEqual(["a"]);
    expect((await headOf())?.fence).toBe(fence);
    held.open();
    await running;
    expect(resultOf(await one.invoke(call("names")))).toEqual(["a", "b"]);
  });

  it.each(["cheat", "cheatBySaving"])(
    "that writes (%s) is a ReadonlyViolation and changes nothing",
    async (method) => {
      expect(codeOf(await one.invoke(call(method)))).toBe("ReadonlyViolation");
      expect(await headOf()).toBeUndefined();
    },
  );
});

describe("a large result", () => {
  it.each(["big", "bigUnderLease"])(
    "is kept beside the head, and a repeated call gets it: %s",
    async (method) => {
      const invocation = call(method, [50_000], { callId: "b" });
      const first = await one.invoke(invocation);
      expect((await headOf())?.inbox.length).toBeLessThan(200);
      const other = startProcess([Cart], local, { clock });
      expect(await other.invoke(invocation)).toEqual(first);
      for (let n = 0; n < 70; n++) await one.invoke(call("add", ["x", 1]));
      expect(await other.invoke(invocation)).toEqual(first);
    },
  );
});

describe("stored state", () => {
  it("of a newer version of the class is not touched", async () => {
    @Actor({ name: "Cart", version: 2 })
    class NewCart extends Cart {
      extra = 1;
    }
    const newer = startProcess([NewCart], local, { clock });
    await newer.invoke(call("add", ["a", 1]));
    const before = await headOf();
    for (const method of ["add", "addUnderLease", "names"]) {
      expect(await one.invoke(call(method, ["b", 1]))).toMatchObject({
        ok: false,
        error: { code: "StateVersionTooNew", retryable: true, details: { stored: 2, known: 1 } },
      });
    }
    expect(await headOf()).toMatchObject({ state: before?.state, version: before?.version });
    expect((await headOf())?.leaseId).toBeUndefined();
  });

  it.each(["not json", '{"$what":1}', "[1]", '{"items":{"$date":"yesterday"}}'])(
    "that is corrupt (%s) fails closed: a typed error, bytes as they were",
    async (text) => {
      const acquired = await store.acquire({ type: "Cart", id: "c" }, { leaseId: "l", nowMs: 0, untilMs: 1 });
      if (!acquired.acquired) throw new Error("busy");
      const lease = { id: "l", fence: acquired.head.fence };
      await store.commit({ type: "Cart", id: "c" }, lease, {
        onVersion: 0,
        state: text,
        schema: 1,
        release: true,
      });
      for (const method of ["add", "addUnderLease", "names"]) {
        expect(codeOf(await one.invoke(call(method, ["b", 1])))).toBe("CorruptState");
      }
      expect((await headOf())?.state?.text).toBe(text);
      expect((await headOf())?.leaseId).toBeUndefined();
    },
  );
});

const nested = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
const settles = '{"kind":"settle","callId":"c","outcome":{"status":"succeeded","of a later version":';
const reminder = '{"name":"r","id":"i","method":"add","args":[],"dueMs":9e12,"of a later version":';

describe("what is stored beside a state", () => {
  it.each<[string, Partial<Pick<Head, "inbox" | "outbox" | "failing" | "reminders">>]>([
    ["an inbox of another form", { inbox: "what is this" }],
    ["an outbox of another form", { outbox: '{"kind":"message"}' }],
    ["an outbox nested too deeply to be written again", { outbox: `[${settles}${nested}}}]` }],
    ["a failing message of another form", { failing: '{"messageId":1}' }],
    [
      "a failing message nested too deeply to be written again",
      { failing: `{"messageId":"m","attempts":1,"reason":${nested}}` },
    ],
    ["reminders nested too deeply to be written again", { reminders: `[${reminder}${nested}}]` }],
  ])("and is corrupt fails closed, once for each call: %s", async (_name, record) => {
    const acquired = await store.acquire({ type: "Cart", id: "c" }, { leaseId: "l", nowMs: 0, untilMs: 1 });
    if (!acquired.acquired) throw new Error("busy");
    const lease = { id: "l", fence: acquired.head.fence };
    await store.commit({ type: "Cart", id: "c" }, lease, { onVersion: 0, ...record, release: true });
    for (const method of ["add", "addUnderLease"]) {
      const replies = await Promise.all(["a", "b"].map((name) => one.invoke(call(method, [name, 1]))));
      expect(replies.map(codeOf)).toEqual(["CorruptState", "CorruptState"]);
      // Callers are told first.
      await settle();
      expect(await headOf()).toMatchObject({ version: 1, ...record });
      expect((await headOf())?.leaseId).toBeUndefined();
    }
  });
});

describe("a checkpoint whose outcome is unknown", () => {
  it("ends the activation: nothing is written on top of it, and a repeated call finds out what happened", async () => {
    const flaky = new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (name !== "commit" || typeof value !== "function")
          return typeof value === "function" ? value.bind(target) : value;
        // Applied, but no answer ever comes back.
        return async (...args: unknown[]) => {
          await (value.apply(target, args) as Promise<unknown>);
          throw new StoreUnavailable("cut off");
        };
      },
    });
    const cutOff = startProcess([Cart], { ...local, store: flaky }, { clock });
    const replies = Promise.all([
      cutOff.invoke(call("saveThenIgnore", ["saved"], { callId: "s" })),
      cutOff.invoke(call("add", ["next", 1], { callId: "n" })),
    ]);
    await clock.advance(20_000);
    expect((await replies).map(codeOf)).toEqual(["StoreUnavailable", "StoreUnavailable"]);
    // Both commits were applied; what the first method did after its checkpoint was not.
    expect(resultOf(await one.invoke(call("names")))).toEqual(["saved", "next"]);
    expect(resultOf(await one.invoke(call("add", ["next", 1], { callId: "n" })))).toBe(2);
    expect(resultOf(await one.invoke(call("names")))).toEqual(["saved", "next"]);
  });
});

describe("a process that stops", () => {
  it("lets a running turn end, refuses waiting and new calls, and gives the lease back", async () => {
    const running = one.invoke(call("addSlowly", ["slow"]));
    await settle();
    const waiting = one.invoke(call("add", ["a", 1]));
    const closing = one.runtime.close();
    expect(codeOf(await waiting)).toBe("ShuttingDown");
    expect(codeOf(await one.invoke(call("add", ["b", 1])))).toBe("ShuttingDown");
    held.open();
    expect(resultOf(await running)).toBe(1);
    await closing;
    expect((await headOf())?.leaseId).toBeUndefined();
  });

  it("rolls back a turn that takes longer than the grace, and gives the lease back", async () => {
    const running = one.invoke(call("ignoreAbort"));
    await settle();
    const closing = one.runtime.close(2_000);
    await clock.advance(2_000);
    expect(codeOf(await running)).toBe("ShuttingDown");
    await closing;
    expect(await headOf()).toMatchObject({ version: 0 });
    expect((await headOf())?.leaseId).toBeUndefined();
  });
});
