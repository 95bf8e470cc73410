/** Reminders under faults, one at a time: hints that come wrongly or not at all, processes that die or are paused. */
import {
  Actor,
  ActorBusy,
  BusUnavailable,
  DurableActor,
  Method,
  type ReminderTime,
  StoreUnavailable,
} from "durable-lambda";
import type { Address } from "../../lib/address";
import { DeadLetters } from "../../lib/messages/dead-letters";
import type { OutgoingMessage } from "../../lib/messages/queue";
import { drain } from "../support/batches";
import { FakeClock, gate, settle } from "../support/fake-clock";
import { handBodies, hint } from "../support/hints";
import { type LocalPorts, openLocal } from "../support/local-ports";
import {
  type Intercept,
  startWatched,
  type WatchedOptions,
  type WatchedProcess,
} from "../support/watched-process";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** What a bell does while it rings. */
let ringing: (bell: Bell) => unknown;
let held = gate();

/** Both ways in which a reminder's turn comes to its commit. */
type Ringing = "ring" | "ringUnderLease";
const ways = [
  ["without a lease", "ring"],
  ["under a lease", "ringUnderLease"],
] as const satisfies [string, Ringing][];

interface Ring {
  readonly dueMs: number;
  readonly atMs: number;
}

@Actor
class Bell extends DurableActor {
  rings: Ring[] = [];
  knocks = 0;

  @Method arrange(time: ReminderTime, name = "r", method: Ringing = "ring"): void {
    this.ctx.remind(name, time, method);
  }
  @Method forget(name: string): boolean {
    return this.ctx.forget(name);
  }
  @Method ring(): unknown {
    const dueMs = this.ctx.reminder?.dueAt.getTime() as number;
    this.rings.push({ dueMs, atMs: this.ctx.now.getTime() });
    return ringing(this);
  }
  @Method({ lease: "always" }) ringUnderLease(): unknown {
    return this.ring();
  }
  @Method knock(): void {
    this.knocks++;
  }
  @Method({ lease: "always" }) knockUnderLease(): void {
    this.knocks++;
  }
  @Method async hold(): Promise<void> {
    await held.opened;
  }
  @Method shout(text: string): void {
    this.ctx.emit("Shouted", { text });
  }
  @Method knockElsewhere(): void {
    this.ctx.actor(Bell).get("b").send().knock();
    this.ctx.emit("Knocked");
  }
  @Method({ readonly: true }) rang(): Ring[] {
    return this.rings;
  }
  @Method({ readonly: true }) knocked(): number {
    return this.knocks;
  }
}

const A: Address = { type: "Bell", id: "a" };

let clock: FakeClock;
let startMs: number;
let local: LocalPorts;
let logged: { level: string; message: string; fields: Record<string, unknown> }[];
let one: WatchedProcess;

beforeEach(() => {
  ringing = () => {};
  held = gate();
  clock = new FakeClock();
  startMs = clock.now();
  local = openLocal({ clock });
  logged = [];
  one = start();
});
afterEach(async () => {
  // Whatever still waits must not be told that the database is gone.
  one.kill();
  await local.close();
});

function start(options: Partial<WatchedOptions> = {}): WatchedProcess {
  const record =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      logged.push({ level, message, fields });
    };
  const log = { debug: record("debug"), info: record("info"), warn: record("warn"), error: record("error") };
  return startWatched([Bell], local, { clock, log, ...options });
}

const bell = (id = "a", by = one) => by.client.actor(Bell).get(id);
const headOf = (address = A) => local.store.read(address, { consistent: true });
/** When a bell rang, in milliseconds after the start. */
const timesOf = async (id = "a") => (await bell(id).rang()).map(({ atMs }) => atMs - startMs);
const letters = () => new DeadLetters(local, clock).list();

/** Arranges a reminder whose own hint gets lost. */
async function arrange(time: ReminderTime, name?: string, method?: Ringing): Promise<void> {
  const lossy = start({
    intercept: async (request, apply) => (request === "wakes.send" ? undefined : apply()),
  });
  await bell("a", lossy).arrange(time, name, method);
}

