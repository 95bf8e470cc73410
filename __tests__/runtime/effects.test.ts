/** What a turn causes outside its actor: messages and events leave once it is committed, and only then. */
import {
  Actor,
  createRouter,
  DurableActor,
  InvalidDefinition,
  Method,
  PayloadTooLarge,
  type RouterHandler,
  type SendOptions,
  UnexpectedEvent,
  UnknownActor,
} from "durable-lambda";
import { createTestApp, type LoggedEvent, type TestApp } from "durable-lambda/testing";
import { gate } from "../support/fake-clock";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { silentLog } from "../support/process";

/** What the next turn of a Sender does. */
let script: (sender: Sender) => unknown = () => {};
let held = gate();
let isHeld = gate();

/** Waits in mid-turn until the test lets it go on. */
async function hold(): Promise<void> {
  isHeld.open();
  await held.opened;
}

@Actor
class Sender extends DurableActor {
  steps: unknown[] = [];

  @Method run(): unknown {
    return script(this);
  }
  @Method({ readonly: true }) all(): unknown[] {
    return this.steps;
  }
}

@Actor
class Box extends DurableActor {
  got: unknown[] = [];
  callIds: string[] = [];

  @Method put(value: unknown): number {
    this.callIds.push(this.ctx.callId);
    return this.got.push(value);
  }
  @Method refuse(): never {
    throw Object.assign(new RangeError("full"), { limit: 5 });
  }
  @Method({ readonly: true }) all(): unknown[] {
    return this.got;
  }
  @Method({ readonly: true }) ids(): string[] {
    return this.callIds;
  }
}

let app: TestApp;

beforeEach(() => {
  held = gate();
  isHeld = gate();
  app = createTestApp([Sender, Box]);
});
afterEach(() => app.close());

