/** `durable-lambda dev`: what becomes of the app when its code is saved, is wrong, or kills its process. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Consumer } from "../package/consumer";
import { Project, type Server } from "./project";

const COUNTER = `
import { Actor, DurableActor, Method } from "durable-lambda";
import { step } from "./step";

@Actor
export class Counter extends DurableActor {
  count = 0;
  @Method increment(by = 1): number {
    return (this.count += by * step);
  }
  @Method({ readonly: true }) pid(): number {
    return process.pid;
  }
  @Method exit(): void {
    process.exit(3);
  }
}
`;
const ROUTER = `
import { createRouter } from "durable-lambda";
import { Counter } from "./counter";
export const handler = createRouter([Counter]);
`;
const APP = { "src/step.ts": "export const step = 1;", "src/counter.ts": COUNTER, "src/actors.ts": ROUTER };

let consumer: Consumer;
let project: Project;
let made = 0;

beforeAll(async () => {
  consumer = await Consumer.create();
}, 60_000);
afterAll(() => consumer?.remove());
afterEach(() => project?.remove());

async function begin(files: Readonly<Record<string, string>> = APP, ...args: string[]): Promise<Server> {
  project = await Project.in(consumer, `dev-${made++}`, files);
  return project.start("dev", ...args, "--port", "0");
}

const call = async (...args: string[]) =>
  ((await project.json("call", "Counter", "c1", ...args)) as { result: unknown }).result;

/** Of the running server, as commands find it. */
const inspect = async (path: string) => {
  const { url } = JSON.parse(readFileSync(join(project.folder, ".durable/dev.json"), "utf8")) as {
    url: string;
  };
  return (await fetch(`${url}/inspect/${path}`)).json();
};

test("runs the app, says where, and takes calls, which it prints", async () => {
  const server = await begin();
  const [, url] = await server.prints(/Inspector\s+(http:\/\/127\.0\.0\.1:\d+)/);
  await server.prints(/ready Counter/);
  expect(await call("increment", "5")).toBe(5);
  await server.prints(/committed Counter\/c1 increment v1/);
  const response = await fetch(`${url}/actors/Counter/..%2F/increment`, { method: "POST" });
  expect(await response.json()).toEqual({ ok: true, result: 1, version: 1 });
  await server.prints(/committed Counter\/\.\.\/ increment v1/);
  expect(await server.stop()).toBe(0);
  expect(existsSync(join(project.folder, ".durable/state.db"))).toBe(true);
  expect(existsSync(join(project.folder, ".durable/dev.json"))).toBe(false);
});

test("runs new code once any file of it is saved, in a new process, on the same state", async () => {
  const server = await begin();
  await server.prints(/ready Counter/);
  await call("increment", "5");
  const before = await call("pid");
  await project.write({ "src/step.ts": "export const step = 10;" });
  await server.prints(/reloaded Counter/);
  expect(await call("increment")).toBe(15);
  expect(await call("pid")).not.toBe(before);
  await expect(async () => process.kill(before as number, 0)).rejects.toThrow("ESRCH");
});

test("keeps the state from one start to the next", async () => {
  const first = await begin();
  await first.prints(/ready/);
  await call("increment", "5");
  await first.stop();
  const second = project.start("dev", "--port", "0");
  await second.prints(/ready/);
  expect(await call("increment")).toBe(6);
});

test("names the place where code is wrong, and goes on with the code before until that is mended", async () => {
  const server = await begin();
  await server.prints(/ready/);
  await project.edit("src/step.ts", "= 1;", "= = 1;");
  await server.prints(/error Unexpected "="\n\s+src\/step\.ts:1:21\n\s+export const step = = 1;/);
  await server.prints(/The code before goes on running/);
  expect(await call("increment")).toBe(1);
  expect(await inspect("app")).toMatchObject({
    build: { state: "failed", problems: [{ file: "src/step.ts", line: 1, column: 21 }] },
  });
  await project.edit("src/step.ts", "= = 1;", "= 2;");
  await server.prints(/reloaded/);
  expect(await call("increment")).toBe(3);
  expect(await inspect("app")).toMatchObject({ build: { state: "ready" } });
});

test("names the place where code throws that is only loaded, in the source", async () => {
  const server = await begin();
  await server.prints(/ready/);
  await project.write({
    "src/step.ts": 'interface Long {\n  a: 1;\n}\nthrow new Error("no step");\nexport const step = 1;',
  });
  await server.prints(/error Error: no step\n\s+src\/step\.ts:4:7\n\s+throw new Error\("no step"\);/);
  expect(await call("increment")).toBe(1);
});

