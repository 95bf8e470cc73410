/** What `@Method({ input })` lets through, what it refuses, and when: on both stores. */
import { inspect } from "node:util";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import {
  Actor,
  type ActorEvent,
  DurableActor,
  type InputIssue,
  type Logger,
  Method,
  On,
  ValidationError,
} from "durable-lambda";
import { createTestApp } from "durable-lambda/testing";
import * as v from "valibot";
import { z } from "zod";
import type { InvocationReply } from "../../lib/invocation";
import { DeadLetters } from "../../lib/messages/dead-letters";
import { type } from "../support/arktype";
import { drain, hand, messageFor, redelivered } from "../support/batches";
import { gate, settle } from "../support/fake-clock";
import { codeOf, resultOf } from "../support/process";
import { onEachStore, type Stage } from "../support/stores";
import type { WatchedProcess } from "../support/watched-process";

const SECOND_MS = 1_000;

/** What the scripted schema answers, and how often it was asked. */
let answer: (value: unknown) => unknown;
let asked: unknown[];

const scripted: StandardSchemaV1<unknown, string> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => {
      asked.push(value);
      return answer(value) as { value: string };
    },
  },
};
const refuse = (message = "is refused") => ({ issues: [{ message }] });

@Actor
class Till extends DurableActor {
  kept: unknown[] = [];

  private keep(value: unknown): number {
    return this.kept.push(value);
  }

  @Method({
    input: z.object({ amount: z.coerce.number().positive(), note: z.string().trim().default("none") }),
  })
  sell(sale: { amount: number; note: string }): number {
    return this.keep(sale);
  }
  @Method({ input: [v.string(), v.optional(v.number(), 1)] })
  book(name: string, count: number): number {
    return this.keep({ name, count });
  }
  @Method({ input: [] }) nothing(): number {
    return this.keep("nothing");
  }
  @Method({ input: z.object({ items: z.array(z.object({ price: z.number() })) }) })
  byZod(order: object): number {
    return this.keep(order);
  }
  @Method({ input: v.object({ items: v.array(v.object({ price: v.number() })) }) })
  byValibot(order: object): number {
    return this.keep(order);
  }
  @Method({ input: type({ items: type({ price: "number" }).array() }) })
  byArktype(order: object): number {
    return this.keep(order);
  }
  @Method({ input: scripted, maxAttempts: 2 }) script(value: string): number {
    return this.keep(value);
  }
  /** Changes what it is given. */
  @Method({ input: z.array(z.coerce.number()) }) sellAll(amounts: number[]): number {
    while (amounts.length > 0) this.keep(amounts.shift());
    return this.kept.length;
  }
  @Method({ input: z.number(), readonly: true }) at(index: number): unknown {
    return this.kept[index];
  }
  @Method({ readonly: true }) all(): unknown[] {
    return this.kept;
  }
  @On({ source: "shop", detailType: "Sold", id: "detail.till" })
  @Method({ input: z.object({ detail: z.object({ amount: z.number() }) }) })
  sold({ detail }: Pick<ActorEvent<{ amount: number }>, "detail">): void {
    this.keep(detail.amount);
  }
  @Method remindOf(method: "script" | "sell", value: unknown): void {
    this.kept.push("arranged");
    if (method === "script") this.ctx.remind("r", { in: "1s" }, "script", value as string);
    else this.ctx.remind("r", { in: "1s" }, "sell", value as { amount: number; note: string });
  }
  @Method pass(id: string, value: unknown): void {
    this.kept.push("passed on");
    this.ctx
      .actor(Till)
      .get(id)
      .send()
      .sell(value as { amount: number; note: string });
  }
  @Method async ask(id: string, value: unknown): Promise<unknown> {
    try {
      return await this.ctx
        .actor(Till)
        .get(id)
        .sell(value as { amount: number; note: string });
    } catch (error) {
      return error instanceof ValidationError && error.details.issues;
    }
  }
}

let logged: string;

beforeEach(() => {
  answer = (value) => ({ value });
  asked = [];
  logged = "";
});

const write = (message: string, fields?: object) => {
  logged += inspect({ message, ...fields }, { depth: 9 });
};
const log: Logger = { debug: write, info: write, warn: write, error: write };

