// biome-ignore-all lint/suspicious/noThenProperty: objects with a `then` are what these tests are about
/**
 * Hostile input: each gets a clear typed error that names the field, before any effect. Object.prototype stays as it
 * is, and the process alive.
 */
import { inspect } from "node:util";
import {
  Actor,
  createClient,
  createRouter,
  DurableActor,
  httpTransport,
  type Invocation,
  type Logger,
  Method,
  type Transport,
} from "durable-lambda";
import { type LocalApp, startLocal } from "durable-lambda/local";
import fc from "fast-check";
import { addressKey, parseAddressKey } from "../lib/address";
import { systemClock } from "../lib/clock";
import { LocalDatabase } from "../lib/local/database";
import { localPorts } from "../lib/local/ports";
import { SqliteStore } from "../lib/local/sqlite-store";
import { systemRandom } from "../lib/random";
import { send, sendBytes } from "./support/hostile-http";

const seen = { turns: 0, getters: 0, thens: 0 };

@Actor
class Vault extends DurableActor {
  count = 0;
  kept: unknown = null;
  #x = 1;
  static stat(): number {
    return 1;
  }

  constructor() {
    super();
    Object.defineProperty(this, "trap", { get: () => ++seen.getters });
  }

  @Method increment(by = 1): number {
    seen.turns++;
    this.count += by;
    return this.count;
  }
  @Method keep(value: unknown): unknown {
    seen.turns++;
    this.kept = value;
    return this.kept;
  }
  @Method async echo(value: unknown): Promise<unknown> {
    seen.turns++;
    await null;
    return value;
  }
  @Method thenable(): unknown {
    const value = {};
    Object.defineProperty(value, "then", { value: () => seen.thens++, enumerable: true });
    return value;
  }
  @Method({ readonly: true }) value(): number {
    return this.count;
  }
  @Method size(text: string): number {
    return text.length;
  }
  @Method fail(text: string): never {
    throw new Error(`failed with ${text.length} characters`);
  }

  get secret(): string {
    seen.getters++;
    return "secret";
  }
  undeclared(): void {
    seen.turns++;
  }
  override onActivate(): void {}
  x(): number {
    return this.#x;
  }
}

const logged: string[] = [];
const record =
  (level: string) =>
  (...line: unknown[]): void => {
    logged.push(`${level} ${inspect(line, { depth: 9 })}`);
  };
const log: Logger = {
  debug: record("debug"),
  info: record("info"),
  warn: record("warn"),
  error: record("error"),
};

let app: LocalApp;
/** Requests to the router's store; an event that is refused makes none, not even for a lease. */
const requests: string[] = [];
class WatchedStore extends SqliteStore {
  override acquire(...request: Parameters<SqliteStore["acquire"]>): ReturnType<SqliteStore["acquire"]> {
    requests.push("acquire");
    return super.acquire(...request);
  }
  override read(...request: Parameters<SqliteStore["read"]>): ReturnType<SqliteStore["read"]> {
    requests.push("read");
    return super.read(...request);
  }
}
const database = new LocalDatabase(":memory:");
const store = new WatchedStore(database);
const handle = createRouter([Vault], {
  ...localPorts(database, systemClock, systemRandom),
  store,
  log,
  authorize: () => true,
});

interface Reply {
  ok: boolean;
  result?: unknown;
  version?: number;
  error?: {
    code: string;
    message: string;
    retryable: boolean;
    details?: Record<string, unknown>;
    stack?: string;
  };
}
/** As Lambda hands an event over: a JSON copy, in which `__proto__` is an own key. */
const event = (json: string): unknown => JSON.parse(json);
const invokeEvent = async (given: unknown) => (await handle(given)) as Reply;
const direct = (id: unknown, method: unknown, args: unknown = [], actor: unknown = "Vault") =>
  invokeEvent(event(JSON.stringify({ actor, id, method, args })));

/** The prototypes that hostile input could change, with what they look like. */
const prototypes = (): string[] =>
  [Object.prototype, Array.prototype, Function.prototype, Map.prototype, String.prototype].map((prototype) =>
    inspect(Object.getOwnPropertyDescriptors(prototype)),
  );
const prototypesBefore = prototypes();

beforeAll(async () => {
  app = await startLocal({ actors: [Vault], log });
});
beforeEach(() => {
  Object.assign(seen, { turns: 0, getters: 0, thens: 0 });
  logged.length = 0;
  requests.length = 0;
});
afterEach(() => {
  expect(prototypes()).toEqual(prototypesBefore);
});
afterAll(async () => {
  await app.close();
  await database.close();
});

/** Nothing ran, and the router's store was not asked for anything. */
function expectUntouched(): void {
  expect(seen).toEqual({ turns: 0, getters: 0, thens: 0 });
  expect(requests).toEqual([]);
}

describe("an actor id", () => {
  const bad: readonly [string, unknown][] = [
    ["empty", ""],
    ["of 513 bytes", "x".repeat(513)],
    ["of 300 characters that have 600 bytes", "é".repeat(300)],
    ["of a million characters", "x".repeat(1_000_000)],
    ["with NUL", "a\0b"],
    ["with a line feed", "a\nb"],
    ["with DEL", "a\u007Fb"],
    ["with a C1 control", "a\u0085b"],
    ["with a lone high surrogate", "a\uD800"],
    ["with a lone low surrogate", "\uDC00"],
    ["that is a number", 1],
    ["that is null", null],
    ["that is missing", undefined],
    ["that is an object", { toString: "x" }],
    ["that is an array", ["c1"]],
    ["that is true", true],
  ];

  it.each(bad)("%s is InvalidActorId, naming the field, over direct invoke", async (_name, id) => {
    const { ok, error } = await direct(id, "increment");
    expect(ok).toBe(false);
    expect(error).toMatchObject({
      code: "InvalidActorId",
      retryable: false,
      details: { field: "id", limitBytes: 512 },
    });
    expect(seen.turns).toBe(0);
  });

  it.each(bad)("%s is InvalidActorId on the proxy, before anything is sent", (_name, id) => {
    const transport: Transport = { invoke: () => Promise.reject(new Error("sent")) };
    expect(() =>
      createClient({ transport })
        .actor(Vault)
        .get(id as string),
    ).toThrow(expect.objectContaining({ code: "InvalidActorId" }));
  });

  it.each(["", "a%00b", "a%0Ab", "%C2%85", "x".repeat(513)])("%p is InvalidActorId in a path", async (id) => {
    const { status, json } = await send(app.url, { path: `/actors/Vault/${id}/increment` });
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { code: "InvalidActorId", details: { field: "id" } } });
  });

  it("does not come back at full length in the error", async () => {
    for (const id of [
      "x".repeat(1_000_000),
      `${"x".repeat(1_000_000)}\n`,
      `${"x".repeat(1_000_000)}\uD800`,
    ]) {
      expect(JSON.stringify(await direct(id, "increment")).length).toBeLessThan(5_000);
    }
  });
});

