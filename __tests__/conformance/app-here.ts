/**
 * An app on tables, queues and a bus of its own at the endpoints, with its handler in this process: most stand-ins have no
 * Lambda. Its callers notice nothing of that.
 *
 *     client ──► invoke (HTTP) ───────────────────► handler
 *        └─────► queues ──────────► pollers ─────► handler
 *                bus ──► rules ──► queue ──► poller ──► handler
 */
import type { ActorClass, Client, RouterHandler } from "durable-lambda";
import { systemClock } from "../../lib/clock";
import { definitionOf } from "../../lib/definition";
import { eventSourcesOf } from "../../lib/local/event-sources";
import type { Queue } from "../../lib/messages/queue";
import { Poller } from "../../lib/runtime/messages/poller";
import { startDynamo } from "../support/dynamo";
import { givenEndpoint } from "../support/endpoints";
import { type EventBridgeConnection, startEventBridge } from "../support/event-bridge";
import { LambdaService } from "../support/lambda-service";
import { silentLog } from "../support/process";
import { startSqs } from "../support/sqs";
import { TargetQueue } from "../support/target-queue";
import { type AppUnderTest, appOfEnvironment } from "./app-under-test";

/** Of what a receive has taken whose answer was lost; whatever is processed stays hidden for longer. */
const HIDE_MS = 5_000;

export class AppHere implements AppUnderTest {
  /** While this is so, the wake queue's messages are lost: hints of reminders, and delayed messages. */
  losesWakes = false;
  /** So many were. */
  lostWakes = 0;

  private constructor(
    private readonly app: AppUnderTest,
    private readonly closing: (() => unknown)[],
  ) {}

  /** True where events reach the app: where a bus has rules with queues as targets. */
  static get hasEvents(): boolean {
    return givenEndpoint("eventbridge") !== undefined;
  }

  /**
   * Sets the variables of this process, too.
   * @param actors what the handler is for
   */
  static async start(handler: RouterHandler, actors: readonly ActorClass[]): Promise<AppHere> {
    const [dynamo, sqs, eventBridge] = [await startDynamo(), await startSqs(), await startEventBridge()];
    const lambda = new LambdaService(handler);
    const { table, workflows } = dynamo.connect();
    const { queues, environment } = sqs.connect();
    const bus = await eventBridge.connect();
    Object.assign(process.env, {
      ...environment,
      DURABLE_TABLE: table,
      WORKFLOW_TABLE: workflows,
      DURABLE_BUS_NAME: bus.name,
      DURABLE_ROUTER: "router",
      AWS_ENDPOINT_URL_LAMBDA: await lambda.start(),
    });
    const target = AppHere.hasEvents ? await targetFor(bus, actors) : undefined;

    const closing: (() => unknown)[] = [() => lambda.stop(), () => target?.destroy()];
    closing.push(...[eventBridge, sqs, dynamo].map((service) => () => service.close()));
    const app = new AppHere(appOfEnvironment(), closing);
    // Without rules there is nothing to take, and this queue is empty for ever.
    const deliveries = target?.queue ?? queues.deadLetters;
    const sources = eventSourcesOf(handler, { queues, bus: { deliveries } });
    const fed = target === undefined ? sources.filter(({ queue }) => queue !== deliveries) : sources;
    const pollers = fed.map(({ queue, process }) =>
      app.poll(queue, async (messages) => {
        if (queue !== queues.wakes || !app.losesWakes) return process(messages);
        app.lostWakes += messages.length;
        return new Set<string>();
      }),
    );
    closing.unshift(() => Promise.all(pollers.map((poller) => poller.stop())));
    return app;
  }

  get client(): Client {
    return this.app.client;
  }

  sweep(): Promise<unknown> {
    return this.app.sweep();
  }

  async close(): Promise<void> {
    await this.app.close();
    for (const close of this.closing) await close();
  }

  private poll(queue: Queue, process: ConstructorParameters<typeof Poller>[0]["process"]): Poller {
    const options = { clock: systemClock, log: silentLog, concurrency: 8, hideMs: HIDE_MS, waitMs: 1_000 };
    return new Poller({ ...options, queue, process });
  }
}

/** As `ActorApp` does it: a rule for each pattern that the actors listen to. */
async function targetFor(
  { client, name }: EventBridgeConnection,
  actors: readonly ActorClass[],
): Promise<TargetQueue> {
  const target = await TargetQueue.create(`${name}-deliveries`);
  for (const actor of actors) {
    for (const { pattern } of definitionOf(actor).listeners) await target.listen(client, name, pattern);
  }
  return target;
}
