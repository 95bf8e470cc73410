/**
 * DynamoDB, as far as the adapters use its document client: conditional writes, reads that may be stale, and queries of
 * tables and of indexes that lag behind. Time to live is not simulated: nothing is ever deleted.
 */
import { marshall } from "@aws-sdk/util-dynamodb";
import { type ConditionExpression, conditionOf } from "./condition-expressions";
import { queried } from "./dynamo-query";
import { DynamoRows, type Row, type TableDefinition, versionAt } from "./dynamo-rows";
import { attributesOf, bytesOf, checkItemSize, type Item, invalid, unsupported } from "./dynamo-values";
import type { Scope } from "./expressions";
import { placeholdersOf } from "./placeholders";
import { checkFields } from "./requests";
import { type Service, ServiceError, type ServiceRequest } from "./service";
import { updateOf } from "./update-expressions";

export interface AppliedWrite {
  readonly table: string;
  readonly key: Item;
  readonly before: Item | undefined;
  /** Undefined for one that was deleted. */
  readonly after: Item | undefined;
  readonly nowMs: number;
}

type Fields = Readonly<Record<string, unknown>>;

const MAX_BATCH_ITEMS = 25;
const MAX_BATCH_BYTES = 16 * 1_024 * 1_024;
const NOTHING: Item = {};

export class SimulatedDynamoDb implements Service {
  /** How long a change takes to reach the indexes; asked for each change of an entry. */
  indexLagMs: () => number = () => 0;
  /** How old an eventually consistent answer is; asked for each such read. */
  staleMs: () => number = () => 0;
  onWrite: (write: AppliedWrite) => void = () => {};
  private readonly tables: ReadonlyMap<string, DynamoRows>;

  constructor(tables: readonly TableDefinition[]) {
    const lagMs = () => this.indexLagMs();
    this.tables = new Map(tables.map((table) => [table.name, new DynamoRows(table, lagMs)]));
  }

  apply({ command, input }: ServiceRequest, nowMs: number): object {
    switch (command) {
      case "UpdateCommand":
        return this.update(input, nowMs);
      case "PutCommand":
        return this.put(input, nowMs);
      case "GetCommand":
        return this.get(input, nowMs);
      case "QueryCommand":
        return queried(this.tableOf(input), input, nowMs);
      case "BatchWriteCommand":
        return this.batchWrite(input, nowMs);
      default:
        throw unsupported("this command", command);
    }
  }

  /** All items of a table as they are now. */
  items(table: string): Iterable<Item> {
    return this.tableOf({ TableName: table }).items();
  }

  /** The item of a key as it is now. */
  item(table: string, key: Item): Item | undefined {
    return this.tableOf({ TableName: table }).find(key)?.item;
  }

  /** Puts another item in the place of one, past all rules, and without a word to `onWrite`. */
  poke(table: string, key: Item, change: (item: Item) => Item): void {
    const rows = this.tableOf({ TableName: table });
    const row = rows.find(key);
    if (row === undefined) throw new Error(`There is no item ${JSON.stringify(key)} in ${table}.`);
    rows.replace(row, { ...change(row.item), ...row.key });
  }

  private update(input: Fields, nowMs: number): object {
    checkFields("UpdateCommand", input, UPDATE_FIELDS);
    const table = this.tableOf(input);
    const update = updateOf(String(input.UpdateExpression));
    const condition = conditionIn(input);
    const { names, values } = placeholdersOf(input, condition ? [update, condition] : [update]);
    const key = attributesOf(input.Key as Fields);
    const row = table.find(key);
    const scope: Scope = { item: row?.item ?? NOTHING, names, values };
    for (const nameOf of update.targets) {
      const name = nameOf(scope);
      if (table.keys.includes(name)) {
        throw invalid(
          `One or more parameter values were invalid: Cannot update attribute ${name}. This attribute is part of the key`,
        );
      }
    }
    checkCondition(condition, scope, row, input);
    if (row === undefined && update.onlyRemoves)
      throw unsupported("REMOVE from no item", String(input.UpdateExpression));
    const after = update.apply(row === undefined ? { ...scope, item: key } : scope);
    checkItemSize(after, " to update");
    table.checkIndexKeys(after);
    this.write(table, row, after, nowMs);
    return wants(input, "ReturnValues", "ALL_NEW") ? { Attributes: { ...after } } : {};
  }

  private put(input: Fields, nowMs: number): object {
    checkFields("PutCommand", input, PUT_FIELDS);
    const table = this.tableOf(input);
    const condition = conditionIn(input);
    const { names, values } = placeholdersOf(input, condition ? [condition] : []);
    const item = attributesOf(input.Item as Fields);
    const row = table.findFor(item);
    checkItemSize(item, "");
    table.checkIndexKeys(item);
    checkCondition(condition, { item: row?.item ?? NOTHING, names, values }, row, input);
    this.write(table, row, item, nowMs);
    return {};
  }

