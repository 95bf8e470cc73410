/** Creates an app's resources at the configured endpoints, for emulators and tests. Deployments use `ActorApp`. */

import { setTimeout as wait } from "node:timers/promises";
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { StoreUnavailable } from "../errors";
import type { Environment } from "./environment";

export interface ProvisionOptions {
  /** Create only what these services hold. Default: everything. */
  readonly only?: readonly "dynamodb"[];
  /** Where names are taken from; names that are missing get a default. Default: `process.env`. */
  readonly environment?: Environment;
}

/**
 * Creates what the `DURABLE_*` variables name; what exists already is left as it is. Endpoints, region and
 * credentials come from the AWS SDK's own variables.
 *
 * @returns the variables for the functions of the app
 * @example
 * ```ts
 * process.env.AWS_ENDPOINT_URL = "http://127.0.0.1:4566";
 * Object.assign(process.env, await provision());
 * ```
 */
export async function provision({
  only = ["dynamodb"],
  environment = process.env,
}: ProvisionOptions = {}): Promise<Record<string, string>> {
  const table = environment.DURABLE_TABLE ?? "DurableState";
  if (only.includes("dynamodb")) await provisionStateTable(table);
  return { DURABLE_TABLE: table };
}

async function provisionStateTable(table: string): Promise<void> {
  const client = new DynamoDBClient();
  try {
    await client.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [
          { AttributeName: "pk", AttributeType: "S" },
          { AttributeName: "sk", AttributeType: "S" },
        ],
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
      }),
    );
    await untilActive(client, table);
    await enableExpiry(client, table);
  } catch (thrown) {
    if (!(thrown instanceof ResourceInUseException)) throw thrown;
    await untilActive(client, table);
  } finally {
    client.destroy();
  }
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
        TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
      }),
    );
  } catch (thrown) {
    // Emulators without it only keep expired parts for longer.
    if (!/UnknownOperation|NotImplemented|not (supported|implemented)/i.test(String(thrown))) throw thrown;
  }
}
