/** What the router does with batches of messages, on the embedded engine's ports and a clock that only the test moves. */
import {
  Actor,
  DurableActor,
  type Logger,
  Method,
  QueueUnavailable,
  StoreUnavailable,
  TerminalError,
} from "durable-lambda";
import type { Address } from "../../lib/address";
import { readDeadLetter } from "../../lib/messages/dead-letter";
import { DeadLetters } from "../../lib/messages/dead-letters";
import type { ReceivedMessage } from "../../lib/messages/queue";
import type { Ports } from "../../lib/ports";
import { type RouterHandler, router } from "../../lib/runtime/router";
import { drain, hand, type MessageFields, messageFor } from "../support/batches";
import { FakeClock, gate, settle } from "../support/fake-clock";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { startProcess, type TestProcess } from "../support/process";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** What the tests do to methods that run. */
let held = gate<void>();
let broken = new Set<string>();

@Actor
class Ledger extends DurableActor {
  entries: string[] = [];

  @Method add(entry: string): number {
    this.entries.push(entry);
    if (broken.has(entry)) throw new RangeError(`${entry} is broken`);
    return this.entries.length;
  }

  @Method({ lease: "always" }) addUnderLease(entry: string): number {
    return this.add(entry);
  }

  @Method({ maxAttempts: 1 }) addOnce(entry: string): number {
    return this.add(entry);
  }

  @Method({ maxAttempts: 5 }) addFiveTimes(entry: string): number {
    return this.add(entry);
  }

  @Method addTerminally(entry: string): never {
    this.entries.push(entry);
    throw new TerminalError("The card was declined.", { entry });
  }

  @Method async addSlowly(entry: string): Promise<void> {
    this.entries.push(entry);
    await held.opened;
  }

  @Method({ readonly: true }) list(): string[] {
    return this.entries;
  }

  @Method({ readonly: true }) cheat(): void {
    this.entries.push("cheat");
  }
}

const A: Address = { type: "Ledger", id: "a" };
const B: Address = { type: "Ledger", id: "b" };

let clock: FakeClock;
let local: LocalPorts;
let hidden: { receipts: readonly string[]; ms: number }[];
let ports: Ports;
let one: TestProcess;
let handle: RouterHandler;
let letters: DeadLetters;
let logged: { level: string; message: string; fields: Record<string, unknown> }[];

beforeEach(() => {
  held = gate();
  broken = new Set();
  clock = new FakeClock();
  local = openLocal({ clock });
  hidden = [];
  logged = [];
  ports = watched(local);
  one = startProcess([Ledger], ports, { clock, log: recordingLog() });
  handle = router(one.runtime, { stack: false });
  letters = new DeadLetters(ports, clock);
});
afterEach(async () => {
  expect(clock.pendingTimers).toBe(0);
  await local.close();
});

/** The same ports, whose messages queue tells what was hidden. */
function watched({ store, calls, queues, bus }: Ports): Ports {
  const messages = new Proxy(queues.messages, {
    get(queue, name) {
      if (name === "hide") {
        return async (receipts: readonly string[], ms: number) => {
          hidden.push({ receipts, ms });
          await queue.hide(receipts, ms);
        };
      }
      const value = queue[name as keyof typeof queue];
      return typeof value === "function" ? value.bind(queue) : value;
    },
  });
  return { store, calls, bus, queues: { ...queues, messages } };
}

function recordingLog(): Logger {
  const record =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      logged.push({ level, message, fields });
    };
  return { debug: record("debug"), info: record("info"), warn: record("warn"), error: record("error") };
}

const add = (address: Address, entry: string, fields: MessageFields = {}): ReceivedMessage =>
  messageFor(address, "add", clock.now(), { args: [entry], ...fields });
const again = (message: ReceivedMessage, receiveCount = 2): ReceivedMessage => ({
  ...message,
  receiveCount,
  receipt: `${message.messageId}#${receiveCount}`,
});
const idsOf = (messages: readonly ReceivedMessage[]) => messages.map(({ messageId }) => messageId);
const entriesOf = ({ id }: Address) => one.client.actor(Ledger).get(id).list();
const headOf = (address: Address) => ports.store.read(address, { consistent: true });

/** Adds that go to the actor one after another, in full batches. */
async function addMany(count: number, by: RouterHandler = handle): Promise<void> {
  for (let done = 0; done < count; done += 10) {
    const size = Math.min(10, count - done);
    expect(
      await hand(
        by,
        Array.from({ length: size }, (_, i) => add(A, `other ${done + i}`)),
      ),
    ).toEqual([]);
  }
}

