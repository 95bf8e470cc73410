/** Who may ask over HTTP: nobody without a signature, unless `authorize` answers true; and what whoever is refused learns: nothing. */
import {
  Actor,
  type Authorize,
  contextKey,
  createRouter,
  DurableActor,
  DurableError,
  Forbidden,
  type HttpCall,
  InvalidDefinition,
  type Logger,
  Method,
  MethodError,
  type RouterHandler,
} from "durable-lambda";
import { startLocal } from "durable-lambda/local";
import { hand, messageFor } from "../support/batches";
import { FakeClock } from "../support/fake-clock";
import { send } from "../support/hostile-http";
import { type LocalPorts, openLocal } from "../support/local-ports";

const CurrentUser = contextKey<string>("user");

@Actor
class Safe extends DurableActor {
  opened = 0;

  @Method open(): string {
    this.opened++;
    return this.ctx.context.get(CurrentUser) ?? "nobody";
  }
  @Method leaveOpen(): string {
    return this.ctx.pending();
  }
  @Method({ readonly: true }) count(): number {
    return this.opened;
  }
}

let local: LocalPorts;
let clock: FakeClock;
let logged: [string, Record<string, unknown>][];
let requests: string[];

beforeEach(() => {
  clock = new FakeClock();
  local = openLocal({ clock });
  logged = [];
  requests = [];
});
afterEach(() => local.close());

const write = (message: string, fields: object = {}) =>
  void logged.push([message, fields as Record<string, unknown>]);
const log: Logger = { debug() {}, info: write, warn: write, error: write };

function routerWith(authorize?: Authorize): RouterHandler {
  const watched = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          requests.push(String(name));
          return value.apply(target, args) as unknown;
        };
      },
    });
  const { store, calls, bus, queues } = local;
  return createRouter([Safe], {
    store: watched(store),
    calls: watched(calls),
    bus: watched(bus),
    queues: { ...queues, messages: watched(queues.messages) },
    clock,
    log,
    ...(authorize === undefined ? {} : { authorize }),
  });
}

interface Sent {
  readonly path?: string;
  readonly headers?: unknown;
  readonly cookies?: unknown;
  readonly context?: object;
  readonly body?: object;
}
interface Answer {
  readonly status: number;
  readonly json: {
    readonly error?: { code: string; message: string; details?: object };
    readonly result?: unknown;
  };
}

async function ask(
  handle: RouterHandler,
  { path = "/actors/Safe/s/open", headers = {}, cookies, context = {}, body = {} }: Sent = {},
): Promise<Answer> {
  const { statusCode, body: text } = (await handle({
    version: "2.0",
    rawPath: path,
    headers: typeof headers === "object" ? { "Content-Type": "application/json", ...headers } : headers,
    ...(cookies === undefined ? {} : { cookies }),
    requestContext: { http: { method: "POST", path }, ...context },
    body: JSON.stringify(body),
  })) as { statusCode: number; body: string };
  return { status: statusCode, json: JSON.parse(text) as Answer["json"] };
}

const FUNCTION_URL = { domainName: "abc.lambda-url.eu-central-1.on.aws", stage: "$default" };
const SIGNED = { iam: { userArn: "arn:aws:iam::123456789012:user/ann", cognitoIdentity: null } };

