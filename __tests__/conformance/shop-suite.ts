/** What the shop's callers must see, end to end, wherever it runs. Ids are new each time: an app may have been used before. */
import { randomUUID } from "node:crypto";
import type { Client } from "durable-lambda";
import { deadLettersFromEnvironment } from "durable-lambda/aws";
import { Account, Counter, Customer, Order, Stock } from "../../samples/shop/actors";
import { eventually } from "../deployed/eventually";
import type { AppUnderTest } from "./app-under-test";

/** For what happens behind the callers' backs: attempts with their pauses, on slow stand-ins. */
const PATIENCE_MS = 60_000;
const TEST_MS = PATIENCE_MS + 30_000;
/** To deploy an app, where others are deployed at the same time. */
const SET_UP_MS = 180_000;

export interface ShopOptions {
  /** False where nothing brings the bus's events to the app. */
  readonly hasEvents: boolean;
}

export function shopSuite(start: () => Promise<AppUnderTest>, { hasEvents }: ShopOptions): void {
  const itWithEvents = hasEvents ? it : it.skip;
  let app: AppUnderTest;
  let client: Client;
  beforeAll(async () => {
    app = await start();
    ({ client } = app);
  }, SET_UP_MS);
  afterAll(() => app?.close(), SET_UP_MS);

  const run = randomUUID();
  const comesAbout = (assertions: () => Promise<void>) => eventually(assertions, PATIENCE_MS);
  const order = (id: string) => client.actor(Order).get(`${id}-${run}`);
  const stock = (id: string) => client.actor(Stock).get(`${id}-${run}`);
  const account = (id: string) => client.actor(Account).get(`${id}-${run}`);
  const counter = (id: string) => client.actor(Counter).get(`${id}-${run}`);
  const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

  it(
    "answers calls, and with the errors of methods; a method that throws leaves nothing behind",
    async () => {
      expect(await counter("calls").increment(5)).toBe(5);
      await expect(counter("calls").incrementAndThrow()).rejects.toMatchObject({ name: "RangeError" });
      await expect(account("calls").withdraw(1)).rejects.toMatchObject({ name: "InsufficientFunds" });
      expect(await counter("calls").value()).toBe(5);
      expect(await account("calls").statement()).toMatchObject({ balance: 0, entries: [] });
    },
    TEST_MS,
  );

  it(
    "runs twenty calls at once on one actor one by one",
    async () => {
      const counts = await Promise.all(upTo(20).map(() => counter("at once").increment()));
      expect(counts.sort((a, b) => a - b)).toEqual(upTo(20));
    },
    TEST_MS,
  );

  it(
    "runs a call with an idempotency key once",
    async () => {
      const keyed = client.actor(Counter).get(`keyed-${run}`, { idempotencyKey: "k1" });
      expect(await keyed.increment()).toBe(1);
      expect(await keyed.increment()).toBe(1);
      expect(await counter("keyed").value()).toBe(1);
    },
    TEST_MS,
  );

  it(
    "processes messages once each, in the order in which they were sent",
    async () => {
      const ids = upTo(5).map((n) => `messages ${n}`);
      // Not awaited one by one: the order is that of the calls.
      await Promise.all(upTo(20).flatMap((amount) => ids.map((id) => account(id).send().deposit(amount))));
      await comesAbout(async () => {
        for (const id of ids) {
          const { entries } = await account(id).statement();
          expect(entries.map(({ amount }) => amount)).toEqual(upTo(20));
        }
      });
    },
    TEST_MS,
  );

  it(
    "carries the messages of actors to actors, by turns that are committed alone",
    async () => {
      await account("from").deposit(10);
      expect(await account("from").transfer(`to-${run}`, 7)).toBe(3);
      await expect(account("from").transfer(`to-${run}`, 7)).rejects.toMatchObject({
        name: "InsufficientFunds",
      });
      await comesAbout(async () => expect((await account("to").statement()).balance).toBe(7));
    },
    TEST_MS,
  );

  it(
    "tells the results of tracked calls, and their errors; a delayed one is not early",
    async () => {
      const startedMs = Date.now();
      const later = await account("tracked").start({ delay: "2s" }).deposit(1);
      const now = await counter("tracked").start().increment(3);
      const bad = await account("tracked").start().withdraw(100);
      expect(await now.result()).toBe(3);
      await expect(bad.result({ timeout: "1m" })).rejects.toMatchObject({ name: "InsufficientFunds" });
      expect(await later.result({ timeout: "1m" })).toBe(1);
      const { entries } = await account("tracked").statement();
      expect(entries).toHaveLength(1);
      expect(entries[0]?.at.getTime()).toBeGreaterThanOrEqual(startedMs + 2_000);
    },
    TEST_MS,
  );

  it(
    "makes a message that fails a dead letter; those behind it go on, and redriven it works",
    async () => {
      const deadLetters = deadLettersFromEnvironment();
      const { callId } = await order("early").send().pay(500);
      await order("early").send().place(`nobody-${run}`, {});
      await comesAbout(async () => expect((await order("early").summary()).status).toBe("open"));
      const letters = { actor: "Order", id: `early-${run}` };
      const reason = { code: "MethodError", name: "OrderError", attempts: 3 };
      await comesAbout(async () =>
        expect(await deadLetters.list(letters)).toMatchObject([{ callId, method: "pay", reason }]),
      );
      expect(await deadLetters.redrive(letters)).toBe(1);
      await comesAbout(async () => expect((await order("early").summary()).status).toBe("paid"));
      expect(await deadLetters.list(letters)).toEqual([]);
    },
    TEST_MS,
  );

  it(
    "holds what is ordered, and gives it back when the order is cancelled or cannot be held whole",
    async () => {
      await Promise.all([stock("apple").add(5), stock("pear").add(1)]);
      const [apple, pear] = [`apple-${run}`, `pear-${run}`];
      expect(await order("whole").place("c", { [apple]: 2, [pear]: 1 })).toBe("open");
      await expect(order("too much").place("c", { [apple]: 3, [pear]: 1 })).rejects.toMatchObject({
        code: "MethodError",
      });
      expect([await stock("apple").left(), await stock("pear").left()]).toEqual([3, 0]);
      expect(await order("whole").cancel()).toBe("cancelled");
      await comesAbout(async () =>
        expect([await stock("apple").left(), await stock("pear").left()]).toEqual([5, 1]),
      );
    },
    TEST_MS,
  );

  itWithEvents(
    "brings an actor's events to the actors that listen, once each",
    async () => {
      const customer = client.actor(Customer).get(`ann-${run}`);
      for (const [id, cents] of [["paid 1", 100] as const, ["paid 2", 23] as const]) {
        await order(id).place(`ann-${run}`, {});
        await order(id).pay(cents);
      }
      const ids = ["paid 1", "paid 2"].map((id) => `${id}-${run}`);
      await comesAbout(async () => {
        const { spentCents, orders } = await customer.total();
        expect({ spentCents, orders: orders.sort() }).toEqual({ spentCents: 123, orders: ids });
      });
    },
    TEST_MS,
  );

  itWithEvents(
    "takes an event that a client publishes twice once",
    async () => {
      const customer = client.actor(Customer).get(`bob-${run}`);
      const paid = (orderId: string) => ({ orderId, customerId: `bob-${run}`, cents: 10 });
      const source = "durable-lambda.Order";
      await client.emit("OrderPaid", paid("o1"), { source, eventId: `o1-${run}` });
      await client.emit("OrderPaid", paid("o1"), { source, eventId: `o1-${run}` });
      await client.emit("OrderPaid", paid("o2"), { source });
      // The second o1 was published before o2: were it taken, it would be there, and never go.
      await comesAbout(async () => expect((await customer.total()).orders.sort()).toEqual(["o1", "o2"]));
    },
    TEST_MS,
  );

  it(
    "sweeps",
    async () => {
      expect(await app.sweep()).toMatchObject({ isComplete: true });
    },
    TEST_MS,
  );
}
