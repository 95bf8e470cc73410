/** The ports by the variables: each made when it is needed, of what it needs, and no more loaded than that. */
import { sqsClient } from "../../lib/aws/clients";
import type * as FromEnvironment from "../../lib/aws/from-environment";

const environment = {
  DURABLE_TABLE: "State",
  WORKFLOW_TABLE: "Workflows",
  DURABLE_QUEUE: "https://sqs.eu-west-1.amazonaws.com/123456789012/Messages.fifo",
  DURABLE_WAKE_QUEUE: "http://127.0.0.1:4566/000000000000/Wakes",
  DURABLE_BUS_NAME: "Events",
};

/** Also which of the lazy SDKs were loaded. */
function load() {
  const loaded = new Set<string>();
  let module: typeof FromEnvironment | undefined;
  jest.isolateModules(() => {
    for (const name of ["@aws-sdk/client-sqs", "@aws-sdk/client-eventbridge"]) {
      jest.doMock(name, () => {
        loaded.add(name);
        return jest.requireActual(name);
      });
    }
    module = require("../../lib/aws/from-environment") as typeof FromEnvironment;
  });
  if (module === undefined) throw new Error("not loaded");
  return {
    ...module,
    isSqsLoaded: () => loaded.has("@aws-sdk/client-sqs"),
    isEventBridgeLoaded: () => loaded.has("@aws-sdk/client-eventbridge"),
  };
}

it("loads the SQS SDK with the first queue", () => {
  const { portsFromEnvironment, isSqsLoaded } = load();
  const ports = portsFromEnvironment(environment);
  expect(ports.store.maxPartBytes).toBeGreaterThan(0);
  expect(ports.calls.maxOutcomeBytes).toBeGreaterThan(0);
  expect(ports.queues).toBeDefined();
  expect(isSqsLoaded()).toBe(false);
  expect(ports.queues.messages.maxMessageBytes).toBe(1_048_576);
  expect(isSqsLoaded()).toBe(true);
});

it("loads the EventBridge SDK with the bus", () => {
  const { portsFromEnvironment, isEventBridgeLoaded } = load();
  const ports = portsFromEnvironment(environment);
  expect(ports.store.maxPartBytes).toBeGreaterThan(0);
  expect(ports.queues.messages.maxMessageBytes).toBeGreaterThan(0);
  expect(isEventBridgeLoaded()).toBe(false);
  expect(ports.bus.maxEventBytes).toBe(262_144);
  expect(isEventBridgeLoaded()).toBe(true);
});

it("makes each adapter once", () => {
  const ports = load().portsFromEnvironment(environment);
  expect(ports.store).toBe(ports.store);
  expect(ports.calls).toBe(ports.calls);
  expect(ports.queues).toBe(ports.queues);
  expect(ports.queues.messages).toBe(ports.queues.messages);
  expect(ports.queues.wakes).not.toBe(ports.queues.messages);
  expect(ports.bus).toBe(ports.bus);
});

it.each([
  ["DURABLE_TABLE", (ports) => ports.store],
  ["WORKFLOW_TABLE", (ports) => ports.calls],
  ["DURABLE_QUEUE", (ports) => ports.queues.messages],
  ["DURABLE_WAKE_QUEUE", (ports) => ports.queues.wakes],
  ["DURABLE_DEAD_LETTER_QUEUE", (ports) => ports.queues.deadLetters],
  ["DURABLE_BUS_NAME", (ports) => ports.bus],
] as [string, (ports: ReturnType<typeof FromEnvironment.portsFromEnvironment>) => unknown][])(
  "says which variable is missing when it is needed, and not before: %s",
  (variable, use) => {
    const ports = load().portsFromEnvironment({});
    expect(() => use(ports)).toThrow(
      expect.objectContaining({ code: "InvalidDefinition", details: { variable } }),
    );
    expect(() => use(ports)).toThrow(new RegExp(`${variable} is not set`));
  },
);

it.each(["Messages.fifo", "arn:aws:sqs:eu-west-1:123456789012:Messages.fifo", "http://", "file:///queue"])(
  "says that a queue is named by its URL, where it is %j",
  (value) => {
    const { queues } = load().portsFromEnvironment({ DURABLE_QUEUE: value });
    expect(() => queues.messages).toThrow(
      expect.objectContaining({
        code: "InvalidDefinition",
        message: expect.stringMatching(/DURABLE_QUEUE is .*It should be the URL of a queue, such as https:/),
      }),
    );
  },
);

it("talks to the endpoint of the environment, not to the host of the queue's URL", () => {
  const saved = { ...process.env };
  for (const name of ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS"]) delete process.env[name];
  const useQueueUrl = () => sqsClient().config.useQueueUrlAsEndpoint;
  expect(useQueueUrl()).toBe(true);
  process.env.AWS_ENDPOINT_URL = "http://127.0.0.1:1";
  expect(useQueueUrl()).toBe(false);
  delete process.env.AWS_ENDPOINT_URL;
  process.env.AWS_ENDPOINT_URL_SQS = "http://127.0.0.1:1";
  expect(useQueueUrl()).toBe(false);
  delete process.env.AWS_ENDPOINT_URL_SQS;
  Object.assign(process.env, saved);
});