/** Sweeps, and does what can be done at once. */
async function sweep(by = one): Promise<void> {
  await by.handle({ mode: "sweep" });
  while ((await drain(by.handle, local)) > 0);
}

/** Does something to the first request of a name; the others are made. */
function toFirst(name: string, act: Intercept): Intercept {
  let isOver = false;
  return (request, apply, args) => {
    if (isOver || request !== name) return apply();
    isOver = true;
    return act(request, apply, args);
  };
}

describe("requests", () => {
  /** Of a call, by whether its process has the actor in memory. */
  const COLD = ["store.read", "store.commit"];
  const WARM = ["store.commit"];
  /** Whoever is told to look at an actor asks first whether there is something to do; the turn runs on what that brings. */
  const LOOK = "store.read";

  it("are 2 for a call that sets a reminder for tomorrow, 1 where the actor is warm, and no hint", async () => {
    await bell().arrange({ in: DAY_MS });
    expect(one.takeRequests()).toEqual(COLD);
    await bell().arrange({ in: DAY_MS }, "s");
    expect(one.takeRequests()).toEqual(WARM);
  });

  it.each([
    // Due at once, it is run by the same activation, when the turn that has set it is committed.
    [0, "store.commit"],
    [1, "wakes.send"],
    [MINUTE_MS, "wakes.send"],
    [75 * SECOND_MS, "wakes.send"],
    [75 * SECOND_MS + 1, undefined],
  ])("are 1 more when it is due before the sweep would see it: in %i ms", async (ms, more) => {
    const delays: unknown[] = [];
    one = start({
      intercept: (name, apply, args) => {
        if (name === "wakes.send") delays.push((args[0] as OutgoingMessage).delayMs);
        return apply();
      },
    });
    await bell().arrange({ in: ms });
    expect(one.takeRequests()).toEqual([...COLD, ...(more === undefined ? [] : [more])]);
    expect(delays).toEqual(more === "wakes.send" ? [ms] : []);
  });

  it("are no more for a call of an actor that has reminders, without a hint, and 1 to look at it", async () => {
    await bell().arrange({ in: MINUTE_MS });
    one.takeRequests();
    await bell().knock();
    expect(one.takeRequests()).toEqual(WARM);
    await bell().knocked();
    expect(one.takeRequests()).toEqual(["store.read"]);
    const other = start();
    await bell("a", other).knock();
    expect(other.takeRequests()).toEqual(COLD);
  });

  it("are no more for a call that forgets one, or that puts one off", async () => {
    await arrange({ in: MINUTE_MS });
    await bell().arrange({ in: HOUR_MS });
    expect(one.takeRequests()).toEqual(COLD);
    await bell().forget("r");
    expect(one.takeRequests()).toEqual(WARM);
    expect((await headOf())?.wakeAtMs).toBeUndefined();
  });

  it("are 2 for one that is due, 1 read and 1 write, cold or warm", async () => {
    await bell().arrange({ in: HOUR_MS });
    clock.freeze(HOUR_MS);
    one.takeRequests();
    await hint(one.handle, A);
    expect(one.takeRequests()).toEqual([LOOK, ...WARM]);
    await arrange({ in: MINUTE_MS });
    clock.freeze(MINUTE_MS);
    const other = start();
    await hint(other.handle, A);
    expect(other.takeRequests()).toEqual([LOOK, "store.commit"]);
    expect(await timesOf()).toEqual([HOUR_MS, HOUR_MS + MINUTE_MS]);
  });

  it("are no more where another process has had the actor since", async () => {
    await bell().knock();
    one.takeRequests();
    await arrange({ in: MINUTE_MS });
    clock.freeze(MINUTE_MS);
    await hint(one.handle, A);
    expect(one.takeRequests()).toEqual([LOOK, "store.commit"]);
    expect(await timesOf()).toEqual([MINUTE_MS]);
  });

  it("are 3 for one that is due and takes the lease", async () => {
    await bell().arrange({ in: HOUR_MS }, "r", "ringUnderLease");
    clock.freeze(HOUR_MS);
    one.takeRequests();
    await hint(one.handle, A);
    expect(one.takeRequests()).toEqual([LOOK, "store.acquire", "store.commit"]);
    expect(await timesOf()).toEqual([HOUR_MS]);
  });

  it.each(ways)("are 1 more when it comes again before the sweep would see it, %s", async (_way, method) => {
    await bell().arrange({ every: MINUTE_MS }, "r", method);
    clock.freeze(MINUTE_MS);
    one.takeRequests();
    await hint(one.handle, A);
    const taking = method === "ring" ? [] : ["store.acquire"];
    expect(one.takeRequests()).toEqual([LOOK, ...taking, "store.commit", "wakes.send"]);
    expect(await timesOf()).toEqual([MINUTE_MS]);
  });

  it("are no more for several that are due at once", async () => {
    for (const name of ["r", "s", "t"]) await bell().arrange({ in: HOUR_MS }, name);
    clock.freeze(HOUR_MS);
    one.takeRequests();
    await hint(one.handle, A);
    expect(one.takeRequests()).toEqual([LOOK, ...WARM]);
    expect(await timesOf()).toEqual([HOUR_MS, HOUR_MS, HOUR_MS]);
  });

  it("are no more when a call finds it due, and runs after it", async () => {
    await arrange({ in: SECOND_MS });
    clock.freeze(SECOND_MS);
    await bell().knock();
    expect(one.takeRequests()).toEqual(COLD);
    expect(await timesOf()).toEqual([SECOND_MS]);
  });

  it("are 1 more, a commit, for one that is so late that it may have killed its processes", async () => {
    await arrange({ in: HOUR_MS });
    clock.freeze(HOUR_MS + 30 * SECOND_MS + 1);
    await hint(one.handle, A);
    expect(one.takeRequests()).toEqual([LOOK, "store.commit", "store.commit"]);
    expect(await headOf()).toMatchObject({ reminders: "" });
  });
});