describe("a batch", () => {
  it("runs each group in its order, with one commit for all of a group", async () => {
    const batch = [add(A, "1"), add(B, "x"), add(A, "2"), add(A, "3"), add(B, "y")];
    expect(await hand(handle, batch)).toEqual([]);
    expect(await entriesOf(A)).toEqual(["1", "2", "3"]);
    expect(await entriesOf(B)).toEqual(["x", "y"]);
    expect(await headOf(A)).toMatchObject({ version: 1, fence: 1 });
  });

  it("runs groups side by side: one that waits does not hold up another", async () => {
    const slow = messageFor(A, "addSlowly", clock.now(), { args: ["slow"] });
    const answer = hand(handle, [slow, add(B, "x")]);
    await settle();
    expect(await entriesOf(B)).toEqual(["x"]);
    held.open();
    expect(await answer).toEqual([]);
    expect(await entriesOf(A)).toEqual(["slow"]);
  });

  it("hands back the message that failed and those behind it in its group, which do not run, and no other", async () => {
    broken.add("2");
    const batch = [add(A, "1"), add(B, "x"), add(A, "2"), add(B, "y"), add(A, "3"), add(A, "4")];
    expect(await hand(handle, batch)).toEqual(idsOf([batch[2], batch[4], batch[5]] as ReceivedMessage[]));
    expect(await entriesOf(A)).toEqual(["1"]);
    expect(await entriesOf(B)).toEqual(["x", "y"]);
    broken.clear();
    expect(
      await hand(
        handle,
        [batch[2], batch[4], batch[5]].map((message) => again(message as never)),
      ),
    ).toEqual([]);
    expect(await entriesOf(A)).toEqual(["1", "2", "3", "4"]);
  });

  it("leaves nothing behind for the next one: no timer, no failure", async () => {
    broken.add("1");
    await hand(handle, [add(A, "1"), add(A, "2")]);
    expect(clock.pendingTimers).toBe(0);
    broken.clear();
    expect(await hand(handle, [add(A, "3")])).toEqual([]);
    expect(await entriesOf(A)).toEqual(["3"]);
  });

  it("holds a sync call back from coming between its messages", async () => {
    const first = messageFor(A, "addSlowly", clock.now(), { args: ["1"] });
    const answer = hand(handle, [first, add(A, "2")]);
    await settle();
    const call = one.client.actor(Ledger).get("a").add("call");
    held.open();
    await Promise.all([answer, call]);
    expect(await entriesOf(A)).toEqual(["1", "2", "call"]);
  });

  it("of readonly methods runs in the order of the others, and a violation is one", async () => {
    const list = messageFor(A, "list", clock.now(), { mode: "start", callId: "list-1" });
    await one.runtime.host.messenger.post({ ...bodyOf(list), mode: "start", callId: "list-1", args: [] });
    expect(await hand(handle, [add(A, "1"), list])).toEqual([]);
    expect(await one.client.call("list-1").result()).toEqual(["1"]);
    const cheat = messageFor(A, "cheat", clock.now());
    for (const attempt of [1, 2, 3]) await hand(handle, [again(cheat, attempt)]);
    expect(await letters.list()).toMatchObject([{ reason: { code: "ReadonlyViolation" } }]);
    expect(await entriesOf(A)).toEqual(["1"]);
  });
});

function bodyOf({ body }: ReceivedMessage): { actor: string; id: string; method: string } {
  return JSON.parse(body) as { actor: string; id: string; method: string };
}

