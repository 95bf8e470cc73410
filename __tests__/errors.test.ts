// biome-ignore-all lint/suspicious/noThenProperty: objects with a `then` are what these tests are about
/** Errors over every transport: ours keep class, code and details; those of a method keep name, message and properties. */
import * as durableLambda from "durable-lambda";
import {
  Actor,
  type Client,
  createClient,
  createRouter,
  DurableActor,
  DurableError,
  type ErrorDetails,
  FencedError,
  httpTransport,
  InternalError,
  InvalidActorId,
  type Invocation,
  type InvocationReply,
  jsonLogger,
  Method,
  MethodError,
  TransportError,
  UnknownActor,
} from "durable-lambda";
import { type LocalApp, startLocal } from "durable-lambda/local";
import { errorClasses } from "../lib/errors";
import { errorFromWire, errorToWire, methodError } from "../lib/wire-error";
import { send } from "./support/hostile-http";
import { openLocal } from "./support/local-ports";
import { silentLog } from "./support/process";

const DETAILS = {
  field: "args",
  at: new Date("2026-11-23T12:00:00Z"),
  known: new Map<string, unknown>([["a", new Set([1n])]]),
  bytes: new Uint8Array([1, 2]),
  limit: 12n,
  nothing: undefined,
  nan: Number.NaN,
  nested: { list: [new Date(0), null] },
};

/** What arrives at the other end of a wire. */
function sent(error: DurableError, options = { stack: false }): DurableError {
  return errorFromWire(JSON.parse(JSON.stringify(errorToWire(error, options))));
}

describe("an error of this package", () => {
  const classes = [...errorClasses];

  it("is known by its code in both directions, whatever the package exports", () => {
    const exported = Object.entries(durableLambda).filter(
      ([, type]) => typeof type === "function" && type.prototype instanceof DurableError,
    );
    const known = new Set(errorClasses.keys());
    expect(exported.map(([name]) => name).filter((name) => name !== "MethodError")).toEqual(
      expect.arrayContaining([...known]),
    );
    for (const [name, type] of exported) {
      expect((type as typeof FencedError).code).toBe(name);
      if (name !== "MethodError") expect(known).toContain(name);
    }
  });

  it.each(classes)("keeps class, code, message, retryable and details over the wire: %s", (code, type) => {
    const error = new type("What went wrong: é 🙂", DETAILS);
    expect(error).toMatchObject({ code, name: code });
    const arrived = sent(error);
    expect(arrived).toBeInstanceOf(type);
    expect(arrived).toBeInstanceOf(DurableError);
    expect(arrived).toBeInstanceOf(Error);
    expect(arrived).toMatchObject({ code, name: code, message: error.message, retryable: error.retryable });
    expect(arrived.details).toStrictEqual(DETAILS);
  });

  it("is retryable exactly where the same call may succeed later", () => {
    const retryable = classes.filter(([, type]) => new type("").retryable).map(([code]) => code);
    expect(retryable.sort()).toEqual([
      "ActorBusy",
      "ActorOverloaded",
      "BusUnavailable",
      "CallTimeout",
      "FencedError",
      "QueueUnavailable",
      "ResultTimeout",
      "ShuttingDown",
      "StateVersionTooNew",
      "StoreUnavailable",
      "TransportError",
    ]);
  });

  it("keeps code, retryable and details also when this version does not know its class", () => {
    const arrived = sent(new DurableError("FromTheFuture", "new", { retryable: true, details: DETAILS }));
    expect(arrived).toBeInstanceOf(DurableError);
    expect(arrived).toMatchObject({ code: "FromTheFuture", name: "FromTheFuture", retryable: true });
    expect(arrived.details).toStrictEqual(DETAILS);
  });

  it("leaves its cause behind, and its stack unless that is asked for", () => {
    const error = new FencedError("lost", {}, new Error("the cause"));
    expect(errorToWire(error, { stack: false })).toEqual({
      code: "FencedError",
      message: "lost",
      retryable: true,
    });
    expect(errorToWire(error, { stack: true }).stack).toContain("errors.test");
  });

  it("drops the details that cannot travel, one by one", () => {
    const details: ErrorDetails = {
      kept: 1,
      f: () => 1,
      alsoKept: { a: 1n },
      lone: "\uD800",
      cyclic: cycle(),
    };
    expect(sent(new FencedError("lost", details)).details).toStrictEqual({ kept: 1, alsoKept: { a: 1n } });
  });

  it("can have a message that is not well-formed", () => {
    expect(sent(new FencedError("lost \uD800")).message).toBe("lost \uFFFD");
  });
});