describe("without authorize", () => {
  it.each<[string, object]>([
    ["a Function URL that asks for no signature", FUNCTION_URL],
    ["an HTTP API", { domainName: "x.execute-api.eu-central-1.amazonaws.com", stage: "$default" }],
    [
      "a token that an HTTP API has checked",
      { ...FUNCTION_URL, authorizer: { jwt: { claims: { sub: "ann" } } } },
    ],
    ["an authorizer of one's own", { ...FUNCTION_URL, authorizer: { lambda: { iam: {} } } }],
    ["no domain name", {}],
    ["a domain name that is no text", { domainName: ["localhost"] }],
    ["a name that only begins like this machine's", { domainName: "localhost.evil.example" }],
    ["a name that only ends like this machine's", { domainName: "evillocalhost" }],
    ["a name with this machine's in its port", { domainName: "evil.example:localhost" }],
    ["two lines", { domainName: "evil.example\nlocalhost" }],
    ["the emulator's public name", { domainName: "localhost.localstack.cloud" }],
    ["an address that only begins like this machine's", { domainName: "127.0.0.1.evil.example" }],
    ["an address with a port that is none", { domainName: "127.0.0.1:port" }],
    ...[
      "",
      null,
      7,
      "iam",
      [],
      ["iam"],
      { iam: null },
      { iam: true },
      { iam: "iam" },
      { iam: [] },
      { IAM: {} },
    ].map((authorizer): [string, object] => [
      `the authorizer ${JSON.stringify(authorizer)}`,
      { ...FUNCTION_URL, authorizer },
    ]),
    [
      "iam where only a prototype has it",
      { ...FUNCTION_URL, authorizer: JSON.parse('{"__proto__":{"iam":{}}}') as object },
    ],
  ])("a request by %s is refused, and told what to do", async (_what, context) => {
    const { status, json } = await ask(routerWith(), { context });
    expect([status, json.error?.code]).toEqual([403, "Forbidden"]);
    expect(json.error?.message).toContain("pass `authorize` to createRouter");
    expect(requests).toEqual([]);
  });

  it.each<[string, object]>([
    ["whose signature AWS has checked", { ...FUNCTION_URL, authorizer: SIGNED }],
    ...[
      "localhost",
      "LOCALHOST:3000",
      "api.localhost",
      "127.0.0.1",
      "127.0.0.1:4566",
      "[::1]",
      "[::1]:80",
    ].map((domainName): [string, object] => [`for ${domainName}`, { domainName }]),
  ])("a request %s is let in", async (_what, context) => {
    expect(await ask(routerWith(), { context })).toMatchObject({ status: 200, json: { result: "nobody" } });
  });

  it("what comes by other ways than HTTP is not asked", async () => {
    const handle = routerWith(() => {
      throw new Error("asked");
    });
    expect(await handle({ actor: "Safe", id: "s", method: "open" })).toMatchObject({ ok: true });
    const message = messageFor({ type: "Safe", id: "s" }, "open", clock.now());
    expect(await hand(handle, [message])).toEqual([]);
    expect(await handle({ mode: "sweep" })).toBeDefined();
    expect(await handle({ actor: "Safe", id: "s", method: "count" })).toMatchObject({ result: 2 });
  });
});

