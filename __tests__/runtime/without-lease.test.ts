/** Turns that run before any lease is taken: what they cost, when they are thrown away, and when they take the lease after all. */
import { Actor, DurableActor, Method, StoreUnavailable, Transient } from "durable-lambda";
import type { LeaseRequest } from "../../lib/store";
import { gate, until } from "../support/fake-clock";
import { codeOf, resultOf } from "../support/process";
import { onEachStore } from "../support/stores";
import type { Intercept, WatchedProcess } from "../support/watched-process";

/** Of each run of a method, in their order, whatever became of it. */
let runs: string[] = [];
let aborted: unknown[] = [];
let held = gate();

@Actor
class Tally extends DurableActor {
  count = 0;
  notes: { text: string }[] = [];
  @Transient runsHere = 0;

  @Method add(by = 1): number {
    runs.push("add");
    this.runsHere++;
    this.count += by;
    return this.count;
  }
  @Method({ lease: "always" }) addUnderLease(): number {
    return ++this.count;
  }
  @Method async addLater(): Promise<number> {
    runs.push("addLater");
    this.ctx.signal.addEventListener("abort", () => aborted.push(this.ctx.signal.reason));
    const signal = this.ctx.signal;
    signal.addEventListener("abort", () => aborted.push(signal.reason));
    await held.opened;
    return ++this.count;
  }
  /** Changes its mind. */
  @Method addMaybeLater(isLater: boolean): number | Promise<number> {
    this.count++;
    return isLater ? Promise.resolve(this.count) : this.count;
  }
  @Method look(): number {
    return this.count;
  }
  @Method refuse(): never {
    throw new Error(`it is ${this.count}`);
  }
  @Method note(note: { text: string }): number {
    this.notes.push(note);
    note.text = `${note.text}!`;
    return this.notes.length;
  }
  @Method tell(): number {
    this.ctx.emit("Told", { count: ++this.count });
    return this.count;
  }
  /** Does not wait for whom it calls. */
  @Method callOther(id: string): number {
    void this.ctx.actor(Tally).get(id).add();
    return ++this.count;
  }
  @Method({ readonly: true }) value(): number {
    return this.count;
  }
  @Method({ readonly: true }) texts(): string[] {
    return this.notes.map(({ text }) => text);
  }
}

beforeEach(() => {
  runs = [];
  aborted = [];
  held = gate();
});

