/** The file that goes to Lambda, as `ActorApp` bundles it, handed the events that Lambda would hand it. */
import { randomUUID } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import type { InvocationReply } from "durable-lambda";
import { provision } from "durable-lambda/aws";
import { ActorApp } from "durable-lambda/infra";
import type { RouterHandler } from "../../lib/runtime/router";
import { hand, messageFor } from "../support/batches";
import { type Emulator, startDynamo } from "../support/dynamo";
import { type SqsEmulator, startSqs } from "../support/sqs";
import { newFolder, SHOP } from "./synth";

const before = { ...process.env };
let dynamo: Emulator;
let sqs: SqsEmulator;
let folder: string;
let handle: RouterHandler;

beforeAll(async () => {
  const app = new App({ outdir: newFolder() });
  new ActorApp(new Stack(app, "Test"), "App", { entry: SHOP });
  const { directory } = app.synth();
  const [asset = ""] = readdirSync(directory).filter((name) => name.startsWith("asset."));
  folder = join(directory, asset);
  dynamo = await startDynamo();
  sqs = await startSqs();
  Object.assign(process.env, sqs.connect().environment, {
    LOG_LEVEL: "silent",
    ...(await provision({
      only: ["dynamodb"],
      environment: { DURABLE_TABLE: `State-${randomUUID()}`, WORKFLOW_TABLE: `Workflows-${randomUUID()}` },
    })),
  });
  handle = (require(join(folder, "index.js")) as { handler: RouterHandler }).handler;
}, 60_000);

afterAll(async () => {
  await sqs?.close();
  await dynamo?.close();
  for (const variable of Object.keys(process.env)) delete process.env[variable];
  Object.assign(process.env, before);
});

const context = { getRemainingTimeInMillis: () => 10_000, awsRequestId: "request-1" };
const call = async (id: string, method: string, ...args: unknown[]) =>
  (await handle({ actor: "Counter", id, method, args }, context)) as InvocationReply;

it("is one file and its source map", () => {
  expect(readdirSync(folder).sort()).toEqual(["index.js", "index.js.map"]);
  expect(statSync(join(folder, "index.js")).size).toBeLessThan(1_500_000);
});

it("answers invocations, with the names of classes kept", async () => {
  expect(await call("a", "increment", 5)).toMatchObject({ ok: true, result: 5, version: 1 });
  expect(await call("a", "incrementAndThrow")).toMatchObject({
    ok: false,
    error: { code: "MethodError", message: expect.stringMatching(/must not be/) },
  });
  expect(await call("a", "value")).toMatchObject({ ok: true, result: 5 });
});

it("takes a batch of messages, and hands back those that come again", async () => {
  const address = { type: "Counter", id: "b" };
  const messages = [1, 2, 3].map((by) => messageFor(address, "increment", Date.now(), { args: [by] }));
  const failing = messageFor({ type: "Counter", id: "c" }, "incrementAndThrow", Date.now());
  expect(await hand(handle, [...messages, failing], context)).toEqual([failing.messageId]);
  expect(await call("b", "value")).toMatchObject({ ok: true, result: 6 });
  expect(await call("c", "value")).toMatchObject({ ok: true, result: 0 });
});

it("answers a Function URL's requests whose signature AWS has checked, and no others", async () => {
  const request = (authorizer: object) => ({
    version: "2.0",
    rawPath: "/actors/Counter/d/increment",
    headers: { "content-type": "application/json" },
    body: '{"args":[2]}',
    isBase64Encoded: false,
    requestContext: {
      domainName: "abc.lambda-url.eu-west-1.on.aws",
      http: { method: "POST", path: "/actors/Counter/d/increment" },
      ...authorizer,
    },
  });
  const signed = await handle(
    request({ authorizer: { iam: { userArn: "arn:aws:iam::1:user/a" } } }),
    context,
  );
  expect(signed).toMatchObject({ statusCode: 200, body: expect.stringContaining('"result":2') });
  expect(await handle(request({}), context)).toMatchObject({ statusCode: 403 });
});

it("sweeps, and refuses what is no event of its own", async () => {
  expect(await handle({ mode: "sweep" }, context)).toEqual({ hints: 0, isComplete: true });
  expect(await handle({}, context)).toMatchObject({ ok: false, error: { code: "UnexpectedEvent" } });
});
