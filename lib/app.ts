/**
 * Where an app is put together: the runtime, the client and, by what the environment says, the adapters. The AWS
 * adapters are loaded only here and only when needed.
 */
import type { ActorClass } from "./actor";
import type { Transport } from "./calling/transport";
import { type Client, clientOver } from "./client/client";
import { directTransport } from "./client/direct-transport";
import { inlineTransport } from "./client/inline-transport";
import { systemClock } from "./clock";
import { InvalidDefinition } from "./errors";
import type { EventBus } from "./events/bus";
import { DEFAULT_BACKLOG } from "./messages/backlog";
import { Messenger } from "./messages/messenger";
import type { Queues } from "./messages/queue";
import type { TrackedCalls } from "./messages/tracked-calls";
import type { Middleware } from "./middleware";
import { announce } from "./outline";
import type { Ports } from "./ports";
import { Registry } from "./registry";
import { type Authorize, checkAuthorize } from "./runtime/authorize";
import { type RouterHandler, router } from "./runtime/router";
import { Runtime, type RuntimeOptions } from "./runtime/runtime";
import { closeOnSignals } from "./runtime/signals";
import type { Store } from "./store";
import { jsonLogger } from "./telemetry/json-logger";
import type { Metrics } from "./telemetry/metrics";

/** Options of {@link createRouter}. */
export interface RouterOptions extends RuntimeOptions {
  /** Where actors are kept. Default: the DynamoDB table that `DURABLE_TABLE` names. */
  readonly store?: Store;
  /** Where messages wait. Default: the SQS queues that the variables `DURABLE_…QUEUE` name. */
  readonly queues?: Queues;
  /** Where tracked calls are. Default: the DynamoDB table that `WORKFLOW_TABLE` names. */
  readonly calls?: TrackedCalls;
  /** Where events go. Default: the EventBridge bus that `DURABLE_BUS_NAME` names. */
  readonly bus?: EventBus;
  /** Send the stacks of errors to callers. Default false. */
  readonly stack?: boolean;
  /**
   * Says of each HTTP request whether it may come in: only `true` lets it in. Default: requests whose signature AWS has checked
   * (authorization `AWS_IAM`), and those for a name of this machine, such as `localhost`. Direct invocations, queues and events
   * are not asked: IAM has allowed them.
   *
   * @example createRouter([Order], { authorize: ({ headers }) => isKnownKey(headers["x-api-key"]) });
   */
  readonly authorize?: Authorize;
  /**
   * `true` writes metrics as lines from which CloudWatch makes them, `false` none; or an object of your own takes them.
   * Default: `true` where `POWERTOOLS_METRICS_NAMESPACE` is set. Each custom metric costs money.
   */
  readonly metrics?: boolean | Metrics;
}

/** Options of {@link createClient}. */
export interface ClientOptions {
  /**
   * How calls travel: `"lambda"` invokes the function that `DURABLE_ROUTER` names; `"inline"` runs the turns in this
   * process, on the table that `DURABLE_TABLE` names; or a transport of your own. Default: the first of the two whose
   * variable is set.
   */
  readonly transport?: Transport | "lambda" | "inline";
  /**
   * How many messages of this client's may wait for one actor: with more, sending waits for the actor and then fails with
   * `ActorOverloaded`. Needs `DURABLE_TABLE`, where the actor says how far it is. Default 10,000.
   */
  readonly backlog?: number;
  /** Actors that an inline client runs by their stored names; those asked for by class need not be here. */
  readonly actors?: readonly ActorClass[];
  /** Runs around every turn of an inline client's, the first outermost. Where calls go to a function, its router has it. */
  readonly use?: readonly Middleware[];
}

/**
 * The Lambda handler for an app's actors. It takes direct invocations, HTTP events of payload format 2.0 (Function URL,
 * HTTP API), the batches of the app's SQS queues, EventBridge events for methods that listen, and `{ "mode": "sweep" }`, which
 * a schedule sends every minute.
 *
 * @throws InvalidDefinition for a class that is no actor, two actors of one name, or an option that is something else
 * @example export const handler = createRouter([Counter, Account]);
 */
