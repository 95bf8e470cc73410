/** What `send()` and `start()` hand over: to any transport, to the queues themselves, and over HTTP. */
import { inspect } from "node:util";
import {
  Actor,
  createClient,
  createRouter,
  DurableActor,
  httpTransport,
  Method,
  QueueUnavailable,
  type Transport,
  TransportError,
} from "durable-lambda";
import { type LocalApp, startLocal } from "durable-lambda/local";
import { type Client, clientOver } from "../../lib/client/client";
import { directTransport } from "../../lib/client/direct-transport";
import { inlineTransport } from "../../lib/client/inline-transport";
import type { ReceivedMessage } from "../../lib/messages/queue";
import { router } from "../../lib/runtime/router";
import { drain } from "../support/batches";
import { type Emulator, startDynamo } from "../support/dynamo";
import { FakeClock } from "../support/fake-clock";
import { send as sendHttp } from "../support/hostile-http";
import { LambdaService } from "../support/lambda-service";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { silentLog, startProcess } from "../support/process";
import { type SqsEmulator, startSqs } from "../support/sqs";

@Actor
class Counter extends DurableActor {
  count = 0;
  seen: unknown[] = [];

  @Method increment(by = 1): number {
    this.count += by;
    return this.count;
  }
  @Method note(value: unknown): number {
    return this.seen.push(value);
  }
  @Method leaveOpen(): string {
    return this.ctx.pending();
  }
  @Method({ readonly: true }) all(): unknown[] {
    return this.seen;
  }
}

const GENERATED = /^[\w-]{16}$/;
const accepted = () => ({ ok: true });
const failure = (code: string, retryable: boolean) => () => ({
  ok: false,
  error: { code, message: code, retryable },
});

