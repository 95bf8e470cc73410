/**
 * The inspector's server: the page, what it asks for (`api.ts`), and what it is told. It answers this machine alone, and pages of its
 * own alone; what changes something is a POST of JSON, which no page of another site can send.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { DurableError, UnexpectedEvent } from "../../lib/errors";
import { listenOnLoopback, refusalOf } from "../../lib/local/loopback";
import {
  bodyTooLarge,
  HttpProblem,
  type HttpResponse,
  MAX_BODY_BYTES,
  problem,
  statusOf,
} from "../../lib/runtime/http";
import { asDurableError } from "../../lib/wire-error";
import type { InspectedApp } from "../app/inspected-app";
import type { Feed } from "./feed";
import { live } from "./live";
import { page } from "./page-files";
import { readLimit, readQuery } from "./queries";

export interface InspectorOptions {
  readonly app: InspectedApp;
  /** What happens in it; absent where nobody can know. */
  readonly feed?: Feed;
  /** Events that were published; absent where nobody keeps them. */
  readonly events?: (options: { readonly after?: number; readonly limit?: number }) => object[];
  /** 0 for any free one. */
  readonly port: number;
  /** The app can be looked at, and not changed. */
  readonly isReadOnly: boolean;
  /** Takes requests for `/actors…`, as they come. */
  readonly forward?: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface InspectorServer {
  readonly url: string;
  close(): Promise<void>;
}

/** @throws InvalidDefinition when the port cannot be had */
export async function serveInspector(options: InspectorOptions): Promise<InspectorServer> {
  const stopping = new AbortController();
  const answer = getRequestListener(routes(options, stopping.signal).fetch);
  const server = createServer((request, response) => {
    const refusal = refusalOf(request.headers);
    if (refusal !== undefined) return send(response, problem(new HttpProblem(403, refusal), NO_STACK));
    const isCall = /^\/actors(?:[/?]|$)/.test(request.url ?? "");
    if (isCall && options.forward !== undefined) return options.forward(request, response);
    void answer(request, response);
  });
  const url = await listenOnLoopback(server, options.port);
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        stopping.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A file on this machine is looked at quickly, and for nothing; queues on AWS are not. */
const LOOK_MS = 1_000;
const LOOK_DEPLOYED_MS = 5_000;

const NO_STACK = { stack: false };

export function send(response: ServerResponse, { status, headers, body }: HttpResponse): void {
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

function routes({ app, feed, events, isReadOnly }: InspectorOptions, stopping: AbortSignal): Hono {
  const hono = new Hono();
  hono.onError((thrown) => responseOf(asProblem(thrown)));
  hono.notFound(({ req }) => responseOf(asProblem(failure("UnknownPath", `There is no ${req.path}.`))));

  hono.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => responseOf(bodyTooLarge()) }));

  hono.get("/inspect/app", async (c) => c.json(await app.info()));
  hono.get("/inspect/actors", async (c) => c.json(await app.list(readQuery(c.req.query()))));
  hono.get("/inspect/actor", async (c) => {
    const { type = "", id = "" } = c.req.query();
    const view = await app.actor({ type, id });
    if (view !== undefined) return c.json(view);
    throw failure("UnknownAddress", `Nobody has touched ${type}/${id} yet.`);
  });
  hono.get("/inspect/queues", async (c) => c.json(await app.depths()));
  hono.get("/inspect/turns", (c) =>
    c.json({ turns: feed?.turns({ limit: readLimit(c.req.query("limit")) }) ?? [] }),
  );
  hono.get("/inspect/events", (c) =>
    c.json({ events: events?.({ limit: readLimit(c.req.query("limit")) }) ?? [] }),
  );
  hono.get("/inspect/dead-letters", async (c) => {
    const { limit, ...filter } = c.req.query();
    return c.json({ letters: await app.letters.list(filterOf(filter), { limit: readLimit(limit) }) });
  });
  hono.get("/inspect/live", (c) =>
    live(c, { app, feed, events, lookMs: isReadOnly ? LOOK_DEPLOYED_MS : LOOK_MS, stopping }),
  );

  const change = (path: string, act: (body: object) => Promise<object>) =>
    hono.post(path, async (c) => {
      if (isReadOnly) throw failure("ReadOnly", "This app can be looked at here, and not changed.");
      return c.json(await act(await bodyOf(c.req.raw)));
    });
  change("/inspect/dead-letters/redrive", async (body) => ({
    count: await app.letters.redrive(filterOf(body)),
  }));
  change("/inspect/dead-letters/discard", async (body) => ({
    count: await app.letters.discard(filterOf(body)),
  }));
  change("/inspect/call", (body) => app.transport.invoke(body as Parameters<typeof app.transport.invoke>[0]));

  hono.get("*", (c) => page(c));
  return hono;
}

/** A call that failed is an answer; what is wrong with the request, or with the app, is a problem. */
function asProblem(thrown: unknown): HttpProblem {
  const error = asDurableError(thrown);
  return new HttpProblem(STATUS[error.code] ?? statusOf(error, {}), error);
}

/** Of what only happens here. */
const STATUS: Readonly<Record<string, number>> = {
  UnknownPath: 404,
  UnknownAddress: 404,
  ReadOnly: 403,
  UnsupportedMediaType: 415,
  AppNotRunning: 503,
  AppNotReachable: 503,
};

function failure(code: string, message: string): DurableError {
  return new DurableError(code, message);
}

function responseOf(found: HttpProblem): Response {
  const { status, headers, body } = problem(found, NO_STACK);
  return new Response(body, { status, headers });
}

/** A page of another site can send forms and texts, and no JSON. @throws DurableError `UnsupportedMediaType`; UnexpectedEvent */
async function bodyOf(request: Request): Promise<object> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get("content-type") ?? "")) {
    throw failure("UnsupportedMediaType", "The content type is not application/json.");
  }
  const body: unknown = await request.json().catch(() => undefined);
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body;
  throw unexpected("body", "The body is not a JSON object.");
}

const FILTERS = ["actor", "id", "callId", "messageId"] as const;

/** @throws UnexpectedEvent */
function filterOf(fields: object): Readonly<Partial<Record<(typeof FILTERS)[number], string>>> {
  for (const [name, value] of Object.entries(fields)) {
    if (!FILTERS.some((known) => known === name))
      throw unexpected(name, `"${name}" is none of ${FILTERS.join(", ")}.`);
    if (typeof value !== "string") throw unexpected(name, `"${name}" is not a text.`);
  }
  return { ...fields };
}

function unexpected(field: string, message: string): UnexpectedEvent {
  return new UnexpectedEvent(message, { field });
}
