/** A client's wish to publish an event, as it travels. */
import { CALL_ID_FORM, isCallId } from "../call-id";
import { UnexpectedEvent } from "../errors";
import { unpackInput } from "../invocation";
import { quote, shorten } from "../quote";
import type { Json } from "../values/codec";
import type { PublishedEvent } from "./bus";
import { eventOf } from "./event";

export interface EmitRequest {
  readonly mode: "emit";
  readonly source: string;
  readonly detailType: string;
  /** Packed; plain JSON stands for itself. Default: an empty object. */
  readonly detail?: Json;
  /** The same id again means: the same event again. Default: a new id. */
  readonly eventId?: string;
  /** How many calls, messages and events have led to it. Default 0. */
  readonly hops?: number;
}

const FIELDS: ReadonlySet<string> = new Set<keyof EmitRequest>([
  "mode",
  "source",
  "detailType",
  "detail",
  "eventId",
  "hops",
]);

/** Events of all clients of a process reach the bus in the order in which they are published. */
const SENDER = "client";

/** True when an input wants to publish; {@link parseEmitRequest} says whether it is well-formed. */
export function isEmitRequest(input: unknown): input is { readonly mode: "emit" } {
  return (input as { mode?: unknown } | null)?.mode === "emit";
}

/** @throws UnexpectedEvent naming the field; ForbiddenKey, TooDeep, NotSerializable for a detail */
export function parseEmitRequest(
  input: { readonly mode: "emit" },
  host: { readonly nowMs: number; newId(): string },
): PublishedEvent {
  const request = input as unknown as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(request)) {
    if (!FIELDS.has(key)) throw bad(key, `"${shorten(key)}" does not go with "emit".`);
  }
  const { source, detailType, detail = {}, eventId = host.newId(), hops = 0 } = request;
  if (!isCallId(eventId)) throw bad("eventId", `"eventId" (${quote(eventId)}) is not ${CALL_ID_FORM}.`);
  if (!Number.isSafeInteger(hops) || (hops as number) < 0) {
    throw bad("hops", `"hops" (${quote(hops)}) is not a whole number from 0.`);
  }
  return eventOf(
    { source, detailType, detail: unpackInput(detail as Json, "detail") },
    { eventId, ...(hops === 0 ? {} : { hops: hops as number }), timeMs: host.nowMs, sender: SENDER },
  );
}

function bad(field: string, message: string): UnexpectedEvent {
  return new UnexpectedEvent(message, { field: shorten(field) });
}
