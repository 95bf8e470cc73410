/** Transfers end once, and no money is lost or made, however often the process dies. */
import type { Middleware } from "durable-lambda";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { Account } from "./account";
import { Statement } from "./statement";
import { type Outcome, Transfer } from "./transfer";

let app: TestApp;
let around: Middleware;

beforeEach(() => setUp());
afterEach(() => app.close());

/** An app in which `around` runs around each turn. */
function setUp(seed = 1): void {
  around = (_call, next) => next();
  app = createTestApp([Account, Transfer, Statement], { seed, use: [(call, next) => around(call, next)] });
}

const account = (id: string) => app.client.actor(Account).get(id);
const start = (id: string, from: string, to: string, amount: number) =>
  app.client.actor(Transfer).get(id).start().run(from, to, amount);
const told = () => app.events.map(({ detail }) => detail);

async function outcomeOf(id: string, from: string, to: string, amount: number): Promise<Outcome> {
  const transfer = await start(id, from, to, amount);
  return await transfer.result({ timeout: "10m" });
}

test("a transfer moves money, and tells so", async () => {
  await account("ann").deposit(100);
  const expected = { from: "ann", to: "bob", amount: 30, status: "done" };
  expect(await outcomeOf("t-1", "ann", "bob", 30)).toEqual(expected);
  await app.settled();
  expect(await account("ann").current()).toBe(70);
  expect(await account("bob").current()).toBe(30);
  expect(told()).toEqual([expect.objectContaining(expected)]);
});

test("a transfer of more than there is is refused, and moves nothing", async () => {
  await account("ann").deposit(100);
  const reason = "The account ann has 100, not 500";
  expect(await outcomeOf("t-1", "ann", "bob", 500)).toMatchObject({ status: "refused", reason });
  await app.settled();
  expect(await account("ann").current()).toBe(100);
  expect(await account("bob").current()).toBe(0);
  expect(told()).toEqual([expect.objectContaining({ status: "refused" })]);
});

test("money that the target refuses comes back, also to an account that was closed meanwhile", async () => {
  await account("ann").deposit(100);
  await account("old").close();
  around = async (call, next) => {
    if (call.id === "old") await account("ann").close();
    return await next();
  };
  const reason = "The account old is closed";
  expect(await outcomeOf("t-1", "ann", "old", 30)).toMatchObject({ status: "returned", reason });
  await app.settled();
  expect(await account("ann").current()).toBe(100);
  await expect(account("ann").deposit(1)).rejects.toMatchObject({ name: "AccountClosed" });
});

test.each([
  ["no amount", "ann", "bob", 0],
  ["one account", "ann", "ann", 5],
])("a transfer of %s fails at once", async (_, from, to, amount) => {
  await account("ann").deposit(100);
  await expect(outcomeOf("t-1", from, to, amount)).rejects.toMatchObject({ code: "TerminalError" });
  expect(await account("ann").current()).toBe(100);
  expect(told()).toEqual([]);
});

test("a transfer that is started twice by one key is one transfer", async () => {
  await account("ann").deposit(100);
  const transfer = app.client.actor(Transfer).get("t-1");
  const [first, second] = await Promise.all([
    transfer.start({ idempotencyKey: "k" }).run("ann", "bob", 30),
    transfer.start({ idempotencyKey: "k" }).run("ann", "bob", 30),
  ]);
  expect(await first.result()).toEqual(await second.result());
  await app.settled();
  expect(await account("bob").current()).toBe(30);
  expect(told()).toHaveLength(1);
});

test.each(["withdraw", "deposit", "takeBack"])("a process that dies in %s loses nothing", async (method) => {
  await account("ann").deposit(100);
  await account("old").close();
  for (const when of ["before", "after"]) {
    let dies = true;
    around = async (call, next) => {
      const isNow = dies && call.method === method;
      if (isNow) dies = false;
      if (isNow && when === "before") app.crash();
      try {
        return await next();
      } finally {
        if (isNow && when === "after") app.crash();
      }
    };
    expect(await outcomeOf(`t-${when}`, "ann", "old", 30)).toMatchObject({ status: "returned" });
    await app.clock.advance("1m");
    expect(dies).toBe(false);
    expect(await account("ann").current()).toBe(100);
  }
  expect(told()).toHaveLength(2);
});

/** Numbers below 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const IDS = ["ann", "bob", "cem", "old"];
const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);

test.each(SEEDS)("money is conserved while processes die at random (seed %i)", async (seed) => {
  await app.close();
  setUp(seed);
  const random = randomFrom(seed);
  const pick = (count: number) => Math.floor(random() * count);
  const balances = new Map(IDS.map((id) => [id, 100]));
  for (const id of IDS) await account(id).deposit(100);
  await account("old").close();

  let crashes = 0;
  around = async (_call, next) => {
    const when = random();
    const dies = crashes < 15 && when < 0.1;
    if (dies) crashes++;
    if (dies && when < 0.05) app.crash();
    try {
      return await next();
    } finally {
      if (dies && when >= 0.05) app.crash();
    }
  };
  const started = Array.from({ length: 25 }, (_, n) => {
    const from = pick(IDS.length);
    const to = (from + 1 + pick(IDS.length - 1)) % IDS.length;
    return start(`t-${n}`, IDS[from] as string, IDS[to] as string, 1 + pick(80));
  });
  const outcomes: Outcome[] = [];
  for (const transfer of await Promise.all(started)) outcomes.push(await transfer.result({ timeout: "1h" }));
  await app.clock.advance("10m");

  expect(crashes).toBeGreaterThan(3);
  expect(await app.deadLetters.list()).toEqual([]);
  // The balances are what the outcomes say, so nothing was moved twice or by half.
  for (const { from, to, amount, status } of outcomes) {
    if (status !== "done") continue;
    balances.set(from, (balances.get(from) ?? 0) - amount);
    balances.set(to, (balances.get(to) ?? 0) + amount);
  }
  const now = await Promise.all(IDS.map((id) => account(id).current()));
  expect(now).toEqual([...balances.values()]);
  expect(now.reduce((sum, balance) => sum + balance)).toBe(IDS.length * 100);
  // And each outcome was heard once.
  for (const id of IDS) {
    const own = outcomes.filter(({ from }) => from === id);
    const count = (wanted: Outcome["status"]) => own.filter(({ status }) => status === wanted).length;
    const sent = own.reduce((sum, { amount, status }) => sum + (status === "done" ? amount : 0), 0);
    expect(await app.client.actor(Statement).get(id).summary()).toEqual({
      sent,
      done: count("done"),
      refused: count("refused"),
      returned: count("returned"),
    });
  }
});