describe("a hint", () => {
  it("that comes when nothing is to be done costs 1 read, and no write", async () => {
    expect(await hint(one.handle, A)).toBe(0);
    expect(one.takeRequests()).toEqual(["store.read"]);
    expect(await headOf()).toBeUndefined();
    await bell().knock();
    one.takeRequests();
    await hint(one.handle, A);
    expect(one.takeRequests()).toEqual(["store.read"]);
  });

  it("that comes early, by the clock of whoever gets it, does nothing but send another for the rest of the time", async () => {
    await arrange({ in: HOUR_MS });
    clock.freeze(HOUR_MS);
    const behind = start({ skewMs: -30 * SECOND_MS });
    await hint(behind.handle, A);
    expect(behind.takeRequests()).toEqual(["store.read", "wakes.send"]);
    expect(await headOf()).toMatchObject({ version: 1 });
    await clock.advance(30 * SECOND_MS - 1);
    expect(await drain(behind.handle, local)).toBe(0);
    await clock.advance(1);
    await drain(behind.handle, local);
    // Its own clock says that it is time.
    expect(await timesOf()).toEqual([HOUR_MS]);
  });

  it("that comes so early that the sweep will see to it does nothing at all", async () => {
    await arrange({ in: HOUR_MS });
    await hint(one.handle, A);
    expect(one.takeRequests()).toEqual(["store.read"]);
  });

  it("that is doubled has its effect once: in one batch, one after the other, in two processes at once", async () => {
    const other = start();
    for (const round of [1, 2, 3]) {
      await arrange({ in: MINUTE_MS });
      clock.freeze(MINUTE_MS);
      if (round === 1) await hint(one.handle, A, A);
      if (round === 2) for (const by of [one, other]) await hint(by.handle, A);
      const both = Promise.all([hint(one.handle, A), hint(other.handle, A)]);
      await clock.advance(0);
      await clock.advance(MINUTE_MS / 60);
      await both;
      expect(await bell().rang()).toHaveLength(round);
    }
  });

  it("for an actor that this app does not have is dropped with a line in the log, and the others of its batch are not", async () => {
    await arrange({ in: MINUTE_MS });
    clock.freeze(MINUTE_MS);
    expect(await hint(one.handle, { type: "Gone", id: "g" }, A)).toBe(0);
    expect(await timesOf()).toEqual([MINUTE_MS]);
    expect(logged).toContainEqual({
      level: "error",
      message: "actor not woken",
      fields: expect.objectContaining({ actor: "Gone", actorId: "g", code: "UnknownActor" }) as object,
    });
  });

  it.each([
    '{"wake":{"actor":5,"id":"a"}}',
    '{"wake":{"actor":"Bell"}}',
    '{"wake":null}',
    '{"wake":{"actor":"Bell","id":""}}',
    '{"wake":{"actor":"","id":"a"}}',
    '{"wake":{"actor":"Bell/a","id":"a"}}',
    `{"wake":{"actor":"${"x".repeat(2_001)}","id":"a"}}`,
  ])("that is none, %s, is a dead letter and does not come again", async (body) => {
    expect(await handBodies(one.handle, [body])).toBe(0);
    expect(await letters()).toMatchObject([{ body }]);
  });

  it("comes again when the actor cannot be read at present", async () => {
    await arrange({ in: MINUTE_MS });
    clock.freeze(MINUTE_MS);
    const cutOff = start({
      intercept: async (name, apply) => {
        if (name === "store.read") throw new StoreUnavailable("cut off");
        return apply();
      },
    });
    expect(await hint(cutOff.handle, A)).toBe(1);
    expect(await hint(one.handle, A)).toBe(0);
    expect(await timesOf()).toEqual([MINUTE_MS]);
  });

  it("to a process that is stopping comes again", async () => {
    await arrange({ in: MINUTE_MS });
    clock.freeze(MINUTE_MS);
    await one.runtime.close();
    expect(await hint(one.handle, A)).toBe(1);
    expect(await headOf()).toMatchObject({ version: 1 });
  });
});

