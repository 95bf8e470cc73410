/**
 * What turns cause, where the app is to run: messages and events that leave a function, rules that bring events to it, the
 * schedule of the sweep, and calls between actors. Like `deployed.test.ts`, it needs an endpoint with Lambda.
 */
import { CallCycle, type Client, createClient, type Store } from "durable-lambda";
import { deadLettersFromEnvironment, lambdaTransport, storeFromEnvironment } from "durable-lambda/aws";
import type { Address } from "../../lib/address";
import { SWEEP_AHEAD_MS, SWEEP_EVERY_MS } from "../../lib/wake";
import { type DeployedApp, FUNCTION_TIMEOUT_SECONDS, VISIBILITY_SECONDS } from "./deployed-app";
import { Alarm, Auditor, Link, Mortal, Order, Purse, type Ring } from "./effect-actors";
import { eventually } from "./eventually";
import { describeDeployed, Session } from "./session";

const SECONDS = 1_000;
/** For a few messages to be processed by a function that is there. */
const SOON_MS = 20 * SECONDS;
/** No later than this is a reminder for whose moment a hint was sent. LocalStack looks at a queue about once a second. */
const PUNCTUAL_MS = 5 * SECONDS;
/** A reminder that is farther off than this gets its hint from the sweep alone. */
const BEYOND_HINTS_MS = SWEEP_AHEAD_MS + 2 * SECONDS;
/** For the sweep to come, and for somebody to take the lease of the dead when it has ended. */
const AFTER_SWEEP_MS = SWEEP_EVERY_MS + SOON_MS;
const AFTER_KILL_MS = (FUNCTION_TIMEOUT_SECONDS + VISIBILITY_SECONDS) * SECONDS + SOON_MS;

const MORTAL: Address = { type: "Mortal", id: "the late" };

