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

test("npm start calls its actors, and says what came of it", async () => {
  expect(await npmRun("start")).toBe(
    [
      "hamlet opens with 3 seats      3 free   Show/hamlet has a state now",
      "ann wants 2                    1 free   Booking/ann calls Show/hamlet",
      "bob wants 2, too               1 free   SoldOut: hamlet has 1 of 2 seats",
      "ann pays                       1 free   an event leaves, the reminder is forgotten",
      "cid wants 1                    0 free   a reminder is set, for a second from now",
      "cid does not pay               1 free   the reminder expires the booking, a message gives the seat back",
      "",
    ].join("\n"),
  );
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

test("npm run dev runs it for the commands of its README, and runs what is edited on the same state", async () => {
  // A group of its own, as a terminal makes one: Ctrl-C reaches all of it.
  const server = new Server(
    spawn("npm", ["run", "--silent", "dev", "--", "--port", "0"], { cwd: app, detached: true }),
  );
  try {
    await server.prints(/ready Show, Booking/);
    const commands = (await readFile(join(app, "README.md"), "utf8")).match(/(?<=^npx durable-lambda ).*/gm);
    expect(commands?.length).toBe(5);
    const printed: string[] = [];
    for (const command of commands ?? []) {
      const { code, stdout, stderr } = await durable(...command.split(" "));
      expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: "" });
      printed.push(stdout.split("\n")[0] ?? "");
    }
    expect(printed).toEqual([
      "3",
      "'held'",
      "{ status: 'held', show: 'hamlet', seats: 2 }",
      expect.stringMatching(/^NAME +CALLS +DUE/),
      expect.stringMatching(/^ACTOR +ID +VERSION/),
    ]);

    await edit(
      "src/show.ts",
      "    return this.free;\n  }\n\n  private",
      "    return this.free * 100;\n  }\n\n  private",
    );
    await server.prints(/reloaded Show, Booking/);
    expect(await durable("call", "Show", "hamlet", "left")).toMatchObject({ stdout: "100\n" });
  } finally {
    process.kill(-(server.child.pid as number), "SIGINT");
    await server.prints(/stopping/);
    await server.stop();
  }
  expect(existsSync(join(app, ".durable/state.db"))).toBe(true);
  expect(await readFile(join(app, ".gitignore"), "utf8")).toContain(".durable/\n");
});

test("its classes are as short as those that people read", async () => {
  for (const file of ["show.ts", "booking.ts"]) {
    const lines = (await readFile(join(ROOT, "cli/template/src", file), "utf8")).split("\n");
    expect(lines.length).toBeLessThan(60);
  }
});
