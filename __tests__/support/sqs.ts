/** An SQS emulator in a thread of this process, and queues on it. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { provision } from "durable-lambda/aws";
import { sqsClient } from "../../lib/aws/clients";
import type { QueueVariable } from "../../lib/aws/environment";
import { SqsQueue } from "../../lib/aws/sqs-queue";
import type { CountedQueue, Queues } from "../../lib/messages/queue";
import { CREDENTIALS, givenEndpoint } from "./endpoints";
import { SdkWiretap } from "./faulty-sdk";

export interface SqsEmulator {
  readonly endpoint: string;
  /** The queues, each call with another SDK client, as another process would have. */
  connect(): SqsConnection;
  /** Creates new queues for all later connections. */
  renew(): Promise<void>;
  close(): Promise<void>;
}

export interface SqsConnection {
  readonly queues: Readonly<Record<keyof Queues, CountedQueue>>;
  readonly wiretap: SdkWiretap;
  readonly client: SQSClient;
  /** The variables of the queues. */
  readonly environment: Readonly<Record<QueueVariable, string>>;
}

/**
 * Starts an emulator and sets the SDK's variables to it, beside the one of `startDynamo`. Where the environment names an
 * endpoint (`endpoints.ts`), the tests run against that instead.
 */
export async function startSqs(): Promise<SqsEmulator> {
  const { endpoint, stop } = await endpointForTests();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SQS: endpoint,
    ...CREDENTIALS,
  });
  let environment = await provisionForTests();
  const clients: SQSClient[] = [];
  return {
    endpoint,
    connect() {
      const client = sqsClient();
      clients.push(client);
      const wiretap = new SdkWiretap();
      wiretap.attach(client);
      const queue = (variable: QueueVariable) =>
        new SqsQueue(client, { url: environment[variable], variable });
      const queues = {
        messages: queue("DURABLE_QUEUE"),
        wakes: queue("DURABLE_WAKE_QUEUE"),
        deadLetters: queue("DURABLE_DEAD_LETTER_QUEUE"),
      };
      return { queues, wiretap, client, environment };
    },
    async renew() {
      environment = await provisionForTests();
    },
    async close() {
      for (const client of clients) client.destroy();
      await stop();
    },
  };
}

async function provisionForTests(): Promise<Record<QueueVariable, string>> {
  const run = randomUUID();
  const variables = await provision({
    only: ["sqs"],
    environment: {
      DURABLE_QUEUE: `Messages-${run}.fifo`,
      DURABLE_WAKE_QUEUE: `Wakes-${run}`,
      DURABLE_DEAD_LETTER_QUEUE: `DeadLetters-${run}.fifo`,
    },
  });
  return variables as Record<QueueVariable, string>;
}

async function endpointForTests(): Promise<{ endpoint: string; stop: () => Promise<void> }> {
  const given = givenEndpoint("sqs");
  if (given) return { endpoint: given, stop: async () => {} };
  const worker = new Worker(require.resolve("./fauxqs.mjs"));
  const [port] = (await once(worker, "message")) as [number];
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: async () => void (await worker.terminate()),
  };
}