describeDeployed("what turns cause on Lambda", () => {
  let session: Session;
  let app: DeployedApp;
  let client: Client;
  let onlooker: Client;
  let store: Store;
  /** When the alarm that waits for the sweep is due. It takes the longest: it is set first, and looked at last. */
  let laterAt: Date;
  let causeOfDeath: string | undefined;

  beforeAll(async () => {
    session = await Session.begin();
    ({ app, client, onlooker } = session);
    store = storeFromEnvironment();
    [laterAt, causeOfDeath] = await Promise.all([
      client.actor(Alarm).get("later").set({ in: BEYOND_HINTS_MS }),
      app.invokeOnce({ actor: MORTAL.type, id: MORTAL.id, method: "bequeath", args: ["heir", 10] }),
    ]);
  }, 180_000);

  afterAll(async () => {
    await session?.end();
  }, 180_000);

  const facts: (() => Promise<void>)[] = [];
  /** Waits until something is so. It must stay so: the last test looks once more. */
  async function comesAbout(fact: () => Promise<void>, withinMs = SOON_MS): Promise<void> {
    await eventually(fact, withinMs);
    facts.push(fact);
  }

  const contentOf = (id: string) => onlooker.actor(Purse).get(id).content();
  const ringsOf = (id: string) => onlooker.actor(Alarm).get(id).list();
  const paymentsOf = (id: string) => onlooker.actor(Order).get(id).list();
  const heardFrom = async (source: string) => (await onlooker.actor(Auditor).get(source).list()).sort();

  async function expectRings(id: string, dueAt: readonly Date[]): Promise<void> {
    const rings = await ringsOf(id);
    expect(rings.map((ring) => ring.dueAt)).toEqual(dueAt);
    expectPunctual(rings);
  }

  function expectPunctual(rings: readonly Ring[]): void {
    for (const { dueAt, at } of rings) {
      const lateMs = at.getTime() - dueAt.getTime();
      expect(lateMs).toBeGreaterThanOrEqual(0);
      expect(lateMs).toBeLessThan(PUNCTUAL_MS);
    }
  }

  /** What an actor has published, each event once, however often the bus has carried it. */
  async function publishedBy(actor: string, id: string): Promise<string[]> {
    const events = new Map<string | undefined, string>();
    for (const { source, "detail-type": type, detail } of await app.bus.events()) {
      const { metadata } = detail;
      if (metadata?.actor === actor && metadata.actorId === id)
        events.set(metadata.eventId, `${source} ${type}`);
    }
    return [...events.values()].sort();
  }

  test("moves money by messages: it is in one place, and each event is on the bus", async () => {
    await client.actor(Purse).get("Ann").deposit(100);
    await client.actor(Purse).get("Ann").send().transfer("Bob", 30);
    await comesAbout(async () => {
      expect(await Promise.all(["Ann", "Bob"].map(contentOf))).toEqual([70, 30]);
      const deposited = "durable-lambda.Purse Deposited";
      expect(await publishedBy("Purse", "Ann")).toEqual([deposited, "durable-lambda.Purse Transferred"]);
      expect(await publishedBy("Purse", "Bob")).toEqual([deposited]);
    });
  }, 60_000);

  test("calls one actor from another, and gives the first one its result", async () => {
    await client.actor(Purse).get("Cid").deposit(10);
    await expect(client.actor(Purse).get("Cid").transferNow("Dan", 4)).resolves.toBe(4);
    await expect(Promise.all(["Cid", "Dan"].map(contentOf))).resolves.toEqual([6, 4]);
  }, 60_000);

  test.each([
    ["in one process", "here"],
    ["in a process each", "over Lambda"],
  ] as const)(
    "refuses a call that would wait for itself, with the chain that led to it: actors %s",
    async (_, way) => {
      const ids = ["a", "b", "c"].map((id) => `${id}, ${way}`);
      const [first = "", ...others] = ids;
      const failure = await client
        .actor(Link)
        .get(first)
        .pass([...others, first], way)
        .catch((thrown: unknown) => thrown);
      expect(failure).toBeInstanceOf(CallCycle);
      expect(failure).toMatchObject({ details: { chain: [...ids, first].map((id) => `Link/${id}`) } });
    },
    60_000,
  );

  test("reminds once, not early and not late", async () => {
    const setMs = Date.now();
    const dueAt = await client.actor(Alarm).get("soon").set({ in: "3s" });
    expect(dueAt.getTime()).toBeGreaterThanOrEqual(setMs + 3 * SECONDS);
    await comesAbout(() => expectRings("soon", [dueAt]));
  }, 60_000);

  test("reminds again and again, until it is told to forget", async () => {
    const firstAt = await client.actor(Alarm).get("often").set({ every: "1s" }, 3);
    await comesAbout(async () => {
      const rings = await ringsOf("often");
      expect(rings).toHaveLength(3);
      // A time that passes while nobody comes is made up for by the next turn: the times may have gaps.
      const times = rings.map(({ dueAt }) => (dueAt.getTime() - firstAt.getTime()) / SECONDS);
      expect(times[0]).toBe(0);
      expect(times.every(Number.isInteger)).toBe(true);
      expect(new Set(times).size).toBe(3);
      expectPunctual(rings);
      const head = await store.read({ type: "Alarm", id: "often" }, { consistent: true });
      expect(head).toMatchObject({ reminders: "" });
    });
  }, 60_000);

  test("brings an event to all who listen, once each, whoever publishes it and however often", async () => {
    const caller = createClient({
      transport: lambdaTransport({ functionName: app.variables.DURABLE_ROUTER }),
    });
    const shop = { source: "shop", detailType: "OrderPaid" };
    const known = { ...shop, detail: { orderId: "3", amount: 300, metadata: { eventId: "payment 3" } } };
    const twice = { source: "shop", eventId: "payment 1" };
    const [, , { eventId }] = await Promise.all([
      client.emit("OrderPaid", { orderId: "1", amount: 10 }, twice),
      client.emit("OrderPaid", { orderId: "1", amount: 10 }, twice),
      caller.emit("OrderPaid", { orderId: "2", amount: 20 }, { source: "shop" }),
      app.bus.put(known),
      app.bus.put(known),
      app.bus.put({ ...shop, detail: { orderId: "4", amount: 400 } }),
    ]);
    await comesAbout(async () => {
      expect(await paymentsOf("1")).toEqual([{ eventId: "payment 1", amount: 10 }]);
      expect(await paymentsOf("2")).toEqual([{ eventId, amount: 20 }]);
      expect(await paymentsOf("3")).toEqual([{ eventId: "payment 3", amount: 300 }]);
      // It has no id but EventBridge's.
      expect(await paymentsOf("4")).toEqual([
        { eventId: expect.stringMatching(/^[\da-f-]{36}$/), amount: 400 },
      ]);
      const ids = ["1", "2", "3", "4"];
      expect(await heardFrom("shop")).toEqual(ids.map((id) => `OrderPaid ${id}`));
      expect(await heardFrom("durable-lambda.Order")).toEqual(ids.map((id) => `OrderShipped ${id}`));
    });
  }, 60_000);

  test("gives up an event that names no actor, for the method that it does not suit alone", async () => {
    const kiosk = { source: "kiosk", detailType: "OrderPaid" };
    await app.bus.put({ ...kiosk, detail: { amount: 1 } });
    await app.bus.put({ ...kiosk, detail: { orderId: "", amount: 2 } });
    const deadLetters = deadLettersFromEnvironment();
    const letters = await eventually(async () => {
      const found = (await deadLetters.list()).map((letter) => ({
        ...letter,
        event: JSON.parse(letter.body),
      }));
      const reasons = found.map(({ event, reason }) => [event.detail.amount, reason.code]);
      expect(reasons.sort()).toEqual([
        [1, "UnexpectedEvent"],
        [2, "InvalidActorId"],
      ]);
      return found;
    }, SOON_MS);
    for (const { messageId } of letters) expect(await deadLetters.discard({ messageId })).toBe(1);
    await comesAbout(async () => {
      expect(await heardFrom("kiosk")).toEqual(["OrderPaid ", "OrderPaid undefined"]);
      expect(await deadLetters.list()).toEqual([]);
    });
  }, 60_000);

  test("delivers, once the sweep has come, what a killed process had committed", async () => {
    expect(causeOfDeath).toContain("Runtime.ExitError");
    await comesAbout(async () => {
      expect(await publishedBy(MORTAL.type, MORTAL.id)).toEqual(["durable-lambda.Mortal LastWords"]);
      expect(await contentOf("heir")).toBe(10);
      expect(await onlooker.actor(Mortal).get(MORTAL.id).count()).toBe(1);
    }, AFTER_SWEEP_MS);
  }, 120_000);

  test("reminds, by a hint of the sweep's, when the moment was too far off for one at once", async () => {
    await comesAbout(() => expectRings("later", [laterAt]), laterAt.getTime() - Date.now() + PUNCTUAL_MS);
  }, 120_000);

  test("leaves nothing behind: nobody is to be looked at, the queues are empty, and what came about still is so", async () => {
    await session.bystander.stop();
    await eventually(async () => {
      const shards = Array.from({ length: store.wakeShards }, (_, shard) => shard);
      const pages = await Promise.all(shards.map((shard) => store.readDue(shard, Number.MAX_SAFE_INTEGER)));
      expect(pages.flatMap(({ due }) => due)).toEqual([]);
      for (const queue of ["DURABLE_QUEUE", "DURABLE_WAKE_QUEUE", "DURABLE_DEAD_LETTER_QUEUE"] as const) {
        expect([queue, await app.depth(queue)]).toEqual([queue, 0]);
      }
    }, AFTER_KILL_MS);
    for (const fact of facts) await fact();
  }, 120_000);
});
