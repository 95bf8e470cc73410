/** What every queue must do. Run against each adapter by a test file of a few lines, on queues of its own per test. */
import type { CountedQueue, OutgoingMessage, Queue, ReceivedMessage } from "../../lib/messages/queue";

export interface QueuePair {
  readonly fifo: CountedQueue;
  readonly standard: CountedQueue;
}

export interface QueueContractOptions {
  /** False for an emulator that hands out one message of a group at a time. */
  readonly severalOfAGroup: boolean;
  /** False for an emulator that refuses characters beyond U+FFFF, such as 😀, which AWS takes. */
  readonly astralCharacters: boolean;
  /** Lets this much time pass, by a fake clock or really. */
  advance(ms: number): Promise<void>;
  /** The queue's clock. Default: the real one. */
  now?(): number;
}

/** Longer than any test takes: what is in flight stays so. */
const HIDE_MS = 30_000;

export function queueContract(
  connect: () => Promise<QueuePair> | QueuePair,
  options: QueueContractOptions,
): void {
  const { severalOfAGroup, astralCharacters, advance, now = Date.now } = options;
  let fifo: CountedQueue;
  let standard: CountedQueue;
  let sent: number;

  beforeEach(async () => {
    ({ fifo, standard } = await connect());
    sent = 0;
  });

  /** To a group of the FIFO queue. */
  function send(
    groupId: string,
    body: string,
    more: Partial<OutgoingMessage> = {},
  ): Promise<string | undefined> {
    sent++;
    return fifo.send({ groupId, deduplicationId: `${groupId}-${sent}`, body, ...more });
  }

  /** Something that is there. A wait does no harm then, and makes SQS look at all of its servers. */
  const receive = (queue: Queue, max = 10, hideMs = HIDE_MS) => queue.receive({ max, waitMs: 1_000, hideMs });
  /** Something that may not be there. */
  const look = (queue: Queue) => queue.receive({ max: 10, waitMs: 0, hideMs: HIDE_MS });

  async function receiveOne(queue: Queue, hideMs = HIDE_MS): Promise<ReceivedMessage> {
    const [message, ...more] = await receive(queue, 1, hideMs);
    if (message === undefined || more.length > 0) throw new Error(`received ${more.length + 1}, not 1`);
    return message;
  }

  /** Takes messages off the queue until there were `count`. */
  async function drain(queue: Queue, count: number): Promise<ReceivedMessage[]> {
    const drained: ReceivedMessage[] = [];
    while (drained.length < count) {
      const messages = await receive(queue);
      if (messages.length === 0) throw new Error(`drained ${drained.length}, not ${count}`);
      await queue.delete(receipts(messages));
      drained.push(...messages);
    }
    return drained;
  }

  const receipts = (messages: readonly ReceivedMessage[]) => messages.map(({ receipt }) => receipt);
  const bodies = (messages: readonly ReceivedMessage[]) => messages.map(({ body }) => body);

  describe("a FIFO queue", () => {
    it("keeps the order within a group, also of sends that were not awaited one by one", async () => {
      const numbers = Array.from({ length: 12 }, (_, index) => String(index));
      await Promise.all(numbers.map((number) => send("g", number)));
      expect(bodies(await drain(fifo, 12))).toEqual(numbers);
      expect(await look(fifo)).toEqual([]);
    });

    it("says what a message is: its body, its group, its attributes, when it was sent and that it is new", async () => {
      await send("some/group", "hello", { attributes: { callId: "c1", kind: "ünï" } });
      const message = await receiveOne(fifo);
      expect(message).toMatchObject({
        body: "hello",
        groupId: "some/group",
        attributes: { callId: "c1", kind: "ünï" },
        receiveCount: 1,
      });
      expect(message.messageId).not.toBe("");
      expect(Math.abs(message.sentMs - now())).toBeLessThan(10_000);
    });

    it("keeps a body exactly as it is", async () => {
      const value = {
        text: astralCharacters ? "é✓😀" : "é✓",
        quotes: "\"'`\\",
        lines: "\r\n\t",
        rare: "\uFFFD\uFFFE\uFFFF",
        empty: "",
      };
      await send("g", JSON.stringify(value));
      const { body } = await receiveOne(fifo);
      expect(JSON.parse(body)).toEqual(value);
    });

    it("hands out nothing of a group while one is in flight, and goes on after the delete", async () => {
      await send("g", "1");
      await send("g", "2");
      const first = await receiveOne(fifo);
      expect(first.body).toBe("1");
      expect(await look(fifo)).toEqual([]);
      await fifo.delete([first.receipt]);
      expect((await receiveOne(fifo)).body).toBe("2");
    });

    it("hands out nothing of a group while one is kept hidden for longer", async () => {
      await send("g", "1");
      await send("g", "2");
      const { receipt } = await receiveOne(fifo);
      await fifo.hide([receipt], HIDE_MS);
      expect(await look(fifo)).toEqual([]);
    });

    it("hands out a group to one of many who wait", async () => {
      const waiting = Array.from({ length: 8 }, () =>
        fifo.receive({ max: 10, waitMs: 2_000, hideMs: HIDE_MS }),
      );
      for (const body of ["1", "2", "3"]) await send("g", body);
      await advance(2_000);
      const [received = [], ...others] = (await Promise.all(waiting)).filter(({ length }) => length > 0);
      expect(others).toEqual([]);
      expect(bodies(received)).toEqual(["1", "2", "3"].slice(0, received.length));
    });

    it("does not let one group wait for another", async () => {
      await send("a", "a1");
      await send("a", "a2");
      expect((await receiveOne(fifo)).body).toBe("a1");
      await send("b", "b1");
      expect(bodies(await receive(fifo))).toEqual(["b1"]);
    });

    it("hands out a message again that was not deleted in time", async () => {
      await send("g", "1");
      await send("g", "2");
      const first = await receiveOne(fifo, 1_000);
      await advance(1_200);
      const again = await receiveOne(fifo);
      expect(again).toMatchObject({ body: "1", messageId: first.messageId, receiveCount: 2 });
      expect(again.receipt).not.toBe(first.receipt);
    });

    it("takes messages back at once, and hands them out again before their followers", async () => {
      for (const body of ["1", "2", "3"]) await send("g", body);
      await fifo.hide(receipts(await receive(fifo, 2)), 0);
      const again = await drain(fifo, 3);
      expect(bodies(again)).toEqual(["1", "2", "3"]);
      expect(again[0]?.receiveCount).toBe(2);
      expect(again[2]?.receiveCount).toBe(1);
    });

    it("keeps a message hidden for longer when it is told so", async () => {
      await send("g", "1");
      const { receipt } = await receiveOne(fifo, 1_000);
      await fifo.hide([receipt], HIDE_MS);
      await advance(1_200);
      expect(await look(fifo)).toEqual([]);
    });

    it("numbers the messages of a group upwards, and tells the sender the same number", async () => {
      const numbers = [await send("g", "1"), await send("g", "2"), await send("g", "3")];
      const messages = await drain(fifo, 3);
      expect(messages.map(({ sequence }) => sequence)).toEqual(numbers);
      const values = numbers.map((number) => BigInt(number as string));
      expect(
        (values[0] as bigint) < (values[1] as bigint) && (values[1] as bigint) < (values[2] as bigint),
      ).toBe(true);
    });

    it("does nothing for the receipt of an earlier delivery", async () => {
      await send("g", "1");
      const first = await receiveOne(fifo);
      await fifo.hide([first.receipt], 0);
      const second = await receiveOne(fifo);
      await fifo.hide([first.receipt], 0);
      expect(await look(fifo)).toEqual([]);
      await fifo.delete([first.receipt]);
      await fifo.hide([second.receipt], 0);
      const third = await receiveOne(fifo);
      expect(third).toMatchObject({ body: "1", receiveCount: 3 });
      await fifo.delete([third.receipt]);
      expect(await look(fifo)).toEqual([]);
    });

    it("accepts a second message with the same deduplication id, and drops it, also when the first is gone", async () => {
      await send("g", "1", { deduplicationId: "same" });
      await send("g", "2", { deduplicationId: "same" });
      await send("g", "3", { deduplicationId: "other" });
      expect(bodies(await drain(fifo, 2))).toEqual(["1", "3"]);
      await send("g", "4", { deduplicationId: "same" });
      expect(await look(fifo)).toEqual([]);
    });

    it("hands out no more than it is asked for", async () => {
      for (const group of ["a", "b", "c"]) await send(group, group);
      const some = await receive(fifo, 2);
      expect([1, 2]).toContain(some.length);
      await fifo.delete(receipts(some));
      const rest = await drain(fifo, 3 - some.length);
      expect(bodies([...some, ...rest]).sort()).toEqual(["a", "b", "c"]);
    });

    it("keeps two queues apart", async () => {
      await send("g", "1");
      expect(await look(standard)).toEqual([]);
      expect((await receiveOne(fifo)).body).toBe("1");
    });

    if (severalOfAGroup) {
      it("hands out several messages of a group at once, in order", async () => {
        for (const body of ["1", "2", "3", "4"]) await send("g", body);
        const messages = await receive(fifo, 3);
        expect(bodies(messages)).toEqual(["1", "2", "3"]);
        expect(await look(fifo)).toEqual([]);
        await fifo.delete(receipts(messages));
        expect(bodies(await receive(fifo))).toEqual(["4"]);
      });

      it("hands out again what was handed back for a while, in order, and before what follows", async () => {
        for (const body of ["1", "2", "3"]) await send("g", body);
        const [first, ...rest] = receipts(await receive(fifo, 3)) as [string, ...string[]];
        await fifo.hide(rest, 1_000);
        await fifo.delete([first]);
        await send("g", "4");
        expect(await look(fifo)).toEqual([]);
        await advance(1_200);
        expect(bodies(await drain(fifo, 3))).toEqual(["2", "3", "4"]);
      });

      it("hands out nothing of a group until all that are in flight are done with", async () => {
        for (const body of ["1", "2", "3"]) await send("g", body);
        const [first, second] = receipts(await receive(fifo, 2)) as [string, string];
        await fifo.delete([first]);
        expect(await look(fifo)).toEqual([]);
        await fifo.hide([second], 0);
        expect(bodies(await receive(fifo))).toEqual(["2", "3"]);
      });
    }
  });

  describe("a standard queue", () => {
    it("hands out a message without a group, and takes it off", async () => {
      await standard.send({ body: "hello", attributes: { kind: "wake" } });
      const message = await receiveOne(standard);
      expect(message).toMatchObject({ body: "hello", attributes: { kind: "wake" }, receiveCount: 1 });
      expect(message.groupId).toBeUndefined();
      await standard.delete([message.receipt]);
      expect(await look(standard)).toEqual([]);
    });

    it("delays a message, never for less", async () => {
      await standard.send({ body: "later", delayMs: 1_000 });
      await standard.send({ body: "now" });
      expect(bodies(await receive(standard))).toEqual(["now"]);
      await advance(500);
      expect(await look(standard)).toEqual([]);
      await advance(700);
      expect(bodies(await receive(standard))).toEqual(["later"]);
    });

    it("hides a message that is in flight, and hands it out again", async () => {
      await standard.send({ body: "1" });
      const first = await receiveOne(standard);
      expect(await look(standard)).toEqual([]);
      await standard.hide([first.receipt], 0);
      const second = await receiveOne(standard);
      expect(second).toMatchObject({ body: "1", messageId: first.messageId, receiveCount: 2 });
    });

    it("does not let one message wait for another", async () => {
      for (const body of ["1", "2", "3"]) await standard.send({ body });
      await receiveOne(standard);
      await receiveOne(standard);
      expect(await receive(standard)).toHaveLength(1);
    });
  });

  describe("any queue", () => {
    it("answers with nothing when there was nothing for as long as it was told to wait", async () => {
      const startMs = now();
      const received = fifo.receive({ max: 10, waitMs: 1_000, hideMs: HIDE_MS });
      await advance(1_000);
      expect(await received).toEqual([]);
      expect(now() - startMs).toBeGreaterThanOrEqual(1_000);
    });

    it("ends a wait at once when it is told to", async () => {
      const stop = new AbortController();
      const received = fifo.receive({ max: 10, waitMs: 20_000, hideMs: HIDE_MS, signal: stop.signal });
      stop.abort();
      expect(await received).toEqual([]);
    });

    it("begins no wait when it was told to end before", async () => {
      const received = fifo.receive({
        max: 10,
        waitMs: 20_000,
        hideMs: HIDE_MS,
        signal: AbortSignal.abort(),
      });
      expect(await received).toEqual([]);
    });

    it("refuses a message that is too large, and sends nothing", async () => {
      const limitBytes = fifo.maxMessageBytes;
      await expect(send("g", "é".repeat(limitBytes / 2 + 1))).rejects.toMatchObject({
        code: "PayloadTooLarge",
        details: { field: "message", limitBytes, bytes: limitBytes + 2 },
      });
      // Too large only together. How much an attribute counts besides its name and value, adapters may see differently.
      const attributes = { name: "value" };
      await expect(send("g", "x".repeat(limitBytes - 8), { attributes })).rejects.toMatchObject({
        code: "PayloadTooLarge",
        details: { field: "message", limitBytes },
      });
      await send("g", "small");
      expect(bodies(await receive(fifo))).toEqual(["small"]);
    });

    it("counts what is ready, what is in flight and what is delayed", async () => {
      const nothing = { ready: 0, inFlight: 0, delayed: 0 };
      expect([await fifo.depth(), await standard.depth()]).toEqual([nothing, nothing]);
      for (const group of ["a", "b", "c"]) await send(group, group);
      await receiveOne(fifo);
      await standard.send({ body: "later", delayMs: 600_000 });
      await standard.send({ body: "now" });
      expect(await fifo.depth()).toEqual({ ready: 2, inFlight: 1, delayed: 0 });
      expect(await standard.depth()).toEqual({ ready: 1, inFlight: 0, delayed: 1 });
      const now = await receiveOne(standard);
      expect(await standard.depth()).toEqual({ ready: 0, inFlight: 1, delayed: 1 });
      await standard.delete([now.receipt]);
      expect(await standard.depth()).toEqual({ ready: 0, inFlight: 0, delayed: 1 });
    });

    it("does nothing for no receipts", async () => {
      await send("g", "1");
      await fifo.delete([]);
      await fifo.hide([], 0);
      expect((await receiveOne(fifo)).receiveCount).toBe(1);
    });
  });
}
