/** `durable-lambda create` for somebody at a terminal: what it asks, and what it makes of the answers. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Consumer } from "../package/consumer";
import { Server } from "./project";

/** Pipes that take themselves for a terminal: keys and lines come as from one, on any machine. */
const PRETENCE = `
  process.stdin.setRawMode = () => process.stdin;
  process.stdin.isTTY = process.stdout.isTTY = true;
  process.stdout.getColorDepth = () => 1;
  process.stdout.columns = 200;
`;
const ENTER = "\r";
const CTRL_C = "\u0003";
const LEFT = "\u001b[D";

let consumer: Consumer;
let here: string;
let made = 0;
let session: Server;

beforeAll(async () => {
  consumer = await Consumer.create();
}, 60_000);
afterAll(() => consumer?.remove());
beforeEach(async () => {
  here = join(consumer.folder, `terminal-${made++}`);
  await mkdir(join(here, "bin"), { recursive: true });
  await writeFile(join(here, "bin/npm"), "#!/bin/sh\ntouch installed\n", { mode: 0o755 });
});
afterEach(() => session?.stop());

function start(...args: string[]): void {
  const main = join(consumer.folder, "node_modules/durable-lambda/dist/cli/main.js");
  const pretence = `data:text/javascript,${encodeURIComponent(PRETENCE)}`;
  session = new Server(
    spawn(process.execPath, ["--import", pretence, main, "create", "--no-git", ...args], {
      cwd: here,
      env: {
        PATH: `${join(here, "bin")}:${process.env.PATH}`,
        NO_COLOR: "1",
        npm_config_user_agent: "npm/11",
      },
    }),
  );
}

const type = (keys: string) => session.child.stdin?.write(keys);
/** A pipe keeps a process waiting for more, as no terminal does. */
const typeAtLast = (keys: string) => session.child.stdin?.end(keys);
const ended = () => new Promise((resolve) => session.child.on("exit", resolve));

test("it asks for the folder and for the packages, and says what comes next", async () => {
  start();
  await session.prints(/Where does the app go\?/);
  type(`shop${ENTER}`);
  await session.prints(/Install its packages with npm\?/);
  const end = ended();
  typeAtLast(ENTER);
  await session.prints(/11 files in .*shop/);
  await session.prints(/Installing packages with npm/);
  await session.prints(/shop is ready\./);
  await session.prints(/cd shop\n +npm start/);
  expect(await end).toBe(0);
  expect(existsSync(join(here, "shop/installed"))).toBe(true);
});

test("it takes my-app for no answer, and installs nothing when told so", async () => {
  start();
  await session.prints(/Where does the app go\?/);
  type(ENTER);
  await session.prints(/Install its packages with npm\?/);
  const end = ended();
  typeAtLast(LEFT + ENTER);
  await session.prints(/my-app is ready\./);
  await session.prints(/cd my-app\n +npm install/);
  expect(await end).toBe(0);
  expect(existsSync(join(here, "my-app/installed"))).toBe(false);
});

test("it says at once what is wrong with an answer, and asks again", async () => {
  await mkdir(join(here, "my-app"));
  await writeFile(join(here, "my-app/mine.txt"), "");
  start("--no-install");
  await session.prints(/Where does the app go\?/);
  type(ENTER);
  await session.prints(/my-app is not empty, and nothing is overwritten: it has mine\.txt/);
  type(`Shop${ENTER}`);
  await session.prints(/capital letters\. Try --name shop/);
  const end = ended();
  typeAtLast(`\u0015shop${ENTER}`);
  await session.prints(/shop is ready\./);
  expect(await end).toBe(0);
});

test("Ctrl-C at a question creates nothing", async () => {
  start();
  await session.prints(/Where does the app go\?/);
  const end = ended();
  typeAtLast(CTRL_C);
  await session.prints(/Nothing was created\./);
  expect(await end).toBe(2);
});

test("Ctrl-C while packages are installed ends that, too, and the app stays", async () => {
  await writeFile(join(here, "bin/npm"), "#!/bin/sh\necho $$ > pid\nexec sleep 60\n", { mode: 0o755 });
  start("shop");
  await session.prints(/Installing packages with npm/);
  while (!existsSync(join(here, "shop/pid"))) await new Promise((resolve) => setTimeout(resolve, 20));
  const end = ended();
  typeAtLast(CTRL_C);
  expect(await end).toBe(130);
  expect(existsSync(join(here, "shop/package.json"))).toBe(true);
});

test("nothing is asked of somebody who names the folder", async () => {
  start("shop");
  const end = ended();
  await session.prints(/shop is ready\./);
  expect(await end).toBe(0);
  expect(session.printed).not.toMatch(/\w\?/);
});
