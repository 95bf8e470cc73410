/** Reminders, as whoever writes an actor knows them: when they come, with what, and what becomes of those that fail. */
import {
  Actor,
  type ActorContext,
  createRouter,
  DurableActor,
  type InvocationReply,
  type Logger,
  Method,
  On,
  type ReminderTime,
  TerminalError,
  UnknownMethod,
} from "durable-lambda";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { InvalidDefinition } from "../../lib/errors";
import { DeadLetters } from "../../lib/messages/dead-letters";
import { type RouterHandler, router } from "../../lib/runtime/router";
import { drain } from "../support/batches";
import { FakeClock } from "../support/fake-clock";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { codeOf, silentLog, startProcess } from "../support/process";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** What the test kit's clock says at first: a Tuesday. */
const START_MS = Date.UTC(2030, 0, 1);

/** What the next turn of a diary does, and what it does while it rings. */
let script: (diary: Diary) => unknown;
let ringing: (diary: Diary) => unknown;

interface Ring {
  readonly name: string;
  readonly dueMs: number;
  readonly atMs: number;
  readonly missed: number;
  readonly args: readonly unknown[];
}

@Actor
class Diary extends DurableActor {
  rings: Ring[] = [];
  notes: unknown[] = [];

  @Method run(): unknown {
    return script(this);
  }
  @Method({ readonly: true }) look(): unknown {
    return script(this);
  }
  @Method ring(...args: unknown[]): unknown {
    const { reminder, now } = this.ctx;
    const { name, dueAt, missed } = reminder as NonNullable<typeof reminder>;
    this.rings.push({ name, dueMs: dueAt.getTime(), atMs: now.getTime(), missed, args });
    return ringing(this);
  }
  @Method({ maxAttempts: 1 }) ringOnce(): unknown {
    return this.ring();
  }
  @Method({ maxAttempts: 5 }) ringFiveTimes(): unknown {
    return this.ring();
  }
  @On({ source: "shop", detailType: "OrderPaid", id: "detail.orderId" }) paid(what: unknown): void {
    this.notes.push(what);
  }
  /** Not declared: nobody can call it. */
  secret(): void {}
}

@Actor
class Purse extends DurableActor {
  coins = 0;
  callIds: string[] = [];

  @Method put(coins: number): number {
    this.coins += coins;
    this.callIds.push(this.ctx.callId);
    return this.coins;
  }
  @Method({ readonly: true }) all(): { coins: number; callIds: string[] } {
    return { coins: this.coins, callIds: this.callIds };
  }
}

let logged: { level: string; message: string; fields: Record<string, unknown> }[];
let app: TestApp;

beforeEach(() => {
  logged = [];
  script = () => {};
  ringing = () => {};
  app = createTestApp([Diary, Purse], { log: recordingLog() });
});
afterEach(() => app.close());

function recordingLog(): Logger {
  const record =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      logged.push({ level, message, fields });
    };
  return { debug: record("debug"), info: record("info"), warn: record("warn"), error: record("error") };
}

type Client = Pick<TestApp, "client">;

/** One turn of a diary. */
async function run<T>(turn: (diary: Diary) => T, { client }: Client = app): Promise<Awaited<T>> {
  script = turn;
  return (await client.actor(Diary).get("d").run()) as Awaited<T>;
}

/** What a diary has, read without a trace. */
async function look<T>(turn: (diary: Diary) => T, { client }: Client = app): Promise<T> {
  script = turn;
  return (await client.actor(Diary).get("d").look()) as T;
}

const remind = (name: string, time: ReminderTime, ...args: unknown[]) =>
  run(({ ctx }) => ctx.remind(name, time, "ring", ...args));
const rings = (from: Client = app) => look((diary) => diary.rings, from);
/** Each time at which a diary rang, in milliseconds after the start, or the name that it rang for. */
const timesOf = async (name?: string) =>
  (await rings())
    .filter((ring) => name === undefined || ring.name === name)
    .map(({ atMs }) => atMs - START_MS);
const namesOf = async () => (await rings()).map(({ name }) => name);
const purse = () => app.client.actor(Purse).get("p").all();
const eventTypes = () => app.events.map(({ detailType }) => detailType);