describe("over any transport", () => {
  let clock: FakeClock;
  let sent: Record<string, unknown>[];
  let replies: (() => unknown)[];
  let client: Client;

  beforeEach(() => {
    clock = new FakeClock();
    sent = [];
    replies = [];
    const transport: Transport = {
      async invoke(request) {
        sent.push(JSON.parse(JSON.stringify(request)) as Record<string, unknown>);
        return (replies.shift() ?? accepted)() as never;
      },
    };
    client = clientOver(transport, { clock });
  });

  describe.each(["send", "start"] as const)("%s()", (mode) => {
    type Options = Parameters<ReturnType<typeof of>["send"]>[0];
    const of = (id: string) => client.actor(Counter).get(id);
    const increment = (options?: Options, id = "a") => of(id)[mode](options).increment(2);

    it("hands over the call with its mode, a generated id and the time of that; and gives the id", async () => {
      const { callId } = await increment();
      expect(sent).toEqual([
        { actor: "Counter", id: "a", method: "increment", args: [2], mode, callId, sentAtMs: clock.now() },
      ]);
      expect(callId).toMatch(GENERATED);
    });

    it("gives each call an id of its own, and the one of a key to calls with that key on that actor", async () => {
      const ids: string[] = [];
      for (const [idempotencyKey, id] of [
        ["order-7", "a"],
        ["order-7", "a"],
        ["order-8", "a"],
        ["order-7", "b"],
        ["", "a"],
      ] as const) {
        ids.push((await increment({ idempotencyKey }, id)).callId);
      }
      expect(ids[1]).toBe(ids[0]);
      expect(new Set(ids).size).toBe(4);
      expect(sent.filter((request) => "sentAtMs" in request)).toEqual([]);
      expect((await increment()).callId).not.toBe((await increment()).callId);
    });

    it.each<[Options, number | undefined]>([
      [{}, undefined],
      [{ delay: 0 }, undefined],
      [{ delay: "0s" }, undefined],
      [{ delay: 600_000 }, 600_000],
      [{ delay: "10m" }, 600_000],
      [{ delay: "1.5h" }, 5_400_000],
      [{ delay: "0.5ms" }, 1],
      [{ delay: "3660d" }, 3_660 * 86_400_000],
    ])("with %j has the delay %s", async (options, delayMs) => {
      await increment(options);
      expect(sent.map((request) => request.delayMs)).toEqual([delayMs]);
    });

    it.each([
      ...["", "5", "10x", "abc", "-1s", "3661d"],
      ...[-1, -0.5, 1e15, Number.NaN, Number.POSITIVE_INFINITY, null, true, {}, new Date(0)],
    ])("refuses the delay %p, naming the field, before anything is sent", async (delay) => {
      await expect(increment({ delay: delay as never })).rejects.toMatchObject({
        code: "UnexpectedEvent",
        details: { field: "delay" },
      });
      expect(sent).toEqual([]);
    });

    it.each([7, null, {}, ["order"], "\uD800"])(
      "refuses the key %p, which other calls could share, before anything is sent",
      async (idempotencyKey) => {
        await expect(increment({ idempotencyKey: idempotencyKey as never })).rejects.toMatchObject({
          code: "UnexpectedEvent",
          details: { field: "idempotencyKey" },
        });
        expect(sent).toEqual([]);
      },
    );

    it("hands arguments over packed", async () => {
      await of("a")
        [mode]()
        .note(new Map([["at", new Date(5)]]));
      expect(sent[0]?.args).toEqual([{ $map: [["at", { $date: "1970-01-01T00:00:00.005Z" }]] }]);
    });

    it("refuses arguments that cannot be kept before anything is sent", async () => {
      await expect(
        of("a")
          [mode]()
          .note({ f: () => {} }),
      ).rejects.toMatchObject({
        code: "NotSerializable",
        details: { path: "args[0].f" },
      });
      expect(sent).toEqual([]);
    });

    it("is tried again where that may help, as the same call, marked", async () => {
      replies = [
        failure("QueueUnavailable", true),
        () => {
          throw new TransportError("no answer");
        },
      ];
      const receipt = increment({ delay: "1s" });
      await clock.advance(200);
      const { callId } = await receipt;
      const sentAtMs = sent[0]?.sentAtMs;
      expect(sent).toMatchObject([
        { callId, sentAtMs, delayMs: 1_000 },
        { callId, sentAtMs, delayMs: 1_000, attempt: 2 },
        { callId, sentAtMs, delayMs: 1_000, attempt: 3 },
      ]);
      expect(sent[0]).not.toHaveProperty("attempt");
    });

    it("is not tried again elsewhere, and gives up after half a minute", async () => {
      replies = [failure("UnknownMethod", false)];
      await expect(increment()).rejects.toMatchObject({ code: "UnknownMethod" });
      expect(sent).toHaveLength(1);
      replies = Array<() => unknown>(100).fill(failure("QueueUnavailable", true));
      const outcome = increment().catch((thrown: unknown) => thrown);
      await clock.advance(30_000);
      expect(clock.pendingTimers).toBe(0);
      expect(await outcome).toMatchObject({ code: "QueueUnavailable", retryable: true });
    });
  });
});

describe("the references that send() and start() give", () => {
  const transport: Transport = { invoke: () => Promise.reject(new Error("sent")) };
  const client = createClient({ transport });
  const typed = client.actor(Counter).get("a");
  const named = client.actor<Counter>("Counter").get("a");

  it.each<[string, object]>([
    ["send(), of a class", typed.send()],
    ["start(), of a class", typed.start()],
    ["send(), of a name", named.send()],
    ["start(), of a name", named.start({ delay: 5 })],
  ])("%s has methods, and answers to nothing else", async (_name, reference) => {
    const proxy = reference as Record<PropertyKey, unknown>;
    expect(proxy.increment).toBeInstanceOf(Function);
    expect((await proxy) === proxy).toBe(true);
    const others = ["then", "catch", "finally", "toJSON", "send", "start", "ctx", "onCreate", "toString"];
    for (const name of [...others, "constructor", "__proto__", Symbol.toPrimitive, Symbol.iterator]) {
      expect([name, proxy[name]]).toEqual([name, undefined]);
      expect([name, name in proxy]).toEqual([name, false]);
    }
    expect(proxy[inspect.custom]).toBeUndefined();
    expect(JSON.stringify(proxy)).toBe("{}");
    expect(Reflect.ownKeys(proxy)).toEqual([]);
    expect(Reflect.set(proxy, "increment", 1)).toBe(false);
  });

  it("of a class have its methods alone", () => {
    expect((typed.send() as unknown as Record<string, unknown>).nothing).toBeUndefined();
    expect("increment" in typed.send()).toBe(true);
  });

  it("are no methods of the actor, and not listed among them", () => {
    for (const proxy of [typed, named]) {
      for (const name of ["send", "start"] as const) {
        expect(name in proxy).toBe(false);
        expect(proxy[name]).toBeInstanceOf(Function);
      }
      expect(Object.keys(proxy)).toEqual([]);
    }
  });
});

