/** Schema changes: what becomes of an older state when newer code loads it, and of one that no step, or a bad one, leads on from. */

import { Type } from "class-transformer";
import { Actor, type ActorClass, DurableActor, Method, type Migration } from "durable-lambda";
import type { Invocation } from "../../lib/invocation";
import { DeadLetters } from "../../lib/messages/dead-letters";
import { drain, hand, messageFor, redelivered } from "../support/batches";
import { codeOf, resultOf } from "../support/process";
import { onEachStore, type Stage } from "../support/stores";
import type { WatchedProcess } from "../support/watched-process";

/** The fields of version 1. */
type OrderV1 = {
  total: number;
  placed: Date;
  notes: Map<string, string>;
  shape: { kind: string; side: number };
};

class Shape {
  name = "shape";
}
class Square extends Shape {
  side = 0;
  area(): number {
    return this.side ** 2;
  }
}

const Drawn = () =>
  Type(() => Shape, {
    discriminator: { property: "kind", subTypes: [{ name: "square", value: Square }] },
  });

@Actor("Order")
class OrderOne extends DurableActor {
  total = 0;
  placed = new Date(0);
  notes = new Map<string, string>();
  old = "of version 1";
  @Drawn() shape: Shape = new Square();

  @Method place(total: number): void {
    this.total = total;
    this.placed = new Date("2026-11-25T12:00:00Z");
    this.notes.set("a", "b");
    (this.shape as Square).side = 3;
  }
}

/** The steps of the test's newer code. */
let steps: Record<number, Migration>;
let ran: number[];

/** The class at version 3, with what the steps are by then. */
function orderThree(options: { removedFields?: "keep" | "drop"; without?: number[] } = {}): ActorClass {
  const { without = [], removedFields = "keep" } = options;
  const migrate: Record<number, Migration> = {
    2: (s) => {
      ran.push(2);
      return steps[2]?.(s);
    },
    3: (s) => {
      ran.push(3);
      return steps[3]?.(s);
    },
  };
  for (const step of without) delete migrate[step];
  @Actor({ name: "Order", version: 3, migrate, removedFields })
  class OrderThree extends DurableActor {
    cents = 0;
    currency = "EUR";
    placed = new Date(0);
    notes = new Map<string, string>();
    fresh = { of: "version 3" };
    activated = "";
    @Drawn() shape: Shape = new Square();

    override onActivate(): void {
      this.activated = `with ${this.cents}`;
    }
    @Method touch(): void {}
    @Method add(cents: number): number {
      this.cents += cents;
      return this.cents;
    }
    @Method fail(): never {
      throw new RangeError("no");
    }
    @Method arrange(): void {
      this.ctx.remind("r", { in: "1h" }, "touch");
    }
    @Method({ readonly: true }) all(): Record<string, unknown> {
      const fields = { ...this } as Record<string, unknown>;
      return { ...fields, shape: (this.shape as Square).area() };
    }
  }
  return OrderThree;
}

const inCents: Migration = (s: OrderV1) => {
  const { total, ...rest } = s;
  return { ...rest, cents: total * 100 };
};

