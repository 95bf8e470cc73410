/** What people can see of a deployed app, with the permissions of whoever looks: it also scans the table, which no function may. */
import { Inspection } from "../inspect/inspection";
import { dynamoClient, sqsClient } from "./clients";
import { DynamoDirectory } from "./dynamo-directory";
import { type Environment, type QueueVariable, urlVariable, variable } from "./environment";
import { portsFromEnvironment } from "./from-environment";
import { SqsQueue } from "./sqs-queue";

/**
 * Looks at the app whose tables and queues the environment names.
 * @throws InvalidDefinition when `DURABLE_TABLE` is missing
 */
export function inspectionFromEnvironment(environment: Environment = process.env): Inspection {
  const ports = portsFromEnvironment(environment);
  const sqs = sqsClient();
  const depthOf = (name: QueueVariable) =>
    new SqsQueue(sqs, { url: urlVariable(environment, name), variable: name }).depth();
  return new Inspection({
    store: ports.store,
    queues: ports.queues,
    calls: ports.calls,
    directory: new DynamoDirectory(dynamoClient(), variable(environment, "DURABLE_TABLE")),
    async depths() {
      const [messages, wakes, deadLetters] = await Promise.all([
        depthOf("DURABLE_QUEUE"),
        depthOf("DURABLE_WAKE_QUEUE"),
        depthOf("DURABLE_DEAD_LETTER_QUEUE"),
      ]);
      return { messages, wakes, deadLetters };
    },
  });
}