const GOOD_IDS = [
  "a",
  "A",
  "a#b",
  "a/b",
  "a/b/increment",
  "/a",
  "a/",
  "a//b",
  "/",
  ".",
  "..",
  "../a",
  "../../Vault/a",
  "%",
  "%2F",
  "%41",
  "%2e%2e",
  "a%",
  "?",
  "?x#y",
  "#",
  "a b",
  " a",
  "a ",
  " ",
  "+",
  "é",
  "e\u0301",
  "🙂",
  "👩‍👩‍👧",
  "\u2028",
  "\u200B",
  "\uFEFF",
  "x".repeat(300),
  "x".repeat(512),
  "é".repeat(256),
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "HEAD",
  "PART#1",
  "INBOX#",
  "Vault/a",
  "null",
  "undefined",
  "'; DROP TABLE head; --",
  '"',
  "\\",
  "$id",
  "{}",
  "actors",
];

describe("ids that must work and never meet", () => {
  it.each<[string, (id: string) => Promise<unknown>]>([
    ["direct invoke", async (id) => (await direct(id, "increment", [GOOD_IDS.indexOf(id) + 1])).result],
    [
      "an HTTP path",
      async (id) => {
        const path = `/actors/Vault/${encodeURIComponent(id)}/increment`;
        const body = JSON.stringify({ args: [GOOD_IDS.indexOf(id) + 1] });
        return ((await send(app.url, { path, body })).json as Reply).result;
      },
    ],
  ])("over %s", async (_name, increment) => {
    const first = await Promise.all(GOOD_IDS.map(increment));
    expect(first).toEqual(GOOD_IDS.map((_, index) => index + 1));
    const second = await Promise.all(GOOD_IDS.map(increment));
    expect(second).toEqual(GOOD_IDS.map((_, index) => 2 * (index + 1)));
  });

  it("over the client's HTTP transport, as the same actors that a path names", async () => {
    const client = createClient({ transport: httpTransport({ url: app.url }) });
    const values = await Promise.all(GOOD_IDS.map((id) => client.actor(Vault).get(id).value()));
    expect(values).toEqual(GOOD_IDS.map((_, index) => 2 * (index + 1)));
  });

  it("over the inline client, as the same actors", async () => {
    const values = await Promise.all(GOOD_IDS.map((id) => app.client.actor(Vault).get(id).value()));
    expect(values).toEqual(GOOD_IDS.map((_, index) => 2 * (index + 1)));
  });

  it("over a Function URL, which hands the path over as it was sent", async () => {
    for (const [index, id] of GOOD_IDS.entries()) {
      const path = `/actors/Vault/${encodeURIComponent(id)}/value`;
      const domainName = "abc123.lambda-url.us-east-1.on.aws";
      expect(await httpEvent({ path, domainName })).toMatchObject({
        status: 200,
        json: { result: 2 * (index + 1) },
      });
    }
  });

  it("over an HTTP API, which decodes the path and may put a stage before it", async () => {
    for (const [index, id] of GOOD_IDS.entries()) {
      const domainName = "abc123.execute-api.us-east-1.amazonaws.com";
      const path = `/actors/Vault/${id}/value`;
      const expected = { status: 200, json: { result: 2 * (index + 1) } };
      expect(await httpEvent({ path, domainName })).toMatchObject(expected);
      expect(await httpEvent({ path: `/prod${path}`, domainName, stage: "prod" })).toMatchObject(expected);
    }
  });

  it("since every address parses back from its key, and no two share one", () => {
    const type = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_.-]{0,20}$/);
    const id = fc.oneof(fc.string({ unit: "binary", minLength: 1 }), fc.constantFrom(...GOOD_IDS));
    const address = fc.record({ type, id });
    fc.assert(
      fc.property(address, address, (one, other) => {
        expect(parseAddressKey(addressKey(one))).toEqual(one);
        expect(addressKey(one) === addressKey(other)).toBe(one.type === other.type && one.id === other.id);
      }),
      { numRuns: 200 },
    );
  });
});

describe("an actor type", () => {
  it.each([
    "Unknown",
    "",
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "vault",
    "Vault ",
    "Vault/a",
    "Váult",
  ])("%p is UnknownActor", async (actor) => {
    const { error } = await direct("t1", "increment", [], actor);
    expect(error).toMatchObject({
      code: "UnknownActor",
      details: { field: "actor", value: actor, known: ["Vault"] },
    });
    const path = `/actors/${encodeURIComponent(actor)}/t1/increment`;
    const response = await send(app.url, { path });
    expect([response.status, (response.json as Reply).error?.code]).toEqual([404, "UnknownActor"]);
    await expect(app.client.actor<Vault>(actor).get("t1").increment()).rejects.toMatchObject({
      code: "UnknownActor",
    });
  });

  it.each([null, 1, true, ["Vault"], { toString: "Vault" }])(
    "%j is UnexpectedEvent, naming the field",
    async (actor) => {
      expect((await direct("t1", "increment", [], actor)).error).toMatchObject({
        code: "UnexpectedEvent",
        details: { field: "actor" },
      });
    },
  );

  it("does not come back at full length in the error", async () => {
    expect(JSON.stringify(await direct("t1", "increment", [], "x".repeat(1_000_000))).length).toBeLessThan(
      5_000,
    );
  });
});

