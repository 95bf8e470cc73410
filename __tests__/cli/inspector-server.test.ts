/** The inspector's server: what its page can ask for, and who cannot ask for anything. */
import { request } from "node:http";
import { Actor, DurableActor, Method } from "durable-lambda";
import { type LocalApp, startLocal } from "durable-lambda/local";
import type { InspectedApp } from "../../cli/app/inspected-app";
import type { Turn } from "../../cli/inspector/api";
import { Feed } from "../../cli/inspector/feed";
import { type InspectorServer, serveInspector } from "../../cli/inspector/server";
import { httpTransport } from "../../lib/client/http-transport";

@Actor
class Counter extends DurableActor {
  count = 0;
  @Method increment(by = 1): number {
    this.count += by;
    return this.count;
  }
  @Method({ maxAttempts: 1 }) fail(): never {
    throw new Error("it broke");
  }
}

const log = { debug() {}, info() {}, warn() {}, error() {} };
const TURN: Omit<Turn, "position"> = {
  atMs: 1,
  actor: "Counter",
  actorId: "c1",
  method: "increment",
  kind: "call",
  callId: "x",
  outcome: "committed",
  attempts: 1,
  waitedMs: 0,
};

let local: LocalApp;
let feed: Feed;
let server: InspectorServer;
let readOnly: InspectorServer;

beforeAll(async () => {
  local = await startLocal({ actors: [Counter], log });
  const { inspection } = local;
  const app: InspectedApp = {
    info: async () => ({ mode: "dev", name: "app", version: "1.0.0", actors: [] }),
    list: (query) => inspection.list(query),
    actor: (address) => inspection.actor(address),
    depths: () => inspection.depths(),
    letters: inspection.deadLetters,
    transport: httpTransport({ url: local.url }),
  };
  feed = new Feed();
  const published = [{ position: 1 }, { position: 2 }, { position: 3 }];
  const events = ({ after = 0, limit = 10 }: { after?: number; limit?: number }) =>
    published.filter(({ position }) => position > after).slice(-limit);
  server = await serveInspector({ app, feed, events, port: 0, isReadOnly: false });
  readOnly = await serveInspector({ app, port: 0, isReadOnly: true });
});
afterAll(async () => {
  await Promise.all([server?.close(), readOnly?.close()]);
  await local?.close();
});

