/** Events in: from a client or an actor, or from anywhere on the bus, to the methods that listen. */
import {
  Actor,
  type ActorEvent,
  type Client,
  createClient,
  createRouter,
  DurableActor,
  httpTransport,
  type Logger,
  Method,
  On,
  QueueUnavailable,
  type RouterHandler,
  TransportError,
} from "durable-lambda";
import { startLocal } from "durable-lambda/local";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { clientOver } from "../../lib/client/client";
import { directTransport } from "../../lib/client/direct-transport";
import { systemClock } from "../../lib/clock";
import { DeadLetters } from "../../lib/messages/dead-letters";
import { Messenger } from "../../lib/messages/messenger";
import { drain } from "../support/batches";
import { FakeClock } from "../support/fake-clock";
import { send as sendHttp } from "../support/hostile-http";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { silentLog, startProcess } from "../support/process";

interface Paid {
  readonly orderId: string | number;
  readonly amount?: unknown;
}

/** How often `flaky` is to fail yet. */
let failures = 0;

@Actor
class Order extends DurableActor {
  heard: [string, unknown][] = [];

  @On({ source: "shop", detailType: "OrderPaid", id: "detail.orderId" })
  paid(event: ActorEvent<Paid>): void {
    this.heard.push(["paid", event]);
  }

  /** Another method for the same event. */
  @On({
    source: "shop",
    detailType: "OrderPaid",
    detail: { amount: [{ numeric: [">", 100] }] },
    id: "detail.orderId",
  })
  paidMuch(event: ActorEvent<Paid>): void {
    this.heard.push(["paidMuch", event.detail.amount]);
  }

  /** Several kinds of events, and for some of them twice. */
  @On({ source: "shop", detailType: ["OrderSent", "OrderLost"], id: "detail.orderId" })
  @On({ source: { prefix: "sh" }, detailType: { prefix: "OrderL" }, id: "detail.orderId" })
  @On({ source: "shop", detailType: "OrderLost", id: "detail.insteadOf" })
  @Method({ maxAttempts: 2 })
  moved(event: ActorEvent): void {
    this.heard.push(["moved", event.detailType]);
  }

  @On({ source: "shop", detailType: "Flaky", id: "detail.orderId" })
  @Method({ maxAttempts: 2 })
  flaky(): void {
    if (failures-- > 0) throw new RangeError("not yet");
    this.heard.push(["flaky", null]);
  }

  @On({ source: "durable-lambda.Order", detailType: "Heard", id: "detail.orderId" })
  heardOfOther(event: ActorEvent): void {
    this.heard.push(["heardOfOther", event]);
  }
  @Method tell(orderId: string, amount: unknown): void {
    this.ctx.emit("Heard", { orderId, amount });
  }
  @Method({ readonly: true }) all(): [string, unknown][] {
    return this.heard;
  }
}

/** Another actor for the same events. */
@Actor
class Customer extends DurableActor {
  heard: [string, unknown][] = [];

  @On({ source: "shop", detailType: "OrderPaid", id: "detail.customer" })
  paid(event: ActorEvent<Paid>): void {
    this.heard.push(["paid", event.detail.amount]);
  }
  @On({ source: "durable-lambda.Order", detailType: "Heard", id: "detail.metadata.actorId" })
  told(event: ActorEvent<Paid>): void {
    this.heard.push(["told", event.detail.amount]);
  }
  @Method({ readonly: true }) all(): [string, unknown][] {
    return this.heard;
  }
}

/** Ids from everywhere in an event. */
@Actor
class Audit extends DurableActor {
  count = 0;

  @On({ source: "shop", detailType: "Audited", id: "source" })
  @On({ source: "shop", detailType: "Audited", id: "detail-type" })
  @On({ source: "shop", detailType: "Audited", id: "id" })
  @On({ source: "shop", detailType: "Audited", id: "account" })
  @On({ source: "shop", detailType: "Audited", id: "region" })
  @On({ source: "shop", detailType: "Audited", id: "detail.a.b.c" })
  audited(): void {
    this.count++;
  }
  @Method({ readonly: true }) total(): number {
    return this.count;
  }
}

