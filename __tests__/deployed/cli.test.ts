/** The command line and the inspector about a stack that the CDK has deployed: found by its name alone. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { DeployedApp } from "./deployed-app";
import { eventually } from "./eventually";
import { describeDeployed, useEndpoint } from "./session";

const ROOT = resolve(__dirname, "../..");
const PROGRAM = [join(ROOT, "scripts/run.js"), "cli/main.ts"];

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describeDeployed("the command line on a stack", () => {
  let app: DeployedApp;
  let leaveEndpoint: () => void;
  beforeAll(async () => {
    leaveEndpoint = useEndpoint();
    app = await DeployedApp.deploy("samples/shop/actors.ts");
  }, 300_000);
  afterAll(async () => {
    await app?.remove();
    leaveEndpoint();
  }, 120_000);

  function run(...args: string[]): Promise<Outcome> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [...PROGRAM, ...args, "--stack", app.stack],
        { cwd: ROOT },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  }
  async function json(...args: string[]): Promise<unknown> {
    const { code, stdout, stderr } = await run(...args, "--json");
    if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  }

  it("calls, sends, lists and shows actors, and deals with dead letters", async () => {
    expect(await json("call", "Counter", "c1", "increment", "5")).toEqual({ result: 5 });
    await json("send", "Counter", "c1", "increment", "2");
    await eventually(async () => {
      expect(await json("state", "Counter", "c1")).toMatchObject({ version: 2, state: { count: 7 } });
    }, 60_000);
    await json("call", "Counter", "c2", "increment");
    expect(await json("list", "Counter", "--search", "2")).toEqual({
      actors: [{ type: "Counter", id: "c2", version: 1 }],
    });
    expect(await json("call", "Stock", "tea", "add", "3")).toEqual({ result: 3 });
    expect(await json("call", "Order", "o1", "place", "ann", '{"tea":1}')).toEqual({ result: "open" });
    expect(await json("reminders", "Order", "o1")).toMatchObject({
      reminders: [{ name: "unpaid", method: "cancel" }],
    });

    const { callId } = (await json("start", "Order", "o2", "pay", "20")) as { callId: string };
    await eventually(async () => {
      expect(await json("dead", "show", callId)).toMatchObject({
        actor: "Order",
        id: "o2",
        reason: { attempts: 3 },
      });
    }, 120_000);
    expect(await json("dead", "discard", "--actor", "Order", "--yes")).toEqual({ count: 1 });
    expect(await run("result", callId, "--wait", "5s")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^OrderError: An order that is new cannot be paid\./),
    });
  }, 300_000);

  it("shows the app on the inspector's page, and changes nothing there", async () => {
    const child = spawn(process.execPath, [...PROGRAM, "inspect", "--stack", app.stack, "--port", "0"], {
      cwd: ROOT,
    });
    try {
      const [printed] = (await once(child.stdout, "data")) as [Buffer];
      const [url = ""] = /http:\/\/127\.0\.0\.1:\d+/.exec(String(printed)) ?? [];
      const get = async (path: string) => (await fetch(`${url}/inspect/${path}`)).json();
      const { mode, name, actors } = (await get("app")) as {
        mode: string;
        name: string;
        actors: { name: string }[];
      };
      expect({ mode, name }).toEqual({ mode: "deployed", name: app.stack });
      expect(actors.map((actor) => actor.name)).toEqual(
        expect.arrayContaining(["Counter", "Order", "Stock"]),
      );
      expect(await get("actor?type=Counter&id=c2")).toMatchObject({ state: { count: 1 } });
      expect(await get("queues")).toMatchObject({ messages: { ready: expect.any(Number) } });
      const call = await fetch(`${url}/inspect/call`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ actor: "Counter", id: "c2", method: "increment" }),
      });
      expect(call.status).toBe(403);
    } finally {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  }, 60_000);

  it("says which stack may have been meant", async () => {
    const wrong = `${app.stack.slice(0, -1)}_`;
    const { code, stderr } = await new Promise<Outcome>((resolve) => {
      execFile(
        process.execPath,
        [...PROGRAM, "list", "--stack", wrong],
        { cwd: ROOT },
        (error, stdout, text) => resolve({ code: Number(error?.code), stdout, stderr: text }),
      );
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        new RegExp(`^UnknownStack: There is no stack ${wrong} .*\\nDid you mean ${app.stack}\\?`),
      ),
    });
  }, 60_000);
});