describe("a reminder", () => {
  it.each<[ReminderTime, number[]]>([
    [{ in: 0 }, [0]],
    [{ in: 1 }, [1]],
    [{ in: "30m" }, [30 * MINUTE_MS]],
    [{ in: "2d" }, [2 * DAY_MS]],
    [{ at: new Date(START_MS + 90 * SECOND_MS) }, [90 * SECOND_MS]],
    [{ at: START_MS + 5 }, [5]],
    [{ every: "20h" }, [20 * HOUR_MS, 40 * HOUR_MS, 60 * HOUR_MS]],
    [{ cron: "30 9 * * *" }, [9.5 * HOUR_MS, 33.5 * HOUR_MS, 57.5 * HOUR_MS]],
    [{ cron: "0 9 * * WED", timezone: "Asia/Tokyo" }, [DAY_MS]],
    [{ cron: "15 0 12 2 * *" }, [DAY_MS + 12 * HOUR_MS + 15 * SECOND_MS]],
  ])("of %j rings at its times, not a millisecond before or after", async (time, expected) => {
    await remind("r", time);
    await app.clock.advance("3d");
    expect(await rings()).toEqual(
      expected.map((ms) => ({ name: "r", dueMs: START_MS + ms, atMs: START_MS + ms, missed: 0, args: [] })),
    );
  });

  it("for a moment that has passed rings at once", async () => {
    await remind("r", { at: new Date("1999-12-31T23:59:59Z") });
    await app.settled();
    expect(await rings()).toMatchObject([{ dueMs: Date.UTC(1999, 11, 31, 23, 59, 59), atMs: START_MS }]);
    expect(await look(({ ctx }) => ctx.reminders())).toEqual([]);
  });

  it("for a moment before 1970 calls, sends and can be given up, as any other", async () => {
    ringing = async ({ ctx }) => {
      await ctx.actor(Purse).get("p").put(1);
      ctx.actor(Purse).get("p").send().put(2);
    };
    await remind("r", { at: new Date("0001-01-01T00:00:00Z") });
    await app.settled();
    expect((await purse()).coins).toBe(3);
    ringing = () => {
      throw new TerminalError("The bell is gone.");
    };
    await remind("r", { at: -1 });
    await app.settled();
    expect(await app.deadLetters.list()).toMatchObject([{ reason: { code: "TerminalError" } }]);
    expect(await look(({ ctx }) => ctx.reminders())).toEqual([]);
  });

  it("is not run before its time by calls that look at the actor", async () => {
    await remind("r", { in: "1m" });
    await app.clock.advance("59s");
    await run(() => {});
    expect(await rings()).toEqual([]);
    await app.clock.advance("1s");
    expect(await timesOf()).toEqual([MINUTE_MS]);
  });

  it("is called with what it was given, types and all, as it was then", async () => {
    const when = new Date(0);
    const args = [
      when,
      new Map([["a", new Set([1n])]]),
      new Uint8Array([1, 2]),
      undefined,
      Number.NaN,
      { deep: [null] },
    ];
    const list = ["as it was"];
    await run(({ ctx }) => {
      ctx.remind("r", { in: "1m" }, "ring", ...args, list);
      list.push("changed");
    });
    await app.clock.advance("1m");
    expect((await rings())[0]?.args).toEqual([...args, ["as it was"]]);
  });

  it("that comes again is called with the same each time, whatever its turns do with it, and however often they are tried", async () => {
    const seen: unknown[] = [];
    ringing = ({ ctx, rings }) => {
      const args = rings.at(-1)?.args as [Date, Map<string, number>];
      seen.push(structuredClone(args));
      args[1].set("changed", 1);
      void ctx.reminders();
      if (seen.length === 2) throw new Error("once more");
    };
    await remind("r", { every: "1h" }, new Date(0), new Map([["a", 1]]));
    await app.clock.advance("3h");
    expect(seen).toEqual(Array.from({ length: 4 }, () => [new Date(0), new Map([["a", 1]])]));
  });

  it("can call a method that only listens to events", async () => {
    await run(({ ctx }) => ctx.remind("r", { in: "1m" }, "paid", "by a reminder"));
    await app.clock.advance("1m");
    expect(await look((diary) => diary.notes)).toEqual(["by a reminder"]);
  });

  it("comes in the order of the due times, also when several are due at once; equal ones in that of their making", async () => {
    await run(({ ctx }) => {
      for (const [name, at] of [
        ["late", 3],
        ["early", 1],
        ["same 1", 2],
        ["same 2", 2],
      ] as const) {
        ctx.remind(name, { at: START_MS - DAY_MS + at }, "ring");
      }
    });
    await app.settled();
    expect(await namesOf()).toEqual(["early", "same 1", "same 2", "late"]);
  });

  it("of one actor has nothing to do with those of another", async () => {
    script = ({ ctx }) => ctx.remind(ctx.actorId, { in: ctx.actorId === "d" ? "1h" : "2h" }, "ring");
    await app.client.actor(Diary).get("d").run();
    await app.client.actor(Diary).get("other").run();
    await app.clock.advance("1h");
    expect(await namesOf()).toEqual(["d"]);
    script = (diary) => diary.rings;
    expect(await app.client.actor(Diary).get("other").look()).toEqual([]);
  });

  it("survives the process", async () => {
    await remind("r", { every: "1h" });
    app.crash();
    await app.clock.advance("90m");
    app.crash();
    await app.clock.advance("1h");
    expect(await timesOf()).toEqual([HOUR_MS, 2 * HOUR_MS]);
  });

  it("can be made by a message, and by a call of another actor", async () => {
    script = ({ ctx }) => ctx.remind("r", { in: "1m" }, "ring");
    await app.client.actor(Diary).get("d").send().run();
    await app.clock.advance("1m");
    expect(await timesOf()).toEqual([MINUTE_MS]);
  });

  it("can make another one", async () => {
    ringing = ({ ctx }) => {
      if (ctx.reminder?.name === "first") ctx.remind("second", { in: "1m" }, "ring");
    };
    await remind("first", { in: "1m" });
    await app.clock.advance("1h");
    expect(await namesOf()).toEqual(["first", "second"]);
    expect(await timesOf()).toEqual([MINUTE_MS, 2 * MINUTE_MS]);
  });
});

describe("a reminder of the same name", () => {
  it("replaces the one before, whatever kind it was", async () => {
    await remind("r", { every: "1h" }, "first");
    await remind("r", { in: "90m" }, "second");
    await app.clock.advance("1d");
    expect(await rings()).toMatchObject([{ atMs: START_MS + 90 * MINUTE_MS, args: ["second"] }]);
  });

  it("replaces one that was made by the same turn", async () => {
    await run(({ ctx }) => {
      ctx.remind("r", { in: "1h" }, "ring", "first");
      ctx.remind("r", { in: "2h" }, "ring", "second");
    });
    await app.clock.advance("1d");
    expect(await rings()).toMatchObject([{ args: ["second"] }]);
  });

  it("can be made by its own turn: one that comes once comes again", async () => {
    ringing = ({ ctx, rings }) => {
      if (rings.length < 3) ctx.remind("r", { in: "1h" }, "ring", rings.length);
    };
    await remind("r", { in: "1h" }, 0);
    await app.clock.advance("1d");
    expect(await timesOf()).toEqual([HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS]);
    expect((await rings()).map(({ args }) => args)).toEqual([[0], [1], [2]]);
  });

  it("can be made by its own turn: a recurring one gets other times", async () => {
    ringing = ({ ctx, rings }) => {
      if (rings.length === 2) ctx.remind("r", { every: "10h" }, "ring");
    };
    await remind("r", { every: "1h" });
    await app.clock.advance("1d");
    expect(await timesOf()).toEqual([HOUR_MS, 2 * HOUR_MS, 12 * HOUR_MS, 22 * HOUR_MS]);
  });

  it("is due at the same moment again when its own turn says so, and that is a call of its own", async () => {
    const callIds: string[] = [];
    ringing = ({ ctx, rings }) => {
      callIds.push(ctx.callId);
      const { dueAt } = ctx.reminder as { dueAt: Date };
      if (rings.length < 3) ctx.remind("r", { at: dueAt }, "ring");
    };
    await remind("r", { in: "1h" });
    await app.clock.advance("1d");
    expect(await timesOf()).toEqual([HOUR_MS, HOUR_MS, HOUR_MS]);
    expect(new Set(callIds).size).toBe(3);
  });
});

