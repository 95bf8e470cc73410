import { ValidationError } from "durable-lambda";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { Leaderboard } from "./leaderboard";

let app: TestApp;

beforeEach(() => {
  app = createTestApp([Leaderboard]);
});
afterEach(() => app.close());

const board = () => app.client.actor(Leaderboard).get("chess");
const top = async (count?: number) =>
  (await board().top(count)).map(({ rank, user, points }) => `${rank} ${user} ${points}`);

test("a user's best result counts, also one below zero", async () => {
  expect(await board().score("ann", -5)).toEqual({ rank: 1, user: "ann", points: -5 });
  expect(await board().score("ann", 30)).toMatchObject({ points: 30 });
  expect(await board().score("ann", 20)).toMatchObject({ points: 30 });
  expect(await board().rank("ann")).toEqual({ rank: 1, user: "ann", points: 30 });
});

test("the same points are the same rank, and those who had them first stand first", async () => {
  await board().score("dee", 10);
  await board().score("cy", 50);
  await board().score("bob", 20);
  await board().score("ann", 50);
  await board().score("cy", 50); // No better than before: cy stays ahead of ann.
  expect(await top()).toEqual(["1 cy 50", "1 ann 50", "3 bob 20", "4 dee 10"]);
  expect(await board().rank("ann")).toMatchObject({ rank: 1 });
  expect(await board().rank("bob")).toMatchObject({ rank: 3 });
});

test("whoever catches up with others stands behind them, and another process says the same", async () => {
  await board().score("ann", 10);
  await board().score("bob", 20);
  await board().score("ann", 20);
  app.crash();
  expect(await top()).toEqual(["1 bob 20", "1 ann 20"]);
});

test("the top are ten, or as many as asked for", async () => {
  await Promise.all(Array.from({ length: 12 }, (_, index) => board().score(`user-${index}`, index)));
  expect(await top()).toHaveLength(10);
  expect(await top(2)).toEqual(["1 user-11 11", "2 user-10 10"]);
});

test("a board that nobody has played is empty", async () => {
  expect(await top()).toEqual([]);
  expect(await board().rank("ann")).toBeUndefined();
});

test("names that mean something to JavaScript are names like others", async () => {
  await board().score("__proto__", 1);
  await board().score("constructor", 2);
  expect(await top()).toEqual(["1 constructor 2", "2 __proto__ 1"]);
});

const fromAnywhere = (value: unknown) => value as number;

test.each([Number.NaN, Infinity, -Infinity, fromAnywhere("9"), fromAnywhere(undefined), fromAnywhere(null)])(
  "points of %p are refused and change nothing",
  async (points) => {
    await board().score("ann", 1);
    const refused = board().score("ann", points);
    await expect(refused).rejects.toBeInstanceOf(ValidationError);
    await expect(refused).rejects.toMatchObject({ details: { user: "ann", points } });
    expect(await top()).toEqual(["1 ann 1"]);
  },
);

test.each([0, -1, 2.5, 101])("there is no top %p", async (count) => {
  await expect(board().top(count)).rejects.toBeInstanceOf(ValidationError);
});

test("a message with wrong points is a dead letter at once, and those behind it go on", async () => {
  await board().send().score("ann", Number.NaN);
  await board().send().score("bob", 7);
  await app.settled();
  expect(await top()).toEqual(["1 bob 7"]);
  const [letter] = await app.deadLetters.list({ actor: "Leaderboard" });
  expect(letter?.reason).toMatchObject({ code: "ValidationError", attempts: 1 });
});