const BAD_METHODS = [
  ...[
    "undeclared",
    "x",
    "#x",
    "secret",
    "trap",
    "count",
    "kept",
    "ctx",
    "stat",
    "onActivate",
    "onCreate",
    "onDestroy",
  ],
  ...[
    "then",
    "catch",
    "finally",
    "toJSON",
    "send",
    "start",
    "",
    " increment",
    "INCREMENT",
    "increment()",
    "prototype",
  ],
  ...Object.getOwnPropertyNames(Object.prototype),
];

describe("a method", () => {
  it.each(BAD_METHODS)("%p is UnknownMethod, and nothing is touched", async (method) => {
    const { error } = await direct("m1", method);
    expect(error).toMatchObject({
      code: "UnknownMethod",
      details: { field: "method", actor: "Vault", value: method },
    });
    expect(error?.message).toContain("increment");
    const path = `/actors/Vault/m1/${encodeURIComponent(method)}`;
    const response = await send(app.url, { path });
    expect([response.status, (response.json as Reply).error?.code]).toEqual([404, "UnknownMethod"]);
    expectUntouched();
  });

  it.each([null, 1, true, undefined, ["increment"], { toString: "increment" }])(
    "%j is UnexpectedEvent, naming the field",
    async (method) => {
      expect((await direct("m1", method)).error).toMatchObject({
        code: "UnexpectedEvent",
        details: { field: "method" },
      });
    },
  );

  it("does not come back at full length in the error", async () => {
    expect(JSON.stringify(await direct("m1", "x".repeat(1_000_000))).length).toBeLessThan(5_000);
  });
});

describe("the proxy", () => {
  const sent: Invocation[] = [];
  const transport: Transport = {
    invoke: (request) => {
      sent.push(request as Invocation);
      return Promise.resolve({ ok: true, version: 1 });
    },
  };
  const client = createClient({ transport });
  const typed = client.actor(Vault).get("p1") as object as Record<PropertyKey, unknown>;
  const named = client.actor("Vault").get("p1") as object as Record<PropertyKey, unknown>;
  beforeEach(() => {
    sent.length = 0;
  });
  afterEach(() => {
    expect(sent).toEqual([]);
  });

  const notMethods = BAD_METHODS.filter((name) => name !== "send" && name !== "start");
  it.each([...notMethods, "nodeType", "asymmetricMatch", "length"])(
    "has no %p, when it knows the class",
    (name) => {
      expect(typed[name]).toBeUndefined();
      expect(name in typed).toBe(false);
    },
  );

  it.each([
    ...["then", "catch", "finally", "toJSON", "ctx", "onCreate", "onActivate", "onDestroy", "prototype"],
    ...Object.getOwnPropertyNames(Object.prototype),
  ])("has no %p, when it only knows the name", (name) => {
    expect(named[name]).toBeUndefined();
    expect(name in named).toBe(false);
  });

  it("has no symbols", () => {
    const symbols = Reflect.ownKeys(Symbol).map(
      (name) => (Symbol as unknown as Record<PropertyKey, unknown>)[name],
    );
    for (const symbol of [...symbols, inspect.custom, Symbol("own")]) {
      if (typeof symbol !== "symbol") continue;
      expect(typed[symbol]).toBeUndefined();
      expect(named[symbol]).toBeUndefined();
      expect(symbol in typed).toBe(false);
    }
  });

  describe.each([
    ["that knows the class", typed],
    ["that only knows the name", named],
  ])("%s", (_name, proxy) => {
    it("is no promise: await, and returning it from async code, give itself at once", async () => {
      expect((await proxy) === proxy).toBe(true);
      expect((await (async () => proxy)()) === proxy).toBe(true);
      const [inAll] = await Promise.all([proxy]);
      expect(inAll === proxy).toBe(true);
      expect((await Promise.resolve(proxy)) === proxy).toBe(true);
    });

    it("is nothing to JSON, spreading, or a listing of its keys", () => {
      expect(JSON.stringify(proxy)).toBe("{}");
      expect(JSON.stringify({ proxy })).toBe('{"proxy":{}}');
      expect({ ...proxy }).toEqual({});
      expect(Object.assign({}, proxy)).toEqual({});
      expect(Object.keys(proxy)).toEqual([]);
      expect(Reflect.ownKeys(proxy)).toEqual([]);
      expect(Object.getPrototypeOf(proxy)).toBeNull();
      for (const key in proxy) throw new Error(`has the key ${key}`);
      expect(() => [...(proxy as unknown as Iterable<unknown>)]).toThrow(TypeError);
    });

    it("cannot be made a string, a number, or an instance", () => {
      expect(() => String(proxy)).toThrow(TypeError);
      expect(() => `${proxy as unknown as string}`).toThrow(TypeError);
      expect(() => Number(proxy)).toThrow(TypeError);
      expect(proxy instanceof Vault).toBe(false);
      expect(typeof proxy).toBe("object");
    });

    it("can be inspected and cloned to nothing", () => {
      expect(inspect(proxy)).toEqual(expect.any(String));
      expect(() => structuredClone(proxy)).toThrow();
    });

    it("cannot be changed", () => {
      expect(Reflect.set(proxy, "increment", 1)).toBe(false);
      expect(Reflect.set(proxy, "__proto__", {})).toBe(false);
      expect(Reflect.defineProperty(proxy, "increment", { value: 1 })).toBe(false);
      expect(Reflect.deleteProperty(proxy, "increment")).toBe(true);
      expect(Reflect.setPrototypeOf(proxy, {})).toBe(false);
      expect(proxy.increment).toBeInstanceOf(Function);
    });
  });

  it("has its declared methods, each always the same function", () => {
    expect("increment" in typed).toBe(true);
    expect(typed.increment).toBeInstanceOf(Function);
    expect(typed.increment).toBe(typed.increment);
  });
});