const ACTORS = [Order, Customer, Audit];
const failureOf = (promise: Promise<unknown>) => promise.catch((thrown: unknown) => thrown);

/** What a test has opened is closed after it, however it ends. */
const opened: { close(): Promise<void> }[] = [];
function open<T extends { close(): Promise<void> }>(one: T): T {
  opened.push(one);
  return one;
}
afterEach(() => Promise.all(opened.splice(0).map((one) => one.close())));

let serial = 0;
/** As EventBridge invokes a function. */
function bridgeEvent(detailType: string, detail: unknown, fields: object = {}): Record<string, unknown> {
  return {
    version: "0",
    id: `00000000-0000-4000-8000-${String(serial++).padStart(12, "0")}`,
    "detail-type": detailType,
    source: "shop",
    account: "123456789012",
    time: "2026-11-24T12:00:00Z",
    region: "eu-central-1",
    resources: [],
    detail,
    ...fields,
  };
}

describe("a method that listens", () => {
  let app: TestApp;
  beforeEach(() => {
    failures = 0;
    app = createTestApp(ACTORS);
  });
  afterEach(() => app.close());

  const heardBy = (orderId: string) => app.client.actor(Order).get(orderId).all();
  async function emit(detailType: string, detail: object, options: object = {}): Promise<string> {
    const { eventId } = await app.client.emit(detailType, detail, { source: "shop", ...options });
    await app.settled();
    return eventId;
  }

  it("gets the event: its id, source, type, time and detail", async () => {
    const eventId = await emit("OrderPaid", { orderId: "o-1", amount: 20, lines: [{ sku: "a", at: null }] });
    expect(await heardBy("o-1")).toEqual([
      [
        "paid",
        {
          id: eventId,
          source: "shop",
          detailType: "OrderPaid",
          time: new Date("2030-01-01T00:00:00Z"),
          detail: { orderId: "o-1", amount: 20, lines: [{ sku: "a", at: null }], metadata: { eventId } },
        },
      ],
    ]);
  });

  it("is one of several, in one actor and in others: each gets the event, if it fits its pattern", async () => {
    await emit("OrderPaid", { orderId: "o-1", customer: "ann", amount: 101 });
    await emit("OrderPaid", { orderId: "o-1", customer: "bob", amount: 100 });
    expect((await heardBy("o-1")).map(([method]) => method).sort()).toEqual(["paid", "paid", "paidMuch"]);
    expect(await app.client.actor(Customer).get("ann").all()).toEqual([["paid", 101]]);
    expect(await app.client.actor(Customer).get("bob").all()).toEqual([["paid", 100]]);
    expect(await app.deadLetters.list()).toEqual([]);
  });

  it("may listen several times: an event that fits more than once has one effect in each actor that it names", async () => {
    await emit("OrderLost", { orderId: "o-1", insteadOf: "o-2" });
    await emit("OrderSent", { orderId: "o-1" });
    expect(await heardBy("o-1")).toEqual([
      ["moved", "OrderLost"],
      ["moved", "OrderSent"],
    ]);
    expect(await heardBy("o-2")).toEqual([["moved", "OrderLost"]]);
  });

  it("gets nothing of another source or type, and what nobody listens to is ignored", async () => {
    await emit("OrderPaid", { orderId: "o-1" }, { source: "shop2" });
    await emit("OrderPaid2", { orderId: "o-1" });
    await emit("orderpaid", { orderId: "o-1" });
    await app.client.emit("OrderPaid", { orderId: "o-1" });
    await app.settled();
    expect(app.events).toHaveLength(4);
    expect(await heardBy("o-1")).toEqual([]);
    expect(await app.deadLetters.list()).toEqual([]);
  });

  it("can be called like any other, without @Method as well", async () => {
    const event = {
      id: "by hand",
      source: "test",
      detailType: "t",
      time: new Date(1),
      detail: { orderId: "o-1" },
    };
    await app.client.actor(Order).get("o-1").paid(event);
    expect(await heardBy("o-1")).toEqual([["paid", event]]);
  });

  it("gets events that actors emit, with what their values were", async () => {
    const amount = { at: new Date(5), n: 12n, map: new Map([["k", new Set([Number.NaN])]]), none: undefined };
    await app.client.actor(Order).get("teller").tell("o-1", amount);
    await app.settled();
    const [[, event] = []] = await heardBy("o-1");
    expect(event).toMatchObject({
      source: "durable-lambda.Order",
      detailType: "Heard",
      detail: { amount, metadata: { actor: "Order", actorId: "teller", version: 1, hops: 1 } },
    });
    expect((event as ActorEvent).id).toBe(app.events[0]?.id);
    expect(await app.client.actor(Customer).get("teller").all()).toEqual([["told", amount]]);
  });

  it("gets what looks like a tagged value as what it was", async () => {
    const amount = { $date: "text", nested: { $bigint: "12" }, single: { $map: [] } };
    await app.client.actor(Order).get("teller").tell("o-1", amount);
    await emit("OrderPaid", { orderId: "o-2", customer: "ann", amount });
    expect(await heardBy("o-1")).toMatchObject([["heardOfOther", { detail: { amount } }]]);
    expect(await heardBy("o-2")).toMatchObject([["paid", { detail: { amount } }]]);
    expect(await app.client.actor(Customer).get("teller").all()).toEqual([["told", amount]]);
    expect(await app.client.actor(Customer).get("ann").all()).toEqual([["paid", amount]]);
  });

  it("that fails is tried again, as often as its options say, and is a dead letter then", async () => {
    failures = 1;
    await emit("Flaky", { orderId: "o-1" });
    await app.clock.advance("1m");
    expect(await heardBy("o-1")).toEqual([["flaky", null]]);
    failures = 2;
    await emit("Flaky", { orderId: "o-2" });
    await app.clock.advance("1m");
    expect(await heardBy("o-2")).toEqual([]);
    expect(await app.deadLetters.list()).toMatchObject([
      { actor: "Order", id: "o-2", method: "flaky", reason: { name: "RangeError", attempts: 2 } },
    ]);
    expect(await app.deadLetters.redrive({ actor: "Order" })).toBe(1);
    await app.settled();
    expect(await heardBy("o-2")).toEqual([["flaky", null]]);
  });

  it.each<[string, unknown, string]>([
    ["a number", 17, "17"],
    ["zero", 0, "0"],
    ["a negative number", -3, "-3"],
    ["the largest whole number", Number.MAX_SAFE_INTEGER, "9007199254740991"],
    ["text with a slash", "a/b", "a/b"],
    ["a name of Object.prototype", "constructor", "constructor"],
  ])("has an actor whose id is %s", async (_what, orderId, id) => {
    await emit("OrderPaid", { orderId, customer: "c" });
    expect(await heardBy(id)).toHaveLength(1);
    expect(await app.deadLetters.list()).toEqual([]);
  });

  it.each<[string, object]>([
    ["is missing", {}],
    ["is null", { orderId: null }],
    ["is true", { orderId: true }],
    ["is a fraction", { orderId: 1.5 }],
    ["is too large a number", { orderId: 2 ** 53 }],
    ["is an object", { orderId: { id: "o-1" } }],
    ["is an array", { orderId: ["o-1"] }],
    ["is empty", { orderId: "" }],
    ["is too long", { orderId: "x".repeat(513) }],
    ["has a control character", { orderId: "o\n1" }],
  ])(
    "has a dead letter with the reason when the id %s; others get the event all the same",
    async (_what, detail) => {
      const eventId = await emit("OrderPaid", { customer: "ann", amount: 5, ...detail });
      expect(await app.client.actor(Customer).get("ann").all()).toEqual([["paid", 5]]);
      const letters = await app.deadLetters.list();
      expect(letters).toHaveLength(1);
      const [{ reason, body } = { reason: undefined, body: "" }] = letters;
      expect(reason).toMatchObject({
        code: expect.stringMatching(/^(UnexpectedEvent|InvalidActorId)$/) as string,
      });
      expect(reason?.message).toContain('"detail.orderId"');
      expect(JSON.parse(body)).toMatchObject({
        "detail-type": "OrderPaid",
        detail: { metadata: { eventId } },
      });
    },
  );

  it("may find the id anywhere in the event", async () => {
    const eventId = await emit("Audited", { a: { b: { c: "deep" } } });
    const totals: Record<string, number> = {};
    for (const id of ["shop", "Audited", "000000000000", "local", "deep", eventId]) {
      totals[id] = await app.client.actor(Audit).get(id).total();
    }
    // The bus's own id of a delivery is not the event's.
    expect(totals).toEqual({ shop: 1, Audited: 1, "000000000000": 1, local: 1, deep: 1, [eventId]: 0 });
    expect(await app.deadLetters.list()).toEqual([]);
  });
});

