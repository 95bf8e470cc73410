/**
 * Chains of calls and messages that cause each other: a cycle fails at once, whichever way the calls travel, and nothing goes
 * on for ever. What a caller says of its chain is only believed when it could be one.
 */
import { LambdaClient } from "@aws-sdk/client-lambda";
import {
  Actor,
  CallCycle,
  type Client,
  createClient,
  createRouter,
  DurableActor,
  HopLimitExceeded,
  httpTransport,
  Method,
  On,
  type RouterHandler,
} from "durable-lambda";
import { lambdaTransport } from "durable-lambda/aws";
import { startLocal } from "durable-lambda/local";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { systemClock } from "../../lib/clock";
import { DeadLetters } from "../../lib/messages/dead-letters";
import { hand, messageFor } from "../support/batches";
import { send as sendHttp } from "../support/hostile-http";
import { LambdaService } from "../support/lambda-service";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { silentLog, startProcess } from "../support/process";

/** What a method uses that calls by an ordinary client. */
let outer: Client;

/** Passes a call along a path of actors, `type/id` each. The result is the id of the last one. */
abstract class Station extends DurableActor {
  calls = 0;

  @Method async pass(...path: string[]): Promise<string> {
    this.calls++;
    const next = nextOn(path);
    return next === undefined
      ? this.ctx.actorId
      : this.ctx
          .actor<Station>(next.type)
          .get(next.id)
          .pass(...next.rest);
  }
  @Method async passOr(instead: string, ...path: string[]): Promise<string> {
    return this.pass(...path).catch(() => instead);
  }
  @Method async passToBoth(left: string[], right: string[]): Promise<string[]> {
    return Promise.all([this.pass(...left), this.pass(...right)]);
  }
  @Method async passByClient(...path: string[]): Promise<string> {
    this.calls++;
    const next = nextOn(path);
    return next === undefined
      ? this.ctx.actorId
      : outer
          .actor<Station>(next.type)
          .get(next.id)
          .passByClient(...next.rest);
  }
  @Method({ readonly: true }) async look(...path: string[]): Promise<string> {
    const next = nextOn(path);
    return next === undefined
      ? this.ctx.actorId
      : this.ctx
          .actor<Station>(next.type)
          .get(next.id)
          .look(...next.rest);
  }
  @Method({ readonly: true }) count(): number {
    return this.calls;
  }
}

function nextOn([first, ...rest]: readonly string[]):
  | { type: string; id: string; rest: string[] }
  | undefined {
  const [type = "", id = ""] = first?.split("/") ?? [];
  return first === undefined ? undefined : { type, id, rest };
}

@Actor
class A extends Station {}
@Actor
class B extends Station {}
@Actor
class C extends Station {}
const STATIONS = [A, B, C];

/** Goes on for ever. */
@Actor
class Runaway extends DurableActor {
  runs = 0;

  @Method forward(): void {
    this.runs++;
    this.ctx.actor(Runaway).get(this.ctx.actorId).send().forward();
  }
  @Method async deeper(depth: number): Promise<number> {
    return this.ctx
      .actor(Runaway)
      .get(String(depth + 1))
      .deeper(depth + 1);
  }
  @Method({ maxAttempts: 1 }) async forwardByClient(): Promise<void> {
    this.runs++;
    await outer.actor(Runaway).get(this.ctx.actorId).send().forwardByClient();
  }
  @On({ source: { prefix: "" }, detailType: "Echo", id: "detail.id" })
  echo(): void {
    this.runs++;
    this.ctx.emit("Echo", { id: this.ctx.actorId });
  }
  @On({ source: { prefix: "" }, detailType: "EchoByClient", id: "detail.id" })
  async echoByClient(): Promise<void> {
    this.runs++;
    await outer.emit("EchoByClient", { id: this.ctx.actorId });
  }
  @Method({ readonly: true }) count(): number {
    return this.runs;
  }
}