describe("the namespace", () => {
  it("is no promise either", async () => {
    const namespace = app.client.actor(Vault);
    expect(await namespace).toBe(namespace);
    expect(JSON.stringify(namespace)).toBe("{}");
  });
});

const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

describe("arguments", () => {
  const call = (args: string) =>
    invokeEvent(event(`{"actor":"Vault","id":"v1","method":"keep","args":${args}}`));

  it.each([
    ['[{"__proto__":{"polluted":1}}]', /^args\[0\]\.__proto__$/],
    ['[{"a":[{"__proto__":null}]}]', /^args\[0\]\.a\[0\]\.__proto__$/],
    ['["x",{"constructor":{"prototype":{"polluted":1}}}]', /^args\[1\]\.constructor$/],
    ['[{"$map":[["k",{"__proto__":1}]]}]', /^args\[0\].*\.__proto__$/],
    ['[{"$object":{"$x":{"__proto__":1}}}]', /^args\[0\].*\.\$x\.__proto__$/],
  ])("%s is ForbiddenKey with its path", async (args, path) => {
    const { error } = await call(args);
    expect(error?.code).toBe("ForbiddenKey");
    expect(error?.details?.path).toMatch(path);
    expectUntouched();
  });

  it.each([
    ['["\\ud800"]', /^args\[0\]$/],
    ['[{"a":["\\udc00\\ud800"]}]', /^args\[0\]\.a\[0\]$/],
    ['[{"k\\ud800":1}]', /^args\[0\]\["k\\ud800"\]$/],
    ['[{"$map":[["\\ud800",1]]}]', /^args\[0\].*0/],
  ])("%s is NotSerializable with its path: a lone surrogate", async (args, path) => {
    const { error } = await call(args);
    expect(error?.code).toBe("NotSerializable");
    expect(error?.details?.path).toMatch(path);
    expectUntouched();
  });

  it("nested over 100 levels are TooDeep, however deep", async () => {
    for (const levels of [101, 5_000, 200_000]) {
      expect((await call(deep(levels))).error).toMatchObject({ code: "TooDeep", details: { limit: 100 } });
    }
    expectUntouched();
  });

  it("nested 100 levels are kept and come back", async () => {
    expect(
      await invokeEvent(event(`{"actor":"Vault","id":"v2","method":"keep","args":${deep(100)}}`)),
    ).toMatchObject({
      ok: true,
      result: JSON.parse(deep(99)) as unknown,
    });
  });

  it.each([
    ['[{"$unknown":1}]', "args[0]"],
    ['[{"a":{"$date":"soon"}}]', "args[0].a.$date"],
    ['[{"$bigint":"1e3"}]', "args[0].$bigint"],
    ['[{"$bytes":"?"}]', "args[0].$bytes"],
    ['[{"$map":[1]}]', "args[0].$map"],
  ])("%s is UnexpectedEvent with the field and the path: no tag of ours", async (args, path) => {
    expect((await call(args)).error).toMatchObject({
      code: "UnexpectedEvent",
      details: { field: "args", path },
    });
    expectUntouched();
  });

  it("have a path that does not come back at full length in the error", async () => {
    const key = "x".repeat(1_000_000);
    for (const value of ['{"__proto__":1}', '"\\ud800"', '{"$date":1}', '{"$unknown":1}']) {
      expect(JSON.stringify(await call(`[{"${key}":${value}}]`)).length).toBeLessThan(5_000);
    }
    expect(JSON.stringify(await call(`[{"$${key}":1}]`)).length).toBeLessThan(5_000);
  });

  it.each(['"text"', "{}", "null", "1", '{"length":1,"0":"a"}', '{"$set":[1]}'])(
    "%s instead of an array is UnexpectedEvent, naming the field",
    async (args) => {
      expect((await call(args)).error).toMatchObject({ code: "UnexpectedEvent", details: { field: "args" } });
      expectUntouched();
    },
  );

  it("may have a `then`: it is data, never awaited", async () => {
    const value = { then: "later", catch: { finally: 1 } };
    expect(await direct("v3", "keep", [value])).toMatchObject({ ok: true, result: value });
    expect(await direct("v3", "echo", [value])).toMatchObject({ ok: true, result: value });
    expect(await app.client.actor(Vault).get("v3").echo(value)).toEqual(value);
  });

  it("may have names of Object.prototype as keys, and a constructor that is data", async () => {
    const json =
      '{"toString":1,"hasOwnProperty":2,"valueOf":3,"constructor":"x","prototype":{"a":1},"length":-1}';
    const reply = await invokeEvent(event(`{"actor":"Vault","id":"v4","method":"keep","args":[${json}]}`));
    expect(JSON.stringify(reply.result)).toBe(json);
    const again = await app.client.actor(Vault).get("v4").keep(JSON.parse(json));
    expect(JSON.stringify(again)).toBe(json);
  });

  it.each<[string, unknown, string]>([
    ["a function", { f: () => 1 }, "args[0].f"],
    ["a symbol", [Symbol("s")], "args[0][0]"],
    ["a lone surrogate", { a: "\uD800" }, "args[0].a"],
    ["an undeclared class", { at: new URL("http://localhost") }, "args[0].at"],
    ["a thenable", { then: () => {} }, "args[0].then"],
    ["a promise", Promise.resolve(1), "args[0]"],
  ])(
    "that hold %s are NotSerializable with the path on the client, before anything is sent",
    async (_name, value, path) => {
      const transport: Transport = { invoke: () => Promise.reject(new Error("sent")) };
      const proxy = createClient({ transport }).actor(Vault).get("v1");
      await expect(proxy.keep(value)).rejects.toMatchObject({ code: "NotSerializable", details: { path } });
    },
  );

  it("that hold a forbidden key or a cycle are refused on the client, too", async () => {
    const transport: Transport = { invoke: () => Promise.reject(new Error("sent")) };
    const proxy = createClient({ transport }).actor(Vault).get("v1");
    const cycle: unknown[] = [];
    cycle.push(cycle);
    await expect(proxy.keep(cycle)).rejects.toMatchObject({ code: "TooDeep" });
    await expect(proxy.keep(event('{"a":{"__proto__":1}}'))).rejects.toMatchObject({
      code: "ForbiddenKey",
      details: { path: "args[0].a.__proto__" },
    });
  });
});

