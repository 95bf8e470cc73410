/** The simulated EventBridge, in what the buses' contract does not reach. */
import { SimulatedEventBridge } from "./event-bridge";

interface Entry {
  readonly EventBusName?: string | undefined;
  readonly Source?: string;
  readonly DetailType?: string;
  readonly Detail?: string;
  readonly Time?: Date;
}

const ENTRY: Entry = { EventBusName: "Bus", Source: "app", DetailType: "Shipped", Detail: '{"n":1}' };

let service: SimulatedEventBridge;
let events: [object, number][];
beforeEach(() => {
  let serial = 0;
  service = new SimulatedEventBridge(["Bus"], () => `id-${++serial}`);
  events = [];
  service.onEvent = (event, nowMs) => events.push([event, nowMs]);
});

const put = (entries: readonly Entry[], nowMs = 1_800_000_000_999) =>
  service.apply({ command: "PutEventsCommand", input: { Entries: entries } }, nowMs);

it("answers with the ids of the events, in the order of the entries, and what it refused among them", () => {
  expect(put([ENTRY, { ...ENTRY, Detail: "[]" }, ENTRY])).toEqual({
    FailedEntryCount: 1,
    Entries: [
      { EventId: "id-1" },
      { ErrorCode: "MalformedDetail", ErrorMessage: expect.any(String) },
      { EventId: "id-2" },
    ],
  });
  expect(events.map(([event]) => event)).toMatchObject([{ id: "id-1" }, { id: "id-2" }]);
});

it("takes its own time for an event that has none", () => {
  put([ENTRY]);
  expect(events).toMatchObject([[{ time: "2027-01-15T08:00:00Z" }, 1_800_000_000_999]]);
});

it.each(["Source", "DetailType", "Detail"] as const)("refuses an entry without %s", (field) => {
  expect(put([{ ...ENTRY, [field]: "" }])).toMatchObject({ Entries: [{ ErrorCode: "InvalidArgument" }] });
  expect(events).toEqual([]);
});

it.each(["Missing", undefined])(
  "takes an event for the bus %p, which does not exist, without a word",
  (bus) => {
    expect(put([{ ...ENTRY, EventBusName: bus }])).toEqual({
      FailedEntryCount: 0,
      Entries: [{ EventId: "id-1" }],
    });
    expect(events).toEqual([]);
  },
);

it("knows a bus by its ARN", () => {
  put([{ ...ENTRY, EventBusName: "arn:aws:events:us-east-1:000000000000:event-bus/Bus" }]);
  expect(events).toHaveLength(1);
});

it("refuses a request as a whole that has no entries, more than 10, or more than 256 KB", () => {
  const large = (bytes: number): Entry => {
    const rest = "app".length + "Shipped".length + '{"t":""}'.length + 14;
    return { ...ENTRY, Detail: JSON.stringify({ t: "x".repeat(bytes - rest) }), Time: new Date(0) };
  };
  const refused = expect.objectContaining({ name: "ValidationException" });
  expect(() => put([])).toThrow(refused);
  expect(() => put(Array.from({ length: 11 }, () => ENTRY))).toThrow(refused);
  expect(() => put([large(200_000), large(62_145)])).toThrow(refused);
  expect(events).toEqual([]);
  put([large(200_000), large(62_144)]);
  expect(events).toHaveLength(2);
});