describe("a message that fails", () => {
  it("comes again after a while that grows, together with those behind it; other groups are not hidden", async () => {
    broken.add("1");
    const batch = [add(A, "1"), add(B, "x"), add(A, "2")];
    await hand(handle, batch);
    await hand(
      handle,
      [batch[0], batch[2]].map((message) => again(message as never)),
    );
    const [first, second] = hidden;
    expect(first?.receipts).toEqual([batch[0]?.receipt, batch[2]?.receipt]);
    expect(first?.ms).toBeGreaterThanOrEqual(500);
    expect(first?.ms).toBeLessThanOrEqual(1_000);
    expect(second?.ms).toBeGreaterThanOrEqual(1_000);
    expect(second?.ms).toBeLessThanOrEqual(2_000);
  });

  it.each([
    ["add", 3],
    ["addOnce", 1],
    ["addFiveTimes", 5],
  ] as const)(
    "%s is a dead letter after %i attempts, and those behind it go on",
    async (method, maxAttempts) => {
      broken.add("bad");
      const bad = messageFor(A, method, clock.now(), { args: ["bad"], callId: "AAAAAAAAAAAAAAAA" });
      const good = add(A, "good");
      for (let attempt = 1; attempt < maxAttempts; attempt++) {
        expect(await hand(handle, [again(bad, attempt), again(good, attempt)])).toEqual(idsOf([bad, good]));
        expect(await letters.list()).toEqual([]);
      }
      expect(await hand(handle, [again(bad, maxAttempts), again(good, maxAttempts)])).toEqual([]);
      expect(await entriesOf(A)).toEqual(["good"]);
      expect(await letters.list()).toEqual([
        {
          messageId: expect.any(String) as string,
          actor: "Ledger",
          id: "a",
          method,
          callId: "AAAAAAAAAAAAAAAA",
          mode: "send",
          body: bad.body,
          reason: {
            code: "MethodError",
            name: "RangeError",
            message: "bad is broken",
            stack: expect.stringContaining("Ledger.add") as string,
            attempts: maxAttempts,
            atMs: clock.now(),
          },
        },
      ]);
    },
  );

  it("with a TerminalError is a dead letter at once", async () => {
    const bad = messageFor(A, "addTerminally", clock.now(), { args: ["bad"] });
    expect(await hand(handle, [add(A, "1"), bad, add(A, "2")])).toEqual([]);
    expect(await entriesOf(A)).toEqual(["1", "2"]);
    expect(await letters.list()).toMatchObject([
      { reason: { code: "TerminalError", message: "The card was declined.", attempts: 1 } },
    ]);
  });

  it("keeps its count of attempts across processes, and a success ends it", async () => {
    broken.add("bad");
    const bad = add(A, "bad");
    await hand(handle, [bad]);
    const other = router(startProcess([Ledger], ports, { clock }).runtime, { stack: false });
    await hand(other, [again(bad, 2)]);
    broken.clear();
    expect(await hand(other, [again(bad, 3)])).toEqual([]);
    expect(await headOf(A)).toMatchObject({ failing: "" });
    expect(await letters.list()).toEqual([]);
  });

  it("several in one batch are all buried, each with its reason, in their order", async () => {
    const dead = (entry: string) => messageFor(A, "addTerminally", clock.now(), { args: [entry] });
    expect(await hand(handle, [dead("1"), add(A, "2"), dead("3"), dead("4"), add(A, "5")])).toEqual([]);
    expect(await entriesOf(A)).toEqual(["2", "5"]);
    expect(await letters.list()).toHaveLength(3);
  });

  it("is told in the log with actor, method, call id and attempts, without its arguments", async () => {
    broken.add("secret");
    await hand(handle, [add(A, "secret", { callId: "BBBBBBBBBBBBBBBB" })]);
    const [line] = logged;
    expect(line).toMatchObject({
      level: "error",
      message: "method failed",
      fields: { actor: "Ledger", actorId: "a", method: "add", callId: "BBBBBBBBBBBBBBBB", attempts: 1 },
    });
    expect(Object.keys(line?.fields ?? {})).not.toContain("args");
  });
});

describe("what does not use up attempts", () => {
  /** Hands a message over again and again; returns the code that each delivery was handed back with. */
  async function handBacks(bad: ReceivedMessage, times: number): Promise<unknown[]> {
    for (let count = 1; count <= times; count++) {
      const answer = hand(handle, [again(bad, count)], { getRemainingTimeInMillis: () => 2_000 });
      await clock.advance(2_500);
      expect(await answer).toEqual([bad.messageId]);
    }
    return logged
      .filter(({ message }) => message === "messages handed back")
      .map(({ fields }) => fields.code);
  }

  it("a busy lease is waited for, and the message then has all its attempts", async () => {
    const request = { leaseId: "other", nowMs: clock.now(), untilMs: clock.now() + 3_600_000 };
    const acquired = await ports.store.acquire(A, request);
    const message = add(A, "1");
    expect(await handBacks(message, 6)).toEqual(Array(6).fill("ActorBusy"));
    if (acquired.acquired) {
      await ports.store.release(A, { id: "other", fence: acquired.head.fence }, {});
    }
    expect(await hand(handle, [again(message, 7)])).toEqual([]);
    expect(await entriesOf(A)).toEqual(["1"]);
  });

  it.each([
    ["read", "add"],
    ["commit", "add"],
    ["acquire", "addUnderLease"],
    ["commit", "addUnderLease"],
  ] as const)("a store that is down: %s, by %s", async (request, method) => {
    const down = async () => {
      throw new StoreUnavailable("down");
    };
    const broken = new Proxy(local.store, {
      get: (store, name) => (name === request ? down : store[name as never]),
    });
    const { runtime } = startProcess([Ledger], { ...ports, store: broken }, { clock, log: recordingLog() });
    const whole = handle;
    handle = router(runtime, { stack: false });
    const message = messageFor(A, method, clock.now(), { args: ["1"] });
    expect(await handBacks(message, 5)).toEqual(Array(5).fill("StoreUnavailable"));
    expect(await hand(whole, [again(message, 6)])).toEqual([]);
    expect(await entriesOf(A)).toEqual(["1"]);
  });

  it("a turn that began late in its batch, and ran out of the batch's time", async () => {
    const context = { getRemainingTimeInMillis: () => 10_000 };
    const gates = [gate(), gate()];
    const first = messageFor(A, "addSlowly", clock.now(), { args: ["1"] });
    const second = messageFor(A, "addSlowly", clock.now(), { args: ["2"] });
    held = gates[0] as typeof held;
    const answer = hand(handle, [first, second], context);
    await clock.advance(8_000);
    const previous = held;
    held = gates[1] as typeof held;
    previous.open();
    await clock.advance(3_000);
    expect(await answer).toEqual([second.messageId]);
    expect(await headOf(A)).toMatchObject({ failing: "" });
    expect(await entriesOf(A)).toEqual(["1"]);
  });

  it("but a turn that had the batch's time and did not end does", async () => {
    const bad = messageFor(A, "addSlowly", clock.now(), { args: ["1"] });
    for (const attempt of [1, 2, 3]) {
      const answer = hand(handle, [again(bad, attempt)], { getRemainingTimeInMillis: () => 10_000 });
      await clock.advance(10_000);
      expect(await answer).toEqual(attempt < 3 ? [bad.messageId] : []);
    }
    expect(await letters.list()).toMatchObject([{ reason: { code: "CallTimeout", attempts: 3 } }]);
  });
});

