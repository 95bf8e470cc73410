/** The line that the log has for each turn: on both stores, and what asks for turns in every way. */
import { Logger as PowertoolsLogger } from "@aws-lambda-powertools/logger";
import { Actor, DurableActor, type LogFields, type Logger, Method, StoreUnavailable } from "durable-lambda";
import { createTestApp } from "durable-lambda/testing";
import type { Clock } from "../../lib/clock";
import type { Invocation } from "../../lib/invocation";
import { hand, messageFor, redelivered } from "../support/batches";
import { FakeClock, gate, settle } from "../support/fake-clock";
import { codeOf, resultOf } from "../support/process";
import { onEachStore, type Stage } from "../support/stores";
import type { Intercept, WatchedOptions, WatchedProcess } from "../support/watched-process";

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

let clock: FakeClock;
let held = gate<void>();
/** Opened when a slow turn has begun. */
let begun = gate<void>();
let isBroken = false;

@Actor
class Till extends DurableActor {
  cash = 0;
  secret = "state-that-nobody-logs";

  @Method add(by: number): number {
    clock.freeze(by);
    this.cash += by;
    return this.cash;
  }
  @Method({ lease: "always" }) addUnderLease(by: number): number {
    return this.add(by);
  }
  @Method async addLater(by: number): Promise<number> {
    await Promise.resolve();
    return this.add(by);
  }
  @Method({ lease: "always" }) async addSlowly(by: number): Promise<number> {
    begun.open();
    await held.opened;
    return this.add(by);
  }
  @Method fail(): never {
    throw new RangeError("the till is stuck");
  }
  @Method({ lease: "always" }) failUnderLease(): never {
    return this.fail();
  }
  @Method failAtFirst(): void {
    if (isBroken) throw new RangeError("the till is stuck");
  }
  @Method busy(): never {
    throw Object.assign(new Error("try later"), { code: "Later", retryable: true });
  }
  @Method later(method: "add" | "fail"): void {
    this.ctx.remind("later", { in: "1m" }, method, 1);
  }
  @Method async ask(): Promise<number> {
    return this.ctx.actor(Till).get(`${this.ctx.actorId}-child`).add(1);
  }
  @Method note(): void {
    this.ctx.log.info("a note", { cash: this.cash });
  }
  @Method({ readonly: true }) value(): number {
    return this.cash;
  }
}

let lines: Line[];

beforeEach(() => {
  held = gate();
  begun = gate();
  clock = new FakeClock();
  lines = [];
});

function recordingLog(): Logger {
  const record =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      lines.push({ level, message, fields });
    };
  return { debug: record("debug"), info: record("info"), warn: record("warn"), error: record("error") };
}

/** The test's clock, on which pauses between two attempts take no time. */
function withoutPauses(): Clock {
  const { now, setTimer } = clock;
  return {
    now,
    setTimer(delayMs, run, isSleep) {
      if (!isSleep) return setTimer(delayMs, run);
      queueMicrotask(run);
      return () => {};
    },
  };
}

/** Lines of turns, whatever became of them. */
const turns = () => lines.filter(({ fields }) => "outcome" in fields);
const turn = (): Line => {
  expect(turns()).toHaveLength(1);
  return turns()[0] as Line;
};