const get = async (path: string, at = server) => (await fetch(`${at.url}/inspect/${path}`)).json();
const post = async (path: string, body: unknown, at = server) => {
  const response = await fetch(`${at.url}/inspect/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

/** With headers that `fetch` does not let anybody choose. */
function raw(
  path: string,
  headers: Record<string, string>,
  { method = "GET", body = "" } = {},
): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}${path}`, { method, headers }, (answer) => {
      let text = "";
      answer.on("data", (chunk) => (text += String(chunk)));
      answer.on("end", () => resolve({ status: answer.statusCode, body: text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

it("calls a method, and shows the actor then", async () => {
  const invocation = { actor: "Counter", id: "a/b?c#d", method: "increment", args: [5] };
  expect(await post("call", invocation)).toEqual({ status: 200, body: { ok: true, result: 5, version: 1 } });
  expect(await get(`actor?type=Counter&id=${encodeURIComponent("a/b?c#d")}`)).toMatchObject({
    id: "a/b?c#d",
    state: { count: 5 },
  });
  expect(await get("actors?type=Counter&search=b%3Fc")).toMatchObject({ actors: [{ id: "a/b?c#d" }] });
});

it("answers a call that fails as what it is, an answer", async () => {
  const invocation = { actor: "Counter", id: "f", method: "fail", args: [] };
  expect(await post("call", invocation)).toMatchObject({
    status: 200,
    body: { ok: false, error: { name: "Error", message: "it broke" } },
  });
  expect(await post("call", { nonsense: 1 })).toMatchObject({
    status: 200,
    body: { ok: false, error: { code: "UnexpectedEvent" } },
  });
});

it("lists, sends back and throws away dead letters", async () => {
  await local.client.actor(Counter).get("dead").send().fail();
  while ((await local.inspection.depths()).deadLetters.ready === 0) await new Promise(setImmediate);
  const { letters } = (await get("dead-letters?id=dead")) as { letters: { messageId: string }[] };
  expect(letters).toMatchObject([{ actor: "Counter", id: "dead", reason: { message: "it broke" } }]);
  expect(await post("dead-letters/discard", { messageId: letters[0]?.messageId })).toMatchObject({
    body: { count: 1 },
  });
  expect(await post("dead-letters/redrive", { id: "dead" })).toMatchObject({ body: { count: 0 } });
});

it.each([
  ["an actor that nobody touched", "actor?type=Counter&id=absent", 404, "UnknownAddress"],
  ["an id that none can have", "actor?type=Counter&id=", 400, "InvalidActorId"],
  ["a limit that is none", "actors?limit=x", 400, "UnexpectedEvent"],
  ["a limit beyond the most", "actors?limit=1001", 400, "UnexpectedEvent"],
  ["a page that is none", "actors?after=x", 400, "UnexpectedEvent"],
  ["a turn limit that is none", "turns?limit=0", 400, "UnexpectedEvent"],
  ["a filter that is none", "dead-letters?method=x", 400, "UnexpectedEvent"],
  ["a path that is none", "nothing", 404, "UnknownPath"],
  ["a path out of the page's folder", "..%2f..%2fpackage.json", 404, "UnknownPath"],
])("says what is wrong with %s", async (_what, path, status, code) => {
  const response = await fetch(`${server.url}/inspect/${path}`);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  expect({ status: response.status, body: await response.json() }).toMatchObject({
    status,
    body: { ok: false, error: { code, retryable: false } },
  });
});

it.each([
  ["dead-letters/redrive", {}, "UnexpectedEvent"],
  ["dead-letters/discard", {}, "UnexpectedEvent"],
  ["dead-letters/discard", { actor: 1 }, "UnexpectedEvent"],
  ["dead-letters/discard", { __proto__: null, constructor: "x" }, "UnexpectedEvent"],
  ["dead-letters/redrive", [], "UnexpectedEvent"],
  ["call", "text", "UnexpectedEvent"],
])("refuses to %s with %j", async (path, body, code) => {
  expect(await post(path, body)).toMatchObject({ status: 400, body: { error: { code } } });
});

it("refuses a body that is too large for a call", async () => {
  const args = ["x".repeat(6 * 1_024 * 1_024)];
  expect(await post("call", { actor: "Counter", id: "big", method: "increment", args })).toMatchObject({
    status: 413,
    body: { error: { code: "PayloadTooLarge" } },
  });
});

it("changes nothing where it is only to look", async () => {
  for (const path of ["call", "dead-letters/redrive", "dead-letters/discard"]) {
    const body = { actor: "Counter", id: "untouched", method: "increment" };
    expect(await post(path, body, readOnly)).toMatchObject({
      status: 403,
      body: { error: { code: "ReadOnly" } },
    });
  }
  expect(await local.inspection.actor({ type: "Counter", id: "untouched" })).toBeUndefined();
  expect(await get("queues", readOnly)).toMatchObject({ messages: { ready: 0 } });
  expect([await get("turns", readOnly), await get("events", readOnly)]).toEqual([
    { turns: [] },
    { events: [] },
  ]);
});

describe("other sites", () => {
  it.each([
    ["another host", { host: "evil.example" }],
    ["another host that looks alike", { host: "127.0.0.1.evil.example" }],
    ["another origin", { origin: "https://evil.example" }],
    ["no origin at all, as from a sandbox", { origin: "null" }],
  ])("cannot ask: %s", async (_what, headers) => {
    for (const path of ["/", "/inspect/app", "/inspect/live", "/inspect/actors", "/nothing"]) {
      expect(await raw(path, headers)).toMatchObject({ status: 403 });
    }
    const call = JSON.stringify({ actor: "Counter", id: "forged", method: "increment" });
    const json = { "content-type": "application/json", ...headers };
    expect(await raw("/inspect/call", json, { method: "POST", body: call })).toMatchObject({ status: 403 });
    expect(await local.inspection.actor({ type: "Counter", id: "forged" })).toBeUndefined();
  });

  it("cannot send what a form sends", async () => {
    const body = JSON.stringify({ actor: "Counter", id: "forged", method: "increment" });
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]) {
      const answer = await raw("/inspect/call", type === "" ? {} : { "content-type": type }, {
        method: "POST",
        body,
      });
      expect(answer).toMatchObject({ status: 415 });
    }
    expect(await local.inspection.actor({ type: "Counter", id: "forged" })).toBeUndefined();
  });
});

describe("live", () => {
  /** Reads a stream until it has so many events of these names. */
  async function read(count: number, names: readonly string[], lastEventId?: string) {
    const stop = new AbortController();
    const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    const response = await fetch(`${server.url}/inspect/live`, { headers, signal: stop.signal });
    const found: { name: string; data: { position: number }; id: string }[] = [];
    let text = "";
    try {
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk).toString();
        const blocks = text.split("\n\n");
        text = blocks.pop() ?? "";
        for (const block of blocks) {
          const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1] ?? "";
          if (names.includes(field("event"))) {
            found.push({ name: field("event"), data: JSON.parse(field("data")), id: field("id") });
          }
        }
        if (found.length >= count) return found;
      }
      throw new Error("the stream ended");
    } finally {
      stop.abort();
    }
  }

  it("begins with how things stand, and goes on with what happens", async () => {
    expect((await read(2, ["app", "queues"])).map(({ name }) => name).sort()).toEqual(["app", "queues"]);
    const reading = read(2, ["turn"], "0.3");
    while (!feed.isHeard) await new Promise(setImmediate);
    feed.addTurn(TURN);
    feed.addTurn(TURN);
    expect((await reading).map(({ data }) => data.position)).toEqual([1, 2]);
  });

  it("tells a page that comes back what it missed, once and in order", async () => {
    feed.addTurn(TURN);
    const back = await read(2, ["turn"], "1.3");
    expect(back.map(({ data, id }) => [data.position, id])).toEqual([
      [2, "2.3"],
      [3, "3.3"],
    ]);
    expect((await read(2, ["event"], "3.1")).map(({ data, id }) => [data.position, id])).toEqual([
      [2, "3.2"],
      [3, "3.3"],
    ]);
  });

  it("ends with the server, also while pages listen", async () => {
    const other = await serveInspector({
      app: { info: async () => ({}), depths: async () => ({}) } as unknown as InspectedApp,
      feed,
      port: 0,
      isReadOnly: false,
    });
    const response = await fetch(`${other.url}/inspect/live`);
    await other.close();
    await expect(response.text()).rejects.toThrow();
  });
});
