/** How a head and a part look as DynamoDB items. The state is JSON text, readable in the console. */
import { CorruptState } from "../errors";
import type { Head, Part } from "../store";

export const HEAD_SORT_KEY = "HEAD";
const PART_SORT_KEY_PREFIX = "PART#";

export type Item = Record<string, unknown>;

/** @throws CorruptState when the item is not what this package writes */
export function headOfItem(item: Item): Head {
  const { version = 0, fence, leaseId, leaseUntil, state, schema, inbox = "", spilled = false } = item;
  const valid =
    isCount(version) &&
    isCount(fence) &&
    isOptional("string", leaseId) &&
    isOptional("number", leaseUntil) &&
    isOptional("string", state) &&
    isOptional("number", schema) &&
    typeof inbox === "string" &&
    typeof spilled === "boolean";
  if (!valid) {
    throw new CorruptState(
      `The item ${String(item.pk)} is not one that this package wrote. It was left as it is.`,
      {
        key: String(item.pk),
      },
    );
  }
  return {
    version,
    fence,
    ...(leaseId === undefined ? {} : { leaseId: leaseId as string }),
    ...(leaseUntil === undefined ? {} : { leaseUntilMs: leaseUntil as number }),
    ...(state === undefined
      ? {}
      : { state: { text: state as string, schema: (schema as number | undefined) ?? 1 } }),
    inbox,
    spilled,
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
    // DynamoDB's time to live counts seconds.
    ...(expiresAtMs === undefined ? {} : { expiresAt: Math.ceil(expiresAtMs / 1_000) }),
  };
}

export function partOfItem({ sk, body, expiresAt }: Item): Part {
  if (typeof sk !== "string" || typeof body !== "string" || !isOptional("number", expiresAt)) {
    throw new CorruptState("A part is not one that this package wrote.", { key: String(sk) });
  }
  return {
    name: sk.slice(PART_SORT_KEY_PREFIX.length),
    body,
    ...(expiresAt === undefined ? {} : { expiresAtMs: (expiresAt as number) * 1_000 }),
  };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function isOptional(type: "string" | "number", value: unknown): boolean {
  return value === undefined || typeof value === type;
}
