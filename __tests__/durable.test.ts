/** Handlers of the form `durable((ctx, request) => …)`: what they find, what they answer with, and what comes of wrong events. */
import { inspect } from "node:util";
import {
  Actor,
  createRouter,
  DurableActor,
  type DurableContext,
  type DurableError,
  type DurableOptions,
  durable,
  type HandlerActor,
  InvalidDefinition,
  type LambdaContext,
  Method,
  type MethodError,
  type RouterHandler,
} from "durable-lambda";
import { startLocal } from "durable-lambda/local";
import { createTestApp } from "durable-lambda/testing";
import { z } from "zod";
import { DeadLetters } from "../lib/messages/dead-letters";
import { drain } from "./support/batches";
import { FakeClock } from "./support/fake-clock";
import { type LocalPorts, openLocal } from "./support/local-ports";
import { silentLog, startProcess } from "./support/process";

interface Journal {
  entries?: string[];
}

let clock: FakeClock;
let local: LocalPorts;

beforeEach(() => {
  clock = new FakeClock();
  local = openLocal({ clock });
});
afterEach(() => local.close());

/** The options of one process of the fleet. */
const here = () => ({ ...local, clock, log: silentLog });

/** A journal: it adds entries, and does whatever else the tests want. */
const journal = (options: DurableOptions = {}) =>
  durable<Journal>(
    async (ctx, request) => {
      ctx.state.entries ??= [];
      if (request.entry !== undefined) ctx.state.entries.push(request.entry);
      // A turn that others could get in between.
      await Promise.resolve();
      if (request.save) await ctx.save();
      if (request.error !== undefined) throw Object.assign(new RangeError(request.error), { by: "journal" });
      return ctx.state.entries;
    },
    { ...here(), ...options },
  );

/** As Lambda carries it, both ways. */
const carried = (value: unknown): unknown => JSON.parse(JSON.stringify(value) ?? "null");
async function invoke(handler: RouterHandler, event: unknown, context?: LambdaContext): Promise<unknown> {
  return carried(await handler(carried(event), context));
}
const ask = (handler: RouterHandler, actorId: string, payload?: unknown, more: object = {}) =>
  invoke(handler, { actorId, payload, sync: true, ...more });
const lambdaContext = (awsRequestId: string): LambdaContext => ({
  getRemainingTimeInMillis: () => 30_000,
  awsRequestId,
});

/** The error that an invocation fails with. */
async function failure(invoked: Promise<unknown>): Promise<DurableError & Record<string, unknown>> {
  const answer = await invoked.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("error" in answer) return answer.error as DurableError & Record<string, unknown>;
  throw new Error(`answered with ${inspect(answer.value)}`);
}