describe("a subclass", () => {
  abstract class Listening extends DurableActor {
    heard: string[] = [];

    @On({ source: "shop", detailType: "Kept", id: "detail.id" })
    kept(): void {
      this.heard.push("kept");
    }
    @On({ source: "shop", detailType: "Overridden", id: "detail.id" })
    overridden(): void {
      this.heard.push("of the parent");
    }
    @On({ source: "shop", detailType: "Replaced", id: "detail.id" })
    replaced(): void {
      this.heard.push("replaced");
    }
    @Method({ readonly: true }) all(): string[] {
      return this.heard;
    }
  }
  @Actor
  class Child extends Listening {
    override overridden(): void {
      this.heard.push("of the child");
    }
    @On({ source: "shop", detailType: "Replacing", id: "detail.id" })
    override replaced(): void {
      this.heard.push("replacing");
    }
  }
  @Actor
  class Sibling extends Listening {}

  it("listens to what its parent does, with its own methods, unless it declares them anew; its sibling does not", async () => {
    const app = open(createTestApp([Child, Sibling]));
    for (const type of ["Kept", "Overridden", "Replaced", "Replacing"]) {
      await app.client.emit(type, { id: "1" }, { source: "shop" });
      await app.settled();
    }
    expect(await app.client.actor(Child).get("1").all()).toEqual(["kept", "of the child", "replacing"]);
    expect(await app.client.actor(Sibling).get("1").all()).toEqual(["kept", "of the parent", "replaced"]);
  });
});