describe("authorize", () => {
  it("is told what is asked for and by whom, and not the arguments", async () => {
    const asked: HttpCall[] = [];
    const handle = routerWith((request) => {
      asked.push(request);
      return true;
    });
    const who = { headers: { "X-Api-Key": "k" }, context: { ...FUNCTION_URL, authorizer: SIGNED } };
    await ask(handle, { ...who, path: "/actors/Safe/a%2Fb/open", body: { args: [1], callId: "c" } });
    await ask(handle, { ...who, path: "/actors/Safe/s/leaveOpen", body: { mode: "start", callId: "t" } });
    for (const mode of ["status", "resolve"])
      await ask(handle, { ...who, path: "/actors", body: { mode, callId: "t" } });
    const error = { code: "No", message: "no", retryable: false };
    await ask(handle, { ...who, path: "/actors", body: { mode: "reject", callId: "t", error } });
    await ask(handle, {
      ...who,
      path: "/actors",
      body: { mode: "emit", source: "shop", detailType: "Paid" },
    });
    const sender = {
      headers: { "content-type": "application/json", "x-api-key": "k" },
      path: "/actors",
      authorizer: SIGNED,
    };
    expect(
      asked.map(({ context: _context, headers, ...rest }) => ({ ...rest, headers: { ...headers } })),
    ).toEqual([
      {
        ...sender,
        mode: "call",
        actor: "Safe",
        id: "a/b",
        method: "open",
        callId: "c",
        path: "/actors/Safe/a%2Fb/open",
      },
      {
        ...sender,
        mode: "start",
        actor: "Safe",
        id: "s",
        method: "leaveOpen",
        callId: "t",
        path: "/actors/Safe/s/leaveOpen",
      },
      { ...sender, mode: "status", callId: "t" },
      { ...sender, mode: "resolve", callId: "t" },
      { ...sender, mode: "reject", callId: "t" },
      { ...sender, mode: "emit" },
    ]);
  });

  it.each<[string, unknown]>([
    ["false", false],
    ["a promise of false", Promise.resolve(false)],
    ["nothing, as of a user that is not known", undefined],
    ["null", null],
    ["what only looks like true", "true"],
    ["1", 1],
    ["an object", {}],
  ])(
    "refuses by answering %s, with nothing asked of any port, and says nothing more",
    async (_what, answer) => {
      const handle = routerWith((() => answer) as Authorize);
      const bodies: Sent[] = [
        {},
        { path: "/actors/Nobody/s/open" },
        { path: "/actors/Safe/s/nothing" },
        { body: { args: [{ $unknown: 1 }] } },
        { body: { mode: "send" } },
        { path: "/actors", body: { mode: "status", callId: "t" } },
        { path: "/actors", body: { mode: "resolve", callId: "t" } },
        { path: "/actors", body: { mode: "emit", source: "shop", detailType: "Paid" } },
      ];
      const answers = await Promise.all(
        bodies.map((sent) => ask(handle, { ...sent, context: { authorizer: SIGNED } })),
      );
      expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
      expect(answers[0]).toMatchObject({
        status: 403,
        json: { error: { code: "Forbidden", message: "The request is not allowed.", retryable: false } },
      });
      expect(answers[0]?.json.error).not.toHaveProperty("details");
      expect(requests).toEqual([]);
    },
  );

  it("is asked only once the request's form is right", async () => {
    let times = 0;
    const handle = routerWith(() => {
      times++;
      return false;
    });
    expect((await ask(handle, { path: "/other" })).status).toBe(404);
    expect((await ask(handle, { headers: { "Content-Type": "text/plain" } })).status).toBe(415);
    expect((await ask(handle, { body: { args: 5 } })).status).toBe(400);
    expect((await ask(handle, { path: "/actors", body: { mode: "status" } })).status).toBe(400);
    expect((await ask(handle, { headers: "none" })).status).toBe(400);
    expect(times).toBe(0);
  });

  it("may say why it refuses, by a Forbidden of its own, whatever that carries", async () => {
    const refusals = [
      new Forbidden("The subscription has ended.", { plan: "free", path: "/actors" }),
      new DurableError("Forbidden", "The subscription has ended.", {
        details: { plan: "free", path: "/actors" },
      }),
    ];
    for (const refusal of refusals) {
      const handle = routerWith(async () => {
        throw refusal;
      });
      expect(await ask(handle)).toMatchObject({
        status: 403,
        json: {
          error: { code: "Forbidden", message: "The subscription has ended.", details: { plan: "free" } },
        },
      });
    }
  });

  it.each<[string, unknown]>([
    ["an error", new Error("the keys are at s3cret")],
    [
      "an error with a status of its own",
      Object.assign(new Error("s3cret"), { code: "Forbidden", status: 500 }),
    ],
    ["another error of this package's", new InvalidDefinition("s3cret")],
    ["a method's own error", new MethodError({ name: "Error", message: "s3cret", code: "Forbidden" })],
    ["a text", "s3cret"],
    ["nothing", undefined],
    ["what cannot be read", new Proxy({}, { get: () => JSON.parse("}") })],
  ])("that throws %s refuses, and is logged; nothing of it gets out", async (_what, thrown) => {
    const handle = routerWith(() => {
      throw thrown;
    });
    const { status, json } = await ask(handle);
    expect([status, json.error?.message]).toEqual([403, "The request is not allowed."]);
    expect(JSON.stringify(json)).not.toContain("s3cret");
    const lines = logged.filter(([message]) => message === "authorize failed");
    expect(lines).toHaveLength(1);
    expect(lines[0]?.[1].error === thrown).toBe(true);
    expect(requests).toEqual([]);
  });

  it("notes who calls for middleware and the method of the call, and for no other", async () => {
    const handle = routerWith(({ headers, context }) => {
      const { "x-user": user } = headers;
      if (user !== undefined) context.set(CurrentUser, user);
      return true;
    });
    expect((await ask(handle, { headers: { "X-User": "ann" } })).json.result).toBe("ann");
    expect((await ask(handle)).json.result).toBe("nobody");
  });

  it("sees headers whatever their form: by small names, only texts, several as one", async () => {
    let seen: Readonly<Record<string, string>> = {};
    const handle = routerWith(({ headers }) => {
      seen = headers;
      return true;
    });
    const headers = JSON.parse(
      '{"X-Key":"a","x-key":"b","N":1,"Z":null,"L":["x"],"O":{"toString":1},"__proto__":"p","COOKIE":"c=3"}',
    ) as object;
    const { status } = await ask(handle, { headers, cookies: ["a=1", "b=2", 7, { toString: 1 }] });
    expect(status).toBe(200);
    expect(Object.entries(seen).sort()).toEqual([
      ["__proto__", "p"],
      ["content-type", "application/json"],
      ["cookie", "c=3; a=1; b=2"],
      ["x-key", "a, b"],
    ]);
    expect(seen.constructor).toBeUndefined();
    expect(({} as Record<string, unknown>).p).toBeUndefined();
    for (const cookies of ["a=1", null, 7, {}]) expect((await ask(handle, { cookies })).status).toBe(200);
  });

  it("gets an authorizer only as an object", async () => {
    const seen: unknown[] = [];
    const handle = routerWith(({ authorizer }) => {
      seen.push(authorizer);
      return true;
    });
    for (const authorizer of [SIGNED, null, "iam", 7, [SIGNED]])
      await ask(handle, { context: { authorizer } });
    expect(seen).toEqual([SIGNED, undefined, undefined, undefined, undefined]);
  });

  it("is logged with what was asked for when it refuses", async () => {
    await ask(
      routerWith(() => false),
      { body: { callId: "c" } },
    );
    expect(logged).toEqual([
      [
        "call refused",
        {
          actor: "Safe",
          actorId: "s",
          method: "open",
          callId: "c",
          code: "Forbidden",
          reason: "The request is not allowed.",
        },
      ],
    ]);
  });

  it.each([null, true, "x-api-key", {}])("cannot be %j", (authorize) => {
    expect(() => routerWith(authorize as never)).toThrow(InvalidDefinition);
  });
});

