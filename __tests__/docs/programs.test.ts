/** What a newcomer does by the pages, done: files as they stand there, started as it is said there, in a project of one's own. */
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { provision } from "durable-lambda/aws";
import { startDynamo } from "../support/dynamo";
import { LambdaService } from "../support/lambda-service";
import { commandsOf } from "./commands";
import { blocksOf, parsePage, ROOT } from "./page";
import { ReaderProject } from "./project";

/** Programs take some seconds; a machine that is busy with other tests gives them less of its time. */
const TIMEOUT_MS = 60_000;

const projects: ReaderProject[] = [];

function projectOf(page: string, change?: (code: string) => string): ReaderProject {
  const project = new ReaderProject(page, change);
  projects.push(project);
  return project;
}

afterEach(() => {
  for (const project of projects.splice(0)) project.remove();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Does what a page's `curl` does. */
async function curl(page: string, port: number): Promise<unknown> {
  const blocks = blocksOf(parsePage(page, readFileSync(join(ROOT, page), "utf8")));
  const script = blocks.flatMap(({ lines }) => lines.map(({ text }) => text)).join("\n");
  const args = commandsOf(script).find(([program]) => program === "curl") ?? [];
  const after = (option: string) => args[args.indexOf(option) + 1] ?? "";
  const [name = "", value = ""] = after("-H").split(": ");
  const url = args.find((word) => word.startsWith("http")) ?? "";
  const response = await fetch(url.replace(":3000/", `:${port}/`), {
    method: after("-X"),
    headers: { [name]: value },
    body: after("-d"),
  });
  return response.json();
}

test(
  "existing-project: the first actor counts on where it was, and is called over HTTP",
  async () => {
    const port = await freePort();
    const project = projectOf("docs/existing-project.md", (code) =>
      code.replace("port: 3000", `port: ${port}`),
    );
    const first = project.start("npx tsx main.ts");
    expect(await first.line()).toBe("now 1");
    await first.interrupt();

    const second = project.start("npx tsx main.ts");
    expect(await second.line()).toBe("now 2");
    expect(await second.line()).toBe(
      `call it: curl -X POST http://127.0.0.1:${port}/actors/Counter/room-1/increment`,
    );
    expect(await curl("docs/existing-project.md", port)).toEqual({ ok: true, result: 7, version: 3 });
    await second.interrupt();
  },
  TIMEOUT_MS,
);

test(
  "testing: a test of node:test passes",
  async () => {
    const project = projectOf("docs/testing.md");
    const tests = project.start("node --import tsx --test reservation.test.ts");
    expect(await tests.rest()).toEqual(expect.arrayContaining([expect.stringMatching(/^. pass 1$/)]));
  },
  TIMEOUT_MS,
);

describe("deploying", () => {
  let lambda: LambdaService | undefined;
  let dynamo: Awaited<ReturnType<typeof startDynamo>> | undefined;

  afterEach(async () => {
    await lambda?.stop();
    await dynamo?.close();
  });

  test(
    "the stack is synthesised, and its caller calls the actors that it has bundled",
    async () => {
      const project = projectOf("docs/deploy.md");
      const out = join(project.folder, "cdk.out");
      await project.start("npx tsx src/stack.ts", { CDK_OUTDIR: out }).rest();
      const { Outputs } = JSON.parse(readFileSync(join(out, "Counters.template.json"), "utf8"));
      expect(Object.keys(Outputs)).toContain("Router");

      dynamo = await startDynamo();
      Object.assign(process.env, await provision({ only: ["dynamodb"] }), { LOG_LEVEL: "warn" });
      const bundle = readdirSync(out).find((name) => /^asset\.\w+$/.test(name)) ?? "";
      const { handler } = require(join(out, bundle, "index.js"));
      lambda = new LambdaService(handler);
      const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
      const call = project.start("npx tsx src/call.ts", {
        DURABLE_ROUTER: "router",
        AWS_ENDPOINT_URL_LAMBDA: await lambda.start(),
        ...{ AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY },
      });
      expect(await call.rest()).toEqual(["5"]);
    },
    TIMEOUT_MS,
  );
});