const failureOf = (promise: Promise<unknown>) => promise.catch((thrown: unknown) => thrown);

/** A cycle that names its chain, and how long it took in real time. */
async function cycleOf(
  call: () => Promise<unknown>,
): Promise<{ chain: unknown; message: string; tookMs: number }> {
  const startMs = performance.now();
  const error = await failureOf(call());
  const tookMs = performance.now() - startMs;
  expect(error).toBeInstanceOf(CallCycle);
  const { code, retryable, details, message } = error as CallCycle;
  expect({ code, retryable }).toEqual({ code: "CallCycle", retryable: false });
  return { chain: details.chain, message, tookMs };
}

describe("a cycle of calls", () => {
  let app: TestApp;
  beforeEach(() => {
    app = createTestApp(STATIONS);
  });
  afterEach(() => app.close());
  const station = (type: string, id = "1") => app.client.actor<Station>(type).get(id);

  it("of three actors fails at once, and names the chain", async () => {
    // What is loaded once is no part of the time.
    await station("A", "warm").pass("B/warm", "C/warm");
    const beforeMs = app.clock.now();
    const { chain, message, tookMs } = await cycleOf(() => station("A").pass("B/1", "C/1", "A/1"));
    expect(chain).toEqual(["A/1", "B/1", "C/1", "A/1"]);
    expect(message).toContain("A/1 → B/1 → C/1 → A/1: A/1.pass would wait");
    expect(tookMs).toBeLessThan(50);
    expect(app.clock.now()).toBe(beforeMs);
    for (const type of ["A", "B", "C"]) expect(await station(type).count()).toBe(0);
  });

  it("of an actor with itself fails so, too", async () => {
    const { chain, message } = await cycleOf(() => station("A").pass("A/1"));
    expect(chain).toEqual(["A/1", "A/1"]);
    expect(message).toContain("A/1 → A/1");
  });

  it("fails where it does not go back to the first", async () => {
    const { chain } = await cycleOf(() => station("A").pass("B/1", "C/1", "B/1"));
    expect(chain).toEqual(["A/1", "B/1", "C/1", "B/1"]);
  });

  it("of readonly calls fails so, too", async () => {
    const { chain } = await cycleOf(() => station("A").look("B/1", "A/1"));
    expect(chain).toEqual(["A/1", "B/1", "A/1"]);
  });

  it("can be caught where it was closed, or on the way back", async () => {
    expect(await station("A").passOr("caught", "B/1", "C/1", "A/1")).toBe("caught");
    expect(await station("A").count()).toBe(1);
    expect(await station("B").count()).toBe(0);
  });

  it("is none where two calls only go to the same actors, or to other ids", async () => {
    expect(await station("A").pass("B/1", "A/2", "B/2", "A/3")).toBe("3");
    expect(
      await Promise.all([
        station("A").pass("C/1"),
        station("B").pass("C/1"),
        station("C").pass("B/2", "A/2"),
      ]),
    ).toEqual(["1", "1", "2"]);
    expect(await station("A").passToBoth(["B/1", "C/1"], ["B/2", "C/1"])).toEqual(["1", "1"]);
  });

  it("leaves all of them usable at once", async () => {
    const beforeMs = app.clock.now();
    await cycleOf(() => station("A").pass("B/1", "C/1", "A/1"));
    expect(await station("C").pass("B/1", "A/1")).toBe("1");
    expect(app.clock.now()).toBe(beforeMs);
  });
});

interface Way {
  readonly client: Client;
  close(): Promise<void>;
}

