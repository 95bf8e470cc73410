/** Reminders, attempts and large states, end to end, on the endpoints that `npm run test:conformance` names. */
import { type Client, createClient } from "durable-lambda";
import { eventually } from "../deployed/eventually";
import { AppHere } from "./app-here";
import { Alarm, Diary, handler, ownActors } from "./own-actors";

const PATIENCE_MS = 60_000;
jest.setTimeout(PATIENCE_MS + 30_000);

(process.env.DURABLE_TEST_CONFORMANCE ? describe : describe.skip)("actors of the tests' own", () => {
  let app: AppHere;
  let client: Client;
  beforeAll(async () => {
    app = await AppHere.start(handler, ownActors);
    ({ client } = app);
  });
  afterAll(() => app?.close());

  const comesAbout = (assertions: () => Promise<void>) => eventually(assertions, PATIENCE_MS);
  const ringsOf = (id: string) => client.actor(Alarm).get(id).list();

  it("reminds once, and not early", async () => {
    const dueAt = await client.actor(Alarm).get("once").set({ in: "1s" });
    await comesAbout(async () => {
      const rings = await ringsOf("once");
      expect(rings).toMatchObject([{ dueAt }]);
      expect(rings[0]?.at.getTime()).toBeGreaterThanOrEqual(dueAt.getTime());
    });
  });

  it("reminds again and again, until it is told to forget", async () => {
    await client.actor(Alarm).get("often").set({ every: "1s" }, 3);
    await comesAbout(async () => {
      const times = (await ringsOf("often")).map(({ dueAt }) => dueAt.getTime());
      expect(new Set(times).size).toBe(3);
    });
  });

  it("reminds by the sweep, when the hint is lost", async () => {
    app.losesWakes = true;
    const [lostBefore, dueAt] = [app.lostWakes, await client.actor(Alarm).get("forgotten").set({ in: "1s" })];
    await comesAbout(async () => expect(app.lostWakes).toBeGreaterThan(lostBefore));
    expect(await ringsOf("forgotten")).toEqual([]);
    app.losesWakes = false;
    expect(await app.sweep()).toMatchObject({ hints: 1, isComplete: true });
    await comesAbout(async () => expect(await ringsOf("forgotten")).toMatchObject([{ dueAt }]));
  });

  it("keeps the order of messages when one of them fails, and works later", async () => {
    const diary = client.actor(Diary).get("ordered");
    const sends = [diary.send().add("1"), diary.send().addAtLast("2")];
    for (const entry of ["3", "4", "5"]) sends.push(diary.send().add(entry));
    await Promise.all(sends);
    await comesAbout(async () => expect(await diary.list()).toEqual(["1", "2", "3", "4", "5"]));
  });

  it("keeps a state that is larger than an item, for other processes too", async () => {
    const texts = Array.from({ length: 4 }, (_, index) => String(index).repeat(250_000));
    const diary = client.actor(Diary).get("large");
    for (const text of texts) await diary.add(text);
    const elsewhere = createClient({ transport: "inline" });
    expect(await elsewhere.actor(Diary).get("large").list()).toEqual(texts);
    expect(await elsewhere.actor(Diary).get("large").add("last")).toBe(5);
    expect(await diary.list()).toEqual([...texts, "last"]);
  });
});
