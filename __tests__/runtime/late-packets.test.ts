/** Requests that arrive long after their sender gave them up, or has sent them again. */
import { Actor, DurableActor, Method, StoreUnavailable } from "durable-lambda";
import type { LeaseRequest, Seen } from "../../lib/store";
import { FakeClock, gate } from "../support/fake-clock";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { type Intercept, startWatched, type WatchedProcess } from "../support/watched-process";

@Actor
class Purse extends DurableActor {
  balance = 0;
  @Method put(amount: number): number {
    this.balance += amount;
    return this.balance;
  }
  @Method({ lease: "always" }) putUnderLease(amount: number): number {
    return this.put(amount);
  }
  @Method async putSlowly(amount: number): Promise<number> {
    return this.put(amount);
  }
  /** Changes what it is given. */
  @Method putAll(amounts: number[]): number {
    for (let next = amounts.pop(); next !== undefined; next = amounts.pop()) this.put(next);
    return this.balance;
  }
  @Method take(amount: number, note = ""): number {
    if (this.balance < amount) throw new Error(`There is not enough.${note}`);
    this.balance -= amount;
    return this.balance;
  }
}

const ADDRESS = { type: "Purse", id: "p" };
const LEASE_MS = 15_000;

let clock: FakeClock;
let local: LocalPorts;
let intercept: Intercept;
let one: WatchedProcess;
let other: WatchedProcess;
beforeEach(() => {
  clock = new FakeClock();
  local = openLocal({ clock });
  intercept = (_, apply) => apply();
  one = startWatched([Purse], local, { clock, intercept: (...request) => intercept(...request) });
  other = startWatched([Purse], local, { clock });
});
afterEach(() => local.close());

const call = (process: WatchedProcess, method: string, args: unknown[], more: object = {}) =>
  process.invoke({ actor: "Purse", id: "p", method, args, ...more } as Parameters<typeof one.invoke>[0]);
const balance = async () => (await local.store.read(ADDRESS, { consistent: true }))?.state?.text;

it("a lease that a late request took again does not make another process's commit one's own", async () => {
  const [reached, opened] = [gate(), gate()];
  let request: LeaseRequest | undefined;
  intercept = async (name, apply, args) => {
    if (name === "store.acquire") request ??= args[1] as LeaseRequest;
    if (name !== "store.commit") return apply();
    reached.open();
    await opened.opened;
    return apply();
  };
  const paused = call(one, "putUnderLease", [1]);
  await reached.opened;
  await clock.advance(LEASE_MS + 1_000);
  expect(await call(other, "put", [10])).toEqual({ ok: true, result: 10, version: 1 });
  // The first attempt of the acquisition, whose second one was answered, arrives only now.
  const nowMs = clock.now();
  await local.store.acquire(ADDRESS, { leaseId: String(request?.leaseId), nowMs, untilMs: nowMs + 1 });
  opened.open();
  expect(await paused).toMatchObject({ ok: false, error: { code: "FencedError" } });
  await clock.advance(1_000);
  expect(await call(one, "put", [100])).toEqual({ ok: true, result: 110, version: 2 });
  expect(await balance()).toBe('{"balance":110}');
});

describe("a commit without a lease", () => {
  it.each([
    ["without a lease", "put"],
    ["under one", "putUnderLease"],
  ])("that arrives after another one, %s, is refused, and its turn runs again", async (_how, method) => {
    const [reached, opened] = [gate(), gate()];
    intercept = async (name, apply) => {
      if (name !== "store.commit") return apply();
      reached.open();
      await opened.opened;
      return apply();
    };
    const paused = call(one, "put", [1]);
    await reached.opened;
    expect(await call(other, method, [10])).toEqual({ ok: true, result: 10, version: 1 });
    opened.open();
    expect(await paused).toEqual({ ok: true, result: 11, version: 2 });
    expect(await balance()).toBe('{"balance":11}');
  });

  it("that is refused has its turn run again on the arguments as they came, whatever the first run has made of them", async () => {
    let isFirst = true;
    intercept = async (name, apply) => {
      if (name === "store.commit" && isFirst) {
        isFirst = false;
        await call(other, "put", [10]);
      }
      return apply();
    };
    expect(await call(one, "putAll", [[1, 2, 3]])).toEqual({ ok: true, result: 16, version: 2 });
    expect(await balance()).toBe('{"balance":16}');
  });

  it("has no second effect when its first packet arrives after the second, and after those of others", async () => {
    const late: (() => Promise<unknown>)[] = [];
    const sent = gate();
    intercept = async (name, apply) => {
      if (name !== "store.commit" || late.length > 0) return apply();
      late.push(apply);
      sent.open();
      throw new StoreUnavailable("no answer");
    };
    const first = call(one, "put", [1]);
    await sent.opened;
    await clock.advance(1_000);
    expect(await first).toEqual({ ok: true, result: 1, version: 1 });
    expect(await late[0]?.()).toMatchObject({ committed: false });
    expect(await call(other, "put", [10])).toEqual({ ok: true, result: 11, version: 2 });
    expect(await late[0]?.()).toMatchObject({ committed: false });
    expect(await balance()).toBe('{"balance":11}');
  });
});

