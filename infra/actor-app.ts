/**
 * The construct that deploys an app: what its actors need on AWS, made and wired.
 *
 *     tables      queues      bus
 *        └──────────┼──────────┘
 *     bundle ──► router ◄── feeds: messages, wakes, events, the sweep
 *        └─ what its actors listen to ──► rules
 */
import { Stack } from "aws-cdk-lib";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { EventBus } from "aws-cdk-lib/aws-events";
import {
  type FunctionUrl,
  FunctionUrlAuthType,
  type FunctionUrlOptions,
  type Function as LambdaFunction,
} from "aws-cdk-lib/aws-lambda";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { EventPattern } from "../lib/events/pattern";
import { allowCalls, allowHosting, allowReads, allowSends, type Resources } from "./access";
import { Alarms } from "./alarms";
import { checkProps } from "./check-props";
import { Dashboard } from "./dashboard";
import { Feeds } from "./feeds";
import { type ActorAppProps, type Bus, DEFAULT_MAX_CONCURRENCY } from "./props";
import { Queues } from "./queues";
import { readBundle } from "./read-bundle";
import { bundleOf, DEFAULT_TIMEOUT, makeRouter, variablesOf } from "./router-function";
import { Tables } from "./tables";

const DEFAULT_NAMESPACE = "durable-lambda";

/**
 * An app of durable actors: tables, queues, a bus with its rules, the router function with all that feeds it, and alarms.
 *
 * Which events the actors listen to is read from the entry's bundle when the app is synthesised.
 *
 * @throws InvalidDefinition for props that cannot work, and for an entry that cannot be bundled or loaded
 * @example
 * ```ts
 * const app = new ActorApp(this, "App", { entry: "src/actors.ts" });
 * const api = new NodejsFunction(this, "Api", { entry: "src/api.ts" });
 * app.grantCall(api); // createClient() in there calls actors
 * ```
 */
export class ActorApp extends Construct {
  /** The function that runs the actors. */
  readonly router: LambdaFunction;
  /** Where the actors are. */
  readonly table: Table;
  /** Where tracked calls are. */
  readonly workflowTable: Table;
  /** Where messages wait. */
  readonly queue: Queue;
  /** Where messages are that failed for good. */
  readonly deadLetterQueue: Queue;
  /** Where the moments of reminders, and messages with a delay, wait. */
  readonly wakeQueue: Queue;
  /** Where events, sweeps and wakes are that the router could not be given. */
  readonly undeliveredQueue: Queue;
  readonly bus: Bus;
  /** The address for HTTP calls, with `functionUrl`. */
  readonly functionUrl: FunctionUrl | undefined;
  private readonly resources: Resources;

  constructor(scope: Construct, id: string, props: ActorAppProps) {
    super(scope, id);
    checkProps(props);
    const { encryptionKey, names = {}, metricsNamespace = DEFAULT_NAMESPACE } = props;
    this.router = props.router ?? makeRouter(this, "Router", props);
    const tables = new Tables(this, "Tables", props);
    const timeout = this.router.timeout ?? DEFAULT_TIMEOUT;
    const queues = new Queues(this, "Queues", { ...props, timeout });
    this.bus =
      props.bus ?? new EventBus(this, "Bus", names.bus === undefined ? {} : { eventBusName: names.bus });
    this.resources = { tables, queues, bus: this.bus, encryptionKey };
    this.table = tables.state;
    this.workflowTable = tables.workflows;
    this.queue = queues.messages;
    this.deadLetterQueue = queues.deadLetters;
    this.wakeQueue = queues.wakes;
    this.undeliveredQueue = queues.undelivered;

    allowHosting(this.router, this.resources);
    if (metricsNamespace) this.router.addEnvironment("POWERTOOLS_METRICS_NAMESPACE", metricsNamespace);
    new Feeds(this, "Feeds", {
      router: this.router,
      queues,
      bus: this.bus,
      events: props.events ?? this.eventsOfBundle(props.entry),
      maxConcurrency: props.maxConcurrency ?? DEFAULT_MAX_CONCURRENCY,
      encryptionKey,
    });
    this.functionUrl = props.functionUrl ? this.addUrl(props.functionUrl) : undefined;

    const figures = metricsNamespace
      ? { namespace: metricsNamespace, service: this.router.functionName }
      : undefined;
    if (props.alarms !== false) new Alarms(this, "Alarms", { ...props.alarms, queues, figures });
    if (props.dashboard) new Dashboard(this, "Dashboard", { router: this.router, queues, figures });
  }

  /** Lets a function call actors, and sets `DURABLE_ROUTER` for its `createClient()`. Messages go through the router, too. */
  grantCall(fn: LambdaFunction): void {
    allowCalls(fn, this.router);
  }

  /**
   * Lets a function send messages, start tracked calls and emit events without the router in between, ask for results, and
   * give them; and sets the variables for its `createClient()`. To call actors too, it also needs `grantCall`.
   */
  grantSend(fn: LambdaFunction): void {
    allowSends(fn, this.resources);
  }

  /**
   * Lets a function call readonly methods in its own process (`createClient({ transport: "inline" })`) and ask for results
   * of tracked calls; and sets the variables.
   */
  grantRead(fn: LambdaFunction): void {
    allowReads(fn, this.resources);
  }

  /**
   * Lets a function run actors in its own process, as the router does: with `createClient({ transport: "inline" })` its calls need no
   * second Lambda. Sets the variables.
   */
  grantHost(fn: LambdaFunction): void {
    allowHosting(fn, this.resources);
  }

  private eventsOfBundle(entry: string = this.router.node.path): readonly EventPattern[] {
    // For commands such as `cdk destroy`, CDK bundles nothing, and looks at no rule.
    if (!Stack.of(this).bundlingRequired) return [];
    const outline = readBundle(bundleOf(this.router), variablesOf(this.router), entry);
    return outline.flatMap(({ events }) => events);
  }

  private addUrl(options: true | FunctionUrlOptions): FunctionUrl {
    return this.router.addFunctionUrl({
      authType: FunctionUrlAuthType.AWS_IAM,
      ...(options === true ? {} : options),
    });
  }
}