/** Runs a turn of Sender/1. */
function turn(run: (sender: Sender) => unknown, idempotencyKey?: string): Promise<unknown> {
  script = run;
  const options = idempotencyKey === undefined ? {} : { idempotencyKey };
  return app.client.actor(Sender).get("1", options).run();
}
const box = (id = "b") => app.client.actor(Box).get(id);
const boxOf = ({ ctx }: Sender, options?: SendOptions, id = "b") => ctx.actor(Box).get(id).send(options);
const steps = () => app.client.actor(Sender).get("1").all();
const failureOf = (promise: Promise<unknown>) => promise.catch((thrown: unknown) => thrown);
/** The error that something throws at once. */
function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("a message that a turn sends", () => {
  it("leaves once the turn is committed, not before", async () => {
    const running = turn(async (sender) => {
      boxOf(sender).put("sent");
      await hold();
    });
    await isHeld.opened;
    await app.settled();
    expect(await box().all()).toEqual([]);
    held.open();
    await running;
    await app.settled();
    expect(await box().all()).toEqual(["sent"]);
  });

  it("keeps its order among those of its turn, and of the turns of the same actor", async () => {
    const numbers = Array.from({ length: 35 }, (_, index) => index);
    await turn((sender) => {
      for (const n of numbers) boxOf(sender).put(n);
    });
    await turn((sender) => {
      boxOf(sender).put("last");
    });
    await app.settled();
    expect(await box().all()).toEqual([...numbers, "last"]);
  });

  it.each<[string, (sender: Sender) => unknown]>([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["leaves a state that cannot be kept", (sender) => void sender.steps.push(() => {})],
    ["leaves a state that is too large", (sender) => void sender.steps.push("x".repeat(11_000_000))],
    ["has a result that cannot be kept", () => ({ f: () => {} })],
  ])("never leaves when the turn %s", async (_what, end) => {
    const failure = turn((sender) => {
      boxOf(sender).put("sent");
      sender.ctx.emit("Sent");
      return end(sender);
    });
    await expect(failure).rejects.toBeInstanceOf(Error);
    await app.clock.advance("1m");
    expect([await box().all(), await steps(), app.events]).toEqual([[], [], []]);
  });

  it("never leaves when the turn does not end in time, even if the method goes on", async () => {
    const failure = failureOf(
      turn(async (sender) => {
        boxOf(sender).put("sent");
        sender.ctx.emit("Sent");
        await hold();
        expect(thrownBy(() => boxOf(sender).put("too late"))).toMatchObject({ code: "TurnEnded" });
      }),
    );
    await isHeld.opened;
    script = () => {
      throw new Error("the second attempt");
    };
    await app.clock.advance("1m");
    expect(await failure).toMatchObject({ code: "CallTimeout" });
    held.open();
    await app.clock.advance("1m");
    expect([await box().all(), await steps(), app.events]).toEqual([[], [], []]);
  });

  it("stays when another turn of the same commit fails, whose own do not", async () => {
    let serial = 0;
    script = (sender) => {
      const n = ++serial;
      boxOf(sender).put(n);
      if (n === 2) throw new Error("the second one");
    };
    const sender = app.client.actor(Sender).get("1");
    await Promise.allSettled([sender.run(), sender.run(), sender.run()]);
    await app.settled();
    expect(await box().all()).toEqual([1, 3]);
  });

  it("leaves when a checkpoint commits it, whatever becomes of the turn then, and once when that is run again", async () => {
    const run = async (sender: Sender) => {
      if (sender.steps.length === 0) {
        boxOf(sender).put("before the checkpoint");
        sender.steps.push("saved");
        await sender.ctx.save();
        boxOf(sender).put("after it");
        throw new Error("no");
      }
      boxOf(sender).put("again");
    };
    await failureOf(turn(run, "key"));
    await app.settled();
    expect(await box().all()).toEqual(["before the checkpoint"]);
    await turn(run, "key");
    await app.settled();
    expect(await box().all()).toEqual(["before the checkpoint", "again"]);
  });

  it("is sent once for a call that comes again", async () => {
    const run = (sender: Sender) => void boxOf(sender).put("sent");
    await turn(run, "key");
    await turn(run, "key");
    await app.settled();
    expect(await box().all()).toEqual(["sent"]);
  });

  it("is sent once by a message that succeeds at its third attempt", async () => {
    let attempts = 0;
    script = (sender) => {
      boxOf(sender).put(++attempts);
      if (attempts < 3) throw new Error("not yet");
    };
    await app.client.actor(Sender).get("1").send().run();
    await app.clock.advance("1m");
    expect(await box().all()).toEqual([3]);
  });

  it("gives a receipt at once, with the id that the method then finds in its context; each has its own", async () => {
    let ids: string[] = [];
    await turn((sender) => {
      const receipts = [boxOf(sender).put("same"), boxOf(sender).put("same"), boxOf(sender).put("same")];
      for (const receipt of receipts) expect(Object.keys(receipt)).toEqual(["callId"]);
      ids = receipts.map(({ callId }) => callId);
    });
    await app.settled();
    expect(await box().ids()).toEqual(ids);
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[\w-]{16}$/);
  });

  it("has the arguments as they were when it was sent, with their types", async () => {
    const typed = { at: new Date(1), set: new Set([1n]), nothing: undefined };
    const plain = { list: ["then"] };
    await turn((sender) => {
      boxOf(sender).put(typed);
      boxOf(sender).put(plain);
      typed.at.setTime(2);
      typed.set.add(2n);
      plain.list.push("later");
    });
    await app.settled();
    expect(await box().all()).toEqual([
      { at: new Date(1), set: new Set([1n]), nothing: undefined },
      { list: ["then"] },
    ]);
  });

  it("with a delay runs after it, not before, by whatever time that was given", async () => {
    await turn((sender) => {
      boxOf(sender, { delay: "20m" }).put("20 min");
      boxOf(sender, { delay: 5_000 }).put("5 s");
      boxOf(sender).put("now");
    });
    await app.settled();
    expect(await box().all()).toEqual(["now"]);
    await app.clock.advance(4_999);
    expect(await box().all()).toEqual(["now"]);
    await app.clock.advance(1_001);
    expect(await box().all()).toEqual(["now", "5 s"]);
    await app.clock.advance("19m");
    expect(await box().all()).toEqual(["now", "5 s"]);
    await app.clock.advance("1m");
    expect(await box().all()).toEqual(["now", "5 s", "20 min"]);
  });

  it("with a key has one effect, by whichever turn it is sent", async () => {
    for (let turns = 0; turns < 3; turns++) {
      await turn((sender) => {
        boxOf(sender, { idempotencyKey: "order-7" }).put("once");
        boxOf(sender, { idempotencyKey: "order-7" }, "other").put("once");
      });
      await app.clock.advance("10m");
    }
    expect([await box().all(), await box("other").all()]).toEqual([["once"], ["once"]]);
  });

  it("may go to the actor itself", async () => {
    await turn((sender) => {
      sender.ctx.actor(Sender).get("1").send().run();
      script = ({ steps }) => void steps.push("by itself");
    });
    await app.settled();
    expect(await steps()).toEqual(["by itself"]);
  });

  it("may call a readonly method, which does nothing", async () => {
    await turn((sender) => void boxOf(sender).all());
    await app.settled();
    expect(await app.deadLetters.list()).toEqual([]);
  });

  it.each<[string, (sender: Sender) => unknown, object]>([
    [
      "a delay that is none",
      (sender) => boxOf(sender, { delay: "soon" as "1s" }).put(1),
      { code: "UnexpectedEvent", details: { field: "delay" } },
    ],
    [
      "a negative delay",
      (sender) => boxOf(sender, { delay: -1 }).put(1),
      { code: "UnexpectedEvent", details: { field: "delay" } },
    ],
    [
      "a key that is no text",
      (sender) => boxOf(sender, { idempotencyKey: 7 as unknown as string }).put(1),
      { code: "UnexpectedEvent", details: { field: "idempotencyKey" } },
    ],
    [
      "an argument that cannot be kept",
      (sender) => boxOf(sender).put({ deep: [() => {}] }),
      { code: "NotSerializable", details: { path: "args[0].deep[0]" } },
    ],
    [
      "a lone surrogate",
      (sender) => boxOf(sender).put("\uD800"),
      { code: "NotSerializable", details: { path: "args[0]" } },
    ],
    ["an id that is none", (sender) => boxOf(sender, {}, ""), { code: "InvalidActorId" }],
  ])("is refused with %s, at once; the turn may go on without it", async (_what, send, error) => {
    await turn((sender) => {
      boxOf(sender).put("before");
      expect(thrownBy(() => send(sender))).toMatchObject(error);
      boxOf(sender).put("after");
    });
    await app.settled();
    expect(await box().all()).toEqual(["before", "after"]);
  });

  it("is refused for a class that the app does not have", async () => {
    expect(await failureOf(turn(({ ctx }) => ctx.actor("Nobody").get("1").send()))).toBeInstanceOf(
      UnknownActor,
    );
  });
});