describe("the local app", () => {
  it("is open to this machine, and asks authorize when there is one", async () => {
    const asked: HttpCall[] = [];
    const open = await startLocal({ actors: [Safe], log });
    const closed = await startLocal({
      actors: [Safe],
      log,
      authorize: (request) => {
        asked.push(request);
        return request.headers["x-api-key"] === "k";
      },
    });
    const request = { path: "/actors/Safe/s/open", body: "{}" };
    expect((await send(open.url, request)).status).toBe(200);
    expect((await send(closed.url, request)).status).toBe(403);
    expect((await send(closed.url, { ...request, headers: { "X-API-Key": "k" } })).status).toBe(200);
    // Another site's page is not even asked about.
    const foreign = { ...request, headers: { host: "evil.example", "x-api-key": "k" } };
    expect((await send(closed.url, foreign)).status).toBe(403);
    expect(asked.map(({ mode, actor, id, method, path }) => [mode, actor, id, method, path])).toEqual(
      Array(2).fill(["call", "Safe", "s", "open", "/actors/Safe/s/open"]),
    );
    // Its own client does not come over HTTP.
    expect(await closed.client.actor(Safe).get("s").count()).toBe(1);
    await Promise.all([open.close(), closed.close()]);
  });

  it("refuses an authorize that cannot be asked, before it listens", async () => {
    await expect(startLocal({ actors: [Safe], authorize: true as never })).rejects.toThrow(InvalidDefinition);
  });
});
