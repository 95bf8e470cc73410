/**
 * What the inspector's page and its server say to each other: JSON both ways, paths below `/inspect/`, times in milliseconds since
 * the epoch. What fails has a problem body (RFC 9457) with `error: { code, message, retryable, details? }`, as calls over HTTP have.
 *
 *     GET  app                                     AppInfo
 *     GET  actors?type=&search=&after=&limit=      ActorPage
 *     GET  actor?type=&id=                         ActorView, or 404
 *     GET  queues                                  QueueDepths
 *     GET  turns?limit=                            { turns: Turn[] }, the oldest first
 *     GET  events?limit=                           { events: PlacedEvent[] }, the oldest first
 *     GET  dead-letters?actor=&id=&callId=&messageId=&limit=  { letters: DeadLetter[] }, the oldest first
 *     POST dead-letters/redrive  DeadLetterFilter  { count }
 *     POST dead-letters/discard  DeadLetterFilter  { count }
 *     POST call                  an invocation     { ok: true, result, version } or { ok: false, error }
 *     GET  live                                    server-sent events, see `LiveEvents`
 */
import type { ActorView } from "../../lib/inspect/actor-view";
import type { ActorPage, ActorSummary } from "../../lib/inspect/directory";
import type { QueueDepths } from "../../lib/inspect/inspection";
import type { PlacedEvent } from "../../lib/local/sqlite-bus";
import type { DeadLetter } from "../../lib/messages/dead-letter";
import type { DeadLetterFilter } from "../../lib/messages/dead-letters";

export type { ActorPage, ActorSummary, ActorView, DeadLetter, DeadLetterFilter, PlacedEvent, QueueDepths };

/** The app that is looked at. */
export interface AppInfo {
  /** What runs here and can be changed, or a stack on AWS, which is only looked at. */
  readonly mode: "dev" | "deployed";
  /** The entry's path, or the stack. */
  readonly name: string;
  /** Of this package. */
  readonly version: string;
  /** By name. Of a deployed app only those are known that have been seen: without methods. */
  readonly actors: readonly ActorTypeInfo[];
  readonly build?: BuildStatus;
}

export interface ActorTypeInfo {
  readonly name: string;
  readonly methods: readonly MethodInfo[];
  /** Which events it listens to. */
  readonly events: readonly { readonly source: string; readonly detailType: string }[];
  /** How many there are; absent where nobody has counted. */
  readonly count?: number;
}

export interface MethodInfo {
  readonly name: string;
  readonly readonly: boolean;
  /** As the code has them, `by = 1, note`; absent when that cannot be told. */
  readonly parameters?: string;
}

/** Whether the code that runs is the code as it is saved. */
export type BuildStatus =
  | { readonly state: "building" | "ready"; readonly sinceMs: number }
  | {
      /** The code before it goes on running, if there was any. */
      readonly state: "failed";
      readonly sinceMs: number;
      readonly problems: readonly BuildProblem[];
    };

export interface BuildProblem {
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** The line in the file. */
  readonly text?: string;
}

/** One turn that has ended, as the log has it. */
export interface Turn {
  /** Rises from each to the next. */
  readonly position: number;
  readonly atMs: number;
  readonly actor: string;
  readonly actorId: string;
  readonly method: string;
  readonly kind: "call" | "send" | "start" | "reminder" | "expiry" | "readonly";
  readonly callId: string;
  readonly outcome: "committed" | "read" | "repeated" | "failed" | "lost";
  readonly version?: number;
  readonly attempts: number;
  readonly reminder?: string;
  /** Of the error, when it failed. */
  readonly code?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly waitedMs: number;
  readonly loadedMs?: number;
  readonly ranMs?: number;
  readonly committedMs?: number;
}

/** The server-sent events, by name. A `turn` or an `event` has its position as its id: a page that reconnects misses none. */
export interface LiveEvents {
  readonly app: AppInfo;
  readonly turn: Turn;
  readonly event: PlacedEvent;
  readonly queues: QueueDepths;
}
