/**
 * Two versions of the code on one store, as while an app is being deployed: older code meets the state of newer code, on every way
 * on which it can come to it. It touches nothing, whoever asks is told to ask again, and nothing counts as an attempt.
 */
import { Actor, DurableActor, Method, StateVersionTooNew } from "durable-lambda";
import type { Invocation } from "../../lib/invocation";
import { DeadLetters } from "../../lib/messages/dead-letters";
import type { Head } from "../../lib/store";
import { drain, hand, messageFor, redelivered } from "../support/batches";
import { until } from "../support/fake-clock";
import { hint } from "../support/hints";
import { resultOf } from "../support/process";
import { onEachStore, type Stage } from "../support/stores";
import type { WatchedProcess } from "../support/watched-process";

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What the next scripted turn of the newer code does. */
let script: (job: NewJob) => unknown;

@Actor({ name: "Job", version: 1, expireAfter: "1d" })
class OldJob extends DurableActor {
  notes: string[] = [];

  @Method note(text: string): number {
    return this.notes.push(text);
  }
  @Method({ readonly: true }) all(): string[] {
    return this.notes;
  }
}

@Actor({ name: "Job", version: 2, migrate: { 2: () => {} }, expireAfter: "30d" })
class NewJob extends OldJob {
  @Method run(): unknown {
    return script(this);
  }
  override note(text: string): number {
    if (text === "scripted") script(this);
    return super.note(text);
  }
  /** Only newer code knows it. */
  @Method ring(): void {
    this.notes.push("rang");
  }
  override onDestroy(): void {
    this.ctx.emit("Ended");
  }
}

