/**
 * Calls as they travel, in JSON: an `Invocation` says what an actor shall do, a `CallRequest` asks about a tracked call or
 * ends it. Both are what a direct invoke, an HTTP body and every transport carry; a queued message is an invocation too.
 */
import { checkActorId } from "./address";
import { CALL_ID_FORM, isCallId } from "./call-id";
import type { Consistency, Envelope, HostTime, Mode } from "./envelope";
import { DurableError, UnexpectedEvent } from "./errors";
import { quote, shorten } from "./quote";
import { DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS } from "./timeouts";
import {
  isTraceparent,
  isTracestate,
  TRACEPARENT_FORM,
  TRACESTATE_FORM,
  type TraceContext,
} from "./trace-context";
import { type Json, pack, unpack } from "./values/codec";
import { errorFromWire, type WireError } from "./wire-error";

/** A call as it travels, in JSON: what a direct invocation of the router and the body of an HTTP request are. */
export interface Invocation {
  readonly actor: string;
  readonly id: string;
  readonly method: string;
  /** Packed values; plain JSON stands for itself. Default: none. */
  readonly args?: readonly Json[];
  /** `call` waits for the result; `send` and `start` queue the call, `start` with a result to ask for. Default `call`. */
  readonly mode?: Mode;
  /** The same id again means: the same call again. Default: a new id. At most 256 characters. */
  readonly callId?: string;
  /** When a call with a generated id was first sent; milliseconds since the epoch. Absent with an id of the caller's. */
  readonly sentAtMs?: number;
  /** 1 for the first time that this call is sent. Default 1. */
  readonly attempt?: number;
  /** For `call`: how long the caller waits, in milliseconds, at most 15 minutes. Default: 30,000. */
  readonly timeoutMs?: number;
  /** For `send` and `start`: run it no earlier than this many milliseconds from now. Default 0. */
  readonly delayMs?: number;
  /** For `call` of readonly methods. Default: `"strong"`. */
  readonly consistency?: Consistency;
  /** For `call`: the keys, `type/id`, of the actors that wait for it, the first caller first. Default: none. */
  readonly chain?: readonly string[];
  /** How many calls and messages, each caused by the one before, have led to this one. Default 0. */
  readonly hops?: number;
  /** The span of a trace that this call belongs to. Default: none. */
  readonly trace?: TraceContext;
}

/** What the router answers: the result, or the error. */
export type InvocationReply =
  | {
      readonly ok: true;
      readonly result?: Json;
      /** The actor's version that the call led to. */
      readonly version?: number;
      /** For `send` and `start`: the id under which the call was queued. */
      readonly callId?: string;
    }
  | { readonly ok: false; readonly error: WireError };

/** Ten years: more is a mistake. */
export const MAX_MESSAGE_DELAY_MS = 10 * 366 * 24 * 3_600_000;
export const LATEST_MS = 8.64e15;

const FIELDS: ReadonlySet<string> = new Set<keyof Invocation>([
  "actor",
  "id",
  "method",
  "args",
  "mode",
  "callId",
  "sentAtMs",
  "attempt",
  "timeoutMs",
  "delayMs",
  "consistency",
  "chain",
  "hops",
  "trace",
]);

/** No chain of calls is as long as this: each of them is a hop. */
const MAX_CHAIN = 1_000;
/** A type of 128 characters, a slash, an id of 512 bytes. */
const MAX_KEY_LENGTH = 641;

/** An invocation whose fields were checked; its arguments are still packed. */
export interface CheckedInvocation extends Invocation {
  readonly args: readonly Json[];
  readonly mode: Mode;
}

/**
 * Checks an invocation that came from outside, all but its arguments.
 * @throws UnexpectedEvent naming the field; InvalidActorId
 */
export function checkInvocation(input: unknown): CheckedInvocation {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw unexpected("event", undefined, "is not an invocation: { actor, id, method, args }");
  }
  for (const key of Object.keys(input)) {
    if (!FIELDS.has(key)) throw unexpected(key, undefined, "is no field of an invocation");
  }
  const fields = input as Record<keyof Invocation, unknown>;
  const { actor, id, method, args = [], mode = "call", callId, consistency, chain } = fields;
  if (typeof actor !== "string") throw unexpected("actor", actor, "is not a string");
  if (typeof method !== "string") throw unexpected("method", method, "is not a string");
  if (!Array.isArray(args)) throw unexpected("args", undefined, "is not an array");
  if (mode !== "call" && mode !== "send" && mode !== "start") {
    throw unexpected("mode", mode, 'is not "call", "send" or "start"');
  }
  if (callId !== undefined && !isCallId(callId)) throw unexpected("callId", callId, `is not ${CALL_ID_FORM}`);
  checkNumber(fields, "attempt", 1, 1_000_000);
  checkNumber(fields, "sentAtMs", 0, LATEST_MS);
  checkNumber(fields, "timeoutMs", 1, MAX_TIMEOUT_MS);
  checkNumber(fields, "delayMs", 0, MAX_MESSAGE_DELAY_MS);
  if (mode === "call" && fields.delayMs !== undefined) {
    throw unexpected("delayMs", fields.delayMs, 'goes with the mode "send" or "start"');
  }
  checkNumber(fields, "hops", 0, 1_000_000);
  if (chain !== undefined && !isChain(chain)) {
    throw unexpected("chain", undefined, `is not an array of at most ${MAX_CHAIN} actors, "type/id" each`);
  }
  checkTrace(fields.trace);
  if (consistency !== undefined && consistency !== "strong" && consistency !== "eventual") {
    throw unexpected("consistency", consistency, 'is neither "strong" nor "eventual"');
  }
  return { ...(input as Invocation), id: checkActorId(id), args: args as Json[], mode };
}

