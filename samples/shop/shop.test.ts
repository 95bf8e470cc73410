/** An order's story: it holds what is on stock, and it is paid, or its reminder gives all back. */
import type { Middleware } from "durable-lambda";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { Customer } from "./customer";
import { Order } from "./order";
import { Stock } from "./stock";

let app: TestApp;
/** Runs around each turn. */
let around: Middleware;

beforeEach(async () => {
  around = (_call, next) => next();
  app = createTestApp([Order, Stock, Customer], { use: [(call, next) => around(call, next)] });
  await stock("lamp").add(3);
  await stock("desk").add(1);
});
afterEach(() => app.close());

const order = (id = "o-1") => app.client.actor(Order).get(id);
const stock = (item: string) => app.client.actor(Stock).get(item);
const ann = () => app.client.actor(Customer).get("ann").total();
const left = async () => ({ lamp: await stock("lamp").left(), desk: await stock("desk").left() });
const status = async (id = "o-1") => (await order(id).summary()).status;

test("an order that is paid keeps what it holds, and its customer hears of it", async () => {
  expect(await order().place("ann", { lamp: 2, desk: 1 })).toBe("open");
  expect(await left()).toEqual({ lamp: 1, desk: 0 });
  await app.clock.advance("14m");
  expect(await order().pay(4_000)).toBe("paid");
  await app.settled();
  expect(app.events).toMatchObject([
    { detailType: "OrderPaid", detail: { orderId: "o-1", customerId: "ann", cents: 4_000 } },
  ]);
  expect(await ann()).toEqual({ spentCents: 4_000, orders: ["o-1"] });

  const methods: string[] = [];
  around = (call, next) => {
    methods.push(call.method);
    return next();
  };
  await app.clock.advance("1d");
  expect(methods).toEqual([]); // The reminder is forgotten.
  expect(await status()).toBe("paid");
  expect(await left()).toEqual({ lamp: 1, desk: 0 });
});

test("an order that nobody pays is cancelled after 15 minutes, and all that it held is free again", async () => {
  await order().place("ann", { lamp: 2, desk: 1 });
  await app.clock.advance("14m");
  expect(await status()).toBe("open");
  expect(await left()).toEqual({ lamp: 1, desk: 0 });
  await app.clock.advance("2m");
  expect(await status()).toBe("cancelled");
  expect(await left()).toEqual({ lamp: 3, desk: 1 });
  await expect(order().pay(4_000)).rejects.toMatchObject({
    name: "OrderError",
    message: "An order that is cancelled cannot be paid.",
  });
  expect(app.events).toEqual([]);
});

test("who waits gets what an unpaid order has held", async () => {
  await order("o-1").place("ann", { desk: 1 });
  await expect(order("o-2").place("bob", { desk: 1 })).rejects.toThrow("There are 0 of desk, not 1.");
  await app.clock.advance("16m");
  expect(await order("o-2").place("bob", { desk: 1 })).toBe("open");
});

test("an order holds all of it or nothing", async () => {
  await expect(order().place("ann", { lamp: 2, desk: 5 })).rejects.toThrow("There are 1 of desk, not 5.");
  expect(await left()).toEqual({ lamp: 3, desk: 1 });
  expect(await status()).toBe("new");
  await app.clock.advance("1h");
  expect(await status()).toBe("new"); // The turn threw, so it has set no reminder.
});

test("of two who order the last one, one gets it", async () => {
  const placed = await Promise.allSettled([
    order("o-1").place("ann", { desk: 1 }),
    order("o-2").place("bob", { desk: 1 }),
  ]);
  expect(placed.map((outcome) => outcome.status).sort()).toEqual(["fulfilled", "rejected"]);
  expect((await left()).desk).toBe(0);
});

test.each(["place", "hold", "pay", "cancel", "release", "orderPaid"])(
  "a process that dies in %s does nothing twice, and leaves nothing half done",
  async (method) => {
    let dies = true;
    around = async (call, next) => {
      const result = await next();
      if (dies && call.method === method) {
        dies = false;
        app.crash();
      }
      return result;
    };
    await order("o-1").place("ann", { lamp: 2 });
    await order("o-2").place("ann", { lamp: 1, desk: 1 });
    expect(await left()).toEqual({ lamp: 0, desk: 0 });
    await order("o-1").pay(4_000);
    await app.clock.advance("1h"); // Nobody pays the second one.
    expect(dies).toBe(false);
    expect([await status("o-1"), await status("o-2")]).toEqual(["paid", "cancelled"]);
    expect(await left()).toEqual({ lamp: 1, desk: 1 });
    expect(await ann()).toEqual({ spentCents: 4_000, orders: ["o-1"] });
    expect(await app.deadLetters.list()).toEqual([]);
  },
);

test.each([0, -2, 1.5, Number.NaN])("nobody adds or holds %p of an item", async (count) => {
  await expect(stock("lamp").add(count)).rejects.toMatchObject({ code: "ValidationError" });
  await expect(order().place("ann", { desk: 1, lamp: count })).rejects.toMatchObject({
    code: "ValidationError",
  });
  expect(await left()).toEqual({ lamp: 3, desk: 1 });
});