describe("a message that kills its process", () => {
  /** Hands a batch to a process that dies in the middle of the first slow turn, and lets its lease end. */
  async function handToDoomed(batch: readonly ReceivedMessage[]): Promise<void> {
    const { runtime } = startProcess([Ledger], ports, {
      clock: { now: clock.now, setTimer: () => () => {} },
    });
    void hand(router(runtime, { stack: false }), batch);
    await clock.advance(16_000);
  }

  it("is a dead letter in the end, and those behind it and in other groups go on", async () => {
    const killer = messageFor(A, "addSlowly", clock.now(), {
      args: ["killer"],
      mode: "start",
      callId: "killer",
    });
    const batch = [add(B, "before"), killer, add(A, "next"), add({ type: "Ledger", id: "c" }, "behind")];
    await one.runtime.host.messenger.post({ ...bodyOf(killer), mode: "start", callId: "killer", args: [] });
    for (let count = 1; count <= 8; count++) {
      await handToDoomed(batch.map((message) => again(message, count)));
      expect(await letters.list()).toEqual([]);
    }
    expect(
      await hand(
        handle,
        batch.map((message) => again(message, 9)),
      ),
    ).toEqual([]);
    expect(await letters.list()).toMatchObject([{ method: "addSlowly", reason: { code: "ProcessDied" } }]);
    await expect(one.client.call("killer").result()).rejects.toMatchObject({ code: "ProcessDied" });
    expect(await entriesOf(A)).toEqual(["next"]);
    expect(await entriesOf(B)).toEqual(["before"]);
    expect(await entriesOf({ type: "Ledger", id: "c" })).toEqual(["behind"]);
  });

  it("runs when the groups of the batch that nobody suspects are done", async () => {
    const killer = again(messageFor(A, "addSlowly", clock.now(), { args: ["killer"] }), 6);
    await handToDoomed([killer, add(B, "x"), add(B, "y")]);
    expect(await entriesOf(B)).toEqual(["x", "y"]);
    expect((await headOf(A))?.failing).toContain('"begun":1');
    expect((await headOf(B))?.failing).toBe("");
  });

  it("is not one that comes as often for other reasons: whose end is seen, begins anew", async () => {
    const innocent = add(A, "innocent");
    const slow = messageFor(A, "addSlowly", clock.now(), { args: ["slow"] });
    for (let count = 1; count <= 7; count++) await handToDoomed([again(slow, count)]);
    held.open();
    expect(await hand(handle, [again(slow, 8), again(innocent, 8)])).toEqual([]);
    expect(await headOf(A)).toMatchObject({ failing: "" });
    expect(await entriesOf(A)).toEqual(["slow", "innocent"]);
    expect(await letters.list()).toEqual([]);
  });
});