onEachStore((stage) => {
  const COLD = ["store.read", "store.commit"];
  const LEASED = ["store.acquire", "store.commit"];
  let one: WatchedProcess;
  let other: WatchedProcess;

  beforeEach(() => {
    one = stage().start([Tally]);
    other = stage().start([Tally]);
  });

  const address = () => ({ type: "Tally", id: stage().id });
  const invoke = (
    process: WatchedProcess,
    method: string,
    args: readonly unknown[] = [],
    more: object = {},
  ) => process.invoke(stage().call("Tally", method, args, more));
  const does = async (process: WatchedProcess, method: string, ...args: readonly unknown[]) =>
    resultOf(await invoke(process, method, args));
  /** A process before whose first so many commits another one comes. */
  const overtaken = (times: number): WatchedProcess => {
    let left = times;
    const intercept: Intercept = async (name, apply) => {
      if (name === "store.commit" && left-- > 0) await does(other, "add", 10);
      return apply();
    };
    return stage().start([Tally], { intercept });
  };

  describe("a method that waits for nothing", () => {
    it("costs a read and a write in a new process, and a write in one that has committed last", async () => {
      expect(await does(one, "add")).toBe(1);
      expect(one.takeRequests()).toEqual(COLD);
      expect(await does(one, "add")).toBe(2);
      expect(one.takeRequests()).toEqual(["store.commit"]);
      expect(await does(other, "add")).toBe(3);
      expect(other.takeRequests()).toEqual(COLD);
      expect(await stage().headOf(address())).toMatchObject({ version: 3, fence: 3 });
      expect((await stage().headOf(address()))?.leaseId).toBeUndefined();
    });

    it("costs a write more in a process that has committed, but not last", async () => {
      await does(one, "add");
      await does(other, "add");
      one.takeRequests();
      expect(await does(one, "add")).toBe(3);
      expect(one.takeRequests().filter((name) => name !== "store.read")).toEqual([
        "store.commit",
        "store.commit",
      ]);
    });

    it("reads what it has had in memory for more than an hour: another actor may be in its place by then", async () => {
      await does(one, "add");
      stage().clock.freeze(3_600_000);
      await does(one, "add");
      one.takeRequests();
      stage().clock.freeze(3_600_001);
      expect(await does(one, "add")).toBe(3);
      expect(one.takeRequests()).toEqual(COLD);
    });

    it("costs a write for all that wait together", async () => {
      await does(one, "add");
      one.takeRequests();
      const results = await Promise.all(Array.from({ length: 20 }, () => does(one, "add")));
      expect(new Set(results).size).toBe(20);
      expect(one.takeRequests()).toEqual(["store.commit"]);
    });

    it("writes nothing when it changes nothing: from memory it looks whether that is still so", async () => {
      await does(one, "add");
      one.takeRequests();
      expect(await invoke(one, "look")).toEqual({ ok: true, result: 1, version: 1 });
      expect(one.takeRequests()).toEqual(["store.read"]);
      await does(other, "add");
      expect(await invoke(one, "look")).toEqual({ ok: true, result: 2, version: 2 });
      expect(await stage().headOf(address())).toMatchObject({ version: 2 });
    });

    it("that throws is told by the state that there is, not by what is in memory", async () => {
      await does(one, "add");
      await does(other, "add");
      expect(await invoke(one, "refuse")).toMatchObject({ ok: false, error: { message: "it is 2" } });
    });

    it("writes that it changed nothing when it was sent again, or has a name: its answer stays", async () => {
      await does(one, "add");
      for (const more of [{ callId: "AAAAAAAAAAAAAAAA", attempt: 2 }, { callId: "my own" }]) {
        const first = await invoke(one, "look", [], more);
        await does(one, "add");
        expect(await invoke(one, "look", [], more)).toEqual(first);
      }
    });

    it("with effects takes the lease in the same write, and gives it back when they are delivered", async () => {
      await does(one, "add");
      one.takeRequests();
      expect(await does(one, "tell")).toBe(2);
      expect(one.takeRequests()).toEqual(["store.commit", "bus.publish", "store.release"]);
      expect(await does(one, "add")).toBe(3);
      expect(one.takeRequests()).toEqual(["store.commit"]);
    });
  });

  describe("a turn that is overtaken", () => {
    it("runs again on what is there, unnoticed by its caller, and takes the lease when that happens twice", async () => {
      const process = overtaken(1);
      expect(await does(process, "add")).toBe(11);
      expect(process.takeRequests().filter((name) => name === "store.acquire")).toEqual([]);
      const unlucky = overtaken(2);
      expect(await does(unlucky, "add")).toBe(32);
      expect(unlucky.takeRequests().filter((name) => name !== "store.read")).toEqual([
        "store.commit",
        "store.commit",
        ...LEASED,
      ]);
      expect(await does(one, "value")).toBe(32);
    });

    it("leaves nothing: neither in memory, nor of its effects, nor in its arguments", async () => {
      const events = () => stage().local.bus.published().length;
      const before = events();
      const process = overtaken(1);
      expect(await does(process, "tell")).toBe(11);
      expect(events()).toBe(before + 1);
      const again = overtaken(1);
      expect(await does(again, "note", { text: "once" })).toBe(1);
      expect(await does(one, "texts")).toEqual(["once!"]);
    });

    it("is one of a batch: all of it runs again, in its order", async () => {
      const process = overtaken(1);
      const results = await Promise.all([1, 2, 3].map((by) => does(process, "add", by)));
      expect(results).toEqual([...results].sort((a, b) => Number(a) - Number(b)));
      expect(await does(one, "value")).toBe(16);
    });

    it("is found in the inbox when it was its own commit that came first: the response was lost", async () => {
      let lost = 0;
      const process = stage().start([Tally], {
        intercept: async (name, apply) => {
          const answer = await apply();
          if (name !== "store.commit" || lost++ > 0) return answer;
          return { committed: false, current: await stage().headOf(address()) };
        },
      });
      expect(await invoke(process, "add")).toEqual({ ok: true, result: 1, version: 1 });
      expect(runs).toEqual(["add"]);
      expect(await does(one, "value")).toBe(1);
    });
  });

  describe("a method that waits for something", () => {
    it("takes the lease of what it runs on, once it is seen; from then on before it runs", async () => {
      held.open();
      expect(await does(one, "addLater")).toBe(1);
      expect(one.takeRequests()).toEqual(["store.read", ...LEASED]);
      expect(await does(one, "addLater")).toBe(2);
      expect(one.takeRequests()).toEqual(LEASED);
      expect(runs).toHaveLength(2);
    });

    it("is thrown away when somebody came first: its signal aborts, and it runs again under the lease", async () => {
      let isFirst = true;
      const seen: boolean[] = [];
      const process = stage().start([Tally], {
        intercept: async (name, apply, args) => {
          if (name === "store.acquire") seen.push(args[2] !== undefined);
          if (name === "store.acquire" && isFirst) {
            isFirst = false;
            await does(other, "add", 10);
          }
          return apply();
        },
      });
      const answer = invoke(process, "addLater");
      await until(() => runs.filter((run) => run === "addLater").length === 2);
      held.open();
      expect(resultOf(await answer)).toBe(11);
      expect(seen).toEqual([true, false]);
      expect(aborted).toHaveLength(2);
      for (const reason of aborted) expect(reason).toBeInstanceOf(Error);
    });

    it("goes on in a batch: those before it and behind it are committed with it", async () => {
      held.open();
      const process = stage().start([Tally]);
      const results = await Promise.all([
        does(process, "add"),
        does(process, "addLater"),
        does(process, "add"),
      ]);
      expect(results).toEqual([1, 2, 3]);
      expect(await stage().headOf(address())).toMatchObject({ version: 1 });
    });

    it("is not disturbed by one that waits for nothing: that waits for its lease", async () => {
      const slow = invoke(one, "addLater");
      await until(async () => (await stage().headOf(address()))?.leaseId !== undefined);
      const quick = invoke(other, "add", [], { timeoutMs: 600_000 });
      await until(() => other.takeRequests().length > 0);
      held.open();
      expect(resultOf(await slow)).toBe(1);
      expect(resultOf(await passing(quick))).toBe(2);
    });

    it("may wait at one time and not at another", async () => {
      expect(await does(one, "addMaybeLater", false)).toBe(1);
      expect(one.takeRequests()).toEqual(COLD);
      expect(await does(one, "addMaybeLater", true)).toBe(2);
      expect(one.takeRequests()).toEqual(LEASED);
      expect(await does(one, "addMaybeLater", false)).toBe(3);
      expect(one.takeRequests()).toEqual(LEASED);
    });

    it("waits with a call of another actor until it has the lease; one that is refused has called nobody", async () => {
      const process = overtakenAtAcquire();
      const target = `${stage().id}-other`;
      expect(await does(process, "callOther", target)).toBe(11);
      const reached = { type: "Tally", id: target };
      expect(JSON.parse((await stage().headOf(reached))?.state?.text ?? "{}")).toMatchObject({ count: 1 });
      expect((await stage().headOf(reached))?.version).toBe(1);
    });
  });

  it('a method with lease: "always" takes it before each turn', async () => {
    expect(await does(one, "addUnderLease")).toBe(1);
    expect(one.takeRequests()).toEqual(LEASED);
    expect(await does(one, "addUnderLease")).toBe(2);
    expect(one.takeRequests()).toEqual(LEASED);
  });

  it("an app with middleware takes it before each turn", async () => {
    const process = stage().start([Tally], { use: [(_turn, next) => next()] });
    expect(await does(process, "add")).toBe(1);
    expect(process.takeRequests()).toEqual(LEASED);
  });

  it("a holder whose lease has ended is refused by a commit that needed none", async () => {
    const slow = invoke(one, "addLater", [], { timeoutMs: 600_000 });
    await until(async () => (await stage().headOf(address()))?.leaseId !== undefined);
    stage().clock.freeze(60_000);
    expect(await does(other, "add")).toBe(1);
    expect(other.takeRequests()).toEqual(COLD);
    held.open();
    expect(codeOf(await slow)).toBe("FencedError");
    expect(await does(other, "value")).toBe(1);
  });

  it("a lease that was taken with a commit, of which nobody heard, is given back", async () => {
    const requests: LeaseRequest[] = [];
    const process = stage().start([Tally], {
      intercept: async (name, apply, args) => {
        const answer = await apply();
        if (name !== "store.commit") return answer;
        requests.push((args[1] as { request: LeaseRequest }).request);
        throw new StoreUnavailable("cut off");
      },
    });
    const answer = invoke(process, "tell");
    expect(codeOf(await passing(answer))).toBe("StoreUnavailable");
    expect(requests.length).toBeGreaterThan(1);
    // The caller is told before that.
    await until(async () => (await stage().headOf(address()))?.leaseId === undefined);
    expect(await stage().headOf(address())).toMatchObject({ version: 1 });
  });

  /** Lets time pass until there is an answer. */
  async function passing<T>(answer: Promise<T>): Promise<T> {
    let isThere = false;
    void answer.finally(() => {
      isThere = true;
    });
    await until(async () => {
      await stage().clock.advance(100);
      return isThere;
    });
    return answer;
  }

  function overtakenAtAcquire(): WatchedProcess {
    let isFirst = true;
    return stage().start([Tally], {
      intercept: async (name, apply, [at]) => {
        if (name === "store.acquire" && isFirst && (at as { id: string }).id === stage().id) {
          isFirst = false;
          await does(other, "add", 10);
        }
        return apply();
      },
    });
  }
});