describe("the router, given an event by EventBridge", () => {
  let clock: FakeClock;
  let local: LocalPorts;
  let handle: RouterHandler;
  let client: Client;
  beforeEach(() => {
    clock = new FakeClock();
    local = openLocal({ clock });
    handle = createRouter(ACTORS, { ...local, clock, log: silentLog });
    client = startProcess(ACTORS, local, { clock }).client;
  });
  afterEach(() => local.close());

  const give = async (event: unknown) => handle(JSON.parse(JSON.stringify(event)));
  const heardBy = async (orderId: string) => {
    await drain(handle, local);
    return client.actor(Order).get(orderId).all();
  };
  const letters = () => new DeadLetters(local, clock).list();

  it("answers how many messages that led to", async () => {
    expect(await give(bridgeEvent("OrderPaid", { orderId: "o-1", customer: "ann", amount: 200 }))).toEqual({
      messages: 3,
    });
    expect(await give(bridgeEvent("OrderPaid", { orderId: "o-1" }))).toEqual({ messages: 1 });
    expect(await give(bridgeEvent("Unheard", {}))).toEqual({ messages: 0 });
  });

  it("gives a foreign event its own id and time, and leaves its detail as it is", async () => {
    const detail = {
      orderId: "o-1",
      amount: { $date: "2026-01-01T00:00:00.000Z" },
      when: { $bigint: "no number" },
    };
    const event = bridgeEvent("OrderPaid", { ...detail, customer: "ann" });
    await give(event);
    expect(await heardBy("o-1")).toEqual([
      [
        "paid",
        {
          id: event.id,
          source: "shop",
          detailType: "OrderPaid",
          time: new Date("2026-11-24T12:00:00Z"),
          detail: { ...detail, customer: "ann" },
        },
      ],
    ]);
    expect(await client.actor(Customer).get("ann").all()).toEqual([["paid", detail.amount]]);
  });

  it("has one effect of an event that it is given three times, also after days", async () => {
    const event = bridgeEvent("OrderPaid", { orderId: "o-1", customer: "ann", amount: 200 });
    for (const afterMs of [0, 10, 3 * 24 * 3_600_000]) {
      await clock.advance(afterMs);
      await give(event);
      await drain(handle, local);
    }
    expect((await heardBy("o-1")).map(([method]) => method).sort()).toEqual(["paid", "paidMuch"]);
    expect(await client.actor(Customer).get("ann").all()).toHaveLength(1);
  });

  it("has one effect of an event that was published twice, and so has two ids of the bus", async () => {
    const detail = { orderId: "o-1", amount: 1, metadata: { eventId: "e-1" } };
    for (let times = 0; times < 3; times++) {
      await give(bridgeEvent("OrderPaid", detail));
      await clock.advance(10 * 60_000);
    }
    expect(await heardBy("o-1")).toMatchObject([["paid", { id: "e-1" }]]);
  });

  it("has an effect of each of two events that differ in nothing but their ids", async () => {
    for (const eventId of ["e-1", "e-2"])
      await give(bridgeEvent("OrderPaid", { orderId: "o-1", metadata: { eventId } }));
    expect(await heardBy("o-1")).toHaveLength(2);
  });

  it.each([null, 5, "", {}, []])("takes the bus's id when the event's own is %j", async (eventId) => {
    const event = bridgeEvent("OrderPaid", { orderId: "o-1", metadata: { eventId } });
    await give(event);
    expect(await heardBy("o-1")).toMatchObject([["paid", { id: event.id }]]);
  });

  it.each([null, "text", 5, []])("takes a foreign detail whose metadata are %j", async (metadata) => {
    await give(bridgeEvent("OrderPaid", { orderId: "o-1", metadata }));
    expect(await heardBy("o-1")).toMatchObject([["paid", { detail: { metadata } }]]);
  });

  it("fails when a message cannot be queued, so that the event comes again; then each listener has one effect", async () => {
    const { messages } = local.queues;
    const { send } = messages;
    const sent: string[] = [];
    messages.send = async (message) => {
      sent.push(JSON.parse(message.body).actor as string);
      if (sent.length === 2) throw new QueueUnavailable("down");
      return send.call(messages, message);
    };
    const event = bridgeEvent("OrderPaid", { orderId: "o-1", customer: "ann", amount: 1 });
    await expect(give(event)).rejects.toMatchObject({ code: "QueueUnavailable" });
    await drain(handle, local);
    await clock.advance(10 * 60_000);
    expect(await give(event)).toEqual({ messages: 2 });
    expect(await heardBy("o-1")).toHaveLength(1);
    expect(await client.actor(Customer).get("ann").all()).toHaveLength(1);
  });

  it("fails when a dead letter cannot be kept, so that the event comes again; then there is one letter", async () => {
    const { deadLetters } = local.queues;
    const { send } = deadLetters;
    let isDown = true;
    deadLetters.send = async (message) => {
      if (isDown) throw new QueueUnavailable("down");
      return send.call(deadLetters, message);
    };
    const event = bridgeEvent("OrderPaid", { amount: 1 });
    await expect(give(event)).rejects.toMatchObject({ code: "QueueUnavailable" });
    isDown = false;
    for (let times = 0; times < 3; times++) expect(await give(event)).toEqual({ messages: 0 });
    // For the order, and for the customer.
    expect((await letters()).map(({ reason }) => reason.message).sort()).toEqual([
      expect.stringContaining('"detail.customer"'),
      expect.stringContaining('"detail.orderId"'),
    ]);
  });

  it("keeps the event as it came in each dead letter, whatever other listeners made of it", async () => {
    const detail = {
      orderId: "o-1",
      amount: { $bigint: "12" },
      list: [{ $date: "2026-01-01T00:00:00.000Z" }, { $map: [["k", 1]] }],
      metadata: { eventId: "e-1", encoding: "durable-lambda" },
    };
    // The order gets it; the customer is missing.
    const event = bridgeEvent("OrderPaid", detail);
    expect(await give(event)).toEqual({ messages: 1 });
    expect(await heardBy("o-1")).toMatchObject([["paid", { detail: { amount: 12n } }]]);
    const [letter] = await letters();
    expect(JSON.parse(letter?.body ?? "")).toEqual(event);
  });

  it("says in the log what became of an event", async () => {
    const lines: [string, object | undefined][] = [];
    const note = (message: string, fields?: object) => void lines.push([message, fields]);
    const log: Logger = { debug: note, info: note, warn: note, error: note };
    const logging = createRouter(ACTORS, { ...local, clock, log });
    await logging(bridgeEvent("OrderPaid", { orderId: "o-1", metadata: { eventId: "e-1" } }));
    expect(lines).toHaveLength(2);
    expect(Object.fromEntries(lines)).toMatchObject({
      "event passed on": { eventId: "e-1", to: "Order/o-1.paid" },
      "event is a dead letter now": { eventId: "e-1", target: "Customer.paid", code: "UnexpectedEvent" },
    });
  });
});