describe("a result with a `then` that is a function", () => {
  it("is NotSerializable with its path; the function is not called", async () => {
    expect((await direct("v5", "thenable")).error).toMatchObject({
      code: "NotSerializable",
      details: { path: "result.then" },
    });
    expect(seen.thens).toBe(0);
  });
});

describe("a direct invoke event", () => {
  it.each<[string, string]>([
    ["null", "event"],
    ["1", "event"],
    ["true", "event"],
    ['"text"', "event"],
    ["[]", "event"],
    ['[{"actor":"Vault"}]', "event"],
    ["{}", "actor"],
    ['{"Records":[]}', "Records"],
    ['{"Records":[{"eventSource":"aws:s3"}]}', "Records"],
    ['{"__proto__":{"actor":"Vault"}}', "__proto__"],
    ['{"constructor":{"prototype":{}}}', "constructor"],
    ['{"id":"e1","method":"increment"}', "actor"],
    ['{"actor":"Vault","id":"e1"}', "method"],
    ['{"actor":"Vault","id":"e1","method":"increment","fence":7}', "fence"],
    ['{"actor":"Vault","id":"e1","method":"increment","hops":-1}', "hops"],
    ['{"actor":"Vault","id":"e1","method":"increment","__proto__":{}}', "__proto__"],
    ['{"actor":"Vault","id":"e1","method":"increment","mode":"destroy"}', "mode"],
    ['{"actor":"Vault","id":"e1","method":"increment","mode":null}', "mode"],
    ['{"actor":"Vault","id":"e1","method":"increment","callId":""}', "callId"],
    ['{"actor":"Vault","id":"e1","method":"increment","callId":1}', "callId"],
    ['{"actor":"Vault","id":"e1","method":"increment","callId":"\\ud800"}', "callId"],
    [`{"actor":"Vault","id":"e1","method":"increment","callId":"${"x".repeat(257)}"}`, "callId"],
    ['{"actor":"Vault","id":"e1","method":"increment","attempt":0}', "attempt"],
    ['{"actor":"Vault","id":"e1","method":"increment","attempt":1.5}', "attempt"],
    ['{"actor":"Vault","id":"e1","method":"increment","attempt":"2"}', "attempt"],
    ['{"actor":"Vault","id":"e1","method":"increment","timeoutMs":0}', "timeoutMs"],
    ['{"actor":"Vault","id":"e1","method":"increment","timeoutMs":-5}', "timeoutMs"],
    ['{"actor":"Vault","id":"e1","method":"increment","timeoutMs":1e999}', "timeoutMs"],
    ['{"actor":"Vault","id":"e1","method":"increment","timeoutMs":900001}', "timeoutMs"],
    ['{"actor":"Vault","id":"e1","method":"increment","timeoutMs":"1"}', "timeoutMs"],
    ['{"actor":"Vault","id":"e1","method":"increment","consistency":"weak"}', "consistency"],
    ['{"httpMethod":"POST","path":"/actors","requestContext":{}}', "httpMethod"],
    ['{"requestContext":null}', "requestContext"],
    ['{"requestContext":{"http":null}}', "requestContext"],
    ['{"requestContext":"http"}', "requestContext"],
  ])("%s is UnexpectedEvent, naming the field %s", async (json, field) => {
    const { ok, error } = await invokeEvent(event(json));
    expect(ok).toBe(false);
    expect(error).toMatchObject({ code: "UnexpectedEvent", retryable: false, details: { field } });
    expect(error?.message).toContain(`"${field}"`);
    expectUntouched();
  });

  it("is UnexpectedEvent when it is undefined", async () => {
    expect((await invokeEvent(undefined)).error).toMatchObject({ code: "UnexpectedEvent" });
  });

  it("does not come back at full length in the error", async () => {
    const long = "x".repeat(1_000_000);
    for (const given of [{ [long]: 1 }, { actor: "Vault", id: "e1", method: "value", mode: long }, long]) {
      expect(JSON.stringify(await invokeEvent(given)).length).toBeLessThan(5_000);
    }
  });

  it("may be any JSON: the answer is a reply, never a thrown error", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (json) => {
        expect(await invokeEvent(json)).toMatchObject({
          ok: false,
          error: { code: expect.any(String) as string },
        });
      }),
      { numRuns: 200 },
    );
  });

  it("may have any JSON in a field: the answer is a reply, never a thrown error", async () => {
    const field = fc.constantFrom(
      "actor",
      "id",
      "method",
      "args",
      "mode",
      "callId",
      "attempt",
      "consistency",
    );
    await fc.assert(
      fc.asyncProperty(field, fc.jsonValue({ maxDepth: 4 }), async (name, json) => {
        const given = { actor: "Vault", id: "any", method: "increment", args: [], [name]: json };
        expect(await invokeEvent(event(JSON.stringify(given)))).toHaveProperty("ok");
      }),
      { numRuns: 200 },
    );
  });
});

interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly json: unknown;
}

