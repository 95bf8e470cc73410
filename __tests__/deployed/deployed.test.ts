/**
 * The whole app where it is to run: real processes of a function, which are frozen between events and killed when they take
 * too long, and real mappings from the queues. It needs an endpoint with Lambda, such as LocalStack's; CONTRIBUTING.md says
 * how to run it.
 */
import { type Client, createClient, MethodError } from "durable-lambda";
import { deadLettersFromEnvironment } from "durable-lambda/aws";
import { groupIdOf } from "../../lib/messages/message";
import { Account } from "../../samples/bank/account";
import { Counter } from "../../samples/counter/counter";
import type { Bystander } from "./bystander";
import { type DeployedApp, FUNCTION_TIMEOUT_SECONDS, VISIBILITY_SECONDS } from "./deployed-app";
import { eventually } from "./eventually";
import { killRunning } from "./function-processes";
import { describeDeployed, Session } from "./session";
import { type Decision, Journal, Manager, Purchase, Unruly } from "./test-actors";

const SECONDS = 1_000;
/** For a few messages to be processed by a function that is there. */
const SOON_MS = 20 * SECONDS;
/** For what was handed to a process that was killed, or never answered, to come again and be processed. */
const AFTER_KILL_MS = (FUNCTION_TIMEOUT_SECONDS + VISIBILITY_SECONDS) * SECONDS + SOON_MS;
const MESSAGES_PER_ACTOR = 20;

