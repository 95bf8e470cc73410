/**
 * Counts DynamoDB's units as the endpoint reports them. Some emulators leave out what the index takes; then it is computed here,
 * by DynamoDB's rule: 1 to put an entry, 1 to take one away, both when its key changes, nothing when a write leaves it as it is.
 */
import {
  type AttributeValue,
  type ConsumedCapacity,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Tally } from "./usage";

const WRITES = /^(UpdateItem|PutItem|DeleteItem|BatchWriteItem)Command$/;
const READS = /^(GetItem|Query)Command$/;

/** What this package's requests say of an item and its place in the index. */
interface Request {
  readonly Key?: { readonly pk?: unknown };
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>>;
  readonly ConsistentRead?: boolean;
}

/** Counts all that leaves through a client. @returns whether the endpoint itself counts what the index takes */
export async function countCapacity(client: DynamoDBClient, table: string, tally: Tally): Promise<boolean> {
  const countsIndex = await asksIndex(client, table);
  const places = new Map<string, string>();
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) => {
        const isWrite = WRITES.test(commandName);
        if (!isWrite && !READS.test(commandName)) throw new Error(`${commandName} is not counted.`);
        const request = args.input as Request;
        const input = { ...request, ReturnConsumedCapacity: "INDEXES" };
        // A refused write is billed, too, but its error does not say for how much: it ends the benchmark.
        const result = await next({ ...args, input } as typeof args);
        const { ConsumedCapacity: reported = [] } = result.output as {
          ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[];
        };
        for (const capacity of [reported].flat()) {
          if (isWrite) addWrite(capacity, tally);
          else addRead(capacity, request.ConsistentRead === true, tally);
        }
        if (isWrite && !countsIndex) tally.counted.indexUnits += indexUnitsOf(request, places);
        return result;
      },
    { step: "initialize", name: "countCapacity", priority: "low" },
  );
  return countsIndex;
}

function addWrite({ CapacityUnits: all = 0, Table: table }: ConsumedCapacity, { counted }: Tally): void {
  const ofTable = table?.CapacityUnits ?? all;
  counted.writeUnits += ofTable;
  counted.indexUnits += all - ofTable;
}

/** A query that finds nothing is billed as if it had read something; dynalite says 0. */
function addRead({ CapacityUnits: units = 0 }: ConsumedCapacity, isConsistent: boolean, { counted }: Tally) {
  counted.readUnits += Math.max(units, isConsistent ? 1 : 0.5);
}

function indexUnitsOf({ Key: key, UpdateExpression: update, ...rest }: Request, places: Map<string, string>) {
  if (key === undefined || !/#wakeAt\b/.test(update ?? "")) return 0;
  const item = JSON.stringify(key.pk);
  const before = places.get(item);
  const moment = rest.ExpressionAttributeValues?.[":wakeAt"];
  const after = moment === undefined ? undefined : JSON.stringify(moment);
  if (after === before) return 0;
  if (after === undefined) places.delete(item);
  else places.set(item, after);
  return (before === undefined ? 0 : 1) + (after === undefined ? 0 : 1);
}

/** Puts an entry into the index, and looks what is said of it. */
async function asksIndex(client: DynamoDBClient, table: string): Promise<boolean> {
  const key: Record<string, AttributeValue> = { pk: { S: "probe" }, sk: { S: "probe" } };
  const item = { ...key, wakeShard: { N: "0" }, wakeAt: { N: "1" } };
  const put = new PutItemCommand({ TableName: table, Item: item, ReturnConsumedCapacity: "INDEXES" });
  const { ConsumedCapacity: capacity } = await client.send(put);
  await client.send(new DeleteItemCommand({ TableName: table, Key: key }));
  return capacity?.GlobalSecondaryIndexes !== undefined;
}