onEachStore((stageOf) => {
  let stage: Stage;
  let intercept: Intercept;
  let one: WatchedProcess;

  beforeEach(() => {
    stage = stageOf();
    clock = stage.clock;
    intercept = (_, apply) => apply();
    one = start({ log: recordingLog() });
  });

  function start(options: Partial<WatchedOptions> = {}): WatchedProcess {
    const asked: Intercept = (...request) => intercept(...request);
    return stage.start([Till], { intercept: asked, ...options });
  }
  const call = (method: string, args: unknown[] = [], more: Partial<Invocation> = {}) =>
    stage.call("Till", method, args, more);
  const add = (by: number, more: Partial<Invocation> = {}) => one.invoke(call("add", [by], more));
  const address = () => ({ type: "Till", id: stage.id });

  describe("has who, which call, the outcome, and times that add up to all the time that it took", () => {
    const REQUESTS: Readonly<Record<string, number>> = {
      "store.read": 2,
      "store.acquire": 3,
      "store.commit": 20,
    };
    const fields = (method: string, times: object) => ({
      actor: "Till",
      actorId: stage.id,
      method,
      kind: "call",
      callId: "own-id",
      version: 1,
      attempts: 1,
      outcome: "committed",
      waitedMs: 0,
      ...times,
      committedMs: 20,
    });

    beforeEach(() => {
      intercept = async (name, apply) => {
        clock.freeze(REQUESTS[name] ?? 0);
        return apply();
      };
    });

    it("and the lease, under one", async () => {
      const startMs = clock.now();
      resultOf(await one.invoke(call("addUnderLease", [100], { callId: "own-id" })));
      const head = await stage.headOf(address());
      expect(lines).toEqual([
        {
          level: "info",
          message: "turn",
          fields: {
            ...fields("addUnderLease", { loadedMs: 3, ranMs: 100 }),
            fence: head?.fence,
            leaseId: expect.stringMatching(/^[\w-]{16}$/) as string,
            leaseUntil: new Date(startMs + 15_000).toISOString(),
          },
        },
      ]);
      expect(clock.now() - startMs).toBe(123);
    });

    it("and no lease where it had none, cold or warm", async () => {
      let startMs = clock.now();
      resultOf(await add(100, { callId: "own-id" }));
      expect(lines).toEqual([
        { level: "info", message: "turn", fields: fields("add", { loadedMs: 2, ranMs: 100 }) },
      ]);
      expect(clock.now() - startMs).toBe(122);
      lines.length = 0;
      startMs = clock.now();
      resultOf(await add(50, { callId: "next-id" }));
      const warm = { ...fields("add", { loadedMs: 0, ranMs: 50 }), callId: "next-id", version: 2 };
      expect(lines).toEqual([{ level: "info", message: "turn", fields: warm }]);
      expect(clock.now() - startMs).toBe(70);
    });

    it("and the lease that it took when it came to wait", async () => {
      const startMs = clock.now();
      resultOf(await one.invoke(call("addLater", [100], { callId: "own-id" })));
      const head = await stage.headOf(address());
      expect(turn()).toEqual({
        level: "info",
        message: "turn",
        fields: {
          // It is taken while the method runs.
          ...fields("addLater", { loadedMs: 2, ranMs: 103 }),
          fence: head?.fence,
          leaseId: expect.stringMatching(/^[\w-]{16}$/) as string,
          leaseUntil: new Date(startMs + 15_002).toISOString(),
        },
      });
      expect(clock.now() - startMs).toBe(125);
    });
  });

  it("comes after the commit, and not before", async () => {
    let atCommit: number | undefined;
    intercept = async (name, apply) => {
      if (name === "store.commit") atCommit = lines.length;
      return apply();
    };
    await add(1);
    expect(atCommit).toBe(0);
    expect(lines).toHaveLength(1);
  });

  it("says for each call of a batch how long it waited, under one lease and with one version", async () => {
    const slow = one.invoke(call("addSlowly", [5]));
    await begun.opened;
    const next = add(1);
    const last = add(2);
    await settle();
    clock.freeze(40);
    held.open();
    await Promise.all([slow, next, last]);
    expect(
      turns().map(({ fields }) => [fields.method, fields.waitedMs, fields.ranMs, fields.version]),
    ).toEqual([
      ["addSlowly", 0, 45, 1],
      ["add", 45, 1, 1],
      ["add", 46, 2, 1],
    ]);
    expect(new Set(turns().map(({ fields }) => fields.leaseId)).size).toBe(1);
  });

  it("has no lease for a readonly call, which has read", async () => {
    await add(1);
    lines.length = 0;
    await one.invoke(call("value"));
    const { fields } = turn();
    expect(fields).toMatchObject({
      method: "value",
      kind: "readonly",
      outcome: "read",
      version: 1,
      attempts: 1,
    });
    for (const field of ["fence", "leaseId", "leaseUntil", "committedMs"])
      expect(fields[field]).toBeUndefined();
  });

  it("says of a call that comes again that it is repeated, and which attempt it is", async () => {
    const callId = "AAAAAAAAAAAAAAAA";
    const sentAtMs = clock.now();
    await add(1, { callId, sentAtMs });
    lines.length = 0;
    expect(resultOf(await add(1, { callId, sentAtMs, attempt: 2 }))).toBe(1);
    expect(turn()).toMatchObject({
      level: "info",
      message: "turn",
      fields: { callId, outcome: "repeated", attempts: 2, version: 1 },
    });
  });

  it.each([
    ["fail", {}],
    ["failUnderLease", { fence: 1, leaseId: expect.any(String) as string }],
  ])("of a method that fails is one line, an error with what it threw: %s", async (method, lease) => {
    expect(codeOf(await one.invoke(call(method)))).toBe("MethodError");
    expect(lines).toEqual([
      {
        level: "error",
        message: "method failed",
        fields: expect.objectContaining({
          method,
          outcome: "failed",
          code: "MethodError",
          version: 0,
          ...lease,
          error: expect.objectContaining({ message: "the till is stuck" }) as Error,
        }) as object,
      },
    ]);
    expect("fence" in turn().fields).toBe("fence" in lease);
  });

  it("of a failure that is tried again is no alarm", async () => {
    await one.invoke(call("busy"));
    expect(lines).toMatchObject([
      { level: "info", message: "turn", fields: { outcome: "failed", code: "Later" } },
    ]);
  });

  it("says that a turn was lost when somebody else has the lease", async () => {
    const lost = one.invoke(call("addSlowly", [1], { timeoutMs: 600_000 }));
    await begun.opened;
    clock.freeze(60_000);
    const other = start();
    resultOf(await other.invoke(call("add", [5])));
    held.open();
    expect(codeOf(await lost)).toBe("FencedError");
    expect(turn()).toMatchObject({
      level: "info",
      message: "turn",
      fields: { method: "addSlowly", outcome: "lost", code: "FencedError", fence: 1, version: 0 },
    });
  });

  it.each(["add", "addUnderLease"])(
    "says that a turn was lost when nobody knows whether its commit was applied: %s",
    async (method) => {
      intercept = async (name, apply) => {
        if (name === "store.commit") throw new StoreUnavailable("The store is down.");
        return apply();
      };
      const hasty = start({ clock: withoutPauses(), log: recordingLog() });
      expect(codeOf(await hasty.invoke(call(method, [1])))).toBe("StoreUnavailable");
      expect(turn()).toMatchObject({ fields: { method, outcome: "lost", code: "StoreUnavailable" } });
    },
  );

  it.each(["add", "addUnderLease"])(
    "says that a turn is repeated when its commit's response was lost, and the inbox has it: %s",
    async (method) => {
      let commits = 0;
      intercept = async (name, apply) => {
        const answer = await apply();
        if (name === "store.commit" && ++commits === 1) throw new StoreUnavailable("The response was lost.");
        return answer;
      };
      const hasty = start({ clock: withoutPauses(), log: recordingLog() });
      expect(resultOf(await hasty.invoke(call(method, [4])))).toBe(4);
      expect(turn()).toMatchObject({ fields: { method, outcome: "repeated", version: 1 } });
    },
  );

  it("comes once for a turn that was thrown away, since another process was first, and has run again", async () => {
    const other = start();
    const startMs = clock.now();
    let commits = 0;
    intercept = async (name, apply) => {
      if (name === "store.commit" && ++commits === 1) resultOf(await other.invoke(call("add", [5])));
      return apply();
    };
    expect(resultOf(await add(4))).toBe(9);
    const { fields } = turn();
    expect(fields).toMatchObject({ method: "add", outcome: "committed", version: 2, ranMs: 4 });
    // The time of the run that was thrown away, and of the other process, is time that it waited.
    expect(fields.waitedMs).toBe(9);
    expect(clock.now() - startMs).toBe(13);
  });

  it("of a call that got no turn has no lease", async () => {
    const request = { leaseId: "other", nowMs: clock.now(), untilMs: clock.now() + 3_600_000 };
    await stage.ports.store.acquire(address(), request);
    const answer = add(1, { timeoutMs: 1_000 });
    await clock.advance(2_000);
    expect(codeOf(await answer)).toBe("ActorBusy");
    expect(turn()).toMatchObject({
      level: "info",
      message: "turn",
      fields: { method: "add", kind: "call", outcome: "failed", code: "ActorBusy", waitedMs: 1_000 },
    });
    expect(turn().fields).not.toHaveProperty("leaseId");
  });

  it("says until when the lease is held after it was renewed", async () => {
    const startMs = clock.now();
    let renewed = gate();
    intercept = async (name, apply) => {
      const answer = await apply();
      if (name === "store.renew") renewed.open();
      return answer;
    };
    const slow = one.invoke(call("addSlowly", [1]));
    await begun.opened;
    for (let beats = 0; beats < 2; beats++) {
      await clock.advance(5_000);
      await renewed.opened;
      await settle();
      renewed = gate();
    }
    held.open();
    await slow;
    expect(turn().fields.leaseUntil).toBe(new Date(startMs + 25_000).toISOString());
  });

  it("says how a message came, and counts its attempts as its dead letter does", async () => {
    const message = messageFor(address(), "add", clock.now(), { args: [1], mode: "send" });
    await hand(one.handle, [redelivered(message, 4)]);
    expect(turn()).toMatchObject({ fields: { kind: "send", attempts: 4, outcome: "committed" } });
    lines.length = 0;
    const stuck = messageFor(address(), "failAtFirst", clock.now());
    isBroken = true;
    await hand(one.handle, [redelivered(stuck, 6)]);
    isBroken = false;
    await hand(one.handle, [redelivered(stuck, 7)]);
    expect(turns().map(({ fields }) => [fields.attempts, fields.outcome])).toEqual([
      [1, "failed"],
      [2, "committed"],
    ]);
    lines.length = 0;
    const bad = messageFor(address(), "fail", clock.now());
    for (const count of [1, 2, 3]) await hand(one.handle, [redelivered(bad, count + 5)]);
    expect(turns().map(({ message: text, fields }) => [text, fields.kind, fields.attempts])).toEqual([
      ["method failed", "send", 1],
      ["method failed", "send", 2],
      ["method failed", "send", 3],
    ]);
    expect(lines.filter(({ message: text }) => text === "method failed")).toHaveLength(3);
    expect(lines.at(-1)).toMatchObject({ message: "message is a dead letter now", fields: { attempts: 3 } });
  });

  it("names the reminder that it is for, and its attempts", async () => {
    await one.invoke(call("later", ["fail"]));
    lines.length = 0;
    for (let minutes = 0; minutes < 4; minutes++) await stage.pass(60_000, one);
    expect(turns()).toHaveLength(3);
    expect(
      turns().map(({ fields }) => [fields.kind, fields.reminder, fields.attempts, fields.outcome]),
    ).toEqual([
      ["reminder", "later", 1, "failed"],
      ["reminder", "later", 2, "failed"],
      ["reminder", "later", 3, "failed"],
    ]);
    lines.length = 0;
    await one.invoke(call("later", ["add"]));
    await stage.pass(60_000, one);
    expect(turns().at(-1)).toMatchObject({
      fields: { kind: "reminder", reminder: "later", outcome: "committed", attempts: 1 },
    });
  });

  it("comes for each actor that a call reaches", async () => {
    await one.invoke(call("ask"));
    expect(turns().map(({ fields }) => [fields.actorId, fields.method])).toEqual([
      [`${stage.id}-child`, "add"],
      [stage.id, "ask"],
    ]);
  });
});