describe("the context", () => {
  it("has the actor's id, the version, and everything else that an actor finds in its own", async () => {
    const handler = durable<object>(async (ctx) => {
      const before = ctx.version;
      Object.assign(ctx.state, { seen: true });
      await ctx.save();
      const { actorId, version, callId, now, signal, reminder } = ctx;
      ctx.log.info("seen");
      return { actorId, before, version, callId, now: now.getTime(), aborted: signal.aborted, reminder };
    }, here());
    const seen = { actorId: "a/b", aborted: false, now: clock.now() };
    expect(await ask(handler, "a/b", {}, { callId: "c1" })).toEqual({
      ...seen,
      callId: "c1",
      before: 0,
      version: 1,
    });
    expect(await ask(handler, "a/b", {}, { callId: "c2" })).toMatchObject({ ...seen, before: 2 });
  });

  it("commits what the handler has changed, without being asked to", async () => {
    expect(await ask(journal(), "j", { entry: "one" })).toEqual(["one"]);
    expect(await ask(journal(), "j", { entry: "two" })).toEqual(["one", "two"]);
    expect(await ask(journal(), "other")).toEqual([]);
  });

  it("changes nothing when the handler throws, but for what was saved", async () => {
    const handler = journal();
    await ask(handler, "j", { entry: "one" });
    expect(await failure(ask(handler, "j", { entry: "two", error: "no" }))).toBeInstanceOf(Error);
    expect(await ask(handler, "j")).toEqual(["one"]);
    expect(await failure(ask(handler, "j", { entry: "two", save: true, error: "no" }))).toBeInstanceOf(Error);
    expect(await ask(handler, "j")).toEqual(["one", "two"]);
  });

  it("takes another object as the whole state", async () => {
    const handler = durable<{ at?: Date; tags?: Set<string> }>((ctx, request) => {
      if (request.replace) ctx.state = { at: new Date(0), tags: new Set(["a"]) };
      return ctx.state.at instanceof Date && ctx.state.tags instanceof Set;
    }, here());
    expect(await ask(handler, "s")).toBe(false);
    expect(await ask(handler, "s", { replace: true })).toBe(true);
    expect(await ask(handler, "s")).toBe(true);
  });

  it.each([null, undefined, 5, "text"])(
    "refuses %p as the whole state, with which no turn could begin",
    async (other) => {
      const handler = durable<{ count?: number }>((ctx, request) => {
        ctx.state.count = (ctx.state.count ?? 0) + 1;
        if (request.replace) ctx.state = other as never;
        return ctx.state.count;
      }, here());
      await ask(handler, "s");
      expect(await failure(ask(handler, "s", { replace: true }))).toMatchObject({
        name: "NotSerializable",
        code: "NotSerializable",
        details: { path: "state" },
      });
      expect(await ask(handler, "s")).toBe(2);
    },
  );

  it("destroys its actor", async () => {
    const handler = durable<{ count?: number }>((ctx, request) => {
      ctx.state.count = (ctx.state.count ?? 0) + 1;
      if (request.end) ctx.destroy();
      return ctx.state.count;
    }, here());
    expect([
      await ask(handler, "d"),
      await ask(handler, "d", { end: true }),
      await ask(handler, "d"),
    ]).toEqual([1, 2, 1]);
  });
});

describe("a sync call", () => {
  it("answers with JSON as it is, leaves out what is undefined, and packs what JSON does not have", async () => {
    const values = {
      plain: { text: "x", list: [1, null, { deep: true }], no: null },
      missing: { here: 1, gone: undefined, list: [undefined, { gone: undefined }] },
      special: { at: new Date(0), big: 12n, byId: new Map([["a", undefined]]), nan: Number.NaN },
      own: { $undefined: true, other: 1 },
      tagLike: { $undefined: true },
    };
    const handler = durable<object>((_ctx, { value = "" }) => values[value as keyof typeof values], here());
    const answer = (value: keyof typeof values) => ask(handler, "v", { value });
    expect(await answer("plain")).toStrictEqual(values.plain);
    expect(await answer("missing")).toStrictEqual({ here: 1, list: [null, {}] });
    expect(await answer("special")).toStrictEqual({
      at: { $date: "1970-01-01T00:00:00.000Z" },
      big: { $bigint: "12" },
      byId: { $map: [["a", { $undefined: true }]] },
      nan: { $number: "NaN" },
    });
    expect(await answer("own")).toStrictEqual(values.own);
    expect(await answer("tagLike")).toStrictEqual({ $object: { $undefined: true } });
    expect(await ask(handler, "v", { value: "none" })).toBeNull();
  });

  it("gives the handler the payload: packed values unpacked, an object when there is none", async () => {
    const handler = durable<object, unknown>((_ctx, request) => inspect(request), here());
    expect(await invoke(handler, { actorId: "p", sync: true })).toBe("{}");
    expect(await ask(handler, "p", { at: { $date: "1970-01-01T00:00:00.000Z" } })).toBe(
      "{ at: 1970-01-01T00:00:00.000Z }",
    );
    for (const payload of [null, "text", 5, [1, 2]])
      expect(await ask(handler, "p", payload)).toBe(inspect(payload));
  });

  it("fails with the handler's error: its name, message and properties, and no stack unless asked for", async () => {
    const error = (await failure(ask(journal(), "j", { error: "no such page" }))) as MethodError;
    expect(error).toMatchObject({ name: "RangeError", message: "no such page", by: "journal" });
    expect(error.stack).toBe("RangeError: no such page");
    const withStack = await failure(ask(journal({ stack: true }), "j", { error: "no such page" }));
    expect(withStack.stack).toMatch(/^RangeError: no such page\n.*durable\.test\.ts/s);
  });

  it("fails with an error of this package by its class and code", async () => {
    const handler = durable<object>(() => () => {}, here());
    expect(await failure(ask(handler, "f"))).toMatchObject({
      name: "NotSerializable",
      code: "NotSerializable",
      details: { path: "result" },
    });
  });

  it("that is repeated with its callId has one effect and the first answer", async () => {
    const again = () => ask(journal(), "j", { entry: "one" }, { callId: "order-17" });
    expect([await again(), await again()]).toEqual([["one"], ["one"]]);
    expect(await ask(journal(), "j")).toEqual(["one"]);
  });

  it("runs for as long as the function may: longer than other calls", async () => {
    let end = () => {};
    const handler = durable<object>(
      () =>
        new Promise<string>((resolve) => {
          end = () => resolve("done");
        }),
      here(),
    );
    const context = { getRemainingTimeInMillis: () => 120_000 };
    const answer = handler({ actorId: "slow", sync: true }, context);
    await clock.advance(100_000);
    end();
    expect(await answer).toBe("done");
    const failed = failure(handler({ actorId: "slow", sync: true }, context));
    await clock.advance(120_000);
    expect(await failed).toMatchObject({ code: "CallTimeout" });
  });

  it("is one turn: fifty at once, in two processes, count to fifty", async () => {
    const shared = openLocal();
    const count = () =>
      durable<{ count?: number }>(
        async (ctx) => {
          const { count = 0 } = ctx.state;
          // Whoever could read the state here would count from the same number.
          await new Promise((resolve) => setImmediate(resolve));
          ctx.state.count = count + 1;
          return ctx.state.count;
        },
        { ...shared, log: silentLog },
      );
    const processes = [count(), count()] as const;
    const counts = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(index % 2 ? processes[0] : processes[1], "c")),
    );
    expect((counts as number[]).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
    await shared.close();
  });
});

