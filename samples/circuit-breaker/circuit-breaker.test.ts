import { createTestApp, type TestApp } from "durable-lambda/testing";
import { CircuitBreaker, type CircuitChanged } from "./circuit-breaker";

let app: TestApp;

beforeEach(() => {
  app = createTestApp([CircuitBreaker]);
});
afterEach(() => app.close());

const breaker = (service = "parcels") => app.client.actor(CircuitBreaker).get(service);
const state = async () => (await breaker().status()).state;
const changes = () =>
  app.events.map(({ detail }) => {
    const { circuit, from, to } = detail as unknown as CircuitChanged;
    return `${circuit}: ${from} → ${to}`;
  });

async function fail(times: number): Promise<void> {
  for (let call = 0; call < times; call++) await breaker().failed();
}

async function open(): Promise<void> {
  await fail(5);
  expect(await state()).toBe("open");
}

async function halfOpen(): Promise<void> {
  await open();
  await app.clock.advance("31s");
  expect(await state()).toBe("half-open");
}

test("a closed one lets all through, and a few failures change nothing", async () => {
  await fail(4);
  await breaker().succeeded();
  expect((await breaker().ask()).allowed).toBe(true);
  expect(await breaker().status()).toMatchObject({ state: "closed", retryAt: undefined });
  expect(changes()).toEqual([]);
});

test("it opens at the fifth failure within a minute, and refuses; others are not concerned", async () => {
  await open();
  expect((await breaker().ask()).allowed).toBe(false);
  expect((await breaker("payments").ask()).allowed).toBe(true);
  const { since, retryAt } = await breaker().status();
  expect((retryAt?.getTime() ?? 0) - since.getTime()).toBe(30_000);
  expect(changes()).toEqual(["parcels: closed → open"]);
});

test("failures that are older than the window do not count", async () => {
  await fail(4);
  await app.clock.advance("1m");
  await fail(4);
  expect(await state()).toBe("closed");
  await fail(1);
  expect(await state()).toBe("open");
});

test("it is half-open after the cool-down, also when nobody asks", async () => {
  await open();
  await app.clock.advance("29s");
  expect(await state()).toBe("open");
  await app.clock.advance("2s");
  expect(await state()).toBe("half-open");
  expect(changes()).toEqual(["parcels: closed → open", "parcels: open → half-open"]);
});

test("asked in the moment in which the cool-down ends, it changes once, whoever is first", async () => {
  await open();
  const { retryAt } = await breaker().status();
  await Promise.all([app.clock.advanceTo(retryAt as Date), breaker().ask()]);
  await breaker().ask();
  await app.clock.advance("5s");
  expect(changes()).toEqual(["parcels: closed → open", "parcels: open → half-open"]);
});

test("half-open, one probe at a time is let through; three that succeed close it", async () => {
  await halfOpen();
  for (let probe = 0; probe < 3; probe++) {
    const answers = await Promise.all([breaker().ask(), breaker().ask(), breaker().ask()]);
    expect(answers.map(({ allowed }) => allowed)).toEqual([true, false, false]);
    await breaker().succeeded(answers[0]?.round);
  }
  expect(await state()).toBe("closed");
  expect((await breaker().ask()).allowed).toBe(true);
  expect(changes().at(-1)).toBe("parcels: half-open → closed");
});

test("a probe that fails opens it again, for another whole cool-down", async () => {
  await halfOpen();
  const { round } = await breaker().ask();
  await breaker().failed(round);
  expect((await breaker().ask()).allowed).toBe(false);
  await app.clock.advance("29s");
  expect(await state()).toBe("open");
  await app.clock.advance("2s");
  expect(await state()).toBe("half-open");
});

test("closed again, it has forgotten the failures of before", async () => {
  await halfOpen();
  for (let probe = 0; probe < 3; probe++) await breaker().succeeded((await breaker().ask()).round);
  await fail(4);
  expect(await state()).toBe("closed");
});

test("a probe whose caller has died is not in the way for ever", async () => {
  await halfOpen();
  expect((await breaker().ask()).allowed).toBe(true);
  await app.clock.advance("9s");
  expect((await breaker().ask()).allowed).toBe(false);
  await app.clock.advance("1s");
  expect((await breaker().ask()).allowed).toBe(true);
});

test("what is told of a call from before the last change comes too late to count", async () => {
  const { round } = await breaker().ask();
  await halfOpen();
  await breaker().failed(round);
  expect(await state()).toBe("half-open");
  for (let call = 0; call < 3; call++) await breaker().succeeded(round);
  expect(await state()).toBe("half-open");
});

test("a process that dies loses no failure, and the cool-down goes on without it", async () => {
  await fail(3);
  app.crash();
  await fail(1);
  const fifth = breaker().failed();
  app.crash();
  await fifth; // The client has told it again, and it counts once.
  expect(await state()).toBe("open");
  app.crash();
  await app.clock.advance("31s");
  expect(await state()).toBe("half-open");
  expect(changes()).toEqual(["parcels: closed → open", "parcels: open → half-open"]);
});

test("who ends the cool-down by hand ends it no sooner", async () => {
  await open();
  await breaker().endCoolDown();
  expect(await state()).toBe("open");
});