describe("what is told", () => {
  const options = (more: object = {}) => ({ log: recordingLog(), ...more });

  it("has no arguments and no state", async () => {
    const app = createTestApp([Till], options());
    await app.client.actor(Till).get("a").add(4_711);
    await app.close();
    expect(JSON.stringify(lines)).not.toMatch(/state-that-nobody-logs|"args"/);
  });

  it("has the arguments where that is asked for, as they came", async () => {
    const app = createTestApp([Till], options({ logArguments: true }));
    await app.client.actor(Till).get("a").add(4_711);
    await app.client.actor(Till).get("a").value();
    await app.close();
    expect(turns().map(({ fields }) => fields.args)).toEqual([[4_711], []]);
  });

  it("is not even made where the log takes no such lines, but for failures", async () => {
    const log = { ...recordingLog(), isEnabled: (level: string) => level !== "info" && level !== "debug" };
    const app = createTestApp([Till], { log });
    await app.client.actor(Till).get("a").add(1);
    expect(lines).toEqual([]);
    await app.client
      .actor(Till)
      .get("a")
      .fail()
      .catch(() => {});
    await app.close();
    expect(lines).toMatchObject([{ level: "error", message: "method failed" }]);
  });

  it("takes no call along when the log throws", async () => {
    const warned = jest.spyOn(process, "emitWarning").mockImplementation();
    const broken = () => {
      throw new Error("the disk is full");
    };
    const log = { debug() {}, info: broken, warn: broken, error: broken };
    const unsure = createTestApp([Till], { log: { ...log, isEnabled: broken } });
    expect(await unsure.client.actor(Till).get("a").add(1)).toBe(1);
    await unsure.close();
    const app = createTestApp([Till], { log });
    expect(await app.client.actor(Till).get("a").add(1)).toBe(1);
    expect(await app.client.actor(Till).get("a").value()).toBe(1);
    await app.close();
    expect(warned).toHaveBeenCalledWith(expect.stringContaining("the disk is full"));
    warned.mockRestore();
  });

  it("goes to a Powertools logger as it is, and so does what methods log", async () => {
    const written: string[] = [];
    const write = jest.spyOn(process.stdout, "write").mockImplementation((line) => {
      written.push(String(line));
      return true;
    });
    const app = createTestApp([Till], {
      log: new PowertoolsLogger({ serviceName: "shop", logLevel: "INFO" }),
    });
    await app.client.actor(Till).get("a").note();
    await app.close();
    write.mockRestore();
    expect(written.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      {
        level: "INFO",
        message: "a note",
        service: "shop",
        actor: "Till",
        actorId: "a",
        method: "note",
        cash: 0,
      },
      { level: "INFO", message: "turn", service: "shop", actor: "Till", actorId: "a", outcome: "committed" },
    ]);
  });
});