describe("an async call", () => {
  const letters = () => new DeadLetters(local, clock).list();

  it("answers at once with a receipt, and runs later, in its order, in whichever process", async () => {
    const [sender, worker] = [journal(), journal()];
    const entries = Array.from({ length: 25 }, (_, index) => `entry ${index}`);
    const ids = new Set<unknown>();
    for (const [index, entry] of entries.entries()) {
      const event = { actorId: "j", payload: { entry }, ...(index % 2 ? { sync: false } : {}) };
      const receipt = (await invoke(sender, event, lambdaContext(`r${index}`))) as { callId: string };
      expect(receipt).toEqual({ callId: expect.any(String) });
      ids.add(receipt.callId);
    }
    expect(ids.size).toBe(25);
    expect(await ask(sender, "j")).toEqual([]);
    expect(await drain(worker, local)).toBe(25);
    expect(await ask(sender, "j")).toEqual(entries);
    expect(await letters()).toEqual([]);
  });

  it("has one effect when Lambda repeats the invocation, also after it has run", async () => {
    const handler = journal();
    const event = { actorId: "j", payload: { entry: "one" } };
    const receipts = [];
    for (let time = 0; time < 3; time++) {
      receipts.push(await invoke(handler, event, lambdaContext("r1")));
      await drain(handler, local);
      await clock.advance(60_000);
    }
    expect(receipts).toEqual([receipts[0], receipts[0], receipts[0]]);
    await invoke(handler, event, lambdaContext("r2"));
    await drain(handler, local);
    expect(await ask(handler, "j")).toEqual(["one", "one"]);
  });

  it("has one effect when it is repeated with its callId, sync or not; its result is kept for nobody", async () => {
    const handler = journal();
    const event = { actorId: "j", payload: { entry: "one" }, callId: "order-17" };
    expect(await invoke(handler, event, lambdaContext("r1"))).toEqual({ callId: "order-17" });
    expect(await invoke(handler, event, lambdaContext("r2"))).toEqual({ callId: "order-17" });
    await drain(handler, local);
    expect(await invoke(handler, { ...event, sync: true })).toBeNull();
    expect(await ask(handler, "j")).toEqual(["one"]);
  });

  it("whose handler throws three times is a dead letter with its reason, and those behind it go on", async () => {
    const handler = journal();
    await invoke(handler, { actorId: "j", payload: { entry: "one", error: "no such page" } });
    await invoke(handler, { actorId: "j", payload: { entry: "two" } });
    for (let attempt = 0; attempt < 3; attempt++) {
      await drain(handler, local);
      await clock.advance(60_000);
    }
    expect(await ask(handler, "j")).toEqual(["two"]);
    expect(await letters()).toEqual([
      expect.objectContaining({
        actor: "Handler",
        id: "j",
        method: "handle",
        reason: expect.objectContaining({ name: "RangeError", message: "no such page", attempts: 3 }),
      }),
    ]);
  });
});

