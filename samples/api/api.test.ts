/** The API as its callers have it, without a network: five minutes of holding a seat take no time. */
import { ActorBusy, InternalError, type Middleware, TransportError } from "durable-lambda";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import type { Hono } from "hono";
import { type APIGatewayProxyResult, handle, type LambdaContext } from "hono/aws-lambda";
import { createApi } from "./app";
import { type Booking, type Hold, type Overview, Show } from "./show";

let app: TestApp;
let api: Hono;
let around: Middleware;
/** The turns of reminders that there were. */
let reminders: number;

beforeEach(async () => {
  reminders = 0;
  around = (_call, next) => next();
  const counted: Middleware = (call, next) => {
    if (call.mode === "reminder") reminders++;
    return around(call, next);
  };
  app = createTestApp([Show], { use: [counted] });
  api = createApi(app.client);
  await put("/shows/hamlet", PLAN);
});
afterEach(() => app.close());

const PLAN = { title: "Hamlet", rows: 2, seatsPerRow: 3 };

function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  return api.request(path, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
const put = (path: string, body: unknown) => send("PUT", path, body);
const get = (path: string) => send("GET", path);
const keyed = (key?: string): Record<string, string> => (key === undefined ? {} : { "idempotency-key": key });
const hold = (seats: unknown, key?: string) => send("POST", "/shows/hamlet/holds", { seats }, keyed(key));
const book = (id: unknown, name: unknown, key?: string) =>
  send("POST", "/shows/hamlet/bookings", { hold: id, name }, keyed(key));

async function answered<T>(response: Response | Promise<Response>, status: number): Promise<T> {
  const answer = await response;
  const body = (await answer.json()) as T;
  expect({ status: answer.status, body }).toEqual({ status, body: expect.anything() });
  return body;
}
const holding = async (...seats: string[]) => (await answered<Hold>(hold(seats), 201)).id;
const free = async () => (await answered<Overview>(get("/shows/hamlet"), 200)).free;

async function problem(response: Response | Promise<Response>): Promise<Record<string, unknown>> {
  const answer = await response;
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const body = (await answer.json()) as Record<string, unknown>;
  expect(body.status).toBe(answer.status);
  return body;
}

describe("a show", () => {
  test("is opened once, and the same plan may be put again", async () => {
    const opened = { ...PLAN, free: ["A1", "A2", "A3", "B1", "B2", "B3"], held: 0, booked: 0 };
    expect(await answered(put("/shows/hamlet", PLAN), 200)).toEqual(opened);
    const refused = await problem(put("/shows/hamlet", { ...PLAN, rows: 20 }));
    expect(refused).toMatchObject({ status: 409, code: "ShowExists" });
    expect(await answered(get("/shows/hamlet"), 200)).toEqual(opened);
  });

  test("that nobody has opened is not there", async () => {
    for (const response of [
      get("/shows/macbeth"),
      send("POST", "/shows/macbeth/holds", { seats: ["A1"] }),
      send("DELETE", "/shows/macbeth/holds/x"),
      send("POST", "/shows/macbeth/bookings", { hold: "x", name: "Ann" }),
    ]) {
      expect(await problem(response)).toMatchObject({ status: 404, code: "NoSuchShow" });
    }
  });

  test("has its own seats, whatever it is called", async () => {
    await put("/shows/a%2Fb%20%C3%A9", PLAN);
    await answered(send("POST", "/shows/a%2Fb%20%C3%A9/holds", { seats: ["A1"] }), 201);
    expect(await free()).toContain("A1");
  });
});

describe("seats", () => {
  test("that are held are nobody else's for five minutes, to the millisecond", async () => {
    const held = await answered<Hold>(hold(["A1", "A2"]), 201);
    expect(held).toMatchObject({ seats: ["A1", "A2"], until: "2030-01-01T00:05:00.000Z" });
    await app.clock.advance(5 * 60_000 - 1);
    expect(await free()).toEqual(["A3", "B1", "B2", "B3"]);
    await app.clock.advance(1);
    expect(await free()).toHaveLength(6);
    expect(await problem(book(held.id, "Ann"))).toMatchObject({ status: 409, code: "HoldEnded" });
    await holding("A1");
  });

  test("end by a reminder each, and none is left when nothing is held", async () => {
    await holding("A1");
    await app.clock.advance("1m");
    await holding("A2");
    await app.clock.advance("1h");
    expect(reminders).toBe(2);
    await app.clock.advance("1d");
    expect(reminders).toBe(2);
    await holding("A1");
    await app.clock.advance("1h");
    expect(reminders).toBe(3);
  });

  test("are free when their time is over, also while the reminder fails", async () => {
    around = (call, next) => {
      if (call.mode === "reminder") throw new Error("not now");
      return next();
    };
    const id = await holding("A1");
    await app.clock.advance("5m");
    expect(await free()).toContain("A1");
    expect(await problem(book(id, "Ann"))).toMatchObject({ code: "HoldEnded" });
    await holding("A1");
  });

  test("that two want at the same moment are one's, and the other is told which", async () => {
    const answers = await Promise.all([hold(["A1", "A2"]), hold(["A2", "A3"])]);
    const refused = answers.filter(({ status }) => status === 409);
    expect(refused).toHaveLength(1);
    expect(await problem(refused[0] as Response)).toMatchObject({ code: "SeatTaken", seats: ["A2"] });
    expect(await free()).toHaveLength(4);
  });

  test("are had all together or not at all", async () => {
    await holding("A2");
    expect(await problem(hold(["A1", "A2"]))).toMatchObject({ status: 409, seats: ["A2"] });
    expect(await problem(hold(["A1", "C1"]))).toMatchObject({
      status: 422,
      code: "NoSuchSeat",
      seats: ["C1"],
    });
    expect(await free()).toContain("A1");
  });

  test("that are given back are free, and may be given back again", async () => {
    const held = await hold(["A1"]);
    const { id } = (await held.json()) as Hold;
    expect(held.headers.get("location")).toBe(`/shows/hamlet/holds/${id}`);
    for (let times = 0; times < 2; times++)
      expect((await send("DELETE", `/shows/hamlet/holds/${id}`)).status).toBe(204);
    expect(await free()).toHaveLength(6);
  });

  test("that are booked stay so, and can be looked up", async () => {
    const held = await holding("A1");
    const booked = await book(held, "Ann");
    expect(await problem(book(held, "Bob"))).toMatchObject({ status: 409, code: "HoldEnded" });
    const booking = await answered<Booking>(booked.clone(), 201);
    await app.clock.advance("30d");
    const at = booked.headers.get("location") ?? "";
    expect(await answered(get(at), 200)).toEqual({ id: booking.id, seats: ["A1"], name: "Ann" });
    expect(await answered(get("/shows/hamlet"), 200)).toMatchObject({ held: 0, booked: 1 });
    expect(await problem(hold(["A1"]))).toMatchObject({ code: "SeatTaken" });
    expect(await problem(get("/shows/hamlet/bookings/another"))).toMatchObject({
      status: 404,
      code: "NoSuchBooking",
    });
  });
});

describe("an Idempotency-Key", () => {
  test("sent again has the first answer, and no second effect, also when the process dies", async () => {
    const first = hold(["A1"], "k");
    app.crash();
    const held = await answered<Hold>(first, 201);
    expect(await answered(hold(["A1"], "k"), 201)).toEqual(held);
    const booking = await answered(book(held.id, "Ann", "k"), 201);
    await app.clock.advance("7d");
    app.crash();
    expect(await answered(book(held.id, "Ann", "k"), 201)).toEqual(booking);
    expect(await answered(get("/shows/hamlet"), 200)).toMatchObject({ held: 0, booked: 1 });
  });

  test("is for one request: another key, or none, asks anew", async () => {
    await answered(hold(["A1"], "k"), 201);
    for (const key of ["another", undefined])
      expect(await problem(hold(["A1"], key))).toMatchObject({ status: 409, code: "SeatTaken" });
  });

  test("of a request that was refused can be used again", async () => {
    const id = await holding("A1");
    expect(await problem(hold(["A1"], "k"))).toMatchObject({ status: 409 });
    await send("DELETE", `/shows/hamlet/holds/${id}`);
    await answered(hold(["A1"], "k"), 201);
  });
});

describe("a request that is not valid", () => {
  const plan = (change: object) => put("/shows/lear", { ...PLAN, ...change });

  test.each<[string, () => Response | Promise<Response>, readonly string[]]>([
    ["a plan of nothing", () => put("/shows/lear", {}), ["title", "rows", "seatsPerRow"]],
    ["no title", () => plan({ title: " " }), ["title"]],
    ["a title without end", () => plan({ title: "x".repeat(101) }), ["title"]],
    ["half a row", () => plan({ rows: 1.5 }), ["rows"]],
    ["a text as a number", () => plan({ seatsPerRow: "3" }), ["seatsPerRow"]],
    ["more than there can be", () => plan({ rows: 27, seatsPerRow: 41 }), ["rows", "seatsPerRow"]],
    ["no seats", () => hold([]), ["seats"]],
    ["a seat that is none", () => hold(["A1", "first row"]), ["seats"]],
    ["a seat in a list of its own", () => hold([["A1"]]), ["seats"]],
    ["a seat twice", () => hold(["A1", "A1"]), ["seats"]],
    ["nine seats", () => hold(["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9"]), ["seats"]],
    ["a hold that is no text", () => book({ $ne: null }, "Ann"), ["hold"]],
    ["nobody", () => book("x", null), ["name"]],
    ["no object", () => put("/shows/lear", null), [""]],
  ])("is refused with what is wrong: %s", async (_, ask, fields) => {
    const { status, code, issues } = await problem(ask());
    expect([status, code]).toEqual([422, "ValidationError"]);
    expect((issues as { path: string }[]).map(({ path }) => path)).toEqual(fields);
    expect(await free()).toHaveLength(6);
    expect(await problem(get("/shows/lear"))).toMatchObject({ status: 404 });
  });

  test.each([
    ["half a character", '{"seats":["\\ud800"]}', "NotSerializable", "seats[0]"],
    ["a prototype", '{"seats":["A1"],"__proto__":{"isAdmin":true}}', "ForbiddenKey", "__proto__"],
    [
      "a list in a list in …",
      `{"seats":${"[".repeat(200)}${"]".repeat(200)}}`,
      "TooDeep",
      expect.any(String),
    ],
  ])("is refused before anything is looked at: %s", async (_, body, code, path) => {
    const response = api.request("/shows/hamlet/holds", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect(await problem(response)).toMatchObject({ status: 422, code, issues: [{ path }] });
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  test("is refused when its show can have no such name", async () => {
    expect(await problem(get("/shows/a%00b"))).toMatchObject({ status: 422, code: "InvalidActorId" });
    expect(await problem(get(`/shows/${"x".repeat(600)}`))).toMatchObject({ status: 422 });
  });

  test.each<[string, RequestInit, number]>([
    ["no JSON", { body: '{"seats":' }, 400],
    ["no body", {}, 400],
    ["another content type", { body: '{"seats":["A1"]}', headers: { "content-type": "text/plain" } }, 415],
    ["too much", { body: JSON.stringify({ seats: ["A1"], more: "x".repeat(20_000) }) }, 413],
    ["a method that is not there", { method: "PATCH" }, 404],
  ])("is refused by its form: %s", async (_, init, status) => {
    const response = api.request("/shows/hamlet/holds", {
      method: "POST",
      headers: { "content-type": "application/json" },
      ...init,
    });
    expect(await problem(response)).toMatchObject({ status });
    expect(await free()).toHaveLength(6);
  });

  test("is refused at an address that is none", async () => {
    expect(await problem(get("/"))).toMatchObject({ status: 404, code: "BadRequest" });
  });
});

describe("when something is wrong here", () => {
  function failing(error: Error): void {
    around = () => {
      throw error;
    };
  }

  test.each([new ActorBusy("held"), new TransportError("gone")])(
    "that may pass, it is said when to come back, and the same key goes then: %p",
    async (error) => {
      failing(error);
      const answer = await hold(["A1"], "k");
      expect(answer.headers.get("retry-after")).toBe("1");
      expect(await problem(answer)).toMatchObject({ status: 503, code: error.code });
      around = (_call, next) => next();
      await answered(hold(["A1"], "k"), 201);
    },
  );

  test.each([
    new InternalError("the table secret-table is missing"),
    new TypeError("secret-table is undefined"),
    Object.assign(new Error("connect ECONNREFUSED secret-table"), { code: "ECONNREFUSED" }),
  ])("that is a defect, nothing of it gets out: %p", async (error) => {
    const log = jest.spyOn(console, "error").mockImplementation(() => {});
    failing(error);
    const answer = await problem(hold(["A1"]));
    expect(answer).toMatchObject({ status: 500, code: "Unexpected" });
    expect(JSON.stringify(answer)).not.toContain("secret-table");
    expect(log).toHaveBeenCalledTimes(1);
    log.mockRestore();
  });
});

test("on Lambda, a Function URL's event is a request, and the answer is what Lambda takes", async () => {
  const event = {
    version: "2.0",
    routeKey: "$default",
    rawPath: "/shows/hamlet/holds",
    rawQueryString: "",
    headers: { "content-type": "application/json", "idempotency-key": "k" },
    body: Buffer.from('{"seats":["A1"]}').toString("base64"),
    isBase64Encoded: true,
    requestContext: {
      domainName: "abc.lambda-url.eu-west-1.on.aws",
      http: { method: "POST", path: "/shows/hamlet/holds" },
    },
  };
  const answer = (await handle(api)(event as never, {} as LambdaContext)) as APIGatewayProxyResult;
  expect(answer).toMatchObject({ statusCode: 201, isBase64Encoded: false });
  expect(JSON.parse(answer.body)).toMatchObject({ seats: ["A1"] });
  expect(await free()).not.toContain("A1");
});
