/** The bus on EventBridge: what every bus does, how events travel together, and the faults that AWS has. */
import { EventBridgeBus } from "../../lib/aws/event-bridge-bus";
import type { Clock } from "../../lib/clock";
import { eventBusContract, eventOf, eventOfBytes, idsIn } from "../contract/event-bus-contract";
import {
  type EventBridgeConnection,
  type EventBridgeEmulator,
  startEventBridge,
} from "../support/event-bridge";
import { FakeClock, gate } from "../support/fake-clock";
import { type Fault, interpose, type SentRequest } from "../support/faulty-sdk";

let emulator: EventBridgeEmulator;
beforeAll(async () => {
  emulator = await startEventBridge();
});
afterAll(() => emulator.close());

let connection: EventBridgeConnection;
beforeEach(async () => {
  connection = await emulator.connect();
});

describe("a bus on EventBridge", () => {
  const connect = () => {
    const { bus, delivered } = connection;
    return { bus, delivered, taken: async (count: number) => idsIn(await delivered(count)) };
  };
  eventBusContract(connect);
});

/** An event whose sender and id begin alike: `a1` is the first of sender `a`. */
const event = (id: string) => eventOf(id, { sender: id.charAt(0) });

const publishAll = (bus: EventBridgeBus, ids: readonly string[]) =>
  Promise.all(ids.map((id) => bus.publish(event(id))));