/** Sends an HTTP event of payload format 2.0 through the router. */
async function httpEvent({
  method = "POST",
  path,
  headers = { "content-type": "application/json" },
  body,
  isBase64Encoded = false,
  domainName = "abc123.lambda-url.us-east-1.on.aws",
  stage = "$default",
}: {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
  isBase64Encoded?: boolean;
  domainName?: string;
  stage?: string;
}): Promise<HttpAnswer> {
  const answer = (await handle({
    version: "2.0",
    rawPath: path,
    rawQueryString: "",
    headers,
    requestContext: { http: { method, path }, domainName, stage },
    ...(body === undefined ? {} : { body }),
    isBase64Encoded,
  })) as { statusCode: number; headers: Record<string, unknown>; body: string };
  return { status: answer.statusCode, headers: answer.headers, json: JSON.parse(answer.body) };
}

interface Sent {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}
const JSON_TYPE = { "content-type": "application/json" };
const TARGET = "/actors/Vault/h1/increment";
const MAX_BODY_BYTES = 6 * 1_024 * 1_024;

const HTTP_ENDPOINTS: readonly [string, (request: Sent) => Promise<HttpAnswer>][] = [
  ["a Lambda HTTP event", httpEvent],
  ["the local server", (request) => send(app.url, request)],
];

describe.each(HTTP_ENDPOINTS)("%s", (_endpoint, request) => {
  const problems: readonly [string, Sent, number, string, string][] = [
    ["GET", { method: "GET", path: TARGET }, 405, "UnexpectedEvent", "method"],
    ["PUT", { method: "PUT", path: TARGET }, 405, "UnexpectedEvent", "method"],
    ["DELETE", { method: "DELETE", path: TARGET }, 405, "UnexpectedEvent", "method"],
    ["OPTIONS", { method: "OPTIONS", path: TARGET }, 405, "UnexpectedEvent", "method"],
    ["GET of all actors", { method: "GET", path: "/actors" }, 405, "UnexpectedEvent", "method"],
    [
      "no content type",
      { path: TARGET, headers: { "content-type": "" }, body: "{}" },
      415,
      "UnexpectedEvent",
      "content-type",
    ],
    [
      "plain text",
      { path: TARGET, headers: { "content-type": "text/plain" }, body: "{}" },
      415,
      "UnexpectedEvent",
      "content-type",
    ],
    [
      "a form, as a page of another site may send it",
      { path: TARGET, headers: { "content-type": "application/x-www-form-urlencoded" }, body: "a=1" },
      415,
      "UnexpectedEvent",
      "content-type",
    ],
    [
      "a type that only begins like JSON",
      { path: TARGET, headers: { "content-type": "application/jsonp" }, body: "{}" },
      415,
      "UnexpectedEvent",
      "content-type",
    ],
    ["broken JSON", { path: TARGET, headers: JSON_TYPE, body: '{"args":[1' }, 400, "UnexpectedEvent", "body"],
    [
      "text that is no JSON",
      { path: TARGET, headers: JSON_TYPE, body: "\0" },
      400,
      "UnexpectedEvent",
      "body",
    ],
    ["null", { path: TARGET, headers: JSON_TYPE, body: "null" }, 400, "UnexpectedEvent", "body"],
    ["an array", { path: TARGET, headers: JSON_TYPE, body: "[1]" }, 400, "UnexpectedEvent", "body"],
    ["a string", { path: TARGET, headers: JSON_TYPE, body: '"args"' }, 400, "UnexpectedEvent", "body"],
    [
      "another actor in the body",
      { path: TARGET, headers: JSON_TYPE, body: '{"actor":"Other"}' },
      400,
      "UnexpectedEvent",
      "actor",
    ],
    [
      "another id in the body",
      { path: TARGET, headers: JSON_TYPE, body: '{"id":"h2"}' },
      400,
      "UnexpectedEvent",
      "id",
    ],
    [
      "another method in the body",
      { path: TARGET, headers: JSON_TYPE, body: '{"method":"value"}' },
      400,
      "UnexpectedEvent",
      "method",
    ],
    [
      "a field that is none",
      { path: TARGET, headers: JSON_TYPE, body: '{"argz":[]}' },
      400,
      "UnexpectedEvent",
      "argz",
    ],
    [
      "__proto__ in the body",
      { path: TARGET, headers: JSON_TYPE, body: '{"__proto__":{"a":1}}' },
      400,
      "UnexpectedEvent",
      "__proto__",
    ],
    [
      "args that are no array",
      { path: TARGET, headers: JSON_TYPE, body: '{"args":{}}' },
      400,
      "UnexpectedEvent",
      "args",
    ],
    [
      "a broken percent-encoding",
      { path: "/actors/Vault/%E0%A4%A/increment" },
      400,
      "UnexpectedEvent",
      "path",
    ],
    ["a percent sign alone", { path: "/actors/Vault/%/increment" }, 400, "UnexpectedEvent", "path"],
    [
      "overlong UTF-8 in the path",
      { path: "/actors/Vault/%C0%AE/increment" },
      400,
      "UnexpectedEvent",
      "path",
    ],
    [
      "an encoded surrogate in the path",
      { path: "/actors/Vault/%ED%A0%80/increment" },
      400,
      "UnexpectedEvent",
      "path",
    ],
    ["the root", { path: "/" }, 404, "UnexpectedEvent", "path"],
    ["a path without method", { path: "/actors/Vault/h1" }, 404, "UnexpectedEvent", "path"],
    ["a path with more than a method", { path: `${TARGET}/more` }, 404, "UnexpectedEvent", "path"],
    ["a path with a slash at its end", { path: `${TARGET}/` }, 404, "UnexpectedEvent", "path"],
    ["another root", { path: "/admin/Vault/h1/increment" }, 404, "UnexpectedEvent", "path"],
    ["a path of dots", { path: "/actors/../../passwd" }, 404, "UnknownActor", "actor"],
    ["an unknown actor", { path: "/actors/Nobody/h1/increment" }, 404, "UnknownActor", "actor"],
    ["an unknown method", { path: "/actors/Vault/h1/nothing" }, 404, "UnknownMethod", "method"],
    [
      "no invocation at all",
      { path: "/actors", headers: JSON_TYPE, body: "{}" },
      400,
      "UnexpectedEvent",
      "actor",
    ],
  ];

  it.each(problems)("answers %s with a JSON problem", async (_name, sent, status, code, field) => {
    const answer = await request(sent);
    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(answer.json).toEqual({
      title: code,
      status,
      detail: expect.stringMatching(/./) as string,
      ok: false,
      error: {
        code,
        message: (answer.json as { detail: string }).detail,
        retryable: false,
        details: expect.objectContaining({ field }) as object,
      },
    });
    expectUntouched();
  });

  it("says with a 405 what is allowed", async () => {
    expect((await request({ method: "GET", path: TARGET })).headers.allow).toBe("POST");
  });

  it("allows no other site to read its answers", async () => {
    const origin = "http://localhost:1";
    for (const method of ["OPTIONS", "POST", "GET"]) {
      const { headers } = await request({
        method,
        path: "/actors/Vault/h2/value",
        headers: { ...JSON_TYPE, origin },
      });
      expect(Object.keys(headers).filter((name) => /access-control/i.test(name))).toEqual([]);
    }
  });

  it("refuses a body over the limit with 413, and reads one at the limit", async () => {
    const bodyOf = (bytes: number) => `{"args":["${"x".repeat(bytes - '{"args":[""]}'.length)}"]}`;
    const over = await request({
      path: "/actors/Vault/h3/size",
      headers: JSON_TYPE,
      body: bodyOf(MAX_BODY_BYTES + 1),
    });
    expect(over.status).toBe(413);
    expect(over.json).toMatchObject({
      error: { code: "PayloadTooLarge", details: { field: "body", limitBytes: MAX_BODY_BYTES } },
    });
    const at = await request({
      path: "/actors/Vault/h3/size",
      headers: JSON_TYPE,
      body: bodyOf(MAX_BODY_BYTES),
    });
    expect(at.json).toMatchObject({ ok: true, result: MAX_BODY_BYTES - '{"args":[""]}'.length });
  });

  it("counts the body's bytes, not its characters", async () => {
    const body = `{"args":["${"é".repeat(MAX_BODY_BYTES / 2)}"]}`;
    expect((await request({ path: "/actors/Vault/h3/size", headers: JSON_TYPE, body })).status).toBe(413);
  });

  it("takes a content type with parameters, in any case", async () => {
    for (const type of [
      "application/json; charset=utf-8",
      "Application/JSON",
      "application/json ;charset=x",
    ]) {
      const answer = await request({
        path: "/actors/Vault/h4/value",
        headers: { "content-type": type },
        body: "{}",
      });
      expect(answer.status).toBe(200);
    }
  });

  it("takes a whole invocation at /actors, and an empty body as no arguments", async () => {
    const body = JSON.stringify({ actor: "Vault", id: "h5", method: "increment", args: [3] });
    expect(await request({ path: "/actors", headers: JSON_TYPE, body })).toMatchObject({
      status: 200,
      json: { ok: true, result: 3, version: 1 },
    });
    expect(await request({ path: "/actors/Vault/h5/increment" })).toMatchObject({
      status: 200,
      json: { result: 4 },
    });
  });

  it.each([
    ['[{"__proto__":1}]', "ForbiddenKey", "args[0].__proto__"],
    ['["\\ud800"]', "NotSerializable", "args[0]"],
  ])("refuses the arguments %s with 400 and the path", async (args, code, path) => {
    const answer = await request({
      path: "/actors/Vault/h1/keep",
      headers: JSON_TYPE,
      body: `{"args":${args}}`,
    });
    expect(answer).toMatchObject({ status: 400, json: { error: { code, details: { path } } } });
  });

  it("answers a method's own error with 422, without a stack", async () => {
    const answer = await request({
      path: "/actors/Vault/h6/fail",
      headers: JSON_TYPE,
      body: '{"args":["x"]}',
    });
    expect(answer).toMatchObject({ status: 422, json: { error: { name: "Error", code: "MethodError" } } });
    expect(JSON.stringify(answer.json)).not.toContain("stack");
    expect(JSON.stringify(answer.json)).not.toContain("hostile-input");
  });
});

