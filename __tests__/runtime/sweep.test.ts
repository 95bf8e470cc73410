/** The sweep, as a schedule calls it: what it answers, how much it does, and what it leaves to the next one. */
import {
  Actor,
  createRouter,
  DurableActor,
  Method,
  QueueUnavailable,
  StoreUnavailable,
} from "durable-lambda";
import { addressKey } from "../../lib/address";
import { readHint } from "../../lib/messages/hint";
import type { OutgoingMessage } from "../../lib/messages/queue";
import type { Store } from "../../lib/store";
import type { DueActor } from "../../lib/wake";
import { drain } from "../support/batches";
import { FakeClock } from "../support/fake-clock";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { silentLog } from "../support/process";
import { type Intercept, startWatched, type WatchedProcess } from "../support/watched-process";

const SECOND_MS = 1_000;
const PAGE = 100;

@Actor
class Bell extends DurableActor {
  rang = 0;

  @Method arrange(inMs: number): void {
    this.ctx.remind("r", { in: inMs }, "ring");
  }
  @Method ring(): void {
    this.rang++;
  }
  @Method({ readonly: true }) count(): number {
    return this.rang;
  }
}

let clock: FakeClock;
let local: LocalPorts;
let hints: { readonly key: string; readonly delayMs: number | undefined }[];
/** What happens to requests; by default nothing. */
let intercept: Intercept;
let one: WatchedProcess;

beforeEach(() => {
  clock = new FakeClock();
  local = openLocal({ clock });
  hints = [];
  intercept = (_, apply) => apply();
  one = startWatched([Bell], local, {
    clock,
    intercept: (name, apply, args) => {
      if (name === "wakes.send") record(args[0] as OutgoingMessage);
      return intercept(name, apply, args);
    },
  });
});
afterEach(() => local.close());

function record({ body, delayMs }: OutgoingMessage): void {
  const address = readHint(body);
  if (address !== undefined) hints.push({ key: addressKey(address), delayMs });
}

const sweep = (context?: Parameters<WatchedProcess["handle"]>[1]) => one.handle({ mode: "sweep" }, context);
const bell = (id: string) => one.client.actor(Bell).get(id);
const rang = () => Promise.all(["soon", "due", "later", "tomorrow"].map((id) => bell(id).count()));

/** Arranges reminders; the hints for them get lost. */
async function arrange(times: Readonly<Record<string, number>>): Promise<void> {
  const before = intercept;
  intercept = async (name, apply, args) => (name === "wakes.send" ? undefined : before(name, apply, args));
  await Promise.all(Object.entries(times).map(([id, inMs]) => bell(id).arrange(inMs)));
  intercept = before;
  hints = [];
  one.takeRequests();
}

it("sends a hint for each actor that is due within 75 s, for its moment, and none for others", async () => {
  await arrange({ due: 10, soon: 10 * SECOND_MS, later: 75 * SECOND_MS, tomorrow: 75 * SECOND_MS + 1 });
  expect(await sweep()).toEqual({ hints: 3, isComplete: true });
  expect(hints).toEqual([
    { key: "Bell/due", delayMs: 10 },
    { key: "Bell/soon", delayMs: 10 * SECOND_MS },
    { key: "Bell/later", delayMs: 75 * SECOND_MS },
  ]);
  expect(one.takeRequests()).toEqual(["store.readDue", "wakes.send", "wakes.send", "wakes.send"]);
});

it("sends one for each that has been due for long, without a delay", async () => {
  await arrange({ due: SECOND_MS, soon: 2 * SECOND_MS });
  clock.freeze(3 * SECOND_MS);
  expect(await sweep()).toEqual({ hints: 2, isComplete: true });
  expect(hints).toEqual([
    { key: "Bell/due", delayMs: 0 },
    { key: "Bell/soon", delayMs: 0 },
  ]);
  await drain(one.handle, local);
  expect(await rang()).toEqual([1, 1, 0, 0]);
});