describe("a busy actor", () => {
  /** Holds the lease in a process of its own, from now on. */
  async function hold(): Promise<{ readonly holder: WatchedProcess; readonly call: Promise<void> }> {
    const holder = start();
    const call = bell("a", holder).hold();
    await settle();
    return { holder, call };
  }

  it("is waited for 5 s, and then left to whoever holds it: that one says when it is over", async () => {
    await arrange({ in: 2 * SECOND_MS });
    const { holder, call } = await hold();
    await clock.advance(2 * SECOND_MS);
    let failures: number | undefined;
    void hint(one.handle, A).then((count) => {
      failures = count;
    });
    await clock.advance(5 * SECOND_MS - 1);
    expect(failures).toBeUndefined();
    await clock.advance(SECOND_MS + 1);
    expect(failures).toBe(0);
    await clock.advance(20 * SECOND_MS);
    expect(await timesOf()).toEqual([]);
    held.open();
    await call;
    // It has held the lease for long enough, and sends a hint instead of doing it.
    expect(holder.takeRequests()).toContain("wakes.send");
    await drain(one.handle, local);
    expect(await timesOf()).toEqual([28 * SECOND_MS]);
  });

  it("whose holder lets go in time is waited for", async () => {
    await arrange({ in: SECOND_MS });
    const { call } = await hold();
    await clock.advance(SECOND_MS);
    const woken = hint(one.handle, A);
    await clock.advance(3 * SECOND_MS);
    held.open();
    await clock.advance(SECOND_MS);
    await Promise.all([call, woken]);
    expect(await bell().rang()).toHaveLength(1);
  });

  it("in the same process does it right after the call that runs, without another hint", async () => {
    await arrange({ in: SECOND_MS });
    const call = bell().hold();
    await clock.advance(SECOND_MS);
    const woken = hint(one.handle, A);
    await clock.advance(3 * SECOND_MS);
    held.open();
    await clock.advance(SECOND_MS);
    await Promise.all([call, woken]);
    expect(await bell().rang()).toHaveLength(1);
  });

  it("whose holder died is done by the first sweep after its lease has ended", async () => {
    await arrange({ in: SECOND_MS });
    const { holder } = await hold();
    holder.kill();
    await clock.advance(SECOND_MS);
    const woken = hint(one.handle, A);
    await clock.advance(13 * SECOND_MS);
    expect(await woken).toBe(0);
    expect(await timesOf()).toEqual([]);
    await clock.advance(46 * SECOND_MS);
    await sweep();
    expect(await timesOf()).toEqual([MINUTE_MS]);
  });
});

