/**
 * The outbox when it is full of things, when what it delivers to fails, and when it is delivered again much later; and how
 * many requests all of that costs.
 */
import { Actor, DurableActor, Method, TerminalError } from "durable-lambda";
import { parseEffects } from "../../lib/effects";
import type { PublishedEvent } from "../../lib/events/bus";
import { dyingAt, dyingEverywhere } from "../support/crash-points";
import { Fleet, NOTHING } from "../support/fleet";

const LOGS = 5;

@Actor
class Log extends DurableActor {
  lines: number[] = [];

  @Method append(line: number): void {
    this.lines.push(line);
  }

  @Method({ readonly: true }) all(): number[] {
    return this.lines;
  }
}

@Actor
class Source extends DurableActor {
  sent = 0;

  @Method touch(): number {
    return ++this.sent;
  }

  /** Sends numbers to some logs in turn, and publishes them. */
  @Method spread(numbers: number, logs = LOGS): number {
    for (let n = 0; n < numbers; n++) {
      this.ctx
        .actor(Log)
        .get(`l${n % logs}`)
        .send()
        .append(n);
      this.ctx.emit("Sent", { n });
    }
    this.sent += numbers;
    return this.sent;
  }

  /** Throws for a negative number, after it was sent. */
  @Method pass(n: number): void {
    this.sent++;
    this.ctx.actor(Log).get("l").send().append(n);
    this.ctx.emit("Sent", { n });
    if (n < 0) throw new TerminalError("A negative number.");
  }

  @Method remindSoon(): void {
    this.ctx.remind("touch", { in: "30s" }, "touch");
  }

  @Method({ readonly: true }) value(): number {
    return this.sent;
  }
}

function published(events: readonly { readonly detail: unknown }[]): number[] {
  return events.map(({ detail }) => (detail as { n: number }).n);
}