it("finds nothing once everything is done, and asks for nothing but that", async () => {
  await arrange({ due: SECOND_MS });
  clock.freeze(SECOND_MS);
  await sweep();
  await drain(one.handle, local);
  one.takeRequests();
  expect(await sweep()).toEqual({ hints: 0, isComplete: true });
  expect(one.takeRequests()).toEqual(["store.readDue"]);
});

it.each<[string, object]>([
  ["an input of its own", { mode: "sweep" }],
  [
    "the one that EventBridge's rules send when they have none",
    {
      version: "0",
      id: "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
      "detail-type": "Scheduled Event",
      source: "aws.events",
      account: "123456789012",
      time: "2030-01-01T00:00:00Z",
      region: "eu-west-1",
      resources: ["arn:aws:events:eu-west-1:123456789012:rule/sweep"],
      detail: {},
    },
  ],
])("is what the router does with %s", async (_, event) => {
  await arrange({ due: SECOND_MS });
  expect(await one.handle(event)).toEqual({ hints: 1, isComplete: true });
});

it.each<[string, object]>([
  [
    "another source",
    { source: "shop", "detail-type": "Scheduled Event", detail: {}, id: "1", time: "2030-01-01T00:00:00Z" },
  ],
  [
    "another type",
    { source: "aws.events", "detail-type": "Other", detail: {}, id: "1", time: "2030-01-01T00:00:00Z" },
  ],
  ["another mode", { mode: "sweeping" }],
  ["a mode that is no text", { mode: ["sweep"] }],
])("is not what it does with an event of %s", async (_, event) => {
  await arrange({ due: SECOND_MS });
  expect(await one.handle(event)).not.toHaveProperty("hints");
  expect(hints).toEqual([]);
});

it.each(["/", "/sweep", "/actors/Bell/due/ring"])("cannot be had over HTTP, by %s", async (rawPath) => {
  await arrange({ due: 100 * SECOND_MS });
  const event = {
    rawPath,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ mode: "sweep" }),
    requestContext: { http: { method: "POST", path: rawPath }, authorizer: { iam: {} } },
  };
  expect(((await one.handle(event)) as { statusCode: number }).statusCode).toBeGreaterThanOrEqual(400);
  // Not even when the HTTP event says so of itself.
  await one.handle({ ...event, mode: "sweep", source: "aws.events", "detail-type": "Scheduled Event" });
  expect(one.takeRequests()).not.toContain("store.readDue");
});

it("needs no more than the table and the queue of wakes", async () => {
  await arrange({ due: SECOND_MS });
  const { store, queues } = local;
  const handle = createRouter([Bell], {
    store,
    queues: { wakes: queues.wakes } as typeof queues,
    log: silentLog,
    clock,
  });
  expect(await handle({ mode: "sweep" })).toEqual({ hints: 1, isComplete: true });
});