describe("a process that dies", () => {
  it.each(
    ways.flatMap(([way, method]) => [
      ["before the commit", way, method, false] as const,
      ["after it", way, method, true] as const,
    ]),
  )(
    "in a reminder's turn, %s, %s, leaves it to the next sweep: one effect",
    async (_when, _way, method, isApplied) => {
      const doomed = start({
        intercept: toFirst("store.commit", async (_name, apply) => {
          if (isApplied) await apply();
          doomed.kill();
        }),
      });
      await arrange({ every: HOUR_MS }, "r", method);
      clock.freeze(HOUR_MS);
      void hint(doomed.handle, A);
      await settle();
      expect(doomed.isAlive()).toBe(false);
      await clock.advance(MINUTE_MS);
      await sweep();
      expect(await bell().rang()).toMatchObject([{ dueMs: startMs + HOUR_MS }]);
    },
  );

  it("each time that it runs a reminder: that is given up in the end, and a recurring one goes on", async () => {
    let runs = 0;
    ringing = ({ rings }) => {
      runs++;
      return rings[0]?.dueMs === startMs + HOUR_MS ? new Promise(() => {}) : undefined;
    };
    await arrange({ every: HOUR_MS });
    await clock.advance(HOUR_MS);
    for (let minute = 0; minute < 20; minute++) {
      const doomed = start();
      void doomed.handle({ mode: "sweep" });
      await settle();
      void drain(doomed.handle, local);
      await settle();
      doomed.kill();
      await clock.advance(MINUTE_MS);
    }
    // Once on time, and five times that were noted before they began.
    expect(runs).toBe(6);
    expect(await letters()).toMatchObject([
      { actor: "Bell", id: "a", method: "ring", reason: { code: "ProcessDied" } },
    ]);
    expect(local.bus.published()).toMatchObject([
      { detailType: "ReminderFailed", detail: { code: "ProcessDied" } },
    ]);
    await clock.advance(40 * MINUTE_MS);
    await sweep();
    expect(await timesOf()).toEqual([2 * HOUR_MS]);
  });

  it("for another reason, a few times, costs a reminder nothing: its failures are counted apart", async () => {
    ringing = () => new Promise(() => {});
    await arrange({ in: HOUR_MS });
    await clock.advance(HOUR_MS);
    for (let minute = 0; minute < 4; minute++) {
      const doomed = start();
      void hint(doomed.handle, A);
      await settle();
      doomed.kill();
      await clock.advance(MINUTE_MS);
    }
    ringing = () => {};
    await sweep();
    expect(await bell().rang()).toHaveLength(1);
    expect(await letters()).toEqual([]);
  });

  it("is not what failures of the infrastructure are taken for, however many there are", async () => {
    ringing = () => {
      throw new ActorBusy("Somebody else has it.");
    };
    await arrange({ in: HOUR_MS });
    await clock.advance(HOUR_MS);
    for (let minute = 0; minute < 10; minute++) {
      await sweep();
      await clock.advance(MINUTE_MS);
    }
    ringing = () => {};
    await sweep();
    expect(await bell().rang()).toHaveLength(1);
    expect(await letters()).toEqual([]);
  });

  it("before it has delivered what it committed: the sweep has that done once its lease has ended", async () => {
    const doomed = start({
      intercept: toFirst("store.commit", async (_name, apply) => {
        await apply();
        doomed.kill();
      }),
    });
    void bell("a", doomed).knockElsewhere();
    await settle();
    expect(await headOf()).toMatchObject({ wakeAtMs: startMs + 15 * SECOND_MS });
    await sweep();
    expect(await bell("b").knocked()).toBe(0);
    await clock.advance(15 * SECOND_MS);
    await sweep();
    expect(await bell("b").knocked()).toBe(1);
    expect(local.bus.published()).toMatchObject([{ detailType: "Knocked" }]);
    const head = await headOf();
    expect(head).toMatchObject({ outbox: "" });
    expect(head?.wakeAtMs).toBeUndefined();
  });

  it.each([
    // Look, commit, message, event, release.
    ["without a lease", "ring", 5],
    // Look, acquire, commit, message, event, release.
    ["under a lease", "ringUnderLease", 6],
  ] as const)(
    "at any request of a reminder's turn with effects, %s: it has its effects once, and nothing is left undone",
    async (_way, method, requests) => {
      ringing = ({ ctx }) => {
        ctx.actor(Bell).get("b").send().knock();
        ctx.emit("Rang");
      };
      /** Returns false when the process made fewer requests than that. */
      async function dyingAt(request: number, isApplied: boolean): Promise<boolean> {
        let made = 0;
        const doomed = start({
          intercept: async (_, apply) => {
            if (++made !== request) return apply();
            if (isApplied) await apply();
            doomed.kill();
            return undefined;
          },
        });
        const [rings, knocks, events] = [await bell().rang(), await bell("b").knocked(), eventIds().size];
        await arrange({ in: MINUTE_MS }, "r", method);
        await clock.advance(MINUTE_MS);
        void hint(doomed.handle, A);
        await settle();
        for (let minute = 0; minute < 2; minute++) {
          await clock.advance(MINUTE_MS);
          await sweep();
        }
        expect(await bell().rang()).toHaveLength(rings.length + 1);
        expect(await bell("b").knocked()).toBe(knocks + 1);
        expect(eventIds().size).toBe(events + 1);
        expect((await local.store.readDue(0, Number.MAX_SAFE_INTEGER)).due).toEqual([]);
        expect(await letters()).toEqual([]);
        return !doomed.isAlive();
      }
      let positions = 0;
      while ((await dyingAt(positions + 1, false)) && (await dyingAt(positions + 1, true))) positions++;
      expect(positions).toBe(requests);
    },
  );
});

