/** The requests of `cli/inspector/api.ts`. Every failure is a {@link Problem}. */
import type {
  ActorPage,
  ActorView,
  AppInfo,
  DeadLetter,
  DeadLetterFilter,
  PlacedEvent,
  QueueDepths,
  Turn,
} from "../../api";
import type { Json } from "../values/json";
import { noteUnreachable } from "./connection";
import { Problem, problemIn, unreachable } from "./problem";

export interface Address {
  readonly type: string;
  readonly id: string;
}

export interface ActorsQuery {
  readonly type: string | undefined;
  readonly search: string;
  readonly after: string | undefined;
  readonly limit: number;
}

export interface Call {
  readonly actor: string;
  readonly id: string;
  readonly method: string;
  readonly args: readonly Json[];
  readonly mode: "call" | "send" | "start";
}

export interface CallReply {
  readonly result?: Json;
  readonly version?: number;
  readonly callId?: string;
}

type Query = Readonly<Record<string, string | number | undefined>>;

export const server = {
  app: (signal?: AbortSignal) => get<AppInfo>("app", {}, signal),
  queues: (signal?: AbortSignal) => get<QueueDepths>("queues", {}, signal),
  actors: ({ type, search, after, limit }: ActorsQuery, signal?: AbortSignal) =>
    get<ActorPage>("actors", { type, search: search === "" ? undefined : search, after, limit }, signal),

  /** Undefined when nobody has ever touched it. */
  async actor({ type, id }: Address, signal?: AbortSignal): Promise<ActorView | undefined> {
    try {
      return await get<ActorView>("actor", { type, id }, signal);
    } catch (thrown) {
      if (thrown instanceof Problem && thrown.status === 404) return undefined;
      throw thrown;
    }
  },

  turns: async (limit: number) => (await get<{ turns: readonly Turn[] }>("turns", { limit })).turns,
  events: async (limit: number) =>
    (await get<{ events: readonly PlacedEvent[] }>("events", { limit })).events,
  letters: async (filter: DeadLetterFilter & { readonly limit: number }, signal?: AbortSignal) =>
    (await get<{ letters: readonly DeadLetter[] }>("dead-letters", { ...filter }, signal)).letters,
  redrive: async (filter: DeadLetterFilter) =>
    (await post<{ count: number }>("dead-letters/redrive", filter)).count,
  discard: async (filter: DeadLetterFilter) =>
    (await post<{ count: number }>("dead-letters/discard", filter)).count,
  call: (call: Call) => post<CallReply>("call", call),
};

function get<T>(path: string, query: Query, signal?: AbortSignal): Promise<T> {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  const search = new URLSearchParams(given).toString();
  return ask(`inspect/${path}${search === "" ? "" : `?${search}`}`, signal === undefined ? {} : { signal });
}

function post<T>(path: string, body: object): Promise<T> {
  return ask(`inspect/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function ask<T>(url: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, cache: "no-store" });
  } catch (thrown) {
    if (init.signal?.aborted) throw thrown;
    noteUnreachable();
    throw unreachable();
  }
  const body = await bodyOf(response);
  if (response.ok && body !== undefined && (body as { ok?: unknown }).ok !== false) return body as T;
  throw problemIn(body, response.status);
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return ((await response.json()) as unknown) ?? undefined;
  } catch {
    return undefined;
  }
}
