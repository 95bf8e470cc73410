/**
 * Hostile events: whatever comes from the bus, the router lives, nothing reaches a prototype, and what cannot be processed is a
 * dead letter with the reason. A request to publish is no better friend.
 */
import { inspect } from "node:util";
import {
  Actor,
  type ActorEvent,
  createRouter,
  DurableActor,
  Method,
  On,
  type RouterHandler,
} from "durable-lambda";
import { type LocalApp, startLocal } from "durable-lambda/local";
import fc from "fast-check";
import { type Client, clientOver } from "../lib/client/client";
import { inlineTransport } from "../lib/client/inline-transport";
import type { DeadLetter } from "../lib/messages/dead-letter";
import { DeadLetters } from "../lib/messages/dead-letters";
import { drain } from "./support/batches";
import { FakeClock } from "./support/fake-clock";
import { send as sendHttp } from "./support/hostile-http";
import { type LocalPorts, openLocal } from "./support/local-ports";
import { silentLog, startProcess } from "./support/process";

@Actor
class Vault extends DurableActor {
  heard = 0;
  last: unknown = null;

  @On({ source: "shop", detailType: "Paid", id: "detail.id" })
  paid({ detail }: ActorEvent): void {
    this.heard++;
    this.last = detail;
  }
  @On({
    source: "shop",
    detailType: "Listed",
    id: "detail.id",
    detail: { items: { a: [1], b: [1], c: [2] } },
  })
  listed(): void {
    this.heard++;
  }
  @On({ source: "shop", detailType: "Odd", id: "detail.__proto__.constructor" })
  odd(): void {
    this.heard++;
  }
  @Method({ readonly: true }) all(): { heard: number; last: unknown } {
    return { heard: this.heard, last: this.last };
  }
}

let clock: FakeClock;
let local: LocalPorts;
let handle: RouterHandler;
let client: Client;

const prototypes = (): string[] =>
  [
    Object.prototype,
    Array.prototype,
    Function.prototype,
    Map.prototype,
    Date.prototype,
    String.prototype,
  ].map((prototype) => inspect(Object.getOwnPropertyDescriptors(prototype)));
const prototypesBefore = prototypes();

beforeEach(() => {
  clock = new FakeClock();
  local = openLocal({ clock });
  handle = createRouter([Vault], { ...local, clock, log: silentLog });
  client = startProcess([Vault], local, { clock }).client;
});
afterEach(async () => {
  expect(prototypes()).toEqual(prototypesBefore);
  await local.close();
});

let serial = 0;
/** An event as JSON text, so that a case can replace any field by any text, or leave it out. */
function eventText(fields: Readonly<Record<string, string | undefined>> = {}): string {
  const all: Record<string, string | undefined> = {
    version: '"0"',
    id: `"00000000-0000-4000-8000-${String(serial++).padStart(12, "0")}"`,
    "detail-type": '"Paid"',
    source: '"shop"',
    account: '"123456789012"',
    time: '"2026-11-24T12:00:00Z"',
    region: '"eu-central-1"',
    resources: "[]",
    detail: '{"id":"v"}',
    ...fields,
  };
  const members = Object.entries(all).flatMap(([key, text]) =>
    text === undefined ? [] : [`${JSON.stringify(key)}:${text}`],
  );
  return `{${members.join(",")}}`;
}

/** As Lambda hands an event over: `__proto__` is an own key, and JSON of any depth is read. */
const give = (text: string) => handle(JSON.parse(text) as unknown);
const letters = (): Promise<DeadLetter[]> => new DeadLetters(local, clock).list();
async function heard(): Promise<{ heard: number; last: unknown }> {
  await drain(handle, local);
  return client.actor(Vault).get("v").all();
}

const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
const deepArray = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const withId = (members: string) => `{"id":"v",${members}}`;
const tagged = (members: string) =>
  withId(`"metadata":{"eventId":"e","encoding":"durable-lambda"},${members}`);
const LONE = '"\\ud800"';

type Fields = Readonly<Record<string, string | undefined>>;