/** Ways by which an ordinary client that a method uses may reach the router. */
const ways: Readonly<Record<string, () => Promise<Way>>> = {
  async "in the same process"() {
    const local = openLocal();
    const { client } = startProcess(STATIONS, local);
    return { client, close: () => local.close() };
  },
  async "over HTTP"() {
    const app = await startLocal({ actors: STATIONS, log: silentLog });
    return {
      client: createClient({ transport: httpTransport({ url: app.url }) }),
      close: () => app.close(),
    };
  },
  async "by invoking the function, which runs in another process"() {
    const local = openLocal();
    const processes = [1, 2].map(() => createRouter(STATIONS, { ...local, log: silentLog }));
    let invocations = 0;
    const lambda = new LambdaService((event, context) =>
      (processes[invocations++ % 2] as RouterHandler)(event, context),
    );
    const sdk = new LambdaClient({
      endpoint: await lambda.start(),
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      maxAttempts: 1,
    });
    return {
      client: createClient({ transport: lambdaTransport({ functionName: "router", client: sdk }) }),
      async close() {
        sdk.destroy();
        await lambda.stop();
        await local.close();
      },
    };
  },
};

describe.each(Object.entries(ways))("a cycle through a client that methods use, %s,", (_name, open) => {
  let way: Way;
  beforeEach(async () => {
    way = await open();
    outer = way.client;
  });
  afterEach(() => way.close());

  it("fails at once, and names the chain", async () => {
    const a = way.client.actor<Station>("A").get("1", { timeoutMs: 10_000 });
    expect(await a.passByClient("B/2", "C/2")).toBe("2");
    const { chain, tookMs } = await cycleOf(() => a.passByClient("B/1", "C/1", "A/1"));
    expect(chain).toEqual(["A/1", "B/1", "C/1", "A/1"]);
    // Without a chain it would be the 10 s of the call.
    expect(tookMs).toBeLessThan(2_000);
    expect(await way.client.actor<Station>("B").get("1").count()).toBe(0);
  });

  it("is none between calls that are not part of the same turn", async () => {
    const station = (type: string) => way.client.actor<Station>(type).get("1");
    const ends = await Promise.all([
      station("A").passByClient("B/1", "C/1"),
      station("A").passByClient("C/1"),
      station("B").passByClient("C/1"),
    ]);
    expect(ends).toEqual(["1", "1", "1"]);
  });
});

describe("what a client that is used inside a method sends along", () => {
  it("is the chain, the hops and the time that the turn has left; for messages and events the hops alone", async () => {
    const sent: Record<string, unknown>[] = [];
    const recording = createClient({
      transport: {
        async invoke(request) {
          sent.push(request as unknown as Record<string, unknown>);
          return { ok: true, result: "done" };
        },
      },
    });
    @Actor
    class User extends DurableActor {
      @Method async use(): Promise<void> {
        await recording.actor(A).get("2").pass();
        await recording.actor(A).get("2").send().pass();
        await recording.emit("Used");
      }
    }
    await using app = createTestApp([User, Runaway]);
    await app.client.actor(User).get("1", { timeoutMs: 5_000 }).use();
    await recording.actor(A).get("2").pass();
    expect(sent).toMatchObject([
      { actor: "A", chain: ["User/1"], hops: 1, timeoutMs: 5_000 },
      { actor: "A", mode: "send", hops: 1 },
      { mode: "emit", hops: 1 },
      { actor: "A", timeoutMs: 30_000 },
    ]);
    expect(sent.map((request) => "chain" in request)).toEqual([true, false, false, false]);
    expect(sent.map((request) => "hops" in request)).toEqual([true, true, true, false]);
  });
});