describe("forget()", () => {
  it("takes a reminder away, and says whether there was one", async () => {
    await remind("r", { every: "1h" });
    expect(await run(({ ctx }) => [ctx.forget("r"), ctx.forget("r"), ctx.forget("another")])).toEqual([
      true,
      false,
      false,
    ]);
    await app.clock.advance("1d");
    expect(await rings()).toEqual([]);
  });

  it("takes away what its own turn has made, and the turn can make it again", async () => {
    const said = await run(({ ctx }) => {
      const before = ctx.forget("r");
      ctx.remind("r", { in: "1h" }, "ring", 1);
      const after = ctx.forget("r");
      ctx.remind("s", { in: "1h" }, "ring", 2);
      ctx.forget("s");
      ctx.remind("s", { in: "2h" }, "ring", 3);
      return [before, after];
    });
    expect(said).toEqual([false, true]);
    await app.clock.advance("1d");
    expect(await rings()).toMatchObject([{ name: "s", args: [3] }]);
  });

  it("ends a recurring reminder from its own turn", async () => {
    const said: boolean[] = [];
    ringing = ({ ctx, rings }) => {
      if (rings.length === 3) said.push(ctx.forget("r"), ctx.forget("r"));
    };
    await remind("r", { every: "1h" });
    await app.clock.advance("1d");
    expect(await timesOf()).toEqual([HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS]);
    expect(said).toEqual([true, false]);
  });

  it("finds no reminder that comes once in its own turn: it is over with it", async () => {
    const said: boolean[] = [];
    ringing = ({ ctx }) => void said.push(ctx.forget("r"));
    await remind("r", { in: "1h" });
    await app.clock.advance("1d");
    expect(said).toEqual([false]);
    expect(await rings()).toHaveLength(1);
  });

  it("by another reminder that is due before it keeps one from coming", async () => {
    ringing = ({ ctx }) => void ctx.forget("second");
    await remind("second", { in: "2h" });
    await remind("first", { in: "1h" });
    await app.clock.advance("1d");
    expect(await namesOf()).toEqual(["first"]);
  });

  it("by another one that is due at the same moment does so too", async () => {
    ringing = ({ ctx }) => void ctx.forget("second");
    await run(({ ctx }) => {
      ctx.remind("first", { in: "1h" }, "ring");
      ctx.remind("second", { in: "1h" }, "ring");
    });
    await app.clock.advance("1d");
    expect(await namesOf()).toEqual(["first"]);
  });
});

describe("reminders()", () => {
  it("lists what there is, the next one first, with everything that was given", async () => {
    await remind("once", { in: "2d" }, new Date(0), new Map([[1, 2]]));
    await remind("often", { every: "1h", missed: "each" });
    await remind("weekly", { cron: "0 9 * * MON", timezone: "Europe/Berlin", missed: "skip" }, "x");
    const expected = [
      {
        name: "often",
        method: "ring",
        args: [],
        dueAt: new Date(START_MS + HOUR_MS),
        everyMs: HOUR_MS,
        missed: "each",
      },
      {
        name: "once",
        method: "ring",
        args: [new Date(0), new Map([[1, 2]])],
        dueAt: new Date(START_MS + 2 * DAY_MS),
      },
      {
        name: "weekly",
        method: "ring",
        args: ["x"],
        dueAt: new Date("2030-01-07T08:00:00Z"),
        cron: "0 9 * * MON",
        timezone: "Europe/Berlin",
        missed: "skip",
      },
    ];
    expect(await run(({ ctx }) => ctx.reminders())).toStrictEqual(expected);
    expect(await look(({ ctx }) => ctx.reminders())).toStrictEqual(expected);
  });

  it("changes nothing, whatever becomes of what it has given", async () => {
    await remind("r", { in: "1h" }, new Map([["a", new Date(0)]]));
    await run(({ ctx }) => {
      const args = ctx.reminders()[0]?.args as [Map<string, unknown>, ...unknown[]];
      args[0].clear();
      args.push("more");
      ctx.remind("other", { in: "2h" }, "ring");
    });
    await app.clock.advance("1h");
    expect(await rings()).toMatchObject([{ args: [new Map([["a", new Date(0)]])] }]);
  });

  it("lists them as the turn has left them so far", async () => {
    await remind("a", { in: "1h" });
    await remind("b", { in: "2h" });
    const listed = await run(({ ctx }) => {
      ctx.forget("a");
      ctx.remind("c", { in: "1m" }, "ring");
      return ctx.reminders().map(({ name }) => name);
    });
    expect(listed).toEqual(["c", "b"]);
  });

  it("in a reminder's own turn lists its next time, or nothing when there is none", async () => {
    const listed: unknown[] = [];
    ringing = ({ ctx }) =>
      void listed.push(ctx.reminders().map(({ name, dueAt }) => [name, dueAt.getTime() - START_MS]));
    await remind("often", { every: "1h" });
    await remind("once", { in: "90m" });
    await app.clock.advance("90m");
    expect(listed).toEqual([
      [
        ["once", 1.5 * HOUR_MS],
        ["often", 2 * HOUR_MS],
      ],
      [["often", 2 * HOUR_MS]],
    ]);
  });

  it("is empty for an actor that nobody has called", async () => {
    expect(await look(({ ctx }) => ctx.reminders())).toEqual([]);
  });
});