onEachStore((stageOf) => {
  let stage: Stage;
  let older: WatchedProcess;
  let newer: WatchedProcess;
  let warnings: { message: string; fields: object }[];

  beforeEach(() => {
    script = () => {};
    warnings = [];
    stage = stageOf();
    const warn = (message: string, fields: object = {}) => warnings.push({ message, fields });
    older = stage.start([OldJob], { log: { debug() {}, info() {}, warn, error: warn } });
    newer = stage.start([NewJob]);
  });

  const address = () => ({ type: "Job", id: stage.id });
  const head = async () => (await stage.headOf(address())) as Head;
  const call = (method: string, args: unknown[] = [], more: object = {}): Invocation =>
    ({ actor: "Job", id: stage.id, method, args, ...more }) as Invocation;
  const run = (turn: (job: NewJob) => unknown, more: object = {}) => {
    script = turn;
    return newer.invoke(call("run", [], more));
  };
  const all = async () => resultOf(await newer.invoke(call("all")));

  /** Whatever older code does here changes nothing: it does not even take the lease, which would raise the fence. */
  async function expectUntouched(meet: () => Promise<unknown>): Promise<void> {
    const before = await head();
    await meet();
    expect(await head()).toEqual(before);
    expect(await new DeadLetters(stage.local, stage.clock).list()).toEqual([]);
  }
  const tooNew = { ok: false, error: { code: "StateVersionTooNew", retryable: true } };

  it("a call and a readonly call are told to ask again", async () => {
    await newer.invoke(call("note", ["new"]));
    await expectUntouched(async () => {
      for (const method of ["note", "all"]) {
        expect(await older.invoke(call(method, ["old"]))).toMatchObject({
          ...tooNew,
          error: { details: { actor: "Job", id: stage.id, stored: 2, known: 1 } },
        });
      }
    });
  });

  it("older code that had the actor in memory finds out, and newer code takes over what older code has left", async () => {
    await older.invoke(call("note", ["old"]));
    expect(await newer.invoke(call("note", ["new"]))).toMatchObject({ result: 2 });
    await expectUntouched(async () => expect(await older.invoke(call("note"))).toMatchObject(tooNew));
    expect(await all()).toEqual(["old", "new"]);
  });

  it("a call that was applied before is answered by older code too", async () => {
    const noted = call("note", ["new"], { callId: "noted" });
    const answer = await newer.invoke(noted);
    await expectUntouched(async () => expect(await older.invoke(noted)).toEqual(answer));
  });

  it("calls of one batch each, and none of them is noted as refused", async () => {
    await newer.invoke(call("note", ["new"]));
    await expectUntouched(async () => {
      const again = { attempt: 2, sentAtMs: stage.clock.now() };
      const replies = await Promise.all(
        ["a", "b"].map((text) => older.invoke(call("note", [text], { callId: text.repeat(16), ...again }))),
      );
      expect(replies).toMatchObject([tooNew, tooNew]);
    });
  });

  it.each([1, 9])(
    "a message that comes for the %i. time is handed back, and newer code runs it",
    async (receives) => {
      await newer.invoke(call("note", ["new"]));
      const message = redelivered(
        messageFor(address(), "note", stage.clock.now(), { args: ["sent"] }),
        receives,
      );
      await expectUntouched(async () =>
        expect(await hand(older.handle, [message])).toEqual([message.messageId]),
      );
      expect(await hand(newer.handle, [redelivered(message, receives + 1)])).toEqual([]);
      expect(await all()).toEqual(["new", "sent"]);
    },
  );

  it("a message for a method that only newer code knows is handed back, too", async () => {
    await newer.invoke(call("note", ["new"]));
    const message = messageFor(address(), "ring", stage.clock.now());
    await expectUntouched(async () => {
      expect(await hand(older.handle, [message])).toEqual([message.messageId]);
    });
    expect(await hand(newer.handle, [redelivered(message)])).toEqual([]);
    expect(await all()).toEqual(["new", "rang"]);
  });

  it("a call and a message for a method that nobody knows are refused as ever", async () => {
    await older.invoke(call("note", ["old"]));
    expect(await older.invoke(call("ring"))).toMatchObject({ ok: false, error: { code: "UnknownMethod" } });
    await hand(older.handle, [messageFor(address(), "ring", stage.clock.now())]);
    expect(await new DeadLetters(stage.local, stage.clock).list()).toMatchObject([
      { reason: { code: "UnknownMethod" } },
    ]);
  });

  it("a message that newer code has begun keeps what was noted of it", async () => {
    await newer.invoke(call("note", ["new"]));
    const args = ["scripted"];
    const message = redelivered(messageFor(address(), "note", stage.clock.now(), { args }), 9);
    const doomed = stage.start([NewJob]);
    script = () => doomed.kill();
    void hand(doomed.handle, [message]);
    await until(() => !doomed.isAlive());
    expect(await head()).toMatchObject({ failing: expect.stringContaining('"begun":1') });
    stage.clock.freeze(15 * SECOND_MS);
    await expectUntouched(async () =>
      expect(await hand(older.handle, [redelivered(message, 10)])).toEqual([message.messageId]),
    );
  });

  it.each([
    ["on time", HOUR_MS, "once"],
    ["so late that its beginning would be noted", HOUR_MS + 40 * SECOND_MS, "once"],
    ["so late that it would be skipped", 3.5 * HOUR_MS, "skip"],
  ] as const)("a reminder, %s, waits for newer code", async (_when, afterMs, missed) => {
    await run(({ ctx }) => ctx.remind("r", { every: HOUR_MS, missed }, "ring"));
    stage.clock.freeze(afterMs);
    older.takeRequests();
    await expectUntouched(() => hint(older.handle, address()));
    // Not even the lease: for as long as older code is around, it is asked every minute.
    expect(older.takeRequests()).toEqual(["store.read"]);
    expect(warnings).toMatchObject([
      {
        message: "actor not woken",
        fields: { actor: "Job", actorId: stage.id, code: StateVersionTooNew.code },
      },
    ]);
    await expectUntouched(async () => expect(await older.invoke(call("note"))).toMatchObject(tooNew));
    await hint(newer.handle, address());
    expect(await all()).toEqual(missed === "skip" ? [] : ["rang"]);
  });

  it("an actor that has expired is ended by newer code alone; calls of older code leave its moments as they are", async () => {
    await newer.invoke(call("note", ["new"]));
    await expectUntouched(async () => expect(await older.invoke(call("note"))).toMatchObject(tooNew));
    stage.clock.freeze(30 * DAY_MS);
    await expectUntouched(() => hint(older.handle, address()));
    await expectUntouched(async () => expect(await older.invoke(call("note"))).toMatchObject(tooNew));
    await hint(newer.handle, address());
    expect(await head()).not.toHaveProperty("state");
    expect(stage.local.bus.published()).toMatchObject([{ detailType: "Ended" }]);
    // What is left is nobody's version.
    expect(await older.invoke(call("note", ["old"]))).toMatchObject({ ok: true, result: 1 });
  });

  it("a call that has saved a checkpoint goes on from it in newer code", async () => {
    const first = { callId: "first" };
    let fails = true;
    const turn = async ({ ctx, notes }: NewJob) => {
      if (!notes.includes("half")) {
        await ctx.actor(NewJob).get(`${stage.id}/other`).note("same");
        notes.push("half");
        await ctx.save();
      }
      if (fails) throw new RangeError("not yet");
      await ctx.actor(NewJob).get(`${stage.id}/other`).note("same");
    };
    await run(turn, first);
    await expectUntouched(async () =>
      expect(await older.invoke(call("note", [], first))).toMatchObject(tooNew),
    );
    fails = false;
    expect(await run(turn, first)).toMatchObject({ ok: true });
    const other = { actor: "Job", id: `${stage.id}/other`, method: "all" } as Invocation;
    expect(resultOf(await newer.invoke(other))).toEqual(["same", "same"]);
  });

  it("effects that newer code could not deliver are delivered, by whichever code looks first", async () => {
    const doomed = stage.start([NewJob], {
      intercept: async (name, apply) => (name === "bus.publish" ? doomed.kill() : apply()),
    });
    script = ({ ctx }) => ctx.emit("Noted");
    void doomed.invoke(call("run"));
    await until(() => !doomed.isAlive());
    // By the older code's own rules, the actor has expired meanwhile.
    stage.clock.freeze(2 * DAY_MS);
    const before = await head();
    await hint(older.handle, address());
    expect(stage.local.bus.published().map(({ detailType }) => detailType)).toEqual(["Noted"]);
    const { leaseId: _id, leaseUntilMs: _until, ...rest } = before;
    expect({ ...(await head()), fence: 0 }).toEqual({ ...rest, outbox: "", fence: 0 });
    // Newer code finds when to look next.
    await hint(newer.handle, address());
    expect(await head()).toMatchObject({ wakeAtMs: stage.clock.now() - 2 * DAY_MS + 30 * DAY_MS });
    await drain(newer.handle, stage.local);
  });
});