it("a request for the lease of an actor as it was seen takes nothing when it comes late", async () => {
  await call(one, "put", [1]);
  let request: readonly unknown[] = [];
  intercept = (name, apply, args) => {
    if (name === "store.acquire") request = args;
    return apply();
  };
  // It is seen, and turns out to wait: the lease is taken in mid-turn.
  expect(await call(one, "putSlowly", [2])).toMatchObject({ ok: true, result: 3 });
  const before = await local.store.read(ADDRESS, { consistent: true });
  const [, { leaseId }, seen] = request as [unknown, LeaseRequest, Seen];
  expect(seen).toMatchObject({ version: 1, fence: 1 });
  const again = { leaseId, nowMs: clock.now(), untilMs: clock.now() + LEASE_MS };
  expect(await local.store.acquire(ADDRESS, again, seen)).toEqual({ acquired: false, current: before });
  expect(await local.store.read(ADDRESS, { consistent: true })).toEqual(before);
});

describe("a copy of a packet that comes at once, when its call has left the head", () => {
  const HOUR_MS = 3_600_000;
  const callId = "AAAAAAAAAAAAAAAA";

  it.each([
    ["in the same process", () => one, 0],
    ["in another process", () => other, 0],
    ["of a client whose clock is behind", () => other, -2 * HOUR_MS],
    ["of a client whose clock is ahead", () => other, HOUR_MS / 4],
  ])("gets the first answer, %s", async (_where, where, aheadMs) => {
    const packet = { callId, sentAtMs: clock.now() + aheadMs };
    for (let n = 0; n < 29; n++) await call(one, "put", [1]);
    expect(await call(one, "put", [5], packet)).toEqual({ ok: true, result: 34, version: 30 });
    // All that are committed leave the head, the newest too.
    await call(one, "put", [1]);
    expect((await local.store.read(ADDRESS, { consistent: true }))?.inbox).not.toContain(callId);
    expect(await call(where(), "put", [5], packet)).toEqual({ ok: true, result: 34, version: 30 });
    expect(await balance()).toBe('{"balance":35}');
  });

  it("costs calls that are new no look beside the head", async () => {
    for (let n = 0; n < 35; n++) await call(one, "put", [1]);
    const asked: string[] = [];
    intercept = (name, apply) => {
      asked.push(name);
      return apply();
    };
    await clock.advance(1);
    await call(one, "put", [1]);
    expect(asked.filter((name) => /readPart/.test(name))).toEqual([]);
  });
});

describe("a call that was sent again and refused", () => {
  const first = { callId: "AAAAAAAAAAAAAAAA", sentAtMs: 0 };
  const second = { ...first, attempt: 2 };
  beforeEach(() => {
    first.sentAtMs = second.sentAtMs = clock.now();
  });

  it.each([
    ["in the process that refused it", () => one, ""],
    ["in another process", () => other, ""],
    ["with an error that has no room in the head", () => other, "x".repeat(500)],
  ])("does not succeed when its first attempt comes late, %s", async (_where, where, note) => {
    const refusal = { ok: false, error: { code: "MethodError", message: `There is not enough.${note}` } };
    expect(await call(one, "take", [5, note], second)).toMatchObject(refusal);
    await call(one, "put", [10]);
    expect(await call(where(), "take", [5, note], first)).toMatchObject(refusal);
    expect(await balance()).toBe('{"balance":10}');
  });

  it("keeps what a turn beside it has changed", async () => {
    const replies = await Promise.all([call(one, "put", [3]), call(one, "take", [5], second)]);
    expect(replies).toMatchObject([{ ok: true, result: 3 }, { ok: false }]);
    expect(await balance()).toBe('{"balance":3}');
  });

  it("can be tried again when the caller chose its id", async () => {
    const own = { callId: "order-17" };
    expect(await call(one, "take", [5], own)).toMatchObject({ ok: false });
    await call(one, "put", [10]);
    expect(await call(one, "take", [5], own)).toMatchObject({ ok: true, result: 5 });
  });
});

it("a call that nothing marks as sent again leaves no trace when it is refused", async () => {
  await call(one, "put", [1]);
  const before = await local.store.read(ADDRESS, { consistent: true });
  expect(await call(one, "take", [5])).toMatchObject({ ok: false });
  expect(await local.store.read(ADDRESS, { consistent: true })).toEqual(before);
});