describe("the hop limit", () => {
  let app: TestApp;
  const open = (limits: { hops?: number } = {}) => {
    app = createTestApp([Runaway], { limits });
    outer = app.client;
    return app.client.actor(Runaway).get("r");
  };
  afterEach(() => app.close());

  it("stops an actor that sends to itself for ever: 64 may follow, the next is a dead letter that says so", async () => {
    const runaway = open();
    await runaway.send().forward();
    await app.clock.advance("1h");
    expect(await runaway.count()).toBe(64);
    const letters = await app.deadLetters.list();
    expect(letters).toMatchObject([
      { actor: "Runaway", id: "r", method: "forward", reason: { code: "HopLimitExceeded" } },
    ]);
    expect(letters[0]?.reason.message).toMatch(
      /Runaway\/r\.forward would be the 65th .* 64 may \(limits\.hops\)/,
    );
  });

  it("stops calls that go ever deeper, over ever new actors", async () => {
    const error = await failureOf(open().deeper(0));
    expect(error).toBeInstanceOf(HopLimitExceeded);
    expect(error).toMatchObject({
      retryable: false,
      details: { hops: 65, limit: 64, target: "Runaway/65.deeper" },
    });
  });

  it("stops events that cause events for ever", async () => {
    const runaway = open();
    await outer.emit("Echo", { id: "r" });
    await app.clock.advance("1h");
    // Of the client's event, and of those with 1 to 64 hops.
    expect(await runaway.count()).toBe(65);
    expect(app.events.map(({ detail }) => (detail as { metadata: { hops?: number } }).metadata.hops)).toEqual(
      [undefined, ...Array.from({ length: 65 }, (_, index) => index + 1)],
    );
    const [letter, ...others] = await app.deadLetters.list();
    expect(others).toEqual([]);
    expect(letter?.reason).toMatchObject({ code: "HopLimitExceeded" });
    expect(letter?.reason.message).toMatch(/Runaway\.echo would be the 65th/);
  });

  it("stops messages and events by a client that methods use", async () => {
    const runaway = open({ hops: 5 });
    await outer.emit("EchoByClient", { id: "r" });
    await app.clock.advance("1h");
    expect(await runaway.count()).toBe(6);
    await runaway.send().forwardByClient();
    await app.clock.advance("1h");
    expect(await runaway.count()).toBe(11);
    const letters = await app.deadLetters.list();
    expect(letters.map(({ reason }) => reason.code)).toEqual(["HopLimitExceeded", "HopLimitExceeded"]);
  });

  it("is limits.hops", async () => {
    const runaway = open({ hops: 3 });
    expect(await failureOf(runaway.deeper(0))).toMatchObject({ details: { hops: 4, limit: 3 } });
    await runaway.send().forward();
    await app.clock.advance("1h");
    expect(await runaway.count()).toBe(3);
  });

  it("of 0 lets clients call, and actors call nobody", async () => {
    const runaway = open({ hops: 0 });
    expect(await runaway.count()).toBe(0);
    expect(await failureOf(runaway.deeper(0))).toMatchObject({ code: "HopLimitExceeded" });
    expect(await failureOf(runaway.forward())).toMatchObject({ code: "HopLimitExceeded" });
  });

  it("does not count what a reminder or another client's call begins", async () => {
    const runaway = open({ hops: 1 });
    for (let calls = 0; calls < 5; calls++) await outer.emit("EchoByClient", { id: "r" });
    await app.settled();
    expect(await runaway.count()).toBe(10);
  });
});

const LONE = "\uD800";
/** What no caller's chain or hops can be. */
const forged: readonly [string, string, unknown][] = [
  ["hops", "text", "x"],
  ["hops", "a number as text", "1"],
  ["hops", "negative", -1],
  ["hops", "a fraction", 1.5],
  ["hops", "huge", 1e15],
  ["hops", "null", null],
  ["hops", "true", true],
  ["hops", "an array", [1]],
  ["chain", "text", "A/1"],
  ["chain", "null", null],
  ["chain", "an object", { length: 1, 0: "A/1" }],
  ["chain", "an array of 10,000", Array.from({ length: 10_000 }, (_, index) => `B/${index}`)],
  ["chain", "an array with a number", ["B/1", 1]],
  ["chain", "an array with null", [null]],
  ["chain", "an array in an array", [["B/1"]]],
  ["chain", "an array with a lone surrogate", [`B/${LONE}`]],
  ["chain", "an array with a text of a megabyte", ["x".repeat(1_000_000)]],
];