describe("a message that comes more than once has one effect", () => {
  it("delivered again, at once or after hundreds of others", async () => {
    const message = add(A, "first");
    await hand(handle, [message]);
    expect(await hand(handle, [again(message)])).toEqual([]);
    await addMany(200);
    expect(await hand(handle, [again(message, 3)])).toEqual([]);
    expect((await entriesOf(A)).filter((entry) => entry === "first")).toHaveLength(1);
  });

  it("twice in one batch, or in two batches at the same time in two processes", async () => {
    const message = add(A, "first");
    const other = router(startProcess([Ledger], ports, { clock }).runtime, { stack: false });
    const twice = hand(handle, [message, { ...message, receipt: "another" }]);
    const besides = hand(other, [message]);
    await clock.advance(1_000);
    expect(await Promise.all([twice, besides])).toEqual([[], []]);
    expect(await entriesOf(A)).toEqual(["first"]);
  });

  it("handed over twice by the queue's poller, the second time much later, with nothing to tell them apart", async () => {
    const message = add(A, "first");
    await hand(handle, [message]);
    await addMany(200);
    expect(await hand(handle, [message])).toEqual([]);
    expect((await entriesOf(A)).filter((entry) => entry === "first")).toHaveLength(1);
  });

  it("sent again 10 minutes and 1,000 messages later, when the queue has forgotten it", async () => {
    const callId = "CCCCCCCCCCCCCCCC";
    const sentAtMs = clock.now();
    const post = (attempt: number) =>
      one.runtime.host.messenger.post({
        actor: "Ledger",
        id: "a",
        method: "add",
        args: ["first"],
        mode: "send",
        callId,
        sentAtMs,
        attempt,
      });
    await post(1);
    expect(await drain(handle, ports)).toBe(1);
    await clock.advance(10 * MINUTE_MS);
    await addMany(1_000);
    await post(1);
    expect(await drain(handle, ports)).toBe(1);
    expect((await entriesOf(A)).filter((entry) => entry === "first")).toHaveLength(1);
  });

  it("held up in a process that was paused, while its second delivery and many others were applied elsewhere", async () => {
    const message = add(A, "first");
    const other = router(startProcess([Ledger], ports, { clock }).runtime, { stack: false });
    // The second delivery knows that it is one; the first, which comes last, does not.
    await hand(other, [again(message)]);
    await addMany(120, other);
    expect(await hand(handle, [message])).toEqual([]);
    expect((await entriesOf(A)).filter((entry) => entry === "first")).toHaveLength(1);
  });

  it("does not run at all when its time had passed before its turn came", async () => {
    const message = add(A, "late");
    const paused = new FakeClock(clock.now());
    const process = startProcess([Ledger], ports, { clock: paused });
    const { type: actor, id } = A;
    const first = process.invoke({ actor, id, method: "addSlowly", args: ["slow"] });
    await settle();
    const answer = hand(router(process.runtime, { stack: false }), [message], {
      getRemainingTimeInMillis: () => 5_000,
    });
    // The process is frozen: its time goes on, but none of its timers fires.
    paused.freeze(10_000);
    held.open();
    await paused.advance(0);
    expect(await first).toMatchObject({ ok: true });
    expect(await answer).toEqual([message.messageId]);
    expect(await entriesOf(A)).toEqual(["slow"]);
  });

  it("is rolled back when its time had passed before its turn ended, with those behind it", async () => {
    const first = messageFor(A, "addSlowly", clock.now(), { args: ["slow"] });
    const second = add(A, "behind");
    const paused = new FakeClock(clock.now());
    const process = startProcess([Ledger], ports, { clock: paused });
    const answer = hand(router(process.runtime, { stack: false }), [first, second], {
      getRemainingTimeInMillis: () => 5_000,
    });
    await settle();
    paused.freeze(10_000);
    held.open();
    await paused.advance(0);
    expect(await answer).toEqual([first.messageId, second.messageId]);
    expect(await entriesOf(A)).toEqual([]);
  });

  it.each([1, 13])("by its idempotency key, %i days and hundreds of messages later", async (days) => {
    const counter = one.client.actor(Ledger).get("a");
    const send = () => counter.send({ idempotencyKey: "order-1" }).add("first");
    const { callId } = await send();
    await drain(handle, ports);
    await addMany(300);
    await clock.advance(days * DAY_MS);
    expect(await send()).toEqual({ callId });
    expect(await drain(handle, ports)).toBe(1);
    await one.client.actor(Ledger).get("b").send({ idempotencyKey: "order-1" }).add("first");
    await drain(handle, ports);
    expect((await entriesOf(A)).filter((entry) => entry === "first")).toHaveLength(1);
    expect(await entriesOf(B)).toEqual(["first"]);
  });

  it("by a sender whose clock is wrong by half an hour, either way", async () => {
    for (const [index, skewMs] of [-1_800_000, 1_800_000].entries()) {
      const entry = `skewed ${index}`;
      const message = add(A, entry, { sentAtMs: clock.now() + skewMs, queuedMs: clock.now() });
      await hand(handle, [message]);
      await addMany(100);
      await clock.advance(10 * MINUTE_MS);
      await hand(handle, [{ ...message, messageId: `resent ${index}`, sentMs: clock.now() }]);
      expect((await entriesOf(A)).filter((one) => one === entry)).toHaveLength(1);
    }
  });
});

