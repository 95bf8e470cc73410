/** A stand-in that runs, until it is stopped or this process ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { NotHere, type StartCommand } from "./stand-in";

/** For a Java program on a machine that has other things to do. */
const START_MS = 60_000;
const ASK_AGAIN_MS = 100;
const STOP_MS = 5_000;

export class Server {
  private constructor(
    private readonly child: ChildProcess,
    readonly endpoint: string,
  ) {}

  /**
   * Resolves when it answers.
   * @throws NotHere when it does not: what is installed may need a later runtime than there is
   */
  static async start(startCommand: StartCommand): Promise<Server> {
    const port = await freePort();
    const { command, args, env } = startCommand(port);
    const child = spawn(command, args, {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...env },
    });
    const said: string[] = [];
    child.stderr?.on("data", (text) => said.push(String(text)));
    child.on("error", ({ message }) => said.push(message));
    const server = new Server(child, `http://127.0.0.1:${port}`);
    // Whatever ends this process: what it has started must not stay.
    process.on("exit", () => child.kill("SIGKILL"));
    const endMs = Date.now() + START_MS;
    while (!(await server.answers())) {
      if (child.exitCode === null && child.pid !== undefined && Date.now() < endMs) {
        await wait(ASK_AGAIN_MS);
        continue;
      }
      await server.stop();
      throw new NotHere(`it does not start: ${said.join("").trim().slice(-300)}`);
    }
    return server;
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    const killing = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await exited;
    clearTimeout(killing);
  }

  /** An error is an answer, too. */
  private async answers(): Promise<boolean> {
    try {
      await fetch(this.endpoint, { signal: AbortSignal.timeout(2_000) });
      return true;
    } catch {
      return false;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