  private get(input: Fields, nowMs: number): object {
    checkFields("GetCommand", input, GET_FIELDS);
    const row = this.tableOf(input).find(attributesOf(input.Key as Fields));
    if (row === undefined) return {};
    const item = input.ConsistentRead ? row.item : versionAt(row, nowMs - this.staleMs());
    return item === undefined ? {} : { Item: { ...item } };
  }

  /** All or nothing: that DynamoDB takes only some of a batch is a matter of the way to it. */
  private batchWrite(input: Fields, nowMs: number): object {
    checkFields("BatchWriteCommand", input, ["RequestItems"]);
    const writes: BatchedWrite[] = [];
    for (const [name, requests] of Object.entries(input.RequestItems as Record<string, Fields[]>)) {
      const table = this.tableOf({ TableName: name });
      const keys = new Set<string>();
      for (const request of requests) {
        checkFields("BatchWriteCommand", request, ["PutRequest", "DeleteRequest"]);
        if (Object.keys(request).length !== 1) throw invalid("A request of a batch puts or deletes one item");
        const write = batchedWrite(table, request);
        writes.push(write);
        keys.add(JSON.stringify(table.keys.map((key) => write.key[key])));
      }
      if (keys.size < requests.length) throw invalid("Provided list of item keys contains duplicates");
    }
    if (
      writes.reduce((bytes, { item }) => bytes + (item === undefined ? 0 : bytesOf(item)), 0) >
      MAX_BATCH_BYTES
    ) {
      throw invalid(`A batch can have ${MAX_BATCH_BYTES} bytes`);
    }
    if (writes.length === 0 || writes.length > MAX_BATCH_ITEMS) {
      throw invalid(`${writes.length} items in a batch: must have length 1 to ${MAX_BATCH_ITEMS}`);
    }
    for (const { table, row, item } of writes) {
      if (item !== undefined) this.write(table, row, item, nowMs);
      else if (row !== undefined) this.delete(table, row, nowMs);
    }
    return { UnprocessedItems: {} };
  }

  private delete(table: DynamoRows, row: Row, nowMs: number): void {
    table.remove(row);
    this.onWrite({ table: table.definition.name, key: row.key, before: row.item, after: undefined, nowMs });
  }

  private write(table: DynamoRows, row: Row | undefined, after: Item, nowMs: number): void {
    const before = row?.item;
    const { key } = table.write(row, after, nowMs);
    this.onWrite({ table: table.definition.name, key, before, after, nowMs });
  }

  private tableOf({ TableName: name }: Fields): DynamoRows {
    const table = this.tables.get(String(name));
    if (table !== undefined) return table;
    throw new ServiceError("ResourceNotFoundException", "Requested resource not found", { $fault: "client" });
  }
}

interface BatchedWrite {
  readonly table: DynamoRows;
  readonly key: Item;
  readonly row: Row | undefined;
  /** Undefined for one that is deleted. */
  readonly item: Item | undefined;
}

function batchedWrite(table: DynamoRows, { PutRequest: put, DeleteRequest: remove }: Fields): BatchedWrite {
  if (remove !== undefined) {
    const key = attributesOf((remove as { Key: Fields }).Key);
    return { table, key, row: table.find(key), item: undefined };
  }
  const item = attributesOf((put as { Item: Fields }).Item);
  const row = table.findFor(item);
  checkItemSize(item, "");
  table.checkIndexKeys(item);
  return { table, key: item, row, item };
}

const CONDITION_FIELDS = [
  "TableName",
  "ConditionExpression",
  "ExpressionAttributeNames",
  "ExpressionAttributeValues",
  "ReturnValuesOnConditionCheckFailure",
];
const UPDATE_FIELDS = [...CONDITION_FIELDS, "Key", "UpdateExpression", "ReturnValues"];
const PUT_FIELDS = [...CONDITION_FIELDS, "Item"];
const GET_FIELDS = ["TableName", "Key", "ConsistentRead"];

function conditionIn({ ConditionExpression: text }: Fields): ConditionExpression | undefined {
  return text === undefined ? undefined : conditionOf(String(text));
}

function checkCondition(
  condition: ConditionExpression | undefined,
  scope: Scope,
  row: Row | undefined,
  input: Fields,
): void {
  if (condition === undefined || condition.holds(scope)) return;
  const isWanted = wants(input, "ReturnValuesOnConditionCheckFailure", "ALL_OLD") && row !== undefined;
  throw new ServiceError("ConditionalCheckFailedException", "The conditional request failed", {
    $fault: "client",
    // As the document client leaves it in an error.
    ...(isWanted ? { Item: marshall(row.item) } : {}),
  });
}

/** Whether a choice was made that is known here; the other one is to get nothing. */
function wants(input: Fields, field: string, choice: string): boolean {
  const { [field]: chosen = "NONE" } = input;
  if (chosen !== choice && chosen !== "NONE") throw unsupported(`the ${field}`, String(chosen));
  return chosen === choice;
}