/** @throws UnexpectedEvent naming the field */
function checkTrace(trace: unknown): void {
  if (trace === undefined) return;
  if (typeof trace !== "object" || trace === null || Array.isArray(trace)) {
    throw unexpected("trace", undefined, "is not { traceparent, tracestate }");
  }
  const { traceparent, tracestate, ...others } = trace as Readonly<Record<string, unknown>>;
  const [other] = Object.keys(others);
  if (other !== undefined) throw unexpected(`trace.${other}`, undefined, "is no field of a trace");
  if (!isTraceparent(traceparent))
    throw unexpected("trace.traceparent", traceparent, `is not ${TRACEPARENT_FORM}`);
  if (tracestate !== undefined && !isTracestate(tracestate)) {
    throw unexpected("trace.tracestate", tracestate, `is not ${TRACESTATE_FORM}`);
  }
}

/** Only compared with actors' keys, and shown. */
function isChain(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) &&
    value.length <= MAX_CHAIN &&
    value.every((key) => typeof key === "string" && key.length <= MAX_KEY_LENGTH && key.isWellFormed())
  );
}

/**
 * What the runtime holds of an invocation.
 * @throws UnexpectedEvent, ForbiddenKey, TooDeep for the arguments
 */
export function envelopeOf(invocation: CheckedInvocation, host: HostTime, newId: () => string): Envelope {
  const {
    actor,
    id,
    method,
    args,
    mode,
    callId,
    sentAtMs,
    attempt = 1,
    consistency,
    chain,
    hops,
    trace,
  } = invocation;
  // An id that comes without the time of its making is the caller's own, and may have been used before.
  const isOwn = callId !== undefined && sentAtMs === undefined;
  return {
    address: { type: actor, id },
    method,
    args: unpackArgs(args),
    mode,
    callId: callId ?? newId(),
    isMadeHere: callId === undefined,
    sentAtMs: isOwn ? undefined : (sentAtMs ?? host.nowMs),
    // An id that is made here is new.
    maybeRepeated: callId !== undefined && (isOwn || attempt > 1),
    attempt,
    deadlineMs: Math.min(host.nowMs + (invocation.timeoutMs ?? DEFAULT_TIMEOUT_MS), host.replyByMs),
    hostEndMs: host.endMs,
    consistency: consistency ?? "strong",
    chain: chain ?? [],
    hops: hops ?? 0,
    trace,
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

/** @throws UnexpectedEvent, ForbiddenKey, TooDeep */
function unpackArgs(args: readonly Json[]): readonly unknown[] {
  return unpackInput(args, "args") as unknown[];
}

/**
 * What was packed by somebody else: checked, and still packed. To unpack alone would change what it reads.
 * @throws UnexpectedEvent, ForbiddenKey, TooDeep, NotSerializable
 */
export function checkPacked(json: Json, field: string): Json {
  return pack(unpackInput(json, field), field);
}

/**
 * The value of what was packed by somebody else.
 * @throws UnexpectedEvent, ForbiddenKey, TooDeep
 */
export function unpackInput(json: Json, field: string): unknown {
  try {
    return unpack(json, field);
  } catch (error) {
    // A tag that is not known is the caller's mistake here, not a corrupt state.
    if (error instanceof DurableError && error.code === "CorruptState") {
      throw new UnexpectedEvent(error.message, { field, ...error.details });
    }
    throw error;
  }
}

function checkNumber(
  fields: Readonly<Record<string, unknown>>,
  name: keyof Invocation,
  min: number,
  max: number,
): void {
  const value = fields[name];
  if (value === undefined) return;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return;
  throw unexpected(name, value, `is not a whole number from ${min} to ${max}`);
}

function unexpected(field: string, value: unknown, problem: string): UnexpectedEvent {
  const shown = value === undefined ? "" : ` (${quote(value)})`;
  return new UnexpectedEvent(`"${shorten(field)}"${shown} ${problem}.`, { field: shorten(field) });
}
