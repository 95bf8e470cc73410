/** How a head, a part and a tracked call look as DynamoDB items. Values are JSON text, readable in the console. */
import { addressKey, parseAddressKey } from "../address";
import { CorruptState } from "../errors";
import type { NewTrackedCall, Outcome, TrackedCall } from "../messages/tracked-calls";
import type { Head, Part } from "../store";
import type { Item } from "./dynamo-table";

export const HEAD_SORT_KEY = "HEAD";
const PART_SORT_KEY_PREFIX = "PART#";

/** @throws CorruptState when the item is not what this package writes */
export function headOfItem(item: Item): Head {
  const { version = 0, fence, leaseId, leaseUntil, state, schema } = item;
  const { pieces = false, inbox = "", spilled = false, failing = "", outbox = "", reminders = "" } = item;
  const { wakeShard, wakeAt, usedAt, expiresAt } = item;
  const valid =
    isCount(version) &&
    isCount(fence) &&
    isOptional("string", leaseId) &&
    isOptional("number", leaseUntil) &&
    isOptional("string", state) &&
    isOptional("number", schema) &&
    typeof pieces === "boolean" &&
    typeof inbox === "string" &&
    typeof spilled === "boolean" &&
    typeof failing === "string" &&
    typeof outbox === "string" &&
    typeof reminders === "string" &&
    isOptional("number", wakeShard) &&
    isOptional("number", wakeAt) &&
    isOptional("number", usedAt) &&
    isOptional("number", expiresAt);
  if (!valid) throw corrupt(item);
  return {
    version,
    fence,
    ...(leaseId === undefined ? {} : { leaseId }),
    ...(leaseUntil === undefined ? {} : { leaseUntilMs: leaseUntil }),
    ...(state === undefined ? {} : { state: { text: state, schema: schema ?? 1 } }),
    hasPieces: pieces,
    inbox,
    spilled,
    failing,
    outbox,
    reminders,
    ...(wakeAt === undefined ? {} : { wakeAtMs: wakeAt }),
    ...(usedAt === undefined ? {} : { usedAtMs: usedAt }),
    ...(expiresAt === undefined ? {} : { expiresAtMs: expiresAt * 1_000 }),
  };
}

export function partSortKey(name: string): string {
  return `${PART_SORT_KEY_PREFIX}${name}`;
}

export function itemOfPart(key: string, { name, body, expiresAtMs }: Part): Item {
  return {
    pk: key,
    sk: partSortKey(name),
    body,
    ...(expiresAtMs === undefined ? {} : { expiresAt: expirySeconds(expiresAtMs) }),
  };
}

/** @throws CorruptState when the item is not what this package writes */
export function partOfItem(item: Item): Part {
  const { sk, body, expiresAt } = item;
  if (typeof sk !== "string" || typeof body !== "string" || !isOptional("number", expiresAt)) {
    throw corrupt(item);
  }
  return {
    name: sk.slice(PART_SORT_KEY_PREFIX.length),
    body,
    ...(expiresAt === undefined ? {} : { expiresAtMs: expiresAt * 1_000 }),
  };
}

/** A call that has just begun, without its key. */
export function attributesOfCall({ address, method, startedMs, expiresMs }: NewTrackedCall): Item {
  return {
    actor: addressKey(address),
    method,
    status: "pending",
    startedAt: startedMs,
    expiresAt: expirySeconds(expiresMs),
  };
}

/** @throws CorruptState when the item is not what this package writes */
export function callOfItem(item: Item): TrackedCall {
  const { pk, actor, method, startedAt, settledAt } = item;
  const valid =
    typeof pk === "string" &&
    typeof actor === "string" &&
    actor.includes("/") &&
    typeof method === "string" &&
    typeof startedAt === "number" &&
    isOptional("number", settledAt);
  if (!valid) throw corrupt(item);
  const outcome = outcomeOfItem(item);
  return {
    callId: pk,
    address: parseAddressKey(actor),
    method,
    startedMs: startedAt,
    ...(outcome === undefined ? {} : { outcome }),
    ...(settledAt === undefined ? {} : { settledMs: settledAt }),
  };
}

function outcomeOfItem(item: Item): Outcome | undefined {
  const { status, result, error } = item;
  if (status === "pending") return undefined;
  if (status === "succeeded" && isOptional("string", result)) return { status, result };
  if (status === "failed" && typeof error === "string") return { status, error };
  throw corrupt(item);
}

/** DynamoDB's time to live counts seconds. Rounded up: nothing may disappear early. */
export function expirySeconds(expiresMs: number): number {
  return Math.ceil(expiresMs / 1_000);
}

function corrupt({ pk, sk }: Item): CorruptState {
  const key = sk === undefined ? String(pk) : `${String(pk)} ${String(sk)}`;
  return new CorruptState(`The item ${key} is not one that this package wrote. It was left as it is.`, {
    key,
  });
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

interface Primitives {
  string: string;
  number: number;
}

function isOptional<T extends keyof Primitives>(type: T, value: unknown): value is Primitives[T] | undefined {
  return value === undefined || typeof value === type;
}
