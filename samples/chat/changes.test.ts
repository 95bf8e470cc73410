import { setImmediate as later } from "node:timers/promises";
import { Changes } from "./changes";

/** Longer than any test: what resolves was told. */
const NEVER_MS = 30_000;

test("who waits is told of a change of their room, and of no other", async () => {
  const changes = new Changes();
  const [tea, lobby] = [changes.listen("tea"), changes.listen("lobby")];
  const told: string[] = [];
  const waiting = [
    tea.change(NEVER_MS).then(() => told.push("tea")),
    lobby.change(NEVER_MS).then(() => told.push("lobby")),
  ];
  changes.tell("tea");
  await later();
  expect(told).toEqual(["tea"]);
  lobby.close();
  await Promise.all(waiting);
  expect(told).toEqual(["tea", "lobby"]);
});

test("what changes while somebody looks is there when they wait, once", async () => {
  const changes = new Changes();
  const listener = changes.listen("tea");
  changes.tell("tea");
  changes.tell("tea");
  await listener.change(NEVER_MS);
  let isTold = false;
  const waiting = listener.change(NEVER_MS).then(() => {
    isTold = true;
  });
  await later();
  expect(isTold).toBe(false);
  changes.tell("tea");
  await waiting;
});

test("who has stopped listening is not told, and others are", async () => {
  const changes = new Changes();
  const [one, other] = [changes.listen("tea"), changes.listen("tea")];
  one.close();
  await one.change(NEVER_MS); // It was closed: nothing to wait for.
  const waiting = other.change(NEVER_MS);
  changes.tell("tea");
  await waiting;
  other.close();
  changes.listen("tea").close();
});

test("after the time that one waits for at most, one looks again", async () => {
  await new Changes().listen("tea").change(1);
});
