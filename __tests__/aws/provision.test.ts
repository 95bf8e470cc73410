/** What `provision` creates, on the emulators of all services side by side. */
import { randomUUID } from "node:crypto";
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";
import { DescribeEventBusCommand } from "@aws-sdk/client-eventbridge";
import { GetQueueAttributesCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { provision } from "durable-lambda/aws";
import { eventBridgeClient } from "../../lib/aws/clients";
import { type Emulator, startDynamo } from "../support/dynamo";
import { givenEndpoint } from "../support/endpoints";
import { type EventBridgeEmulator, startEventBridge } from "../support/event-bridge";
import { type SqsEmulator, startSqs } from "../support/sqs";

let dynamo: Emulator;
let sqs: SqsEmulator;
let eventBridge: EventBridgeEmulator;
beforeAll(async () => {
  dynamo = await startDynamo();
  sqs = await startSqs();
  eventBridge = await startEventBridge();
});
afterAll(() => Promise.all([dynamo.close(), sqs.close(), eventBridge.close()]));

let environment: Record<string, string>;
beforeEach(() => {
  const run = randomUUID();
  environment = {
    DURABLE_TABLE: `State-${run}`,
    WORKFLOW_TABLE: `Workflows-${run}`,
    DURABLE_QUEUE: `https://sqs.eu-west-1.amazonaws.com/123456789012/Messages-${run}.fifo`,
    DURABLE_WAKE_QUEUE: `https://sqs.eu-west-1.amazonaws.com/123456789012/Wakes-${run}`,
    DURABLE_DEAD_LETTER_QUEUE: `https://sqs.eu-west-1.amazonaws.com/123456789012/DeadLetters-${run}.fifo`,
    DURABLE_BUS_NAME: `Events-${run}`,
  };
});

async function attributesOf(url: string | undefined): Promise<Record<string, string>> {
  const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] });
  const { Attributes: attributes = {} } = await sqs.connect().client.send(command);
  return attributes as Record<string, string>;
}

/** Fails when there is no such bus. */
async function expectBus(name: string | undefined): Promise<void> {
  const client = eventBridgeClient();
  const { Name } = await client.send(new DescribeEventBusCommand({ Name: name }));
  expect(Name).toBe(name);
  client.destroy();
}

async function tableOf(table: string | undefined): Promise<TableDescription | undefined> {
  const { documents } = dynamo.connect();
  return (await documents.send(new DescribeTableCommand({ TableName: table }))).Table;
}

it("creates tables by the names of the environment", async () => {
  const variables = await provision({ environment });
  const state = await tableOf(variables.DURABLE_TABLE);
  expect(state?.KeySchema).toEqual([
    { AttributeName: "pk", KeyType: "HASH" },
    { AttributeName: "sk", KeyType: "RANGE" },
  ]);
  expect(state?.GlobalSecondaryIndexes).toEqual([
    expect.objectContaining({
      IndexName: "wakes",
      IndexStatus: "ACTIVE",
      KeySchema: [
        { AttributeName: "wakeShard", KeyType: "HASH" },
        { AttributeName: "wakeAt", KeyType: "RANGE" },
      ],
      Projection: { ProjectionType: "KEYS_ONLY" },
    }),
  ]);
  const types = state?.AttributeDefinitions?.map(({ AttributeName: n, AttributeType: t }) => `${n} ${t}`);
  expect(types?.sort()).toEqual(["pk S", "sk S", "wakeAt N", "wakeShard N"]);
  const workflows = await tableOf(variables.WORKFLOW_TABLE);
  expect(workflows?.KeySchema).toEqual([{ AttributeName: "pk", KeyType: "HASH" }]);
  expect(workflows?.GlobalSecondaryIndexes ?? []).toEqual([]);
});

