/** What the embedded engine's file holds after its process was killed, or told to stop. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Actor, DurableActor, Method } from "durable-lambda";
import { startLocal } from "durable-lambda/local";
import { systemClock } from "../../lib/clock";
import { Importer } from "../../samples/tour/importer";
import { openLocal } from "../support/local-ports";
import { silentLog } from "../support/process";
import { startScript } from "../support/script";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "durable-test-"));
  file = join(folder, "nested/state.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function startOnFile(script: string): Promise<ChildProcess> {
  const child = startScript(script, [file]);
  await once(child.stdout as NodeJS.ReadableStream, "data");
  return child;
}

it("after SIGKILL in mid-call, finished calls are there and the half of one is not; the actor works again", async () => {
  const child = await startOnFile("samples/tour/doomed.ts");
  child.kill("SIGKILL");
  await once(child, "exit");
  const app = await startLocal({ actors: [Importer], file, log: silentLog });
  const importer = app.client.actor(Importer).get("nightly");
  expect(await importer.list()).toEqual(["row 1"]);
  expect(await importer.add("row 2")).toBe(2);
  await app.close();
});

@Actor
class Mailroom extends DurableActor {
  letters: string[] = [];

  @Method sort(letter: string): void {
    this.letters.push(letter);
  }

  @Method({ readonly: true }) sorted(): string[] {
    return this.letters;
  }
}

it("after SIGKILL in the middle of a message, it comes again with those behind it, once each and in order", async () => {
  const child = await startOnFile("__tests__/fixtures/half-done.ts");
  child.kill("SIGKILL");
  await once(child, "exit");
  // A clock by which the dead process's lease and its hold on the messages are over.
  const later = { ...systemClock, now: () => Date.now() + 60_000 };
  const app = await startLocal({ actors: [Mailroom], file, log: silentLog, clock: later });
  const mailroom = app.client.actor(Mailroom).get("m");
  // Behind the others in the actor's queue: when it is done, so are they.
  await (await mailroom.start().sort("fourth")).result();
  expect(await mailroom.sorted()).toEqual(["first", "second", "third", "fourth"]);
  await app.close();
});

it("on SIGTERM the running turn ends and is committed, the lease is given back, and the signal has its usual effect", async () => {
  const child = await startOnFile("__tests__/fixtures/stopped.ts");
  child.kill("SIGTERM");
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  expect([code, signal]).toEqual([null, "SIGTERM"]);
  const local = openLocal({ file });
  const head = await local.store.read({ type: "Slow", id: "s" }, { consistent: true });
  expect(head?.state?.text).toBe('{"rows":["finished"]}');
  expect(head?.leaseId).toBeUndefined();
  await local.close();
});

it("a file that is something else is refused and left as it is", async () => {
  const { mkdirSync, readFileSync, writeFileSync } = require("node:fs") as typeof import("node:fs");
  mkdirSync(join(folder, "nested"));
  writeFileSync(file, "a text file, long enough not to be taken for an empty database");
  await expect(startLocal({ actors: [Importer], file })).rejects.toMatchObject({ code: "CorruptState" });
  expect(readFileSync(file, "utf8")).toContain("a text file");
});

it("a port that is taken is named", async () => {
  const app = await startLocal({ actors: [Importer], log: silentLog });
  const port = Number(new URL(app.url).port);
  await expect(startLocal({ actors: [Importer], port })).rejects.toMatchObject({
    code: "InvalidDefinition",
    details: { port, error: "EADDRINUSE" },
  });
  await app.close();
});
