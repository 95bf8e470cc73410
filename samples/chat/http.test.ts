/** The chat over real HTTP: what the page may do, what is refused, and how others might try to get in. */
import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { ActorBusy, InternalError, type Middleware } from "durable-lambda";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { Room } from "./room";
import { type ChatServer, serveChat } from "./serve";
import { Visitor } from "./visitor";

let app: TestApp;
let chat: ChatServer;
let around: Middleware;
let ann: Visitor;
let bob: Visitor;

beforeEach(async () => {
  around = (_call, next) => next();
  app = createTestApp([Room], { use: [(call, next) => around(call, next)] });
  chat = await serveChat(app.client, 0, { pollMs: 60_000 });
  [ann, bob] = [new Visitor("Ann", chat.url), new Visitor("Bob", chat.url)];
  await ann.enter();
  await bob.enter();
});
afterEach(async () => {
  await chat.close();
  await app.close();
});

interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

async function problemOf(answer: Response): Promise<Problem> {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await answer.json()) as Problem;
  expect(problem.status).toBe(answer.status);
  return problem;
}

const news = async () =>
  (await (await ann.ask("GET", "news")).json()) as { messages: { id: string; text: string }[] };
const texts = async () => (await news()).messages.map(({ text }) => text);

describe("a message", () => {
  test("that is sent again under its key is one message; the same key of somebody else is another", async () => {
    const [first, again] = [await ann.post("Hello", "k"), await ann.post("Hello", "k")];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(await again.json()).toEqual(await first.json());
    await bob.post("Hi", "k");
    expect(await texts()).toEqual(["Hello", "Hi"]);
  });

  test("can be asked for without a stream, from any other one on", async () => {
    for (const text of ["one", "two", "three"]) await ann.post(text);
    const [first] = (await news()).messages;
    const after = await ann.ask("GET", `news?since=${encodeURIComponent(first?.id ?? "")}`);
    expect(await after.json()).toMatchObject({
      messages: [{ text: "two" }, { text: "three" }],
      missed: false,
      people: ["Ann", "Bob"],
    });
  });

  test("that is one too many has to wait, and goes then, under the same key", async () => {
    for (let number = 1; number <= 5; number++) await ann.post(`no ${number}`);
    const refused = await ann.post("no 6", "k");
    expect(refused.headers.get("retry-after")).toBe("10");
    expect(await problemOf(refused)).toMatchObject({ status: 429, code: "TooFast" });
    await app.clock.advance("10s");
    expect((await ann.post("no 6", "k")).status).toBe(201);
    expect(await texts()).toHaveLength(6);
  });

  test("stays text, whatever is in it", async () => {
    const text = "<script>alert(1)</script><img src=x onerror=alert(1)>";
    const posted = await ann.post(text);
    expect(posted.headers.get("content-type")).toContain("application/json");
    expect(posted.headers.get("x-content-type-options")).toBe("nosniff");
    expect(await posted.json()).toMatchObject({ text });
  });

  test.each<[string, unknown, number, string]>([
    ["longer than is allowed", "x".repeat(2_001), 422, "ValidationError"],
    ["of nothing", " ", 422, "ValidationError"],
    ["that is no text", { $ne: "" }, 422, "ValidationError"],
    ["of half a character", "\ud800", 422, "NotSerializable"],
    ["larger than a request may be", "x".repeat(100_000), 413, "Refused"],
  ])("%s is refused", async (_, text, status, code) => {
    expect(await problemOf(await ann.post(text))).toMatchObject({ status, code });
    expect(await texts()).toEqual([]);
  });
});

