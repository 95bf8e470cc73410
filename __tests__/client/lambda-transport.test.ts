/** Calls by invoking the router, through the real SDK client, with what Lambda can do to an invocation. */
import { LambdaClient } from "@aws-sdk/client-lambda";
import { Actor, createClient, createRouter, DurableActor, Method } from "durable-lambda";
import { lambdaTransport } from "durable-lambda/aws";
import { LambdaService } from "../support/lambda-service";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { silentLog } from "../support/process";

@Actor
class Counter extends DurableActor {
  count = 0;
  since = new Date(0);

  @Method increment(by = 1): { count: number; since: Date } {
    this.count += by;
    return { count: this.count, since: this.since };
  }
}

let local: LocalPorts;
let lambda: LambdaService;
let sdk: LambdaClient;

beforeEach(async () => {
  local = openLocal();
  lambda = new LambdaService(createRouter([Counter], { ...local, log: silentLog }));
  sdk = new LambdaClient({
    endpoint: await lambda.start(),
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
});
afterEach(async () => {
  sdk.destroy();
  await lambda.stop();
  await local.close();
});

const counter = () =>
  createClient({ transport: lambdaTransport({ functionName: "router", client: sdk }) })
    .actor(Counter)
    .get("c");

it("invokes the function once, and keeps types both ways", async () => {
  expect(await counter().increment(2)).toEqual({ count: 2, since: new Date(0) });
  expect(lambda.invocations).toMatchObject([
    {
      path: "/2015-03-31/functions/router/invocations",
      actor: "Counter",
      id: "c",
      method: "increment",
      args: [2],
      attempt: 1,
    },
  ]);
});

it.each(["lostResponse", "killed"] as const)(
  "sends again after a %s, marked, with the same call id: one effect",
  async (fault) => {
    lambda.faults = [fault];
    expect(await counter().increment(2)).toMatchObject({ count: 2 });
    const [first, second] = lambda.invocations;
    expect(second).toMatchObject({ callId: first?.callId, attempt: 2 });
    expect(await counter().increment(1)).toMatchObject({ count: 3 });
  },
);

it("does not try again where it is no use", async () => {
  lambda.faults = ["unknownFunction"];
  await expect(counter().increment()).rejects.toMatchObject({ code: "InternalError", retryable: false });
  expect(lambda.invocations).toHaveLength(1);
});

it("refuses arguments that Lambda would not take, before anything is sent", async () => {
  await expect(counter().increment("x".repeat(7_000_000) as never)).rejects.toMatchObject({
    code: "PayloadTooLarge",
    details: { field: "args" },
  });
  expect(lambda.invocations).toHaveLength(0);
});
