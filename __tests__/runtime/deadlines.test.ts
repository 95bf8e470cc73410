/** Deadlines of calls and of methods: when they end a turn, who is told what, and that nothing of it stays. On both stores. */
import { Actor, DurableActor, Method, Transient } from "durable-lambda";
import type { Invocation } from "../../lib/invocation";
import { DeadLetters } from "../../lib/messages/dead-letters";
import { hand, messageFor, redelivered } from "../support/batches";
import { gate, settle, until } from "../support/fake-clock";
import { hint } from "../support/hints";
import { codeOf, resultOf } from "../support/process";
import { onEachStore, type Stage } from "../support/stores";
import type { WatchedProcess } from "../support/watched-process";

const SECOND_MS = 1_000;

/** What the scripted methods and hooks do. */
let script: (worker: Worker) => unknown;
let activate: (worker: Worker) => unknown;

@Actor
class Worker extends DurableActor {
  notes: string[] = [];
  @Transient turns = 0;

  override onActivate(): void | Promise<void> {
    return activate(this) as void | Promise<void>;
  }
  @Method note(text: string): number {
    this.turns++;
    return this.notes.push(text);
  }
  @Method run(): unknown {
    return script(this);
  }
  @Method({ lease: "always" }) runUnderLease(): unknown {
    return script(this);
  }
  @Method({ timeout: "5s" }) brief(): unknown {
    return script(this);
  }
  @Method({ timeout: 5_000, readonly: true }) look(): unknown {
    return script(this);
  }
  @Method({ readonly: true }) all(): [string[], number] {
    return [this.notes, this.turns];
  }
  @Method turnsHere(): number {
    return ++this.turns;
  }
}

/** Ends when its call is aborted, whatever it is told. */
const untilAborted = ({ ctx }: Worker) =>
  new Promise((resolve) => ctx.signal.addEventListener("abort", () => resolve("ended")));

