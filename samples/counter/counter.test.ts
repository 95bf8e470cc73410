import { createTestApp, type TestApp } from "durable-lambda/testing";
import { Counter } from "./counter";

let app: TestApp;
beforeEach(() => {
  app = createTestApp([Counter]);
});
afterEach(() => app.close());

const counter = (id = "a") => app.client.actor(Counter).get(id);

test("counts for each id by itself, from 0", async () => {
  expect(await counter("a").value()).toBe(0);
  expect(await counter("a").increment(5)).toBe(5);
  expect(await counter("a").increment()).toBe(6);
  expect(await counter("b").value()).toBe(0);
});

test("loses none of many calls that come at once", async () => {
  const results = await Promise.all(Array.from({ length: 50 }, () => counter().increment()));
  expect(results.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  expect(await counter().value()).toBe(50);
});

test("keeps nothing of a turn that throws", async () => {
  await counter().increment(5);
  const refused = { name: "RangeError", message: "The count must not be 7" };
  await expect(counter().incrementAndThrow(2)).rejects.toMatchObject(refused);
  expect(await counter().value()).toBe(5);
});

test("counts a message once, also when it is sent again and its process dies", async () => {
  await counter().send({ idempotencyKey: "order-17" }).increment(100);
  app.crash();
  await counter().send({ idempotencyKey: "order-17" }).increment(100);
  await app.clock.advance("1m");
  expect(await counter().value()).toBe(100);
});

test("counts on where it was when the process has died", async () => {
  await counter().increment(5);
  app.crash();
  expect(await counter().increment()).toBe(6);
});
