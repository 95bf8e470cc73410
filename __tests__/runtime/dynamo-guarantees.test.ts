/** What a call promises, on DynamoDB, with the faults that AWS has. */
import { text } from "node:stream/consumers";
import { Actor, DurableActor, Method, Transient } from "durable-lambda";
import { DynamoStore } from "../../lib/aws/dynamo-store";
import { type Emulator, startDynamo } from "../support/dynamo";
import { FakeClock, gate, settle } from "../support/fake-clock";
import type { SentRequest } from "../support/faulty-sdk";
import { codeOf, resultOf, startProcess, type TestProcess } from "../support/process";
import { startScript } from "../support/script";

let pausing = gate<void>();
let reached = gate<void>();

@Actor
class Counter extends DurableActor {
  count = 0;
  @Transient loads = 0;

  @Method increment(by = 1): number {
    this.count += by;
    return this.count;
  }

  @Method async pauseThenIncrement(): Promise<number> {
    reached.open();
    await pausing.opened;
    return this.increment();
  }

  @Method nothing(): string {
    return "unchanged";
  }

  @Method fail(): never {
    this.count += 1_000;
    throw new RangeError("no");
  }

  @Method({ readonly: true }) value(): number {
    return this.count;
  }
}

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startDynamo();
});
afterAll(() => emulator.close());
beforeEach(() => {
  pausing = gate();
  reached = gate();
});

type Connection = ReturnType<Emulator["connect"]> & TestProcess;

function connect(options: Parameters<typeof startProcess>[2] = {}): Connection {
  const connection = emulator.connect();
  return { ...connection, ...startProcess([Counter], { store: connection.store }, options) };
}

let serial = 0;
const newId = () => `c${serial++}`;
const call = (id: string, method: string, args: number[] = [], more: object = {}) => ({
  actor: "Counter",
  id,
  method,
  args,
  ...more,
});

const isCommit = ({ command, input }: SentRequest) =>
  command === "UpdateItemCommand" && String(input.UpdateExpression).includes("#version = :version");
const isAcquire = ({ command, input }: SentRequest) =>
  command === "UpdateItemCommand" && String(input.UpdateExpression).includes("ADD #fence");

describe("requests", () => {
  it("are 2 for an uncontended call, cold or warm", async () => {
    const { client, wiretap } = connect();
    const id = newId();
    for (const expected of [1, 2, 3, 4, 5]) {
      wiretap.clear();
      expect(await client.actor(Counter).get(id).increment()).toBe(expected);
      expect(wiretap.requests.map(({ command }) => command)).toEqual([
        "UpdateItemCommand",
        "UpdateItemCommand",
      ]);
    }
  });

  it("are 1 read for a readonly call, eventually consistent only on request", async () => {
    const { client, wiretap } = connect();
    const id = newId();
    expect(await client.actor(Counter).get(id).value()).toBe(0);
    expect(await client.actor(Counter).get(id, { consistency: "eventual" }).value()).toBe(0);
    expect(wiretap.requests.map(({ command, input }) => [command, input.ConsistentRead])).toEqual([
      ["GetItemCommand", true],
      ["GetItemCommand", false],
    ]);
  });

  it("are at most 24 for 64 concurrent calls of one actor in one process", async () => {
    const { client, wiretap } = connect();
    const counter = client.actor(Counter).get(newId());
    const results = await Promise.all(Array.from({ length: 64 }, () => counter.increment()));
    expect([...results].sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, index) => index + 1));
    expect(wiretap.count()).toBeLessThanOrEqual(24);
  });

  it("stay below 2.1 a call over many calls, moving old call ids to pages included", async () => {
    const { client, wiretap } = connect();
    const counter = client.actor(Counter).get(newId());
    for (let n = 0; n < 100; n++) await counter.increment();
    expect(wiretap.count()).toBeLessThanOrEqual(210);
  });

  it("write no state for a turn that changed nothing", async () => {
    const { client, wiretap } = connect();
    const counter = client.actor(Counter).get(newId());
    await counter.increment();
    wiretap.clear();
    await counter.nothing();
    const [, commit] = wiretap.requests;
    expect(commit?.input.ExpressionAttributeValues).not.toHaveProperty(":state");
  });
});