describe("a request is refused", () => {
  test("by the room, with its reason", async () => {
    const eve = new Visitor("ann", chat.url);
    expect(await problemOf(await eve.post("Hi"))).toMatchObject({ status: 409, code: "NotHere" });
    expect(await problemOf(await eve.enter())).toEqual({
      title: "NameTaken",
      code: "NameTaken",
      status: 409,
      detail: "Somebody called ann is in this room already",
    });
  });

  test.each([
    "Lobby",
    "-lobby",
    "x".repeat(41),
    "a%2Fb",
    "a%00b",
    "__proto__",
    "caf%C3%A9",
    "%F0%9F%9A%80",
    "..%2F..",
  ])("for a room that cannot be: %s", async (room) => {
    const stray = new Visitor("Ann", chat.url, room);
    for (const answer of [await stray.enter(), await stray.post("Hi"), await stray.ask("GET", "stream")])
      expect(await problemOf(answer)).toMatchObject({ status: 404 });
  });

  test.each<[string, object, number]>([
    ["no session", { headers: { authorization: "" } }, 401],
    ["a session that could be guessed", { headers: { authorization: "Bearer 1" } }, 422],
    ["no key", { headers: { "idempotency-key": "" } }, 400],
    ["the content type of a form", { headers: { "content-type": "text/plain" } }, 415],
    ["half a body", { body: '{"text":' }, 400],
    ["a body that is no object", { body: "null" }, 400],
    ["no body", { body: undefined }, 400],
    ["a method that is not there", { method: "PATCH" }, 404],
  ])("with %s", async (_, { headers = {}, ...given }: RequestInit, status) => {
    const answer = await fetch(`${chat.url}/api/rooms/lobby/messages`, {
      method: "POST",
      body: '{"text":"Hi"}',
      ...given,
      headers: {
        authorization: `Bearer ${ann.session}`,
        "content-type": "application/json",
        "idempotency-key": "k",
        ...headers,
      },
    });
    // Only entering makes a session; for a message it is one that is not known.
    expect((await problemOf(answer)).status).toBe(status === 422 ? 409 : status);
    expect(await texts()).toEqual([]);
  });

  test("when a session could be guessed", async () => {
    const short = Object.assign(new Visitor("Eve", chat.url), { session: "1" });
    expect(await problemOf(await short.enter())).toMatchObject({ status: 422, code: "ValidationError" });
  });

  test.each([
    "https://evil.example",
    "http://localhost:1",
    "http://127.0.0.1",
    "null",
    "http://127.0.0.1.evil.example",
  ])("from a page of %s", async (origin) => {
    for (const [method, path] of [
      ["PUT", "me"],
      ["DELETE", "me"],
      ["POST", "messages"],
      ["GET", "stream"],
    ] as const) {
      const answer = await ann.ask(method, path, method === "GET" ? undefined : {}, { origin });
      expect(await problemOf(answer)).toMatchObject({ status: 403 });
      expect(answer.headers.get("access-control-allow-origin")).toBeNull();
    }
    expect((await ann.post("Hi")).status).toBe(201);
  });

  test("that is for another name of this port, as a rebound DNS name makes it, and not for its own names", async () => {
    const { port } = new URL(chat.url);
    for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example"])
      expect(await statusFor(host, "/rooms/lobby")).toBe(403);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`])
      expect(await statusFor(host, "/rooms/lobby")).toBe(200);
  });

  test("in a moment at which the room does not answer: with 503, and to be tried again", async () => {
    around = () => {
      throw new ActorBusy("Somebody holds it");
    };
    const answer = await ann.post("Hi", "k");
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(await problemOf(answer)).toMatchObject({ status: 503, code: "ActorBusy" });
    around = (_call, next) => next();
    expect((await ann.post("Hi", "k")).status).toBe(201);
  });

  test("by a defect, without a word about it", async () => {
    const log = jest.spyOn(console, "error").mockImplementation(() => {});
    around = () => {
      throw new InternalError("The table secret-table is missing");
    };
    const answer = await ann.post("Hi");
    expect(JSON.stringify(await problemOf(answer))).not.toContain("secret-table");
    expect(answer.status).toBe(500);
    expect(log).toHaveBeenCalledTimes(1);
    log.mockRestore();
  });
});

describe("the page", () => {
  const files = readdirSync(join(__dirname, "page"));

  test("may load what is its own, and nothing else", async () => {
    const { status, headers } = await fetch(`${chat.url}/rooms/lobby`);
    expect(status).toBe(200);
    expect(headers.get("content-security-policy")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });

  test("is where one gets without an address", async () => {
    const { url, status } = await fetch(chat.url);
    expect([url, status]).toEqual([`${chat.url}/rooms/lobby`, 200]);
  });

  test.each(files.filter((name) => name !== "index.html"))("has its file %s", async (name) => {
    const { status, headers } = await fetch(`${chat.url}/${name}`);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toMatch(/^(text\/(css|javascript); charset=utf-8|image\/svg\+xml)$/);
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  test.each(files.filter((name) => name.endsWith(".mjs")))("makes no markup of texts in %s", (name) => {
    const text = readFileSync(join(__dirname, "page", name), "utf8");
    expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(/);
  });

  test.each([
    "/room.ts",
    "/page/chat.mjs",
    "/../room.ts",
    "/%2e%2e/room.ts",
    "/rooms/../room.ts",
    "//etc/passwd",
  ])("is all there is: not %s", async (path) => {
    expect(await statusFor(new URL(chat.url).host, path)).toBe(404);
  });
});

/** As it goes over the wire: `fetch` would set the Host header itself, and resolve the path. */
function statusFor(host: string, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(chat.url);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, headers: { host }, agent: false }, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode));
    });
    asked.on("error", reject).end();
  });
}
