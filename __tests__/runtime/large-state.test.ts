/** States that are too large for the head: what is kept where, what a commit writes, and what becomes of what is left behind. */
import { Actor, DurableActor, Method } from "durable-lambda";
import type { Invocation } from "../../lib/invocation";
import type { Head } from "../../lib/store";
import { dyingEverywhere } from "../support/crash-points";
import { gate, settle, until } from "../support/fake-clock";
import { NOTHING } from "../support/fleet";
import { resultOf } from "../support/process";
import { onEachStore, type Stage } from "../support/stores";
import type { Intercept, WatchedOptions, WatchedProcess } from "../support/watched-process";

const LEASE_MS = 15_000;

let held = gate();
let reached = gate();

@Actor
class Archive extends DurableActor {
  lines: string[] = [];
  count = 0;

  /** So many lines of 100 bytes each; no two are the same. */
  @Method fill(lines: number): number {
    this.lines = Array.from({ length: lines }, (_, index) => lineOf(index));
    return ++this.count;
  }
  @Method grow(lines: number): number {
    for (let index = 0; index < lines; index++) this.lines.push(lineOf(index));
    return ++this.count;
  }
  @Method write(index: number, line: string): number {
    this.lines[index] = line;
    return ++this.count;
  }
  @Method async fillAndSave(lines: number): Promise<number> {
    this.fill(lines);
    await this.ctx.save();
    return ++this.count;
  }
  @Method async fillSlowly(lines: number): Promise<number> {
    this.fill(lines);
    reached.open();
    await held.opened;
    return this.count;
  }
  @Method end(): void {
    this.ctx.destroy();
  }
  @Method({ readonly: true }) sum(): [count: number, lines: number, last: string] {
    return [this.count, this.lines.length, this.lines.at(-1) ?? "none"];
  }
  @Method({ readonly: true }) all(): string[] {
    return this.lines;
  }
}

function lineOf(index: number): string {
  return `${index} ✓ ${"😀".repeat(10)}`.padEnd(60, "-");
}

