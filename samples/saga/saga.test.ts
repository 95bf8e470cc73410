/** The saga's ends, and that it reaches them once, wherever its process dies. */
import type { Middleware } from "durable-lambda";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { Inventory } from "./inventory";
import { type Cart, Order, type Progress } from "./order";
import { Payments } from "./payments";
import { Shipping } from "./shipping";

const CART: Cart = { customerId: "ann", item: "lamp", count: 2, cents: 5_000, country: "NO" };

let app: TestApp;
let around: Middleware;

beforeEach(() => setUp());
afterEach(() => app.close());

/** Three lamps, 100 for ann, and parcels to NO. Then `around` runs around each turn. */
async function setUp(): Promise<void> {
  around = (_call, next) => next();
  app = createTestApp([Order, Inventory, Payments, Shipping], { use: [(call, next) => around(call, next)] });
  await app.client.actor(Inventory).get("lamp").add(3);
  await app.client.actor(Payments).get("ann").topUp(10_000);
  await app.client.actor(Shipping).get("NO").serve();
}

async function outcomeOf(cart: Cart): Promise<Progress> {
  const handle = await app.client.actor(Order).get("o-1").start().process(cart);
  return await handle.result({ timeout: "10m" });
}

const statuses = ({ steps }: Progress) => steps.map(({ status }) => status);

/** What the other actors have of it. */
async function world(): Promise<{ lamps: number; cents: number; parcels: string[] }> {
  return {
    lamps: await app.client.actor(Inventory).get("lamp").left(),
    cents: await app.client.actor(Payments).get("ann").credit(),
    parcels: await app.client.actor(Shipping).get("NO").shipped(),
  };
}

const UNTOUCHED = { lamps: 3, cents: 10_000, parcels: [] };
const SHIPPED = { lamps: 1, cents: 5_000, parcels: ["o-1"] };

test("an order whose steps all succeed is shipped", async () => {
  const progress = await outcomeOf(CART);
  expect(progress.status).toBe("shipped");
  expect(statuses(progress)).toEqual(["done", "done", "done", "done"]);
  expect(await world()).toEqual(SHIPPED);
});

test.each<[string, Partial<Cart>, Progress["steps"][number]["status"][], string]>([
  ["validate", { count: 0 }, ["failed", "pending", "pending", "pending"], "0 for 5000 cents is no order"],
  ["reserve", { count: 4 }, ["compensated", "failed", "pending", "pending"], "There are 3 of lamp, not 4"],
  [
    "charge",
    { cents: 10_001 },
    ["compensated", "compensated", "failed", "pending"],
    "ann has 10000 cents, not 10001",
  ],
  [
    "ship",
    { country: "Atlantis" },
    ["compensated", "compensated", "compensated", "failed"],
    "Nothing is shipped to Atlantis",
  ],
])(
  "when %s is refused, the steps before are undone, and the reason is told",
  async (name, change, expected, reason) => {
    const progress = await outcomeOf({ ...CART, ...change });
    expect(progress.status).toBe("cancelled");
    expect(statuses(progress)).toEqual(expected);
    expect(progress.steps.find((step) => step.name === name)?.reason).toBe(reason);
    expect(await world()).toEqual(UNTOUCHED);
  },
);

test("undoing goes backwards", async () => {
  const calls: string[] = [];
  around = (call, next) => {
    if (call.actor !== "Order") calls.push(call.method);
    return next();
  };
  await outcomeOf({ ...CART, country: "Atlantis" });
  expect(calls).toEqual(["reserve", "charge", "ship", "refund", "release"]);
});

/** Processes an order in an app whose process dies once, at the n-th turn. `false` when there were fewer turns. */
async function diesAt(n: number, when: "before" | "after", cart: Cart): Promise<boolean> {
  let turns = 0;
  around = async (_call, next) => {
    const dies = ++turns === n;
    if (dies && when === "before") app.crash();
    try {
      return await next();
    } finally {
      // What its calls have done in other actors is committed; the turn itself is not yet.
      if (dies && when === "after") app.crash();
    }
  };
  await outcomeOf(cart);
  return turns >= n;
}

// A turn to begin and one to end, one for each step and each undoing, and one for each call to another actor.
test.each([
  { outcome: "shipped", cart: CART, expected: SHIPPED, turns: 2 + 4 + 3 },
  {
    outcome: "undone",
    cart: { ...CART, country: "Atlantis" },
    expected: UNTOUCHED,
    turns: 2 + 4 + 3 + 3 + 2,
  },
])("an order is $outcome once, at whichever turn its process dies", async ({ cart, expected, turns }) => {
  for (const when of ["before", "after"] as const) {
    let n = 1;
    while (await diesAt(n, when, cart)) {
      expect(await world()).toEqual(expected);
      expect(await app.deadLetters.list()).toEqual([]);
      await app.close();
      await setUp();
      n++;
    }
    expect(n - 1).toBe(turns);
    await app.close();
    await setUp();
  }
});

test("an undoing that fails waits as a dead letter, and goes on when it is redriven", async () => {
  around = (call, next) => {
    if (call.method === "refund") throw new Error("The bank is closed");
    return next();
  };
  const handle = await app.client
    .actor(Order)
    .get("o-1")
    .start()
    .process({ ...CART, country: "Atlantis" });
  await app.clock.advance("1h");
  expect(await handle.status()).toMatchObject({ status: "pending" });
  const [letter] = await app.deadLetters.list({ actor: "Order" });
  expect(letter?.reason).toMatchObject({ message: "The bank is closed", attempts: 10 });

  around = (_call, next) => next();
  await app.deadLetters.redrive({ actor: "Order", id: "o-1" });
  expect(await handle.result()).toMatchObject({ status: "cancelled" });
  expect(await world()).toEqual(UNTOUCHED);
});

test("an order is processed once", async () => {
  await outcomeOf(CART);
  await expect(outcomeOf(CART)).rejects.toMatchObject({ code: "TerminalError" });
  expect(await world()).toEqual(SHIPPED);
});