const numbered = (sender: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${sender}${String(index).padStart(2, "0")}`);

interface PutEntry {
  readonly Detail: string;
}
const idOf = ({ Detail }: PutEntry) => JSON.parse(Detail).metadata.eventId as string;

/** What the requests carried, by the events' ids. */
const sent = (requests: readonly SentRequest[]) =>
  requests.map(({ input }) => (input.Entries as PutEntry[]).map(idOf));

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    if (turn === 100_000) throw new Error("This does not happen.");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it("puts events as EventBridge wants them", async () => {
  const { bus, name, wiretap } = connection;
  const { source, detailType, detail, timeMs } = event("a1");
  await bus.publish(event("a1"));
  expect(wiretap.requests).toEqual([
    {
      command: "PutEventsCommand",
      input: {
        Entries: [
          {
            EventBusName: name,
            Source: source,
            DetailType: detailType,
            Detail: detail,
            Time: new Date(timeMs),
          },
        ],
      },
    },
  ]);
});

it("waits for an answer for 5 s at most", async () => {
  const { bus, client } = connection;
  // The SDK reads its configuration with the first request.
  await bus.publish(event("a1"));
  const { requestHandler } = client.config as { requestHandler: { httpHandlerConfigs?(): object } };
  expect(requestHandler.httpHandlerConfigs?.()).toMatchObject({
    connectionTimeout: 1_000,
    requestTimeout: 5_000,
    throwOnRequestTimeout: true,
  });
});

describe("events of one run", () => {
  it("leave as batches of 10, one after the other", async () => {
    const { bus, wiretap, delivered } = connection;
    const ids = numbered("a", 25);
    await publishAll(bus, ids);
    expect(sent(wiretap.requests)).toEqual([ids.slice(0, 10), ids.slice(10, 20), ids.slice(20)]);
    expect(idsIn(await delivered(25))).toEqual(ids);
  });

  it("share batches across senders", async () => {
    const { bus, wiretap } = connection;
    await publishAll(bus, ["a1", "b1", "a2", "c1", "b2"]);
    expect(sent(wiretap.requests)).toEqual([["a1", "a2", "b1", "b2", "c1"]]);
  });

  it("wait while an earlier one of their sender is under way; other senders' do not", async () => {
    const { bus, wiretap } = connection;
    const held = gate<void>();
    wiretap.plan = (_, index) => (index === 0 ? { delay: held.opened } : "none");
    const first = bus.publish(event("a1"));
    await until(() => wiretap.count() === 1);
    const later = publishAll(bus, ["a2", "b1", "a3"]);
    await until(() => wiretap.count() === 2);
    await bus.publish(event("b2"));
    held.open();
    await Promise.all([first, later]);
    expect(sent(wiretap.requests)).toEqual([["a1"], ["b1"], ["b2"], ["a2", "a3"]]);
  });

  it("are in more requests when one would have more than 256 KB", async () => {
    const { bus, wiretap } = connection;
    const sizes = { a1: 100_000, a2: 162_144, a3: 1_000, a4: 261_144, a5: 1_001 };
    await Promise.all(
      Object.entries(sizes).map(([id, bytes]) => bus.publish(eventOfBytes(id, bytes, { sender: "a" }))),
    );
    expect(sent(wiretap.requests)).toEqual([["a1", "a2"], ["a3", "a4"], ["a5"]]);
  });

  it("do not leave when one is too large; the others do", async () => {
    const { bus, wiretap } = connection;
    const outcomes = await Promise.allSettled([
      bus.publish(event("a1")),
      bus.publish(eventOfBytes("a2", 262_145)),
      bus.publish(event("a3")),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(sent(wiretap.requests)).toEqual([["a1", "a3"]]);
  });

  it("are not endless: what one process may have waiting is limited", async () => {
    const { bus, client } = connection;
    interpose(client, "PutEventsCommand", async ({ Entries }) => ({
      Entries: (Entries as PutEntry[]).map(() => ({ EventId: "taken" })),
    }));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10_001 }, (_, index) => bus.publish(event(`a${index}`))),
    );
    expect(outcomes[9_999]).toMatchObject({ status: "fulfilled" });
    expect(outcomes.at(-1)).toMatchObject({ reason: { code: "BusUnavailable", details: { limit: 10_000 } } });
  });
});

describe("a batch that succeeds in part", () => {
  const pauses: number[] = [];
  const impatient: Clock = {
    now: Date.now,
    setTimer(delayMs, wake) {
      pauses.push(delayMs);
      queueMicrotask(wake);
      return () => {};
    },
  };

  /** What EventBridge says of an entry instead of an id; empty to leave it out of its answer. */
  type Failure = { readonly ErrorCode?: string };

  /** A bus that fails for some events; the others are really put. Also what each request carried. */
  function failing(failureOf: (id: string, request: number) => Failure | undefined, clock = impatient) {
    const requests: string[][] = [];
    interpose(connection.client, "PutEventsCommand", async (input, send) => {
      const entries = input.Entries as PutEntry[];
      const ids = entries.map(idOf);
      const failures = ids.map((id) => failureOf(id, requests.length));
      requests.push(ids);
      const accepted = entries.filter((_, index) => failures[index] === undefined);
      const taken = accepted.length === 0 ? [] : ((await send({ Entries: accepted })).Entries as object[]);
      const Entries = failures.map((failure) => {
        if (failure === undefined) return taken.shift();
        return failure.ErrorCode === undefined ? undefined : { ErrorMessage: "scripted", ...failure };
      });
      return { Entries, FailedEntryCount: entries.length - accepted.length };
    });
    pauses.length = 0;
    return { bus: new EventBridgeBus(connection.client, connection.name, { clock }), requests };
  }

  const busy = { ErrorCode: "InternalFailure" };

  it("is sent again from the first failure of each sender on, in order, and nothing before it", async () => {
    const { bus, requests } = failing((id, request) =>
      request === 0 && (id === "a2" || id === "c1") ? busy : undefined,
    );
    await publishAll(bus, ["a1", "a2", "a3", "b1", "c1", "c2"]);
    expect(requests).toEqual([
      ["a1", "a2", "a3", "b1", "c1", "c2"],
      ["a2", "a3", "c1", "c2"],
    ]);
    expect(pauses).toHaveLength(1);
    // What was taken behind a failure is there twice, and the last of each are in order.
    const ids = ["a1", "a3", "b1", "c2", "a2", "a3", "c1", "c2"];
    expect(idsIn(await connection.delivered(8))).toEqual(ids);
  });

  it("holds back later events of the sender until those that failed are through", async () => {
    const clock = new FakeClock();
    const { bus, requests } = failing((_, request) => (request === 0 ? busy : undefined), clock);
    const first = bus.publish(event("a1"));
    await until(() => clock.pendingTimers === 1);
    const second = bus.publish(event("a2"));
    await bus.publish(event("b1"));
    expect(requests).toEqual([["a1"], ["b1"]]);
    await clock.advance(50);
    await Promise.all([first, second]);
    expect(requests.slice(2)).toEqual([["a1", "a2"]]);
  });

  it.each(["InternalFailure", "ThrottlingException", "InternalException", "SomethingNew", undefined])(
    "is tried again after %s",
    async (ErrorCode) => {
      const failure = ErrorCode === undefined ? {} : { ErrorCode };
      const { bus, requests } = failing((id, request) =>
        request === 0 && id === "a1" ? failure : undefined,
      );
      await publishAll(bus, ["a1", "b1"]);
      expect(requests).toEqual([["a1", "b1"], ["a1"]]);
    },
  );

  it("is given up after 5 attempts; the later ones of the sender go on", async () => {
    const { bus, requests } = failing((id) => (id === "a1" ? busy : undefined));
    const outcomes = await Promise.allSettled(["a1", "a2"].map((id) => bus.publish(event(id))));
    expect(outcomes).toMatchObject([
      {
        reason: {
          code: "BusUnavailable",
          retryable: true,
          message: expect.stringContaining("InternalFailure: scripted"),
          details: { bus: connection.name, variable: "DURABLE_BUS_NAME", error: "InternalFailure" },
        },
      },
      { status: "fulfilled" },
    ]);
    expect(requests).toEqual(Array.from({ length: 5 }, () => ["a1", "a2"]));
    expect(pauses.map((ms) => Math.ceil(Math.log2(ms / 25)))).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ["MalformedDetail", "MalformedDetail"],
    ["NotAuthorizedForSourceException", "NotAuthorizedForSource"],
    ["NotAuthorizedForDetailTypeException", "NotAuthorizedForDetailType"],
    ["AccessDeniedException", "AccessDenied"],
    ["InvalidArgument", "InvalidArgument"],
    ["InvalidAccountIdException", "InvalidAccountId"],
    ["RedactionFailure", "RedactionFailure"],
  ])("fails only the sender of an event that is refused: %s", async (ErrorCode, error) => {
    const { bus, requests } = failing((id) => (id === "a2" ? { ErrorCode } : undefined));
    const outcomes = await Promise.allSettled(["a1", "a2", "a3"].map((id) => bus.publish(event(id))));
    expect(outcomes).toMatchObject([
      { status: "fulfilled" },
      {
        reason: {
          code: "InternalError",
          retryable: false,
          message: expect.stringContaining("which DURABLE_BUS_NAME names"),
          details: { bus: connection.name, variable: "DURABLE_BUS_NAME", error },
        },
      },
      { status: "fulfilled" },
    ]);
    expect(requests).toEqual([["a1", "a2", "a3"]]);
    expect(idsIn(await connection.delivered(2))).toEqual(["a1", "a3"]);
  });
});

describe("faults on the way", () => {
  it.each<[Fault[], string[]]>([
    [["reset"], ["a1"]],
    [["throttled"], ["a1"]],
    [["throttled", "reset"], ["a1"]],
    [["lostResponse"], ["a1", "a1"]],
    [
      ["reset", "lostResponse"],
      ["a1", "a1"],
    ],
  ])("%j: the SDK tries again, and the bus has %j", async (faults, ids) => {
    const { bus, wiretap, delivered } = connection;
    wiretap.plan = (_, index) => faults[index] ?? "none";
    await bus.publish(event("a1"));
    expect(wiretap.count()).toBe(faults.length + 1);
    expect(idsIn(await delivered(ids.length))).toEqual(ids);
  });

  it.each(["reset", "throttled", "lostResponse"] as const)(
    "%s again and again fails all events of the request, which can be published again",
    async (fault) => {
      const { bus, wiretap, delivered } = connection;
      wiretap.plan = () => fault;
      const outcomes = await Promise.allSettled(["a1", "b1"].map((id) => bus.publish(event(id))));
      const details = { bus: connection.name, variable: "DURABLE_BUS_NAME" };
      const failed = { reason: { code: "BusUnavailable", retryable: true, details } };
      expect(outcomes).toMatchObject([failed, failed]);
      expect(wiretap.count()).toBe(3);
      await delivered(fault === "lostResponse" ? 6 : 0);
      wiretap.plan = () => "none";
      await publishAll(bus, ["a1", "b1"]);
      expect(idsIn(await delivered(2))).toEqual(["a1", "b1"]);
    },
  );

  it.each([
    ["InternalException", "BusUnavailable"],
    ["ServiceUnavailable", "BusUnavailable"],
    ["AccessDeniedException", "InternalError"],
    ["UnrecognizedClientException", "InternalError"],
    ["CredentialsProviderError", "InternalError"],
    ["ValidationException", "InternalError"],
    ["OperationDisabledException", "InternalError"],
  ])("%s of a whole request is a typed error: %s", async (name, code) => {
    const { bus, client } = connection;
    interpose(client, "PutEventsCommand", async () => {
      throw Object.assign(new Error("We are sorry."), { name, $metadata: {} });
    });
    await expect(bus.publish(event("a1"))).rejects.toMatchObject({
      code,
      message: expect.stringContaining("We are sorry."),
      details: { bus: connection.name, variable: "DURABLE_BUS_NAME" },
    });
  });

  it("a defect is not taken for a fault of EventBridge's", async () => {
    const { bus, client } = connection;
    interpose(client, "PutEventsCommand", async () => {
      throw new TypeError("x is not a function");
    });
    const failure = bus.publish(event("a1"));
    await expect(failure).rejects.toMatchObject({ code: "InternalError", details: { error: "TypeError" } });
  });

  it("a bus that does not exist, where EventBridge says so, is a typed error that names it and its variable", async () => {
    const { client } = connection;
    interpose(client, "PutEventsCommand", async () => {
      throw Object.assign(new Error("no"), { name: "ResourceNotFoundException", $metadata: {} });
    });
    const failure = new EventBridgeBus(client, "Missing").publish(event("a1"));
    await expect(failure).rejects.toMatchObject({
      code: "InternalError",
      message: expect.stringMatching(/The event bus Missing does not exist.*DURABLE_BUS_NAME names it/),
      details: { bus: "Missing", variable: "DURABLE_BUS_NAME", error: "ResourceNotFound" },
    });
  });
});
