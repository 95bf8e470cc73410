/**
 * An app as `ActorApp` deploys it, of which everything that AWS bills is counted.
 *
 *     clients ──► the router, as Lambda runs it ──► DynamoDB: the endpoint
 *        └──► SQS, EventBridge: stand-ins ◄── what Lambda and rules do with them, done here
 *
 * The clients are made as `createClient` makes them, but with the app's clock: a call that seems to be hours old costs a read more.
 */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import {
  type ActorClass,
  type Client,
  createRouter,
  type InvocationReply,
  type RouterHandler,
  type Transport,
} from "durable-lambda";
import { DynamoCalls } from "../../lib/aws/dynamo-calls";
import { DynamoStore } from "../../lib/aws/dynamo-store";
import { EventBridgeBus } from "../../lib/aws/event-bridge-bus";
import { BATCH_SIZE } from "../../lib/aws/resources";
import { SqsQueue } from "../../lib/aws/sqs-queue";
import { clientOver } from "../../lib/client/client";
import { directTransport } from "../../lib/client/direct-transport";
import { inlineTransport } from "../../lib/client/inline-transport";
import { type Clock, systemClock } from "../../lib/clock";
import { Messenger } from "../../lib/messages/messenger";
import type { Ports } from "../../lib/ports";
import { Registry } from "../../lib/registry";
import { type BatchResponse, type Source, sqsEventOf } from "../../lib/runtime/messages/sqs-event";
import { Runtime } from "../../lib/runtime/runtime";
import { countCapacity } from "./capacity";
import type { Endpoint } from "./emulator";
import { eventBridgeStandIn, sqsStandIn } from "./stand-ins";
import { Tally } from "./usage";

const QUEUES = "https://sqs.us-east-1.amazonaws.com/000000000000";

export class CountedApp {
  readonly tally = new Tally();
  /** Calls through Lambda; messages and events straight to where they go, as with `grantCall` and `grantSend`. */
  readonly client: Client;
  /** Runs actors in the caller's process, as with `grantHost`. */
  readonly inline: Client;
  /** Whether the endpoint counts what the index takes; else it is computed. */
  countsIndex = false;
  private aheadMs = 0;
  private handler: RouterHandler;
  private readonly dynamo = new DynamoDBClient({});
  private readonly bus = eventBridgeStandIn(this.tally);
  private readonly ports: Ports;
  private readonly clock: Clock = { ...systemClock, now: () => Date.now() + this.aheadMs };

  private constructor(
    private readonly actors: readonly ActorClass[],
    { table, workflowTable }: Endpoint,
  ) {
    const documents = DynamoDBDocumentClient.from(this.dynamo);
    const sqs = sqsStandIn(this.tally, this.clock.now);
    const { clock } = this;
    this.ports = {
      store: new DynamoStore(documents, table, { clock }),
      calls: new DynamoCalls(documents, workflowTable),
      queues: {
        messages: new SqsQueue(sqs, { url: `${QUEUES}/messages.fifo`, variable: "DURABLE_QUEUE" }),
        wakes: new SqsQueue(sqs, { url: `${QUEUES}/wakes`, variable: "DURABLE_WAKE_QUEUE" }),
        deadLetters: new SqsQueue(sqs, { url: `${QUEUES}/dead.fifo`, variable: "DURABLE_DEAD_LETTER_QUEUE" }),
      },
      bus: new EventBridgeBus(this.bus.client, "bus"),
    };
    this.handler = this.newRouter();
    const lambda: Transport = { invoke: async (request) => (await this.invoke(request)) as InvocationReply };
    this.client = clientOver(directTransport(lambda, new Messenger(this.ports, clock)), { clock });
    const hosting = inlineTransport(new Runtime(new Registry(actors), this.ports, { clock }));
    const counted: Transport = {
      ...hosting,
      invoke: (request) => {
        this.tally.counted.hostedRuns++;
        return hosting.invoke(request);
      },
    };
    this.inline = clientOver(counted, { clock });
  }

  static async start(actors: readonly ActorClass[], endpoint: Endpoint): Promise<CountedApp> {
    const app = new CountedApp(actors, endpoint);
    app.countsIndex = await countCapacity(app.dynamo, endpoint.table, app.tally);
    return app;
  }

  /** As if Lambda had begun a new process: nothing is in memory. */
  restart(): void {
    this.handler = this.newRouter();
  }

  get nowMs(): number {
    return this.clock.now();
  }

  /** Lets time pass for the app, until then. */
  moveTo(ms: number): void {
    this.aheadMs = ms - Date.now();
  }

  /** What EventBridge's schedule does each minute. */
  async sweep(): Promise<void> {
    await this.invoke({ mode: "sweep" });
  }

  /** What Lambda does when a queue has something: one receive, one invocation, one delete. */
  async deliver(source: Source): Promise<void> {
    const queue = this.ports.queues[source];
    const messages = await queue.receive({ max: BATCH_SIZE, waitMs: 0, hideMs: 30_000 });
    if (messages.length === 0) throw new Error(`Nothing waits in the queue of ${source}.`);
    const { batchItemFailures: failures } = (await this.invoke(
      sqsEventOf(source, messages),
    )) as BatchResponse;
    if (failures.length > 0) throw new Error(`${failures.length} of ${messages.length} ${source} failed.`);
    await queue.delete(messages.map(({ receipt }) => receipt));
  }

  /** What a rule does: one invocation for each event. */
  async deliverEvents(): Promise<void> {
    for (const event of this.bus.take()) await this.invoke(event);
  }

  private newRouter(): RouterHandler {
    return createRouter(this.actors, { ...this.ports, clock: this.clock });
  }

  private async invoke(event: object): Promise<unknown> {
    this.tally.counted.invocations++;
    return JSON.parse(JSON.stringify(await this.handler(JSON.parse(JSON.stringify(event)))));
  }
}
