/** Messages of one client to one actor arrive in the order in which they were sent, awaited or not, whatever fails on the way. */
import type { Transport } from "durable-lambda";
import { Actor, DurableActor, Method, QueueUnavailable, StoreUnavailable } from "durable-lambda";
import { type Client, clientOver } from "../../lib/client/client";
import { Messenger } from "../../lib/messages/messenger";
import type { OutgoingMessage } from "../../lib/messages/queue";
import type { NewTrackedCall } from "../../lib/messages/tracked-calls";
import { FakeClock, gate } from "../support/fake-clock";
import { openLocal } from "../support/local-ports";

@Actor
class Ledger extends DurableActor {
  @Method note(_line: number): void {}
}

type Request = Parameters<Transport["invoke"]>[0] & {
  readonly args?: readonly unknown[];
  readonly id?: string;
};

const UNAVAILABLE = { code: "QueueUnavailable", message: "Not now.", retryable: true };
const REFUSED = { code: "PayloadTooLarge", message: "Too large.", retryable: false };

let clock: FakeClock;
/** What arrived, in its order; and what is under way. */
let arrived: string[];
let underWay: number;
let mostUnderWay: number;
beforeEach(() => {
  clock = new FakeClock();
  arrived = [];
  underWay = mostUnderWay = 0;
});

/** @param fails the errors of the attempts for a line, the first one first */
function clientWith(keepsOrder: boolean, fails: Record<string, (typeof UNAVAILABLE)[]>): Client {
  const transport: Transport = {
    keepsOrder,
    async invoke(request) {
      const { id, args } = request as Request;
      const line = `${id}${String(args?.[0])}`;
      mostUnderWay = Math.max(mostUnderWay, ++underWay);
      await null;
      underWay--;
      const error = fails[line]?.shift();
      if (error !== undefined) return { ok: false, error };
      arrived.push(line);
      return { ok: true };
    },
  };
  return clientOver(transport, { clock });
}

async function sendAll(client: Client, ...lines: readonly string[]): Promise<string[]> {
  const ledgers = client.actor(Ledger);
  const sent = lines.map((line) =>
    ledgers
      .get(line.slice(0, 1))
      .send()
      .note(Number(line.slice(1))),
  );
  const settled = Promise.allSettled(sent);
  await clock.advance(60_000);
  return (await settled).map(({ status }) => status);
}

const allDone = (count: number) => Array.from({ length: count }, () => "fulfilled");

describe.each([
  ["by a transport that keeps the order", true],
  ["by one that does not", false],
])("%s", (_what, keepsOrder) => {
  it("holds back those behind one that has to be sent again, of the same actor", async () => {
    const client = clientWith(keepsOrder, { a1: [UNAVAILABLE, UNAVAILABLE], a2: [UNAVAILABLE] });
    expect(await sendAll(client, "a0", "a1", "a2", "b0", "a3")).toEqual(allDone(5));
    expect(arrived.filter((line) => line.startsWith("a"))).toEqual(
      keepsOrder ? expect.arrayContaining(["a0", "a1", "a2", "a3"]) : ["a0", "a1", "a2", "a3"],
    );
    expect(arrived.indexOf("a1")).toBeLessThan(arrived.indexOf("a2"));
    expect(arrived.indexOf("b0")).toBeLessThan(arrived.indexOf("a1"));
  });

  it("goes on behind one that is refused for good", async () => {
    const client = clientWith(keepsOrder, { a0: [REFUSED] });
    expect(await sendAll(client, "a0", "a1", "a2")).toEqual(["rejected", "fulfilled", "fulfilled"]);
    expect(arrived).toEqual(["a1", "a2"]);
  });
});

it("lets what is sent after a failure wait, too", async () => {
  const client = clientWith(true, { a0: [UNAVAILABLE] });
  const first = sendAll(client, "a0");
  await Promise.resolve();
  await new Promise(setImmediate);
  const later = sendAll(client, "a1", "a2");
  expect([await first, await later]).toEqual([["fulfilled"], allDone(2)]);
  expect(arrived).toEqual(["a0", "a1", "a2"]);
});

it("sends together what may be sent together, and else one after the other", async () => {
  await sendAll(clientWith(true, {}), "a0", "a1", "a2");
  expect(mostUnderWay).toBe(3);
  mostUnderWay = 0;
  await sendAll(clientWith(false, {}), "a0", "a1", "a2");
  expect(mostUnderWay).toBe(1);
});

it("a start that waits for its row does not overtake a message whose sending fails meanwhile", async () => {
  const local = openLocal({ clock });
  const opened = gate();
  const queued: string[] = [];
  let fail: (error: Error) => void = () => {};
  const calls = Object.assign(Object.create(local.calls) as typeof local.calls, {
    open: async (call: NewTrackedCall) => {
      await opened.opened;
      return local.calls.open(call);
    },
  });
  const messages = Object.assign(Object.create(local.queues.messages) as typeof local.queues.messages, {
    send: ({ body }: OutgoingMessage) => {
      const { callId } = JSON.parse(body) as { callId: string };
      if (callId === "one") return new Promise((_, reject) => (fail = reject));
      queued.push(callId);
      return Promise.resolve(undefined);
    },
  });
  const messenger = new Messenger({ ...local, calls, queues: { ...local.queues, messages } }, clock);
  const message = { actor: "Ledger", id: "a", method: "note", args: [1] };
  const posted = Promise.allSettled([
    messenger.post({ ...message, mode: "send", callId: "one" }),
    messenger.post({ ...message, mode: "start", callId: "two" }),
    messenger.post({ ...message, mode: "send", callId: "three" }),
  ]);
  fail(new QueueUnavailable("Not now."));
  await new Promise(setImmediate);
  opened.open();
  expect((await posted).map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(queued).toEqual([]);
  await local.close();
});

it("a message behind a start whose row cannot be opened fails with it, and does not overtake it", async () => {
  const local = openLocal({ clock });
  const queued: string[] = [];
  const calls = { ...local.calls, open: async () => Promise.reject(new StoreUnavailable("Not now.")) };
  const messages = Object.assign(Object.create(local.queues.messages) as typeof local.queues.messages, {
    send: async ({ body }: { body: string }) =>
      void queued.push((JSON.parse(body) as { callId: string }).callId),
  });
  const ports = { ...local, calls, queues: { ...local.queues, messages } } as unknown as typeof local;
  const messenger = new Messenger(ports, clock);
  const message = { actor: "Ledger", id: "a", method: "note", args: [1] };
  const posted = await Promise.allSettled([
    messenger.post({ ...message, mode: "start", callId: "one" }),
    messenger.post({ ...message, mode: "send", callId: "two" }),
    messenger.post({ ...message, id: "b", mode: "send", callId: "three" }),
  ]);
  expect(posted.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  expect(queued).toEqual(["three"]);
  // What comes later does not wait for what is over.
  await messenger.post({ ...message, mode: "send", callId: "four" });
  expect(queued).toEqual(["three", "four"]);
  await local.close();
});
