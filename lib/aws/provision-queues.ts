/** The queues of an app, for `provision`. */
import type { QueueAttributeName, SQSClient } from "@aws-sdk/client-sqs";
import { InternalError } from "../errors";
import { sqsClient } from "./clients";
import type { Environment, QueueVariable } from "./environment";
import { KEPT_SECONDS, MAX_RECEIVE_COUNT } from "./resources";
import { isMissingQueue } from "./sqs-errors";
import { sqsSdk } from "./sqs-sdk";

type Attributes = Partial<Record<QueueAttributeName, string>>;

const FIFO: Attributes = {
  FifoQueue: "true",
  ContentBasedDeduplication: "false",
  // High throughput: the limits are per actor.
  DeduplicationScope: "messageGroup",
  FifoThroughputLimit: "perMessageGroupId",
};
const KEPT: Attributes = { MessageRetentionPeriod: String(KEPT_SECONDS) };
/** Six times the 30 s of a function, as Lambda asks for. */
const FOR_FUNCTIONS: Attributes = { VisibilityTimeout: "180" };
const FOR_PEOPLE: Attributes = { VisibilityTimeout: "30" };

export async function provisionQueues(environment: Environment): Promise<Record<QueueVariable, string>> {
  const client = sqsClient();
  const nameOf = (variable: QueueVariable, byDefault: string) =>
    environment[variable]?.split("/").at(-1) || byDefault;
  try {
    const deadLetters = await provisionQueue(
      client,
      nameOf("DURABLE_DEAD_LETTER_QUEUE", "DurableDeadLetters.fifo"),
      { ...FIFO, ...KEPT, ...FOR_PEOPLE },
    );
    const redrive = {
      deadLetterTargetArn: await arnOf(client, deadLetters),
      maxReceiveCount: MAX_RECEIVE_COUNT,
    };
    const [messages, wakes] = await Promise.all([
      provisionQueue(client, nameOf("DURABLE_QUEUE", "DurableMessages.fifo"), {
        ...FIFO,
        ...KEPT,
        ...FOR_FUNCTIONS,
        RedrivePolicy: JSON.stringify(redrive),
      }),
      provisionQueue(client, nameOf("DURABLE_WAKE_QUEUE", "DurableWakes"), { ...KEPT, ...FOR_FUNCTIONS }),
    ]);
    return { DURABLE_QUEUE: messages, DURABLE_WAKE_QUEUE: wakes, DURABLE_DEAD_LETTER_QUEUE: deadLetters };
  } finally {
    client.destroy();
  }
}

/** Returns the queue's URL. Asks first: to create a queue that exists with other attributes is an error. */
async function provisionQueue(client: SQSClient, name: string, attributes: Attributes): Promise<string> {
  const { CreateQueueCommand, GetQueueUrlCommand } = sqsSdk();
  const { QueueUrl: url } = await client
    .send(new GetQueueUrlCommand({ QueueName: name }))
    .catch((thrown: unknown) => {
      if (!isMissingQueue(thrown)) throw thrown;
      return client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
    });
  return known(url, `the URL of ${name}`);
}

async function arnOf(client: SQSClient, url: string): Promise<string> {
  const { GetQueueAttributesCommand } = sqsSdk();
  const { Attributes: attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] }),
  );
  return known(attributes?.QueueArn, `the ARN of ${url}`);
}

function known(value: string | undefined, what: string): string {
  if (value === undefined) throw new InternalError(`SQS did not say ${what}.`);
  return value;
}
