/** How an app is found by its stack: against a stand-in for the two services that are asked. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { environmentOfStack } from "durable-lambda/aws";

const ROUTER = {
  DURABLE_TABLE: "T",
  WORKFLOW_TABLE: "W",
  DURABLE_QUEUE: "https://sqs/q.fifo",
  DURABLE_WAKE_QUEUE: "https://sqs/w",
  DURABLE_DEAD_LETTER_QUEUE: "https://sqs/d.fifo",
  DURABLE_BUS_NAME: "B",
};
const CALLER = { ...ROUTER, DURABLE_ROUTER: "router" };

/** By the names of stacks: the functions that each has, with their variables. */
const STACKS: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  shop: { router: ROUTER, api: CALLER, other: {} },
  twins: { one: ROUTER, two: ROUTER },
  plain: { api: {}, provider: { DURABLE_TABLE: "T" } },
  empty: {},
};

let server: Server;
const before = { ...process.env };
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => {
      body += String(chunk);
    });
    request.on("end", () => {
      const { status, type, text } =
        request.method === "GET" ? configuration(request.url ?? "") : cloudFormation(body);
      response.writeHead(status, { "content-type": type });
      response.end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  });
});
afterAll(async () => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, before);
  await new Promise((resolve) => server.close(resolve));
});

const xml = (text: string, status = 200) => ({ status, type: "text/xml", text });

/** A page for each function: the list goes on behind a token. */
function cloudFormation(body: string) {
  const asked = new URLSearchParams(body);
  if (asked.get("Action") === "DescribeStacks") {
    const members = Object.keys(STACKS).map((name) => `<member><StackName>${name}</StackName></member>`);
    return xml(
      `<DescribeStacksResponse><DescribeStacksResult><Stacks>${members.join("")}</Stacks></DescribeStacksResult></DescribeStacksResponse>`,
    );
  }
  const name = asked.get("StackName") ?? "";
  if (name === "forbidden") {
    return xml(
      "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>",
      403,
    );
  }
  const stack = STACKS[name];
  if (stack === undefined) {
    const message = `Stack with id ${name} does not exist`;
    return xml(
      `<ErrorResponse><Error><Code>ValidationError</Code><Message>${message}</Message></Error></ErrorResponse>`,
      400,
    );
  }
  const page = Number(asked.get("NextToken") ?? 0);
  const ids = Object.keys(stack);
  const member = (type: string, id: string) =>
    `<member><ResourceType>${type}</ResourceType><PhysicalResourceId>${id}</PhysicalResourceId></member>`;
  const found = ids.slice(page, page + 1).map((id) => member("AWS::Lambda::Function", id));
  const next = page + 1 < ids.length ? `<NextToken>${page + 1}</NextToken>` : "";
  return xml(
    `<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>${member("AWS::SQS::Queue", "q")}${found.join("")}` +
      `</StackResourceSummaries>${next}</ListStackResourcesResult></ListStackResourcesResponse>`,
  );
}

function configuration(path: string) {
  const [, name = ""] = /functions\/([^/]+)\/configuration/.exec(path) ?? [];
  const variables = Object.values(STACKS).find((functions) => name in functions)?.[name];
  return {
    status: 200,
    type: "application/json",
    text: JSON.stringify({ Environment: { Variables: variables } }),
  };
}

it("takes the variables of the function that ActorApp made, and names it", async () => {
  expect(await environmentOfStack("shop")).toEqual({ ...ROUTER, DURABLE_ROUTER: "router" });
});

it.each(["plain", "empty"])("says so when a stack has no app: %s", async (stack) => {
  await expect(environmentOfStack(stack)).rejects.toMatchObject({
    code: "InvalidDefinition",
    details: { stack, functions: Object.keys(STACKS[stack] ?? {}) },
  });
});

it("says so when it has several", async () => {
  await expect(environmentOfStack("twins")).rejects.toMatchObject({
    code: "InvalidDefinition",
    message: expect.stringContaining("2 apps (one, two)"),
  });
});

it("says which stacks there are when it is none of them", async () => {
  await expect(environmentOfStack("sjop")).rejects.toMatchObject({
    code: "UnknownStack",
    details: { value: "sjop", known: Object.keys(STACKS) },
  });
});

it("passes on what AWS refuses", async () => {
  await expect(environmentOfStack("forbidden")).rejects.toMatchObject({ code: "AwsRefused" });
});