describe("an event that is wrong", () => {
  const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
  const cases: readonly [string, string, Readonly<Record<string, unknown>>][] = [
    ["without an actor id", '{"payload":{},"sync":true}', { code: "InvalidActorId", field: "actorId" }],
    ["with sync alone", '{"sync":true}', { code: "InvalidActorId", field: "actorId" }],
    ["with an empty id", '{"actorId":""}', { code: "InvalidActorId", field: "actorId" }],
    ["with a number as its id", '{"actorId":1}', { code: "InvalidActorId", field: "actorId" }],
    ["with a control character", '{"actorId":"a\\u0000"}', { code: "InvalidActorId", field: "actorId" }],
    ["with a sync that is text", '{"actorId":"a","sync":"true"}', { code: "UnexpectedEvent", field: "sync" }],
    ["with a sync that is null", '{"actorId":"a","sync":null}', { code: "UnexpectedEvent", field: "sync" }],
    ["with an empty callId", '{"actorId":"a","callId":""}', { code: "UnexpectedEvent", field: "callId" }],
    [
      "with a callId that is null",
      '{"actorId":"a","callId":null}',
      { code: "UnexpectedEvent", field: "callId" },
    ],
    ["with another field", '{"actorId":"a","async":true}', { code: "UnexpectedEvent", field: "async" }],
    ["with __proto__", '{"actorId":"a","__proto__":{}}', { code: "UnexpectedEvent", field: "__proto__" }],
    ["of two forms", '{"actorId":"a","actor":"Handler"}', { code: "UnexpectedEvent", field: "actor" }],
    [
      "with a forbidden key",
      '{"actorId":"a","payload":{"x":[{"__proto__":{}}]}}',
      { code: "ForbiddenKey", path: "payload.x[0].__proto__" },
    ],
    [
      "that is nested too deeply",
      `{"actorId":"a","payload":${deep(200)}}`,
      { code: "TooDeep", path: expect.stringMatching(/^payload\.a\.a/) },
    ],
    [
      "with a lone surrogate",
      '{"actorId":"a","payload":{"x":"\\ud800"}}',
      { code: "NotSerializable", path: "payload.x" },
    ],
    [
      "with an unknown tag",
      '{"actorId":"a","payload":{"$x":1}}',
      { code: "UnexpectedEvent", field: "payload" },
    ],
  ];
  const before = inspect(Object.getOwnPropertyDescriptors(Object.prototype));

  it.each(cases)(
    "%s fails and says why, sync or not, before anything is run or queued",
    async (_name, text, { code, ...details }) => {
      const ran = jest.fn();
      const handler = durable<object>(ran, here());
      const withSync = text.includes('"sync"') ? [] : [text.replace("{", '{"sync":true,')];
      for (const event of [text, ...withSync]) {
        const error = await failure(handler(JSON.parse(event), lambdaContext("r")));
        expect(error).toMatchObject({ name: code, code, details });
      }
      expect(await drain(handler, local)).toBe(0);
      expect(ran).not.toHaveBeenCalled();
      expect(inspect(Object.getOwnPropertyDescriptors(Object.prototype))).toBe(before);
    },
  );

  it.each<[string, unknown]>([
    ["null", null],
    ["nothing", undefined],
    ["a list", [{ actorId: "a" }]],
    ["text", "actorId"],
    ["{}", {}],
    ["something else", { hello: "world" }],
  ])("that is %s is answered as by any router", async (_name, event) => {
    expect(await journal()(event)).toMatchObject({ ok: false, error: { code: "UnexpectedEvent" } });
  });
});

