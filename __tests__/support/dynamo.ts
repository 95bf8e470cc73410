/** A DynamoDB emulator in this process, and adapters on it. */
import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { provision } from "durable-lambda/aws";
import dynalite from "dynalite";
import { DynamoCalls } from "../../lib/aws/dynamo-calls";
import { DynamoStore } from "../../lib/aws/dynamo-store";
import { CREDENTIALS, givenEndpoint } from "./endpoints";
import { SdkWiretap, type SentRequest } from "./faulty-sdk";

export interface Emulator {
  readonly endpoint: string;
  /** Adapters on tables of this test's own, each call another SDK client, as another process would have. */
  connect(): DynamoConnection;
  close(): Promise<void>;
}

export interface DynamoConnection {
  readonly store: DynamoStore;
  readonly calls: DynamoCalls;
  readonly wiretap: SdkWiretap;
  readonly documents: DynamoDBDocumentClient;
  /** Their names. */
  readonly table: string;
  readonly workflows: string;
}

/**
 * Starts an emulator and sets the SDK's variables to it. Where the environment names an endpoint (`endpoints.ts`), the tests
 * run against that instead: another emulator, with other faults of its own.
 */
export async function startDynamo(): Promise<Emulator> {
  const { endpoint, stop } = await endpointForTests();
  Object.assign(process.env, {
    // The general one is for clients of other services: they find something that answers, if only with an error.
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    ...CREDENTIALS,
  });
  const { DURABLE_TABLE: table = "", WORKFLOW_TABLE: workflows = "" } = await provision({
    only: ["dynamodb"],
    environment: { DURABLE_TABLE: `State-${randomUUID()}`, WORKFLOW_TABLE: `Workflows-${randomUUID()}` },
  });
  const clients: DynamoDBClient[] = [];
  return {
    endpoint,
    connect() {
      const client = new DynamoDBClient({ retryMode: "standard" });
      clients.push(client);
      const wiretap = new SdkWiretap();
      wiretap.attach(client);
      const documents = DynamoDBDocumentClient.from(client);
      const [store, calls] = [new DynamoStore(documents, table), new DynamoCalls(documents, workflows)];
      return { store, calls, wiretap, documents, table, workflows };
    },
    async close() {
      for (const client of clients) client.destroy();
      await stop();
    },
  };
}

async function endpointForTests(): Promise<{ endpoint: string; stop: () => Promise<void> }> {
  const given = givenEndpoint("dynamodb");
  if (given) return { endpoint: given, stop: async () => {} };
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** What a request of the store's or of the tracked calls' is for. */
export type Purpose =
  | "acquire"
  | "commit"
  | "release"
  | "renew"
  | "write parts"
  | "read parts"
  | "read part"
  | "read head"
  | "read due"
  | "open"
  | "settle"
  | "read call";

export function purposeOf({ command, input }: SentRequest): Purpose {
  const { UpdateExpression: update = "", Key: key = {} } = input as {
    UpdateExpression?: string;
    Key?: { sk?: { S?: string } | string };
  };
  switch (command) {
    case "UpdateItemCommand":
      if (update.includes("#settledAt")) return "settle";
      if (update.includes("ADD #fence")) return "acquire";
      if (update.includes("#version = :version")) return "commit";
      return update.includes("REMOVE #leaseId") ? "release" : "renew";
    case "PutItemCommand":
      return "ConditionExpression" in input ? "open" : "write parts";
    case "BatchWriteItemCommand":
      return "write parts";
    case "QueryCommand":
      return "IndexName" in input ? "read due" : "read parts";
    case "GetItemCommand":
      if (key.sk === undefined) return "read call";
      return JSON.stringify(key.sk).includes("HEAD") ? "read head" : "read part";
    default:
      throw new Error(`${command} is for nothing that is known here`);
  }
}