describe("a Lambda HTTP event, as such", () => {
  it.each<[string, unknown, string]>([
    ["has no method", { rawPath: TARGET, requestContext: { http: {} } }, "requestContext.http.method"],
    ["has no path", { requestContext: { http: { method: "POST" } } }, "rawPath"],
    [
      "has a body that is no text",
      { rawPath: TARGET, body: {}, requestContext: { http: { method: "POST" } } },
      "body",
    ],
    [
      "has headers that are null",
      { rawPath: TARGET, headers: null, requestContext: { http: { method: "POST" } } },
      "headers",
    ],
    [
      "has headers that are text",
      { rawPath: TARGET, headers: "x", requestContext: { http: { method: "POST" } } },
      "headers",
    ],
    [
      "has a path that cannot be encoded",
      {
        rawPath: "/actors/Vault/\uD800/value",
        requestContext: { domainName: "x.execute-api", http: { method: "POST" } },
      },
      "rawPath",
    ],
  ])("gets 400 naming the field when it %s", async (_name, given, field) => {
    const answer = (await handle(given)) as { statusCode: number; body: string };
    expect(answer.statusCode).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({
      ok: false,
      error: { code: "UnexpectedEvent", details: { field } },
    });
    expectUntouched();
  });

  it("may have a body in base64, and header names in any case", async () => {
    const body = Buffer.from('{"args":[2]}').toString("base64");
    const path = "/actors/Vault/h7/increment";
    const headers = { "Content-Type": "application/json" };
    expect(await httpEvent({ path, headers, body, isBase64Encoded: true })).toMatchObject({
      json: { result: 2 },
    });
  });

  it.each<[string, string]>([
    ["is no base64", "!!!"],
    ["is half base64", "eyJhcmdzIjpbMV19!"],
    ["holds bytes that are no UTF-8", Buffer.from([0x22, 0xff, 0xfe, 0x22]).toString("base64")],
  ])("gets 400 naming the body when that %s", async (_name, body) => {
    const answer = await httpEvent({ path: "/actors/Vault/h1/increment", body, isBase64Encoded: true });
    expect(answer).toMatchObject({
      status: 400,
      json: { error: { code: "UnexpectedEvent", details: { field: "body" } } },
    });
    expectUntouched();
  });
});