describe("a call that a turn starts", () => {
  const start = async (run: (sender: Sender) => { readonly callId: string }) => {
    let callId = "";
    await turn((sender) => {
      callId = run(sender).callId;
    });
    return callId;
  };

  it("has a result, by its id", async () => {
    const callId = await start(({ ctx }) => ctx.actor(Box).get("b").start().put(new Date(3)));
    expect(await app.client.call<number>(callId).result()).toBe(1);
    expect(await app.client.call(callId).status()).toMatchObject({
      callId,
      actor: "Box",
      id: "b",
      method: "put",
      status: "succeeded",
    });
  });

  it("has an error, with its type", async () => {
    const callId = await start(({ ctx }) => ctx.actor(Box).get("b").start().refuse());
    const error = failureOf(app.client.call(callId).result());
    await app.clock.advance("10s");
    expect(await error).toMatchObject({ name: "RangeError", message: "full", limit: 5 });
  });

  it("can be delayed, and be pending meanwhile", async () => {
    const callId = await start(({ ctx }) => ctx.actor(Box).get("b").start({ delay: "1h" }).put(1));
    await app.settled();
    expect((await app.client.call(callId).status()).status).toBe("pending");
    await app.clock.advance("1h");
    expect(await app.client.call<number>(callId).result()).toBe(1);
  });

  it("is unknown while the turn runs, and for ever when that fails", async () => {
    let callId = "";
    const running = failureOf(
      turn(async ({ ctx }) => {
        callId = ctx.actor(Box).get("b").start().put(1).callId;
        await hold();
        throw new Error("no");
      }),
    );
    await isHeld.opened;
    await app.settled();
    await expect(app.client.call(callId).status()).rejects.toMatchObject({ code: "UnknownCall" });
    held.open();
    await running;
    await app.clock.advance("1m");
    await expect(app.client.call(callId).status()).rejects.toMatchObject({ code: "UnknownCall" });
  });
});