it("creates queues with what they need", async () => {
  const variables = await provision({ environment });
  const deadLetters = await attributesOf(variables.DURABLE_DEAD_LETTER_QUEUE);
  const kept = { MessageRetentionPeriod: "1209600" };
  const fifo = {
    ...kept,
    FifoQueue: "true",
    ContentBasedDeduplication: "false",
    DeduplicationScope: "messageGroup",
    FifoThroughputLimit: "perMessageGroupId",
  };
  expect(deadLetters).toMatchObject({ ...fifo, VisibilityTimeout: "30" });
  const messages = await attributesOf(variables.DURABLE_QUEUE);
  expect(messages).toMatchObject({ ...fifo, VisibilityTimeout: "180" });
  expect(JSON.parse(messages.RedrivePolicy ?? "")).toEqual({
    deadLetterTargetArn: deadLetters.QueueArn,
    maxReceiveCount: 1_000,
  });
  const wakes = await attributesOf(variables.DURABLE_WAKE_QUEUE);
  expect(wakes).toMatchObject({ ...kept, VisibilityTimeout: "180" });
  expect(wakes).not.toHaveProperty("RedrivePolicy");
});

it("creates queues and a bus by the names of the environment, and returns all variables", async () => {
  const variables = await provision({ environment });
  expect(Object.keys(variables).sort()).toEqual(Object.keys(environment).sort());
  for (const name of ["DURABLE_QUEUE", "DURABLE_WAKE_QUEUE", "DURABLE_DEAD_LETTER_QUEUE"]) {
    expect(variables[name]?.split("/").at(-1)).toBe(environment[name]?.split("/").at(-1));
  }
  expect(variables.DURABLE_BUS_NAME).toBe(environment.DURABLE_BUS_NAME);
  await expectBus(variables.DURABLE_BUS_NAME);
});

it("takes the name of the bus from its ARN", async () => {
  const { DURABLE_BUS_NAME: name } = environment;
  const arn = `arn:aws:events:us-east-1:000000000000:event-bus/${name}`;
  const variables = await provision({ only: ["eventbridge"], environment: { DURABLE_BUS_NAME: arn } });
  expect(variables).toEqual({ DURABLE_BUS_NAME: name });
  await expectBus(name);
});

it("lets expired items disappear, where the endpoint can", async () => {
  if (givenEndpoint("dynamodb") === undefined) return; // dynalite cannot.
  const { documents } = dynamo.connect();
  for (const table of Object.values(await provision({ only: ["dynamodb"], environment }))) {
    const { TimeToLiveDescription } = await documents.send(
      new DescribeTimeToLiveCommand({ TableName: table }),
    );
    expect(TimeToLiveDescription).toMatchObject({ AttributeName: "expiresAt" });
  }
});

it("leaves what exists as it is, with attributes of its own too", async () => {
  const first = await provision({ environment });
  const changed = { VisibilityTimeout: "60" };
  await sqs
    .connect()
    .client.send(new SetQueueAttributesCommand({ QueueUrl: first.DURABLE_QUEUE, Attributes: changed }));
  expect(await provision({ environment })).toEqual(first);
  expect(await provision({ environment: first })).toEqual(first);
  expect(await attributesOf(first.DURABLE_QUEUE)).toMatchObject(changed);
});

it("has default names, and creates for one service alone", async () => {
  expect(await provision({ only: ["dynamodb"], environment: {} })).toEqual({
    DURABLE_TABLE: "DurableState",
    WORKFLOW_TABLE: "DurableWorkflows",
  });
  const queues = await provision({ only: ["sqs"], environment: {} });
  expect(Object.entries(queues).map(([name, url]) => [name, url.split("/").at(-1)])).toEqual([
    ["DURABLE_QUEUE", "DurableMessages.fifo"],
    ["DURABLE_WAKE_QUEUE", "DurableWakes"],
    ["DURABLE_DEAD_LETTER_QUEUE", "DurableDeadLetters.fifo"],
  ]);
  const bus = await provision({ only: ["eventbridge"], environment: {} });
  expect(bus).toEqual({ DURABLE_BUS_NAME: "DurableBus" });
});

it("does not hide that an endpoint refuses", async () => {
  const refused = provision({ only: ["sqs"], environment: { DURABLE_DEAD_LETTER_QUEUE: "not fifo!" } });
  await expect(refused).rejects.toThrow();
  const { AWS_ENDPOINT_URL_EVENTBRIDGE: endpoint } = process.env;
  process.env.AWS_ENDPOINT_URL_EVENTBRIDGE = "http://127.0.0.1:1";
  await expect(provision({ only: ["eventbridge"], environment })).rejects.toThrow();
  process.env.AWS_ENDPOINT_URL_EVENTBRIDGE = endpoint;
});
