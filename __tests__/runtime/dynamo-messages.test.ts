/** What messages cost on DynamoDB, and what they promise there with the faults that AWS has. */
import { Actor, DurableActor, Method, TerminalError } from "durable-lambda";
import type { Address } from "../../lib/address";
import { systemClock } from "../../lib/clock";
import { DeadLetters } from "../../lib/messages/dead-letters";
import type { ReceivedMessage } from "../../lib/messages/queue";
import type { Outcome } from "../../lib/messages/tracked-calls";
import { systemRandom } from "../../lib/random";
import { type RouterHandler, router } from "../../lib/runtime/router";
import { hand, type MessageFields, messageFor, redelivered } from "../support/batches";
import {
  type DynamoConnection,
  type Emulator,
  type Purpose,
  purposeOf,
  startDynamo,
} from "../support/dynamo";
import { FakeClock, gate } from "../support/fake-clock";
import type { Fault, SdkWiretap, SentRequest } from "../support/faulty-sdk";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { silentLog, startProcess, type TestProcess } from "../support/process";

/** What the tests do to methods that run. */
let broken = new Set<string>();
/** The next slow method waits for it. */
let pause: ReturnType<typeof gate<void>> | undefined;
let reached = gate<void>();

@Actor
class Ledger extends DurableActor {
  entries: string[] = [];

  @Method add(entry: string): number {
    this.entries.push(entry);
    if (broken.has(entry)) throw new RangeError(`${entry} is broken`);
    return this.entries.length;
  }

  @Method addTerminally(entry: string): never {
    this.entries.push(entry);
    throw new TerminalError("The card was declined.");
  }

  @Method({ lease: "always" }) addUnderLease(entry: string): number {
    return this.add(entry);
  }

  @Method({ lease: "always" }) async addSlowly(entry: string): Promise<number> {
    const paused = pause;
    pause = undefined;
    reached.open();
    await paused?.opened;
    return this.add(entry);
  }

  @Method leaveOpen(): number {
    return this.ctx.pending();
  }

  /** Ends another call, then adds. */
  @Method end(entry: string, callId: string, status: Outcome["status"]): number {
    if (status === "succeeded") this.ctx.resolve(callId, `for ${entry}`);
    else this.ctx.reject(callId, new RangeError(`for ${entry}`));
    return this.add(entry);
  }

  @Method({ readonly: true }) list(): string[] {
    return this.entries;
  }
}

@Actor
class Tally extends DurableActor {
  count = 0;

  @Method add(): void {
    this.count++;
  }

  @Method({ readonly: true }) value(): number {
    return this.count;
  }
}

let emulator: Emulator;
let local: LocalPorts;
beforeAll(async () => {
  emulator = await startDynamo();
  local = openLocal();
});
afterAll(async () => {
  await local.close();
  await emulator.close();
});
beforeEach(() => {
  broken = new Set();
  pause = undefined;
  reached = gate();
});

type Connection = DynamoConnection & TestProcess & { readonly handle: RouterHandler };

function connect(options: Parameters<typeof startProcess>[2] = {}): Connection {
  const connection = emulator.connect();
  const { store, calls } = connection;
  const process = startProcess([Ledger, Tally], { store, calls, queues: local.queues }, options);
  return { ...connection, ...process, handle: router(process.runtime, { stack: false }) };
}

/** A process to which the leases of all others have ended. */
function connectLater(): Connection {
  return connect({ clock: { now: () => Date.now() + 60_000, setTimer: systemClock.setTimer } });
}

let serial = 0;
const newId = () => `l${serial++}`;
const newCallId = () => `call-${String(serial++).padStart(11, "0")}`;
const newLedger = (): Address => ({ type: "Ledger", id: newId() });
type AddFields = MessageFields & { readonly method?: "add" | "addUnderLease" };
const add = (address: Address, entry: string, { method = "add", ...fields }: AddFields = {}) =>
  messageFor(address, method, Date.now(), { args: [entry], ...fields });
const adds = (address: Address, entries: readonly string[], fields: AddFields = {}) =>
  entries.map((entry) => add(address, entry, fields));