describe("one turn at a time, anywhere", () => {
  it("gives 1…40 to 40 concurrent increments from two processes", async () => {
    const id = newId();
    const [a, b] = [connect(), connect()];
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, index) => (index % 2 ? a : b).client.actor(Counter).get(id).increment()),
    );
    expect(results.sort((x, y) => x - y)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  it("gives 1…40 to 40 increments from two real processes on one endpoint", async () => {
    const { table } = emulator.connect();
    const id = newId();
    const outputs = [1, 2].map(async () => {
      process.env.DURABLE_TABLE = table;
      const child = startScript("__tests__/fixtures/incrementer.ts", [id, "20"]);
      return JSON.parse(await text(child.stdout as NodeJS.ReadableStream)) as number[];
    });
    const results = (await Promise.all(outputs)).flat();
    expect(results.sort((x, y) => x - y)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  it("refuses a holder that was paused past its lease: its turn has no effect", async () => {
    const id = newId();
    const [slowClock, clock] = [new FakeClock(), new FakeClock()];
    const slow = connect({ clock: slowClock });
    const fast = connect({ clock });
    const paused = slow.invoke(call(id, "pauseThenIncrement"));
    await reached.opened;
    clock.freeze(20_000);
    expect(resultOf(await fast.invoke(call(id, "increment", [10])))).toBe(10);
    pausing.open();
    expect(codeOf(await paused)).toBe("FencedError");
    expect(resultOf(await fast.invoke(call(id, "value")))).toBe(10);
  });

  it("lets the client of a refused holder have its result by trying again", async () => {
    const id = newId();
    const clock = new FakeClock();
    const slow = connect();
    const fast = connect({ clock });
    clock.freeze(Date.now() - clock.now());
    const paused = slow.client.actor(Counter).get(id).pauseThenIncrement();
    await reached.opened;
    // The lease, and what it took to take it.
    clock.freeze(20_000);
    expect(await fast.client.actor(Counter).get(id).increment(10)).toBe(10);
    pausing.open();
    expect(await paused).toBe(11);
  });

  it("keeps state intact when clocks differ by 30 s either way", async () => {
    const id = newId();
    const skews = [-30_000, 0, 30_000].map((skewMs) => new FakeClock(Date.now() + skewMs));
    const processes = skews.map((clock) => ({
      ...connect({ clock: { now: clock.now, setTimer: (ms, run) => realTimer(ms, run) } }),
    }));
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        (processes[index % 3] as Connection).client.actor(Counter).get(id).increment(),
      ),
    );
    expect(results.sort((x, y) => x - y)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
  });
});

function realTimer(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** Invokes, loses the response of the commit, and holds the SDK's retry back until `others`. Returns once it is held. */
async function loseFirstCommit(
  { wiretap, invoke }: Connection,
  others: Promise<void>,
  invocation: Parameters<TestProcess["invoke"]>[0],
): Promise<{ reply: ReturnType<TestProcess["invoke"]> }> {
  let attempts = 0;
  wiretap.plan = (request) => {
    if (!isCommit(request)) return "none";
    attempts++;
    if (attempts === 1) return "lostResponse";
    return attempts === 2 ? { delay: others } : "none";
  };
  const reply = invoke(invocation);
  while (attempts < 2) await settle();
  return { reply };
}

describe("a lost response", () => {
  it.each([
    ["acquire", isAcquire],
    ["commit", isCommit],
  ] as const)("of the %s leaves one effect and the right answer", async (_name, matches) => {
    const { client, wiretap } = connect();
    const counter = client.actor(Counter).get(newId());
    await counter.increment();
    let lost = 0;
    wiretap.plan = (request) => (matches(request) && lost++ === 0 ? "lostResponse" : "none");
    expect(await counter.increment()).toBe(2);
    expect(lost).toBe(2);
    expect(await counter.value()).toBe(2);
  });

  it.each([
    ["acquire", isAcquire],
    ["commit", isCommit],
  ] as const)(
    "of every attempt of the SDK's at the %s leaves one effect and the right answer",
    async (_name, matches) => {
      const { client, wiretap } = connect();
      const counter = client.actor(Counter).get(newId());
      await counter.increment();
      let lost = 0;
      wiretap.plan = (request) => (matches(request) && lost++ < 3 ? "lostResponse" : "none");
      expect(await counter.increment()).toBe(2);
      expect(lost).toBeGreaterThan(3);
      expect(await counter.value()).toBe(2);
    },
  );

  it("of a commit, with another process's commits before the retry, is recognised by the call's id", async () => {
    const id = newId();
    const [a, b] = [connect(), connect()];
    await a.client.actor(Counter).get(id).increment();
    const others = gate<void>();
    const first = await loseFirstCommit(a, others.opened, call(id, "increment", [5]));
    expect(await b.client.actor(Counter).get(id).increment(100)).toBe(106);
    others.open();
    expect(resultOf(await first.reply)).toBe(6);
    expect(await b.client.actor(Counter).get(id).value()).toBe(106);
  });

  it("of a commit is recognised even after so many commits that the id has left the head", async () => {
    const id = newId();
    const [a, b] = [connect(), connect()];
    const others = gate<void>();
    const first = await loseFirstCommit(a, others.opened, call(id, "increment", [5]));
    for (let n = 0; n < 70; n++) await b.client.actor(Counter).get(id).increment();
    others.open();
    expect(resultOf(await first.reply)).toBe(5);
    expect(await b.client.actor(Counter).get(id).value()).toBe(75);
  });

  it("of any request at random changes nothing that anybody sees", async () => {
    const id = newId();
    const processes = [connect(), connect()];
    let seed = 7;
    const chance = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    for (const { wiretap } of processes) {
      wiretap.plan = () => {
        const roll = chance();
        return roll < 0.1 ? "lostResponse" : roll < 0.15 ? "reset" : roll < 0.2 ? "throttled" : "none";
      };
    }
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        (processes[index % 2] as Connection).client.actor(Counter).get(id).increment(),
      ),
    );
    expect(results.sort((x, y) => x - y)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  });
});

describe("a repeated call id", () => {
  it("gives the first result and no second effect, in any process", async () => {
    const id = newId();
    const [a, b] = [connect(), connect()];
    const invocation = call(id, "increment", [5], { callId: "order-1" });
    const first = await a.invoke(invocation);
    expect(first).toEqual({ ok: true, result: 5, version: 1 });
    await a.invoke(call(id, "increment", [1]));
    expect(await b.invoke(invocation)).toEqual(first);
    expect(await a.invoke(invocation)).toEqual(first);
    expect(resultOf(await a.invoke(call(id, "value")))).toBe(6);
  });

  it("is still known after hundreds of other calls", async () => {
    const { invoke, client } = connect();
    const id = newId();
    const invocation = call(id, "increment", [5], { callId: "order-1" });
    await invoke(invocation);
    for (let n = 0; n < 200; n++) await client.actor(Counter).get(id).increment();
    expect(resultOf(await invoke(invocation))).toBe(5);
    expect(resultOf(await invoke(call(id, "value")))).toBe(205);
  });

  it("runs once when the same call arrives twice at the same time, in one process or in two", async () => {
    const id = newId();
    const [a, b] = [connect(), connect()];
    const invocation = call(id, "increment", [5], { callId: "order-1" });
    const replies = await Promise.all([a, a, b, b, a].map((one) => one.invoke(invocation)));
    expect(replies.map(resultOf)).toEqual([5, 5, 5, 5, 5]);
    expect(resultOf(await a.invoke(call(id, "value")))).toBe(5);
  });

  it("of a call that failed runs again", async () => {
    const { invoke } = connect();
    const id = newId();
    expect(codeOf(await invoke(call(id, "fail", [], { callId: "x" })))).toBe("MethodError");
    expect(codeOf(await invoke(call(id, "fail", [], { callId: "x" })))).toBe("MethodError");
    expect(resultOf(await invoke(call(id, "value")))).toBe(0);
  });
});

describe("a fault that lasts", () => {
  it("throttling is waited out", async () => {
    const { client, wiretap } = connect();
    wiretap.plan = (_request, index) => (index < 2 ? "throttled" : "none");
    expect(await client.actor(Counter).get(newId()).increment()).toBe(1);
  });

  it("ends in StoreUnavailable, which is retryable, when it outlasts the deadline", async () => {
    const { client, wiretap } = connect();
    wiretap.plan = () => "reset";
    await expect(client.actor(Counter).get(newId(), { timeoutMs: 300 }).increment()).rejects.toMatchObject({
      retryable: true,
    });
  });

  it("a table that is not there is named", async () => {
    const connection = emulator.connect();
    const { invoke } = startProcess([Counter], {
      store: new DynamoStore(connection.documents, "NoSuchTable"),
    });
    const reply = await invoke(call(newId(), "increment"));
    expect(reply).toMatchObject({ ok: false, error: { code: "InternalError", retryable: false } });
    expect(JSON.stringify(reply)).toContain("NoSuchTable");
  });
});