describe("the effects of a turn", () => {
  const LIMIT = 16_384;

  it.each<[string, (sender: Sender) => unknown, string]>([
    ["a message", (sender) => boxOf(sender).put("x".repeat(LIMIT)), "args"],
    ["a started call", ({ ctx }) => ctx.actor(Box).get("b").start().put("x".repeat(LIMIT)), "args"],
    ["an event", ({ ctx }) => ctx.emit("Large", { text: "x".repeat(LIMIT) }), "detail"],
    [
      "an event whose characters have several bytes",
      ({ ctx }) => ctx.emit("Large", { text: "é".repeat(LIMIT / 2) }),
      "detail",
    ],
  ])("are too large with %s over 16 KB: nothing of the turn is applied", async (_what, cause, field) => {
    const error = await failureOf(
      turn((sender) => {
        sender.steps.push("changed");
        boxOf(sender).put("small");
        sender.ctx.emit("Small");
        cause(sender);
      }),
    );
    expect(error).toBeInstanceOf(PayloadTooLarge);
    const { details } = error as PayloadTooLarge;
    expect(details).toEqual({ field, bytes: expect.any(Number), limitBytes: LIMIT });
    expect(details.bytes).toBeGreaterThan(LIMIT);
    expect((error as Error).message).toContain(`${String(details.bytes)} bytes; at most ${LIMIT}`);
    await app.clock.advance("1m");
    expect([await box().all(), await steps(), app.events]).toEqual([[], [], []]);
  });

  it("are too large together, also when each is small; what was taken leaves when the method goes on", async () => {
    let taken = 0;
    await turn((sender) => {
      const error = thrownBy(() => {
        for (;;) {
          boxOf(sender).put("x".repeat(1_000));
          taken++;
        }
      });
      expect(error).toMatchObject({ code: "PayloadTooLarge", details: { field: "args" } });
    });
    expect(taken).toBeGreaterThan(10);
    expect(taken).toBeLessThan(17);
    await app.settled();
    expect(await box().all()).toHaveLength(taken);
  });

  it("may take up to 16 KB in each of many turns of one commit", async () => {
    script = (sender) => void boxOf(sender).put("x".repeat(16_000));
    const sender = app.client.actor(Sender).get("1");
    await Promise.all(Array.from({ length: 20 }, () => sender.run()));
    await app.settled();
    expect(await box().all()).toHaveLength(20);
  });
});

