/**
 * An app on the real parts: what `ActorApp` makes of an entry, deployed by the CDK's command line at an endpoint such as
 * LocalStack's, in a stack of its own.
 */
import { randomUUID } from "node:crypto";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  GetQueueAttributesCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import { sqsClient } from "../../lib/aws/clients";
import type { QueueVariable, VariableName } from "../../lib/aws/environment";
import { Cdk } from "./cdk";
import { DeployedBus } from "./deployed-bus";

/** What hangs is killed after this. Long enough for 20 processes to start at once on a small machine. */
export const FUNCTION_TIMEOUT_SECONDS = 10;
/**
 * What was handed to a process that was killed comes again after this. The rule is 6 × the timeout, which leaves time for
 * invocations that are throttled; here nothing is, and the tests wait for it.
 */
export const VISIBILITY_SECONDS = 12;

const VARIABLES: readonly VariableName[] = [
  "DURABLE_TABLE",
  "WORKFLOW_TABLE",
  "DURABLE_QUEUE",
  "DURABLE_WAKE_QUEUE",
  "DURABLE_DEAD_LETTER_QUEUE",
  "DURABLE_BUS_NAME",
  "DURABLE_ROUTER",
];

export type AppVariables = Readonly<Record<VariableName, string>>;

export class DeployedApp {
  private readonly lambda = new LambdaClient();
  private readonly sqs = sqsClient();

  private constructor(
    private readonly cdk: Cdk,
    readonly variables: AppVariables,
    readonly bus: DeployedBus,
  ) {}

  /** @param entry what exports the handler, from the project's folder */
  static async deploy(entry: string): Promise<DeployedApp> {
    const stack = `Test-${randomUUID()}`;
    const cdk = new Cdk(stack, {
      DURABLE_TEST_STACK: stack,
      DURABLE_TEST_ENTRY: entry,
      DURABLE_TEST_TIMEOUT: String(FUNCTION_TIMEOUT_SECONDS),
    });
    await cdk.bootstrap();
    const outputs = await cdk.deploy();
    const variables = Object.fromEntries(
      VARIABLES.map((name) => [name, outputs[name.replaceAll("_", "")]]),
    ) as AppVariables;
    const app = new DeployedApp(cdk, variables, new DeployedBus(variables.DURABLE_BUS_NAME));
    try {
      await app.bus.copyAll();
      await app.hideFor("DURABLE_QUEUE", VISIBILITY_SECONDS);
      await app.hideFor("DURABLE_WAKE_QUEUE", VISIBILITY_SECONDS);
      return app;
    } catch (failure) {
      await app.remove();
      throw failure;
    }
  }

  /** The name of its stack. */
  get stack(): string {
    return this.cdk.stack;
  }

  /** Invokes the function once, whatever becomes of it. @returns how it failed, if it did */
  async invokeOnce(event: object): Promise<string | undefined> {
    const { FunctionError, Payload } = await this.lambda.send(
      new InvokeCommand({
        FunctionName: this.variables.DURABLE_ROUTER,
        Payload: Buffer.from(JSON.stringify(event)),
      }),
    );
    return FunctionError === undefined ? undefined : Buffer.from(Payload ?? []).toString();
  }

  /** What `InvocationType: "Event"` does: Lambda takes the event, and nobody gets an answer. */
  async invokeAsync(event: object): Promise<void> {
    await this.lambda.send(
      new InvokeCommand({
        FunctionName: this.variables.DURABLE_ROUTER,
        InvocationType: "Event",
        Payload: Buffer.from(JSON.stringify(event)),
      }),
    );
  }

  /** Puts a text on a queue past this package. */
  async put(variable: QueueVariable, body: string, groupId?: string): Promise<void> {
    const fifo =
      groupId === undefined ? {} : { MessageGroupId: groupId, MessageDeduplicationId: randomUUID() };
    await this.sqs.send(
      new SendMessageCommand({ QueueUrl: this.variables[variable], MessageBody: body, ...fifo }),
    );
  }

  /** How many messages a queue holds: waiting, with a process, or not before a later time. */
  async depth(variable: QueueVariable): Promise<number> {
    const { Attributes: attributes = {} } = await this.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.variables[variable],
        AttributeNames: [
          "ApproximateNumberOfMessages",
          "ApproximateNumberOfMessagesNotVisible",
          "ApproximateNumberOfMessagesDelayed",
        ],
      }),
    );
    return Object.values(attributes).reduce((sum, count) => sum + Number(count), 0);
  }

  async remove(): Promise<void> {
    try {
      await this.bus.remove();
    } finally {
      await this.cdk.destroy();
      for (const client of [this.lambda, this.sqs]) client.destroy();
    }
  }

  private async hideFor(variable: QueueVariable, seconds: number): Promise<void> {
    await this.sqs.send(
      new SetQueueAttributesCommand({
        QueueUrl: this.variables[variable],
        Attributes: { VisibilityTimeout: String(seconds) },
      }),
    );
  }
}