describe("straight to the queues", () => {
  let clock: FakeClock;
  let local: LocalPorts;
  let client: Client;
  /** What asked the function. */
  let calls: unknown[];
  let handle: ReturnType<typeof router>;

  beforeEach(() => {
    clock = new FakeClock();
    local = openLocal({ clock });
    calls = [];
    const { runtime } = startProcess([Counter], local, { clock });
    handle = router(runtime, { stack: false });
    const inline = inlineTransport(runtime);
    const functionCalls: Transport = {
      ...inline,
      invoke(request) {
        calls.push(request);
        return inline.invoke(request);
      },
    };
    client = clientOver(directTransport(functionCalls, runtime.host.messenger), { clock });
  });
  afterEach(() => local.close());

  const counter = (id = "a") => client.actor(Counter).get(id);

  /** Takes everything that waits off a queue. */
  async function received(name: "messages" | "wakes" = "messages"): Promise<ReceivedMessage[]> {
    const queue = local.queues[name];
    const all: ReceivedMessage[] = [];
    for (;;) {
      const some = await queue.receive({ max: 10, waitMs: 0, hideMs: 1_000 });
      if (some.length === 0) return all;
      all.push(...some);
      await queue.delete(some.map(({ receipt }) => receipt));
    }
  }
  const argsOf = (messages: readonly ReceivedMessage[]) =>
    messages.map(({ body }) => (JSON.parse(body) as { args: unknown[] }).args[0]);

  it("an event goes to the bus, or to the function where the client knows no bus", async () => {
    const { eventId } = await client.emit("Seen", { by: "client" });
    expect(calls).toEqual([]);
    const { runtime } = startProcess([Counter], local, { clock });
    const byFunction: Transport = {
      invoke(request) {
        calls.push(request);
        return inlineTransport(runtime).invoke(request);
      },
    };
    const blind = clientOver(directTransport(byFunction, runtime.host.messenger, false), { clock });
    const other = await blind.emit("Seen", { by: "function" });
    expect(calls).toMatchObject([{ mode: "emit", eventId: other.eventId }]);
    expect(local.bus.published().map(({ id }) => id)).toEqual([eventId, other.eventId]);
  });

  it("messages and questions go there, and only calls that wait for a result to the function", async () => {
    const { callId } = await counter().send().increment(2);
    const call = await counter().start().increment(3);
    expect(await call.status()).toMatchObject({ status: "pending", actor: "Counter", method: "increment" });
    expect(calls).toEqual([]);
    await drain(handle, local);
    expect(await call.result()).toBe(5);
    expect(calls).toEqual([]);
    expect(await counter().increment()).toBe(6);
    expect(calls).toHaveLength(1);
    expect(callId).toMatch(GENERATED);
  });

  it("a message has its actor's group, and what the client made of it", async () => {
    const { callId } = await counter("a b").send().increment(2);
    const [message] = await received();
    expect(JSON.parse(message?.body ?? "")).toEqual({
      actor: "Counter",
      id: "a b",
      method: "increment",
      args: [2],
      mode: "send",
      callId,
      sentAtMs: clock.now(),
    });
    await counter("a b").start().increment(1);
    await counter("a").send().increment(1);
    const groups = (await received()).map(({ groupId }) => groupId);
    expect(groups).toHaveLength(2);
    expect(groups.filter((groupId) => groupId === message?.groupId)).toHaveLength(1);
  });

  it("sends that are not awaited reach the queue in their order", async () => {
    const indexes = Array.from({ length: 25 }, (_, index) => index);
    await Promise.all(indexes.map((index) => counter().send().note(index)));
    expect(argsOf(await received())).toEqual(indexes);
  });

  it("so do sends and starts among each other", async () => {
    const indexes = Array.from({ length: 25 }, (_, index) => index);
    await Promise.all(
      indexes.map((index) => counter()[index % 3 === 0 ? "start" : "send"]().note(index) as Promise<unknown>),
    );
    expect(argsOf(await received())).toEqual(indexes);
  });

  it("a delayed message waits on the other queue, at least as long", async () => {
    await counter().send({ delay: "10m" }).note("later");
    await counter().send({ delay: "40m" }).note("much later");
    expect(await received()).toEqual([]);
    await clock.advance(599_999);
    expect(await received("wakes")).toEqual([]);
    await clock.advance(1);
    expect(argsOf(await received("wakes"))).toEqual(["later"]);
    await clock.advance(300_000);
    expect(argsOf(await received("wakes"))).toEqual(["much later"]);
  });

  it("a message whose first copy was taken although the answer was lost is one", async () => {
    const { messages } = local.queues;
    const send = messages.send.bind(messages);
    let lost = 0;
    jest.spyOn(messages, "send").mockImplementation(async (message) => {
      await send(message);
      if (lost++ === 0) throw new QueueUnavailable("The answer was lost.");
    });
    const receipt = counter().send().note("once");
    await clock.advance(100);
    const { callId } = await receipt;
    expect(lost).toBe(2);
    expect((await received()).map(({ body }) => JSON.parse(body))).toMatchObject([
      { callId, args: ["once"] },
    ]);
  });

  it("one key makes one message, as long as the queue remembers", async () => {
    const receipts = await Promise.all(
      ["k", "k", "other"].map((idempotencyKey) => counter().send({ idempotencyKey }).note(idempotencyKey)),
    );
    expect(new Set(receipts.map(({ callId }) => callId)).size).toBe(2);
    expect(argsOf(await received())).toEqual(["k", "other"]);
  });

  it("a key that belongs to another call is refused for a start()", async () => {
    await counter().start({ idempotencyKey: "k" }).note(1);
    await expect(counter().start({ idempotencyKey: "k" }).increment(1)).rejects.toMatchObject({
      code: "UnexpectedEvent",
      details: { field: "callId" },
    });
    expect(argsOf(await received())).toEqual([1]);
  });
});

