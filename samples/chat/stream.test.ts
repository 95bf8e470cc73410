/** The stream of a room over real HTTP, with connections that are cut and servers that are started anew. */
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { openEvents } from "./event-stream";
import { Room } from "./room";
import { type ChatServer, serveChat } from "./serve";
import { Visitor } from "./visitor";

let app: TestApp;
let chat: ChatServer;
let ann: Visitor;
let bob: Visitor;

beforeEach(async () => {
  app = createTestApp([Room]);
  chat = await serveChat(app.client, 0, { pollMs: 60_000 });
  [ann, bob] = [new Visitor("Ann", chat.url), new Visitor("Bob", chat.url)];
  await ann.enter();
  await bob.enter();
});
afterEach(async () => {
  await chat.close();
  await app.close();
});

test("tells who is there, and what they say, as it happens", async () => {
  await bob.listen();
  expect(await bob.hear(1, "people")).toEqual(["Ann, Bob"]);
  await ann.post("Hello");
  expect(await bob.hear(1)).toEqual(["Ann: Hello"]);
  await ann.leave();
  expect(await bob.hear(1, "people")).toEqual(["Bob"]);
});

test("goes on where it was cut, wherever that was: nothing is lost, and nothing comes twice", async () => {
  const all: string[] = [];
  for (const [number, by] of [ann, bob, ann, bob, ann].entries()) {
    await by.post(`no ${number}`);
    all.push(`${by.name}: no ${number}`);
  }
  for (let heard = 1; heard < all.length; heard++) {
    const reader = await new Visitor("Reader", chat.url).listen();
    expect(await reader.hear(heard)).toEqual(all.slice(0, heard));
    reader.cut();
    await reader.listen();
    expect(await reader.hear(all.length - heard)).toEqual(all.slice(heard));
  }
  const reader = await new Visitor("Reader", chat.url).listen();
  await reader.hear(all.length);
  await reader.listen();
  await bob.post("and one more");
  expect(await reader.hear(1)).toEqual(["Bob: and one more"]);
});

test("outlives a server that is started anew, with what was said meanwhile", async () => {
  await bob.listen();
  await ann.post("before");
  expect(await bob.hear(1)).toEqual(["Ann: before"]);
  await chat.close();
  await expect(bob.hear(1)).rejects.toThrow();
  await app.client.actor(Room).get("lobby").post(ann.session, "while it was away");
  chat = await serveChat(app.client, 0);
  bob.url = chat.url;
  await bob.listen();
  expect(await bob.hear(1)).toEqual(["Ann: while it was away"]);
});

test("finds by looking what other processes have changed, and who has gone by being silent", async () => {
  await chat.close();
  chat = await serveChat(app.client, 0, { pollMs: 5 });
  bob.url = chat.url;
  await bob.listen();
  await bob.hear(1, "people");
  await app.client.actor(Room).get("lobby").post(ann.session, "by another way");
  expect(await bob.hear(1)).toEqual(["Ann: by another way"]);
  await app.clock.advance("60s");
  await bob.enter();
  await app.clock.advance("30s");
  expect(await bob.hear(1, "people")).toEqual(["Bob"]);
});

test("says when what the browser has is not kept any more, and gives what there is, once", async () => {
  await ann.post("Hello");
  const stream = await openEvents(`${chat.url}/api/rooms/lobby/stream?since=gone`);
  expect((await stream.next()).event).toBe("missed");
  expect(JSON.parse((await stream.next()).data)).toMatchObject({ text: "Hello" });
  expect((await stream.next()).event).toBe("people");
  await ann.post("Still here?");
  expect(await stream.next()).toMatchObject({
    event: "message",
    data: expect.stringContaining("Still here?"),
  });
  stream.cut();
});

test("cannot be broken by what is written", async () => {
  const text = '\n\nevent: message\nid: 1\ndata: {"by":"Ann","text":"forged"}\n\n: \r\n\r\u2028x';
  await bob.listen();
  await bob.post(text);
  await bob.post("next");
  expect(await bob.hear(2)).toEqual([`Bob: ${text.trim()}`, "Bob: next"]);
});