const eventIds = () =>
  new Set(
    local.bus.published().map(({ detail }) => (detail as { metadata: { eventId: string } }).metadata.eventId),
  );

describe("a lost response", () => {
  it.each(ways)(
    "of the commit that moves a reminder on, %s: one effect, and it goes on",
    async (_way, method) => {
      one = start({
        intercept: toFirst("store.commit", async (_, apply) => {
          await apply();
          throw new StoreUnavailable("reset after it was applied");
        }),
      });
      await arrange({ every: HOUR_MS }, "r", method);
      await clock.advance(HOUR_MS);
      const woken = hint(one.handle, A);
      await clock.advance(10 * SECOND_MS);
      expect(await woken).toBe(0);
      expect(await bell().rang()).toHaveLength(1);
      await clock.advance(HOUR_MS);
      await sweep();
      expect((await bell().rang()).map(({ dueMs }) => dueMs - startMs)).toEqual([HOUR_MS, 2 * HOUR_MS]);
    },
  );

  it("of the commit that sets one for soon: there is a hint all the same, so it comes without a sweep", async () => {
    one = start({
      intercept: toFirst("store.commit", async (_, apply) => {
        await apply();
        throw new StoreUnavailable("reset after it was applied");
      }),
    });
    const arranging = bell().arrange({ in: 30 * SECOND_MS });
    await clock.advance(30 * SECOND_MS);
    await arranging;
    expect(one.takeRequests().filter((name) => name === "wakes.send")).toHaveLength(1);
    while ((await drain(one.handle, local)) > 0);
    expect(await bell().rang()).toHaveLength(1);
  });

  it("of taking the lease: it is found again", async () => {
    let lost = 0;
    one = start({
      intercept: toFirst("store.acquire", async (_, apply) => {
        await apply();
        lost++;
        throw new StoreUnavailable("reset after it was applied");
      }),
    });
    await arrange({ in: MINUTE_MS }, "r", "ringUnderLease");
    await clock.advance(MINUTE_MS);
    const woken = hint(one.handle, A);
    await clock.advance(SECOND_MS);
    await woken;
    expect(lost).toBe(1);
    expect(await bell().rang()).toHaveLength(1);
    expect(await headOf()).toMatchObject({ version: 2, fence: 2 });
  });

  it("of the read of a cold actor: it is read again", async () => {
    let reads = 0;
    one = start({
      intercept: async (name, apply) => {
        if (name === "store.read" && ++reads === 1) throw new StoreUnavailable("reset");
        return apply();
      },
    });
    await arrange({ in: MINUTE_MS });
    await clock.advance(MINUTE_MS);
    // A call finds it due, and runs after it.
    const knocked = bell().knock();
    await clock.advance(SECOND_MS);
    await knocked;
    expect(reads).toBe(2);
    expect(await bell().rang()).toHaveLength(1);
  });

  it("of the commit by which a late one begins: it is not run, and the next sweep has it run", async () => {
    const refusing: Intercept = async (name, apply) => {
      if (name !== "store.commit") return apply();
      await apply();
      throw new StoreUnavailable("reset after it was applied");
    };
    await arrange({ in: MINUTE_MS });
    await clock.advance(2 * MINUTE_MS);
    const woken = hint(start({ intercept: refusing }).handle, A);
    await clock.advance(20 * SECOND_MS);
    await woken;
    expect(await bell().rang()).toEqual([]);
    await clock.advance(40 * SECOND_MS);
    await sweep();
    expect(await bell().rang()).toHaveLength(1);
    expect(await headOf()).toMatchObject({ reminders: "" });
  });
});

