/** What a room keeps, whom it knows, and what it refuses; minutes of silence take no time here. */
import { Actor, Method, ValidationError } from "durable-lambda";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { HISTORY, Room } from "./room";

/** Says how many people it keeps, be they there or gone. */
@Actor({ expireAfter: "30d" })
class OpenRoom extends Room {
  @Method({ readonly: true })
  kept(): number {
    return (this as unknown as { people: Map<string, unknown> }).people.size;
  }
}

let app: TestApp;
/** The turns of reminders that there were; and whether they fail. */
let reminders: number;
let fail: boolean;

beforeEach(() => {
  reminders = 0;
  fail = false;
  app = createTestApp([OpenRoom], {
    use: [
      (call, next) => {
        if (call.mode === "reminder") reminders++;
        if (call.mode === "reminder" && fail) throw new Error("not now");
        return next();
      },
    ],
  });
});
afterEach(() => app.close());

const [ANN, BOB] = ["session-of-ann-000001", "session-of-bob-000001"];
const room = (options = {}) => app.client.actor(OpenRoom).get("lobby", options);
const people = async () => (await room().news()).people;
const texts = async (since?: string) => (await room().news(since)).messages.map(({ text }) => text);

describe("who is there", () => {
  test("whoever enters is there until they leave", async () => {
    expect(await room().enter(BOB, "  Bob ")).toMatchObject({ name: "Bob" });
    await room().enter(ANN, "Ann");
    expect(await people()).toEqual(["Ann", "Bob"]);
    await room().leave(BOB);
    expect(await people()).toEqual(["Ann"]);
  });

  test("whoever is silent for 90 seconds is gone, to the second; whoever says that they are here stays", async () => {
    await room().enter(ANN, "Ann");
    await room().enter(BOB, "Bob");
    await app.clock.advance("60s");
    await room().enter(BOB, "Bob");
    await app.clock.advance(29_999);
    expect(await people()).toEqual(["Ann", "Bob"]);
    await app.clock.advance(1);
    expect(await people()).toEqual(["Bob"]);
    await app.clock.advance("60s");
    expect(await people()).toEqual([]);
    expect(await room().kept()).toBe(0);
    expect(reminders).toBe(2);
  });

  test("a reminder is not moved by each sign of life, and none is left when nobody is", async () => {
    for (let minutes = 0; minutes < 10; minutes++) {
      await room().enter(ANN, "Ann");
      await app.clock.advance("1m");
    }
    expect(reminders).toBeGreaterThan(3);
    expect(reminders).toBeLessThan(10);
    await app.clock.advance("2m");
    const atTheEnd = reminders;
    await app.clock.advance("7d");
    expect(reminders).toBe(atTheEnd);
  });

  test("the time decides, also while the reminder fails", async () => {
    fail = true;
    await room().enter(ANN, "Ann");
    await app.clock.advance("90s");
    expect(await people()).toEqual([]);
    await expect(room().post(ANN, "Hi")).rejects.toMatchObject({ code: "NotHere" });
    await room().enter(BOB, "Ann");
  });

  test("a process that dies takes nobody along, and nobody stays because of it", async () => {
    await room().enter(ANN, "Ann");
    app.crash();
    expect(await people()).toEqual(["Ann"]);
    await app.clock.advance("3m");
    expect(await people()).toEqual([]);
  });

  test.each(["Ann", "ann", " ANN ", "Ａｎｎ"])("while Ann is there, nobody else is %p", async (name) => {
    await room().enter(ANN, "Ann");
    await expect(room().enter(BOB, name)).rejects.toMatchObject({ code: "NameTaken" });
    expect(await people()).toEqual(["Ann"]);
    await room().leave(ANN);
    await room().enter(BOB, name);
    expect(await people()).toHaveLength(1);
  });

  test("a person may be called something else, and is still one", async () => {
    await room().enter(ANN, "Ann");
    await room().enter(ANN, "Anna");
    expect(await people()).toEqual(["Anna"]);
  });

  test.each(["", "   ", "x".repeat(31), "a\tb\u0007", "\u202Enna", 7, undefined, null, ["Ann"]])(
    "%p is no name",
    async (name) => {
      await expect(room().enter(ANN, name as string)).rejects.toBeInstanceOf(ValidationError);
      expect(await people()).toEqual([]);
    },
  );

  test.each(["", "short", "x".repeat(65), "with spaces in it, and long", undefined, 12_345])(
    "%p is no session",
    async (session) => {
      await expect(room().enter(session as string, "Ann")).rejects.toBeInstanceOf(ValidationError);
    },
  );

  test("a room takes a hundred people, and those who are in it may stay", async () => {
    const session = (number: number) => `session-of-somebody-${number}`;
    for (let number = 0; number < 100; number++) await room().enter(session(number), `no ${number}`);
    await expect(room().enter(ANN, "Ann")).rejects.toMatchObject({ code: "RoomFull" });
    await room().enter(session(5), "number five");
    await room().leave(session(5));
    await room().enter(ANN, "Ann");
    expect(await people()).toHaveLength(100);
  });
});