test("waits for code that works when it begins with code that does not", async () => {
  const server = await begin({ ...APP, "src/step.ts": "nonsense(" });
  await server.prints(/Waiting until a file is saved/);
  const { code, stderr } = await project.run("call", "Counter", "c1", "increment", "--timeout", "1s");
  expect({ code, stderr }).toEqual({
    code: 3,
    stderr: expect.stringMatching(/^AppNotRunning: .*Unexpected end of file/),
  });
  await project.write({ "src/step.ts": "export const step = 1;" });
  await server.prints(/ready Counter/);
  expect(await call("increment")).toBe(1);
});

test("starts the app again when its process ends", async () => {
  const server = await begin();
  await server.prints(/ready/);
  // Its caller hears that the actor is busy: nobody knows that the process is gone, as on Lambda.
  const { code } = await project.run("call", "Counter", "doomed", "exit", "--timeout", "500ms");
  expect(code).toBe(3);
  await server.prints(/error The app's process ended with code 3\.\n\s+It is started again\./);
  expect(await call("increment")).toBe(1);
});

test.each([
  [
    "exported actors, without a router",
    { "src/actors.ts": COUNTER.replace('import { step } from "./step";', "const step = 1;") },
  ],
  [
    "an ES module in JavaScript",
    {
      "package.json": '{ "private": true, "type": "module" }',
      "index.mjs":
        'import { Actor, DurableActor, Method } from "durable-lambda";\nconst made = await Promise.resolve(1);\n' +
        "@Actor\nexport class Counter extends DurableActor {\n  count = 0;\n  @Method increment(by = made) { return (this.count += by); }\n}",
    },
  ],
  [
    "standard decorators off, as a tsconfig.json says",
    { ...APP, "tsconfig.json": '{ "compilerOptions": { "experimentalDecorators": true } }' },
  ],
  [
    "a router that was given middleware and a log",
    {
      ...APP,
      "src/actors.ts": `${ROUTER.replace("[Counter])", "[Counter], { use: [(turn, next) => next()], logArguments: true })")}`,
    },
  ],
])("takes %s", async (_what, files) => {
  const server = await begin(files as Readonly<Record<string, string>>);
  await server.prints(/ready Counter/);
  expect(await call("increment", "2")).toBe(2);
});

test("lets the inspector and the command line past an authorize that keeps others out", async () => {
  const router = ROUTER.replace(
    "[Counter]",
    '[Counter], { authorize: ({ headers }) => headers["x-key"] === "k" }',
  );
  const server = await begin({ ...APP, "src/actors.ts": router });
  const [, url] = await server.prints(/Inspector\s+(http:\S+)/);
  await server.prints(/ready/);
  const ask = async (headers: Record<string, string>) =>
    (await fetch(`${url}/actors/Counter/c1/increment`, { method: "POST", headers })).status;
  expect(await ask({})).toBe(403);
  expect(await ask({ "x-key": "k" })).toBe(200);
  expect(await ask({ "x-durable-pass": "guessed" })).toBe(403);
  expect(await call("increment")).toBe(2);
});

test.each([
  [
    "makes no router",
    { "src/actors.ts": "export const nothing = 1;" },
    /makes no router and exports no actor/,
  ],
  [
    "makes two",
    { ...APP, "src/actors.ts": `${ROUTER}export const other = createRouter([Counter]);` },
    /makes 2 routers/,
  ],
  ["uses a package that is not there", { "src/actors.ts": 'import "absent-package";' }, /absent-package/],
])("says so when the entry %s", async (_what, files, said) => {
  const server = await begin(files);
  await server.prints(said);
  await server.prints(/Waiting until a file is saved/);
});

test.each([
  [["dev"], {}, /No entry was found.*Looked for: src\/actors\.ts/],
  [["dev", "src/absent.ts"], {}, /There is no file src\/absent\.ts/],
  [["dev", "--port", "x"], APP, /--port x is no port/],
  [["dev", "--prot", "1"], APP, /unknown option '--prot'\n\(Did you mean --port\?\)/],
])("refuses %j", async (args, files, said) => {
  project = await Project.in(consumer, `dev-${made++}`, files);
  expect(await project.run(...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(said) });
});

test("says so when its port is taken", async () => {
  const server = await begin();
  const [, port = ""] = await server.prints(/127\.0\.0\.1:(\d+)/);
  const { code, stderr } = await project.run("dev", "--port", port);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(new RegExp(`The port ${port} cannot be had`)),
  });
});

test("leaves nothing behind when it is killed", async () => {
  const server = await begin();
  await server.prints(/ready/);
  const pid = (await call("pid")) as number;
  server.child.kill("SIGKILL");
  const isGone = () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  };
  while (!isGone()) await new Promise((resolve) => setTimeout(resolve, 20));
});
