/** What every event bus must do. Run against each adapter by a test file of a few lines, on a bus of its own per test. */
import { bytesOfEvent, type EventBus, type PublishedEvent } from "../../lib/events/bus";
import type { Queue } from "../../lib/messages/queue";

export interface BusWithListener {
  readonly bus: EventBus;
  /** Takes what a listener to all events has got, in any order; where that takes time, waits until it is `count`. */
  delivered(count: number): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** The ids of all events that the bus has taken, in that order; where that takes time, waits until there are `count`. */
  taken(count: number): Promise<readonly string[]> | readonly string[];
}

/** Of sender `a`, unless the test says something else. */
export function eventOf(id: string, more: Partial<PublishedEvent> = {}): PublishedEvent {
  return {
    id,
    source: "durable-lambda.Order",
    detailType: "OrderShipped",
    detail: JSON.stringify({ metadata: { eventId: id } }),
    timeMs: Date.parse("2026-11-25T01:02:03.987Z"),
    sender: "a",
    ...more,
  };
}

/** An event of this size. */
export function eventOfBytes(id: string, bytes: number, more: Partial<PublishedEvent> = {}): PublishedEvent {
  const event = eventOf(id, more);
  const rest = bytesOfEvent({ ...event, detail: JSON.stringify({ metadata: { eventId: id }, text: "" }) });
  const text = "x".repeat(bytes - rest);
  return { ...event, detail: JSON.stringify({ metadata: { eventId: id }, text }) };
}

/** Takes events off a queue until there were `count`, or there was nothing for `waitMs`. */
export async function drain(
  queue: Queue,
  count: number,
  waitMs = 0,
): Promise<Readonly<Record<string, unknown>>[]> {
  const drained: Readonly<Record<string, unknown>>[] = [];
  while (drained.length < count) {
    const messages = await queue.receive({ max: 10, waitMs, hideMs: 30_000 });
    if (messages.length === 0) break;
    await queue.delete(messages.map(({ receipt }) => receipt));
    drained.push(...messages.map(({ body }) => JSON.parse(body)));
  }
  return drained;
}

/** The events' own ids. */
export function idsIn(deliveries: readonly Readonly<Record<string, unknown>>[]): string[] {
  return deliveries.map(({ detail }) => (detail as { metadata: { eventId: string } }).metadata.eventId);
}

export function eventBusContract(connect: () => Promise<BusWithListener> | BusWithListener): void {
  let bus: EventBus;
  let delivered: BusWithListener["delivered"];
  let taken: BusWithListener["taken"];

  beforeEach(async () => {
    ({ bus, delivered, taken } = await connect());
  });

  it("delivers an event in the form in which EventBridge invokes a function", async () => {
    const detail = { orderId: "o-1", metadata: { eventId: "e1" } };
    await bus.publish(eventOf("e1", { detail: JSON.stringify(detail) }));
    const [delivery] = await delivered(1);
    expect(delivery).toEqual({
      version: "0",
      id: expect.stringMatching(/./),
      "detail-type": "OrderShipped",
      source: "durable-lambda.Order",
      account: "000000000000",
      time: "2026-11-25T01:02:03Z",
      region: expect.stringMatching(/./),
      resources: [],
      detail,
    });
    expect(delivery?.id).not.toBe("e1");
  });

  it("keeps source, type and detail exactly as they are", async () => {
    const detail = {
      metadata: { eventId: "e1" },
      text: "é✓😀\u2028\uFFFD \"'`\\ \r\n\t",
      numbers: [0, -1.5, 1e21, Number.MAX_SAFE_INTEGER],
      nothing: [null, "", {}, []],
    };
    const names = { source: 'my "source"\\é😀', detailType: 'my "type"\\é😀' };
    await bus.publish(eventOf("e1", { ...names, detail: JSON.stringify(detail) }));
    const [delivery] = await delivered(1);
    expect([delivery?.source, delivery?.["detail-type"]]).toEqual([names.source, names.detailType]);
    expect(JSON.stringify(delivery?.detail)).toBe(JSON.stringify(detail));
  });

  it("keeps the order of a sender's events, also of those that were not awaited one by one", async () => {
    const ids = Array.from({ length: 25 }, (_, index) => `e${index}`);
    await Promise.all(ids.map((id) => bus.publish(eventOf(id))));
    expect(await taken(25)).toEqual(ids);
  });

  it("takes the events of several senders side by side", async () => {
    const ids = ["a1", "b1", "a2", "c1", "b2", "a3"];
    await Promise.all(ids.map((id) => bus.publish(eventOf(id, { sender: id.charAt(0) }))));
    const order = await taken(6);
    expect([...order].sort()).toEqual([...ids].sort());
    for (const sender of ["a", "b", "c"]) {
      const ofSender = (id: string) => id.startsWith(sender);
      expect(order.filter(ofSender)).toEqual(ids.filter(ofSender));
    }
  });

  it("delivers an event twice that is published twice: an id of each delivery's own, the event's the same", async () => {
    await bus.publish(eventOf("e1"));
    await bus.publish(eventOf("e1"));
    const deliveries = await delivered(2);
    expect(idsIn(deliveries)).toEqual(["e1", "e1"]);
    expect(deliveries[0]?.id).not.toBe(deliveries[1]?.id);
  });

  it("takes an event of 256 KB", async () => {
    expect(bus.maxEventBytes).toBe(262_144);
    const event = eventOfBytes("e1", 262_144);
    expect(bytesOfEvent(event)).toBe(262_144);
    await expect(bus.publish(event)).resolves.toBeUndefined();
  });

  it("refuses one that is larger, and takes the next", async () => {
    const limitBytes = bus.maxEventBytes;
    await expect(bus.publish(eventOfBytes("e1", limitBytes + 1))).rejects.toMatchObject({
      code: "PayloadTooLarge",
      details: { field: "event", bytes: limitBytes + 1, limitBytes },
    });
    await bus.publish(eventOf("e2"));
    expect(await taken(1)).toEqual(["e2"]);
  });

  it("counts source and type as well, in bytes", async () => {
    const event = eventOfBytes("e1", bus.maxEventBytes - 4);
    for (const field of ["source", "detailType"] as const) {
      await expect(bus.publish({ ...event, [field]: `${event[field]}éé` })).resolves.toBeUndefined();
      await expect(bus.publish({ ...event, [field]: `${event[field]}ééé` })).rejects.toMatchObject({
        code: "PayloadTooLarge",
      });
    }
  });

  it.each(["", "x", "[1]", "null", '"text"', "{} {}"])(
    "refuses a detail that is no JSON object: %j",
    async (detail) => {
      await expect(bus.publish(eventOf("e1", { detail }))).rejects.toMatchObject({
        code: "InternalError",
        retryable: false,
      });
      await bus.publish(eventOf("e2"));
      expect(idsIn(await delivered(1))).toEqual(["e2"]);
    },
  );

  it("refuses a source that begins as those of AWS do", async () => {
    await expect(bus.publish(eventOf("e1", { source: "aws.ec2" }))).rejects.toMatchObject({
      code: "InternalError",
      retryable: false,
    });
    await bus.publish(eventOf("e2", { source: "awsome" }));
    expect(idsIn(await delivered(1))).toEqual(["e2"]);
  });
}