describe("a dead letter", () => {
  const dead = (entry: string, fields: MessageFields = {}) =>
    messageFor(A, "addOnce", clock.now(), { args: [entry], ...fields });

  it("is sent again, and its message not run again, when only the answer for it was lost", async () => {
    broken.add("bad");
    const bad = dead("bad");
    expect(await hand(handle, [bad])).toEqual([]);
    broken.clear();
    await clock.advance(10 * MINUTE_MS);
    expect(await hand(handle, [again(bad), add(A, "next")])).toEqual([]);
    expect(await entriesOf(A)).toEqual(["next"]);
    const both = await letters.list();
    expect(both.map(({ callId }) => callId)).toEqual([bodyId(bad), bodyId(bad)]);
    expect(both[1]?.reason).toMatchObject({ code: "MethodError", message: "bad is broken", attempts: 1 });
  });

  it("whose queue is down keeps its message and those behind it waiting, in their order", async () => {
    broken.add("bad");
    const deadLetters = new Proxy(ports.queues.deadLetters, {
      get: (queue, name) =>
        name === "send"
          ? async () => {
              throw new StoreUnavailable("down");
            }
          : queue[name as never],
    });
    const cut = { ...ports, queues: { ...ports.queues, deadLetters } };
    const batch = [add(A, "1"), dead("bad"), add(A, "3")];
    const { runtime } = startProcess([Ledger], cut, { clock });
    expect(await hand(router(runtime, { stack: false }), batch)).toEqual(idsOf(batch.slice(1)));
    expect(await entriesOf(A)).toEqual(["1"]);
    expect(
      await hand(
        handle,
        batch.slice(1).map((message) => again(message)),
      ),
    ).toEqual([]);
    expect(await entriesOf(A)).toEqual(["1", "3"]);
    expect(await letters.list()).toHaveLength(1);
  });

  it("works after a redrive, once, also behind its successors and when it is redriven twice", async () => {
    broken.add("bad");
    await one.client.actor(Ledger).get("a").send().addOnce("bad");
    await one.client.actor(Ledger).get("a").send().add("next");
    await drain(handle, ports);
    expect(await entriesOf(A)).toEqual(["next"]);
    await addMany(100);
    broken.clear();
    const [letter] = await letters.list();
    const copies = await ports.queues.deadLetters.receive({ max: 10, waitMs: 0, hideMs: 1_000 });
    expect(await letters.redrive({ actor: "Ledger", id: "a" })).toBe(0);
    await clock.advance(1_000);
    expect(await letters.redrive({ callId: letter?.callId as string })).toBe(1);
    expect(await letters.list()).toEqual([]);
    await drain(handle, ports);
    // Somebody moves a copy of the letter back once more, days later.
    await clock.advance(3 * DAY_MS);
    await addMany(100);
    const [copy] = copies as [ReceivedMessage];
    await hand(handle, [{ ...copy, messageId: "moved", receiveCount: 1, sentMs: clock.now() }]);
    expect((await entriesOf(A)).filter((entry) => entry === "bad")).toHaveLength(1);
  });

  it("that is redriven and fails again is a letter again, after as many attempts", async () => {
    broken.add("bad");
    await one.client.actor(Ledger).get("a").send().add("bad");
    for (let round = 0; round < 3; round++) {
      await drain(handle, ports);
      await clock.advance(MINUTE_MS);
    }
    expect(await letters.redrive({ actor: "Ledger" })).toBe(1);
    for (let round = 0; round < 3; round++) {
      await drain(handle, ports);
      await clock.advance(MINUTE_MS);
    }
    expect(await letters.list()).toMatchObject([{ reason: { attempts: 3 } }]);
  });

  it("is found by what it is about, shown by its call id, and thrown away only by name", async () => {
    broken.add("x").add("y").add("z");
    const [x, y, z] = [dead("x"), dead("y"), messageFor(B, "addOnce", clock.now(), { args: ["z"] })] as const;
    for (const message of [x, y, z]) {
      await hand(handle, [message]);
      await clock.advance(1_000);
    }
    expect((await letters.list()).map(({ callId }) => callId)).toEqual([x, y, z].map(bodyId));
    expect((await letters.list({}, { limit: 2 })).map(({ callId }) => callId)).toEqual([x, y].map(bodyId));
    expect((await letters.list({ id: "b" })).map(({ callId }) => callId)).toEqual([bodyId(z)]);
    expect(await letters.show(bodyId(y))).toMatchObject({ body: y.body });
    expect(await letters.show("nothing")).toBeUndefined();
    await expect(letters.discard({})).rejects.toMatchObject({ code: "UnexpectedEvent" });
    await expect(letters.redrive({})).rejects.toMatchObject({ code: "UnexpectedEvent" });
    expect(await letters.discard({ callId: bodyId(y) })).toBe(1);
    expect((await letters.list()).map(({ callId }) => callId)).toEqual([x, z].map(bodyId));
  });

  it("by the queue's own redrive policy can be read and redriven too", async () => {
    const message = add(A, "innocent");
    await ports.queues.deadLetters.send({ body: message.body, groupId: "g", deduplicationId: "d" });
    expect(await letters.list()).toMatchObject([{ actor: "Ledger", reason: { code: "TooManyReceives" } }]);
    expect(await letters.redrive({ actor: "Ledger" })).toBe(1);
    await drain(handle, ports);
    expect(await entriesOf(A)).toEqual(["innocent"]);
  });

  it("that somebody moved back into a group of another actor's goes to its own actor all the same", async () => {
    const attributes = { reason: '{"code":"MethodError"}' };
    const inGroup = (message: ReceivedMessage) => ({ ...message, groupId: "moved" });
    const moved = [add(A, "1", { attributes }), add(B, "x", { attributes }), add(A, "2", { attributes })];
    expect(await hand(handle, moved.map(inGroup))).toEqual([]);
    expect(await entriesOf(A)).toEqual(["1", "2"]);
    expect(await entriesOf(B)).toEqual(["x"]);
  });

  it("of a tracked call that the queue itself gave up ends the call when it is thrown away", async () => {
    const call = await one.client.actor(Ledger).get("a").start().add("given up");
    const [message] = await ports.queues.messages.receive({ max: 1, waitMs: 0, hideMs: 60_000 });
    const { body, receipt } = message as ReceivedMessage;
    await ports.queues.deadLetters.send({ body, groupId: "g", deduplicationId: "d" });
    await ports.queues.messages.delete([receipt]);
    expect((await call.status()).status).toBe("pending");
    expect(await letters.discard({ callId: call.callId })).toBe(1);
    await expect(call.result()).rejects.toMatchObject({ code: "TooManyReceives" });
  });

  it("of 1 MB and more keeps its reason, and the beginning of what it was", async () => {
    const huge = { ...add(A, "x"), body: "x".repeat(1_048_576) };
    expect(await hand(handle, [huge, add(A, "next")])).toEqual([]);
    const [letter] = await letters.list();
    expect(letter?.reason).toMatchObject({ code: "UnexpectedEvent" });
    expect(letter?.body.length).toBeLessThan(110_000);
    expect(await entriesOf(A)).toEqual(["next"]);
  });

  function bodyId({ body }: { body: string }): string {
    return (JSON.parse(body) as { callId: string }).callId;
  }
});

