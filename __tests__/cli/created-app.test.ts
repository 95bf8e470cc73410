/** The app that `durable-lambda create` makes: everything that its package.json and its README offer works at once. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Consumer, type Outcome, runProgram } from "../package/consumer";
import { Server } from "./project";

/** The CDK takes some seconds; a machine that is busy with other tests gives it less of its time. */
const TIMEOUT_MS = 60_000;
const ROOT = resolve(__dirname, "../..");

let consumer: Consumer;
let app: string;

beforeAll(async () => {
  consumer = await Consumer.create();
  await consumer.install("durable-lambda", "tsx", "typescript", "aws-cdk", "esbuild");
  const main = join(consumer.folder, "node_modules/.bin/durable-lambda");
  const made = await runProgram(consumer.folder, main, ["create", "ticket-shop", "--no-install", "--no-git"]);
  expect(made).toMatchObject({ code: 0 });
  app = join(consumer.folder, "ticket-shop");
  // As an install leaves one: the CDK takes the folder that has it for the app's.
  await writeFile(join(app, "package-lock.json"), "{}");
}, TIMEOUT_MS);
afterAll(() => consumer?.remove());

/** What is printed by a script of its package.json. */
async function npmRun(script: string, ...args: string[]): Promise<string> {
  const environment = { CDK_DISABLE_CLI_TELEMETRY: "true" };
  const { code, stdout, stderr } = await runProgram(
    app,
    "npm",
    ["run", "--silent", script, "--", ...args],
    environment,
  );
  if (code !== 0) throw new Error(`npm run ${script} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

function durable(...args: string[]): Promise<Outcome> {
  return runProgram(app, join(consumer.folder, "node_modules/.bin/durable-lambda"), args);
}

async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(join(app, file), "utf8");
  expect(text).toContain(from);
  await writeFile(join(app, file), text.replace(from, to));
}

test("npm start calls its actors, and says what came of it, as docs/quick-start.md has it", async () => {
  const page = await readFile(join(ROOT, "docs/quick-start.md"), "utf8");
  const [, printed] = /```text\n(.*?)```/s.exec(page) ?? [];
  expect(printed?.split("\n")).toHaveLength(7);
  expect(await npmRun("start")).toBe(printed);
});

test("npm test runs its tests, and they pass", async () => {
  const printed = await npmRun("test");
  expect(printed).toMatch(/^. tests 4$/m);
  expect(printed).toMatch(/^. pass 4$/m);
});

test(
  "npm run typecheck finds nothing, and would",
  async () => {
    await npmRun("typecheck");
    await edit("src/main.ts", "hamlet.open(3)", 'hamlet.open("three")');
    await expect(npmRun("typecheck")).rejects.toThrow("src/main.ts(19,19): error TS2345");
    await edit("src/main.ts", 'hamlet.open("three")', "hamlet.open(3)");
  },
  TIMEOUT_MS,
);

test(
  "npm run synth makes the template of its stack",
  async () => {
    const output = join(consumer.folder, "cdk.out");
    await npmRun("synth", "--output", output, "--no-notices");
    const { Resources: resources, Outputs: outputs } = JSON.parse(
      await readFile(join(output, "TicketShop.template.json"), "utf8"),
    ) as { Resources: Record<string, { Type: string }>; Outputs: object };
    const types = Object.values(resources).map(({ Type }) => Type);
    expect(types.filter((type) => type === "AWS::DynamoDB::Table")).toHaveLength(2);
    expect(types.filter((type) => type === "AWS::SQS::Queue")).toHaveLength(4);
    expect(types.filter((type) => type === "AWS::Lambda::Function")).toHaveLength(1);
    expect(Object.keys(outputs)).toEqual(["Router"]);
  },
  TIMEOUT_MS,
);

/** Runs `npm run dev` while the work is done, and ends it as Ctrl-C does. */
async function whileDeveloping(work: (server: Server) => Promise<void>): Promise<void> {
  // A group of its own, as a terminal makes one: Ctrl-C reaches all of it.
  const server = new Server(
    spawn("npm", ["run", "--silent", "dev", "--", "--port", "0"], { cwd: app, detached: true }),
  );
  try {
    await server.prints(/ready Show, Booking/);
    await work(server);
  } finally {
    process.kill(-(server.child.pid as number), "SIGINT");
    await server.stop();
  }
  expect(server.printed).toMatch(/stopping/);
}

/** The first line that a command prints, as people write it. */
async function printedBy(command: string): Promise<string> {
  const { code, stdout, stderr } = await durable(...command.split(" "));
  expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: "" });
  return stdout.split("\n")[0] ?? "";
}

test("npm run dev runs it for the commands of its README, and runs what is edited on the same state", async () => {
  await whileDeveloping(async (server) => {
    const commands = (await readFile(join(app, "README.md"), "utf8")).match(/(?<=^npx durable-lambda ).*/gm);
    const printed: string[] = [];
    for (const command of commands ?? []) printed.push(await printedBy(command));
    expect(printed).toEqual([
      "3",
      "'held'",
      "{ status: 'held', show: 'hamlet', seats: 2 }",
      expect.stringMatching(/^NAME +CALLS +DUE/),
      expect.stringMatching(/^ACTOR +ID +VERSION/),
    ]);
    await edit("src/show.ts", "left(): number {\n    return", "left(): number {\n    return 100 *");
    await server.prints(/reloaded Show, Booking/);
    expect(await printedBy("call Show hamlet left")).toBe("100");
    await edit("src/show.ts", "return 100 *", "return");
  });
  expect(existsSync(join(app, ".durable/state.db"))).toBe(true);
  expect(await readFile(join(app, ".gitignore"), "utf8")).toContain(".durable/\n");
});

test("its README names scripts and files that it has", async () => {
  const readme = await readFile(join(app, "README.md"), "utf8");
  const { scripts } = JSON.parse(await readFile(join(app, "package.json"), "utf8")) as { scripts: object };
  const named = [...readme.matchAll(/`npm (?:run )?(\w+)`/g)].map(([, script]) => script);
  expect([...new Set(named)].sort()).toEqual(Object.keys(scripts).sort());
  const files = [...readme.matchAll(/`((?:src|test|infra)\/[\w./-]*)`/g)].map(([, file = ""]) => file);
  expect(files.length).toBeGreaterThan(5);
  expect(files.filter((file) => !existsSync(join(app, file)))).toEqual([]);
});

test(
  "an actor of one's own is written, called, seen and tested as docs/quick-start.md says",
  async () => {
    const page = await readFile(join(ROOT, "docs/quick-start.md"), "utf8");
    const files = [...page.matchAll(/<!-- file: (\S+) -->\n+```ts\n(.*?)```/gs)];
    expect(files.map(([, name]) => name)).toEqual(["src/waiting-list.ts", "test/waiting-list.test.ts"]);
    const [router = ""] = /^export const handler = .*$/m.exec(page) ?? [];
    const own = page.slice(page.indexOf("## An actor of your own"), page.indexOf("## On AWS"));
    const commands = [...own.matchAll(/^npx durable-lambda (.*?) +# (.*)$/gm)];
    expect(commands).toHaveLength(3);

    await whileDeveloping(async (server) => {
      for (const [, name = "", text = ""] of files) await writeFile(join(app, name), text);
      await edit("src/actors.ts", "export const handler = createRouter([Show, Booking]);", router);
      await edit(
        "src/actors.ts",
        'from "./show";',
        'from "./show";\nimport { WaitingList } from "./waiting-list";',
      );
      await server.prints(/reloaded Show, Booking, WaitingList/);
      for (const [, command = "", result] of commands)
        expect([command, await printedBy(command)]).toEqual([command, result]);
    });
    await npmRun("typecheck");
    const tests = await npmRun("test");
    expect(tests).toMatch(/^. pass 5$/m);
    expect(tests).toMatch(/^. fail 0$/m);
  },
  TIMEOUT_MS,
);
