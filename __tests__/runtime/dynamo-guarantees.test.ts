/** What a call promises, on DynamoDB, with the faults that AWS has. */
import { text } from "node:stream/consumers";
import { Actor, DurableActor, Method, Transient } from "durable-lambda";
import { DynamoStore } from "../../lib/aws/dynamo-store";
import { type Emulator, type Purpose, purposeOf, startDynamo } from "../support/dynamo";
import { FakeClock, gate, settle } from "../support/fake-clock";
import type { SdkWiretap, SentRequest } from "../support/faulty-sdk";
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

  @Method({ lease: "always" }) incrementUnderLease(by = 1): number {
    return this.increment(by);
  }

  @Method async incrementSlowly(): Promise<number> {
    return this.increment();
  }

  @Method({ lease: "always" }) async pauseThenIncrement(): Promise<number> {
    reached.open();
    await pausing.opened;
    return this.increment();
  }

  @Method nothing(): string {
    return "unchanged";
  }

  @Method({ lease: "always" }) nothingUnderLease(): string {
    return this.nothing();
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

const purposes = ({ requests }: SdkWiretap) => requests.map(purposeOf);
const isCommit = (request: SentRequest) => purposeOf(request) === "commit";

describe("requests", () => {
  it("are 2 for an uncontended call of an actor that is cold, 1 of one that is warm", async () => {
    const id = newId();
    await connect().client.actor(Counter).get(id).increment();
    const { client, wiretap } = connect();
    const counter = client.actor(Counter).get(id);
    expect(await counter.increment()).toBe(2);
    expect(wiretap.requests.map(({ command }) => command)).toEqual(["GetItemCommand", "UpdateItemCommand"]);
    for (const expected of [3, 4, 5, 6]) {
      wiretap.clear();
      expect(await counter.increment()).toBe(expected);
      expect(wiretap.requests.map(({ command }) => command)).toEqual(["UpdateItemCommand"]);
    }
  });

  it("are no more for an actor that is new", async () => {
    const { client, wiretap } = connect();
    expect(await client.actor(Counter).get(newId()).increment()).toBe(1);
    expect(purposes(wiretap)).toEqual(["read head", "commit"]);
  });

  it("are 2 for an uncontended call that takes the lease, cold or warm", async () => {
    const { client, wiretap } = connect();
    const counter = client.actor(Counter).get(newId());
    for (const expected of [1, 2, 3]) {
      wiretap.clear();
      expect(await counter.incrementUnderLease()).toBe(expected);
      expect(purposes(wiretap)).toEqual(["acquire", "commit"]);
    }
  });

  it("are 1 read more for a cold call of a method of which the process does not know yet that it waits", async () => {
    const { client, wiretap } = connect();
    const [first, second] = [newId(), newId()];
    for (const [id, expected] of [
      [first, ["read head", "acquire", "commit"]],
      [first, ["acquire", "commit"]],
      [second, ["acquire", "commit"]],
    ] as const) {
      wiretap.clear();
      await client.actor(Counter).get(id).incrementSlowly();
      expect(purposes(wiretap)).toEqual(expected);
    }
  });

  it("are 2 for the first call of such a method that finds its actor warm", async () => {
    const { client, wiretap } = connect();
    const counter = client.actor(Counter).get(newId());
    await counter.increment();
    wiretap.clear();
    expect(await counter.incrementSlowly()).toBe(2);
    expect(purposes(wiretap)).toEqual(["acquire", "commit"]);
  });

  it("are 2 commits for a call that finds its warm actor changed by another process: the refusal of the first brings what is there", async () => {
    const id = newId();
    const [a, b] = [connect(), connect()];
    await a.client.actor(Counter).get(id).increment();
    await b.client.actor(Counter).get(id).increment(10);
    a.wiretap.clear();
    expect(await a.client.actor(Counter).get(id).increment()).toBe(12);
    // An endpoint that cannot bring it with the refusal has it read.
    expect(purposes(a.wiretap).filter((purpose) => purpose !== "read head")).toEqual(["commit", "commit"]);
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

  it("stay below 1.1 a call over many calls, moving old call ids to pages included", async () => {
    const { client, wiretap } = connect();
    const counter = client.actor(Counter).get(newId());
    for (let n = 0; n < 100; n++) await counter.increment();
    expect(wiretap.count()).toBeLessThanOrEqual(110);
  });

  it("are 1 read for a turn that changed nothing, cold or warm: it writes nothing", async () => {
    const id = newId();
    await connect().client.actor(Counter).get(id).increment();
    const { client, wiretap } = connect();
    for (const _state of ["cold", "warm"]) {
      wiretap.clear();
      expect(await client.actor(Counter).get(id).nothing()).toBe("unchanged");
      expect(wiretap.requests.map(({ command, input }) => [command, input.ConsistentRead])).toEqual([
        ["GetItemCommand", true],
      ]);
    }
  });

  it.each([
    ["has an id of the caller's", "nothing", { callId: "order-1" }],
    ["takes the lease", "nothingUnderLease", {}],
  ] as const)(
    "write no state for a turn that changed nothing, where its call %s",
    async (_name, method, more) => {
      const { client, invoke, wiretap } = connect();
      const id = newId();
      await client.actor(Counter).get(id).increment();
      wiretap.clear();
      expect(resultOf(await invoke(call(id, method, [], more)))).toBe("unchanged");
      const commit = wiretap.requests.find(isCommit);
      expect(commit?.input.ExpressionAttributeValues).toHaveProperty(":inbox");
      expect(commit?.input.ExpressionAttributeValues).not.toHaveProperty(":state");
    },
  );
});

/** Both ways in which a turn comes to its commit. */
const ways = [
  ["without a lease", "increment"],
  ["under a lease", "incrementUnderLease"],
] as const;

describe("one turn at a time, anywhere", () => {
  it.each(ways)("gives 1…40 to 40 concurrent increments from two processes, %s", async (_name, method) => {
    const id = newId();
    const [a, b] = [connect(), connect()];
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, index) => (index % 2 ? a : b).client.actor(Counter).get(id)[method]()),
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

  it.each(ways)("keeps state intact when clocks differ by 30 s either way, %s", async (_name, method) => {
    const id = newId();
    const skews = [-30_000, 0, 30_000].map((skewMs) => new FakeClock(Date.now() + skewMs));
    const processes = skews.map((clock) => ({
      ...connect({ clock: { now: clock.now, setTimer: (ms, run) => realTimer(ms, run) } }),
    }));
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        (processes[index % 3] as Connection).client.actor(Counter).get(id)[method](),
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
  /** A request that a call makes, and what it calls, in a process that has called the actor before or not. */
  const positions = [
    ["read of a cold actor", "read head", "increment", "cold"],
    ["commit of a cold actor", "commit", "increment", "cold"],
    ["commit of a warm actor", "commit", "increment", "warm"],
    ["acquire", "acquire", "incrementUnderLease", "warm"],
    ["acquire that follows a read", "acquire", "incrementSlowly", "cold"],
    ["commit under a lease", "commit", "incrementUnderLease", "warm"],
  ] as const satisfies [string, Purpose, string, "cold" | "warm"][];

  async function counterThatIs(state: "cold" | "warm") {
    const [process, id] = [connect(), newId()];
    await (state === "warm" ? process : connect()).client.actor(Counter).get(id).increment();
    return { wiretap: process.wiretap, counter: process.client.actor(Counter).get(id) };
  }

  it.each(positions)(
    "of the %s leaves one effect and the right answer",
    async (_name, purpose, method, state) => {
      const { wiretap, counter } = await counterThatIs(state);
      let lost = 0;
      wiretap.plan = (request) => (purposeOf(request) === purpose && lost++ === 0 ? "lostResponse" : "none");
      expect(await counter[method]()).toBe(2);
      expect(lost).toBe(2);
      expect(await counter.value()).toBe(2);
    },
  );

  it.each(positions)(
    "of every attempt of the SDK's at the %s leaves one effect and the right answer",
    async (_name, purpose, method, state) => {
      const { wiretap, counter } = await counterThatIs(state);
      let lost = 0;
      wiretap.plan = (request) => (purposeOf(request) === purpose && lost++ < 3 ? "lostResponse" : "none");
      expect(await counter[method]()).toBe(2);
      expect(lost).toBeGreaterThan(3);
      expect(await counter.value()).toBe(2);
    },
  );

  describe.each(ways)("of a commit %s", (_name, method) => {
    it("with another process's commits before the retry, is recognised by the call's id", async () => {
      const id = newId();
      const [a, b] = [connect(), connect()];
      await a.client.actor(Counter).get(id).increment();
      const others = gate<void>();
      const first = await loseFirstCommit(a, others.opened, call(id, method, [5]));
      expect(await b.client.actor(Counter).get(id).increment(100)).toBe(106);
      others.open();
      expect(resultOf(await first.reply)).toBe(6);
      expect(await b.client.actor(Counter).get(id).value()).toBe(106);
    });

    it("is recognised even after so many commits that the id has left the head", async () => {
      const id = newId();
      const [a, b] = [connect(), connect()];
      const others = gate<void>();
      const first = await loseFirstCommit(a, others.opened, call(id, method, [5]));
      for (let n = 0; n < 70; n++) await b.client.actor(Counter).get(id).increment();
      others.open();
      expect(resultOf(await first.reply)).toBe(5);
      expect(await b.client.actor(Counter).get(id).value()).toBe(75);
    });
  });

  it.each(ways)("of any request at random changes nothing that anybody sees, %s", async (_name, method) => {
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
        (processes[index % 2] as Connection).client.actor(Counter).get(id)[method](),
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
