/** The actors on a clock that the tests move: a quarter of an hour takes milliseconds. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { Booking } from "../src/booking";
import { Show } from "../src/show";

let app: TestApp;
const hamlet = () => app.client.actor(Show).get("hamlet");
const booking = (id: string) => app.client.actor(Booking).get(id);
const events = () => app.events.map(({ detailType }) => detailType);

beforeEach(async () => {
  app = createTestApp([Show, Booking]);
  await hamlet().open(3);
});
afterEach(() => app.close());

test("seats that are held for one are not free for another", async () => {
  await booking("ann").hold("hamlet", 2);
  await assert.rejects(booking("bob").hold("hamlet", 2), { name: "SoldOut" });
  assert.equal(await hamlet().left(), 1);
  assert.equal((await booking("bob").summary()).status, "new");
});

test("a booking that nobody pays gives its seats back after 15 minutes", async () => {
  await booking("ann").hold("hamlet", 2);
  await app.clock.advance("14m");
  assert.equal(await hamlet().left(), 1);
  await app.clock.advance("2m");
  assert.equal(await hamlet().left(), 3);
  await assert.rejects(booking("ann").pay(), { name: "WrongStatus" });
});

test("a booking that is paid keeps its seats, and tells", async () => {
  await booking("ann").hold("hamlet", 2);
  await booking("ann").pay();
  await app.clock.advance("1d");
  assert.equal(await hamlet().left(), 1);
  assert.deepEqual(events(), ["BookingPaid"]);
});

test("a process that dies in the middle of a booking loses nothing, and books nothing twice", async () => {
  const held = booking("ann").hold("hamlet", 2);
  app.crash();
  await held; // The client has called again.
  assert.equal(await hamlet().left(), 1);
});