describe("over HTTP", () => {
  let app: LocalApp;
  beforeAll(async () => {
    app = await startLocal({ actors: [Counter], log: silentLog });
  });
  afterAll(() => app.close());

  const post = async (path: string, body: object) => {
    const { status, json } = await sendHttp(app.url, { path, body: JSON.stringify(body) });
    return [status, json];
  };

  it.each(["send", "start"] as const)("a body with the mode %s queues the call", async (mode) => {
    const path = `/actors/Counter/${mode}/note`;
    const [status, reply] = await post(path, { mode, args: [{ $date: "2026-11-24T00:00:00.000Z" }] });
    expect([status, reply]).toEqual([200, { ok: true, callId: expect.stringMatching(GENERATED) as string }]);
    expect(await post(path, { mode, args: [2], callId: `mine-${mode}` })).toEqual([
      200,
      { ok: true, callId: `mine-${mode}` },
    ]);
    expect(await post(path, { mode, args: [2], callId: `mine-${mode}` })).toEqual([
      200,
      { ok: true, callId: `mine-${mode}` },
    ]);
    // The messages of an actor keep their order: when this one has run, they have.
    const last = await app.client.actor(Counter).get(mode).start().all();
    expect(await last.result()).toEqual([new Date("2026-11-24T00:00:00.000Z"), 2]);
  });

  it("a call can be asked about and ended at /actors", async () => {
    const callId = "decision-1";
    const startedMs = expect.any(Number) as number;
    const about = { callId, actor: "Counter", id: "c", method: "leaveOpen", startedMs };
    expect(await post("/actors/Counter/c/leaveOpen", { mode: "start", callId })).toEqual([
      200,
      { ok: true, callId },
    ]);
    expect(await post("/actors", { mode: "status", callId })).toEqual([
      200,
      { ok: true, result: { ...about, status: "pending" } },
    ]);
    const result = { by: "Ada", at: { $date: "2026-11-24T00:00:00.000Z" } };
    expect(await post("/actors", { mode: "resolve", callId, result })).toEqual([
      200,
      { ok: true, result: true },
    ]);
    expect(await post("/actors", { mode: "resolve", callId, result: "other" })).toEqual([
      200,
      { ok: true, result: false },
    ]);
    const error = { code: "Late", name: "LateError", message: "too late", retryable: false };
    expect(await post("/actors", { mode: "reject", callId, error })).toEqual([
      200,
      { ok: true, result: false },
    ]);
    expect(await post("/actors", { mode: "status", callId })).toEqual([
      200,
      {
        ok: true,
        result: { ...about, status: "succeeded", settledMs: expect.any(Number) as number, result },
      },
    ]);
    expect(await app.client.call(callId).result()).toEqual({
      by: "Ada",
      at: new Date("2026-11-24T00:00:00.000Z"),
    });
  });

  it("a call can be failed at /actors, with an error as data", async () => {
    const callId = "decision-2";
    const error = {
      code: "Refused",
      name: "RefusalError",
      message: "no",
      retryable: false,
      details: { at: { $date: "2026-11-24T00:00:00.000Z" } },
    };
    await post("/actors/Counter/c/leaveOpen", { mode: "start", callId });
    expect(await post("/actors", { mode: "reject", callId, error })).toEqual([
      200,
      { ok: true, result: true },
    ]);
    await expect(app.client.call(callId).result()).rejects.toMatchObject({
      name: "RefusalError",
      code: "Refused",
      message: "no",
      at: new Date("2026-11-24T00:00:00.000Z"),
    });
  });

  it("the client does all of this", async () => {
    const client = createClient({ transport: httpTransport({ url: app.url }) });
    const counter = client.actor(Counter).get("typed");
    await counter.send().increment(2);
    const call = await counter.start().increment(3);
    expect(await call.result()).toBe(5);
    const open = await counter.start().leaveOpen();
    expect(await client.call<string>(open.callId).resolve("yes")).toBe(true);
    expect(await open.result()).toBe("yes");
    expect(await open.status()).toMatchObject({ status: "succeeded", id: "typed" });
  });
});