it("ctx.reminder says what a turn is for, and is not there in other turns", async () => {
  const seen: ActorContext["reminder"][] = [];
  ringing = ({ ctx }) => void seen.push(ctx.reminder);
  await remind("r", { in: "1h" });
  await app.clock.advance("1h");
  expect(seen).toStrictEqual([{ name: "r", dueAt: new Date(START_MS + HOUR_MS), missed: 0 }]);
  expect(await run(({ ctx }) => ctx.reminder === undefined)).toBe(true);
  expect(await look(({ ctx }) => ctx.reminder === undefined)).toBe(true);
});

describe("a turn that is rolled back", () => {
  const fail = () => {
    throw new RangeError("no");
  };

  it("has arranged nothing and forgotten nothing", async () => {
    await remind("kept", { in: "1h" }, "old");
    const turn = run(({ ctx }) => {
      ctx.remind("new", { in: "1m" }, "ring");
      ctx.remind("kept", { in: "2m" }, "ring", "new");
      ctx.forget("kept");
      fail();
    });
    await expect(turn).rejects.toThrow("no");
    expect(await look(({ ctx }) => ctx.reminders())).toMatchObject([{ name: "kept", args: ["old"] }]);
    await app.clock.advance("1d");
    expect(await rings()).toMatchObject([{ name: "kept", atMs: START_MS + HOUR_MS, args: ["old"] }]);
  });

  it("of a reminder has arranged nothing either, however often it is tried", async () => {
    ringing = ({ ctx, rings }) => {
      const name = ctx.reminder?.name;
      if (name !== "r") return;
      ctx.remind(`made at ${rings[0]?.atMs}`, { in: "1m" }, "ring");
      ctx.forget("s");
      fail();
    };
    await remind("r", { in: "1h" });
    await remind("s", { in: "2h" });
    await app.clock.advance("1d");
    expect(await namesOf()).toEqual(["s"]);
  });

  it("leaves to its neighbours in the same commit what they have arranged", async () => {
    const diary = app.client.actor(Diary).get("d");
    const turns = [
      ({ ctx }: Diary) => ctx.remind("first", { in: "1m" }, "ring"),
      ({ ctx }: Diary) => {
        ctx.remind("second", { in: "1m" }, "ring");
        fail();
      },
      ({ ctx }: Diary) => ctx.remind("third", { in: "1m" }, "ring"),
    ];
    script = (one) => turns.shift()?.(one);
    await Promise.allSettled([diary.run(), diary.run(), diary.run()]);
    await app.clock.advance("1m");
    expect(await namesOf()).toEqual(["first", "third"]);
  });

  it("keeps what it had arranged by a checkpoint", async () => {
    const turn = run(async ({ ctx }) => {
      ctx.remind("before", { in: "1m" }, "ring");
      await ctx.save();
      ctx.remind("after", { in: "1m" }, "ring");
      fail();
    });
    await expect(turn).rejects.toThrow("no");
    await app.clock.advance("1h");
    expect(await namesOf()).toEqual(["before"]);
  });
});

