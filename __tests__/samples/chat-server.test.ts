/** The server of samples/chat, started and stopped as a person does it. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Visitor } from "../../samples/chat/visitor";
import { startScript } from "../support/script";

let folder: string;
let server: ChildProcess | undefined;
const { PORT } = process.env;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "durable-test-"));
  process.env.PORT = "0";
});
afterEach(() => {
  server?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
  if (PORT === undefined) delete process.env.PORT;
  else process.env.PORT = PORT;
});

/** @returns where it says that it is */
async function start(): Promise<string> {
  server = startScript("samples/chat/server.ts", [join(folder, "chat.db")]);
  const [line] = (await once(server.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  return /http:\S+/.exec(String(line))?.[0] ?? "";
}

async function stop(): Promise<void> {
  const ended = once(server as ChildProcess, "exit");
  server?.kill("SIGINT");
  expect(await ended).toEqual([null, "SIGINT"]);
}

test("says where it is, ends by Ctrl-C with people in it, and goes on with what was said", async () => {
  const ann = new Visitor("Ann", await start());
  await ann.enter();
  await ann.listen();
  await ann.post("Hello");
  expect(await ann.hear(1)).toEqual(["Ann: Hello"]);
  await stop();
  await expect(ann.hear(1)).rejects.toThrow();

  ann.url = await start();
  await ann.listen();
  await ann.post("Still here");
  expect(await ann.hear(1)).toEqual(["Ann: Still here"]);
  await stop();
});
