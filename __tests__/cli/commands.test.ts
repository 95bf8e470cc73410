/** The commands about an app that runs here: what they print for people and for programs, and how they end. */
import { Consumer, runNode } from "../package/consumer";
import { Project, type Server } from "./project";

const ACTORS = `
import { Actor, createRouter, DurableActor, Method } from "durable-lambda";

@Actor
class Order extends DurableActor {
  lines: string[] = [];
  paidAt?: Date;
  seen = new Map<string, number>();

  @Method add(line: string, count = 1): number {
    for (let n = 0; n < count; n++) this.lines.push(line);
    return this.lines.length;
  }
  @Method pay(at: Date): Date {
    this.paidAt = at;
    this.seen.set("pay", 1);
    this.ctx.remind("thanks", { in: "2d" }, "add", "thanks");
    this.ctx.remind("again", { cron: "0 9 * * 1", timezone: "Europe/Berlin" }, "add", "again", 2);
    return at;
  }
  @Method({ maxAttempts: 1 }) ship(): void {
    if (this.lines.length < 3) throw new RangeError("nothing to ship");
  }
  @Method({ readonly: true }) nothing(): void {}
  @Method callId(): string {
    return this.ctx.callId;
  }
}
export const handler = createRouter([Order]);
`;

let consumer: Consumer;
let project: Project;
let server: Server;
let url: string;

beforeAll(async () => {
  consumer = await Consumer.create();
  project = await Project.in(consumer, "commands", { "src/actors.ts": ACTORS });
  server = project.start("dev", "--port", "0");
  [, url = ""] = await server.prints(/(http:\/\/127\.0\.0\.1:\d+)/);
  await server.prints(/ready/);
}, 60_000);
afterAll(async () => {
  await project?.remove();
  await consumer?.remove();
});

const run = (...args: string[]) => project.run(...args);
const json = (...args: string[]) => project.json(...args);

test("call: arguments are JSON or texts, results are shown with their types", async () => {
  expect(await run("call", "Order", "a", "add", "tea")).toEqual({ code: 0, stdout: "1\n", stderr: "" });
  expect(await json("call", "Order", "a", "add", '"5"', "2")).toEqual({ result: 3 });
  const date = '{"$date":"2026-11-30T12:00:00.000Z"}';
  expect((await run("call", "Order", "a", "pay", date)).stdout).toBe("2026-11-30T12:00:00.000Z\n");
  expect(await json("call", "Order", "a", "pay", date)).toEqual({ result: JSON.parse(date) });
  expect((await run("call", "Order", "a", "nothing")).stdout).toBe("undefined\n");
  expect(await json("call", "Order", "a", "nothing")).toEqual({ result: { $undefined: true } });
  expect((await run("call", "Order", "a", "add", "-5", "-1")).stdout).toBe("3\n");
});

test("call: a key names the call, wherever it comes from", async () => {
  const first = await json("call", "Order", "keyed", "add", "tea", "--key", "k1");
  expect(await json("call", "Order", "keyed", "add", "tea", "--key", "k1")).toEqual(first);
  expect(await json("call", "Order", "keyed", "add", "tea", "--key", "k2")).toEqual({ result: 2 });
});

