/** The queries of docs/observability.md find what the page says, among lines that the router writes to its default log. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Actor, createRouter, DurableActor, Method } from "durable-lambda";
import { FakeClock, gate, settle } from "../support/fake-clock";
import { filterPattern } from "../support/filter-patterns";
import { openLocal } from "../support/local-ports";

const page = readFileSync(join(__dirname, "../../docs/observability.md"), "utf8");
const patterns = Array.from(page.matchAll(/--filter-pattern '([^']+)'/g), ([, pattern = ""]) => pattern);

interface Line {
  readonly level: string;
  readonly message: string;
  readonly actor: string;
  readonly actorId: string;
  readonly outcome: string;
  readonly code?: string;
  readonly version?: number;
  readonly waitedMs: number;
}

/** What the page says that each of them finds. */
const FINDS: Readonly<Record<string, (line: Line) => boolean>> = {
  '{ ($.actor = "Counter") && ($.actorId = "room-1") }': ({ actor, actorId }) =>
    actor === "Counter" && actorId === "room-1",
  '{ ($.code = "ActorBusy") || ($.outcome = "lost") || ($.waitedMs > 1000) }': ({
    code,
    outcome,
    waitedMs,
  }) => code === "ActorBusy" || outcome === "lost" || waitedMs > 1_000,
  '"FencedError"': ({ code }) => code === "FencedError",
  '{ ($.actorId = "room-1") && ($.outcome = "committed") && ($.version > 0) }': ({ actorId, outcome }) =>
    actorId === "room-1" && outcome === "committed",
  '{ ($.level = "ERROR") && ($.message = "method failed") }': ({ level, message }) =>
    level === "ERROR" && message === "method failed",
};

let held = gate<void>();

@Actor
class Counter extends DurableActor {
  count = 0;

  @Method increment(): number {
    this.count++;
    return this.count;
  }
  @Method async slowly(): Promise<number> {
    await held.opened;
    return this.increment();
  }
  @Method fail(): never {
    throw new RangeError("no");
  }
  @Method({ readonly: true }) value(): number {
    return this.count;
  }
}

@Actor
class Other extends DurableActor {
  @Method increment(): void {}
}

/** Every kind of line that the queries tell apart. */
async function writtenLines(): Promise<string[]> {
  const lines: string[] = [];
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, "write").mockImplementation((line) => {
      lines.push(String(line).trimEnd());
      return true;
    }),
  );
  const clock = new FakeClock();
  const local = openLocal({ clock });
  const start = () => createRouter([Counter, Other], { ...local, clock });
  const handle = start();
  const call = (method: string, id = "room-1", more: object = {}) => ({
    actor: "Counter",
    id,
    method,
    ...more,
  });
  try {
    for (const id of ["room-1", "room-2"]) {
      await handle(call("increment", id));
      await handle(call("increment", id));
    }
    await handle(call("value"));
    await handle(call("fail"));
    await handle({ ...call("increment"), actor: "Other" });
    await handle(call("nowhere"));
    const busy = { nowMs: clock.now(), untilMs: clock.now() + 60_000 };
    await local.store.acquire({ type: "Counter", id: "busy" }, { ...busy, leaseId: "x" });
    const inVain = handle(call("increment", "busy", { timeoutMs: 500 }));
    await clock.advance(600);
    await inVain;
    const ahead = handle(call("slowly", "patient"));
    await settle();
    const behind = handle(call("increment", "patient"));
    await settle();
    await clock.advance(2_000);
    held.open();
    // The activation has held the lease for long enough, and lets others have it first.
    await clock.advance(1_000);
    await Promise.all([ahead, behind]);
    held = gate();
    const lost = handle(call("slowly", "lost", { timeoutMs: 600_000 }));
    await settle();
    clock.freeze(60_000);
    await start()(call("increment", "lost"));
    held.open();
    await lost;
  } finally {
    for (const spy of spies) spy.mockRestore();
    await local.close();
  }
  return lines;
}

let lines: string[];
beforeAll(async () => {
  lines = await writtenLines();
});

it("are all known here", () => {
  expect(patterns).toEqual(Object.keys(FINDS));
});

it.each(Object.entries(FINDS))("%s finds those lines, and no others", (pattern, isMeant) => {
  const test = filterPattern(pattern);
  const found = lines.filter(test);
  expect(found).toEqual(lines.filter((line) => isMeant(JSON.parse(line) as Line)));
  expect(found.length).toBeGreaterThan(0);
  expect(found.length).toBeLessThan(lines.length);
});

it("of the versions find each of them once, rising", () => {
  const pattern = '{ ($.actorId = "room-1") && ($.outcome = "committed") && ($.version > 0) }';
  const found = lines.filter(filterPattern(pattern)).map((line) => JSON.parse(line) as Line);
  expect(found.filter(({ actor }) => actor === "Counter").map(({ version }) => version)).toEqual([1, 2]);
});

describe("for Logs Insights", () => {
  const queries = Array.from(
    page.matchAll(/^```text\n((?:fields|filter|stats)[^`]+)```/gm),
    ([, query = ""]) => query,
  );
  const WORDS = /^(fields|filter|stats|sort|limit|by|as|and|or|desc|asc|count|max|pct|ispresent)$/;

  it("are there, and name no field that a turn's line does not have", () => {
    expect(queries).toHaveLength(4);
    const known = new Set(lines.flatMap((line) => Object.keys(JSON.parse(line) as object)));
    for (const query of queries) {
      const own = new Set(Array.from(query.matchAll(/\bas (\w+)/g), ([, name]) => name));
      const named = query.replace(/"[^"]*"/g, "").match(/[@A-Za-z]\w*/g) ?? [];
      const fields = named.filter((name) => !WORDS.test(name) && !own.has(name) && !name.startsWith("@"));
      expect(fields.length).toBeGreaterThan(0);
      expect(fields.filter((name) => !known.has(name))).toEqual([]);
    }
  });
});

it("the page's example of a line has the fields of one that is written, in their order", () => {
  const [, example = ""] = /```json\n(\{\s*"level"[^`]+)```/.exec(page) ?? [];
  const shown = Object.keys(JSON.parse(example) as object);
  const written = Object.keys(JSON.parse(lines[0] as string) as object).filter(
    (name) => name !== "sampling_rate",
  );
  expect(shown).toEqual(written);
});

describe("the matcher of this test", () => {
  const line = '{"a":"x","n":5}';
  it.each<[string, boolean]>([
    ['{ $.a = "x" }', true],
    ['{ $.a = "y" }', false],
    ['{ $.a != "y" }', true],
    ['{ $.b != "y" }', false],
    ["{ $.n > 4 }", true],
    ["{ $.n >= 6 }", false],
    ["{ $.a > 4 }", false],
    ['{ ($.a = "y") || ($.n < 6) && ($.n = 5) }', true],
    ['{ (($.a = "x") || ($.n = 5)) && ($.n = 6) }', false],
    ['"n":5', false],
    ['"x"', true],
    ["X", false],
  ])("takes %s for %j", (pattern, expected) => {
    const test = () => filterPattern(pattern)(line);
    if (pattern === '"n":5') expect(test).toThrow(SyntaxError);
    else expect(test()).toBe(expected);
  });

  it("refuses what it does not know, and fits no line that is not JSON", () => {
    for (const pattern of ["{ $.a }", '{ $.a = "x"', "{ $.a EXISTS }", '{ $.a = "x" } }', ""]) {
      expect(() => filterPattern(pattern)).toThrow(SyntaxError);
    }
    expect(filterPattern('{ $.a = "x" }')("plain text")).toBe(false);
  });
});