const named = (count: number, name = "entry") => Array.from({ length: count }, (_, i) => `${name} ${i}`);
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const idsOf = (messages: readonly ReceivedMessage[]) => messages.map(({ messageId }) => messageId);
const callIdOf = ({ body }: ReceivedMessage) => (JSON.parse(body) as { callId: string }).callId;
const purposes = ({ requests }: SdkWiretap) => requests.map(purposeOf);
const count = (wiretap: SdkWiretap, purpose: Purpose) =>
  purposes(wiretap).filter((one) => one === purpose).length;
const headOf = ({ store }: Connection, address: Address) => store.read(address, { consistent: true });
const entriesOf = ({ client }: Connection, { id }: Address) => client.actor(Ledger).get(id).list();
const hasPurpose = (purpose: Purpose) => (request: SentRequest) => purposeOf(request) === purpose;

/** Messages of tracked calls, whose rows are there. */
async function started(
  { calls }: Connection,
  messages: readonly ReceivedMessage[],
): Promise<readonly ReceivedMessage[]> {
  for (const { body } of messages) {
    const { actor, id, method, callId } = JSON.parse(body) as Record<string, string>;
    await calls.open({
      callId: callId as string,
      address: { type: actor as string, id: id as string },
      method: method as string,
      startedMs: Date.now(),
      expiresMs: Date.now() + 60_000,
    });
  }
  return messages;
}

/** The state of a tracked call: its status, and what it ended with. */
async function outcomeOf({ calls }: Connection, callId: string): Promise<string> {
  const call = await calls.read(callId);
  if (call === undefined) return "unknown";
  if (call.outcome === undefined) return "pending";
  const { outcome } = call;
  return outcome.status === "succeeded"
    ? `succeeded ${outcome.result}`
    : `failed ${(JSON.parse(outcome.error) as { message: string }).message}`;
}

/** Hands over as many messages as given, in full batches, none of which may come again. */
async function handMany({ handle }: Connection, messages: readonly ReceivedMessage[]): Promise<void> {
  for (let from = 0; from < messages.length; from += 10) {
    expect(await hand(handle, messages.slice(from, from + 10))).toEqual([]);
  }
}

/** Both ways in which a turn comes to its commit. */
const ways = [
  ["without a lease", "add"],
  ["under a lease", "addUnderLease"],
] as const;