test.each([
  [
    "a method's error",
    ["call", "Order", "empty", "ship"],
    1,
    /^RangeError: nothing to ship\n$/,
    "RangeError",
  ],
  [
    "a method that is not there",
    ["call", "Order", "a", "ad"],
    1,
    /^UnknownMethod: .*\nDid you mean add\?\n$/,
    "UnknownMethod",
  ],
  [
    "a method with two letters swapped",
    ["call", "Order", "a", "shpi"],
    1,
    /Did you mean ship\?/,
    "UnknownMethod",
  ],
  ["a name that no method has", ["call", "Order", "a", "then"], 1, /^UnknownMethod: /, "UnknownMethod"],
  [
    "an actor that is not there",
    ["call", "Ordre", "a", "add"],
    1,
    /^UnknownActor: .*\nDid you mean Order\?\n$/,
    "UnknownActor",
  ],
  ["an id that none can have", ["call", "Order", "", "add"], 1, /^InvalidActorId: /, "InvalidActorId"],
  [
    "an argument that is half a value",
    ["call", "Order", "a", "add", '{"$date":"x"}'],
    1,
    /^UnexpectedEvent: Argument 1: /,
    "UnexpectedEvent",
  ],
  ["an actor that nobody touched", ["state", "Order", "absent"], 1, /^UnknownAddress: /, "UnknownAddress"],
  ["no such letter", ["dead", "show", "absent"], 1, /^UnknownLetter: /, "UnknownLetter"],
  [
    "no server",
    ["list", "--url", "http://127.0.0.1:1"],
    3,
    /^AppNotReachable: No app .* at http:\/\/127\.0\.0\.1:1\b/,
    "AppNotReachable",
  ],
  ["a url that is none", ["list", "--url", "here"], 2, /^UsageError: --url here/, "UsageError"],
  [
    "two apps",
    ["list", "--url", "http://a", "--stack", "s"],
    2,
    /^UsageError: Give --stack or --url/,
    "UsageError",
  ],
  ["letters without a name", ["dead", "redrive"], 2, /^UsageError: Name the letters/, "UsageError"],
  ["a limit that is none", ["list", "--limit", "0"], 2, /^UsageError: --limit 0/, "UsageError"],
])("%s is said to people and to programs", async (_what, args, code, said, name) => {
  expect(await run(...args)).toEqual({ code, stdout: "", stderr: expect.stringMatching(said) });
  const { stderr, ...outcome } = await run(...args, "--json");
  expect(outcome).toEqual({ code, stdout: "" });
  const { error } = JSON.parse(stderr) as { error: { code: string; name?: string } };
  expect(error.name ?? error.code).toBe(name);
});

test.each([
  [["cal", "Order"], /unknown command 'cal'\n\(Did you mean call\?\)/],
  [["call", "Order"], /missing required argument 'id'/],
  [["list", "--jsno"], /unknown option '--jsno'\n\(Did you mean --json\?\)/],
  [["dead", "lst"], /unknown command 'lst'\n\(Did you mean list\?\)/],
])("%j is no command, and what may have been meant is said", async (args, said) => {
  expect(await run(...args)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringMatching(said) });
});

test("send, start and result: queued calls, and what became of them", async () => {
  const { callId } = (await json("send", "Order", "b", "add", "tea")) as { callId: string };
  expect(callId).toMatch(/^[\w-]{16}$/);
  expect(await json("start", "Order", "b", "add", "tea", "--wait", "10s")).toEqual({ result: 2 });
  const started = (await json("start", "Order", "b", "callId", "--key", "s1")) as { callId: string };
  expect(await json("result", started.callId, "--wait", "10s")).toEqual({ result: started.callId });
  expect((await run("result", started.callId)).stdout).toBe(`'${started.callId}'\n`);
  const later = (await json("start", "Order", "b", "add", "late", "--delay", "1h")) as { callId: string };
  expect(await json("result", later.callId)).toMatchObject({ status: "pending", actor: "Order", id: "b" });
  const failed = await run("start", "Order", "b", "ship", "--wait", "10s");
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(/RangeError: nothing to ship\n$/) });
});

test("state and reminders: what is stored of an actor", async () => {
  await json("call", "Order", "c", "add", "tea");
  await json("call", "Order", "c", "pay", '{"$date":"2026-11-30T12:00:00.000Z"}');
  const { stdout } = await run("state", "Order", "c");
  expect(stdout).toContain("lines: [ 'tea' ]");
  expect(stdout).toContain("paidAt: 2026-11-30T12:00:00.000Z");
  expect(stdout).toContain("Map(1) { 'pay' => 1 }");
  expect(stdout).toMatch(/version 2, fence 2, \d+ bytes/);
  expect(stdout).toContain("reminders: thanks, again");
  expect(await json("state", "Order", "c")).toMatchObject({
    type: "Order",
    id: "c",
    version: 2,
    state: { seen: { $map: [["pay", 1]] } },
  });
  const table = (await run("reminders", "Order", "c")).stdout;
  expect(table).toMatch(/^NAME +CALLS +DUE +AGAIN\n/);
  expect(table).toMatch(/thanks +add\("thanks"\) +\S+Z \(in 2 d\)/);
  expect(table).toMatch(/again +add\("again", 2\) .* 0 9 \* \* 1 Europe\/Berlin/);
  expect(await json("reminders", "Order", "c")).toMatchObject({
    reminders: [{ name: "thanks" }, { name: "again" }],
  });
  expect((await run("reminders", "Order", "a-none")).code).toBe(1);
});

