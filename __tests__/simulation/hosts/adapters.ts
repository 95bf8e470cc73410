/** The adapters for AWS in one process, over stand-ins for the SDK's clients. */
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { DynamoCalls } from "../../../lib/aws/dynamo-calls";
import { DynamoStore } from "../../../lib/aws/dynamo-store";
import type { QueueVariable } from "../../../lib/aws/environment";
import { EventBridgeBus } from "../../../lib/aws/event-bridge-bus";
import { SqsQueue } from "../../../lib/aws/sqs-queue";
import type { Ports } from "../../../lib/ports";
import { BUS, QUEUES, TABLES } from "../cloud/names";
import { SdkClient } from "./sdk-client";
import type { SimulatedProcess } from "./simulated-process";

/** So small that a result too large for it is made quickly. */
const MAX_PART_BYTES = 4_096;

export function adaptersOf(process: SimulatedProcess): Ports {
  const { clock, chance: random, world } = process;
  const { dynamodb, sqs, events } = world.cloud;
  const dynamo = new SdkClient(process, "dynamodb", dynamodb) as unknown as DynamoDBDocumentClient;
  const queues = new SdkClient(process, "sqs", sqs) as unknown as SQSClient;
  const bus = new SdkClient(process, "events", events) as unknown as EventBridgeClient;
  const queue = (variable: QueueVariable, url: string) =>
    new SqsQueue(queues, { url, variable }, { clock, random });
  return {
    store: Object.assign(new DynamoStore(dynamo, TABLES.state, { clock, random }), {
      maxPartBytes: MAX_PART_BYTES,
    }),
    calls: new DynamoCalls(dynamo, TABLES.workflows),
    queues: {
      messages: queue("DURABLE_QUEUE", QUEUES.messages),
      wakes: queue("DURABLE_WAKE_QUEUE", QUEUES.wakes),
      deadLetters: queue("DURABLE_DEAD_LETTER_QUEUE", QUEUES.deadLetters),
    },
    bus: new EventBridgeBus(bus, BUS, { clock, random }),
  };
}