function cycle(): object {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  return cyclic;
}

describe("an answer that is no error of ours", () => {
  it.each([
    null,
    undefined,
    1,
    "no",
    [],
    {},
    { code: 1, message: "m", retryable: false },
    { code: "X", message: "m" },
  ])("%j becomes a TransportError", (wire) => {
    expect(errorFromWire(wire)).toBeInstanceOf(TransportError);
  });

  it.each(["__proto__", "constructor", "toString"])(
    "with the code %s becomes no class of JavaScript's",
    (code) => {
      const arrived = errorFromWire({ code, message: "m", retryable: false });
      expect(Object.getPrototypeOf(arrived)).toBe(DurableError.prototype);
    },
  );

  it("cannot pollute a prototype by its details", () => {
    const wire: unknown = JSON.parse(
      '{"code":"X","message":"m","retryable":false,"name":"E","details":{"a":{"__proto__":{"polluted":1}}}}',
    );
    expect(() => errorFromWire(wire)).toThrow(expect.objectContaining({ code: "ForbiddenKey" }));
    expect({}).not.toHaveProperty("polluted");
  });

  it("cannot take the place of an error's own members by its properties", () => {
    const wire = {
      code: "C",
      message: "m",
      retryable: false,
      name: "E",
      details: { stack: "s", code: "D", message: "n" },
    };
    expect(errorFromWire(wire)).toMatchObject({ code: "C", message: "m", name: "E", details: wire.details });
  });
});

class PaymentRefused extends Error {
  override name = "PaymentRefused";
  code = "card_declined";
  amount = 12n;
  at = new Date("2026-11-23T12:00:00Z");
  tried = new Map([["visa", new Set(["1", "2"])]]);
  then = "data";
  socket = () => "cannot travel";
  #secret = "stays";
  get shown(): string {
    return this.#secret;
  }
}

const THROWN = {
  plain: () => new RangeError("out of range"),
  payment: () => new PaymentRefused("Refused: é 🙂"),
  numericCode: () => Object.assign(new Error("duplicate key"), { code: 11_000 }),
  errno: () =>
    Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT", errno: -2, syscall: "open" }),
  withCause: () => new Error("outer", { cause: new Error("inner") }),
  aggregate: () => new AggregateError([new Error("a")], "several"),
  deep: () => Object.assign(new Error("deep"), { kept: 1, cyclic: cycle(), lone: "\uD800", wrong: /x/ }),
  forbidden: () =>
    Object.defineProperty(new Error("f"), "__proto__", { value: { polluted: 1 }, enumerable: true }),
  loneMessage: () => new Error("lone \uD800"),
  ownDetails: () => Object.assign(new Error("d"), { details: { a: 1 }, retryable: "perhaps" }),
  masked: () => Object.assign(new Error("m"), { code: "UnknownActor" }),
  string: () => "just text",
  loneString: () => "lone \uD800",
  number: () => 42,
  undefined: () => undefined,
  null: () => null,
  symbol: () => Symbol("s"),
  bigint: () => 12n,
  function: () => () => 1,
  object: () => ({ name: "Odd", message: "not an Error", code: "odd", extra: [1] }),
  empty: () => ({}),
  bare: () => Object.create(null) as object,
  wrongTypes: () => ({ name: 1, message: { a: 1 }, code: 2 }),
  throwingName: () => ({
    get name(): string {
      throw new Error("a getter threw");
    },
  }),
  throwingProperty: () =>
    Object.defineProperty(new Error("readable"), "bad", {
      enumerable: true,
      get: () => {
        throw new Error("a getter threw");
      },
    }),
  throwingProxy: () =>
    new Proxy(new Error("hidden"), {
      get: () => {
        throw new Error("a trap threw");
      },
      ownKeys: () => {
        throw new Error("a trap threw");
      },
      getPrototypeOf: () => {
        throw new Error("a trap threw");
      },
    }),
  durable: () => new InvalidActorId("of another actor", { field: "id" }),
};