describe("an event that is no event to listen to", () => {
  it.each<[string, Fields]>([
    ["no source", { source: undefined }],
    ["a source that is a number", { source: "5" }],
    ["a source that is null", { source: "null" }],
    ["no type", { "detail-type": undefined }],
    ["a type that is an array", { "detail-type": '["Paid"]' }],
    ["no detail", { detail: undefined }],
  ])("with %s is refused as an unknown form", async (_what, fields) => {
    expect(await give(eventText(fields))).toMatchObject({ ok: false, error: { code: "UnexpectedEvent" } });
    expect(await letters()).toEqual([]);
  });

  it.each<[string, Fields]>([
    ["a source with a lone surrogate", { source: LONE }],
    ["an empty source", { source: '""' }],
    ["a long source", { source: `"${"x".repeat(100_000)}"` }],
    ["a type that is a name of Object.prototype", { "detail-type": '"__proto__"' }],
    ["no time", { time: undefined, source: '"other"' }],
    ["a detail of 5,000 levels", { detail: deep(5_000), source: '"other"' }],
    ["a detail that is null", { detail: "null", source: '"other"' }],
    ["a detail that is text", { detail: '"Paid"', source: '"other"' }],
    ["a detail that is an array", { detail: "[1]", source: '"other"' }],
  ])("with %s is ignored when nobody listens to it", async (_what, fields) => {
    expect(await give(eventText(fields))).toEqual({ messages: 0 });
    expect(await letters()).toEqual([]);
  });
});