describe("by the environment", () => {
  let deployed: string[] = [];
  let dynamo: Emulator;
  let sqs: SqsEmulator;
  let lambda: LambdaService | undefined;

  beforeAll(async () => {
    [dynamo, sqs] = await Promise.all([startDynamo(), startSqs()]);
  });
  afterEach(async () => {
    await lambda?.stop();
    for (const name of deployed) delete process.env[name];
  });
  afterAll(() => Promise.all([dynamo.close(), sqs.close()]));

  /** Sets the variables as `ActorApp` does, and starts the function that `DURABLE_ROUTER` names. */
  async function deploy(
    variables: Readonly<Record<string, string>>,
    ports?: LocalPorts,
  ): Promise<LambdaService> {
    Object.assign(process.env, variables);
    deployed = Object.keys(variables);
    lambda = new LambdaService(createRouter([Counter], { ...ports, log: silentLog }));
    process.env.AWS_ENDPOINT_URL_LAMBDA = await lambda.start();
    return lambda;
  }

  it("a client that may use the queues sends straight there, with no function in between", async () => {
    const { queues, environment } = sqs.connect();
    const { table, workflows } = dynamo.connect();
    const { invocations } = await deploy({
      ...environment,
      DURABLE_TABLE: table,
      WORKFLOW_TABLE: workflows,
      DURABLE_ROUTER: "router",
    });
    const counter = createClient().actor(Counter).get("direct");
    await counter.send().increment(2);
    const call = await counter.start().increment(3);
    expect(await call.status()).toMatchObject({ status: "pending", actor: "Counter", id: "direct" });
    expect(invocations).toEqual([]);
    await drain(createRouter([Counter], { log: silentLog }), { queues });
    expect(await call.result()).toBe(5);
    expect(invocations).toEqual([]);
    expect(await counter.increment()).toBe(6);
    expect(invocations).toHaveLength(1);
  });

  it("a client that knows the function alone sends through it", async () => {
    const local = openLocal();
    const { invocations } = await deploy({ DURABLE_ROUTER: "router" }, local);
    const counter = createClient().actor(Counter).get("through");
    const { callId } = await counter.send({ delay: "0s" }).increment(2);
    const call = await counter.start().increment(3);
    expect(invocations).toMatchObject([
      { actor: "Counter", id: "through", method: "increment", args: [2], mode: "send", callId },
      { actor: "Counter", id: "through", method: "increment", args: [3], mode: "start", callId: call.callId },
    ]);
    await drain(createRouter([Counter], { ...local, log: silentLog }), local);
    expect(await call.result()).toBe(5);
    expect(invocations.at(-1)).toMatchObject({ mode: "status", callId: call.callId });
    await local.close();
  });
});