function linesOf({ witness }: Fleet, id: string): Promise<number[]> {
  return witness.actor(Log).get(id).all();
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

it("the harness finds an effect that a turn has outside of its outbox, and names the place", async () => {
  const effects: string[] = [];
  @Actor
  class Leaky extends DurableActor {
    @Method run(): void {
      effects.push(this.ctx.callId);
    }
  }
  const found = dyingEverywhere([Leaky], async (fleet) => {
    effects.length = 0;
    await fleet.during(fleet.client.actor(Leaky).get("x").run());
    expect(effects).toHaveLength(1);
  });
  await expect(found).rejects.toThrow("a process died before request 2 (store.commit Leaky/x)");
});

describe("25 messages and 25 events of one turn leave once in effect, in their order, wherever the process dies", () => {
  it.each([
    ["each by a request of its own", false, 75],
    ["in batches of ten", true, 25],
  ])("%s", async (_how, batched, least) => {
    const steps = await dyingEverywhere(
      [Source, Log],
      async (fleet) => {
        expect(await fleet.during(fleet.client.actor(Source).get("s").spread(25))).toBe(25);
        await fleet.heal();
        for (let log = 0; log < LOGS; log++) {
          expect(await linesOf(fleet, `l${log}`)).toEqual(numbers(0, 5).map((n) => log + n * LOGS));
        }
        expect(published(fleet.events())).toEqual(numbers(0, 25));
        expect(await fleet.leftOver()).toEqual(NOTHING);
      },
      { batched },
    );
    expect(steps.length).toBeGreaterThan(least);
  });
});

describe("a batch of ten messages that cause messages and events, committed at once", () => {
  it("has each effect once, wherever the process dies", async () => {
    const steps = await dyingEverywhere([Source, Log], async (fleet) => {
      const source = fleet.witness.actor(Source).get("s");
      await Promise.all(numbers(0, 10).map((n) => source.send().pass(n)));
      await fleet.heal();
      expect(await source.value()).toBe(10);
      expect(await linesOf(fleet, "l")).toEqual(numbers(0, 10));
      expect(published(fleet.events())).toEqual(numbers(0, 10));
      expect(await fleet.leftOver()).toEqual(NOTHING);
    });
    expect(steps.filter((step) => step === "store.commit Source/s")).toHaveLength(1);
    expect(steps.filter((step) => step === "messages.send")).toHaveLength(10);
  });

  it("has none of the one that fails, and all of its neighbours", async () => {
    const steps = await dyingEverywhere(
      [Source, Log],
      async (fleet) => {
        const source = fleet.witness.actor(Source).get("s");
        await Promise.all([0, 1, 2, 3, -4, 5, 6, 7, 8, 9].map((n) => source.send().pass(n)));
        await fleet.heal();
        const kept = [0, 1, 2, 3, 5, 6, 7, 8, 9];
        expect(await source.value()).toBe(9);
        expect(await linesOf(fleet, "l")).toEqual(kept);
        expect(published(fleet.events())).toEqual(kept);
        expect(await fleet.leftOver()).toEqual({ ...NOTHING, letters: ["TerminalError"] });
      },
      { batched: true },
    );
    expect(steps).toContain("deadLetters.send");
  });
});

describe("while the bus does not take events", () => {
  const DOWN_MS = 120_000;

  it.each([
    ["each by a request of its own", false],
    ["in batches of ten", true],
  ])(
    "messages leave and callers get results; events leave later in order, wherever the process dies: %s",
    async (_how, batched) => {
      const steps = await dyingEverywhere(
        [Source, Log],
        async (fleet) => {
          const upMs = fleet.clock.now() + DOWN_MS;
          fleet.refuses = () => fleet.clock.now() < upMs;
          expect(await fleet.during(fleet.client.actor(Source).get("s").spread(3, 1))).toBe(3);
          await fleet.pass(60_000);
          expect(await linesOf(fleet, "l0")).toEqual([0, 1, 2]);
          expect(fleet.events()).toEqual([]);
          const head = await fleet.local.store.read({ type: "Source", id: "s" }, { consistent: true });
          expect(parseEffects(head?.outbox ?? "").map(({ kind }) => kind)).toEqual([
            "event",
            "event",
            "event",
          ]);
          await fleet.pass(DOWN_MS);
          await fleet.heal();
          expect(published(fleet.events())).toEqual([0, 1, 2]);
          expect(await linesOf(fleet, "l0")).toEqual([0, 1, 2]);
          expect(await fleet.leftOver()).toEqual(NOTHING);
        },
        { batched },
      );
      expect(steps.filter((step) => step === "bus.publish").length).toBeGreaterThan(3);
    },
  );

  it("but for some, they are published again from the first that failed on, wherever the process dies", async () => {
    let undisturbed = 0;
    await dyingEverywhere(
      [Source, Log],
      async (fleet) => {
        const upMs = fleet.clock.now() + 20_000;
        const isRefused = ({ detail }: PublishedEvent) =>
          published([{ detail: JSON.parse(detail) }])[0] === 1;
        fleet.refuses = (event) => isRefused(event) && fleet.clock.now() < upMs;
        await fleet.during(fleet.client.actor(Source).get("s").spread(3, 1));
        await fleet.heal();
        const log = published(fleet.local.bus.published());
        expect(new Set(log)).toEqual(new Set([0, 1, 2]));
        expect(log.slice(log.lastIndexOf(1))).toEqual([1, 2]);
        expect(fleet.events()).toHaveLength(3);
        expect(await fleet.leftOver()).toEqual(NOTHING);
        if (fleet.processes.length === 1) {
          undisturbed++;
          expect(log.filter((n) => n === 0)).toHaveLength(1);
        }
      },
      { batched: true },
    );
    expect(undisturbed).toBe(1);
  });
});

it.each([
  ["before the outbox is cleared", { step: "store.release Source/s", moment: "before" }],
  ["after its message has left", { step: "messages.send", moment: "after" }],
] as const)(
  "an outbox that is delivered again after 1,000 other messages has one effect: dies %s",
  async (_when, death) => {
    await dyingAt([Source, Log], [death], async (fleet) => {
      fleet.isSwept = false;
      const call = { actor: "Source", id: "s", method: "spread", args: [1] };
      await expect(fleet.attempt(call)).rejects.toThrow("The process died");
      await fleet.pass(60_000);
      expect(await linesOf(fleet, "l0")).toEqual([0]);
      const log = fleet.witness.actor(Log).get("l0");
      const others = numbers(1, 1_001);
      await Promise.all(others.map((n) => log.send().append(n)));
      // Longer than the queue remembers the message.
      await fleet.pass(301_000);
      const head = await fleet.local.store.read({ type: "Log", id: "l0" }, { consistent: true });
      expect(head?.spilled).toBe(true);

      fleet.isSwept = true;
      await fleet.heal();
      expect(fleet.process.steps).toContain("messages.send");
      expect(await linesOf(fleet, "l0")).toEqual([0, ...others]);
      expect(published(fleet.events())).toEqual([0]);
      expect(await fleet.leftOver()).toEqual(NOTHING);
    });
  },
);

describe("an uncontended turn costs", () => {
  interface Requests {
    readonly store: readonly string[];
    readonly others: Readonly<Record<string, number>>;
  }

  /** Of two such turns: the first one reads the actor, and the second one finds it in memory. */
  async function requestsOf(call: (fleet: Fleet) => Promise<unknown>): Promise<[Requests, Requests]> {
    const fleet = new Fleet([Source, Log], { batched: true });
    async function requests(): Promise<Requests> {
      const before = fleet.process.steps.length;
      await call(fleet);
      const store: string[] = [];
      const others: Record<string, number> = {};
      for (const step of fleet.process.steps.slice(before)) {
        // What becomes of messages and events is others' doing.
        if (/Log|receive|delete/.test(step)) continue;
        if (step.startsWith("store.")) store.push(step.replace(" Source/s", ""));
        else others[step] = (others[step] ?? 0) + 1;
      }
      return { store, others };
    }
    try {
      return [await requests(), await requests()];
    } finally {
      await fleet.close();
    }
  }
  const source = ({ client }: Fleet) => client.actor(Source).get("s");

  it("2 store requests when it has no effects, and 1 where the actor is in memory", async () => {
    expect(await requestsOf((fleet) => source(fleet).touch())).toEqual([
      { store: ["store.read", "store.commit"], others: {} },
      { store: ["store.commit"], others: {} },
    ]);
  });

  it.each([
    [1, 1],
    [10, 1],
    [11, 2],
    [25, 3],
  ])(
    "3 store requests with %i messages and as many events, or 2, and %i deliveries of each kind",
    async (effects, deliveries) => {
      const others = { "messages.send": deliveries, "bus.publish": deliveries };
      expect(await requestsOf((fleet) => source(fleet).spread(effects))).toEqual([
        { store: ["store.read", "store.commit", "store.release"], others },
        { store: ["store.commit", "store.release"], others },
      ]);
    },
  );

  it("2 store requests, or 1, and a hint when it arranges a reminder that is due within a minute", async () => {
    const remind = async (fleet: Fleet) => {
      await source(fleet).remindSoon();
      // Another moment than before: it needs a hint of its own.
      fleet.clock.freeze(1);
    };
    expect(await requestsOf(remind)).toEqual([
      { store: ["store.read", "store.commit"], others: { "wakes.send": 1 } },
      { store: ["store.commit"], others: { "wakes.send": 1 } },
    ]);
  });
});
