/** The stack of samples/api, synthesised as `cdk deploy` does it: the API may call the router and no more, and its bundle answers. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { Template } from "aws-cdk-lib/assertions";
import { createRouter } from "durable-lambda";
import { Show } from "../../samples/api/show";
import { LambdaService } from "../support/lambda-service";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { silentLog } from "../support/process";
import { newFolder, refTo } from "./synth";

const ROOT = resolve(__dirname, "../..");
const before = { ...process.env };

let folder: string;
let template: Template;

beforeAll(async () => {
  folder = newFolder();
  const { PATH, HOME } = process.env;
  // The CDK's command line says by this variable where the output goes.
  await promisify(execFile)(process.execPath, [require.resolve("tsx/cli"), "samples/api/stack.ts"], {
    cwd: ROOT,
    env: { PATH, HOME, CDK_OUTDIR: folder },
  });
  template = Template.fromJSON(
    JSON.parse(readFileSync(join(folder, "DurableSeats.template.json"), "utf8")) as object,
  );
}, 60_000);

afterAll(() => {
  for (const variable of Object.keys(process.env)) delete process.env[variable];
  Object.assign(process.env, before);
});

const ROUTER = () => refTo(template, "AWS::Lambda::Function", "Router");

it("lets the API call the router, and nothing else", () => {
  const policies = Object.entries(template.findResources("AWS::IAM::Policy"));
  const own = policies.filter(([id]) => id.startsWith("Api"));
  expect(own.map(([, { Properties }]) => Properties.PolicyDocument.Statement)).toEqual([
    [{ Action: "lambda:InvokeFunction", Effect: "Allow", Resource: expect.anything() }],
  ]);
  expect(JSON.stringify(own)).toContain(JSON.stringify(ROUTER().arn));
  template.hasResourceProperties("AWS::Lambda::Function", {
    Environment: { Variables: { DURABLE_ROUTER: ROUTER().ref } },
  });
});

it("has one address, for requests that are signed", () => {
  template.resourceCountIs("AWS::Lambda::Url", 1);
  template.hasResourceProperties("AWS::Lambda::Url", { AuthType: "AWS_IAM" });
  expect(JSON.stringify(template.findResources("AWS::Lambda::Permission"))).not.toContain('"Principal":"*"');
});

describe("the API's bundle", () => {
  let local: LocalPorts;
  let lambda: LambdaService;
  let handle: (event: object, context: object) => Promise<{ statusCode: number; body: string }>;

  beforeAll(async () => {
    local = openLocal();
    lambda = new LambdaService(createRouter([Show], { ...local, log: silentLog }));
    Object.assign(process.env, {
      DURABLE_ROUTER: "router",
      AWS_ENDPOINT_URL_LAMBDA: await lambda.start(),
      AWS_REGION: "eu-west-1",
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    });
    handle = (require(bundle("There is nothing at this address")) as { handler: typeof handle }).handler;
  });
  afterAll(async () => {
    await lambda.stop();
    await local.close();
  });

  const request = (method: string, path: string, body?: object) => ({
    version: "2.0",
    rawPath: path,
    rawQueryString: "",
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    isBase64Encoded: false,
    requestContext: { domainName: "abc.lambda-url.eu-west-1.on.aws", http: { method, path } },
  });

  it("has none of the actors, which are the router's", () => {
    expect(bundle("There is no such show")).not.toBe(bundle("There is nothing at this address"));
  });

  it("answers a Function URL's requests by what the router says, also when an answer is lost on the way", async () => {
    const plan = { title: "Hamlet", rows: 1, seatsPerRow: 2 };
    expect(await handle(request("PUT", "/shows/hamlet", plan), {})).toMatchObject({ statusCode: 200 });
    lambda.faults = ["lostResponse"];
    const held = await handle(request("POST", "/shows/hamlet/holds", { seats: ["A1"] }), {});
    expect(held).toMatchObject({ statusCode: 201 });
    expect(lambda.invocations.map(({ method }) => method)).toEqual(["open", "hold", "hold"]);
    const { body } = await handle(request("GET", "/shows/hamlet"), {});
    expect(JSON.parse(body)).toMatchObject({ free: ["A2"], held: 1, booked: 0 });
    const taken = await handle(request("POST", "/shows/hamlet/holds", { seats: ["A1"] }), {});
    expect(taken).toMatchObject({ statusCode: 409 });
  });
});

/** The only bundle that has this text. */
function bundle(text: string): string {
  const all = readdirSync(folder).filter((name) => name.startsWith("asset."));
  const paths = all.map((name) => join(folder, name, "index.js"));
  const found = paths.filter((path) => readFileSync(path, "utf8").includes(text));
  if (found.length !== 1) throw new Error(`"${text}" is in ${found.length} of the bundles`);
  return found[0] as string;
}