it("a process that was paused past its lease in a reminder's turn has no effect; whoever took over has it", async () => {
  await arrange({ every: HOUR_MS });
  await clock.advance(HOUR_MS);
  ringing = () => held.opened;
  const paused = start();
  const stuck = hint(paused.handle, A);
  await settle();
  // Its timers do not fire either: it cannot renew the lease.
  clock.freeze(MINUTE_MS);
  ringing = () => {};
  await sweep();
  expect(await timesOf()).toEqual([HOUR_MS + MINUTE_MS]);
  const { version } = (await headOf()) ?? {};
  held.open();
  await settle();
  await clock.advance(SECOND_MS);
  await stuck;
  expect(await timesOf()).toEqual([HOUR_MS + MINUTE_MS]);
  expect(await headOf()).toMatchObject({ version });
});

it("effects whose target is down are tried again until it is back, and reminders go on meanwhile", async () => {
  let isDown = true;
  one = start({
    intercept: async (name, apply) => {
      if (name === "bus.publish" && isDown) throw new BusUnavailable("down");
      return apply();
    },
  });
  ringing = ({ ctx }) => ctx.emit("Rang");
  await bell().arrange({ every: MINUTE_MS });
  for (let seconds = 0; seconds < 300; seconds += 15) {
    await clock.advance(15 * SECOND_MS);
    if (seconds % 60 === 0) await sweep();
    while ((await drain(one.handle, local)) > 0);
  }
  expect(local.bus.published()).toEqual([]);
  expect(await timesOf()).toEqual([1, 2, 3, 4, 5].map((minutes) => minutes * MINUTE_MS));
  isDown = false;
  await clock.advance(45 * SECOND_MS);
  while ((await drain(one.handle, local)) > 0);
  expect(local.bus.published().map(({ detailType }) => detailType)).toEqual(Array(5).fill("Rang"));
  expect(await headOf()).toMatchObject({ outbox: "" });
});

describe("a process that stops", () => {
  async function stopped(graceMs: number): Promise<boolean> {
    let isClosed = false;
    void one.runtime.close(graceMs).then(() => {
      isClosed = true;
    });
    await clock.advance(graceMs - 1);
    expect(isClosed).toBe(false);
    await clock.advance(SECOND_MS);
    return isClosed;
  }

  it.each([
    [1, 2 * SECOND_MS],
    [2, 250],
  ])(
    "with %i reminders that hang lets a turn end for %i ms, then rolls it back and gives the lease back",
    async (count, graceMs) => {
      for (let index = 0; index < count; index++) await arrange({ in: MINUTE_MS }, `r${index}`);
      await clock.advance(MINUTE_MS);
      let began = 0;
      ringing = () => {
        began++;
        return held.opened;
      };
      void hint(one.handle, A);
      await settle();
      expect(began).toBe(1);
      expect(await stopped(graceMs)).toBe(true);
      const head = await headOf();
      expect(head).toMatchObject({ version: count });
      expect(head?.leaseId).toBeUndefined();
      ringing = () => {};
      one = start();
      await sweep();
      expect(await bell().rang()).toHaveLength(count);
    },
  );
});