describe("an event that somebody listens to", () => {
  const cases: readonly [string, Fields, string, RegExp][] = [
    ["no time", { time: undefined }, "UnexpectedEvent", /"time"/],
    ["a time that is null", { time: "null" }, "UnexpectedEvent", /"time"/],
    ["a time that is a number", { time: "5" }, "UnexpectedEvent", /"time"/],
    ["a time that is none", { time: '"soon"' }, "UnexpectedEvent", /"time"/],
    ["a time beyond all", { time: '"+999999-01-01T00:00:00Z"' }, "UnexpectedEvent", /"time"/],
    ["no id", { id: undefined }, "UnexpectedEvent", /"id"/],
    ["an id that is null", { id: "null" }, "UnexpectedEvent", /"id"/],
    ["an empty id", { id: '""' }, "UnexpectedEvent", /"id"/],
    ["an id that cannot be made text", { id: '{"toString":1,"valueOf":1}' }, "UnexpectedEvent", /"id"/],
    ["an id of 5,000 levels", { id: deepArray(5_000) }, "UnexpectedEvent", /"id"/],
    ["an id with a lone surrogate", { id: LONE }, "NotSerializable", /event\.id/],
    ["a detail that is null", { detail: "null" }, "UnexpectedEvent", /"detail\.id".*missing/],
    ["a detail that is text", { detail: '"v"' }, "UnexpectedEvent", /"detail\.id".*missing/],
    ["a detail that is a number", { detail: "5" }, "UnexpectedEvent", /"detail\.id".*missing/],
    ["a detail that is an array", { detail: '[{"id":"v"}]' }, "UnexpectedEvent", /"detail\.id".*missing/],
    [
      "__proto__ in the detail",
      { detail: withId('"__proto__":{"polluted":1}') },
      "ForbiddenKey",
      /detail\.__proto__/,
    ],
    [
      "__proto__ deeper",
      { detail: withId('"a":[{"__proto__":{"polluted":1}}]') },
      "ForbiddenKey",
      /detail\.a\[0\]\.__proto__/,
    ],
    [
      "a constructor's prototype",
      { detail: withId('"constructor":{"prototype":{"polluted":1}}') },
      "ForbiddenKey",
      /detail\.constructor/,
    ],
    [
      "__proto__ in the metadata",
      { detail: withId('"metadata":{"__proto__":{"eventId":"e"}}') },
      "ForbiddenKey",
      /__proto__/,
    ],
    ["a detail of 101 levels", { detail: withId(`"a":${deep(100)}`) }, "TooDeep", /detail/],
    ["a detail of 5,000 levels", { detail: withId(`"a":${deep(5_000)}`) }, "TooDeep", /detail/],
    ["arrays of 100,000 levels", { detail: withId(`"a":${deepArray(100_000)}`) }, "TooDeep", /detail/],
    ["metadata of 5,000 levels", { detail: withId(`"metadata":${deep(5_000)}`) }, "TooDeep", /detail/],
    ["tags over 5,000 levels", { detail: tagged(`"a":${deep(5_000)}`) }, "TooDeep", /detail/],
    ["a lone surrogate", { detail: withId(`"a":${LONE}`) }, "NotSerializable", /detail\.a/],
    ["a lone surrogate as a key", { detail: withId(`${LONE}:1`) }, "NotSerializable", /detail/],
    ["a lone surrogate as the actor's id", { detail: `{"id":${LONE}}` }, "NotSerializable", /detail\.id/],
    [
      "an event id with a lone surrogate",
      { detail: withId(`"metadata":{"eventId":${LONE}}`) },
      "NotSerializable",
      /./,
    ],
    ["a tag that nobody knows", { detail: tagged('"a":{"$who":1}') }, "UnexpectedEvent", /detail\.a.*\$who/],
    ["a tag with a wrong date", { detail: tagged('"a":{"$date":"soon"}') }, "UnexpectedEvent", /detail\.a/],
    ["a tag with a wrong map", { detail: tagged('"a":{"$map":[1]}') }, "UnexpectedEvent", /detail\.a/],
    [
      "a tag with a vast number",
      { detail: tagged(`"a":{"$bigint":"${"9".repeat(20_000)}"}`) },
      "UnexpectedEvent",
      /detail\.a/,
    ],
    [
      "a tag that hides __proto__",
      { detail: tagged('"a":{"$map":[["k",{"__proto__":{}}]]}') },
      "ForbiddenKey",
      /__proto__/,
    ],
    [
      "hops beyond the limit",
      { detail: withId('"metadata":{"hops":65}') },
      "HopLimitExceeded",
      /Vault\.paid .*65/,
    ],
    [
      "hops beyond all",
      { detail: withId('"metadata":{"hops":9007199254740991}') },
      "HopLimitExceeded",
      /Vault\.paid/,
    ],
    [
      "a text of a megabyte",
      { detail: withId(`"a":"${"x".repeat(1_048_576)}"`) },
      "PayloadTooLarge",
      /bytes/,
    ],
  ];

  it.each(cases)("with %s is a dead letter that says why", async (_what, fields, code, message) => {
    const text = eventText(fields);
    expect(await give(text)).toEqual({ messages: 0 });
    const found = await letters();
    expect(found).toMatchObject([{ reason: { code } }]);
    expect(found[0]?.reason.message).toMatch(message);
    expect(found[0]?.reason.message.length).toBeLessThan(1_001);
    // The letter shows the event, or the beginning of one that is too large or too deep.
    expect(found[0]?.body).toContain('"shop"');
    // Delivered again, it is the same letter.
    expect(await give(text)).toEqual({ messages: 0 });
    expect(await heard()).toEqual({ heard: 0, last: null });
    // And no letter that could be taken for a message.
    expect(await new DeadLetters(local, clock).redrive({ actor: "Vault" })).toBe(0);
  });

  it.each<[string, string]>([
    [
      "members that many objects have",
      withId('"toString":1,"hasOwnProperty":null,"constructor":{"name":"x"},"prototype":{}'),
    ],
    ["a then", withId('"then":{"then":1}')],
    ["a toJSON", withId('"toJSON":"x"')],
    [
      "what looks like tags",
      withId('"a":{"$date":"soon"},"b":{"$map":[1]},"c":{"$undefined":true},"d":{"$who":{}}'),
    ],
    ["90 levels", withId(`"a":${deep(89)}`)],
    ["10,000 keys", withId(Array.from({ length: 10_000 }, (_, index) => `"k${index}":${index}`).join(","))],
    ["an array of 100,000", withId(`"a":[${"1,".repeat(99_999)}1]`)],
    ["numbers that JSON alone has", withId('"a":1e-400,"b":123456789012345680000')],
  ])("may have a detail with %s: it is data", async (_what, detail) => {
    expect(await give(eventText({ detail }))).toEqual({ messages: 1 });
    expect(await heard()).toEqual({ heard: 1, last: JSON.parse(detail) });
    expect(await letters()).toEqual([]);
  });

  it.each<[string, Fields]>([
    ["hops that are text", { detail: withId('"metadata":{"hops":"99"}') }],
    ["negative hops", { detail: withId('"metadata":{"hops":-1}') }],
    ["hops with a fraction", { detail: withId('"metadata":{"hops":99.5}') }],
    ["hops that are null", { detail: withId('"metadata":{"hops":null}') }],
    ["an event id of 100 KB", { detail: `{"id":"v","metadata":{"eventId":"${"x".repeat(100_000)}"}}` }],
    ["an event id with controls", { detail: withId('"metadata":{"eventId":"\\u0000\\n"}') }],
    ["an encoding of somebody else's", { detail: withId('"metadata":{"encoding":"gzip"}') }],
    ["no account or region", { account: undefined, region: "null" }],
    [
      "members that it should not have",
      { Records: "[]", mode: '"emit"', requestContext: "{}", actor: '"Vault"' },
    ],
    ["__proto__ beside the detail", { __proto__: undefined, resources: '[{"__proto__":{"polluted":1}}]' }],
  ])("may have %s", async (_what, fields) => {
    expect(await give(eventText(fields))).toEqual({ messages: 1 });
    expect(await heard()).toMatchObject({ heard: 1 });
    expect(await letters()).toEqual([]);
  });

  it("does not find an actor's id where only a prototype has it", async () => {
    for (const detail of ["{}", "[]", '""', '{"__proto__":{"constructor":"v"}}']) {
      await give(eventText({ "detail-type": '"Odd"', detail }));
    }
    expect((await letters()).length).toBeGreaterThan(0);
    expect(await heard()).toMatchObject({ heard: 0 });
  });

  it("gets two letters for two events that both lack an id", async () => {
    for (const amount of [1, 2])
      await give(eventText({ id: undefined, detail: withId(`"amount":${amount}`) }));
    expect(
      (await letters()).map(({ body }) => (JSON.parse(body) as { detail: { amount: number } }).detail.amount),
    ).toEqual([1, 2]);
  });

  it("is matched in time that grows no faster than it does, however many elements fit in part", async () => {
    const item = '{"a":1,"b":1,"c":1}';
    const text = eventText({
      "detail-type": '"Listed"',
      detail: withId(`"items":[${`${item},`.repeat(12_000)}${item}]`),
    });
    expect(text.length).toBeLessThan(256 * 1_024);
    const startMs = performance.now();
    expect(await give(text)).toEqual({ messages: 0 });
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });

  it("may be anything: the router answers, and never throws", async () => {
    const json = fc.jsonValue({ maxDepth: 5 });
    const field = fc.option(json, { nil: undefined });
    const event = fc.record(
      {
        id: fc.oneof(fc.uuid(), json),
        source: fc.oneof(fc.constant("shop"), fc.string({ unit: "binary" })),
        "detail-type": fc.oneof(fc.constant("Paid"), fc.constant("Listed"), fc.string()),
        time: fc.oneof(fc.constant("2026-11-24T12:00:00Z"), json),
        detail: fc.oneof(json, fc.record({ id: json, metadata: field, items: field })),
        resources: field,
      },
      { requiredKeys: ["source", "detail-type", "detail"] },
    );
    await fc.assert(
      fc.asyncProperty(event, async (given) => {
        expect(await give(JSON.stringify(given))).toEqual({ messages: expect.any(Number) });
      }),
      { numRuns: 300, seed: 20_261_124 },
    );
  });
});