@Actor
class Thrower extends DurableActor {
  runs = 0;
  @Method fail(kind: keyof typeof THROWN): never {
    this.runs++;
    throw THROWN[kind]();
  }
  @Method async failLater(kind: keyof typeof THROWN): Promise<never> {
    this.runs++;
    await null;
    throw THROWN[kind]();
  }
  @Method({ readonly: true }) failLooking(kind: keyof typeof THROWN): never {
    throw THROWN[kind]();
  }
  @Method ran(): number {
    return this.runs;
  }
}

let app: LocalApp;
const local = openLocal();
const handle = createRouter([Thrower], { ...local, log: silentLog });
beforeAll(async () => {
  app = await startLocal({ actors: [Thrower], log: silentLog });
});
afterAll(async () => {
  await app.close();
  await local.close();
});

/** As the lambda transport does: one JSON text there, one back. */
const lambdaStyle = {
  async invoke(invocation: Invocation): Promise<InvocationReply> {
    const reply = await handle(JSON.parse(JSON.stringify(invocation)));
    return JSON.parse(JSON.stringify(reply)) as InvocationReply;
  },
};

const TRANSPORTS: readonly [string, () => Client][] = [
  ["inline", () => app.client],
  ["HTTP", () => createClient({ transport: httpTransport({ url: app.url }) })],
  ["a Lambda-style transport", () => createClient({ transport: lambdaStyle })],
];