describe("the handler is a router, too", () => {
  it("for invocations, HTTP and the sweep", async () => {
    const handler = journal({ authorize: () => true });
    const invocation = { actor: "Handler", id: "j", method: "handle", args: [{ entry: "one" }] };
    expect(await invoke(handler, invocation)).toEqual({ ok: true, result: ["one"], version: 1 });
    const http = {
      rawPath: "/actors/Handler/j/handle",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ args: [{ entry: "two" }] }),
      requestContext: { http: { method: "POST" } },
    };
    const { statusCode, body } = (await invoke(handler, http)) as { statusCode: number; body: string };
    expect([statusCode, JSON.parse(body)]).toEqual([200, { ok: true, result: ["one", "two"], version: 2 }]);
    expect(await invoke(handler, { mode: "sweep" })).toEqual(
      await invoke(createRouter([], here()), { mode: "sweep" }),
    );
    expect(await invoke(handler, { ...invocation, method: "state" })).toMatchObject({
      ok: false,
      error: { code: "UnknownMethod" },
    });
  });

  it("for a reminder that a handler has set", async () => {
    const handler = durable<{ fired?: string[] }>((ctx, request) => {
      ctx.state.fired ??= [];
      if (request.remind) ctx.remind("later", { in: "30s" }, "handle", { because: "it is time" });
      if (request.because) ctx.state.fired.push(`${ctx.reminder?.name}: ${request.because}`);
      return ctx.state.fired;
    }, here());
    expect(await ask(handler, "r", { remind: true })).toEqual([]);
    await clock.advance(30_000);
    await drain(handler, local);
    expect(await ask(handler, "r")).toEqual(["later: it is time"]);
  });
});