describe("a caller that has only the function", () => {
  const invocation = { actor: "Ledger", id: "a", method: "add", args: ["first"], mode: "send" };
  const context = (awsRequestId: string) => ({ getRemainingTimeInMillis: () => 30_000, awsRequestId });

  it("has its message queued once, also when Lambda repeats an asynchronous invocation much later", async () => {
    expect(await handle(invocation, context("request-1"))).toEqual({ ok: true, callId: "request-1" });
    await drain(handle, ports);
    await addMany(100);
    await clock.advance(10 * MINUTE_MS);
    await handle(invocation, context("request-1"));
    await handle(invocation, context("request-2"));
    await drain(handle, ports);
    expect((await entriesOf(A)).filter((entry) => entry === "first")).toHaveLength(2);
  });

  it("gets an error that Lambda repeats the invocation for, when the queue is down", async () => {
    const down = async () => {
      throw new QueueUnavailable("down");
    };
    const messages = new Proxy(ports.queues.messages, {
      get: (queue, name) => (name === "send" ? down : queue[name as never]),
    });
    const cut = { ...ports, queues: { ...ports.queues, messages } };
    const { runtime } = startProcess([Ledger], cut, { clock });
    const broken = router(runtime, { stack: false });
    await expect(broken(invocation, context("request-1"))).rejects.toMatchObject({
      code: "QueueUnavailable",
    });
  });

  it("is told at once of an actor or a method that nobody has", async () => {
    expect(await handle({ ...invocation, method: "burn" }, context("r"))).toMatchObject({
      ok: false,
      error: { code: "UnknownMethod" },
    });
    expect(await drain(handle, ports)).toBe(0);
  });
});

