/** A query of a simulated table or of one of its indexes: one page of the items that match, in their order. */
import { type KeyConditionExpression, keyConditionOf } from "./condition-expressions";
import { compareBy } from "./dynamo-index";
import type { DynamoRows } from "./dynamo-rows";
import { attributesOf, bytesOf, type Item, invalid, unsupported, type Value } from "./dynamo-values";
import type { Scope } from "./expressions";
import { placeholdersOf } from "./placeholders";
import { checkFields } from "./requests";

/** What is asked: a table or an index. */
interface Source {
  readonly keys: readonly string[];
  /** What decides the order within a partition. */
  readonly order: readonly string[];
  /** What a page's last item is known by. */
  readonly position: readonly string[];
  items(partition: Value): readonly Item[];
}

const FIELDS = [
  "TableName",
  "IndexName",
  "KeyConditionExpression",
  "ExpressionAttributeNames",
  "ExpressionAttributeValues",
  "ConsistentRead",
  "Limit",
  "ExclusiveStartKey",
];
const MAX_PAGE_BYTES = 1_048_576;

export function queried(table: DynamoRows, input: Readonly<Record<string, unknown>>, nowMs: number): object {
  checkFields("QueryCommand", input, FIELDS);
  const source = input.IndexName === undefined ? tableSource(table, input) : indexSource(table, input, nowMs);
  const condition = keyConditionOf(String(input.KeyConditionExpression));
  const scope: Scope = { item: {}, ...placeholdersOf(input, [condition]) };
  checkKeys(condition, scope, source.keys);
  const value = condition.partitionValue(scope);
  const isAsked = (item: Item) => condition.holds({ ...scope, item });
  const start = input.ExclusiveStartKey as Record<string, unknown> | undefined;
  const after = start === undefined ? undefined : attributesOf(start);
  if (after !== undefined) {
    checkStart(after, source, after[source.keys[0] as string] === value && isAsked(after));
  }
  const matching = source
    .items(value)
    .filter((item) => isAsked(item) && (after === undefined || compareBy(source.order, item, after) > 0));
  const { Limit: limit = Number.POSITIVE_INFINITY } = input as { Limit?: number };
  if (!(limit >= 1)) throw invalid(`Value ${limit} at "limit": must be greater than or equal to 1`);
  return pageOf(matching, source, limit);
}

function tableSource(
  table: DynamoRows,
  { ConsistentRead: isConsistent }: { ConsistentRead?: unknown },
): Source {
  if (isConsistent !== true) throw unsupported("queries of a table that may be stale", table.definition.name);
  const { keys } = table;
  return {
    keys,
    order: keys.slice(1),
    position: keys,
    items: (partition) => table.partition(partition).map(({ item }) => item),
  };
}

function indexSource(
  table: DynamoRows,
  { IndexName: name, ConsistentRead: isConsistent }: { IndexName?: unknown; ConsistentRead?: unknown },
  nowMs: number,
): Source {
  const index = table.indexes.get(String(name));
  if (index === undefined) throw invalid(`The table does not have the specified index: ${name}`);
  if (isConsistent) throw invalid("Consistent reads are not supported on global secondary indexes");
  const { order, attributes, definition } = index;
  return {
    keys: definition.keys,
    order,
    position: attributes,
    items: (partition) => index.partition(partition, nowMs),
  };
}

function checkKeys(
  { partitionName, sortName }: KeyConditionExpression,
  scope: Scope,
  keys: readonly string[],
): void {
  if (partitionName(scope) !== keys[0]) {
    throw invalid(`Query condition missed key schema element: ${keys[0]}`);
  }
  if (sortName !== undefined && sortName(scope) !== keys[1]) {
    throw invalid(`Query condition missed key schema element: ${keys[1]}`);
  }
}

function checkStart(start: Item, { position }: Source, isWithin: boolean): void {
  const isWhole = position.every((name) => start[name] !== undefined);
  if (!isWhole || Object.keys(start).length !== position.length) {
    throw invalid("The provided starting key is invalid");
  }
  if (!isWithin) {
    throw invalid("The provided starting key is outside query boundaries based on provided conditions");
  }
}

/** A page that has as many items as were asked for says where it ended, even if nothing follows. */
function pageOf(matching: readonly Item[], { position }: Source, limit: number): object {
  const items: Item[] = [];
  let bytes = 0;
  let isWhole = true;
  for (const item of matching) {
    bytes += bytesOf(item);
    if (bytes > MAX_PAGE_BYTES && items.length > 0) isWhole = false;
    if (!isWhole) break;
    items.push({ ...item });
    if (items.length === limit) isWhole = false;
  }
  const last = items.at(-1);
  const more =
    isWhole || last === undefined
      ? {}
      : { LastEvaluatedKey: Object.fromEntries(position.map((name) => [name, last[name]])) };
  return { Items: items, Count: items.length, ScannedCount: items.length, ...more };
}