describe("a request to publish", () => {
  let app: LocalApp;
  beforeAll(async () => {
    app = await startLocal({ actors: [Vault], log: silentLog });
  });
  afterAll(() => app.close());

  const request = (fields: Fields) => {
    const all: Fields = {
      mode: '"emit"',
      source: '"shop"',
      detailType: '"Paid"',
      detail: '{"id":"v"}',
      ...fields,
    };
    const members = Object.entries(all).flatMap(([key, text]) =>
      text === undefined ? [] : [`${JSON.stringify(key)}:${text}`],
    );
    return `{${members.join(",")}}`;
  };

  const cases: readonly [string, Fields, string, object][] = [
    ["no source", { source: undefined }, "UnexpectedEvent", { field: "source" }],
    ["a source that is an object", { source: "{}" }, "UnexpectedEvent", { field: "source" }],
    ["a source of AWS", { source: '"aws.events"' }, "UnexpectedEvent", { field: "source" }],
    ["a source with a lone surrogate", { source: LONE }, "UnexpectedEvent", { field: "source" }],
    ["no type", { detailType: undefined }, "UnexpectedEvent", { field: "detailType" }],
    ["a long type", { detailType: `"${"x".repeat(100_000)}"` }, "UnexpectedEvent", { field: "detailType" }],
    ["a detail that is null", { detail: "null" }, "UnexpectedEvent", { field: "detail" }],
    ["a detail that is an array", { detail: "[]" }, "UnexpectedEvent", { field: "detail" }],
    [
      "a detail that is a date",
      { detail: '{"$date":"2026-01-01T00:00:00.000Z"}' },
      "UnexpectedEvent",
      { field: "detail" },
    ],
    ["a tag that nobody knows", { detail: '{"a":{"$who":1}}' }, "UnexpectedEvent", { field: "detail" }],
    [
      "metadata that are text",
      { detail: '{"metadata":"x"}' },
      "UnexpectedEvent",
      { field: "detail.metadata" },
    ],
    [
      "metadata that are a map",
      { detail: '{"metadata":{"$map":[]}}' },
      "UnexpectedEvent",
      { field: "detail.metadata" },
    ],
    ["__proto__", { detail: '{"__proto__":{"polluted":1}}' }, "ForbiddenKey", { path: "detail.__proto__" }],
    ["101 levels", { detail: deep(101) }, "TooDeep", { limit: 100 }],
    ["5,000 levels", { detail: deep(5_000) }, "TooDeep", { limit: 100 }],
    ["a lone surrogate", { detail: `{"a":${LONE}}` }, "NotSerializable", { path: "detail.a" }],
    ["an id that is a number", { eventId: "5" }, "UnexpectedEvent", { field: "eventId" }],
    ["an id that is null", { eventId: "null" }, "UnexpectedEvent", { field: "eventId" }],
    ["an id with a lone surrogate", { eventId: LONE }, "UnexpectedEvent", { field: "eventId" }],
    ["hops that are text", { hops: '"x"' }, "UnexpectedEvent", { field: "hops" }],
    ["negative hops", { hops: "-1" }, "UnexpectedEvent", { field: "hops" }],
    ["hops with a fraction", { hops: "1.5" }, "UnexpectedEvent", { field: "hops" }],
    ["hops beyond all", { hops: "1e300" }, "UnexpectedEvent", { field: "hops" }],
    ["a field of a call", { actor: '"Vault"' }, "UnexpectedEvent", { field: "actor" }],
    ["a field that there is not", { metadata: "{}" }, "UnexpectedEvent", { field: "metadata" }],
    [
      "more than 256 KB",
      { detail: `{"a":"${"x".repeat(262_144)}"}` },
      "PayloadTooLarge",
      { limitBytes: 262_144 },
    ],
  ];

  it.each(cases)(
    "with %s is refused before anything is published, however it comes",
    async (_what, fields, code, details) => {
      const text = request(fields);
      const reply = await give(text);
      expect(reply).toMatchObject({ ok: false, error: { code, retryable: false, details } });
      expect(JSON.stringify(reply).length).toBeLessThan(2_000);
      expect(local.bus.published()).toEqual([]);
      const { status, json } = await sendHttp(app.url, { path: "/actors", body: text });
      expect(json).toMatchObject({ error: { code, details } });
      expect([400, 413]).toContain(status);
    },
  );

  it("may be any JSON: the answer is a reply, never a thrown error", async () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    const fields = fc.record(
      {
        source: fc.oneof(fc.constant("shop"), json),
        detailType: fc.oneof(fc.constant("Paid"), json),
        detail: json,
        eventId: json,
        hops: json,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fields, async (given) => {
        expect(await give(JSON.stringify({ ...given, mode: "emit" }))).toEqual(
          expect.objectContaining({ ok: expect.any(Boolean) as boolean }),
        );
      }),
      { numRuns: 300, seed: 20_261_124 },
    );
  });
});

it("an inline client and the local engine outlive all of that: the event that comes last is heard", async () => {
  const own = clientOver(inlineTransport(startProcess([Vault], local, { clock }).runtime), { clock });
  await expect(own.emit("Paid", JSON.parse('{"__proto__":{"polluted":1}}') as object)).rejects.toMatchObject({
    code: "ForbiddenKey",
  });
  await own.emit("Paid", { id: "v" }, { source: "shop" });
  const [delivery] = await local.bus.deliveries.receive({ max: 1, waitMs: 0, hideMs: 1_000 });
  await give(delivery?.body ?? "");
  expect(await heard()).toMatchObject({ heard: 1 });
});