describe.each(TRANSPORTS)("over %s, an error that a method threw", (_name, client) => {
  const thrower = () => client().actor(Thrower).get("t");

  /** The error that arrives, the same however the method failed. */
  async function arrived(kind: keyof typeof THROWN): Promise<DurableError & Record<string, unknown>> {
    const failure = (call: Promise<never>) =>
      call.then(
        () => Promise.reject(new Error("succeeded")),
        (error: unknown) => error,
      );
    const errors = await Promise.all([
      failure(thrower().fail(kind)),
      failure(thrower().failLater(kind)),
      failure(thrower().failLooking(kind)),
    ]);
    const [first] = errors;
    for (const error of errors) {
      expect(error).toBeInstanceOf(DurableError);
      const { name, message, code, details } = error as DurableError;
      expect({ name, message, code, details }).toStrictEqual(
        (({ name, message, code, details }) => ({ name, message, code, details }))(first as DurableError),
      );
    }
    return first as DurableError & Record<string, unknown>;
  }

  it("keeps name and message", async () => {
    const error = await arrived("plain");
    expect(error).toBeInstanceOf(MethodError);
    expect(error).toMatchObject({
      name: "RangeError",
      message: "out of range",
      code: "MethodError",
      retryable: false,
    });
    expect(error.details).toEqual({});
    expect(String(error)).toBe("RangeError: out of range");
  });

  it("keeps its code and own properties with their types; what cannot travel is left out alone", async () => {
    const error = await arrived("payment");
    expect(error).toMatchObject({ name: "PaymentRefused", message: "Refused: é 🙂", code: "card_declined" });
    const properties = {
      amount: 12n,
      at: new Date("2026-11-23T12:00:00Z"),
      tried: new Map([["visa", new Set(["1", "2"])]]),
      then: "data",
    };
    expect(error.details).toStrictEqual(properties);
    expect({ ...error }).toMatchObject(properties);
    expect(error).not.toHaveProperty("socket");
  });

  it("keeps a code that is no string among its details", async () => {
    expect(await arrived("numericCode")).toMatchObject({ code: "MethodError", details: { code: 11_000 } });
  });

  it("keeps what Node's own errors carry", async () => {
    expect(await arrived("errno")).toMatchObject({ code: "ENOENT", errno: -2, syscall: "open" });
  });

  it("leaves its cause behind", async () => {
    const error = await arrived("withCause");
    expect(error.message).toBe("outer");
    expect(error.cause).toBeUndefined();
    expect(error.details).toEqual({});
    expect((await arrived("aggregate")).message).toBe("several");
  });

  it("loses only the properties that cannot travel", async () => {
    expect((await arrived("deep")).details).toStrictEqual({ kept: 1 });
    expect((await arrived("forbidden")).details).toStrictEqual({});
    expect({}).not.toHaveProperty("polluted");
    expect((await arrived("throwingProperty")).message).toBe("readable");
  });

  it("is made well-formed where it is not", async () => {
    expect((await arrived("loneMessage")).message).toBe("lone \uFFFD");
    expect((await arrived("loneString")).message).toBe("lone \uFFFD");
  });

  it("keeps a property named details within its details", async () => {
    expect(await arrived("ownDetails")).toMatchObject({ retryable: false, details: { details: { a: 1 } } });
  });

  it("stays a MethodError when its code is one of ours", async () => {
    const error = await arrived("masked");
    expect(error).toBeInstanceOf(MethodError);
    expect(error).not.toBeInstanceOf(UnknownActor);
    expect(error.code).toBe("UnknownActor");
  });

  it("stays what it is when it is one of ours", async () => {
    const error = await arrived("durable");
    expect(error).toBeInstanceOf(InvalidActorId);
    expect(error).toMatchObject({ message: "of another actor", details: { field: "id" } });
  });

  it.each<[keyof typeof THROWN, string, string]>([
    ["string", "Error", "just text"],
    ["number", "Error", "42"],
    ["undefined", "Error", "undefined"],
    ["null", "Error", "null"],
    ["symbol", "Error", "Symbol(s)"],
    ["bigint", "Error", "12"],
    ["function", "Error", "() => 1"],
    ["object", "Odd", "not an Error"],
    ["empty", "Error", ""],
    ["bare", "Error", ""],
    ["wrongTypes", "Error", ""],
  ])("may be no Error at all: %s", async (kind, name, message) => {
    const error = await arrived(kind);
    expect(error).toBeInstanceOf(MethodError);
    expect(error).toMatchObject({ name, message });
  });

  it("that was an object keeps its other properties", async () => {
    expect(await arrived("object")).toMatchObject({ code: "odd", extra: [1] });
  });

  it.each<keyof typeof THROWN>(["throwingName", "throwingProxy"])(
    "arrives even when it cannot be read: %s",
    async (kind) => {
      const error = await arrived(kind);
      expect(error).toBeInstanceOf(MethodError);
      expect(error.message).toMatch(/cannot be read/);
    },
  );

  it("has no stack of the server, and changed nothing", async () => {
    const error = await arrived("payment");
    expect(error.stack).not.toMatch(/Thrower\.fail|runMethod/);
    expect(await thrower().ran()).toBe(0);
  });
});

describe("the default log", () => {
  const lines: string[] = [];
  let write: jest.SpyInstance;
  beforeEach(() => {
    lines.length = 0;
    write = jest.spyOn(process.stderr, "write").mockImplementation((line) => {
      lines.push(String(line));
      return true;
    });
  });
  afterEach(() => write.mockRestore());

  const cyclic = cycle();
  const unreadable = THROWN.throwingName();
  it.each<[string, unknown]>([
    ["contains itself", cyclic],
    ["has getters that throw", unreadable],
    ["cannot be read at all", THROWN.throwingProxy()],
    ["is a bigint", 12n],
  ])("writes a line, and the caller gets an answer, when what a method threw %s", async (_name, thrown) => {
    @Actor
    class Odd extends DurableActor {
      @Method fail(): never {
        throw thrown;
      }
    }
    const own = openLocal();
    const router = createRouter([Odd], { ...own, log: jsonLogger("error") });
    const reply = await router({ actor: "Odd", id: "o", method: "fail" });
    await own.close();
    expect(reply).toMatchObject({ ok: false, error: { code: "MethodError" } });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      {
        level: "ERROR",
        message: "method failed",
        actor: "Odd",
        actorId: "o",
        method: "fail",
        outcome: "failed",
      },
    ]);
  });

  it("writes an error with its name, message and stack", () => {
    jsonLogger("error").error("it failed", { error: new RangeError("out of range"), count: 12n });
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      level: "ERROR",
      message: "it failed",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      service: expect.any(String) as string,
      sampling_rate: 0,
      count: "12",
      error: {
        name: "RangeError",
        location: expect.stringContaining("errors.test") as string,
        message: "out of range",
        stack: expect.stringContaining("errors.test") as string,
      },
    });
  });
});

