import { Actor } from "durable-lambda";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { type Rate, RateLimiter } from "./rate-limiter";

/** A token takes 333.3… ms: no whole number of them. */
@Actor
class Thirds extends RateLimiter {
  protected override rate(): Rate {
    return { limit: 3, refill: 3, periodMs: 1_000 };
  }
}

let app: TestApp;

beforeEach(() => {
  app = createTestApp([RateLimiter, Thirds]);
});
afterEach(() => app.close());

const limiter = (key = "ann") => app.client.actor(RateLimiter).get(key);

test("a new bucket is full, for each key", async () => {
  expect(await limiter().peek()).toBe(10);
  expect(await limiter().take(4)).toEqual({ allowed: true, remaining: 6, retryAfterMs: 0 });
  expect(await limiter("bob").peek()).toBe(10);
});

test("an empty bucket stays empty until time has passed, also in another process", async () => {
  await limiter().take(10);
  expect(await limiter().take()).toMatchObject({ allowed: false, remaining: 0 });
  app.crash();
  expect((await limiter().take()).allowed).toBe(false);
  expect(await limiter().peek()).toBe(0);
});

test("it fills up by the time that has passed, and no further than its limit", async () => {
  await limiter().take(10);
  await app.clock.advance("3s");
  expect(await limiter().peek()).toBe(3);
  await app.clock.advance("30m");
  expect(await limiter().peek()).toBe(10);
});

test("what is refused takes nothing, and is allowed exactly after retryAfterMs", async () => {
  await limiter().take(8);
  const { allowed, remaining, retryAfterMs } = await limiter().take(5);
  expect({ allowed, remaining }).toEqual({ allowed: false, remaining: 2 });
  await app.clock.advance(retryAfterMs - 1);
  expect(await limiter().take(5)).toMatchObject({ allowed: false, retryAfterMs: 1 });
  await app.clock.advance(1);
  expect(await limiter().take(5)).toEqual({ allowed: true, remaining: 0, retryAfterMs: 0 });
});

test("no token is lost to rounding, however often it is asked", async () => {
  const thirds = app.client.actor(Thirds).get("ann");
  const endMs = app.clock.now() + 10_000;
  let taken = 0;
  while (app.clock.now() < endMs) {
    if ((await thirds.take()).allowed) taken++;
    await app.clock.advance(Math.min(7, endMs - app.clock.now()));
  }
  if ((await thirds.take()).allowed) taken++;
  expect(taken).toBe(3 + 30);
});

test("of many who ask at once, as many are allowed as there are tokens", async () => {
  const all = await Promise.all(Array.from({ length: 50 }, () => limiter().take()));
  expect(all.filter(({ allowed }) => allowed)).toHaveLength(10);
});

test.each([0, -1, 1.5, 11, Number.NaN])(
  "a count of %p is refused: it could never be taken",
  async (count) => {
    await expect(limiter().take(count)).rejects.toMatchObject({
      code: "ValidationError",
      details: { count },
    });
    expect(await limiter().peek()).toBe(10);
  },
);

test("a bucket that nobody uses is gone after an hour; the next one begins full", async () => {
  await limiter().take(10);
  await app.clock.advance("2h");
  expect(await limiter().peek()).toBe(10);
});