onEachStore((stageOf) => {
  let stage: Stage;
  /** What happens to the requests of `one`; by default nothing. */
  let intercept: Intercept;
  let one: WatchedProcess;

  beforeEach(() => {
    held = gate();
    reached = gate();
    stage = stageOf();
    intercept = (_, apply) => apply();
    one = start({ intercept: (...request) => intercept(...request) });
  });

  function start(options: Partial<WatchedOptions> = {}): WatchedProcess {
    return stage.start([Archive], options);
  }
  const address = () => ({ type: "Archive", id: stage.id });
  const headOf = async () => (await stage.headOf(address())) as Head;
  const call = (method: string, args: unknown[] = []) => stage.call("Archive", method, args);
  const ask = async (method: string, args: unknown[] = [], process = one) =>
    resultOf(await process.invoke(call(method, args)));
  /** Names of pieces: those that the head names, and those that it does not. */
  async function pieces(): Promise<{ readonly named: number; readonly left: number }> {
    const parts = await stage.ports.store.readParts(address(), "STATE#");
    const text = (await headOf()).state?.text ?? "";
    const named = text.startsWith("#")
      ? text
          .slice(1)
          .split(",")
          .reduce((sum, run) => sum + lengthOf(run), 0)
      : 0;
    return { named, left: parts.length - named };
  }

  describe("a state", () => {
    it.each([0, 30, 40, 1_000, 20_000])(
      "of %d lines comes back in another process, and in this one",
      async (lines) => {
        await ask("fill", [lines]);
        await ask("write", [0, "first"]);
        const expected = [...Array.from({ length: lines }, (_, index) => lineOf(index))];
        expected[0] = "first";
        for (const process of [start(), one]) {
          expect(await ask("all", [], process)).toEqual(expected);
          expect(await ask("sum", [], process)).toEqual([2, Math.max(lines, 1), expected.at(-1)]);
        }
        expect(await ask("write", [0, "again"], start())).toBe(3);
      },
    );

    it("that is small stays in the head, and costs two requests, or one where it is in memory", async () => {
      await ask("fill", [5]);
      expect(one.takeRequests()).toEqual(["store.read", "store.commit"]);
      expect(JSON.parse((await headOf()).state?.text ?? "")).toMatchObject({ count: 1 });
      await ask("write", [1, "a"]);
      expect(one.takeRequests()).toEqual(["store.commit"]);
      await ask("write", [1, "b"], start());
      expect(await stage.ports.store.readParts(address(), "")).toEqual([]);
    });

    it("that is large is read once by a process, and written by what has changed of it, in one request", async () => {
      const writes: unknown[] = [];
      intercept = (name, apply, args) => {
        if (name === "store.writeParts")
          writes.push([(args[1] as object[]).length, (args[2] as string[]).length]);
        return apply();
      };
      await ask("fill", [1_000]);
      // Its pieces carry the number of the lease.
      expect(one.takeRequests()).toEqual([
        "store.read",
        "store.acquire",
        "store.renew",
        "store.writeParts",
        "store.commit",
      ]);
      writes.length = 0;
      for (let index = 10; index < 15; index++)
        await ask("write", [index * 70, `changed ${index}`.padEnd(60, "-")]);
      const each = ["store.acquire", "store.writeParts", "store.commit"];
      expect(one.takeRequests()).toEqual([...each, ...each, ...each, ...each, ...each]);
      // The field and the counter at the end; what the commit before has left behind goes with it.
      expect(writes).toHaveLength(5);
      for (const [added, removed] of writes as [number, number][]) {
        expect(added).toBeLessThanOrEqual(4);
        expect(removed).toBeLessThanOrEqual(4);
      }
      const other = start();
      await ask("write", [0, "there"], other);
      expect(other.takeRequests()).toEqual([
        "store.read",
        "store.acquire",
        "store.readParts",
        "store.writeParts",
        "store.commit",
      ]);
      expect((await pieces()).left).toBeLessThanOrEqual(4);
    });

    it("that is large is read by readonly calls only where this process does not have it", async () => {
      await ask("fill", [1_000]);
      one.takeRequests();
      await ask("sum");
      expect(one.takeRequests()).toEqual(["store.read"]);
      await ask("write", [1, "there"], start());
      await ask("sum");
      expect(one.takeRequests()).toEqual(["store.read", "store.readParts"]);
    });

    it("that shrinks comes back into the head, and leaves nothing beside it", async () => {
      await ask("fill", [1_000]);
      expect((await pieces()).named).toBeGreaterThan(50);
      await ask("fill", [3]);
      expect(await pieces()).toEqual({ named: 0, left: 0 });
      const head = await headOf();
      expect(head.state?.text).toMatch(/^{/);
      expect(head.hasPieces).toBe(false);
      expect(head).not.toHaveProperty("wakeAtMs");
      expect(head).not.toHaveProperty("leaseId");
      expect(await ask("all", [], start())).toEqual([0, 1, 2].map(lineOf));
    });

    it("that outgrows the head while others commit does so on what they have left, with nothing beside it twice", async () => {
      await ask("fill", [3]);
      let isFirst = true;
      const late = start({
        intercept: async (name, apply) => {
          if (name === "store.acquire" && isFirst) {
            isFirst = false;
            await ask("write", [0, "in time"]);
          }
          return apply();
        },
      });
      expect(await ask("grow", [1_000], late)).toBe(3);
      expect((await pieces()).left).toBe(0);
      expect(late.takeRequests().filter((name) => name === "store.writeParts")).toHaveLength(1);
      const lines = (await ask("all", [], start())) as string[];
      expect([lines[0], lines.length]).toEqual(["in time", 1_003]);
    });

    it("that changes altogether leaves nothing of what it was", async () => {
      await ask("fill", [1_000]);
      await ask("fill", [2_000]);
      await ask("fill", [1_500]);
      expect((await pieces()).left).toBeLessThanOrEqual(16);
    });

    it("is gone with its actor, and the address starts afresh", async () => {
      await ask("fill", [1_000]);
      await ask("end");
      expect(await pieces()).toEqual({ named: 0, left: 0 });
      expect(await headOf()).not.toHaveProperty("wakeAtMs");
      expect(await ask("sum", [], start())).toEqual([0, 0, "none"]);
      expect(await ask("fill", [500])).toBe(1);
      expect(await ask("all", [], start())).toHaveLength(500);
    });

    it("that was saved in the middle of a turn is there, and what the turn adds too", async () => {
      expect(await ask("fillAndSave", [800])).toBe(2);
      expect(await ask("sum", [], start())).toEqual([2, 800, lineOf(799)]);
      await ask("fillAndSave", [2]);
      expect(await pieces()).toEqual({ named: 0, left: 0 });
    });
  });

  describe("a state beyond the limit", () => {
    it("is a StateTooLarge that names both sizes, before anything is written", async () => {
      const small = start({ limits: { stateBytes: 50_000 } });
      await ask("fill", [400], small);
      const before = [await headOf(), await stage.ports.store.readParts(address(), "")] as const;
      expect(await small.invoke(call("fill", [600]))).toMatchObject({
        ok: false,
        error: {
          code: "StateTooLarge",
          retryable: false,
          details: { limitBytes: 50_000, bytes: expect.any(Number) },
        },
      });
      expect(await stage.ports.store.readParts(address(), "")).toEqual(before[1]);
      expect((await headOf()).state).toEqual(before[0].state);
      expect((await headOf()).version).toBe(before[0].version);
      expect(await ask("write", [1, "goes on"], small)).toBe(2);
    });

    it("may be beyond 10 MB when the router says so", async () => {
      const large = start({ limits: { stateBytes: 20_000_000 } });
      await ask("fill", [130_000], large);
      expect(await ask("sum", [], start())).toEqual([1, 130_000, lineOf(129_999)]);
      expect(await one.invoke(call("write", [1, "x"]))).toMatchObject({ error: { code: "StateTooLarge" } });
    });
  });

  describe("what a commit that never came has left", () => {
    /** Dies after it has written pieces, before it commits. */
    async function dieWith(lines: number): Promise<void> {
      const doomed: WatchedProcess = start({
        intercept: async (name, apply) => {
          const answer = await apply();
          if (name === "store.writeParts") doomed.kill();
          return answer;
        },
      });
      void doomed.invoke(call("fill", [lines]));
      await settled(() => !doomed.isAlive());
      stage.clock.freeze(LEASE_MS);
    }
    async function settled(isDone: () => boolean): Promise<void> {
      while (!isDone()) await settle();
    }

    it("is removed by the next one who takes the lease, also when the state is in the head", async () => {
      await ask("fill", [3]);
      await dieWith(1_000);
      expect(await pieces()).toMatchObject({ named: 0, left: expect.any(Number) });
      expect((await pieces()).left).toBeGreaterThan(50);
      expect(await ask("write", [0, "a"])).toBe(2);
      expect(await pieces()).toEqual({ named: 0, left: 0 });
    });

    it("is removed when the state is read, if it is beside the head", async () => {
      await ask("fill", [1_000]);
      await dieWith(1_200);
      const other = start();
      expect(await ask("write", [0, "a"], other)).toBe(2);
      expect((await pieces()).left).toBeLessThanOrEqual(16);
      expect(await ask("all", [], start())).toHaveLength(1_000);
    });

    it.each([
      ["shrinks", "fill", [3]],
      ["ends", "end", []],
    ])("is removed when the state %s, also by a process that has read it before", async (_, method, args) => {
      await ask("fill", [1_000]);
      await dieWith(1_200);
      await ask(method, args);
      expect(await pieces()).toEqual({ named: 0, left: 0 });
      expect((await headOf()).hasPieces).toBe(false);
    });

    it("is looked for by such a process only if somebody else has held the lease meanwhile", async () => {
      await ask("fill", [1_000]);
      one.takeRequests();
      await ask("fill", [3]);
      expect(one.takeRequests()).not.toContain("store.readParts");
    });

    it("is removed by a turn that changes nothing, too", async () => {
      await dieWith(1_000);
      expect(await one.invoke(call("noSuchMethod"))).toMatchObject({ ok: false });
      expect(await ask("end")).toBeUndefined();
      expect(await pieces()).toEqual({ named: 0, left: 0 });
    });

    it("is removed by the process itself when it comes too late, and nothing that others use", async () => {
      await ask("fill", [900]);
      const late = start();
      const slow = late.invoke(call("fillSlowly", [1_000]));
      await reached.opened;
      stage.clock.freeze(LEASE_MS);
      expect(await ask("write", [0, "in time"])).toBe(2);
      const before = await pieces();
      held.open();
      expect(await slow).toMatchObject({ ok: false, error: { code: "FencedError" } });
      expect(await pieces()).toEqual(before);
      expect((await ask("all", [], start())) as string[]).toEqual([
        "in time",
        ...Array.from({ length: 899 }, (_, n) => lineOf(n + 1)),
      ]);
    });

    it("is nothing when the lease was lost before the first piece was written", async () => {
      await ask("fill", [3]);
      const late = start();
      const slow = late.invoke(call("fillSlowly", [1_000]));
      await reached.opened;
      // Its turn waits: it takes the lease as soon as it does.
      await until(async () => (await headOf()).leaseId !== undefined);
      stage.clock.freeze(LEASE_MS);
      expect(await ask("write", [0, "in time"])).toBe(2);
      held.open();
      expect(await slow).toMatchObject({ ok: false, error: { code: "FencedError" } });
      expect(late.takeRequests()).not.toContain("store.writeParts");
      expect(await pieces()).toEqual({ named: 0, left: 0 });
      expect((await headOf()).hasPieces).toBe(false);
    });

    it("is not looked for among the pieces of a later lease", async () => {
      await ask("fill", [900]);
      // It reads the pieces when its lease is lost already, and others have written one.
      const late = start({
        intercept: async (name, apply) => {
          if (name !== "store.readParts") return apply();
          stage.clock.freeze(LEASE_MS);
          await ask("write", [450, "of a later lease"]);
          return apply();
        },
      });
      const reply = await late.invoke(call("write", [0, "too late"]));
      expect(reply).toMatchObject({ ok: false });
      expect((await pieces()).left).toBeLessThanOrEqual(16);
      const lines = (await ask("all", [], start())) as string[];
      expect([lines[0], lines[450]]).toEqual([lineOf(0), "of a later lease"]);
    });

    it("stays when the commit came, although its response was lost and others went on", async () => {
      await ask("fill", [900]);
      const slow = start({
        intercept: async (name, apply) => {
          const answer = await apply();
          if (name !== "store.commit") return answer;
          stage.clock.freeze(LEASE_MS);
          await ask("write", [0, "by another"], start());
          return { committed: false, current: await headOf() };
        },
      });
      expect(await slow.invoke(call("write", [5, "kept"]))).toEqual({ ok: true, result: 2, version: 2 });
      const lines = (await ask("all", [], start())) as string[];
      expect([lines[0], lines[5], lines.length]).toEqual(["by another", "kept", 900]);
    });

    it("of a destroyed actor is removed by the sweep's wake, without a call", async () => {
      await ask("fill", [1_000]);
      const doomed: WatchedProcess = start({
        intercept: async (name, apply) => {
          const answer = await apply();
          if (name === "store.commit") doomed.kill();
          return answer;
        },
      });
      void doomed.invoke(call("end"));
      await settled(() => !doomed.isAlive());
      expect((await pieces()).left).toBeGreaterThan(50);
      await stage.pass(LEASE_MS, one);
      await stage.pass(60_000, one);
      expect(await pieces()).toEqual({ named: 0, left: 0 });
      expect(await headOf()).not.toHaveProperty("wakeAtMs");
    });

    it("that cannot be removed now is removed later", async () => {
      await ask("fill", [1_000]);
      let isDown = true;
      intercept = async (name, apply, args) => {
        if (isDown && name === "store.writeParts" && (args[1] as object[]).length === 0) {
          const { StoreUnavailable } = await import("durable-lambda");
          throw new StoreUnavailable("down");
        }
        return apply();
      };
      const ended = one.invoke(call("end"));
      await stage.clock.advance(10_000);
      expect(await ended).toMatchObject({ ok: true });
      expect((await pieces()).left).toBeGreaterThan(50);
      isDown = false;
      await stage.pass(60_000, one);
      expect(await pieces()).toEqual({ named: 0, left: 0 });
      expect(await headOf()).not.toHaveProperty("wakeAtMs");
    });
  });

  describe("a head that cannot be trusted", () => {
    it.each([
      ["cut off", (text: string) => text.slice(0, text.indexOf("-") + 2)],
      ["no list of pieces", () => '{"lines":['],
    ])("has none of its pieces removed: %s", async (_what, change) => {
      await ask("fill", [1_000]);
      const text = (await headOf()).state?.text as string;
      await overwrite(change(text));
      const before = await stage.ports.store.readParts(address(), "");
      for (const method of ["fill", "end"]) {
        expect(await start().invoke(call(method, [3]))).toMatchObject({ error: { code: "CorruptState" } });
      }
      expect(await stage.ports.store.readParts(address(), "")).toEqual(before);
      await overwrite(text);
      expect(await ask("all", [], start())).toHaveLength(1_000);
    });

    it("has no piece removed by a process whose commit was applied and then refused", async () => {
      await ask("fill", [1_000]);
      let text = "";
      const unlucky = start({
        intercept: async (name, apply) => {
          const answer = await apply();
          if (name !== "store.commit") return answer;
          text = (await headOf()).state?.text as string;
          await overwrite('{"lines":[');
          return { committed: false, current: await headOf() };
        },
      });
      expect(await unlucky.invoke(call("write", [5, "kept"]))).toMatchObject({ ok: true, result: 2 });
      await overwrite(text);
      expect(((await ask("all", [], start())) as string[])[5]).toBe("kept");
    });

    /** By somebody who has the lease, and does not give it back. */
    async function overwrite(text: string): Promise<void> {
      const nowMs = stage.clock.now();
      const taken = await stage.ports.store.acquire(address(), { leaseId: "x", nowMs, untilMs: nowMs + 1 });
      if (!taken.acquired) throw new Error("busy");
      const { version, fence } = taken.head;
      await stage.ports.store.commit(
        address(),
        { id: "x", fence },
        { onVersion: version, state: text, release: false },
      );
      stage.clock.freeze(1);
    }
  });

  describe("a reader", () => {
    it("that finds pieces gone reads the state that is there now", async () => {
      await ask("fill", [1_000]);
      const reader = start({
        intercept: async (name, apply) => {
          if (name === "store.readParts") {
            await ask("fill", [1_100]);
            await ask("fill", [1_200]);
          }
          return apply();
        },
      });
      intercept = (_, apply) => apply();
      const reply = await reader.invoke(call("sum"));
      expect(reply).toMatchObject({ ok: false, error: { code: "StoreUnavailable", retryable: true } });
      let once = true;
      const other = start({
        intercept: async (name, apply) => {
          if (name === "store.readParts" && once) {
            once = false;
            await ask("fill", [1_300]);
            await ask("fill", [1_400]);
          }
          return apply();
        },
      });
      expect(await other.invoke(call("sum"))).toMatchObject({
        ok: true,
        result: [expect.any(Number), 1_400, lineOf(1_399)],
      });
    });

    it("that finds a piece gone for good fails closed, as does a turn, and everything stays as it is", async () => {
      await ask("fill", [1_000]);
      const [first] = await stage.ports.store.readParts(address(), "STATE#");
      await stage.ports.store.writeParts(address(), [], [first?.name ?? ""]);
      const before = [(await headOf()).state, await stage.ports.store.readParts(address(), "")];
      for (const method of ["sum", "end"]) {
        const reply = await start().invoke(call(method));
        expect(reply).toMatchObject({ ok: false, error: { code: "CorruptState", retryable: false } });
      }
      expect([(await headOf()).state, await stage.ports.store.readParts(address(), "")]).toEqual(before);
    });
  });

  it("keeps only so many bytes of actors in memory, and that of the last call in any case", async () => {
    const tight = start({ limits: { warmBytes: 150_000 } });
    const of = (other: string) => ({ ...call("fill", [1_000]), id: `${stage.id}-${other}` });
    const read = { ...call("write", [1, "x"]), id: `${stage.id}-1` };
    for (const other of ["1", "2", "3"]) await tight.invoke(of(other));
    tight.takeRequests();
    await tight.invoke({ ...read, id: `${stage.id}-3` });
    expect(tight.takeRequests()).not.toContain("store.readParts");
    await tight.invoke(read);
    expect(tight.takeRequests()).toContain("store.readParts");
    const tiny = start({ limits: { warmBytes: 10 } });
    await tiny.invoke(read);
    tiny.takeRequests();
    await tiny.invoke(read);
    expect(tiny.takeRequests()).not.toContain("store.readParts");
  });
});

function lengthOf(run: string): number {
  const [, first = "", last = first] = /\.(\w+)(?:-(\w+))?$/.exec(run) ?? [];
  return Number.parseInt(last, 36) - Number.parseInt(first, 36) + 1;
}

it("is whole, and alone, wherever a process dies", async () => {
  const address = { type: "Archive", id: "x" };
  const steps = await dyingEverywhere([Archive], async (fleet) => {
    const ask = async (method: string, args: unknown[], callId: string) =>
      resultOf(await fleet.insist({ actor: "Archive", id: "x", method, args, callId } as Invocation));
    expect(await ask("fill", [100], "a")).toBe(1);
    expect(await ask("write", [50, "changed"], "b")).toBe(2);
    expect(await ask("fill", [300], "c")).toBe(3);
    const lines = (await fleet.witness.actor(Archive).get("x").all()) as string[];
    expect(lines).toEqual(Array.from({ length: 300 }, (_, index) => lineOf(index)));
    await ask("end", [], "d");
    await fleet.heal();
    expect(await fleet.leftOver()).toEqual(NOTHING);
    expect(await fleet.local.store.readParts(address, "STATE#")).toEqual([]);
  });
  expect(steps.filter((step) => step.startsWith("store.writeParts")).length).toBeGreaterThan(3);
});
