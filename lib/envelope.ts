/**
 * A unit of work for one actor, and its answer: as they travel (`Invocation`, `InvocationReply`, which are JSON)
 * and as the runtime holds them (`Envelope`, `Reply`).
 */
import { type Address, checkActorId } from "./address";
import { DurableError, UnexpectedEvent } from "./errors";
import { quote, shorten } from "./quote";
import { type Json, unpack } from "./values/codec";
import { errorFromWire, type WireError } from "./wire-error";

/** What a direct invoke carries, and the body of an HTTP call together with its path. */
export interface Invocation {
  readonly actor: string;
  readonly id: string;
  readonly method: string;
  /** Packed values; plain JSON stands for itself. Default: none. */
  readonly args?: readonly Json[];
  readonly mode?: "call";
  /** The same id again means: the same call again. Default: a new id. At most 256 characters. */
  readonly callId?: string;
  /** 1 for the first time that this call is sent. Default: 1, or 2 with a `callId` of the caller's. */
  readonly attempt?: number;
  /** How long the caller waits, in milliseconds, at most 15 minutes. Default: 30,000. */
  readonly timeoutMs?: number;
  /** For readonly methods. Default: `"strong"`. */
  readonly consistency?: Consistency;
}

export type InvocationReply =
  | { readonly ok: true; readonly result?: Json; readonly version: number; readonly callId?: string }
  | { readonly ok: false; readonly error: WireError };

export type Consistency = "strong" | "eventual";

export interface Envelope {
  readonly address: Address;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly callId: string;
  /** True when the same call may have been here before: retried, or with an id of the caller's. */
  readonly maybeRepeated: boolean;
  /** The caller has gone by then. */
  readonly deadlineMs: number;
  /** The host kills the process then; no lease may outlast it. */
  readonly hostEndMs: number;
  readonly consistency: Consistency;
}

/** A result as it is kept and sent: encoded when the turn ended, since later turns go on with the same objects. */
export interface Reply {
  /** Encoded; undefined when the method returned undefined. */
  readonly result: string | undefined;
  readonly version: number;
}

export const DEFAULT_TIMEOUT_MS = 30_000;
export const MAX_TIMEOUT_MS = 900_000;
const MAX_CALL_ID_LENGTH = 256;

const FIELDS: ReadonlySet<string> = new Set([
  "actor",
  "id",
  "method",
  "args",
  "mode",
  "callId",
  "attempt",
  "timeoutMs",
  "consistency",
]);

/** What the host says of the time. */
export interface HostTime {
  /** When the call arrived. */
  readonly nowMs: number;
  /** When its answer must be on its way. */
  readonly replyByMs: number;
  /** When the process will be killed. */
  readonly endMs: number;
}

/** The time of a host that kills nobody. */
export function unlimitedTime(nowMs: number): HostTime {
  return { nowMs, replyByMs: Number.POSITIVE_INFINITY, endMs: Number.POSITIVE_INFINITY };
}

/**
 * Reads an invocation that came from outside.
 * @throws UnexpectedEvent naming the field; InvalidActorId; ForbiddenKey and TooDeep for the arguments
 */
export function parseInvocation(input: unknown, host: HostTime, newId: () => string): Envelope {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw unexpected("event", undefined, "is not an invocation: { actor, id, method, args }");
  }
  for (const key of Object.keys(input)) {
    if (!FIELDS.has(key)) throw unexpected(key, undefined, "is no field of an invocation");
  }
  const {
    actor,
    id,
    method,
    args = [],
    mode,
    callId,
    attempt,
    timeoutMs,
    consistency,
  } = input as Record<string, unknown>;
  if (typeof actor !== "string") throw unexpected("actor", actor, "is not a string");
  if (typeof method !== "string") throw unexpected("method", method, "is not a string");
  if (!Array.isArray(args)) throw unexpected("args", undefined, "is not an array");
  if (mode !== undefined && mode !== "call") throw unexpected("mode", mode, 'is not "call"');
  if (callId !== undefined && !isCallId(callId)) {
    throw unexpected("callId", callId, `is not a string of 1 to ${MAX_CALL_ID_LENGTH} characters`);
  }
  if (attempt !== undefined && !isWholeNumber(attempt, 1_000_000)) {
    throw unexpected("attempt", attempt, "is not a whole number from 1");
  }
  if (timeoutMs !== undefined && !isWholeNumber(timeoutMs, MAX_TIMEOUT_MS)) {
    throw unexpected("timeoutMs", timeoutMs, `is not a whole number from 1 to ${MAX_TIMEOUT_MS}`);
  }
  if (consistency !== undefined && consistency !== "strong" && consistency !== "eventual") {
    throw unexpected("consistency", consistency, 'is neither "strong" nor "eventual"');
  }
  return {
    address: { type: actor, id: checkActorId(id) },
    method,
    args: unpackArgs(args as Json[]),
    callId: callId ?? newId(),
    maybeRepeated: callId !== undefined && attempt !== 1,
    deadlineMs: Math.min(host.nowMs + (timeoutMs ?? DEFAULT_TIMEOUT_MS), host.replyByMs),
    hostEndMs: host.endMs,
    consistency: consistency ?? "strong",
  };
}

/**
 * The value of a reply, or its error thrown.
 * @throws DurableError whatever the reply carried
 */
export function openReply(reply: InvocationReply): unknown {
  if (!reply.ok) throw errorFromWire(reply.error);
  return reply.result === undefined ? undefined : unpack(reply.result, "result");
}

function unpackArgs(args: Json[]): readonly unknown[] {
  try {
    return unpack(args, "args") as unknown[];
  } catch (error) {
    // A tag that is not known is the caller's mistake here, not a corrupt state.
    if (error instanceof DurableError && error.code === "CorruptState") {
      throw new UnexpectedEvent(error.message, { field: "args", ...error.details });
    }
    throw error;
  }
}

function isCallId(value: unknown): value is string {
  return (
    typeof value === "string" && value !== "" && value.length <= MAX_CALL_ID_LENGTH && value.isWellFormed()
  );
}

function isWholeNumber(value: unknown, max: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max;
}

function unexpected(field: string, value: unknown, problem: string): UnexpectedEvent {
  const shown = value === undefined ? "" : ` (${quote(value)})`;
  return new UnexpectedEvent(`"${shorten(field)}"${shown} ${problem}.`, { field: shorten(field) });
}