describe("a reminder's turn", () => {
  it("has its own call id, the same whenever it is tried, and another one each time that it is due", async () => {
    const callIds: string[] = [];
    ringing = ({ ctx }) => {
      callIds.push(ctx.callId);
      if (callIds.length < 3) throw new Error("not yet");
    };
    await remind("r", { every: "1h" });
    await app.clock.advance("2h");
    const [first, second, third, fourth] = callIds;
    expect([second, third]).toEqual([first, first]);
    expect(fourth).not.toBe(first);
    expect(callIds).toHaveLength(4);
  });

  it("can call other actors: however often it is tried, each call has its effect once", async () => {
    let attempts = 0;
    ringing = async ({ ctx }) => {
      const put = ctx.actor(Purse).get("p");
      await put.put(1);
      await put.put(10);
      if (++attempts < 3) throw new Error("not yet");
    };
    await remind("r", { in: "1h" });
    await app.clock.advance("1d");
    expect(attempts).toBe(3);
    expect(await rings()).toHaveLength(1);
    const { coins, callIds } = await purse();
    expect(coins).toBe(11);
    expect(new Set(callIds).size).toBe(2);
    await remind("r", { in: "1h" });
    await app.clock.advance("1d");
    expect((await purse()).coins).toBe(22);
  });

  it("sends what it causes once it is committed, and only then", async () => {
    let attempts = 0;
    ringing = ({ ctx }) => {
      ctx.actor(Purse).get("p").send().put(5);
      ctx.emit("Rang", { attempt: ++attempts });
      if (attempts < 2) throw new Error("not yet");
    };
    await remind("r", { in: "1h" });
    await app.clock.advance("1d");
    expect((await purse()).coins).toBe(5);
    expect(app.events).toMatchObject([{ detailType: "Rang", detail: { attempt: 2 } }]);
  });

  it("that saves a checkpoint goes on from there after its process died, and is done with once", async () => {
    let isFirst = true;
    ringing = async (diary) => {
      const { notes, ctx } = diary;
      if (notes.length === 0) {
        notes.push("half");
        await ctx.actor(Purse).get("p").put(1);
        await ctx.save();
        if (isFirst) {
          isFirst = false;
          app.crash();
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      // After the checkpoint the same call is another one.
      await ctx.actor(Purse).get("p").put(1);
      notes.push("whole");
    };
    await remind("r", { every: "1h" });
    await app.clock.advance("119m");
    expect(await look((diary) => diary.notes)).toEqual(["half", "whole"]);
    expect((await purse()).coins).toBe(2);
    // The checkpoint has kept the first attempt's ring, and the second one added its own.
    expect((await rings()).map(({ dueMs }) => dueMs - START_MS)).toEqual([HOUR_MS, HOUR_MS]);
    expect(await look(({ ctx }) => ctx.reminders())).toMatchObject([
      { dueAt: new Date(START_MS + 2 * HOUR_MS) },
    ]);
  });

  it("that saves a checkpoint is still due until it ends, and is not run by anybody else meanwhile", async () => {
    let saved = 0;
    ringing = async ({ ctx }) => {
      await ctx.save();
      saved++;
    };
    await remind("r", { in: "1h" });
    await app.clock.advance("1d");
    expect(saved).toBe(1);
    expect(await rings()).toHaveLength(1);
  });

  it.each([
    ["fails", true],
    ["succeeds", false],
  ])(
    "whose checkpoint has replaced the reminder is no longer for its time, also when it %s then",
    async (_, fails) => {
      ringing = async ({ ctx }) => {
        if (ctx.reminder?.dueAt.getTime() !== START_MS + HOUR_MS) return;
        ctx.remind("r", { in: "5h" }, "ring");
        await ctx.save();
        if (fails) throw new Error("after the checkpoint");
      };
      await remind("r", { every: "1h" });
      await app.clock.advance("1d");
      expect(await timesOf()).toEqual([HOUR_MS, 6 * HOUR_MS]);
      expect(await app.deadLetters.list()).toEqual([]);
    },
  );

  it("whose checkpoint has forgotten the reminder does not bring it back", async () => {
    ringing = async ({ ctx }) => {
      ctx.forget("r");
      await ctx.save();
      expect(ctx.reminders()).toEqual([]);
    };
    await remind("r", { every: "1h" });
    await app.clock.advance("1d");
    expect(await timesOf()).toEqual([HOUR_MS]);
  });

  it("takes nothing when nobody has arranged anything more: the actor is left alone", async () => {
    await remind("r", { in: "1h" });
    await app.clock.advance("1h");
    const version = await look(({ ctx }) => ctx.version);
    await app.clock.advance("30d");
    expect(await look(({ ctx }) => ctx.version)).toBe(version);
  });
});

describe("what cannot be arranged is refused, and nothing is applied", () => {
  /** Tries to arrange something after something else, in a turn that goes on. */
  async function refused(arrange: (ctx: ActorContext) => void): Promise<unknown> {
    let thrown: unknown;
    await run(({ ctx }) => {
      ctx.remind("other", { in: "1m" }, "ring");
      try {
        arrange(ctx as ActorContext);
      } catch (error) {
        thrown = error;
      }
    });
    expect((await look(({ ctx }) => ctx.reminders())).map(({ name }) => name)).toEqual(["other"]);
    return thrown;
  }
  type Loose = (name: unknown, time: unknown, method: unknown, ...args: unknown[]) => void;
  const loosely =
    (...given: Parameters<Loose>) =>
    (ctx: ActorContext) =>
      (ctx.remind as unknown as Loose).apply(ctx, given);

  it.each<[unknown]>([[""], ["x".repeat(257)], ["\uD800"], [5], [undefined], [null], [{}], [["r"]]])(
    "a name that is %j",
    async (name) => {
      expect(await refused(loosely(name, { in: "1h" }, "ring"))).toMatchObject({
        code: "UnexpectedEvent",
        retryable: false,
        details: { field: "name", limit: 256 },
      });
    },
  );

  it.each<[string, unknown]>([
    ["time", undefined],
    ["time", "1h"],
    ["time", { in: "1h", every: "1h" }],
    ["in", { in: -1 }],
    ["in", { in: "soon" }],
    ["at", { at: new Date(Number.NaN) }],
    ["every", { every: 999 }],
    ["cron", { cron: "every day" }],
    ["timezone", { cron: "@daily", timezone: "Europe/Bonn" }],
    ["missed", { every: "1h", missed: "all" }],
  ])("a time whose %s is wrong: %j", async (field, time) => {
    expect(await refused(loosely("r", time, "ring"))).toMatchObject({
      code: "UnexpectedEvent",
      details: { field },
    });
  });

  it.each(["nothing", "secret", "constructor", "toString", "ctx", ""])(
    "a method that nobody can call: %j",
    async (method) => {
      expect(await refused(loosely("r", { in: "1h" }, method))).toMatchObject({
        code: "UnknownMethod",
        details: { field: "method", actor: "Diary" },
      });
    },
  );

  it.each([[undefined], [null], [5], [{}], [["ring"]]])("a method that is %j", async (method) => {
    expect(await refused(loosely("r", { in: "1h" }, method))).toMatchObject({
      code: expect.stringMatching(/^(UnknownMethod|UnexpectedEvent)$/) as string,
      details: { field: "method" },
    });
  });

  it("a readonly method, which could do nothing", async () => {
    expect(await refused(loosely("r", { in: "1h" }, "look"))).toMatchObject({
      code: "UnexpectedEvent",
      details: { field: "method", value: expect.stringContaining("look") as string },
    });
  });

  it.each<[string, unknown]>([
    ["a function", () => {}],
    ["a symbol", Symbol("s")],
    ["a lone surrogate", "\uD800"],
  ])("an argument that cannot be kept: %s, naming its path", async (_, bad) => {
    expect(await refused(loosely("r", { in: "1h" }, "ring", 1, { deep: [bad] }))).toMatchObject({
      code: "NotSerializable",
      message: expect.stringContaining("args[1].deep[0]") as string,
    });
  });

  it("more than 32 KB of reminders, naming size and limit", async () => {
    expect(await refused(loosely("r", { in: "1h" }, "ring", "x".repeat(32_768)))).toMatchObject({
      code: "PayloadTooLarge",
      details: { field: "args", limitBytes: 32_768, bytes: expect.any(Number) as number },
    });
  });

  it("but up to that all of them are kept, and one that is taken away makes room", async () => {
    const fill = (size: number) =>
      run(({ ctx }) => ctx.remind("large", { in: "1h" }, "ring", "x".repeat(size)));
    await fill(20_000);
    await fill(32_000);
    const second = run(({ ctx }) => ctx.remind("second", { in: "1h" }, "ring", "y".repeat(1_000)));
    await expect(second).rejects.toMatchObject({ code: "PayloadTooLarge" });
    await run(({ ctx }) => {
      ctx.forget("large");
      ctx.remind("second", { in: "1h" }, "ring", "y".repeat(1_000));
    });
    await app.clock.advance("1h");
    expect(await namesOf()).toEqual(["second"]);
  });

  it("a name of 256 characters is kept, and so is one that every object has", async () => {
    const names = ["x".repeat(256), "__proto__", "constructor", " ", "line\nbreak", "🙂"];
    await run(({ ctx }) => {
      for (const name of names) ctx.remind(name, { in: "1h" }, "ring");
    });
    await app.clock.advance("1h");
    expect(await namesOf()).toEqual(names);
  });

  it("anything in a readonly method", async () => {
    await expect(look(({ ctx }) => ctx.remind("r", { in: "1h" }, "ring"))).rejects.toMatchObject({
      code: "ReadonlyViolation",
    });
    await expect(look(({ ctx }) => ctx.forget("r"))).rejects.toMatchObject({ code: "ReadonlyViolation" });
  });

  it("anything once the turn is over", async () => {
    const ctx = await new Promise<Diary["ctx"]>((resolve) => void run((diary) => resolve(diary.ctx)));
    await app.settled();
    expect(() => ctx.remind("r", { in: "1h" }, "ring")).toThrow(
      expect.objectContaining({ code: "TurnEnded" }),
    );
    expect(() => ctx.forget("r")).toThrow(expect.objectContaining({ code: "TurnEnded" }));
  });

  it("anything where there is no wake queue, naming the variable that is missing", async () => {
    const local = openLocal();
    const handle = createRouter([Diary], { store: local.store, log: silentLog });
    script = ({ ctx }) => ctx.remind("r", { in: "1h" }, "ring");
    const reply = (await handle({ actor: "Diary", id: "d", method: "run" })) as InvocationReply;
    expect(codeOf(reply)).toBe("InvalidDefinition");
    expect(reply).toMatchObject({ error: { details: { variable: "DURABLE_WAKE_QUEUE" } } });
    expect(await local.store.read({ type: "Diary", id: "d" }, { consistent: true })).toBeUndefined();
    await local.close();
  });
});

describe("a reminder that fails", () => {
  const broken = new Error("The bell is broken.");
  beforeEach(() => {
    ringing = () => {
      throw broken;
    };
  });

  it("is tried again after 1 s, then 2 s, with jitter, and leaves no other trace meanwhile", async () => {
    const attempts: number[] = [];
    ringing = ({ ctx }) => {
      attempts.push(ctx.now.getTime() - START_MS);
      throw broken;
    };
    await remind("r", { in: "1h" });
    await app.clock.advance("1h");
    expect(await look(({ ctx }) => ctx.reminders())).toMatchObject([
      { name: "r", dueAt: new Date(START_MS + HOUR_MS), attempts: 1 },
    ]);
    expect(await rings()).toEqual([]);
    await app.clock.advance("1m");
    const [first = 0, second = 0, third = 0] = attempts;
    expect(attempts).toHaveLength(3);
    expect(first).toBe(HOUR_MS);
    expect(second - first).toBeGreaterThanOrEqual(500);
    expect(second - first).toBeLessThanOrEqual(1_000);
    expect(third - second).toBeGreaterThanOrEqual(1_000);
    expect(third - second).toBeLessThanOrEqual(2_000);
  });

  it("for good is a dead letter with its reason, an event, and lines in the log", async () => {
    await remind("r", { in: "1h" }, new Date(0));
    await app.clock.advance("2h");
    const [letter, ...others] = await app.deadLetters.list();
    expect(others).toEqual([]);
    expect(letter).toMatchObject({
      actor: "Diary",
      id: "d",
      method: "ring",
      mode: "send",
      reason: {
        code: "MethodError",
        name: "Error",
        message: "The bell is broken.",
        stack: expect.stringContaining("reminders.test") as string,
        attempts: 3,
        atMs: expect.any(Number) as number,
      },
    });
    expect(app.events).toMatchObject([
      {
        source: "durable-lambda.Diary",
        detailType: "ReminderFailed",
        detail: {
          name: "r",
          method: "ring",
          dueAt: new Date(START_MS + HOUR_MS).toISOString(),
          attempts: 3,
          code: "MethodError",
          message: "The bell is broken.",
          callId: letter?.callId,
          metadata: { actor: "Diary", actorId: "d", eventId: expect.any(String) as string },
        },
      },
    ]);
    expect(logged.filter(({ level }) => level === "error").map(({ message }) => message)).toContain(
      "reminder is a dead letter now",
    );
    const fields = { actor: "Diary", actorId: "d", reminder: "r", attempts: 2 };
    expect(logged).toContainEqual(
      expect.objectContaining({
        level: "warn",
        message: "reminder comes again",
        fields: expect.objectContaining(fields) as object,
      }),
    );
    expect(await look(({ ctx }) => ctx.reminders())).toEqual([]);
  });

  it("for good can be redriven once the cause is mended, and runs once, with its own call id and arguments", async () => {
    await run(({ ctx }) => ctx.remind("r", { in: "1h" }, "paid", new Map([["kept", 1n]])));
    const { paid } = Diary.prototype;
    Diary.prototype.paid = () => {
      throw broken;
    };
    await app.clock.advance("2h");
    Diary.prototype.paid = paid;
    const [letter] = await app.deadLetters.list({ actor: "Diary", id: "d" });
    expect(await app.deadLetters.redrive({ callId: letter?.callId as string })).toBe(1);
    await app.clock.advance("1d");
    expect(await look((diary) => diary.notes)).toEqual([new Map([["kept", 1n]])]);
    expect(await app.deadLetters.list()).toEqual([]);
    expect(await app.deadLetters.redrive({ actor: "Diary" })).toBe(0);
  });

  it("for good goes on with its next time when it is a recurring one, with all its attempts", async () => {
    const attempts: number[] = [];
    ringing = ({ ctx }) => {
      attempts.push(ctx.reminder?.dueAt.getTime() as number);
      if (attempts.length <= 6) throw broken;
    };
    await remind("r", { every: "1h" });
    await app.clock.advance("3h");
    const [first, second, third] = [1, 2, 3].map((hours) => START_MS + hours * HOUR_MS);
    expect(attempts).toEqual([first, first, first, second, second, second, third]);
    expect(await app.deadLetters.list()).toHaveLength(2);
    expect(eventTypes()).toEqual(["ReminderFailed", "ReminderFailed"]);
    expect(await timesOf()).toEqual([3 * HOUR_MS]);
  });

  it("and then succeeds is no dead letter, and its next time has all attempts again", async () => {
    let attempts = 0;
    ringing = () => {
      if (++attempts % 3 !== 0) throw broken;
    };
    await remind("r", { every: "1h" });
    await app.clock.advance("150m");
    expect(attempts).toBe(6);
    expect((await rings()).map(({ dueMs }) => dueMs - START_MS)).toEqual([HOUR_MS, 2 * HOUR_MS]);
    expect(await app.deadLetters.list()).toEqual([]);
  });

  it("with a TerminalError is parked at once", async () => {
    let attempts = 0;
    ringing = () => {
      attempts++;
      throw new TerminalError("The bell is gone.");
    };
    await remind("r", { in: "1h" });
    await app.clock.advance("2h");
    expect(attempts).toBe(1);
    expect(await app.deadLetters.list()).toMatchObject([{ reason: { code: "TerminalError", attempts: 1 } }]);
  });

  it.each([
    ["ring", 3],
    ["ringOnce", 1],
    ["ringFiveTimes", 5],
  ] as const)("is tried as often as its method says: %s %i times", async (method, expected) => {
    let attempts = 0;
    ringing = () => {
      attempts++;
      throw broken;
    };
    await run(({ ctx }) => ctx.remind("r", { in: "1h" }, method));
    await app.clock.advance("2h");
    expect(attempts).toBe(expected);
    expect(await app.deadLetters.list()).toMatchObject([{ method, reason: { attempts: expected } }]);
  });

  it("holds up neither calls nor other reminders of the same actor", async () => {
    ringing = ({ ctx }) => {
      if (ctx.reminder?.name === "broken") throw broken;
    };
    await run(({ ctx }) => {
      ctx.remind("broken", { in: "1h" }, "ring");
      ctx.remind("fine", { in: "1h" }, "ring");
    });
    await app.clock.advance("1h");
    expect(await namesOf()).toEqual(["fine"]);
    expect(await run(() => "a call")).toBe("a call");
  });

  it("is replaced between two attempts: the new one counts, from its first attempt on", async () => {
    await remind("r", { in: "1h" }, "old");
    await app.clock.advance("1h");
    await remind("r", { in: "1h" }, "new");
    await app.clock.advance("30m");
    expect(await look(({ ctx }) => ctx.reminders())).toStrictEqual([
      { name: "r", method: "ring", args: ["new"], dueAt: new Date(START_MS + 2 * HOUR_MS) },
    ]);
    expect(await app.deadLetters.list()).toEqual([]);
  });

  it("is forgotten between two attempts: that is the end of it", async () => {
    await remind("r", { in: "1h" });
    await app.clock.advance("1h");
    expect(await run(({ ctx }) => ctx.forget("r"))).toBe(true);
    await app.clock.advance("1d");
    expect(await app.deadLetters.list()).toEqual([]);
    expect(eventTypes()).toEqual([]);
  });
});

/** The same on a store that outlives an app's code and the processes that run it, on a clock that moves without them. */
describe("after a change of the code, or a downtime", () => {
  let clock: FakeClock;
  let local: LocalPorts;
  beforeEach(() => {
    clock = new FakeClock(START_MS);
    local = openLocal({ clock });
  });
  afterEach(() => local.close());

  /** One sweep, and everything that follows from it. */
  async function sweepOnce(handle: RouterHandler): Promise<void> {
    await handle({ mode: "sweep" });
    while ((await drain(handle, local)) > 0);
  }

  /** A diary that nobody looked at for a time: then one sweep. */
  async function downFor(ms: number, time: ReminderTime): Promise<Ring[]> {
    const before = startProcess([Diary], local, { clock });
    await run(({ ctx }) => ctx.remind("r", time, "ring"), before);
    clock.freeze(ms);
    const after = startProcess([Diary], local, { clock });
    await sweepOnce(router(after.runtime, { stack: false }));
    return rings(after);
  }

  it.each<[ReminderTime]>([[{ in: "1h" }], [{ at: START_MS + HOUR_MS }]])(
    "one that comes once, of %j, comes late rather than never",
    async (time) => {
      expect(await downFor(DAY_MS, time)).toMatchObject([
        { dueMs: START_MS + HOUR_MS, atMs: START_MS + DAY_MS, missed: 0 },
      ]);
    },
  );

  it.each<[ReminderTime, number]>([
    [{ every: "1h" }, 23],
    [{ every: "1h", missed: "once" }, 23],
    [{ cron: "0 * * * *" }, 23],
    [{ cron: "0 1 * * *", missed: "once" }, 0],
  ])("a recurring one of %j comes once, knows that it missed %i times, and goes on", async (time, missed) => {
    const rang = await downFor(DAY_MS + 1, time);
    expect(rang).toMatchObject([{ dueMs: START_MS + HOUR_MS, missed }]);
    const next = await look(({ ctx }) => ctx.reminders(), startProcess([Diary], local, { clock }));
    expect(next).toMatchObject([{ dueAt: new Date(START_MS + 25 * HOUR_MS) }]);
  });

  it.each<[ReminderTime]>([[{ every: "10m", missed: "each" }], [{ cron: "*/10 * * * *", missed: "each" }]])(
    "a recurring one of %j comes for each of its times, in their order, however many they are",
    async (time) => {
      const expected = Array.from({ length: 2 * 144 }, (_, n) => START_MS + (n + 1) * 10 * MINUTE_MS);
      const rang = await downFor(2 * DAY_MS, time);
      expect(rang.map(({ dueMs }) => dueMs)).toEqual(expected);
      expect(rang.every(({ missed }) => missed === 0)).toBe(true);
    },
  );

  it.each<[ReminderTime]>([[{ every: "1h", missed: "skip" }], [{ cron: "0 * * * *", missed: "skip" }]])(
    "a recurring one of %j that is more than a minute late does not come, and goes on",
    async (time) => {
      expect(await downFor(DAY_MS + MINUTE_MS + 1, time)).toEqual([]);
      const after = startProcess([Diary], local, { clock });
      const next = await look(({ ctx }) => ctx.reminders(), after);
      expect(next).toMatchObject([{ dueAt: new Date(START_MS + 25 * HOUR_MS) }]);
      clock.freeze(HOUR_MS - 30 * SECOND_MS);
      await sweepOnce(router(after.runtime, { stack: false }));
      expect(await rings(after)).toMatchObject([{ dueMs: START_MS + 25 * HOUR_MS, missed: 0 }]);
    },
  );

  it("a recurring one to be skipped comes when it is a minute late, and no more than that", async () => {
    expect(await downFor(HOUR_MS + MINUTE_MS, { every: "1h", missed: "skip" })).toMatchObject([
      { dueMs: START_MS + HOUR_MS, missed: 0 },
    ]);
  });

  it("one whose method is gone is parked, and a recurring one stays until it is forgotten", async () => {
    @Actor("Bell")
    class OldBell extends DurableActor {
      @Method arrange(): void {
        this.ctx.remind("once", { in: "1h" }, "chime");
        this.ctx.remind("often", { every: "1h" }, "chime");
      }
      @Method chime(): void {}
    }
    @Actor("Bell")
    class NewBell extends DurableActor {
      rang = 0;
      @Method ding(): void {
        this.rang++;
      }
      @Method({ readonly: true }) count(): number {
        return this.rang;
      }
      @Method arranged(): readonly string[] {
        return this.ctx.reminders().map(({ name }) => name);
      }
    }
    await startProcess([OldBell], local, { clock }).client.actor(OldBell).get("b").arrange();
    clock.freeze(HOUR_MS);
    const { runtime, client } = startProcess([NewBell], local, { clock });
    await sweepOnce(router(runtime, { stack: false }));
    const letters = await new DeadLetters(local, clock).list();
    expect(letters).toMatchObject([
      { actor: "Bell", id: "b", method: "chime", reason: { code: UnknownMethod.code, attempts: 1 } },
      { actor: "Bell", id: "b", method: "chime", reason: { code: UnknownMethod.code, attempts: 1 } },
    ]);
    expect(local.bus.published().map(({ detail }) => detail)).toMatchObject([
      { name: "once", code: "UnknownMethod" },
      { name: "often", code: "UnknownMethod" },
    ]);
    expect(await client.actor(NewBell).get("b").arranged()).toEqual(["often"]);
  });

  it("one of newer code is left alone by a process that still runs the older one", async () => {
    @Actor({ name: "Clock", version: 2 })
    class NewClock extends DurableActor {
      struck = 0;
      @Method arrange(): void {
        this.struck = 1;
        this.ctx.remind("r", { in: "1h" }, "strike");
      }
      @Method strike(): void {
        this.struck++;
      }
      @Method({ readonly: true }) count(): number {
        return this.struck;
      }
    }
    @Actor({ name: "Clock", version: 1 })
    class OldClock extends DurableActor {
      @Method tick(): void {}
    }
    const { client, runtime } = startProcess([NewClock], local, { clock });
    await client.actor(NewClock).get("c").arrange();
    clock.freeze(HOUR_MS);
    await sweepOnce(router(startProcess([OldClock], local, { clock }).runtime, { stack: false }));
    expect(await new DeadLetters(local, clock).list()).toEqual([]);
    await sweepOnce(router(runtime, { stack: false }));
    expect(await client.actor(NewClock).get("c").count()).toBe(2);
  });

  it("one that is given up in an app without a bus is a dead letter all the same", async () => {
    ringing = () => {
      throw new TerminalError("The bell is gone.");
    };
    const { store, calls, queues } = local;
    const busless = {
      store,
      calls,
      queues,
      get bus(): never {
        throw new InvalidDefinition("There is no bus.");
      },
    };
    const { runtime, client } = startProcess([Diary], busless, { clock });
    await run(({ ctx }) => ctx.remind("r", { in: "1h" }, "ring"), { client });
    clock.freeze(HOUR_MS);
    await sweepOnce(router(runtime, { stack: false }));
    expect(await new DeadLetters(local, clock).list()).toMatchObject([{ reason: { code: "TerminalError" } }]);
    expect(await store.read({ type: "Diary", id: "d" }, { consistent: true })).toMatchObject({
      outbox: "",
      reminders: "",
    });
  });
});
