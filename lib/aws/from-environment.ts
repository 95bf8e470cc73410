/**
 * The adapters that the environment names. Apart from the entry, since this is what a Lambda loads: no more than it needs.
 */
import type { Transport } from "../calling/transport";
import type { Queue } from "../messages/queue";
import type { Ports } from "../ports";
import type { Store } from "../store";
import { dynamoClient, eventBridgeClient, sqsClient } from "./clients";
import { DynamoCalls } from "./dynamo-calls";
import { DynamoStore } from "./dynamo-store";
import { type Environment, type QueueVariable, urlVariable, variable } from "./environment";
import { EventBridgeBus } from "./event-bridge-bus";
import { lambdaTransport } from "./lambda-transport";
import { SqsQueue } from "./sqs-queue";

/**
 * The ports of an app. Each is made when it is first asked for, and kept: only then must its variable be there. The tables
 * share a client, and so do the queues.
 */
export function portsFromEnvironment(environment: Environment = process.env): Ports {
  const dynamo = once(dynamoClient);
  const sqs = once(sqsClient);
  const queue = (name: QueueVariable): (() => Queue) =>
    once(() => {
      const url = urlVariable(environment, name);
      return new SqsQueue(sqs(), { url, variable: name });
    });
  const store = once(() => {
    const table = variable(environment, "DURABLE_TABLE");
    return new DynamoStore(dynamo(), table);
  });
  const calls = once(() => {
    const table = variable(environment, "WORKFLOW_TABLE");
    return new DynamoCalls(dynamo(), table);
  });
  const bus = once(() => {
    const name = variable(environment, "DURABLE_BUS_NAME");
    return new EventBridgeBus(eventBridgeClient(), name);
  });
  const messages = queue("DURABLE_QUEUE");
  const wakes = queue("DURABLE_WAKE_QUEUE");
  const deadLetters = queue("DURABLE_DEAD_LETTER_QUEUE");
  const queues = {
    get messages() {
      return messages();
    },
    get wakes() {
      return wakes();
    },
    get deadLetters() {
      return deadLetters();
    },
  };
  return {
    get store() {
      return store();
    },
    get calls() {
      return calls();
    },
    queues,
    get bus() {
      return bus();
    },
  };
}

/** @throws InvalidDefinition when `DURABLE_TABLE` is missing */
export function storeFromEnvironment(environment: Environment = process.env): Store {
  return portsFromEnvironment(environment).store;
}

/** @throws InvalidDefinition when `DURABLE_ROUTER` is missing */
export function transportFromEnvironment(environment: Environment = process.env): Transport {
  return lambdaTransport({ functionName: variable(environment, "DURABLE_ROUTER") });
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