describe("requests", () => {
  it("are 2 for a batch of 10 of one actor that is cold, 1 of one that is warm", async () => {
    const process = connect();
    const ledger = newLedger();
    for (const [state, expected] of [
      ["cold", ["read head", "commit"]],
      ["warm", ["commit"]],
      ["warm again", ["commit"]],
    ] as const) {
      process.wiretap.clear();
      await handMany(process, adds(ledger, named(10, state)));
      expect(purposes(process.wiretap)).toEqual(expected);
    }
    expect(await headOf(process, ledger)).toMatchObject({ version: 3, fence: 3 });
  });

  it("are 2 for a batch of 10 of one actor that take its lease, cold or warm", async () => {
    const process = connect();
    const ledger = newLedger();
    for (const state of ["cold", "warm", "warm again"]) {
      process.wiretap.clear();
      await handMany(process, adds(ledger, named(10, state), { method: "addUnderLease" }));
      expect(purposes(process.wiretap)).toEqual(["acquire", "commit"]);
    }
    expect(await headOf(process, ledger)).toMatchObject({ version: 3, fence: 3 });
  });

  it("are 20 for a batch of 10 of 10 actors that are cold, 10 of such as are warm", async () => {
    const process = connect();
    const ledgers = Array.from({ length: 10 }, newLedger);
    for (const [state, reads] of [
      ["cold", 10],
      ["warm", 0],
    ] as const) {
      process.wiretap.clear();
      await handMany(
        process,
        ledgers.map((ledger) => add(ledger, state)),
      );
      expect(purposes(process.wiretap).sort()).toEqual([
        ...times(10, "commit"),
        ...times(reads, "read head"),
      ]);
    }
  });

  it("are at most 0.15 each for 1,000 messages to one actor; each has its line, and nothing is printed", async () => {
    const printed = (["debug", "info", "log", "warn", "error"] as const).map((level) =>
      jest.spyOn(console, level).mockImplementation(),
    );
    const lines: string[] = [];
    const note = (message: string) => void lines.push(message);
    const process = connect({ log: { debug: note, info: note, warn: note, error: note } });
    const tally = { type: "Tally", id: newId() };
    await handMany(
      process,
      Array.from({ length: 1_000 }, () => messageFor(tally, "add", Date.now())),
    );
    expect(process.wiretap.count()).toBeLessThanOrEqual(150);
    expect(lines).toEqual(Array(1_000).fill("turn"));
    expect(new Set(purposes(process.wiretap))).toEqual(new Set(["read head", "commit", "write parts"]));
    expect(count(process.wiretap, "read head")).toBe(1);
    expect(await process.client.actor(Tally).get(tally.id).value()).toBe(1_000);
    for (const level of printed) expect(level).not.toHaveBeenCalled();
    jest.restoreAllMocks();
  });

  it("are 1 more for the outcome of each started message", async () => {
    const process = connect();
    const ledger = newLedger();
    const batch = [
      ...adds(ledger, ["sent"]),
      ...(await started(process, adds(ledger, named(3), { mode: "start" }))),
    ];
    process.wiretap.clear();
    await handMany(process, batch);
    expect(purposes(process.wiretap)).toEqual(["read head", "commit", "settle", "settle", "settle"]);
  });

  it("are no more for a started message that its method leaves open", async () => {
    const process = connect();
    const open = messageFor(newLedger(), "leaveOpen", Date.now(), { mode: "start" });
    await started(process, [open]);
    process.wiretap.clear();
    await handMany(process, [open]);
    expect(purposes(process.wiretap)).toEqual(["read head", "commit"]);
  });

  describe("of messages with ids of the caller's", () => {
    it("are 1 each for a warm actor, as long as its inbox fits into its head", async () => {
      const process = connect();
      const ledger = newLedger();
      await handMany(process, [add(ledger, "first", { isKeyed: true })]);
      for (const entry of named(19)) {
        process.wiretap.clear();
        await handMany(process, [add(ledger, entry, { isKeyed: true })]);
        expect(purposes(process.wiretap)).toEqual(["commit"]);
      }
    });

    it("are 1 read more each from then on", async () => {
      const process = connect();
      const ledger = newLedger();
      await handMany(process, adds(ledger, named(40)));
      process.wiretap.clear();
      await handMany(process, adds(ledger, named(10, "keyed"), { isKeyed: true }));
      expect(purposes(process.wiretap)).toEqual([...times(10, "read part"), "commit"]);
    });

    it("are 1 write more for each 25 that leave the head together", async () => {
      const process = connect();
      await handMany(process, adds(newLedger(), named(300), { isKeyed: true }));
      const { requests } = process.wiretap;
      const moved = requests
        .filter(hasPurpose("write parts"))
        .map(({ input }) => Object.values(input.RequestItems as Record<string, unknown[]>).flat().length);
      const spills = requests.filter(({ input }) =>
        /#version.*#spilled/.test(String(input.UpdateExpression)),
      );
      expect(moved.reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(250);
      expect(moved.filter((size) => size < 25).length).toBeLessThanOrEqual(spills.length);
    });
  });

  describe("of a batch of 10 that is delivered again", () => {
    /** An actor whose inbox is in part beside its head, and what was applied to it first. */
    async function spilled(process: Connection): Promise<{ ledger: Address; first: ReceivedMessage[] }> {
      const ledger = newLedger();
      const first = adds(ledger, named(10, "first"));
      await handMany(process, first);
      await handMany(process, adds(ledger, named(40)));
      process.wiretap.clear();
      return { ledger, first };
    }
    const again = (messages: readonly ReceivedMessage[]) => messages.map((message) => redelivered(message));

    it("are 1 read for a warm actor, as long as its inbox fits into its head", async () => {
      const process = connect();
      const batch = adds(newLedger(), named(10));
      await handMany(process, batch);
      process.wiretap.clear();
      await handMany(process, again(batch));
      expect(purposes(process.wiretap)).toEqual(["read head"]);
    });

    it("are 2 where they take the lease, and write nothing else", async () => {
      const process = connect();
      const batch = adds(newLedger(), named(10), { method: "addUnderLease" });
      await handMany(process, batch);
      process.wiretap.clear();
      await handMany(process, again(batch));
      expect(purposes(process.wiretap)).toEqual(["acquire", "release"]);
    });

    it("are 1 query more when all were applied, and left the head since", async () => {
      const process = connect();
      const { first } = await spilled(process);
      await handMany(process, again(first));
      expect(purposes(process.wiretap)).toEqual(["read parts", "read head"]);
    });

    it("are 1 query more when nothing marks it, and it left the head since", async () => {
      const process = connect();
      const { first } = await spilled(process);
      await handMany(process, first);
      expect(purposes(process.wiretap)).toEqual(["read parts", "read head"]);
    });

    it.each([
      ["from one sender", 1],
      ["from senders whose clocks differ", -1],
    ] as const)("are 1 query more when none was applied: %s", async (_name, stepMs) => {
      const process = connect();
      const { ledger } = await spilled(process);
      const nowMs = Date.now();
      const batch = named(10, "second").map((entry, i) =>
        add(ledger, entry, { sentAtMs: nowMs + i * stepMs, queuedMs: nowMs }),
      );
      await handMany(process, again(batch));
      expect(count(process.wiretap, "read parts")).toBe(1);
      expect(process.wiretap.count() - count(process.wiretap, "write parts")).toBe(2);
      expect(count(process.wiretap, "commit")).toBe(1);
    });
  });

  describe("of a message that fails", () => {
    it.each<[string, (ledger: Address) => ReceivedMessage[], number]>([
      ["alone", (ledger) => [add(ledger, "bad")], 0],
      ["before others", (ledger) => [add(ledger, "bad"), ...adds(ledger, named(3))], 0],
      ["behind others", (ledger) => [...adds(ledger, named(3)), add(ledger, "bad")], 3],
      ["between others", (ledger) => adds(ledger, ["1", "2", "bad", "3", "4"]), 2],
      ["and is tracked", (ledger) => [add(ledger, "bad", { mode: "start" })], 0],
    ])("%s are 2 cold and 1 warm, its attempt counted", async (_name, batchFor, done) => {
      const process = connect();
      const ledger = newLedger();
      const batch = await started(process, batchFor(ledger));
      broken.add("bad");
      for (const [attempts, expected] of [
        [1, ["read head", "commit"]],
        [2, ["commit"]],
      ] as const) {
        process.wiretap.clear();
        const left = batch.slice(attempts === 1 ? 0 : done);
        const handedBack = await hand(
          process.handle,
          left.map((message) => redelivered(message, attempts)),
        );
        expect(handedBack).toEqual(idsOf(batch.slice(done)));
        expect(purposes(process.wiretap)).toEqual(expected);
        expect(JSON.parse((await headOf(process, ledger))?.failing ?? "")).toMatchObject({ attempts });
      }
      expect(await entriesOf(process, ledger)).toHaveLength(done);
    });

    const dead = (ledger: Address, fields: MessageFields = {}) =>
      messageFor(ledger, "addTerminally", Date.now(), { args: ["dead"], ...fields });

    it.each<[string, (ledger: Address) => ReceivedMessage[], Purpose[]]>([
      ["alone", (ledger) => [dead(ledger)], ["read head", "commit"]],
      ["behind others", (ledger) => [...adds(ledger, named(3)), dead(ledger)], ["read head", "commit"]],
      [
        "before others, which go on",
        (ledger) => [dead(ledger), ...adds(ledger, named(3))],
        ["read head", "commit", "commit"],
      ],
      ["and is tracked", (ledger) => [dead(ledger, { mode: "start" })], ["read head", "commit", "settle"]],
    ])("for good, %s, are no more", async (_name, batchFor, expected) => {
      const process = connect();
      const batch = await started(process, batchFor(newLedger()));
      process.wiretap.clear();
      expect(await hand(process.handle, batch)).toEqual([]);
      expect(purposes(process.wiretap)).toEqual(expected);
    });

    it("for good and is delivered again are 1 read, and nothing is written", async () => {
      const process = connect();
      const ledger = newLedger();
      const message = dead(ledger);
      await handMany(process, [message]);
      process.wiretap.clear();
      await handMany(process, [redelivered(message)]);
      expect(purposes(process.wiretap)).toEqual(["read head"]);
      const letters = await new DeadLetters(local, systemClock).list({ id: ledger.id });
      expect(letters.map(({ callId }) => callId)).toEqual([callIdOf(message)]);
    });
  });

  it.each([1, 3])("of turns that end %i tracked calls are 3, and 1 more for each", async (ended) => {
    const process = connect();
    const ledger = newLedger();
    const others = await started(
      process,
      Array.from({ length: ended }, () => messageFor(ledger, "leaveOpen", Date.now(), { mode: "start" })),
    );
    process.wiretap.clear();
    await handMany(
      process,
      others.map((other) =>
        messageFor(ledger, "end", Date.now(), { args: ["x", callIdOf(other), "succeeded"] }),
      ),
    );
    expect(purposes(process.wiretap)).toEqual(["read head", "commit", ...times(ended, "settle"), "release"]);
  });
});

/** Faults strike the requests that match, until they have struck `limit` times. Returns how often they did. */
function strike(
  wiretap: SdkWiretap,
  fault: Fault,
  matches: (request: SentRequest) => boolean,
  limit = Number.POSITIVE_INFINITY,
): () => number {
  let struck = 0;
  wiretap.plan = (request) => {
    if (struck >= limit || !matches(request)) return "none";
    struck++;
    return fault;
  };
  return () => struck;
}

/** The SDK's pauses between its attempts have no length. */
function withoutPauses(): void {
  beforeEach(() => jest.spyOn(Math, "random").mockReturnValue(0));
  afterEach(() => jest.restoreAllMocks());
}
const shortest = { ...systemRandom, fraction: () => 0 };

describe("a batch of which one request fails", () => {
  withoutPauses();

  /** How often a request that fails for good is sent: the runtime repeats what the SDK has repeated. */
  const RUNTIME_ATTEMPTS = 4;
  const TRACKED = [1, 4, 8];
  const STRUCK = 4;

  const positions = [
    ["read head", "without a lease", "add"],
    ["write parts", "without a lease", "add"],
    ["commit", "without a lease", "add"],
    ["settle", "without a lease", "add"],
    ["acquire", "under a lease", "addUnderLease"],
    ["write parts", "under a lease", "addUnderLease"],
    ["commit", "under a lease", "addUnderLease"],
  ] as const satisfies [Purpose, ...(typeof ways)[number]][];
  const faults = ["lostResponse", "throttled", "reset"] as const;
  const spans = ["once", "in all attempts of the SDK's", "for good"] as const;
  const cases = positions.flatMap(([position, way, method]) =>
    faults.flatMap((fault) => spans.map((span) => [position, way, fault, span, method] as const)),
  );

  it.each(cases)(
    "%s, %s: %s %s: each message has one effect, in its order, and each tracked call its outcome",
    async (position, _way, fault, span, method) => {
      const first = connect({ random: shortest });
      const ledger = newLedger();
      const before = named(30, "before");
      await handMany(first, adds(ledger, before));
      // One that has the actor in memory reads nothing.
      const process = position === "read head" ? connect({ random: shortest }) : first;
      const entries = named(10);
      const batch = entries.map((entry, index) =>
        add(ledger, entry, { method, mode: TRACKED.includes(index) ? "start" : "send" }),
      );
      const tracked = TRACKED.map((index) => batch[index] as ReceivedMessage);
      await started(process, tracked);

      const sdkAttempts = await process.documents.config.maxAttempts();
      expect(sdkAttempts).toBeGreaterThan(1);
      const limit = { once: 1, "in all attempts of the SDK's": sdkAttempts, "for good": undefined }[span];
      const struckCall = callIdOf(batch[STRUCK] as ReceivedMessage);
      const isStruck = (request: SentRequest) =>
        purposeOf(request) === position &&
        (position !== "settle" || JSON.stringify(request.input.Key).includes(struckCall));
      const struck = strike(process.wiretap, fault, isStruck, limit);
      process.wiretap.clear();
      const handedBack = await hand(process.handle, batch);
      expect(struck()).toBe(limit ?? RUNTIME_ATTEMPTS * sdkAttempts);
      // The attempt that comes through is the last one: what it repeats is recognised as one's own.
      expect(process.wiretap.requests.filter(isStruck)).toHaveLength(
        struck() + (limit === undefined ? 0 : 1),
      );
      const firstBack = span !== "for good" ? batch.length : position === "settle" ? STRUCK : 0;
      expect(handedBack).toEqual(idsOf(batch.slice(firstBack)));

      // Even what was not handed back can come again: the answer to Lambda may be lost too.
      const other = connectLater();
      await handMany(
        other,
        batch.map((message) => redelivered(message)),
      );
      expect(await entriesOf(other, ledger)).toEqual([...before, ...entries]);
      expect(await Promise.all(tracked.map((message) => outcomeOf(other, callIdOf(message))))).toEqual(
        TRACKED.map((index) => `succeeded ${before.length + index + 1}`),
      );
    },
  );
});

describe.each(ways)("a batch whose commit's response is lost, %s", (_way, method) => {
  it("is recognised by its calls' ids, with another process's batch and 40 more calls before the retry", async () => {
    const [a, b] = [connect(), connect()];
    const ledger = newLedger();
    const batch = await started(a, adds(ledger, named(10, "mine"), { mode: "start", method }));
    const others = gate<void>();
    const held = gate<void>();
    let commits = 0;
    a.wiretap.plan = (request) => {
      if (purposeOf(request) !== "commit") return "none";
      commits++;
      if (commits === 1) return "lostResponse";
      held.open();
      return { delay: others.opened };
    };
    const answer = hand(a.handle, batch);
    await held.opened;
    await handMany(b, adds(ledger, named(10, "theirs")));
    for (const entry of named(40, "call")) await b.client.actor(Ledger).get(ledger.id).add(entry);
    others.open();
    expect(await answer).toEqual([]);
    expect(commits).toBe(2);
    expect(count(a.wiretap, "read parts")).toBe(1);
    expect(await entriesOf(b, ledger)).toEqual([
      ...named(10, "mine"),
      ...named(10, "theirs"),
      ...named(40, "call"),
    ]);
    expect(await Promise.all(batch.map((message) => outcomeOf(b, callIdOf(message))))).toEqual(
      batch.map((_, index) => `succeeded ${index + 1}`),
    );
  });
});

describe("a holder that was paused past its lease in the middle of a batch", () => {
  /** A process stopped in its batch's second message, to which the lease has ended for `fast`. */
  async function pausedBatch() {
    const [slowClock, clock] = [new FakeClock(), new FakeClock()];
    const slow = connect({ clock: slowClock });
    const fast = connect({ clock });
    const ledger = newLedger();
    const at = { sentAtMs: clock.now() };
    const batch = await started(slow, [
      add(ledger, "1", { ...at, mode: "start" }),
      messageFor(ledger, "addSlowly", clock.now(), { args: ["2"] }),
      add(ledger, "3", at),
    ]);
    const resume = gate<void>();
    pause = resume;
    const answer = hand(slow.handle, batch);
    await reached.opened;
    clock.freeze(15_001);
    return { slow, fast, ledger, batch, resume, answer };
  }
  const again = (batch: readonly ReceivedMessage[]) => batch.map((message) => redelivered(message));

  it("has none of it applied, and hands all of it back", async () => {
    const { slow, fast, ledger, batch, resume, answer } = await pausedBatch();
    await handMany(fast, [add(ledger, "other", { sentAtMs: 1_800_000_000_000 })]);
    resume.open();
    expect(await answer).toEqual(idsOf(batch));
    expect(await entriesOf(fast, ledger)).toEqual(["other"]);
    expect(await outcomeOf(fast, callIdOf(batch[0] as ReceivedMessage))).toBe("pending");
    expect(count(slow.wiretap, "settle")).toBe(0);
    await handMany(fast, again(batch));
    expect(await entriesOf(fast, ledger)).toEqual(["other", "1", "2", "3"]);
    expect(await outcomeOf(fast, callIdOf(batch[0] as ReceivedMessage))).toBe("succeeded 2");
  });

  it("finds it done when another process has had its second delivery meanwhile", async () => {
    const { fast, ledger, batch, resume, answer } = await pausedBatch();
    await handMany(fast, again(batch));
    resume.open();
    expect(await answer).toEqual([]);
    expect(await entriesOf(fast, ledger)).toEqual(["1", "2", "3"]);
    expect(await headOf(fast, ledger)).toMatchObject({ version: 1 });
    expect(await outcomeOf(fast, callIdOf(batch[0] as ReceivedMessage))).toBe("succeeded 1");
  });

  it("hands back what of it another process has not applied", async () => {
    const { fast, ledger, batch, resume, answer } = await pausedBatch();
    await handMany(fast, again(batch.slice(0, 1)));
    resume.open();
    expect(await answer).toEqual(idsOf(batch.slice(1)));
    await handMany(fast, again(batch.slice(1)));
    expect(await entriesOf(fast, ledger)).toEqual(["1", "2", "3"]);
  });
});

describe("a turn that ends another call", () => {
  withoutPauses();

  interface Ending {
    readonly process: Connection;
    readonly ledger: Address;
    /** The call that is ended. */
    readonly open: string;
    readonly message: ReceivedMessage;
  }

  async function ending(status: Outcome["status"], entry = "end"): Promise<Ending> {
    const process = connect({ random: shortest });
    const open = messageFor(newLedger(), "leaveOpen", Date.now(), { mode: "start", callId: newCallId() });
    await started(process, [open]);
    await handMany(process, [open]);
    const ledger = newLedger();
    const args = [entry, callIdOf(open), status];
    return {
      process,
      ledger,
      open: callIdOf(open),
      message: messageFor(ledger, "end", Date.now(), { args }),
    };
  }

  const OUTCOMES = { succeeded: 'succeeded "for end"', failed: "failed for end" } as const;

  it.each(["succeeded", "failed"] as const)("ends it after its own commit: %s", async (status) => {
    const { process, ledger, open, message } = await ending(status);
    expect(await outcomeOf(process, open)).toBe("pending");
    await handMany(process, [message]);
    expect(await outcomeOf(process, open)).toBe(OUTCOMES[status]);
    const head = await headOf(process, ledger);
    expect(head).toMatchObject({ version: 1, outbox: "" });
    expect(head).not.toHaveProperty("leaseId");
  });

  /** What a process that dies has still done: nothing from its first request of this purpose on, or that one too. */
  const crashes = [
    ["before the call is ended", "settle", "reset", "pending"],
    ["once the call is ended, before it knows", "settle", "lostResponse", "ended"],
    ["before it gives the lease back", "release", "reset", "ended"],
  ] as const;
  const next = [
    ["another message", ({ ledger }: Ending) => add(ledger, "next"), ["end", "next"]],
    ["its own second delivery", ({ message }: Ending) => redelivered(message), ["end"]],
  ] as const;
  const cases = (["succeeded", "failed"] as const).flatMap((status) =>
    crashes.flatMap((crash) => next.map((one) => [crash[0], one[0], status, crash, one] as const)),
  );

  it.each(cases)(
    "in a process that dies %s: %s, in another process, ends it as it was committed (%s)",
    async (_when, _next, status, [, purpose, fault, expected], [, messageAfter, entries]) => {
      const one = await ending(status);
      const { process, ledger, open, message } = one;
      let isDead = false;
      process.wiretap.plan = (request) => {
        if (isDead) return "reset";
        isDead = purposeOf(request) === purpose;
        return isDead ? fault : "none";
      };
      await hand(process.handle, [message]);
      expect(isDead).toBe(true);
      const other = connectLater();
      expect(await headOf(other, ledger)).toMatchObject({
        outbox: expect.stringContaining(open) as string,
        leaseId: expect.any(String) as string,
      });
      expect(await outcomeOf(other, open)).toBe(expected === "pending" ? "pending" : OUTCOMES[status]);

      other.wiretap.clear();
      await handMany(other, [messageAfter(one)]);
      expect(count(other.wiretap, "settle")).toBe(1);
      expect(await outcomeOf(other, open)).toBe(OUTCOMES[status]);
      expect(await entriesOf(other, ledger)).toEqual(entries);
      const head = await headOf(other, ledger);
      expect(head?.outbox).toBe("");
      expect(head).not.toHaveProperty("leaseId");
    },
  );

  it("keeps its end in the actor while the call cannot be reached, and gives the lease back", async () => {
    const { process, ledger, open, message } = await ending("succeeded");
    const struck = strike(process.wiretap, "throttled", hasPurpose("settle"));
    await handMany(process, [message]);
    expect(struck()).toBeGreaterThan(1);
    const head = await headOf(process, ledger);
    expect(head?.outbox).toContain(open);
    expect(head).not.toHaveProperty("leaseId");
    expect(await outcomeOf(process, open)).toBe("pending");

    process.wiretap.plan = () => "none";
    await process.client.actor(Ledger).get(ledger.id).add("next");
    expect(await outcomeOf(process, open)).toBe(OUTCOMES.succeeded);
    expect(await headOf(process, ledger)).toMatchObject({ outbox: "" });
  });

  it("delivers the same end twice without a word, and leaves what the call ended with", async () => {
    const warn = jest.fn<void, [string, unknown?]>();
    const { process, ledger, open, message } = await ending("succeeded");
    strike(process.wiretap, "reset", hasPurpose("release"));
    await handMany(process, [message]);
    const settled = await process.calls.read(open);
    const other = emulator.connect();
    const clock = { now: () => Date.now() + 60_000, setTimer: systemClock.setTimer };
    const { client } = startProcess([Ledger], other, { clock, log: { ...silentLog, warn, error: warn } });
    await client.actor(Ledger).get(ledger.id).add("next");
    expect(count(other.wiretap, "settle")).toBe(1);
    expect(await process.calls.read(open)).toEqual(settled);
    expect(warn).not.toHaveBeenCalled();
  });

  it("and then throws leaves the call open; its neighbours in the batch end theirs", async () => {
    const first = await ending("succeeded", "end");
    const { process, ledger } = first;
    const [thrown, last] = [await ending("succeeded", "bad"), await ending("failed", "end")];
    broken.add("bad");
    const end = ({ message, open }: Ending): ReceivedMessage => {
      const { args } = JSON.parse(message.body) as { args: string[] };
      return messageFor(ledger, "end", Date.now(), { args: [args[0], open, args[2]] });
    };
    const batch = [end(first), end(thrown), end(last)];
    expect(await hand(process.handle, batch)).toEqual(idsOf(batch.slice(1)));
    const outcomes = () => Promise.all([first, thrown, last].map(({ open }) => outcomeOf(process, open)));
    expect(await outcomes()).toEqual([OUTCOMES.succeeded, "pending", "pending"]);
    expect(await headOf(process, ledger)).toMatchObject({ outbox: "" });
    // Its last two attempts: it is dead then, and the one behind it goes on.
    expect(
      await hand(
        process.handle,
        batch.slice(1).map((message) => redelivered(message, 2)),
      ),
    ).toEqual(idsOf(batch.slice(1)));
    await handMany(
      process,
      batch.slice(1).map((message) => redelivered(message, 3)),
    );
    expect(await outcomes()).toEqual([OUTCOMES.succeeded, "pending", OUTCOMES.failed]);
    expect(await entriesOf(process, ledger)).toEqual(["end", "end"]);
    expect(await headOf(process, ledger)).toMatchObject({ outbox: "" });
  });
});