describe("a sender that runs ahead of an actor", () => {
  const LIMIT = 40;
  let reads: number;
  let sender: TestProcess;
  beforeEach(() => {
    reads = 0;
    const store = new Proxy(ports.store, {
      get: (target, name) => {
        if (name === "read") reads++;
        const value = target[name as never] as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    sender = startProcess([Ledger], { ...ports, store }, { clock, limits: { backlog: LIMIT } });
  });
  const send = (id: string, entry: string) => sender.client.actor(Ledger).get(id).send().add(entry);

  it("is told when so many of its messages wait, and can go on when the actor has caught up", async () => {
    for (let n = 0; n < LIMIT; n++) await send("a", `${n}`);
    expect(reads).toBe(0);
    const refused = send("a", "one too many");
    const told = expect(refused).rejects.toMatchObject({
      code: "ActorOverloaded",
      retryable: true,
      details: { actor: "Ledger", id: "a", limit: LIMIT },
    });
    await clock.advance(31_000);
    await told;
    await send("b", "another actor's");
    await drain(handle, ports);
    await send("a", "again");
    await drain(handle, ports);
    expect(await entriesOf(A)).toEqual([...Array(LIMIT).keys(), "again"].map(String));
  });

  it("waits for the actor meanwhile, within its timeout", async () => {
    for (let n = 0; n < LIMIT; n++) await send("a", `${n}`);
    const waiting = send("a", "waited");
    await clock.advance(2_000);
    await drain(handle, ports);
    await clock.advance(5_000);
    await expect(waiting).resolves.toHaveProperty("callId");
  });

  it("asks for the actor's place once in so many messages, as long as the actor keeps up", async () => {
    for (let n = 0; n < 10 * LIMIT; n++) {
      await send("a", `${n}`);
      if (n % 10 === 9) await drain(handle, ports);
    }
    expect(reads).toBeLessThanOrEqual(11);
  });

  it("is not stopped by messages that are dead", async () => {
    const poison = () => sender.client.actor(Ledger).get("a").send().addTerminally("bad");
    for (let n = 0; n < LIMIT; n++) await poison();
    await drain(handle, ports);
    await expect(poison()).resolves.toHaveProperty("callId");
  });
});

describe("a delay", () => {
  const ledger = () => one.client.actor(Ledger).get("a");

  /** Lets the queues work for a while, as the engine does: a look each second. */
  async function work(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await clock.advance(1_000);
      await drain(handle, ports);
    }
  }

  it("is kept to: not before its time, and then at once", async () => {
    await ledger().send({ delay: "10s" }).add("later");
    await work(9);
    expect(await entriesOf(A)).toEqual([]);
    await work(1);
    expect(await entriesOf(A)).toEqual(["later"]);
  });

  it.each(["16m", "2h", "3d"] as const)("of %s takes several rounds, and is never early", async (delay) => {
    const startMs = clock.now();
    const lengthMs = { "16m": 16 * MINUTE_MS, "2h": 120 * MINUTE_MS, "3d": 3 * DAY_MS }[delay];
    await ledger().send({ delay }).add("later");
    while (clock.now() - startMs < lengthMs - 1_000) {
      await clock.advance(Math.min(MINUTE_MS, lengthMs - 1_000 - (clock.now() - startMs)));
      await drain(handle, ports);
    }
    expect(await entriesOf(A)).toEqual([]);
    await work(2);
    expect(await entriesOf(A)).toEqual(["later"]);
  });

  it("has one effect when each round is doubled", async () => {
    await ledger().send({ delay: "40m" }).add("later");
    for (let minute = 0; minute <= 41; minute++) {
      const { wakes } = ports.queues;
      // Seen, but never taken off the queue in time: the next look finds it again.
      const seen = await wakes.receive({ max: 10, waitMs: 0, hideMs: 0 });
      if (seen.length > 0) await handle(wakeEvent(seen));
      await drain(handle, ports);
      await clock.advance(MINUTE_MS);
    }
    expect(await entriesOf(A)).toEqual(["later"]);
  });

  it("is waited out by the queue's clock, when the router's is half a minute ahead or behind", async () => {
    for (const [index, skewMs] of [-30_000, 30_000].entries()) {
      const skewed: typeof clock.now = () => clock.now() + skewMs;
      const { runtime } = startProcess([Ledger], ports, { clock: { now: skewed, setTimer: clock.setTimer } });
      const other = router(runtime, { stack: false });
      await ledger().send({ delay: "5m" }).add(`later ${index}`);
      for (let second = 0; second < 299; second++) {
        await clock.advance(1_000);
        await drain(other, ports);
      }
      expect(await entriesOf(A)).toHaveLength(index);
      for (let second = 0; second < 32; second++) {
        await clock.advance(1_000);
        await drain(other, ports);
      }
      expect(await entriesOf(A)).toHaveLength(index + 1);
    }
  });

  it("makes start() take as long, with the call pending meanwhile", async () => {
    const call = await ledger().start({ delay: "30s" }).add("later");
    await work(29);
    expect((await call.status()).status).toBe("pending");
    await work(1);
    expect(await call.result()).toBe(1);
  });

  function wakeEvent(messages: readonly ReceivedMessage[]): unknown {
    const { sqsEventOf } =
      require("../../lib/runtime/messages/sqs-event") as typeof import("../../lib/runtime/messages/sqs-event");
    return sqsEventOf("wakes", messages);
  }
});

it("keeps a dead letter's text readable whatever the body was", () => {
  const letter = readDeadLetter({ ...add(A, "x"), body: "not json", attributes: { reason: "neither" } });
  expect(letter).toMatchObject({ body: "not json", reason: { code: "TooManyReceives" } });
});