describe("an event that a turn emits", () => {
  /** The events that one turn of Sender/1 emits. */
  async function emitted(...details: [string, object?][]): Promise<readonly LoggedEvent[]> {
    await turn(({ ctx }) => {
      for (const [type, detail] of details) ctx.emit(type, detail);
    });
    await app.settled();
    return app.events;
  }
  const detailOf = ({ detail }: LoggedEvent) =>
    detail as { readonly metadata: Readonly<Record<string, unknown>> };

  it("tells where it comes from, when, and which version of which actor it belongs to", async () => {
    await turn(() => "a first version");
    await app.clock.advance("1h");
    const [event, ...others] = await emitted(["OrderShipped", { orderId: "o-1", lines: [1, { a: null }] }]);
    expect(others).toEqual([]);
    const id = event?.id;
    expect(id).toMatch(/^[\w-]{16}$/);
    expect(event).toEqual({
      id,
      source: "durable-lambda.Sender",
      detailType: "OrderShipped",
      timeMs: app.clock.now(),
      detail: {
        orderId: "o-1",
        lines: [1, { a: null }],
        metadata: { eventId: id, actor: "Sender", actorId: "1", version: 2, hops: 1 },
      },
    });
  });

  it("may have no detail, and keeps its place among those of its turn", async () => {
    const events = await emitted(["A"], ["B"], ["A", {}], ["C"]);
    expect(events.map(({ detailType }) => detailType)).toEqual(["A", "B", "A", "C"]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(4);
    for (const event of events) expect(Object.keys(detailOf(event))).toEqual(["metadata"]);
  });

  it("has the hops of what led to it", async () => {
    await turn((sender) => {
      sender.ctx.actor(Sender).get("2").send().run();
      script = ({ ctx }) => ctx.emit("Caused");
    });
    await app.settled();
    expect(detailOf(app.events[0] as LoggedEvent).metadata).toMatchObject({ actorId: "2", hops: 2 });
  });

  it("keeps metadata of its own, but for what this package puts there", async () => {
    const own = { trace: "t-1", eventId: "mine", actor: "Other", version: 99, hops: -5 };
    const [event] = await emitted(["Traced", { metadata: own }]);
    expect(detailOf(event as LoggedEvent)).toEqual({
      metadata: { trace: "t-1", eventId: event?.id, actor: "Sender", actorId: "1", version: 1, hops: 1 },
    });
  });

  it("has the detail as it was when it was emitted", async () => {
    await turn(({ ctx }) => {
      const detail = { list: ["then"] };
      ctx.emit("Kept", detail);
      detail.list.push("later");
    });
    await app.settled();
    expect(detailOf(app.events[0] as LoggedEvent)).toMatchObject({ list: ["then"] });
  });

  it("has tags for values that JSON does not have, and says so", async () => {
    const [event, plain] = await emitted(
      ["Typed", { at: new Date(5), n: 12n, map: new Map([["k", Number.NaN]]), like: { $date: "text" } }],
      ["Plain", { n: 1 }],
    );
    expect(detailOf(event as LoggedEvent)).toEqual({
      at: { $date: "1970-01-01T00:00:00.005Z" },
      n: { $bigint: "12" },
      map: { $map: [["k", { $number: "NaN" }]] },
      like: { $object: { $date: "text" } },
      metadata: expect.objectContaining({ encoding: "durable-lambda" }) as object,
    });
    expect(detailOf(plain as LoggedEvent).metadata).not.toHaveProperty("encoding");
  });

  class Line {
    price = 1;
  }
  it.each<[string, unknown, string, object]>([
    ["null", null, "UnexpectedEvent", { field: "detail" }],
    ["text", "text", "UnexpectedEvent", { field: "detail" }],
    ["a number", 5, "UnexpectedEvent", { field: "detail" }],
    ["an array", [1], "UnexpectedEvent", { field: "detail" }],
    ["a Date", new Date(0), "UnexpectedEvent", { field: "detail" }],
    ["a Map", new Map(), "UnexpectedEvent", { field: "detail" }],
    ["an instance of a class", new Line(), "UnexpectedEvent", { field: "detail" }],
    ["a function", () => {}, "UnexpectedEvent", { field: "detail" }],
    ["metadata that are no object", { metadata: "text" }, "UnexpectedEvent", { field: "detail.metadata" }],
    ["metadata that are null", { metadata: null }, "UnexpectedEvent", { field: "detail.metadata" }],
    ["metadata that are an array", { metadata: [] }, "UnexpectedEvent", { field: "detail.metadata" }],
    ["a function in it", { a: [() => {}] }, "NotSerializable", { path: "detail.a[0]" }],
    ["an instance of a class in it", { line: new Line() }, "NotSerializable", { path: "detail.line" }],
    ["a lone surrogate in it", { a: "\uDC00" }, "NotSerializable", { path: "detail.a" }],
    ["a lone surrogate as a key", { "\uD800": 1 }, "NotSerializable", {}],
    ["a symbol as a key", { [Symbol("s")]: 1 }, "NotSerializable", {}],
    ["a forbidden key", JSON.parse('{"__proto__":{"a":1}}'), "ForbiddenKey", { path: "detail.__proto__" }],
    ["101 levels", nested(101), "TooDeep", { limit: 100 }],
  ])(
    "is refused with a detail that is %s, at once; the turn may go on without it",
    async (_what, detail, code, details) => {
      await turn((sender) => {
        sender.steps.push("kept");
        expect(thrownBy(() => sender.ctx.emit("Bad", detail as object))).toMatchObject({ code, details });
        sender.ctx.emit("Good");
      });
      expect([await steps(), app.events.map(({ detailType }) => detailType)]).toEqual([["kept"], ["Good"]]);
    },
  );

  it.each([["", "x".repeat(129), "\uD800", 5, null, undefined, {}]].flat())(
    "is refused with the type %j",
    async (detailType) => {
      await turn(({ ctx }) => {
        const error = thrownBy(() => ctx.emit(detailType as string));
        expect(error).toBeInstanceOf(UnexpectedEvent);
        expect(error).toMatchObject({ details: { field: "detailType" } });
      });
      expect(app.events).toEqual([]);
    },
  );

  it("may have a type of 128 characters, and a detail of 99 levels", async () => {
    const [event] = await emitted(["é".repeat(128), { a: nested(99) }]);
    expect(event?.detailType).toBe("é".repeat(128));
  });
});

function nested(levels: number): object {
  return levels === 1 ? {} : { in: nested(levels - 1) };
}

describe("an app that lacks a port", () => {
  let local: LocalPorts;
  let handle: RouterHandler;
  const variables = ["DURABLE_BUS_NAME", "DURABLE_QUEUE", "DURABLE_WAKE_QUEUE", "WORKFLOW_TABLE"] as const;
  const before = variables.map((name) => process.env[name]);

  beforeEach(() => {
    for (const name of variables) delete process.env[name];
    local = openLocal();
    handle = createRouter([Sender, Box], { store: local.store, log: silentLog });
  });
  afterEach(async () => {
    for (const [index, name] of variables.entries()) {
      if (before[index] !== undefined) process.env[name] = before[index];
    }
    await local.close();
  });
  const run = (body: (sender: Sender) => unknown) => {
    script = (sender) => {
      sender.steps.push("changed");
      return body(sender);
    };
    return handle({ actor: "Sender", id: "1", method: "run" });
  };

  it.each<[string, (sender: Sender) => unknown, string]>([
    ["emits without a bus", ({ ctx }) => ctx.emit("Lost"), "DURABLE_BUS_NAME"],
    ["sends without a queue", (sender) => boxOf(sender).put(1), "DURABLE_QUEUE"],
    [
      "sends with a delay without a queue for that",
      (sender) => boxOf(sender, { delay: 5 }).put(1),
      "DURABLE_WAKE_QUEUE",
    ],
    [
      "reminds itself without that queue",
      ({ ctx }) => ctx.remind("r", { in: 5 }, "run"),
      "DURABLE_WAKE_QUEUE",
    ],
  ])("fails a turn that %s, naming the variable; nothing is applied", async (_what, cause, variable) => {
    const reply = await run(cause);
    expect(reply).toMatchObject({ ok: false, error: { code: "InvalidDefinition" } });
    expect(JSON.stringify(reply)).toContain(variable);
    expect(await local.store.read({ type: "Sender", id: "1" }, { consistent: true })).toBeUndefined();
  });

  it.each<[string, (sender: Sender) => unknown]>([
    ["starts a call", ({ ctx }) => ctx.actor(Box).get("b").start().put(1)],
    ["ends a tracked call", ({ ctx }) => ctx.resolve("some-call", 1)],
  ])(
    "fails a turn that %s without a table for these, naming the variable; nothing is applied",
    async (_what, cause) => {
      const { store, queues, bus } = local;
      handle = createRouter([Sender, Box], { store, queues, bus, log: silentLog });
      const reply = await run(cause);
      expect(reply).toMatchObject({ ok: false, error: { code: "InvalidDefinition" } });
      expect(JSON.stringify(reply)).toContain("WORKFLOW_TABLE");
      expect(await store.read({ type: "Sender", id: "1" }, { consistent: true })).toBeUndefined();
    },
  );

  it("runs turns that need none of it", async () => {
    expect(await run(() => "fine")).toEqual({ ok: true, result: "fine", version: 1 });
  });

  it("lets a turn catch that", async () => {
    const reply = await run(({ ctx }) => thrownBy(() => ctx.emit("Lost")) instanceof InvalidDefinition);
    expect(reply).toEqual({ ok: true, result: true, version: 1 });
  });
});

describe("the version that an event tells", () => {
  it("is that of the reply to the call that emitted it, also within one commit and behind a checkpoint", async () => {
    const local = openLocal();
    const handle = createRouter([Sender, Box], { ...local, log: silentLog });
    let serial = 0;
    script = async ({ ctx, steps }) => {
      const n = ++serial;
      ctx.emit("Emitted", { n });
      if (n === 3) {
        steps.push("changed");
        await ctx.save();
        ctx.emit("Emitted", { n: "3 behind the checkpoint" });
      }
      return n;
    };
    const call = () =>
      handle({ actor: "Sender", id: "1", method: "run" }) as Promise<{ result: number; version: number }>;
    const replies = [await call(), ...(await Promise.all([call(), call(), call()])), await call()];
    const versionOf = new Map(
      local.bus.published().map(({ detail }) => {
        const { n, metadata } = detail as { n: unknown; metadata: { version: number } };
        return [n, metadata.version];
      }),
    );
    for (const { result, version } of replies) {
      expect([result, versionOf.get(result === 3 ? "3 behind the checkpoint" : result)]).toEqual([
        result,
        version,
      ]);
    }
    expect(versionOf.get(3)).toBe((versionOf.get("3 behind the checkpoint") as number) - 1);
    await local.close();
  });
});
