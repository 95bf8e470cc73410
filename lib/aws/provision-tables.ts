/** The tables of an app, for `provision`. */
import { setTimeout as wait } from "node:timers/promises";
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { StoreUnavailable } from "../errors";
import type { Environment, TableVariable } from "./environment";
import {
  EXPIRY_ATTRIBUTE,
  type KeyAttribute,
  STATE_KEYS,
  WAKE_INDEX,
  WAKE_KEYS,
  WORKFLOW_KEYS,
} from "./resources";

type Schema = Pick<CreateTableCommandInput, "AttributeDefinitions" | "KeySchema" | "GlobalSecondaryIndexes">;

const STATE: Schema = {
  AttributeDefinitions: attributes(...STATE_KEYS, ...WAKE_KEYS),
  KeySchema: key(STATE_KEYS),
  GlobalSecondaryIndexes: [
    {
      IndexName: WAKE_INDEX,
      KeySchema: key(WAKE_KEYS),
      Projection: { ProjectionType: "KEYS_ONLY" },
    },
  ],
};

const WORKFLOWS: Schema = {
  AttributeDefinitions: attributes(...WORKFLOW_KEYS),
  KeySchema: key(WORKFLOW_KEYS),
};

export async function provisionTables(environment: Environment): Promise<Record<TableVariable, string>> {
  const state = environment.DURABLE_TABLE || "DurableState";
  const workflows = environment.WORKFLOW_TABLE || "DurableWorkflows";
  const client = new DynamoDBClient();
  try {
    await Promise.all([provisionTable(client, state, STATE), provisionTable(client, workflows, WORKFLOWS)]);
  } finally {
    client.destroy();
  }
  return { DURABLE_TABLE: state, WORKFLOW_TABLE: workflows };
}

async function provisionTable(client: DynamoDBClient, table: string, schema: Schema): Promise<void> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: "PAY_PER_REQUEST",
        ...schema,
      }),
    );
    await untilActive(client, table);
    await enableExpiry(client, table);
  } catch (thrown) {
    if (!(thrown instanceof ResourceInUseException)) throw thrown;
    await untilActive(client, table);
  }
}

function attributes(...keys: readonly KeyAttribute[]) {
  return keys.map(({ name, type }) => ({ AttributeName: name, AttributeType: type }));
}

function key(keys: readonly KeyAttribute[]) {
  return keys.map(({ name }, index) => ({
    AttributeName: name,
    KeyType: index === 0 ? ("HASH" as const) : ("RANGE" as const),
  }));
}

async function untilActive(client: DynamoDBClient, table: string): Promise<void> {
  for (let look = 0; look < 600; look++) {
    const { Table: description } = await client.send(new DescribeTableCommand({ TableName: table }));
    if (description?.TableStatus === "ACTIVE") return;
    await wait(100);
  }
  throw new StoreUnavailable(`The table "${table}" was not ready within a minute.`, { table });
}

async function enableExpiry(client: DynamoDBClient, table: string): Promise<void> {
  try {
    await client.send(
      new UpdateTimeToLiveCommand({
        TableName: table,
        TimeToLiveSpecification: { AttributeName: EXPIRY_ATTRIBUTE, Enabled: true },
      }),
    );
  } catch (thrown) {
    // Emulators without it only keep expired items for longer.
    if (!/UnknownOperation|NotImplemented|not (supported|implemented)/i.test(String(thrown))) throw thrown;
  }
}
