/** The chat over HTTP: the page, what it may ask for, and the stream of what happens in a room. */
import type { Client } from "durable-lambda";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { streamSSE } from "hono/streaming";
import { Changes } from "./changes";
import { onlyOwnPages, strictPages } from "./guard";
import { page } from "./page";
import { asProblem } from "./problem";
import { Room } from "./room";
import { streamNews } from "./stream";

export interface ChatOptions {
  /** How often a stream looks for what other processes have changed; what this one changes, it sees at once. Default 1 s. */
  readonly pollMs?: number;
}

/** Anybody may open a room, so what its name may be is here, and any other address is none. */
const ROOM = "/rooms/:room{[a-z0-9][a-z0-9-]{0,39}}";
const API = `/api${ROOM}`;
/** The longest text in the longest way to write it as JSON. */
const MAX_BODY_BYTES = 16 * 1_024;
/** Whoever waits at a browser rather tries again. */
const TIMEOUT_MS = 5_000;

export function createChat(client: Client, { pollMs = 1_000 }: ChatOptions = {}): Hono {
  const app = new Hono();
  const rooms = client.actor(Room);
  const changes = new Changes();
  const roomOf = (c: Context) => c.req.param("room") as string;
  const room = (c: Context) => rooms.get(roomOf(c), { timeoutMs: TIMEOUT_MS });

  app.onError(asProblem);
  app.notFound(() => {
    throw new HTTPException(404, { message: "There is nothing at this address" });
  });
  app.use(strictPages, onlyOwnPages, bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }));
  app.route("/", page(ROOM));

  // Said again and again, as long as somebody is there.
  app.put(`${API}/me`, async (c) => {
    const { name } = await bodyOf(c);
    const entered = await room(c).enter(sessionOf(c), name as string);
    changes.tell(roomOf(c));
    return c.json(entered);
  });

  app.delete(`${API}/me`, async (c) => {
    await room(c).leave(sessionOf(c));
    changes.tell(roomOf(c));
    return c.body(null, 204);
  });

  app.post(`${API}/messages`, async (c) => {
    const { text } = await bodyOf(c);
    const session = sessionOf(c);
    const key = c.req.header("idempotency-key");
    if (!key) throw new HTTPException(400, { message: "A message needs an Idempotency-Key" });
    // With the session before it: nobody gets an answer of somebody else's by guessing a key.
    const idempotencyKey = `${session} ${key}`;
    const posted = await rooms
      .get(roomOf(c), { timeoutMs: TIMEOUT_MS, idempotencyKey })
      .post(session, text as string);
    changes.tell(roomOf(c));
    return c.json(posted, 201);
  });

  // For whoever cannot hold a stream open, such as a function behind an HTTP API.
  app.get(`${API}/news`, async (c) => c.json(await room(c).news(c.req.query("since") || undefined)));

  app.get(`${API}/stream`, (c) => {
    const since = c.req.header("last-event-id") || c.req.query("since") || undefined;
    const listener = changes.listen(roomOf(c));
    return streamSSE(c, (stream) => streamNews(stream, room(c), listener, { since, pollMs }));
  });
  return app;
}

function tooLarge(): never {
  throw new HTTPException(413, { message: `A request has at most ${MAX_BODY_BYTES} bytes` });
}

/** The secret of a browser. In a header and not in the address, which ends up in logs. */
function sessionOf(c: Context): string {
  const [, session] = /^Bearer (\S+)$/.exec(c.req.header("authorization") ?? "") ?? [];
  if (session === undefined) throw new HTTPException(401, { message: "Who asks? The session is missing" });
  return session;
}

/** What a form of another site cannot send: its content type would not be JSON's. What is in it, the room checks. */
async function bodyOf(c: Context): Promise<Readonly<Record<string, unknown>>> {
  if (!/^application\/json\s*(;|$)/i.test(c.req.header("content-type") ?? "")) {
    throw new HTTPException(415, { message: "The content type is not application/json" });
  }
  const body: unknown = await c.req.json().catch(() => undefined);
  if (typeof body === "object" && body !== null) return body as Record<string, unknown>;
  throw new HTTPException(400, { message: "The body is not an object in JSON" });
}