describe("the handler's actors", () => {
  const approvals = () =>
    durable<{ callId?: string }, { ask?: string; decide?: string }>((ctx, request) => {
      if (request.decide !== undefined && ctx.state.callId !== undefined) {
        return ctx.resolve(ctx.state.callId, { decision: request.decide });
      }
      ctx.state.callId = ctx.callId;
      return ctx.pending();
    });

  it("are a class for the test kit: a call that is open until ctx.resolve ends it", async () => {
    const { actor } = approvals();
    await using app = createTestApp([actor]);
    const approval = app.client.actor(actor).get("a1");
    const asked = await approval.start().handle({ ask: "May I?" });
    await app.settled();
    expect((await asked.status()).status).toBe("pending");
    await approval.handle({ decide: "yes" });
    expect(await asked.result()).toEqual({ decision: "yes" });
  });

  it("leave no call open whose caller waits", async () => {
    const handler = durable<object>((ctx) => ctx.pending(), here());
    expect(await failure(ask(handler, "a1"))).toMatchObject({ name: "NotTracked", code: "NotTracked" });
  });

  it("run on the embedded engine", async () => {
    const { actor } = durable((ctx: DurableContext<{ count?: number }>) => {
      ctx.state.count = (ctx.state.count ?? 0) + 1;
      return ctx.state.count;
    });
    const app = await startLocal({ actors: [actor] });
    try {
      const count: number = await app.client.actor(actor).get("c").handle({});
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${app.url}/actors/Handler/c/handle`, {
        method: "POST",
        headers,
        body: "{}",
      });
      expect([count, await response.json()]).toEqual([1, { ok: true, result: 2, version: 2 }]);
    } finally {
      await app.close();
    }
  });

  it("call each other, and those of other handlers on the same router", async () => {
    const total = durable<{ total?: number }, { add: number }>(
      (ctx, { add }) => {
        ctx.state.total = (ctx.state.total ?? 0) + add;
        return ctx.state.total;
      },
      { name: "Total" },
    );
    const sale = durable<object, { price: number }>(
      async (ctx, { price }) => {
        ctx.actor(total.actor).get("month").send().handle({ add: price });
        return ctx.actor(total.actor).get("day").handle({ add: price });
      },
      { name: "Sale" },
    );
    const both = createRouter([total.actor, sale.actor], here());
    const { client } = startProcess([total.actor, sale.actor], local, { clock });
    expect(await client.actor(sale.actor).get("s1").handle({ price: 5 })).toBe(5);
    await drain(both, local);
    expect(await client.actor(total.actor).get("month").handle({ add: 1 })).toBe(6);
  });

  it("are others under another name", async () => {
    await ask(journal(), "j", { entry: "one" });
    expect(await ask(journal({ name: "Diary" }), "j")).toEqual([]);
    expect(await ask(journal({ name: "Handler" }), "j")).toEqual(["one"]);
  });
});

describe("an input schema", () => {
  const Change = z.object({ amount: z.number().positive(), note: z.string().trim().default("none") });
  const checked = () =>
    durable<{ total?: number }, z.infer<typeof Change>>(
      (ctx, { amount, note }) => {
        ctx.state.total = (ctx.state.total ?? 0) + amount;
        return [ctx.state.total, note];
      },
      { ...here(), input: Change },
    );

  it("gives the handler what it puts out, and refuses the rest: calls, and messages before they are queued", async () => {
    const handler = checked();
    expect(await ask(handler, "t", { amount: 5 })).toEqual([5, "none"]);
    expect(await ask(handler, "t", { amount: 1, note: " x " })).toEqual([6, "x"]);
    for (const sync of [true, false]) {
      expect(await failure(invoke(handler, { actorId: "t", payload: { amount: -1 }, sync }))).toMatchObject({
        code: "ValidationError",
        details: { issues: [{ path: "args[0].amount" }] },
      });
    }
    expect(await drain(handler, local)).toBe(0);
  });
});

describe("a class in the place of a handler", () => {
  it("goes on with its actors, and with messages that are under way", async () => {
    const handler = journal();
    await ask(handler, "j", { entry: "one" });
    await invoke(handler, { actorId: "j", payload: { entry: "two" } });

    @Actor("Handler")
    class JournalActor extends DurableActor {
      state: Journal = {};

      @Method handle(request: { entry: string }): void {
        this.add(request.entry);
      }
      @Method add(entry: string): string[] {
        this.state.entries = [...(this.state.entries ?? []), entry];
        return this.state.entries;
      }
    }
    const { client } = startProcess([JournalActor], local, { clock });
    await drain(createRouter([JournalActor], here()), local);
    expect(await client.actor(JournalActor).get("j").add("three")).toEqual(["one", "two", "three"]);
  });

  it("can make fields of the state, by a migration", async () => {
    await ask(journal(), "j", { entry: "one" });

    @Actor({ name: "Handler", version: 2, migrate: { 2: ({ state }) => state as Record<string, unknown> } })
    class JournalActor extends DurableActor {
      entries: string[] = [];

      @Method add(entry: string): string[] {
        this.entries.push(entry);
        return this.entries;
      }
    }
    const { client } = startProcess([JournalActor], local, { clock });
    expect(await client.actor(JournalActor).get("j").add("two")).toEqual(["one", "two"]);
    expect(await client.actor(JournalActor).get("new").add("two")).toEqual(["two"]);
  });

  it("is called as its handler was, by the same clients", async () => {
    await ask(journal(), "j", { entry: "one" });
    const { client } = startProcess([journal().actor], local, { clock });
    const byName = client.actor<HandlerActor<Journal>>("Handler").get("j");
    expect(await byName.handle({ entry: "two" })).toEqual(["one", "two"]);
  });
});

describe("a definition that cannot work", () => {
  it.each<[string, () => unknown, RegExp]>([
    ["something else than a function", () => durable({} as never), /durable\(\) takes a function/],
    ["a name that is none", () => durable(() => {}, { name: "a/b" }), /cannot be named "a\/b"/],
    ["a schema that is none", () => durable(() => {}, { input: {} as never }), /no Standard Schema/],
    ["an authorize that is none", () => durable(() => {}, { authorize: "me" as never }), /`authorize`/],
    [
      "two handlers of one name in one app",
      () => createRouter([journal().actor, journal().actor]),
      /Two actors are named "Handler"/,
    ],
  ])("is refused: %s", (_name, define, message) => {
    expect(define).toThrow(InvalidDefinition);
    expect(define).toThrow(message);
  });
});