describe("the local server, as such", () => {
  const port = () => new URL(app.url).port;

  it.each<[string, string]>([
    ["of another site", "evil.example"],
    ["of another site, with the port", "evil.example:PORT"],
    ["that only begins like a local one", "localhost.evil.example"],
    ["that only ends like a local one", "evil-localhost"],
    ["with a user", "127.0.0.1@evil.example"],
    ["of this machine's other addresses", "0.0.0.0:PORT"],
  ])("refuses a Host header %s", async (_name, host) => {
    const answer = await send(app.url, { path: TARGET, headers: { host: host.replace("PORT", port()) } });
    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({ error: { code: "Forbidden", details: { field: "host" } } });
    expectUntouched();
  });

  it.each<[string, string]>([
    ["of another site", "https://evil.example"],
    ["that only begins like a local one", "http://localhost.evil.example"],
    ["with a local user part", "http://127.0.0.1@evil.example"],
    ["of a sandboxed page", "null"],
    ["of a file", "file://"],
    ["that is no origin", "localhost"],
  ])("refuses an Origin header %s", async (_name, origin) => {
    const answer = await send(app.url, { path: TARGET, headers: { origin } });
    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({ error: { code: "Forbidden", details: { field: "origin" } } });
  });

  it.each(["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])(
    "answers to the host %s and to pages from there",
    async (host) => {
      const headers = { host: `${host}:${port()}`, origin: `http://${host}:5173` };
      expect((await send(app.url, { path: "/actors/Vault/h8/value", headers })).status).toBe(200);
    },
  );

  it("refuses a body whose bytes are no UTF-8, instead of keeping something else", async () => {
    const body = Buffer.concat([Buffer.from('{"args":["'), Buffer.from([0xff, 0xfe]), Buffer.from('"]}')]);
    const answer = await send(app.url, { path: "/actors/Vault/h1/keep", body });
    expect(answer).toMatchObject({
      status: 400,
      json: { error: { code: "UnexpectedEvent", details: { field: "body" } } },
    });
  });

  it("ignores a query and a fragment", async () => {
    expect((await send(app.url, { path: "/actors/Vault/h9/increment?x=/../" })).json).toMatchObject({
      result: 1,
    });
    expect((await send(app.url, { path: "/actors/Vault/h9/increment#/x" })).json).toMatchObject({
      result: 2,
    });
  });

  it("treats a target with a scheme and a host as an unknown path", async () => {
    const answer = await send(app.url, { path: `http://evil.example${TARGET}` });
    expect(answer.status).toBe(404);
  });

  it("refuses a body over the limit that does not say its length, while it comes", async () => {
    const chunk = "x".repeat(1_024 * 1_024);
    const chunked = Array.from({ length: 7 }, () => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
    const head = `POST ${TARGET} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
    const answer = await sendBytes(
      app.url,
      `${head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}0\r\n\r\n`,
      "wait",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it("survives requests that are cut off, and bytes that are no HTTP", async () => {
    const head = `POST ${TARGET} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`;
    await sendBytes(app.url, `${head}Content-Length: 1000\r\n\r\n{"args":`, "cut");
    await sendBytes(app.url, `${head}Transfer-Encoding: chunked\r\n\r\nffffff\r\n`, "cut");
    await sendBytes(app.url, "POST /act", "cut");
    expect(await sendBytes(app.url, "\x16\x03\x01 no HTTP\r\n\r\n", "wait")).toMatch(/^HTTP\/1\.1 400 /);
    expect(await sendBytes(app.url, `POST ${TARGET} HTTP/1.1\r\n\r\n`, "wait")).toMatch(/^HTTP\/1\.1 400 /);
    for (const lines of ["HTTP/1.0", "HTTP/1.1\r\nConnection: close\r\nHost: "]) {
      expect(await sendBytes(app.url, `POST ${TARGET} ${lines}\r\n\r\n`, "wait")).toMatch(/^HTTP\/1\.1 403 /);
    }
    expect((await send(app.url, { path: "/actors/Vault/h10/increment" })).json).toMatchObject({ result: 1 });
  });
});

describe("the log", () => {
  const SECRET = "the-caller's-secret";

  it("carries no arguments and no state", async () => {
    await direct("l1", "keep", [SECRET]);
    await direct("l1", "fail", [SECRET]);
    await direct("l1", "thenable", [{ [SECRET]: SECRET }]);
    await direct("l1", "keep", [{ a: SECRET, $unknown: SECRET }, { $unknown: SECRET }]);
    await direct("l1", "keep", SECRET);
    await direct("l1", "nothing", [SECRET]);
    await send(app.url, { path: "/actors/Vault/l1/keep", body: `{"args":["${SECRET}` });
    await send(app.url, { path: "/actors/Vault/l1/fail", body: `{"args":["${SECRET}"]}` });
    expect(logged.length).toBeGreaterThan(4);
    expect(logged.filter((line) => line.includes(SECRET))).toEqual([]);
  });

  it("has the stack that the caller does not get", async () => {
    await direct("l2", "fail", ["x"]);
    expect(logged.join("\n")).toMatch(/failed with 1 characters.*at Vault\.fail/s);
  });
});

it("leaves the process alive and the actors as they were", async () => {
  expect(await direct("a", "value")).toMatchObject({ ok: true, result: 2 });
  expect(await app.client.actor(Vault).get("a").value()).toBe(2);
});