it("a backlog of reminders does not keep calls waiting until it is worked off", async () => {
  await arrange({ every: SECOND_MS, missed: "each" });
  clock.freeze(10 * MINUTE_MS);
  ringing = () => new Promise<void>((resolve) => clock.setTimer(100, resolve));
  void hint(one.handle, A);
  await settle();
  let knockedMs: number | undefined;
  void bell()
    .knock()
    .then(() => {
      knockedMs = clock.now();
    });
  const calledMs = clock.now();
  await clock.advance(5 * SECOND_MS);
  expect(knockedMs).toBeLessThan(calledMs + 5 * SECOND_MS);
  ringing = () => {};
  for (let hints = 1; hints > 0; ) hints = await drain(one.handle, local);
  await clock.advance(SECOND_MS);
  expect((await bell().rang()).length).toBeGreaterThanOrEqual(600);
});

it("an actor whose outbox is full, and cannot be delivered, does not try again without a pause", async () => {
  one = start({
    intercept: async (name, apply) => {
      if (name === "bus.publish") throw new BusUnavailable("down");
      return apply();
    },
  });
  const text = "x".repeat(10_000);
  await bell().shout(text);
  await bell().shout(text);
  one.takeRequests();
  const knocking = bell().knock();
  knocking.catch(() => {});
  // No time passes.
  await settle();
  const acquisitions = one.takeRequests().filter((name) => name === "store.acquire").length;
  expect(acquisitions).toBeGreaterThanOrEqual(1);
  expect(acquisitions).toBeLessThanOrEqual(2);
});

describe("what cannot be read", () => {
  /** Writes something into the head, as a newer version of this package or a defect may do. */
  async function writeReminders(reminders: string): Promise<void> {
    const lease = { leaseId: "test", nowMs: clock.now(), untilMs: clock.now() + 1 };
    const acquired = await local.store.acquire(A, lease);
    if (!acquired.acquired) throw new Error("busy");
    const { version: onVersion, fence } = acquired.head;
    await local.store.commit(
      A,
      { id: "test", fence },
      { onVersion, reminders, wakeAtMs: clock.now(), release: true },
    );
  }
  const reminder = { name: "r", id: "r1", method: "ring", dueMs: 1_800_000_000_000 };

  it.each([
    ["reminders that are no JSON", "not JSON"],
    ["reminders of another form", JSON.stringify([{ ...reminder, args: [], dueMs: "soon" }])],
    ["a method that nobody can be told of", JSON.stringify([{ ...reminder, args: [], method: "\ud800" }])],
    ["arguments of an unknown kind", JSON.stringify([{ ...reminder, args: [{ $future: 1 }] }])],
  ])("fails closed: %s give a call a typed error at once, and stay as they are", async (_, text) => {
    await writeReminders(text);
    for (const [method, requests] of [
      ["knock", ["store.read"]],
      ["knockUnderLease", ["store.acquire", "store.release"]],
    ] as const) {
      let thrown: unknown;
      void bell()
        [method]()
        .catch((error: unknown) => {
          thrown = error;
        });
      await clock.advance(SECOND_MS);
      expect(thrown).toMatchObject({ code: "CorruptState", retryable: false });
      expect(one.takeRequests()).toEqual(requests);
      expect(await headOf()).toMatchObject({ reminders: text });
    }
  });

  it("is told in the log when a hint meets it: nobody else would hear of it", async () => {
    await writeReminders("not JSON");
    await hint(one.handle, A);
    expect(logged.filter(({ level }) => level === "error")).toMatchObject([
      { fields: { actor: "Bell", actorId: "a", code: "CorruptState" } },
    ]);
  });
});