export function createRouter(actors: readonly ActorClass[], options: RouterOptions = {}): RouterHandler {
  const { store, queues, calls, bus, stack = false, authorize, ...rest } = options;
  checkAuthorize(authorize);
  const { metrics = Boolean(process.env.POWERTOOLS_METRICS_NAMESPACE) } = rest;
  const runtimeOptions = { ...rest, metrics };
  const ports = withDefaults({ store, queues, calls, bus });
  const registry = new Registry(actors);
  announce(registry.definitions, options);
  const runtime = new Runtime(registry, ports, runtimeOptions);
  if (process.env.AWS_LAMBDA_RUNTIME_API !== undefined) {
    // Lambda's init phase is the cheapest moment to load the SDK; and Lambda says when it stops a process.
    void ports.store;
    closeOnSignals(() => runtime.close(LAMBDA_GRACE_MS));
  }
  return router(runtime, { stack, authorize });
}

/**
 * A client for actors.
 *
 * @throws InvalidDefinition when neither `transport` nor the environment says how calls travel; when `use` is given, and calls
 *   do not run in this process
 * @example
 * ```ts
 * const counter = createClient().actor(Counter);
 * await counter.get("c1").increment(5);
 * ```
 */
export function createClient({ transport = defaultTransport(), ...options }: ClientOptions = {}): Client {
  if (transport !== "inline" && options.use !== undefined) {
    throw new InvalidDefinition(
      "`use` goes with an inline client. Where calls go to a function, give it to createRouter there.",
      { option: "use" },
    );
  }
  return clientOver(typeof transport === "object" ? transport : namedTransport(transport, options));
}

/** Lambda kills a process soon after its SIGTERM. */
const LAMBDA_GRACE_MS = 250;

function namedTransport(
  name: "lambda" | "inline",
  { actors = [], backlog = DEFAULT_BACKLOG, use = [] }: Omit<ClientOptions, "transport">,
): Transport {
  const ports = portsWhenNeeded();
  if (name === "inline") {
    const log = jsonLogger(undefined, "warn");
    return inlineTransport(new Runtime(new Registry(actors), ports, { limits: { backlog }, log, use }));
  }
  const byLambda = aws().transportFromEnvironment();
  // Without access to the queues, the function takes messages too.
  if (!process.env.DURABLE_QUEUE) return byLambda;
  // Only where the actors' table can be read is it known how far they are.
  const limit = process.env.DURABLE_TABLE ? backlog : Number.POSITIVE_INFINITY;
  const messenger = new Messenger(ports, systemClock, { backlog: limit });
  return directTransport(byLambda, messenger, Boolean(process.env.DURABLE_BUS_NAME));
}

function defaultTransport(): "lambda" | "inline" {
  if (process.env.DURABLE_ROUTER) return "lambda";
  if (process.env.DURABLE_TABLE) return "inline";
  throw new InvalidDefinition(
    "The client does not know where the actors are. Set DURABLE_ROUTER (calls invoke that function) or DURABLE_TABLE " +
      "(calls run here), give a transport, or use the client of startLocal() from durable-lambda/local.",
  );
}

/** The ports that are given; for the others those that the environment names. */
function withDefaults(given: { [K in keyof Ports]: Ports[K] | undefined }): Ports {
  const ports = portsWhenNeeded();
  return {
    get store() {
      return given.store ?? ports.store;
    },
    get queues() {
      return given.queues ?? ports.queues;
    },
    get calls() {
      return given.calls ?? ports.calls;
    },
    get bus() {
      return given.bus ?? ports.bus;
    },
  };
}

/** The ports that the environment names, each made when it is first asked for. */
function portsWhenNeeded(): Ports {
  let ports: Ports | undefined;
  const load = (): Ports => {
    ports ??= aws().portsFromEnvironment();
    return ports;
  };
  return {
    get store() {
      return load().store;
    },
    get queues() {
      return load().queues;
    },
    get calls() {
      return load().calls;
    },
    get bus() {
      return load().bus;
    },
  };
}

/** `require`, since an `import()` cannot be loaded by test runners that run CommonJS. Bundlers follow it all the same. */
function aws(): typeof import("./aws/from-environment") {
  return require("./aws/from-environment") as typeof import("./aws/from-environment");
}
