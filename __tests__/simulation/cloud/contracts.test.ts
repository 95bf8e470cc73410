/**
 * The adapters on the simulated services: they must do there what they do on AWS. The client in between only hands requests
 * over; for the queues it also waits, by the fake clock, as SQS does in a receive with a wait.
 */
import { randomUUID } from "node:crypto";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { SQSClient } from "@aws-sdk/client-sqs";
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { DynamoCalls } from "../../../lib/aws/dynamo-calls";
import { DynamoStore } from "../../../lib/aws/dynamo-store";
import { EventBridgeBus } from "../../../lib/aws/event-bridge-bus";
import { SqsQueue } from "../../../lib/aws/sqs-queue";
import { sleep } from "../../../lib/clock";
import { eventBusContract, idsIn } from "../../contract/event-bus-contract";
import { queueContract } from "../../contract/queue-contract";
import { storeContract } from "../../contract/store-contract";
import { trackedCallsContract } from "../../contract/tracked-calls-contract";
import { FakeClock } from "../../support/fake-clock";
import { SimulatedDynamoDb } from "./dynamodb";
import { SimulatedEventBridge } from "./event-bridge";
import type { Service } from "./service";
import { SimulatedSqs } from "./sqs";

interface Command {
  readonly input: Readonly<Record<string, unknown>>;
}

/** A client of the SDK's that finds the service in this process. */
function clientOf(service: Service, now: () => number) {
  return {
    send: async (command: Command) =>
      service.apply({ command: command.constructor.name, input: command.input }, now()),
  };
}

function documents(): DynamoDBDocumentClient {
  const service = new SimulatedDynamoDb([
    { name: "State", keys: ["pk", "sk"], indexes: [{ name: "wakes", keys: ["wakeShard", "wakeAt"] }] },
    { name: "Workflows", keys: ["pk"] },
  ]);
  return clientOf(service, Date.now) as unknown as DynamoDBDocumentClient;
}

describe("the store on the simulated DynamoDB", () => {
  storeContract(() => new DynamoStore(documents(), "State"));
});

describe("tracked calls on the simulated DynamoDB", () => {
  trackedCallsContract(() => new DynamoCalls(documents(), "Workflows"));
});

describe("a queue on the simulated SQS", () => {
  const [fifoUrl, standardUrl] = ["https://sqs.test/Messages.fifo", "https://sqs.test/Wakes"];
  let clock: FakeClock;

  /** Looks again every 100 ms while a receive waits. */
  function clientThatWaits(service: SimulatedSqs): SQSClient {
    const client = clientOf(service, clock.now);
    const send = async (command: Command, { abortSignal: signal }: { abortSignal?: AbortSignal } = {}) => {
      const deadlineMs = clock.now() + Number(command.input.WaitTimeSeconds ?? 0) * 1_000;
      for (;;) {
        if (signal?.aborted) throw new Error("Request aborted");
        const answer = await client.send(command);
        if ("Messages" in answer || clock.now() >= deadlineMs) return answer;
        await sleep(clock, 100, signal);
      }
    };
    return { send } as unknown as SQSClient;
  }

  beforeEach(() => {
    clock = new FakeClock();
  });

  queueContract(
    () => {
      const service = new SimulatedSqs(
        [
          { url: fifoUrl, fifo: true, visibilityMs: 30_000 },
          { url: standardUrl, fifo: false, visibilityMs: 30_000 },
        ],
        () => 0.5,
      );
      const client = clientThatWaits(service);
      return {
        fifo: new SqsQueue(client, { url: fifoUrl, variable: "DURABLE_QUEUE" }),
        standard: new SqsQueue(client, { url: standardUrl, variable: "DURABLE_WAKE_QUEUE" }),
      };
    },
    {
      severalOfAGroup: true,
      astralCharacters: true,
      advance: (ms) => clock.advance(ms),
      now: () => clock.now(),
    },
  );
});

describe("a bus on the simulated EventBridge", () => {
  eventBusContract(() => {
    const service = new SimulatedEventBridge(["Bus"], randomUUID);
    const events: Readonly<Record<string, unknown>>[] = [];
    service.onEvent = (event) => events.push(event as Record<string, unknown>);
    const bus = new EventBridgeBus(clientOf(service, Date.now) as unknown as EventBridgeClient, "Bus");
    return { bus, delivered: async () => events.splice(0), taken: () => idsIn(events) };
  });
});