onEachStore((stageOf) => {
  let stage: Stage;
  let one: WatchedProcess;
  let letters: DeadLetters;

  beforeEach(() => {
    stage = stageOf();
    one = stage.start([Till], { log });
    letters = new DeadLetters(stage.ports, stage.clock);
  });
  afterEach(() => expect(stage.clock.pendingTimers).toBe(0));

  const call = (method: string, args: unknown[], more: object = {}): Promise<InvocationReply> =>
    one.invoke(stage.call("Till", method, args, more));
  const kept = async () => resultOf(await call("all", []));
  const address = () => ({ type: "Till", id: stage.id });
  const message = (method: string, args: unknown[], more: object = {}) =>
    messageFor(address(), method, stage.clock.now(), { args, ...more });
  const issuesOf = (reply: InvocationReply) =>
    ((reply.ok ? undefined : reply.error.details) as { issues?: InputIssue[] } | undefined)?.issues;
  const reasons = async () =>
    (await letters.list({ id: stage.id })).map(({ reason }) => [reason.code, reason.attempts]);
  const http = (method: string, args: unknown[]) =>
    one.handle({
      rawPath: `/actors/Till/${stage.id}/${method}`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ args }),
      requestContext: { http: { method: "POST" }, authorizer: { iam: {} } },
    }) as Promise<{ statusCode: number; body: string }>;

  describe("a call", () => {
    it("gets what its schema puts out: coerced, trimmed, with defaults", async () => {
      await call("sell", [{ amount: "5", note: "  tip " }]);
      await call("sell", [{ amount: 2, more: "left out" }]);
      await call("book", ["a", 3]);
      await call("book", ["b"]);
      await call("nothing", []);
      expect(await kept()).toEqual([
        { amount: 5, note: "tip" },
        { amount: 2, note: "none" },
        { name: "a", count: 3 },
        { name: "b", count: 1 },
        "nothing",
      ]);
      expect(await call("at", [1])).toMatchObject({ result: { amount: 2, note: "none" } });
    });

    it("gets the same once more when its turn runs again, whatever its first run has made of it", async () => {
      let isFirst = true;
      const late = stage.start([Till], {
        intercept: async (name, apply) => {
          if (name === "store.commit" && isFirst) {
            isFirst = false;
            await call("nothing", []);
          }
          return apply();
        },
      });
      expect(resultOf(await late.invoke(stage.call("Till", "sellAll", [["1", 2]])))).toBe(3);
      expect(await kept()).toEqual(["nothing", 1, 2]);
    });

    it.each(["byZod", "byValibot", "byArktype"])(
      "is told where its arguments are wrong, %s",
      async (method) => {
        const reply = await call(method, [{ items: [{ price: 1 }, { price: 2 }, { price: "three" }] }]);
        expect(reply).toMatchObject({ ok: false, error: { code: "ValidationError", retryable: false } });
        const [issue, ...more] = issuesOf(reply) as InputIssue[];
        expect(more).toEqual([]);
        expect(issue).toEqual({
          path: "args[0].items[2].price",
          message: expect.stringContaining("number") as string,
        });
        expect(reply).toMatchObject({
          error: {
            message: `Till.${method} does not take these arguments: ${issue?.path}: ${issue?.message}.`,
            details: { actor: "Till", method },
          },
        });
        expect(await kept()).toEqual([]);
      },
    );

    it.each<[string, unknown[], string[]]>([
      ["sell", [], ["args[0]"]],
      ["sell", [{ amount: 1 }, "more"], ["args[1]"]],
      ["sell", [{ amount: -1, note: 7 }], ["args[0].amount", "args[0].note"]],
      ["book", [1, "x"], ["args[0]", "args[1]"]],
      ["book", ["a", 1, 2], ["args[2]"]],
      ["nothing", [null], ["args[0]"]],
      ["at", ["first"], ["args[0]"]],
    ])("%s%j is refused before anything is asked of the store", async (method, args, paths) => {
      const reply = await call(method, args);
      expect(codeOf(reply)).toBe("ValidationError");
      expect(issuesOf(reply)?.map(({ path }) => path)).toEqual(paths);
      expect(one.takeRequests()).toEqual([]);
    });

    it("has the status 400 over HTTP, and arrives as its own class", async () => {
      const { statusCode, body } = await http("sell", [{ amount: 0 }]);
      expect([statusCode, JSON.parse(body)]).toMatchObject([400, { title: "ValidationError" }]);
      const refused = one.client.actor(Till).get(stage.id).sell({ amount: 0, note: "" });
      await expect(refused).rejects.toBeInstanceOf(ValidationError);
    });

    it("names at most 20 issues, each in short, however many a schema has and however long they are", async () => {
      const issues = Array.from({ length: 1_000 }, () => ({
        message: "m".repeat(10_000),
        path: Array.from({ length: 1_000 }, () => ({ key: "k".repeat(100) })),
      }));
      answer = () => ({ issues });
      const reply = await call("script", ["x"]);
      expect(issuesOf(reply)).toHaveLength(20);
      expect(reply).toMatchObject({ error: { details: { omitted: 980 } } });
      expect(JSON.stringify(reply).length).toBeLessThan(60_000);
    });

    it.each<[string, unknown, string]>([
      ["no path", { message: "no" }, "args[0]: no"],
      [
        "keys of every kind",
        { message: "no", path: [0, "a", "b c", Symbol("s")] },
        'args[0][0].a["b c"][Symbol(s)]: no',
      ],
      [
        "keys in objects",
        { message: "no", path: [{ key: "a" }, { key: 1 }, { key: null }] },
        "args[0].a[1](null): no",
      ],
      ["a path that is none", { message: "no", path: "a.b" }, "args[0]: no"],
      ["no message", { path: ["a"] }, "args[0].a: is not valid"],
      ["nothing", null, "args[0]: is not valid"],
    ])("is told of an issue with %s", async (_what, issue, text) => {
      answer = () => ({ issues: [issue] });
      expect(await call("script", ["x"])).toMatchObject({
        error: { code: "ValidationError", message: expect.stringContaining(text) as string },
      });
    });

    it("is refused by a schema that gives no reason", async () => {
      answer = () => ({ issues: [] });
      expect(codeOf(await call("script", ["x"]))).toBe("ValidationError");
      expect(await kept()).toEqual([]);
    });

    it.each<[string, () => unknown]>([
      ["throws", () => JSON.parse("}")],
      ["rejects", () => Promise.reject(new SyntaxError("later"))],
      ["answers with nothing", () => undefined],
      ["answers with a text", () => "fine"],
      ["answers with neither a value nor issues", () => ({})],
      ["answers with issues that are none", () => ({ issues: "many" })],
      ["answers with a promise of nonsense", async () => 7],
      [
        "answers with issues that cannot be read",
        () => ({
          issues: [
            {
              get message() {
                throw new SyntaxError("no");
              },
            },
          ],
        }),
      ],
      ["throws what cannot be read", () => Promise.reject(new Proxy({}, { get: () => JSON.parse("}") }))],
    ])("fails as by its method when the schema %s, and leaves the actor as it was", async (_what, broken) => {
      await call("script", ["before"]);
      answer = broken;
      const reply = await call("script", ["x"]);
      expect(reply).toMatchObject({ ok: false, error: { code: "MethodError", retryable: false } });
      answer = (value) => ({ value });
      expect(resultOf(await call("script", ["after"]))).toBe(2);
      expect(await kept()).toEqual(["before", "after"]);
    });

    it("that was applied has its first answer, whatever its schema says by now", async () => {
      const first = await call("script", ["x"], { callId: "mine" });
      answer = () => refuse();
      expect(await call("script", ["x"], { callId: "mine" })).toEqual(first);
      expect(asked).toEqual(["x"]);
      // Another one is refused, and does no harm to what is known.
      expect(codeOf(await call("script", ["x"], { callId: "other" }))).toBe("ValidationError");
      expect(await call("script", ["x"], { callId: "mine" })).toEqual(first);
      expect(await kept()).toEqual(["x"]);
    });

    it("may have a `then` among its arguments, which nobody calls", async () => {
      answer = (value) => ({ value });
      // biome-ignore lint/suspicious/noThenProperty: what this is about
      expect(resultOf(await call("script", [{ then: "data" }]))).toBe(1);
      // biome-ignore lint/suspicious/noThenProperty: what this is about
      expect(await kept()).toEqual([{ then: "data" }]);
    });

    it("is not logged with what its schema quotes of the arguments", async () => {
      answer = () => refuse("was s3cret");
      await call("script", ["s3cret"]);
      expect(logged).toContain("The input schema refuses args[0].");
      expect(logged).not.toContain("s3cret");
    });
  });

  describe("a schema that takes its time", () => {
    it("is waited for, and asked once", async () => {
      const checked = gate<unknown>();
      answer = () => checked.opened;
      const reply = call("script", ["x"]);
      await settle();
      checked.open({ value: "checked" });
      expect(resultOf(await reply)).toBe(1);
      expect(await kept()).toEqual(["checked"]);
      expect(asked).toEqual(["x"]);
    });

    it("refuses like any other", async () => {
      answer = async () => refuse("is taken");
      const reply = await call("script", ["x"]);
      expect(issuesOf(reply)).toEqual([{ path: "args[0]", message: "is taken" }]);
      expect(await kept()).toEqual([]);
    });

    it("is not waited for beyond the call's deadline, and holds up nobody after it", async () => {
      const never = gate<unknown>();
      answer = () => never.opened;
      const reply = call("script", ["x"], { timeoutMs: SECOND_MS });
      // Until it waits in its turn.
      while (!one.takeRequests().includes("store.acquire")) await settle();
      await settle();
      await stage.clock.advance(SECOND_MS);
      expect(["CallTimeout", "ActorBusy"]).toContain(codeOf(await reply));
      answer = (value) => ({ value });
      expect(resultOf(await call("script", ["after"]))).toBe(1);
      expect(await kept()).toEqual(["after"]);
    });

    it("keeps messages in their order, however long each takes", async () => {
      const first = gate<unknown>();
      answer = (value) => (value === "a" ? first.opened : Promise.resolve({ value }));
      const handed = hand(one.handle, [
        message("script", ["a"]),
        message("script", ["b"]),
        message("sell", [{ amount: 1 }]),
      ]);
      await settle();
      first.open({ value: "a" });
      expect(await handed).toEqual([]);
      expect(await kept()).toEqual(["a", "b", { amount: 1, note: "none" }]);
    });
  });

  describe("a message", () => {
    it("that is refused is a dead letter at once, before anything is asked of the store, and its group goes on", async () => {
      const messages = [
        message("sell", [{ amount: 1 }]),
        message("sell", [{ amount: "x" }]),
        message("sell", [{ amount: 2 }]),
      ];
      expect(await hand(one.handle, messages)).toEqual([]);
      expect(await kept()).toEqual([
        { amount: 1, note: "none" },
        { amount: 2, note: "none" },
      ]);
      expect(await reasons()).toEqual([["ValidationError", 0]]);
      one.takeRequests();
      expect(await hand(one.handle, [message("sell", [])])).toEqual([]);
      expect(one.takeRequests()).toEqual(["deadLetters.send"]);
    });

    it("that a schema refuses after a while is a dead letter too, and its group goes on", async () => {
      answer = async (value) => (value === "bad" ? refuse() : { value });
      const messages = ["a", "bad", "b"].map((value) => message("script", [value]));
      expect(await hand(one.handle, messages)).toEqual([]);
      expect(await kept()).toEqual(["a", "b"]);
      expect(await reasons()).toEqual([["ValidationError", 1]]);
    });

    it("whose schema fails itself is tried again, as often as its method allows", async () => {
      answer = () => JSON.parse("}");
      const bad = message("script", ["x"]);
      const next = message("script", ["next"]);
      expect(await hand(one.handle, [bad, next])).toEqual([bad.messageId, next.messageId]);
      expect(await reasons()).toEqual([]);
      answer = (value) => (value === "x" ? JSON.parse("}") : { value });
      expect(await hand(one.handle, [redelivered(bad), redelivered(next)])).toEqual([]);
      expect(await reasons()).toEqual([["MethodError", 2]]);
      expect(await kept()).toEqual(["next"]);
    });

    it("that was applied and comes again is no dead letter, whatever its schema says by now", async () => {
      const applied = message("script", ["x"]);
      await hand(one.handle, [applied]);
      answer = () => refuse();
      expect(await hand(one.handle, [redelivered(applied)])).toEqual([]);
      expect(await kept()).toEqual(["x"]);
      expect(await reasons()).toEqual([]);
    });

    it("that is redriven is checked again, and has its effect when the schema takes it now", async () => {
      answer = async () => refuse();
      await hand(one.handle, [message("script", ["x"])]);
      answer = (value) => ({ value });
      await letters.redrive({ id: stage.id });
      await drain(one.handle, stage.ports);
      expect(await kept()).toEqual(["x"]);
    });

    it("fails for whoever asks for its result", async () => {
      answer = async () => refuse("is taken");
      const handle = await one.client.actor(Till).get(stage.id).start().script("x");
      await drain(one.handle, stage.ports);
      await expect(handle.result()).rejects.toMatchObject({
        code: "ValidationError",
        details: { issues: [{ path: "args[0]", message: "is taken" }] },
      });
    });

    it.each(["send", "start"] as const)(
      "is refused by %s where its class is at hand, and not queued",
      async (mode) => {
        expect(codeOf(await call("sell", [{ amount: 0 }], { mode }))).toBe("ValidationError");
        expect(one.takeRequests()).toEqual([]);
      },
    );

    it("is queued as it was sent, not as its schema makes it", async () => {
      await call("sell", [{ amount: "5", note: " x " }], { mode: "send" });
      const [queued] = await stage.local.queues.messages.receive({ max: 1, waitMs: 0, hideMs: 0 });
      expect(JSON.parse(queued?.body ?? "")).toMatchObject({ args: [{ amount: "5", note: " x " }] });
      await drain(one.handle, stage.ports);
      expect(await kept()).toEqual([{ amount: 5, note: "x" }]);
    });

    it("is queued as it was sent also when its schema changes what it is given", async () => {
      answer = (value) => {
        (value as { amount: number }).amount = 99;
        return { value };
      };
      await call("script", [{ amount: 1 }], { mode: "send" });
      const [queued] = await stage.local.queues.messages.receive({ max: 1, waitMs: 0, hideMs: 0 });
      expect(JSON.parse(queued?.body ?? "")).toMatchObject({ args: [{ amount: 1 }] });
      await call("remindOf", ["script", { amount: 1 }]);
      const head = await stage.headOf(address());
      expect(JSON.parse(head?.reminders ?? "")).toMatchObject([{ args: [{ amount: 1 }] }]);
    });

    it("that is sent again is not refused: its first attempt may be in the queue", async () => {
      answer = () => refuse();
      expect(await call("script", ["x"], { mode: "send", callId: "c", attempt: 2 })).toMatchObject({
        ok: true,
      });
    });
  });

  describe("from a method", () => {
    it("a call that is refused throws in the method, with the issues", async () => {
      expect(resultOf(await call("ask", [`${stage.id} other`, { amount: 1, note: 2 }]))).toEqual([
        { path: "args[0].note", message: expect.any(String) as string },
      ]);
    });

    it("a message that is refused fails the turn that sends it, which changes nothing", async () => {
      expect(codeOf(await call("pass", [`${stage.id} other`, { amount: 0 }]))).toBe("ValidationError");
      expect(await kept()).toEqual([]);
    });

    it("a reminder is refused when it is set", async () => {
      expect(codeOf(await call("remindOf", ["sell", { amount: 0 }]))).toBe("ValidationError");
      expect(await kept()).toEqual([]);
    });

    it("a reminder's arguments are checked when it is due, and its method gets what the schema puts out", async () => {
      await call("remindOf", ["sell", { amount: "7" }]);
      stage.clock.freeze(SECOND_MS);
      await drain(one.handle, stage.ports);
      expect(await kept()).toEqual(["arranged", { amount: 7, note: "none" }]);
    });

    it("a reminder that is refused when it is due is given up at once, with a dead letter", async () => {
      await call("remindOf", ["script", "x"]);
      answer = async () => refuse();
      stage.clock.freeze(SECOND_MS);
      await drain(one.handle, stage.ports);
      expect(await kept()).toEqual(["arranged"]);
      expect(await reasons()).toEqual([["ValidationError", 1]]);
    });
  });

  it("an event is the argument of a method that listens; one that is refused is a dead letter", async () => {
    const event = (amount: unknown) =>
      one.handle({
        id: `${stage.id} ${amount}`,
        time: "2026-11-24T12:00:00Z",
        source: "shop",
        "detail-type": "Sold",
        detail: { till: stage.id, amount },
      });
    await event(5);
    await event("five");
    await event(6);
    await drain(one.handle, stage.ports);
    expect(await kept()).toEqual([5, 6]);
    expect(await reasons()).toEqual([["ValidationError", 1]]);
  });
});

test("a test's app waits for a schema that waits for something real", async () => {
  const app = createTestApp([Till]);
  answer = (value) => new Promise((resolve) => setTimeout(() => resolve({ value }), 20));
  const till = app.client.actor(Till).get("t");
  await till.send().script("sent");
  await app.settled();
  answer = (value) => ({ value });
  expect(await till.all()).toEqual(["sent"]);
  await app.close();
});