onEachStore((stageOf) => {
  let stage: Stage;
  let one: WatchedProcess;

  beforeEach(async () => {
    steps = { 2: inCents, 3: () => {} };
    ran = [];
    stage = stageOf();
    await invoke("place", [12], stage.start([OrderOne]));
    one = stage.start([orderThree()]);
  });

  const address = () => ({ type: "Order", id: stage.id });
  const head = () => stage.headOf(address());
  const stored = async () => JSON.parse((await head())?.state?.text ?? "") as Record<string, unknown>;
  function invoke(method: string, args: unknown[] = [], by = one, more: object = {}) {
    return by.invoke({ actor: "Order", id: stage.id, method, args, ...more } as Invocation);
  }
  const all = async (by = one) => resultOf(await invoke("all", [], by)) as Record<string, unknown>;

  it("an older state goes through each step in turn, and is persisted with the next commit", async () => {
    expect(await head()).toMatchObject({ state: { schema: 1 } });
    expect(await invoke("add", [5])).toMatchObject({ ok: true, result: 1_205, version: 2 });
    expect(ran).toEqual([2, 3]);
    expect(await head()).toMatchObject({ state: { schema: 3 } });
    expect(await stored()).toMatchObject({ cents: 1_205, currency: "EUR" });
    expect(await stored()).not.toHaveProperty("total");
    // In memory, and from the store, it is of the newest version.
    await invoke("add", [1]);
    expect(await invoke("add", [1], stage.start([orderThree()]))).toMatchObject({ result: 1_207 });
    expect(ran).toEqual([2, 3]);
  });

  it("is persisted also by a turn that changes nothing else", async () => {
    expect(await invoke("touch")).toMatchObject({ ok: true, version: 2 });
    expect(await head()).toMatchObject({ state: { schema: 3 } });
  });

  it("has the values of the fields as they were, nested classes as data, and gives them back as they are declared", async () => {
    let seen: Record<string, unknown> = {};
    steps[2] = (s) => {
      seen = structuredClone(s);
      return inCents(s);
    };
    const { notes, placed, ...rest } = await all();
    expect(seen).toEqual({
      total: 12,
      placed: new Date("2026-11-25T12:00:00Z"),
      notes: new Map([["a", "b"]]),
      old: "of version 1",
      shape: { kind: "square", name: "shape", side: 3 },
    });
    expect(rest).toEqual({
      cents: 1_200,
      currency: "EUR",
      fresh: { of: "version 3" },
      activated: "with 1200",
      old: "of version 1",
      // A method of its class.
      shape: 9,
    });
    expect([notes, placed]).toEqual([{ $map: [["a", "b"]] }, { $date: "2026-11-25T12:00:00.000Z" }]);
  });

  it("is changed in memory alone by a readonly call, with the same steps each time", async () => {
    const before = await head();
    expect(await all()).toMatchObject({ cents: 1_200 });
    expect(await all()).toMatchObject({ cents: 1_200 });
    expect(ran).toEqual([2, 3, 2, 3]);
    expect(await head()).toEqual(before);
  });

  it("stays as it was when the turn fails", async () => {
    const before = await head();
    expect(codeOf(await invoke("fail"))).toBe("MethodError");
    expect(await head()).toMatchObject({ version: 1, state: before?.state });
  });

  it("may be changed in place, and a step may begin where the one before ended", async () => {
    steps[2] = (s) => {
      s.cents = (s.total as number) * 100;
      delete s.total;
    };
    steps[3] = (s) => ({ ...s, cents: (s.cents as number) + 1 });
    expect(await all()).toMatchObject({ cents: 1_201 });
  });

  it("keeps nothing of what a step returns but a copy", async () => {
    const shared = { cents: 7, fresh: { of: "all orders" }, notes: new Map() };
    steps[2] = () => shared;
    steps[3] = (s) => {
      (s.notes as Map<string, string>).set("changed", "by the next step");
    };
    expect(await all()).toMatchObject({ cents: 7, notes: { $map: [["changed", "by the next step"]] } });
    await invoke("add", [1]);
    expect(shared).toEqual({ cents: 7, fresh: { of: "all orders" }, notes: new Map() });
  });

  it("keeps the fields that the class no longer has, unless it says that they go", async () => {
    await invoke("touch");
    expect(await stored()).toHaveProperty("old", "of version 1");
    const dropping = stage.start([orderThree({ removedFields: "drop" })]);
    expect(await all(dropping)).not.toHaveProperty("old");
    expect(await stored()).toHaveProperty("old");
    await invoke("touch", [], dropping);
    expect(Object.keys(await stored()).sort()).toEqual(
      ["cents", "currency", "placed", "notes", "fresh", "activated", "shape"].sort(),
    );
  });

  /** No call gets through, and nothing of the actor has changed. */
  async function expectRefused(code: string, details: object, by = one): Promise<void> {
    const before = await head();
    for (const method of ["touch", "all"]) {
      expect(await invoke(method, [], by)).toMatchObject({
        ok: false,
        error: {
          code,
          retryable: false,
          details: { actor: "Order", id: stage.id, from: 1, to: 3, ...details },
        },
      });
    }
    const { fence: _fence, ...after } = (await head()) ?? {};
    expect({ ...after, fence: before?.fence }).toEqual(before);
    expect(after).not.toHaveProperty("leaseId");
  }

  const failures: [string, () => Migration, RegExp][] = [
    [
      "throws",
      () => () => {
        throw new RangeError("not like this");
      },
      /not like this/,
    ],
    [
      "throws after it has changed some of the fields",
      () => (s) => {
        s.cents = 1;
        (s.notes as Map<string, string>).clear();
        throw new RangeError("half done");
      },
      /half done/,
    ],
    ["returns a promise", () => (async (s: object) => s) as Migration, /returned a promise/],
    [
      "returns a promise that fails",
      () =>
        (async () => {
          throw new RangeError("nobody waits for this");
        }) as Migration,
      /returned a promise/,
    ],
    ["returns a number", () => (() => 5) as unknown as Migration, /returned a number/],
    ["returns null", () => (() => null) as unknown as Migration, /returned null/],
    ["returns an array", () => () => [], /returned an array/],
    ["returns a Map", () => () => new Map(), /returned an instance/],
    ["returns an instance of a class", () => () => new Square(), /returned an instance/],
    [
      "returns what cannot be kept",
      () => () => ({ notes: { deep: [() => {}] } }),
      /state\.notes\.deep\[0\] is a function/,
    ],
    [
      "leaves what cannot be kept",
      () => (s) => {
        s.shape = new Square();
      },
      /state\.shape is an instance of Square/,
    ],
  ];

  it.each(failures)(
    "a step that %s is MigrationFailed, and leaves all as it was",
    async (_how, step, message) => {
      steps[3] = step();
      await expectRefused("MigrationFailed", { step: 3 });
      const reply = await invoke("all");
      expect(reply.ok ? "" : reply.error.message).toMatch(message);
      // The cause is mended.
      steps[3] = () => {};
      expect(await all()).toMatchObject({ cents: 1_200, notes: { $map: [["a", "b"]] } });
      expect(await invoke("add", [1])).toMatchObject({ result: 1_201, version: 2 });
    },
  );

  it.each([2, 3])(
    "a missing step to version %i is MissingMigration, before any other has run",
    async (step) => {
      await expectRefused("MissingMigration", { step }, stage.start([orderThree({ without: [step] })]));
      expect(ran).toEqual([]);
      expect(await invoke("touch")).toMatchObject({ ok: true });
    },
  );

  it("no steps at all are a MissingMigration too, which names the first", async () => {
    await expectRefused("MissingMigration", { step: 2 }, stage.start([orderThree({ without: [2, 3] })]));
  });

  it("a message to such an actor is a dead letter in the end, which can be redriven when the step is mended", async () => {
    steps[3] = () => {
      throw new RangeError("not like this");
    };
    const message = messageFor(address(), "add", stage.clock.now(), { args: [1] });
    const before = await head();
    for (const count of [1, 2]) {
      expect(await hand(one.handle, [redelivered(message, count)])).toEqual([message.messageId]);
    }
    expect(await hand(one.handle, [redelivered(message, 3)])).toEqual([]);
    const letters = new DeadLetters(stage.local, stage.clock);
    expect(await letters.list()).toMatchObject([{ reason: { code: "MigrationFailed", attempts: 3 } }]);
    expect(await head()).toMatchObject({ state: before?.state });
    steps[3] = () => {};
    await letters.redrive({ actor: "Order", id: stage.id });
    await drain(one.handle, stage.local);
    expect(await all()).toMatchObject({ cents: 1_201 });
  });

  it("whoever looks after the app finds the step's own error in the log, and where it was thrown", async () => {
    const logged: { message: string; fields: Record<string, unknown> }[] = [];
    const log = {
      debug() {},
      info() {},
      warn() {},
      error: (message: string, fields = {}) => logged.push({ message, fields }),
    };
    steps[3] = () => {
      throw new RangeError("not like this");
    };
    await invoke("touch", [], stage.start([orderThree()], { log: log as never }));
    expect(logged).toMatchObject([
      {
        message: "call failed",
        fields: {
          actor: "Order",
          actorId: stage.id,
          code: "MigrationFailed",
          error: {
            cause: { message: "not like this", stack: expect.stringContaining("schema-changes.test") },
          },
        },
      },
    ]);
  });
});
