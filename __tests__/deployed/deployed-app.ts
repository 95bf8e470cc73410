/**
 * An app on the real parts: tables, queues, a bus, the router as a function, and the mappings and rules that feed it. It is
 * what `ActorApp` deploys, made by hand at an endpoint such as LocalStack's, under names of its own.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  DeleteEventSourceMappingCommand,
  DeleteFunctionCommand,
  GetEventSourceMappingCommand,
  InvokeCommand,
  LambdaClient,
  ResourceNotFoundException,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import {
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import type { ActorClass } from "durable-lambda";
import { provision } from "durable-lambda/aws";
import { build } from "esbuild";
import { sqsClient } from "../../lib/aws/clients";
import type { QueueVariable, VariableName } from "../../lib/aws/environment";
import { definitionOf } from "../../lib/definition";
import { DeployedBus } from "./deployed-bus";
import { eventually } from "./eventually";
import { zipOf } from "./zip";

/** What hangs is killed after this. Long enough for 20 processes to start at once on a small machine. */
export const FUNCTION_TIMEOUT_SECONDS = 10;
/**
 * What was handed to a process that was killed comes again after this. The rule is 6 × the timeout, which leaves time for
 * invocations that are throttled; here nothing is, and the tests wait for it.
 */
export const VISIBILITY_SECONDS = 12;

export type AppVariables = Readonly<Record<VariableName, string>>;

export class DeployedApp {
  private readonly lambda = new LambdaClient();
  private readonly sqs = sqsClient();
  private readonly mappings: string[] = [];

  private constructor(
    readonly variables: AppVariables,
    readonly bus: DeployedBus,
  ) {}

  /**
   * @param entry the file that exports `handler`, beside this one
   * @param actors what it is the handler for
   */
  static async deploy(entry: string, actors: readonly ActorClass[]): Promise<DeployedApp> {
    const run = randomUUID();
    const provisioned = await provision({
      environment: {
        DURABLE_TABLE: `State-${run}`,
        WORKFLOW_TABLE: `Workflows-${run}`,
        DURABLE_QUEUE: `Messages-${run}.fifo`,
        DURABLE_WAKE_QUEUE: `Wakes-${run}`,
        DURABLE_DEAD_LETTER_QUEUE: `DeadLetters-${run}.fifo`,
        DURABLE_BUS_NAME: `Bus-${run}`,
      },
    });
    const variables = { ...(provisioned as AppVariables), DURABLE_ROUTER: `router-${run}` };
    const app = new DeployedApp(variables, new DeployedBus(variables.DURABLE_BUS_NAME));
    try {
      const functionArn = await app.createFunction(await bundle(entry));
      const listeners = actors.flatMap((actor) => definitionOf(actor).listeners);
      const patterns = listeners.map(({ pattern }) => pattern);
      await app.bus.feed(functionArn, patterns);
      await app.feedFrom("DURABLE_QUEUE");
      await app.feedFrom("DURABLE_WAKE_QUEUE");
      return app;
    } catch (failure) {
      await app.remove();
      throw failure;
    }
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
    const { lambda, sqs, variables } = this;
    const dynamo = new DynamoDBClient();
    // First what feeds the function: mappings go on asking their queues until they are gone.
    const fed = await Promise.allSettled([
      this.bus.remove(),
      ...this.mappings.map((UUID) => this.removeMapping(UUID)),
    ]);
    await Promise.allSettled([
      lambda.send(new DeleteFunctionCommand({ FunctionName: variables.DURABLE_ROUTER })),
      ...[variables.DURABLE_QUEUE, variables.DURABLE_WAKE_QUEUE, variables.DURABLE_DEAD_LETTER_QUEUE].map(
        (QueueUrl) => sqs.send(new DeleteQueueCommand({ QueueUrl })),
      ),
      ...[variables.DURABLE_TABLE, variables.WORKFLOW_TABLE].map((TableName) =>
        dynamo.send(new DeleteTableCommand({ TableName })),
      ),
    ]);
    for (const client of [lambda, sqs, dynamo]) client.destroy();
    for (const outcome of fed) if (outcome.status === "rejected") throw outcome.reason;
  }

  /** @returns its ARN */
  private async createFunction(code: Uint8Array): Promise<string> {
    const { DURABLE_ROUTER: FunctionName, ...variables } = this.variables;
    const { FunctionArn = FunctionName } = await this.lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: "nodejs24.x",
        Handler: "index.handler",
        Role: "arn:aws:iam::000000000000:role/router",
        Timeout: FUNCTION_TIMEOUT_SECONDS,
        MemorySize: 512,
        Environment: { Variables: { ...variables, DURABLE_ROUTER: FunctionName } },
        Code: { ZipFile: zipOf("index.js", code) },
      }),
    );
    await waitUntilFunctionActiveV2({ client: this.lambda, maxWaitTime: 30, minDelay: 1 }, { FunctionName });
    return FunctionArn;
  }

  private async feedFrom(variable: "DURABLE_QUEUE" | "DURABLE_WAKE_QUEUE"): Promise<void> {
    const QueueUrl = this.variables[variable];
    await this.sqs.send(
      new SetQueueAttributesCommand({
        QueueUrl,
        Attributes: { VisibilityTimeout: String(VISIBILITY_SECONDS) },
      }),
    );
    const { Attributes: attributes } = await this.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
    );
    const { UUID } = await this.lambda.send(
      new CreateEventSourceMappingCommand({
        FunctionName: this.variables.DURABLE_ROUTER,
        EventSourceArn: attributes?.QueueArn,
        BatchSize: 10,
        FunctionResponseTypes: ["ReportBatchItemFailures"],
      }),
    );
    if (UUID !== undefined) this.mappings.push(UUID);
  }

  private async removeMapping(UUID: string): Promise<void> {
    await this.lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
    const get = new GetEventSourceMappingCommand({ UUID });
    await eventually(async () => {
      const mapping = await this.lambda.send(get).catch((thrown: unknown) => {
        if (thrown instanceof ResourceNotFoundException) return undefined;
        throw thrown;
      });
      if (mapping !== undefined) throw new Error(`The mapping ${UUID} is still ${mapping.State}.`);
    }, 30_000);
  }
}

/** As users bundle: everything in one file, minified, with the names of the classes kept. */
async function bundle(entry: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [join(__dirname, entry)],
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    minify: true,
    keepNames: true,
    write: false,
    logLevel: "warning",
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`${entry} gave no bundle`);
  return file.contents;
}
