/**
 * The sparse index of the heads that somebody must look at, by shard and moment. A head is in it exactly while it has both
 * of the index's keys. A write that names neither of them costs nothing here; one that moves a head costs two write units.
 *
 *     wakeShard ──► wakeAt, ascending ──► pk of the head
 */
import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import { type Address, parseAddressKey } from "../address";
import { InternalError, UnexpectedEvent } from "../errors";
import { quote } from "../quote";
import { type DueActor, type DuePage, wakeShardOf } from "../wake";
import { HEAD_SORT_KEY } from "./dynamo-item";
import type { Changes, DynamoTable, Item } from "./dynamo-table";
import { WAKE_INDEX } from "./resources";

/** DynamoDB takes 1,000 writes a second of each. Never fewer than before: heads keep the shard that they were given. */
export const WAKE_SHARDS = 16;

const DUE = "wakeShard = :shard AND wakeAt <= :until";
const MAX_PAGE_ITEMS = 100;

/** Both or neither: one key alone would keep the head out of the index. */
export function wakeKeys(address: Address, wakeAtMs: number | null | undefined): Changes {
  const wakeShard = typeof wakeAtMs === "number" ? wakeShardOf(address, WAKE_SHARDS) : wakeAtMs;
  return { wakeShard, wakeAt: wakeAtMs };
}

/** @throws UnexpectedEvent when `after` is not the `next` of a page; InternalError when the table lacks the index */
export async function readDue(
  table: DynamoTable,
  shard: number,
  untilMs: number,
  after?: string,
): Promise<DuePage> {
  const command = new QueryCommand({
    TableName: table.name,
    IndexName: WAKE_INDEX,
    KeyConditionExpression: DUE,
    ExpressionAttributeValues: { ":shard": shard, ":until": untilMs },
    Limit: MAX_PAGE_ITEMS,
    ...(after === undefined ? {} : { ExclusiveStartKey: startKeyOf(after) }),
  });
  const page = await table.sending(async (client) => {
    try {
      return await client.send(command);
    } catch (thrown) {
      throw isMissingIndex(thrown) ? withoutIndex(table.name, thrown) : thrown;
    }
  });
  const due = (page.Items ?? []).flatMap(dueOfEntry);
  return page.LastEvaluatedKey === undefined ? { due } : { due, next: nextOf(page.LastEvaluatedKey) };
}

/**
 * The types of an entry's keys are the index's word. What is in it without being a head was not written by this package; it
 * must not keep the actors behind it from being found.
 */
function dueOfEntry(entry: Item): DueActor[] {
  const { pk, sk, wakeAt } = entry as { pk: string; sk: string; wakeAt: number };
  if (sk !== HEAD_SORT_KEY || !pk.includes("/")) return [];
  return [{ address: parseAddressKey(pk), wakeAtMs: wakeAt }];
}

function nextOf(lastKey: Item): string {
  return Buffer.from(JSON.stringify(lastKey)).toString("base64url");
}

function startKeyOf(next: string): Item {
  try {
    const { pk, sk, wakeShard, wakeAt } = JSON.parse(Buffer.from(next, "base64url").toString());
    const isText = typeof pk === "string" && typeof sk === "string";
    if (isText && Number.isFinite(wakeShard) && Number.isFinite(wakeAt)) return { pk, sk, wakeShard, wakeAt };
  } catch {
    // The same error as for JSON of another form.
  }
  throw new UnexpectedEvent(`${quote(next)} is not the "next" of a page of due actors.`, { field: "after" });
}

/** DynamoDB says the first, an emulator the second. */
function isMissingIndex(thrown: unknown): boolean {
  return /not have the specified index|index not found/i.test((thrown as Error).message);
}

function withoutIndex(table: string, cause: unknown): InternalError {
  return new InternalError(
    `The table "${table}" lacks the index "${WAKE_INDEX}", as tables made for version 0.1 do. Add to it a global secondary ` +
      'index of this name with the partition key "wakeShard" (number), the sort key "wakeAt" (number) and keys only.',
    { table, index: WAKE_INDEX },
    cause,
  );
}
