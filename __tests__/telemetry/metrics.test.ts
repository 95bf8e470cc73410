/** The metrics that the router writes as lines for CloudWatch, at the end of each event. */
import {
  Actor,
  createRouter,
  DurableActor,
  Method,
  type Metrics,
  type RouterHandler,
  type RouterOptions,
} from "durable-lambda";
import { startLocal } from "durable-lambda/local";
import { hand, messageFor } from "../support/batches";
import { FakeClock, gate, settle } from "../support/fake-clock";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { silentLog } from "../support/process";

let clock: FakeClock;
let held = gate<void>();

@Actor
class Meter extends DurableActor {
  count = 0;

  @Method add(takesMs = 0): void {
    clock.freeze(takesMs);
    this.count++;
  }
  @Method async addSlowly(): Promise<void> {
    await held.opened;
    this.count++;
  }
  @Method fail(): never {
    throw new Error("no");
  }
  @Method tell(): void {
    this.ctx.emit("Told");
    this.ctx.actor(Gauge).get("g").send().set(1);
  }
  @Method({ readonly: true }) value(): number {
    return this.count;
  }
}

@Actor
class Gauge extends DurableActor {
  level = 0;

  @Method set(level: number): void {
    this.level = level;
  }
}

/** What EMF has of one blob. */
interface Blob {
  readonly _aws: {
    readonly Timestamp: number;
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly actor: string;
  readonly service: string;
  readonly [metric: string]: unknown;
}

let local: LocalPorts;
let blobs: Blob[];
let write: jest.SpyInstance;
const VARIABLES = ["POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_METRICS_DISABLED", "POWERTOOLS_SERVICE_NAME"];

beforeEach(() => {
  clock = new FakeClock();
  held = gate();
  local = openLocal({ clock });
  blobs = [];
  write = jest.spyOn(process.stdout, "write").mockImplementation((line) => {
    blobs.push(JSON.parse(String(line)) as Blob);
    return true;
  });
});
afterEach(async () => {
  write.mockRestore();
  for (const name of VARIABLES) delete process.env[name];
  await local.close();
});

const start = (options: RouterOptions = { metrics: true }): RouterHandler =>
  createRouter([Meter, Gauge], { ...local, clock, log: silentLog, ...options });
const call = (method: string, args: unknown[] = [], id = "m") => ({ actor: "Meter", id, method, args });

/** All values of each metric, with the unit that it has. */
function valuesOf({ _aws, ...values }: Blob): Record<string, unknown> {
  return Object.fromEntries(
    _aws.CloudWatchMetrics.flatMap(({ Metrics: metrics }) =>
      metrics.map(({ Name, Unit }) => [`${Name} ${Unit}`, [values[Name]].flat()]),
    ),
  );
}

it("are one line per event and type of actor, by type and service, and never by id", async () => {
  process.env.POWERTOOLS_SERVICE_NAME = "shop";
  const handle = start();
  await handle(call("add", [7]));
  expect(blobs).toHaveLength(1);
  const [blob] = blobs as [Blob];
  expect(blob).toMatchObject({ actor: "Meter", service: "shop" });
  expect(blob._aws.CloudWatchMetrics).toMatchObject([
    { Namespace: "durable-lambda", Dimensions: [["service", "actor"]] },
  ]);
  expect(JSON.stringify(blob)).not.toContain('"m"');
  expect(valuesOf(blob)).toEqual({
    "Turns Count": [1],
    "Failures Count": [0],
    "TurnTime Milliseconds": [7],
    "BatchSize Count": [1],
  });
});

it("count failures, of which nothing is committed; and readonly calls", async () => {
  const handle = start();
  await handle(call("fail"));
  await handle(call("value"));
  expect(blobs.map(valuesOf)).toEqual([
    { "Turns Count": [1], "Failures Count": [1], "TurnTime Milliseconds": [0] },
    { "Turns Count": [1], "Failures Count": [0], "TurnTime Milliseconds": [0] },
  ]);
});

it("of a batch of messages say how many turns shared a commit", async () => {
  const meter = { type: "Meter", id: "m" };
  const gauge = { type: "Gauge", id: "g" };
  const add = (takesMs: number) => messageFor(meter, "add", clock.now(), { args: [takesMs] });
  await hand(start(), [add(1), messageFor(gauge, "set", clock.now(), { args: [1] }), add(2), add(3)]);
  expect(blobs.map(({ actor }) => actor).sort()).toEqual(["Gauge", "Meter"]);
  expect(valuesOf(blobs.find(({ actor }) => actor === "Meter") as Blob)).toEqual({
    "Turns Count": [1, 1, 1],
    "Failures Count": [0, 0, 0],
    "TurnTime Milliseconds": [1, 2, 3],
    "BatchSize Count": [3],
  });
});

it("keep the dimension of what is more than one line holds", async () => {
  const handle = start({ metrics: true, limits: { holdTurns: 1_000 } });
  const adds = Array.from({ length: 250 }, () => messageFor({ type: "Meter", id: "m" }, "add", clock.now()));
  await hand(handle, adds);
  const turns = blobs.flatMap((blob) => valuesOf(blob)["Turns Count"] ?? []);
  expect(turns).toHaveLength(250);
  for (const { actor, _aws } of blobs) {
    expect(actor).toBe("Meter");
    expect(_aws.CloudWatchMetrics[0]?.Dimensions).toEqual([["service", "actor"]]);
  }
});

it("say how often a busy lease was waited for, and for how long", async () => {
  const other = { leaseId: "other", nowMs: clock.now(), untilMs: clock.now() + 2_000 };
  await local.store.acquire({ type: "Meter", id: "m" }, other);
  const answer = start()(call("add"));
  await clock.advance(3_000);
  expect(await answer).toMatchObject({ ok: true });
  const { "LeaseWaits Count": waits, "LeaseWaitTime Milliseconds": times } = valuesOf(blobs[0] as Blob);
  expect(waits).toEqual([1]);
  const [waitedMs] = times as [number];
  expect(waitedMs).toBeGreaterThanOrEqual(2_000);
  expect(waitedMs).toBeLessThanOrEqual(2_100);
});

it("count a commit that was refused, and its turn as a failure", async () => {
  const lost = start()({ ...call("addSlowly"), timeoutMs: 600_000 });
  await settle();
  clock.freeze(60_000);
  await start({ metrics: false })(call("add"));
  held.open();
  expect(await lost).toMatchObject({ ok: false, error: { code: "FencedError" } });
  expect(valuesOf(blobs[0] as Blob)).toMatchObject({
    "Conflicts Count": [1],
    "Turns Count": [1],
    "Failures Count": [1],
  });
});

it("say how old effects were when they left, also those that somebody else delivers later", async () => {
  const { bus, ...others } = local;
  let isDown = true;
  const fragile = {
    maxEventBytes: bus.maxEventBytes,
    publish: async (event: Parameters<typeof bus.publish>[0]) => {
      if (isDown) throw new Error("the bus is down");
      await bus.publish(event);
    },
  };
  const handle = start({ ...others, bus: fragile, metrics: true });
  await handle(call("tell"));
  // The message has left at once.
  expect(valuesOf(blobs[0] as Blob)).toMatchObject({ "OutboxAge Milliseconds": [0] });
  isDown = false;
  clock.freeze(90_000);
  await handle(call("add"));
  expect(valuesOf(blobs[1] as Blob)).toMatchObject({ "OutboxAge Milliseconds": [90_000] });
});

it("are written where the namespace is set, and not unless it is", async () => {
  await start({})(call("add"));
  expect(blobs).toEqual([]);
  process.env.POWERTOOLS_METRICS_NAMESPACE = "orders";
  await start({})(call("add"));
  expect(blobs.map(({ _aws }) => _aws.CloudWatchMetrics[0]?.Namespace)).toEqual(["orders"]);
  await start({ metrics: false })(call("add"));
  process.env.POWERTOOLS_METRICS_DISABLED = "true";
  await start()(call("add"));
  expect(blobs).toHaveLength(1);
});

describe("an object of the app's own", () => {
  function recording(): { metrics: Metrics; taken: unknown[][]; flushes: () => number } {
    const taken: unknown[][] = [];
    let flushes = 0;
    const metrics: Metrics = {
      addMetric: (...value) => void taken.push(value),
      flush: () => void flushes++,
    };
    return { metrics, taken, flushes: () => flushes };
  }

  it("takes each value, and is told when an event ends, also when that fails", async () => {
    const { metrics, taken, flushes } = recording();
    const handle = start({ metrics });
    await handle(call("add", [3]));
    expect(taken).toEqual([
      ["Meter", "BatchSize", "Count", 1],
      ["Meter", "Turns", "Count", 1],
      ["Meter", "Failures", "Count", 0],
      ["Meter", "TurnTime", "Milliseconds", 3],
    ]);
    expect(flushes()).toBe(1);
    await expect(handle({ Records: [{ eventSource: "aws:sqs" }] })).rejects.toMatchObject({
      code: "UnexpectedEvent",
    });
    expect(flushes()).toBe(2);
    expect(blobs).toEqual([]);
  });

  it("that throws takes no call along", async () => {
    const warned = jest.spyOn(process, "emitWarning").mockImplementation();
    const broken = () => {
      throw new Error("no metrics today");
    };
    const handle = start({ metrics: { addMetric: broken, flush: broken } });
    expect(await handle(call("add"))).toMatchObject({ ok: true });
    expect(warned).toHaveBeenCalledWith(expect.stringContaining("no metrics today"));
    warned.mockRestore();
  });

  it("is asked for by the local app too, which has none otherwise and flushes when it closes", async () => {
    process.env.POWERTOOLS_METRICS_NAMESPACE = "orders";
    const quiet = await startLocal({ actors: [Meter], log: silentLog });
    await quiet.client.actor(Meter).get("m").add();
    await quiet.close();
    expect(blobs).toEqual([]);
    const { metrics, taken, flushes } = recording();
    const app = await startLocal({ actors: [Meter], log: silentLog, metrics });
    const meter = app.client.actor(Meter).get("m");
    const last = meter.addSlowly();
    await meter.value();
    // Those of its first sweep have come by now; this turn ends only while the app closes.
    const closed = app.close();
    const before = flushes();
    held.open();
    await Promise.all([last, closed]);
    expect(taken).toContainEqual(["Meter", "BatchSize", "Count", 1]);
    expect(flushes()).toBeGreaterThan(before);
  });
});
