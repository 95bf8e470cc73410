/** What a turn sends and tells leaves with the turn, and only then. */
import type { Middleware } from "durable-lambda";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { Account } from "./account";
import { Inbox } from "./inbox";

let app: TestApp;
/** Runs around each turn. */
let around: Middleware;

beforeEach(() => {
  around = (_call, next) => next();
  app = createTestApp([Account, Inbox], { use: [(call, next) => around(call, next)] });
});
afterEach(() => app.close());

const account = (id: string) => app.client.actor(Account).get(id);
const balances = async () => [
  (await account("ann").statement()).balance,
  (await account("bob").statement()).balance,
];
const inbox = () => app.client.actor(Inbox).get("bob").list();
const told = () => app.events.map(({ detailType }) => detailType);

test("a transfer takes the money, sends it, and tells so", async () => {
  await account("ann").deposit(100);
  expect(await account("ann").transfer("bob", 30)).toBe(70);
  await app.settled();
  expect(await balances()).toEqual([70, 30]);
  expect(app.events).toMatchObject([
    { detailType: "MoneySent", detail: { from: "ann", to: "bob", amount: 30 } },
  ]);
  expect(await inbox()).toEqual(["30 from ann"]);
});

test("a statement has its dates as dates, and its totals as a map", async () => {
  await account("ann").deposit(100);
  await app.clock.advance("1h");
  await account("ann").withdraw(20);
  expect(await account("ann").statement()).toEqual({
    balance: 80,
    entries: [
      { at: new Date("2030-01-01T00:00:00Z"), amount: 100 },
      { at: new Date("2030-01-01T01:00:00Z"), amount: -20 },
    ],
    totals: new Map([
      ["deposits", 100],
      ["withdrawals", 20],
    ]),
  });
});

test("a withdrawal that throws leaves nothing of what it had booked", async () => {
  await account("ann").deposit(100);
  const before = await account("ann").statement();
  await expect(account("ann").withdraw(150)).rejects.toMatchObject({
    code: "InsufficientFunds",
    message: "The account has 100, not 150",
    asked: 150,
    available: 100,
  });
  expect(await account("ann").statement()).toEqual(before);
});

test("a transfer that throws at its end sends nothing and tells nothing", async () => {
  await account("ann").deposit(100);
  around = async (call, next) => {
    const result = await next();
    if (call.method === "transfer") throw new Error("after the message and the event");
    return result;
  };
  await expect(account("ann").transfer("bob", 30)).rejects.toThrow("after the message and the event");
  await app.clock.advance("1h");
  expect(await balances()).toEqual([100, 0]);
  expect(told()).toEqual([]);
});

test.each(["before", "after"])(
  "a process that dies %s the method sends once, and tells once",
  async (when) => {
    await account("ann").deposit(100);
    let dies = true;
    around = async (call, next) => {
      const isNow = dies && call.method === "transfer";
      if (isNow) dies = false;
      if (isNow && when === "before") app.crash();
      try {
        return await next();
      } finally {
        if (isNow && when === "after") app.crash();
      }
    };
    expect(await account("ann").transfer("bob", 30)).toBe(70); // The client has called again.
    await app.clock.advance("1m");
    expect(dies).toBe(false);
    expect(await balances()).toEqual([70, 30]);
    expect(told()).toEqual(["MoneySent"]);
  },
);

test("what is committed arrives, even if the process dies at once", async () => {
  await account("ann").deposit(100);
  await account("ann").transfer("bob", 30);
  app.crash();
  await app.clock.advance("1m");
  expect(await balances()).toEqual([70, 30]);
  expect(await inbox()).toEqual(["30 from ann"]);
});

test.each([-5, Number.NaN, Number.POSITIVE_INFINITY])("refuses to move %p", async (amount) => {
  await account("ann").deposit(10);
  const moves = [
    account("ann").deposit(amount),
    account("ann").withdraw(amount),
    account("ann").transfer("bob", amount),
  ];
  for (const move of moves) await expect(move).rejects.toMatchObject({ code: "ValidationError" });
  expect(await balances()).toEqual([10, 0]);
});