describeDeployed("an app on Lambda", () => {
  let session: Session;
  let app: DeployedApp;
  let client: Client;
  let onlooker: Client;
  let bystander: Bystander;

  beforeAll(async () => {
    session = await Session.begin();
    ({ app, client, onlooker, bystander } = session);
  }, 180_000);

  afterAll(async () => {
    await session?.end();
  }, 180_000);

  const list = (id: string) => onlooker.actor(Journal).get(id).list();
  const untilListed = (id: string, entries: readonly string[], withinMs = SOON_MS) =>
    eventually(async () => expect(await list(id)).toEqual(entries), withinMs);
  const numbered = (text: string, count: number) => Array.from({ length: count }, (_, n) => `${text} ${n}`);
  const sendAll = (id: string, entries: readonly string[]) =>
    entries.map((entry) => client.actor(Journal).get(id).send().add(entry));

  /** A client of a caller that may use the function, and nothing else. */
  function withRouterOnly(): Client {
    const { DURABLE_ROUTER, ...others } = app.variables;
    for (const variable of Object.keys(others)) delete process.env[variable];
    try {
      return createClient();
    } finally {
      Object.assign(process.env, others);
    }
  }

  test("takes a call, and twenty at once for one actor", async () => {
    const counter = client.actor(Counter);
    await expect(counter.get("one").increment(5)).resolves.toBe(5);
    const counts = await Promise.all(Array.from({ length: 20 }, () => counter.get("many").increment()));
    expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
  }, 60_000);

  test("processes a hundred messages to five actors once each, in the order in which they were sent", async () => {
    const entries = numbered("entry", MESSAGES_PER_ACTOR);
    const ids = numbered("journal", 5);
    // Not awaited one by one: the order is that of the calls.
    await Promise.all(entries.flatMap((entry) => ids.map((id) => sendAll(id, [entry]))).flat());
    for (const id of ids) await untilListed(id, entries, 60 * SECONDS);
  }, 90_000);

  test("takes messages for a caller that has the function alone", async () => {
    const caller = withRouterOnly();
    await Promise.all(["a", "b"].map((entry) => caller.actor(Journal).get("by router").send().add(entry)));
    const handle = await caller.actor(Counter).get("by router").start().increment(3);
    await expect(handle.result()).resolves.toBe(3);
    await eventually(async () => expect((await list("by router")).sort()).toEqual(["a", "b"]), SOON_MS);
  }, 60_000);

  test("takes a message by an asynchronous invocation", async () => {
    await app.invokeAsync({
      actor: "Journal",
      id: "by event",
      method: "add",
      args: ["an event"],
      mode: "send",
    });
    await untilListed("by event", ["an event"]);
  }, 60_000);

  test("gives the results of tracked calls, whoever ends them, and their own errors", async () => {
    const purchase = client.actor(Purchase);
    const [counted, declined, first, second, third] = await Promise.all([
      client.actor(Counter).get("tracked").start().increment(7),
      client.actor(Account).get("tracked").start().withdraw(1),
      purchase.get("1").start().ask(),
      purchase.get("2").start().ask(),
      purchase.get("3").start().ask(),
    ]);
    await expect(counted.result()).resolves.toBe(7);

    await eventually(async () => {
      // Left open, not merely waiting: its turn has been.
      for (const { callId } of [first, second, third]) {
        expect((await client.call(callId).status()).status).toBe("pending");
      }
      expect(await app.depth("DURABLE_QUEUE")).toBeLessThan(3);
    }, SOON_MS);
    await client.actor(Manager).get("Mo").approve(first.callId);
    await client.actor(Manager).get("Mo").send().refuse(second.callId);
    await client.call<Decision>(third.callId).resolve({ approved: false, by: "a webhook" });
    await expect(first.result()).resolves.toEqual({ approved: true, by: "Mo" });
    await expect(second.result()).rejects.toMatchObject({ name: "RangeError", message: "That is too much." });
    await expect(third.result()).resolves.toEqual({ approved: false, by: "a webhook" });

    const error = await declined.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MethodError);
    expect(error).toMatchObject({
      name: "InsufficientFunds",
      code: "InsufficientFunds",
      asked: 1,
      available: 0,
    });
    expect(await deadLettersFromEnvironment().discard({ callId: declined.callId })).toBe(1);
  }, 90_000);

  test("processes a delayed message when its time has come, not before", async () => {
    const sentMs = Date.now();
    await client.actor(Journal).get("delayed").send({ delay: "3s" }).add("late");
    await untilListed("delayed", ["late"]);
    const at = await onlooker.actor(Journal).get("delayed").lastAdded();
    expect(at.getTime() - sentMs).toBeGreaterThanOrEqual(3 * SECONDS);
  }, 60_000);

  test("gives up a message that fails, goes on with those behind it, and takes it again when it is redriven", async () => {
    const account = client.actor(Account).get("poor");
    // Few: of many hidden messages, LocalStack may hand out some before all are visible again, out of their order. SQS keeps
    // a group closed for as long as any of it is in flight.
    const later = [1, 2];
    const [, poison] = await Promise.all([
      account.send().deposit(10),
      account.send().withdraw(50),
      ...later.map((amount) => account.send().deposit(amount)),
    ]);
    const amounts = async () =>
      (await onlooker.actor(Account).get("poor").statement()).entries.map(({ amount }) => amount);
    await eventually(async () => expect(await amounts()).toEqual([10, ...later]), 2 * SOON_MS);

    const deadLetters = deadLettersFromEnvironment();
    const found = await deadLetters.list({ actor: "Account", id: "poor" });
    expect(found).toEqual([
      expect.objectContaining({
        actor: "Account",
        id: "poor",
        method: "withdraw",
        mode: "send",
        callId: poison.callId,
        reason: expect.objectContaining({
          code: "InsufficientFunds",
          name: "InsufficientFunds",
          message: "The account has 10, not 50",
          attempts: 3,
          stack: expect.stringContaining("withdraw"),
        }),
      }),
    ]);

    await account.deposit(100);
    await expect(deadLetters.redrive({ actor: "Account", id: "poor" })).resolves.toBe(1);
    await eventually(async () => expect(await amounts()).toEqual([10, ...later, 100, -50]), SOON_MS);
    await expect(deadLetters.list({ actor: "Account", id: "poor" })).resolves.toEqual([]);
  }, 120_000);

  test("gives up what is no message, and goes on with its group", async () => {
    const deadLetters = deadLettersFromEnvironment();
    await Promise.all(sendAll("disturbed", ["before"]));
    await app.put("DURABLE_QUEUE", "not a message", groupIdOf({ type: "Journal", id: "disturbed" }));
    await Promise.all(sendAll("disturbed", ["after"]));
    await app.put("DURABLE_WAKE_QUEUE", "no message either");
    await untilListed("disturbed", ["before", "after"]);
    await eventually(async () => {
      const letters = (await deadLetters.list()).filter(({ actor }) => actor === undefined);
      expect(letters.map(({ body }) => body).sort()).toEqual(["no message either", "not a message"]);
      expect(letters.map(({ reason }) => reason.code)).toEqual(["UnexpectedEvent", "UnexpectedEvent"]);
    }, SOON_MS);
    for (const { messageId } of await deadLetters.list()) await deadLetters.discard({ messageId });
  }, 90_000);

  test("ends a turn that waits for ever before Lambda kills its process", async () => {
    const unruly = client.actor(Unruly).get("waiting");
    const handle = await unruly.start().waitForEver("never");
    await unruly.send().work("next");
    await expect(handle.result({ timeout: "40s" })).rejects.toMatchObject({ code: "CallTimeout" });
    await eventually(async () => {
      expect(await onlooker.actor(Unruly).get("waiting").report()).toEqual(["next"]);
    }, SOON_MS);
    expect(await deadLettersFromEnvironment().discard({ callId: handle.callId })).toBe(1);
  }, 120_000);

  test.each(["hog", "dieBeforeCommit", "dieDuringCommit"] as const)(
    "repeats what its process was killed with in mid-turn (%s), with one effect and in order",
    async (method) => {
      const unruly = client.actor(Unruly);
      const messages = unruly.get(`${method}, by message`);
      const [call, , handle] = await Promise.all([
        unruly.get(`${method}, by call`)[method]("called"),
        messages.send().work("1"),
        messages.start()[method]("2"),
        messages.send().work("3"),
        messages.send().work("4"),
      ]);
      expect(call).toBe("called");
      await expect(handle.result({ timeout: AFTER_KILL_MS })).resolves.toBe("2");
      await eventually(async () => {
        const report = (by: string) => onlooker.actor(Unruly).get(`${method}, ${by}`).report();
        expect(await report("by message")).toEqual(["1", "2", "3", "4"]);
        expect(await report("by call")).toEqual(["called"]);
      }, SOON_MS);
    },
    120_000,
  );

  test("loses nothing and repeats nothing when processes are killed at any moment", async () => {
    const entries = numbered("entry", 10);
    const ids = numbered("stormy", 4);
    const journal = client.actor(Journal);
    await Promise.all(entries.flatMap((entry) => ids.map((id) => journal.get(id).send().addSlowly(entry))));
    let [kills, appliedAtKill] = [0, 0];
    await eventually(async () => {
      const lists = await Promise.all(ids.map(list));
      // Some of a batch is committed then, and comes again with the rest of it.
      const applied = lists.flat().length;
      if (kills < 2 && applied > appliedAtKill) {
        kills += await killRunning(app.variables.DURABLE_ROUTER);
        appliedAtKill = applied;
      }
      expect(lists).toEqual(ids.map(() => entries));
    }, 2 * AFTER_KILL_MS);
    expect(kills).toBeGreaterThanOrEqual(2);
  }, 180_000);

  test("leaves nothing behind: everything sent on the side has arrived, the queues are empty", async () => {
    await bystander.stop();
    await untilListed("bystander", bystander.sent, AFTER_KILL_MS);
    await eventually(async () => {
      expect(new Set(await list("bystander, later"))).toEqual(new Set(bystander.sent));
    }, AFTER_KILL_MS);
    await expect(list("bystander, later")).resolves.toHaveLength(bystander.sent.length);
    await eventually(async () => {
      for (const queue of ["DURABLE_QUEUE", "DURABLE_WAKE_QUEUE", "DURABLE_DEAD_LETTER_QUEUE"] as const) {
        expect([queue, await app.depth(queue)]).toEqual([queue, 0]);
      }
    }, AFTER_KILL_MS);
  }, 180_000);
});