describe("what is said", () => {
  beforeEach(async () => {
    await room().enter(ANN, "Ann");
    await room().enter(BOB, "Bob");
  });

  test("is kept with who said it, and when", async () => {
    const message = await room().post(ANN, " Hello \n you ");
    expect(message).toEqual({
      id: expect.any(String),
      by: "Ann",
      text: "Hello \n you",
      at: new Date("2030-01-01T00:00:00Z"),
    });
    expect((await room().news()).messages).toEqual([message]);
  });

  test("is said once by its key, however often it comes, whatever dies in between", async () => {
    const post = () => room({ idempotencyKey: "k" }).post(ANN, "Hello");
    const first = post();
    app.crash();
    const { id } = await first;
    await room().post(BOB, "Hi");
    app.crash();
    expect((await post()).id).toBe(id);
    await app.clock.advance("7d");
    expect((await post()).id).toBe(id);
    expect(await texts()).toEqual(["Hello", "Hi"]);
  });

  test("can be asked for from any message on", async () => {
    const ids: string[] = [];
    for (const text of ["one", "two", "three"]) ids.push((await room().post(ANN, text)).id);
    expect(await texts(ids[0])).toEqual(["two", "three"]);
    expect(await texts(ids[2])).toEqual([]);
    expect(await room().news(ids[1])).toMatchObject({ missed: false });
  });

  test("is forgotten when there is more than the room keeps, and whoever asks for it is told", async () => {
    const ids: string[] = [];
    for (let number = 0; number <= HISTORY; number++) {
      ids.push((await room().post(number % 2 === 0 ? ANN : BOB, `no ${number}`)).id);
      await app.clock.advance("5s");
    }
    const { messages, missed } = await room().news(ids[0]);
    expect(missed).toBe(true);
    expect(messages.map(({ id }) => id)).toEqual(ids.slice(1));
    expect(await room().news(ids[1])).toMatchObject({ missed: false });
    expect(await room().news("no such message")).toMatchObject({ missed: true });
    expect(await room().news()).toMatchObject({ missed: false });
  });

  test("is said only by those who are there", async () => {
    const refused = { code: "NotHere" };
    await expect(room().post("session-of-nobody-0001", "Hi")).rejects.toMatchObject(refused);
    await room().leave(ANN);
    await expect(room().post(ANN, "Hi")).rejects.toMatchObject(refused);
    await app.clock.advance("90s");
    await expect(room().post(BOB, "Hi")).rejects.toMatchObject(refused);
    expect(await texts()).toEqual([]);
  });

  test.each(["", " \n ", "x".repeat(2_001), 7, undefined, null, { text: "Hi" }])(
    "is no message: %p",
    async (text) => {
      await expect(room().post(ANN, text as string)).rejects.toBeInstanceOf(ValidationError);
      expect(await texts()).toEqual([]);
    },
  );

  test("is five messages in ten seconds, at most; to leave and come back does not help", async () => {
    for (let number = 1; number <= 5; number++) {
      await room().post(ANN, `no ${number}`);
      await app.clock.advance("1s");
    }
    await expect(room().post(ANN, "no 6")).rejects.toMatchObject({ code: "TooFast", retryAfterMs: 5_000 });
    await room().leave(ANN);
    await room().enter(ANN, "Ann");
    await expect(room().post(ANN, "no 6")).rejects.toMatchObject({ code: "TooFast", retryAfterMs: 5_000 });
    await room().post(BOB, "somebody else");
    await app.clock.advance(4_999);
    await expect(room().post(ANN, "no 6")).rejects.toMatchObject({ retryAfterMs: 1 });
    await app.clock.advance(1);
    await room().post(ANN, "no 6");
    expect((await texts()).at(-1)).toBe("no 6");
  });

  test("is gone when nobody has been there for 30 days", async () => {
    const { id } = await room().post(ANN, "Hello");
    await app.clock.advance("29d");
    expect(await texts()).toEqual(["Hello"]);
    await app.clock.advance("2d");
    expect(await room().news(id)).toEqual({ messages: [], missed: true, people: [] });
  });
});