describe("client.emit", () => {
  interface Way {
    readonly client: Client;
    heardBy(orderId: string): Promise<unknown[]>;
  }
  /** Ways for an event from a client to the bus. */
  const ways: Readonly<Record<string, () => Promise<Way>>> = {
    async inline() {
      const app = open(createTestApp(ACTORS));
      return {
        client: app.client,
        async heardBy(orderId) {
          await app.settled();
          return app.client.actor(Order).get(orderId).all();
        },
      };
    },
    async "over HTTP"() {
      const app = open(await startLocal({ actors: ACTORS, log: silentLog }));
      return {
        client: createClient({ transport: httpTransport({ url: app.url }) }),
        heardBy: (orderId) => eventually(() => app.client.actor(Order).get(orderId).all()),
      };
    },
    async "to the bus itself"() {
      const local = open(openLocal());
      const handle = createRouter(ACTORS, { ...local, log: silentLog });
      const { client } = startProcess(ACTORS, local);
      const noCalls = { invoke: () => Promise.reject(new Error("called")) };
      return {
        client: clientOver(directTransport(noCalls, new Messenger(local, systemClock))),
        async heardBy(orderId) {
          for (const { body } of await local.bus.deliveries.receive({ max: 10, waitMs: 0, hideMs: 1 }))
            await handle(JSON.parse(body));
          await drain(handle, local);
          return client.actor(Order).get(orderId).all();
        },
      };
    },
  };

  /** What there is as soon as there is something. */
  async function eventually(read: () => Promise<unknown[]>): Promise<unknown[]> {
    for (;;) {
      const found = await read();
      if (found.length > 0) return found;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it.each(Object.entries(ways))("%s reaches who listens, with its id", async (_name, start) => {
    const { client, heardBy } = await start();
    const detail = { orderId: "o-1", amount: new Date(5), metadata: { trace: "t" } };
    const { eventId } = await client.emit("OrderPaid", detail, { source: "shop" });
    expect(eventId).toMatch(/^[\w-]{16}$/);
    expect(await heardBy("o-1")).toMatchObject([
      [
        "paid",
        { id: eventId, source: "shop", detail: { amount: new Date(5), metadata: { trace: "t", eventId } } },
      ],
    ]);
  });

  it.each(Object.entries(ways))(
    "%s refuses what is no event, before anything is sent",
    async (_name, start) => {
      const { client } = await start();
      const emit = (...args: unknown[]) => failureOf(client.emit(...(args as Parameters<Client["emit"]>)));
      for (const [args, field] of [
        [[""], "detailType"],
        [["x".repeat(129)], "detailType"],
        [[5], "detailType"],
        [["T", [1]], "detail"],
        [["T", "text"], "detail"],
        [["T", null], "detail"],
        [["T", { metadata: 1 }], "detail.metadata"],
        [["T", {}, { source: "" }], "source"],
        [["T", {}, { source: "x".repeat(257) }], "source"],
        [["T", {}, { source: "aws.s3" }], "source"],
        [["T", {}, { source: 5 }], "source"],
        [["T", {}, { eventId: "" }], "eventId"],
        [["T", {}, { eventId: "x".repeat(257) }], "eventId"],
        [["T", {}, { eventId: 5 }], "eventId"],
      ] as const) {
        expect([args, await emit(...args)]).toMatchObject([
          args,
          { code: "UnexpectedEvent", details: { field } },
        ]);
      }
      for (const [args, code] of [
        [["T", { f: () => {} }], "NotSerializable"],
        [["T", { text: "\uD800" }], "NotSerializable"],
        [["T", JSON.parse('{"__proto__":{}}')], "ForbiddenKey"],
        [["T", { text: "x".repeat(262_144) }], "PayloadTooLarge"],
      ] as const) {
        expect(await emit(...args)).toMatchObject({ code });
      }
    },
  );

  it("with the same id twice has one effect on each listener, and is on the bus twice", async () => {
    const app = open(createTestApp(ACTORS));
    for (let times = 0; times < 2; times++) {
      const detail = { orderId: "o-1", customer: "ann", amount: 200 };
      expect(await app.client.emit("OrderPaid", detail, { source: "shop", eventId: "e-1" })).toEqual({
        eventId: "e-1",
      });
      await app.clock.advance("10m");
    }
    expect(app.events).toHaveLength(2);
    expect(await app.client.actor(Order).get("o-1").all()).toHaveLength(2);
    expect(await app.client.actor(Customer).get("ann").all()).toHaveLength(1);
  });

  it("has a source and an empty detail unless told otherwise, and an id of its own each time", async () => {
    const app = open(createTestApp(ACTORS));
    const ids = [(await app.client.emit("A")).eventId, (await app.client.emit("A")).eventId];
    expect(new Set(ids).size).toBe(2);
    expect(app.events).toMatchObject(
      ids.map((id) => ({ id, source: "durable-lambda", detail: { metadata: { eventId: id } } })),
    );
  });

  it("is tried again where that may help, as the same event", async () => {
    const clock = new FakeClock();
    const sent: unknown[] = [];
    const client = clientOver(
      {
        async invoke(request) {
          sent.push(request);
          if (sent.length < 3) throw new TransportError("no answer");
          return { ok: true, result: "done" };
        },
      },
      { clock },
    );
    const emitted = client.emit("A", { at: new Date(1) }, { source: "shop" });
    await clock.advance(1_000);
    const { eventId } = await emitted;
    const request = {
      mode: "emit",
      source: "shop",
      detailType: "A",
      detail: { at: { $date: expect.any(String) as string } },
      eventId,
    };
    expect(sent).toEqual([request, request, request]);
  });

  it("is a request that anybody can make: by a direct invoke, and over HTTP", async () => {
    const app = open(await startLocal({ actors: ACTORS, log: silentLog }));
    const local = open(openLocal());
    const handle = createRouter(ACTORS, { ...local, log: silentLog });
    const request = { mode: "emit", source: "shop", detailType: "OrderPaid", detail: { orderId: "o-1" } };
    expect(await handle({ ...request, eventId: "e-1" })).toEqual({ ok: true, result: "e-1" });
    expect(await handle({ mode: "emit", source: "shop", detailType: "A" })).toMatchObject({
      ok: true,
      result: expect.stringMatching(/^[\w-]{16}$/) as string,
    });
    expect(local.bus.published()).toMatchObject([{ id: "e-1" }, { detailType: "A" }]);
    const { status, json } = await sendHttp(app.url, { path: "/actors", body: JSON.stringify(request) });
    expect([status, json]).toMatchObject([
      200,
      { ok: true, result: expect.stringMatching(/^[\w-]{16}$/) as string },
    ]);
  });
});