describe("with many actors due", () => {
  const MANY = 2 * PAGE + 50;
  const many = Object.fromEntries(Array.from({ length: MANY }, (_, index) => [`b${index}`, SECOND_MS]));

  async function sumOfRings(): Promise<number> {
    const counts = await Promise.all(Object.keys(many).map((id) => bell(id).count()));
    expect(Math.max(...counts)).toBeLessThanOrEqual(1);
    return counts.reduce((sum, count) => sum + count, 0);
  }

  it("finds all of them, page by page", async () => {
    await arrange(many);
    clock.freeze(SECOND_MS);
    expect(await sweep()).toEqual({ hints: MANY, isComplete: true });
    expect(one.takeRequests().filter((name) => name === "store.readDue")).toHaveLength(3);
    await drain(one.handle, local);
    expect(await sumOfRings()).toBe(MANY);
  });

  it("ends well before its host does; the next one goes on", async () => {
    await arrange(many);
    clock.freeze(SECOND_MS);
    // Each page takes its time.
    intercept = async (name, apply) => {
      if (name === "store.readDue") clock.freeze(10 * SECOND_MS);
      return apply();
    };
    const hurried = { getRemainingTimeInMillis: () => 20 * SECOND_MS };
    expect(await sweep(hurried)).toEqual({ hints: 2 * PAGE, isComplete: false });
    await drain(one.handle, local);
    expect(await sumOfRings()).toBe(2 * PAGE);
    expect(await sweep(hurried)).toEqual({ hints: 50, isComplete: true });
    await drain(one.handle, local);
    expect(await sumOfRings()).toBe(MANY);
  });

  it("does the same once more when what it has hinted at is not done yet", async () => {
    await arrange(many);
    expect(await sweep()).toEqual({ hints: MANY, isComplete: true });
    expect(await sweep()).toEqual({ hints: MANY, isComplete: true });
    clock.freeze(SECOND_MS);
    await drain(one.handle, local);
    expect(await sumOfRings()).toBe(MANY);
  });

  it("is bounded, however long the index is", async () => {
    const due: DueActor = { address: { type: "Bell", id: "b" }, wakeAtMs: clock.now() };
    intercept = async (name, apply) => (name === "store.readDue" ? { due: [due], next: "more" } : apply());
    expect(await sweep()).toEqual({ hints: 100, isComplete: false });
    expect(one.takeRequests().filter((name) => name === "store.readDue")).toHaveLength(100);
  });
});

describe("with faults", () => {
  it("that keep a hint from being sent goes on with the others, and the next one heals it", async () => {
    await arrange({ soon: SECOND_MS, due: SECOND_MS, later: SECOND_MS });
    let sends = 0;
    intercept = async (name, apply) => {
      if (name === "wakes.send" && ++sends === 2) throw new QueueUnavailable("reset before it was sent");
      return apply();
    };
    expect(await sweep()).toEqual({ hints: 2, isComplete: true });
    clock.freeze(SECOND_MS);
    await drain(one.handle, local);
    expect((await rang()).filter((count) => count === 1)).toHaveLength(2);
    expect(await sweep()).toEqual({ hints: 1, isComplete: true });
    await drain(one.handle, local);
    expect(await rang()).toEqual([1, 1, 1, 0]);
  });

  it("in one shard of the index sweeps the others, and fails, so that its schedule knows", async () => {
    const read: number[] = [];
    const sharded = new Proxy(local.store, {
      get(store, name) {
        if (name === "wakeShards") return 4;
        if (name === "readDue") {
          return async (
            shard: number,
            ...rest: Parameters<Store["readDue"]> extends [number, ...infer R] ? R : never
          ) => {
            read.push(shard);
            if (shard === 1) throw new StoreUnavailable("this shard is not there");
            return shard === 2 ? store.readDue(0, ...rest) : { due: [] };
          };
        }
        const value = store[name as keyof Store] as unknown;
        return typeof value === "function" ? value.bind(store) : value;
      },
    });
    await arrange({ due: SECOND_MS });
    const other = startWatched([Bell], { ...local, store: sharded }, { clock });
    await expect(other.handle({ mode: "sweep" })).rejects.toThrow(
      expect.objectContaining({ code: "StoreUnavailable" }),
    );
    expect(read).toEqual([0, 1, 2, 3]);
    clock.freeze(SECOND_MS);
    await drain(one.handle, local);
    expect(await bell("due").count()).toBe(1);
  });

  it("that have two of them run at once, each reminder has its effect once", async () => {
    await arrange({ soon: SECOND_MS, due: SECOND_MS });
    clock.freeze(SECOND_MS);
    const other = startWatched([Bell], local, { clock });
    const answers = await Promise.all([sweep(), other.handle({ mode: "sweep" })]);
    expect(answers).toEqual([
      { hints: 2, isComplete: true },
      { hints: 2, isComplete: true },
    ]);
    await Promise.all([drain(one.handle, local), drain(other.handle, local)]);
    expect(await rang()).toEqual([1, 1, 0, 0]);
  });
});
