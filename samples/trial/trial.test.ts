/** How an actor is tested: two weeks in milliseconds. See docs/testing.md. */
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { Trial } from "./trial";

let app: TestApp;

beforeEach(() => {
  app = createTestApp([Trial], { now: new Date("2030-01-01T12:00:00Z") });
});
afterEach(() => app.close());

const trialOf = (customerId: string) => app.client.actor(Trial).get(customerId);
/** What was published, and when. */
const news = () =>
  app.events.map(({ detailType, timeMs }) => `${new Date(timeMs).toISOString().slice(0, 16)} ${detailType}`);

test("a trial gives a tip each Monday, warns after 11 days, and ends after 14", async () => {
  await trialOf("ann").begin();
  await app.clock.advance("30d");
  expect(news()).toEqual([
    "2030-01-07T08:00 TipDue",
    "2030-01-12T12:00 TrialEnding",
    "2030-01-14T08:00 TipDue",
    "2030-01-15T12:00 TrialEnded",
  ]);
  expect(app.events[1]?.detail).toMatchObject({ customerId: "ann", daysLeft: 3 });
  expect(await trialOf("ann").state()).toBe("ended");
});

test("a customer who pays in time is not warned, and goes on getting tips", async () => {
  await trialOf("ann").begin();
  await app.clock.advance("10d");
  await app.client.emit("OrderPaid", { customerId: "ann", orderId: "o-17" }, { source: "shop" });
  await app.clock.advance("20d");
  expect(await trialOf("ann").state()).toBe("paid");
  expect(new Set(app.events.map(({ detailType }) => detailType))).toEqual(new Set(["TipDue", "OrderPaid"]));
});

test("a process that dies loses nothing, and tells nothing twice", async () => {
  const begun = trialOf("ann").begin();
  app.crash();
  await begun; // The client has called again.
  await app.clock.advance("14d");
  app.crash();
  await app.clock.advance("1d");
  expect(app.events.map(({ detailType }) => detailType)).toEqual([
    "TipDue",
    "TrialEnding",
    "TipDue",
    "TrialEnded",
  ]);
});

test("a trial cannot begin twice", async () => {
  await trialOf("ann").begin();
  await expect(trialOf("ann").begin()).rejects.toMatchObject({ code: "TerminalError" });
});

test("an order that names no customer becomes a dead letter, with the reason", async () => {
  await app.client.emit("OrderPaid", { orderId: "o-18" }, { source: "shop" });
  await app.settled();
  const [letter] = await app.deadLetters.list();
  expect(letter?.reason.message).toBe('"detail.customerId", where the actor\'s id should be, is missing.');
});