test("list: the actors, searched, in pages", async () => {
  for (const id of ["p/1", "p/2", "p/3"]) await json("call", "Order", id, "add", "tea");
  const { stdout, stderr } = await run("list", "Order", "--search", "p/", "--limit", "2");
  expect(stdout).toMatch(/^ACTOR +ID +VERSION\nOrder +p\/1 +1\nOrder +p\/2 +1\n$/);
  const [, after = ""] = /--after '(.*)'/.exec(stderr) ?? [];
  expect(await json("list", "Order", "--search", "p/", "--after", after)).toEqual({
    actors: [{ type: "Order", id: "p/3", version: 1 }],
  });
  expect((await run("list", "Absent")).stdout).toBe("none\n");
});

test("dead: letters are looked at, sent back and thrown away, and never all by an oversight", async () => {
  const { callId } = (await json("send", "Order", "d", "ship")) as { callId: string };
  await server.prints(/failed Order\/d ship/);
  await json("send", "Order", "e", "ship");
  await server.prints(/failed Order\/e ship/);
  const table = (await run("dead", "list", "--actor", "Order", "--id", "d")).stdout;
  expect(table).toMatch(new RegExp(`${callId} +Order/d +ship +1 +.* RangeError: nothing to ship`));
  const shown = (await run("dead", "show", callId)).stdout;
  expect(shown).toMatch(
    /^RangeError: nothing to ship\n[\s\S]*at [\s\S]*actors\.ts:\d+[\s\S]*Order\/d ship, send, call /,
  );
  expect(await json("dead", "show", callId)).toMatchObject({
    callId,
    actor: "Order",
    reason: { attempts: 1 },
  });

  await json("call", "Order", "d", "add", "tea", "3");
  expect(await json("dead", "redrive", callId)).toEqual({ count: 1 });
  await server.prints(/committed Order\/d ship/);
  expect(await json("dead", "list", "--id", "d")).toEqual({ letters: [] });

  const unasked = await run("dead", "discard", "--actor", "Order", "--id", "e");
  expect(unasked).toMatchObject({ code: 2, stderr: expect.stringMatching(/say --yes/) });
  expect(await run("dead", "discard", "--id", "e", "--yes")).toMatchObject({
    code: 0,
    stdout: "1 letter thrown away\n",
  });
  expect(await json("dead", "list", "--id", "e")).toEqual({ letters: [] });
});

test("finds the server by its folder, by --url, and says what to do where there is none", async () => {
  const elsewhere = await Project.in(consumer, "elsewhere", {});
  expect(await elsewhere.json("list", "Order", "--search", "no such", "--url", url)).toEqual({ actors: [] });
  await elsewhere.write({ ".durable/dev.json": JSON.stringify({ url }) });
  expect(await elsewhere.json("list", "Order", "--search", "no such")).toEqual({ actors: [] });
  await elsewhere.write({ ".durable/dev.json": "{ half" });
  expect(await elsewhere.run("list", "--url", "http://127.0.0.1:1")).toMatchObject({
    stderr: expect.stringContaining('Start it with "durable-lambda dev"'),
  });
});

test("help and version", async () => {
  const { code, stdout } = await run("--help");
  expect(code).toBe(0);
  for (const name of ["dev", "call", "send", "state", "list", "dead", "reminders"])
    expect(stdout).toMatch(new RegExp(`^ +${name}\\b`, "m"));
  expect((await run("call", "--help")).stdout).toContain("durable-lambda call Counter c1 increment 5");
  expect((await run("--version")).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test("says which Node it needs, and loads nothing on an older one", async () => {
  await project.write({
    "old.cjs": 'Object.defineProperty(process.versions, "node", { value: "20.20.2" });',
  });
  expect(await runNode(project.folder, "--require=./old.cjs", [project.main, "list"])).toEqual({
    code: 2,
    stdout: "",
    stderr: "durable-lambda needs Node 22.13 or later; this is Node 20.20.2.\n",
  });
});
