/**
 * An event as actors know it, and the form in which EventBridge carries it. What this package publishes has its own id in
 * `detail.metadata`: EventBridge gives an event that is published again a new one.
 */
import { UnexpectedEvent } from "../errors";
import { checkPacked } from "../invocation";
import { quote } from "../quote";
import { type Json, pack } from "../values/codec";
import { tooDeep } from "../values/json";
import type { PublishedEvent } from "./bus";

/** An event as a listening method gets it. */
export interface ActorEvent<Detail = unknown> {
  /** The same each time that the event comes. */
  readonly id: string;
  readonly source: string;
  readonly detailType: string;
  readonly time: Date;
  /** What was emitted, with `metadata` beside it. */
  readonly detail: Detail;
}

/** What this package adds to a detail, as its `metadata`. */
export interface EventMetadata {
  readonly eventId: string;
  /** Of an event that an actor emitted: its type, its id, and the version of its state after that turn. */
  readonly actor?: string;
  readonly actorId?: string;
  readonly version?: number;
  /** How many calls, messages and events have led to it. */
  readonly hops?: number;
  /** Present when the detail holds values with tags, as `values/codec.ts` writes them. */
  readonly encoding?: typeof ENCODING;
}

const ENCODING = "durable-lambda";
/** What this package gives is no longer; the ids of EventBridge are much shorter. */
const MAX_ID_LENGTH = 256;
const MAX_NAME_LENGTH = 256;
const MAX_DETAIL_TYPE_LENGTH = 128;

/**
 * The event to publish.
 * @throws UnexpectedEvent for a wrong source, type or detail; NotSerializable, ForbiddenKey, TooDeep
 */
export function eventOf(
  { source, detailType, detail = {} }: { source: unknown; detailType: unknown; detail?: unknown },
  { timeMs, sender, ...metadata }: EventMetadata & { readonly timeMs: number; readonly sender: string },
): PublishedEvent {
  checkName("source", source, MAX_NAME_LENGTH);
  if ((source as string).startsWith("aws.")) {
    throw unexpected("source", source, 'begins with "aws.", which is for events of AWS alone');
  }
  checkName("detailType", detailType, MAX_DETAIL_TYPE_LENGTH);
  if (!isPlain(detail)) throw unexpected("detail", detail, "is no plain object");
  const { metadata: own = {} } = detail;
  if (!isPlain(own))
    throw unexpected("detail.metadata", own, "is no plain object: the event's id goes in there");
  const whole = { ...detail, metadata: { ...own, ...metadata } };
  const packed = pack(whole, "detail") as typeof whole;
  const encoding = packed === whole ? {} : { encoding: ENCODING };
  return {
    id: metadata.eventId,
    source: source as string,
    detailType: detailType as string,
    detail: JSON.stringify({ ...packed, metadata: { ...packed.metadata, ...encoding } }),
    timeMs,
    sender,
  };
}

/** What a router needs of an event that EventBridge hands over. */
export interface ReceivedEvent {
  readonly id: string;
  readonly hops: number;
  /** For the listening method: an {@link ActorEvent}, packed. */
  readonly packed: Json;
  /** As it came, for patterns and paths. */
  readonly raw: Json;
}

/** True for the form in which EventBridge invokes a function. */
export function isBusEvent(input: unknown): input is Readonly<Record<string, unknown>> {
  return (
    isObject(input) &&
    typeof input["detail-type"] === "string" &&
    typeof input.source === "string" &&
    "detail" in input
  );
}

/** @throws UnexpectedEvent naming the field; ForbiddenKey, TooDeep */
export function readEvent(input: Readonly<Record<string, unknown>>): ReceivedEvent {
  const { id, source, "detail-type": detailType, time, detail } = input;
  if (!isId(id)) throw unexpected("id", id, `is no text of 1 to ${MAX_ID_LENGTH} characters`);
  const timeMs = typeof time === "string" ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(timeMs)) throw unexpected("time", time, "is no time");
  const metadata = metadataIn(detail);
  const eventId = isId(metadata.eventId) ? metadata.eventId : id;
  return {
    id: eventId,
    hops: Number.isSafeInteger(metadata.hops) && Number(metadata.hops) >= 0 ? Number(metadata.hops) : 0,
    packed: {
      ...(pack({ id: eventId, source, detailType, time: new Date(timeMs) }, "event") as object),
      // Only what this package wrote has tags; in anybody else's event, what looks like one is data.
      detail: metadata.encoding === ENCODING ? checkPacked(copyOf(detail), "detail") : pack(detail, "detail"),
    },
    raw: input as Json,
  };
}

/** To unpack changes what it reads. @throws TooDeep */
function copyOf(detail: unknown): Json {
  try {
    return JSON.parse(JSON.stringify(detail)) as Json;
  } catch {
    throw tooDeep({ parent: undefined, key: "detail" });
  }
}

function metadataIn(detail: unknown): Readonly<Record<string, unknown>> {
  const metadata = isObject(detail) ? detail.metadata : undefined;
  return isObject(metadata) ? metadata : {};
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_ID_LENGTH;
}

function checkName(field: string, value: unknown, limit: number): void {
  if (typeof value === "string" && value !== "" && value.isWellFormed() && value.length <= limit) return;
  throw unexpected(field, value, `is no text of 1 to ${limit} characters`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isObject(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function unexpected(field: string, value: unknown, problem: string): UnexpectedEvent {
  return new UnexpectedEvent(`"${field}" (${quote(value)}) ${problem}.`, { field, value: quote(value) });
}
