/**
 * The events of a handler that `durable` makes: what a caller sends, as an invocation of the router, and the router's reply as what
 * the caller gets.
 */
import { checkActorId } from "./address";
import { UnexpectedEvent } from "./errors";
import { checkPacked, type Invocation, type InvocationReply } from "./invocation";
import { quote, shorten } from "./quote";
import { MAX_TIMEOUT_MS } from "./timeouts";
import type { Json } from "./values/codec";
import { errorFromWire } from "./wire-error";

/** What a handler that `durable` made is invoked with, as JSON. */
export interface DurableEvent {
  readonly actorId: string;
  /** The handler's request. Packed; plain JSON stands for itself. Default `{}`. */
  readonly payload?: Json;
  /**
   * `true` runs the handler now and answers with what it returns. `false` queues the request behind those that the actor has already,
   * and answers with a receipt, `{ callId }`, when it is safe there. Default false.
   */
  readonly sync?: boolean;
  /**
   * The same id again means: the same request again, which has no second effect. At most 256 characters. Default: a new id; for a
   * request that is queued, Lambda's, which is the same when Lambda repeats an asynchronous invocation.
   */
  readonly callId?: string;
}

/** The method that the handler is. */
export const HANDLE = "handle";

const FIELDS: ReadonlySet<string> = new Set<keyof DurableEvent>(["actorId", "payload", "sync", "callId"]);
/** No other event of the router's has one of these. */
const TELLING: readonly (keyof DurableEvent)[] = ["actorId", "payload", "sync"];

/** True for an event that is for the handler and not for the router; {@link invocationOf} says whether it is well-formed. */
export function isDurableEvent(event: unknown): event is object {
  if (typeof event !== "object" || event === null) return false;
  return TELLING.some((field) => Object.hasOwn(event, field));
}

/**
 * @param actor the stored name of the handler's actors
 * @throws InvalidActorId; UnexpectedEvent naming the field; ForbiddenKey, TooDeep, NotSerializable for the payload
 */
export function invocationOf(event: object, actor: string): Invocation {
  const other = Object.keys(event).find((key) => !FIELDS.has(key));
  if (other !== undefined) throw unexpected(other, "is no field of { actorId, payload, sync, callId }");
  const { actorId, payload = {}, sync = false, callId } = event as Record<keyof DurableEvent, unknown>;
  const id = checkActorId(actorId, "actorId");
  if (typeof sync !== "boolean") throw unexpected("sync", `(${quote(sync)}) is neither true nor false`);
  return {
    actor,
    id,
    method: HANDLE,
    args: [checkPacked(payload as Json, "payload")],
    // The function's own end is the only deadline that the caller knows of.
    ...(sync ? { mode: "call", timeoutMs: MAX_TIMEOUT_MS } : { mode: "send" }),
    ...(callId === undefined ? {} : { callId: callId as string }),
  };
}

/**
 * What Lambda makes JSON text of: the handler's result, or the receipt of a request that was queued.
 * @throws DurableError what the call ended with
 */
export function answerOf(reply: InvocationReply): unknown {
  if (reply.ok) return reply.callId === undefined ? withUndefined(reply.result) : { callId: reply.callId };
  const error = errorFromWire(reply.error);
  // Lambda shows it to the caller; only what the router was told to send is in there.
  error.stack = reply.error.stack ?? `${error.name}: ${error.message}`;
  throw error;
}

/**
 * A packed value whose undefined members are undefined, so that Lambda leaves them out, as it does for any handler. What else JSON
 * does not have stays packed: left to Lambda, it would be lost.
 */
function withUndefined(json: Json | undefined): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(withUndefined);
  const members = Object.entries(json);
  const [first] = members;
  if (members.length === 1 && first?.[0].startsWith("$")) return first[0] === "$undefined" ? undefined : json;
  return Object.fromEntries(members.map(([key, value]) => [key, withUndefined(value)]));
}

function unexpected(field: string, problem: string): UnexpectedEvent {
  return new UnexpectedEvent(`"${shorten(field)}" ${problem}.`, { field: shorten(field) });
}