describe("a forged chain", () => {
  let local: LocalPorts;
  let handle: RouterHandler;
  beforeEach(() => {
    local = openLocal();
    handle = createRouter(STATIONS, { ...local, log: silentLog });
  });
  afterEach(() => local.close());

  const invocation = { actor: "A", id: "1", method: "pass", args: [] };
  const headOf = (id: string) => local.store.read({ type: "A", id }, { consistent: true });

  it.each(forged)("with %s that are %s is refused, in a direct invoke", async (field, _what, value) => {
    for (const mode of ["call", "send", "start"]) {
      const reply = await handle(JSON.parse(JSON.stringify({ ...invocation, mode, [field]: value })));
      expect(reply).toMatchObject({ ok: false, error: { code: "UnexpectedEvent", details: { field } } });
      expect(JSON.stringify(reply).length).toBeLessThan(1_000);
    }
    expect(await headOf("1")).toBeUndefined();
    expect(await local.queues.messages.receive({ max: 1, waitMs: 0, hideMs: 0 })).toEqual([]);
  });

  it.each(forged)("with %s that are %s makes a queued message a dead letter", async (field, _what, value) => {
    const nowMs = Date.now();
    const bad = messageFor({ type: "A", id: "1" }, "pass", nowMs);
    const body = JSON.stringify({ ...(JSON.parse(bad.body) as object), [field]: value });
    const good = messageFor({ type: "A", id: "1" }, "pass", nowMs);
    expect(await hand(handle, [{ ...bad, body }, good])).toEqual([]);
    expect(await headOf("1")).toMatchObject({ version: 1 });
    const letters = await new DeadLetters(local, systemClock).list();
    expect(letters).toMatchObject([{ body, reason: { code: "UnexpectedEvent" } }]);
    expect(letters[0]?.reason.message).toContain(`"${field}"`);
  });

  it("is refused over HTTP, beside a path and in a whole invocation", async () => {
    const app = await startLocal({ actors: STATIONS, log: silentLog });
    try {
      for (const [field, , value] of forged) {
        for (const [path, fields] of [
          ["/actors/A/1/pass", { args: [] }],
          ["/actors", invocation],
        ] as const) {
          const body = JSON.stringify({ ...fields, [field]: value });
          const { status, json } = await sendHttp(app.url, { path, body });
          expect(status).toBe(400);
          expect(json).toMatchObject({ error: { code: "UnexpectedEvent", details: { field } } });
        }
      }
      expect(await app.client.actor(A).get("1").count()).toBe(0);
    } finally {
      await app.close();
    }
  });

  it("that is well-formed is only ever to the caller's own harm", async () => {
    const reply = (fields: object) => handle({ ...invocation, ...fields });
    expect(await reply({ hops: 64 })).toMatchObject({ ok: true });
    expect(await reply({ hops: 65 })).toMatchObject({ error: { code: "HopLimitExceeded" } });
    expect(await reply({ hops: 1_000_000 })).toMatchObject({ error: { code: "HopLimitExceeded" } });
    expect(await reply({ hops: 65, mode: "send" })).toMatchObject({ error: { code: "HopLimitExceeded" } });
    expect(await reply({ chain: ["B/1", "A/1"] })).toMatchObject({
      error: { code: "CallCycle", details: { chain: ["B/1", "A/1", "A/1"] } },
    });
    expect(await reply({ chain: ["", "no key", "B/1"] })).toMatchObject({ ok: true });
    expect(await headOf("1")).toMatchObject({ version: 2 });
  });

  it("in a queued message that would close a cycle makes that a dead letter, since nobody waits for it", async () => {
    const message = messageFor({ type: "A", id: "1" }, "pass", Date.now());
    const body = JSON.stringify({ ...(JSON.parse(message.body) as object), chain: ["A/1"] });
    expect(await hand(handle, [{ ...message, body }])).toEqual([]);
    const letters = await new DeadLetters(local, systemClock).list();
    expect(letters).toMatchObject([{ reason: { code: "CallCycle" } }]);
  });
});