onEachStore((stageOf) => {
  let stage: Stage;
  let one: WatchedProcess;

  beforeEach(async () => {
    script = () => {};
    activate = () => {};
    stage = stageOf();
    // It need not let go of the actor between two long turns.
    one = stage.start([Worker], { limits: { holdMs: 60_000 } });
    await one.invoke(call("note", ["old"]));
  });

  const address = () => ({ type: "Worker", id: stage.id });
  const head = () => stage.headOf(address());
  function call(method: string, args: unknown[] = [], more: object = {}): Invocation {
    return { actor: "Worker", id: stage.id, method, args, ...more } as Invocation;
  }
  const invoke = (method: string, more: object = {}, by = one) => by.invoke(call(method, [], more));
  const notes = async () => (resultOf(await invoke("all")) as [string[], number])[0];
  /** Has the next turn do this, and resolves when it has begun. */
  function begin(turn: (worker: Worker) => unknown): Promise<Worker> {
    const begun = gate<Worker>();
    script = (worker) => {
      const result = turn(worker);
      begun.open(worker);
      return result;
    };
    return begun.opened;
  }

  describe("a method with a timeout", () => {
    it("is aborted when it has run for so long; the call is told how long it waited and ran, and by whose limit", async () => {
      const begun = begin(untilAborted);
      const reply = invoke("brief");
      const worker = await begun;
      const { signal } = worker.ctx;
      await stage.clock.advance(5 * SECOND_MS - 1);
      expect(signal.aborted).toBe(false);
      await stage.clock.advance(1);
      expect(await reply).toMatchObject({
        ok: false,
        error: {
          code: "CallTimeout",
          retryable: true,
          message: expect.stringContaining("timeout of 5000 ms: it waited 0 ms and ran 5000 ms"),
          details: { method: "brief", waitedMs: 0, ranMs: 5_000, limit: "method", timeoutMs: 5_000 },
        },
      });
      expect(signal.reason).toMatchObject({ code: "CallTimeout", details: { limit: "method" } });
      expect(await head()).toMatchObject({ version: 1 });
    });

    it("has all of it from the start of its turn, however long it waited for that", async () => {
      const first = begin(untilAborted);
      const running = invoke("run", { timeoutMs: 4_000 });
      await first;
      const begun = begin(untilAborted);
      const reply = invoke("brief");
      await stage.clock.advance(4 * SECOND_MS);
      await begun;
      await stage.clock.advance(5 * SECOND_MS);
      expect(codeOf(await running)).toBe("CallTimeout");
      expect(await reply).toMatchObject({
        error: { details: { waitedMs: 4_000, ranMs: 5_000, limit: "method" } },
      });
    });

    it("is aborted at the call's own deadline when that is earlier", async () => {
      const begun = begin(untilAborted);
      const reply = invoke("brief", { timeoutMs: 2_000 });
      await begun;
      await stage.clock.advance(2 * SECOND_MS);
      const { error } = (await reply) as { error: { message: string; details: object } };
      expect(error.message).toContain("before its deadline: it waited 0 ms and ran 2000 ms");
      expect(error.details).toMatchObject({ ranMs: 2_000, limit: "call" });
      expect(error.details).not.toHaveProperty("timeoutMs");
    });

    it("ends in time like any other, and leaves no timer", async () => {
      script = () => "done";
      expect(resultOf(await invoke("brief"))).toBe("done");
      const begun = begin(async () => "later");
      const reply = invoke("brief");
      await begun;
      expect(resultOf(await reply)).toBe("later");
      await settle();
      expect(stage.clock.pendingTimers).toBe(0);
    });

    it("that only looks has it, too, with the time that the reading takes", async () => {
      const begun = begin(untilAborted);
      const reply = invoke("look");
      await begun;
      await stage.clock.advance(5 * SECOND_MS);
      expect(await reply).toMatchObject({ error: { code: "CallTimeout", details: { limit: "method" } } });
    });

    it("shares it with the hooks of its turn", async () => {
      const other = stage.start([Worker]);
      const [reached, opened] = [gate(), gate()];
      activate = async () => {
        reached.open();
        await opened.opened;
      };
      const reply = invoke("brief", {}, other);
      await reached.opened;
      await stage.clock.advance(3 * SECOND_MS);
      const begun = begin(untilAborted);
      opened.open();
      await begun;
      await stage.clock.advance(2 * SECOND_MS);
      expect(await reply).toMatchObject({ error: { details: { ranMs: 5_000, limit: "method" } } });
    });

    it("gives the calls that it makes no more than it has left", async () => {
      const reached = gate<number>();
      const begun = begin(async ({ ctx }) => {
        script = (callee) => {
          reached.open(stage.clock.now());
          return untilAborted(callee);
        };
        return ctx.actor(Worker).get(`${stage.id}/callee`).run();
      });
      const reply = invoke("brief");
      await begun;
      await reached.opened;
      await stage.clock.advance(4_900);
      // The callee's own error, which it has a tenth of a second to tell.
      expect(await reply).toMatchObject({
        error: { code: "CallTimeout", details: { id: `${stage.id}/callee`, ranMs: 4_900, limit: "call" } },
      });
    });
  });

  describe("a message", () => {
    const brief = () => messageFor(address(), "brief", stage.clock.now());
    /** Hands it over, and lets the time of its method pass. */
    async function attempt(message: ReturnType<typeof brief>): Promise<string[]> {
      const begun = begin(untilAborted);
      const answer = hand(one.handle, [message]);
      await begun;
      await stage.clock.advance(5 * SECOND_MS);
      return answer;
    }

    it("whose method has used up its timeout is tried again, then it is a dead letter", async () => {
      const message = brief();
      expect(await attempt(message)).toEqual([message.messageId]);
      expect(await attempt(redelivered(message, 2))).toEqual([message.messageId]);
      expect(await attempt(redelivered(message, 3))).toEqual([]);
      expect(await new DeadLetters(stage.local, stage.clock).list()).toMatchObject([
        { method: "brief", reason: { code: "CallTimeout", attempts: 3 } },
      ]);
      expect(await notes()).toEqual(["old"]);
    });

    it("has that counted also when it waited for longer than it ran", async () => {
      const first = begin(untilAborted);
      const running = invoke("run", { timeoutMs: 9_000 });
      await first;
      const message = brief();
      const begun = begin(untilAborted);
      const answer = hand(one.handle, [message]);
      await stage.clock.advance(9 * SECOND_MS);
      await begun;
      await stage.clock.advance(5 * SECOND_MS);
      await running;
      expect(await answer).toEqual([message.messageId]);
      expect(await head()).toMatchObject({ failing: expect.stringContaining('"attempts":1') });
    });
  });

  it("a reminder whose method has used up its timeout has lost an attempt", async () => {
    const first = begin(({ ctx }) => ctx.remind("r", { in: SECOND_MS }, "brief"));
    await invoke("run");
    await first;
    const begun = begin(untilAborted);
    stage.clock.freeze(SECOND_MS);
    const looked = hint(one.handle, address());
    await begun;
    await stage.clock.advance(5 * SECOND_MS);
    await looked;
    expect(await head()).toMatchObject({ reminders: expect.stringContaining('"attempts":1') });
  });

  describe("a method that lets no timer fire", () => {
    const LIMITS = [
      ["its method's timeout", "brief", "method", 5 * SECOND_MS],
      ["its call's deadline", "run", "call", 30 * SECOND_MS],
    ] as const;

    it.each(LIMITS)(
      "is rolled back when it ends after %s, and not before",
      async (_limit, method, limit, ms) => {
        const busyFor = (busyMs: number) => (worker: Worker) => {
          worker.notes.push("busy");
          worker.ctx.emit("Busy");
          stage.clock.freeze(busyMs);
        };
        script = busyFor(ms);
        expect(await invoke(method)).toMatchObject({
          ok: false,
          error: { code: "CallTimeout", details: { waitedMs: 0, ranMs: ms, limit } },
        });
        expect([await notes(), stage.local.bus.published()]).toEqual([["old"], []]);
        script = busyFor(ms - 1);
        expect(await invoke(method)).toMatchObject({ ok: true, version: 2 });
        expect(await notes()).toEqual(["old", "busy"]);
      },
    );

    it.each(LIMITS)(
      "and waits in between is rolled back as well when it ends after %s",
      async (_limit, method, limit, ms) => {
        const opened = gate();
        const begun = begin(async (worker) => {
          await opened.opened;
          worker.notes.push("busy");
          stage.clock.freeze(ms);
        });
        const reply = invoke(method);
        await begun;
        opened.open();
        expect(await reply).toMatchObject({ error: { code: "CallTimeout", details: { limit } } });
        expect(await notes()).toEqual(["old"]);
      },
    );

    it("and fails by itself is told that", async () => {
      script = () => {
        stage.clock.freeze(60 * SECOND_MS);
        throw new RangeError("its own");
      };
      expect(await invoke("brief")).toMatchObject({ error: { code: "MethodError", message: "its own" } });
    });

    /** A process in whose first commit another one comes first: the first moment at which anybody else can do anything. */
    function startHog(): WatchedProcess {
      const other = stage.start([Worker]);
      let commits = 0;
      return stage.start([Worker], {
        intercept: async (name, apply) => {
          if (name === "store.commit" && commits++ === 0)
            expect(await other.invoke(call("note", ["other's"]))).toMatchObject({ ok: true });
          return apply();
        },
      });
    }
    const hog = (worker: Worker) => {
      worker.notes.push("hog's");
      worker.ctx.emit("Hogged");
      stage.clock.freeze(20 * SECOND_MS);
    };

    it("for longer than its lease cannot commit once another process has it, and is told why", async () => {
      script = hog;
      expect(await invoke("runUnderLease", { timeoutMs: 60_000 }, startHog())).toMatchObject({
        ok: false,
        error: {
          code: "FencedError",
          retryable: true,
          message: expect.stringMatching(
            /lost after 20000 ms.*kept busy without letting the lease be renewed/,
          ),
        },
      });
      expect(await notes()).toEqual(["old", "other's"]);
      expect(stage.local.bus.published()).toEqual([]);
    });

    it("and takes no lease is thrown away when another process comes first, and runs again on what that has left", async () => {
      let runs = 0;
      script = (worker) => {
        runs++;
        hog(worker);
      };
      const reply = await invoke("run", { timeoutMs: 60_000 }, startHog());
      expect(reply).toMatchObject({ ok: true, version: 3 });
      expect(runs).toBe(2);
      expect(await notes()).toEqual(["old", "other's", "hog's"]);
      expect(stage.local.bus.published()).toHaveLength(1);
    });

    it("and takes no lease has its call's time once, however often it runs", async () => {
      let runs = 0;
      script = (worker) => {
        runs++;
        hog(worker);
      };
      expect(await invoke("run", { timeoutMs: 40_000 }, startHog())).toMatchObject({
        ok: false,
        error: { code: "CallTimeout", details: { waitedMs: 20_000, ranMs: 20_000, limit: "call" } },
      });
      expect(runs).toBe(2);
      expect(await notes()).toEqual(["old", "other's"]);
      expect(stage.local.bus.published()).toEqual([]);
    });
  });

  it("an instance whose turn was aborted is thrown away, and what its method does later has no effect", async () => {
    await invoke("turnsHere");
    const opened = gate();
    const ended = gate<unknown>();
    const begun = begin(async (worker) => {
      worker.turns = 99;
      worker.notes.push("before the abort");
      await opened.opened;
      worker.notes.push("after it");
      await worker.ctx.save().catch((thrown: unknown) => ended.open(thrown));
    });
    const reply = invoke("brief");
    const aborted = await begun;
    await stage.clock.advance(5 * SECOND_MS);
    expect(codeOf(await reply)).toBe("CallTimeout");
    expect(resultOf(await invoke("turnsHere"))).toBe(1);
    opened.open();
    expect(await ended.opened).toMatchObject({ code: "TurnEnded" });
    expect(aborted.notes).toEqual(["old", "before the abort", "after it"]);
    expect(await one.invoke(call("note", ["new"]))).toMatchObject({ result: 2 });
    expect(await notes()).toEqual(["old", "new"]);
  });

  it("a client does not ask again by itself when a method has used up its timeout; whoever does finds nothing of it", async () => {
    let attempts = 0;
    script = (worker) => {
      worker.notes.push(`attempt ${++attempts}`);
      return attempts === 1 ? untilAborted(worker) : undefined;
    };
    const worker = one.client.actor(Worker).get(stage.id);
    const failed = worker.brief().catch((error: unknown) => error);
    await until(() => attempts === 1);
    await stage.clock.advance(5 * SECOND_MS);
    expect(await failed).toMatchObject({
      code: "CallTimeout",
      retryable: true,
      details: { limit: "method" },
    });
    await stage.clock.advance(60 * SECOND_MS);
    expect(attempts).toBe(1);
    await worker.brief();
    expect(await notes()).toEqual(["old", "attempt 2"]);
  });
});