describe("a reply's stack", () => {
  const invocation = { actor: "Thrower", id: "s", method: "fail", args: ["plain"] };
  const post = { path: "/actors/Thrower/s/fail", body: '{"args":["plain"]}' };

  it("is absent unless it is asked for", async () => {
    expect(await handle(invocation)).not.toHaveProperty("error.stack");
    expect((await send(app.url, post)).json).not.toHaveProperty("error.stack");
    expect((await send(app.url, { path: "/actors/Nobody/s/fail" })).json).not.toHaveProperty("error.stack");
  });

  it("is there with stack: true, and leads to the line of the method that threw", async () => {
    const talkative = createRouter([Thrower], { ...local, log: silentLog, stack: true });
    expect(await talkative(invocation)).toMatchObject({
      error: { stack: expect.stringMatching(/RangeError: out of range.*at Thrower\.fail/s) as string },
    });
    const open = await startLocal({ actors: [Thrower], log: silentLog, stack: true });
    try {
      expect((await send(open.url, post)).json).toMatchObject({
        error: { stack: expect.stringMatching(/at Thrower\.fail/) as string },
      });
      expect((await send(open.url, { path: "/actors/Nobody/s/fail" })).json).toMatchObject({
        error: { stack: expect.stringMatching(/UnknownActor/) as string },
      });
    } finally {
      await open.close();
    }
  });
});

describe("a transport that fails", () => {
  const onceOnly = { timeoutMs: 1 };

  it("by throwing something of its own ends in an InternalError that names it", async () => {
    const client = createClient({ transport: { invoke: () => Promise.reject(new TypeError("broken")) } });
    const error: unknown = await client
      .actor(Thrower)
      .get("x")
      .ran()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InternalError);
    expect(error).toMatchObject({ message: expect.stringContaining("TypeError: broken") as string });
  });

  it("to reach a server ends in a TransportError that says where", async () => {
    const closed = await startLocal({ actors: [Thrower], log: silentLog });
    await closed.close();
    const client = createClient({ transport: httpTransport({ url: closed.url }) });
    const error: unknown = await client
      .actor(Thrower)
      .get("x", onceOnly)
      .ran()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ retryable: true, details: { url: closed.url } });
  });

  it("by an answer that is no reply ends in a TransportError", async () => {
    const client = createClient({ transport: httpTransport({ url: `${app.url}/elsewhere` }) });
    const error: unknown = await client
      .actor(Thrower)
      .get("x", onceOnly)
      .ran()
      .catch((thrown: unknown) => thrown);
    // A problem of this package's own server is a reply; whatever else is there is not.
    expect(error).toMatchObject({ code: "UnexpectedEvent", details: { field: "path" } });
    const odd = createClient({
      transport: {
        invoke: () => Promise.resolve({ ok: false, error: "none" } as unknown as InvocationReply),
      },
    });
    await expect(odd.actor(Thrower).get("x", onceOnly).ran()).rejects.toMatchObject({
      code: "TransportError",
    });
  });
});

describe("methodError", () => {
  it("keeps what was thrown as its cause, in this process", () => {
    const thrown = new RangeError("out of range");
    expect(methodError(thrown).cause).toBe(thrown);
    const own = new FencedError("lost");
    expect(methodError(own)).toBe(own);
  });
});
