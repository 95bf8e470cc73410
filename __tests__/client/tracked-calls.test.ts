/** What `start()` gives: how a tracked call ends, and what whoever asks for it gets, here or in another process. */
import {
  Actor,
  DurableActor,
  DurableError,
  Method,
  MethodError,
  ResultTimeout,
  TerminalError,
  type Transport,
  TransportError,
} from "durable-lambda";
import type { CallHandle } from "../../lib/calling/call-handle";
import { type Client, clientOver } from "../../lib/client/client";
import { directTransport } from "../../lib/client/direct-transport";
import { inlineTransport } from "../../lib/client/inline-transport";
import { DeadLetters } from "../../lib/messages/dead-letters";
import type { Random } from "../../lib/random";
import { type RouterHandler, router } from "../../lib/runtime/router";
import { drain } from "../support/batches";
import { FakeClock } from "../support/fake-clock";
import { type LocalPorts, openLocal } from "../support/local-ports";
import { startProcess } from "../support/process";

interface Decision {
  readonly by: string;
  readonly at: Date;
}

let runs = 0;
let isBroken = false;

@Actor
class Desk extends DurableActor {
  @Method total(...amounts: number[]): number {
    runs++;
    return amounts.reduce((sum, amount) => sum + amount, 0);
  }
  @Method report(): Map<string, Date> {
    return new Map([["made", new Date(5)]]);
  }
  @Method nothing(): void {}
  @Method({ maxAttempts: 1 }) fail(): never {
    throw Object.assign(new RangeError("out of range"), { code: "Range", limits: new Set([1, 2]) });
  }
  @Method({ maxAttempts: 1 }) repairable(): string {
    if (isBroken) throw new Error("broken");
    return "repaired";
  }
  @Method stop(): never {
    throw new TerminalError("never", { reason: "closed" });
  }
  @Method ask(): Decision {
    return this.ctx.pending();
  }
  @Method async askLater(): Promise<Decision> {
    return this.ctx.pending();
  }
}

@Actor
class Manager extends DurableActor {
  decided = 0;
  @Method approve(callId: string, decision: unknown): number {
    this.ctx.resolve(callId, decision);
    return ++this.decided;
  }
  @Method refuse(callId: string, why: unknown): number {
    this.ctx.reject(callId, Object.assign(new RangeError(String(why)), { code: "Refused", at: new Date(7) }));
    return ++this.decided;
  }
  @Method approveThenThrow(callId: string): never {
    this.ctx.resolve(callId, "approved");
    throw new Error("after the decision");
  }
}

const DECISION: Decision = { by: "Ada", at: new Date(9) };

let clock: FakeClock;
let local: LocalPorts;
let handle: RouterHandler;
let letters: DeadLetters;

beforeEach(() => {
  runs = 0;
  isBroken = false;
  clock = new FakeClock();
  local = openLocal({ clock });
  handle = router(startProcess([Desk, Manager], local, { clock }).runtime, { stack: false });
  letters = new DeadLetters(local, clock);
});
afterEach(async () => {
  expect(clock.pendingTimers).toBe(0);
  await local.close();
});

function openDirect(): Client {
  const { runtime } = startProcess([Desk, Manager], local, { clock });
  return clientOver(directTransport(inlineTransport(runtime), runtime.host.messenger), { clock });
}

/** Each client is another process. */
const CLIENTS: readonly [string, () => Client][] = [
  ["in the actors' process", () => startProcess([Desk, Manager], local, { clock }).client],
  ["with access to the queues", openDirect],
];

describe.each(CLIENTS)("a client %s", (_name, open) => {
  let client: Client;
  beforeEach(() => {
    client = open();
  });
  const desk = () => client.actor(Desk).get("d");
  const manager = () => client.actor(Manager).get("m");
  const run = () => drain(handle, local);

  it("gets the result with its types", async () => {
    const report = await desk().start().report();
    const nothing = await desk().start().nothing();
    await run();
    expect(await report.result()).toEqual(new Map([["made", new Date(5)]]));
    expect(await report.result()).toEqual(new Map([["made", new Date(5)]]));
    expect(await nothing.result()).toBeUndefined();
  });

  it("waits for a call that has not ended", async () => {
    const call = await desk().start().total(1, 2);
    const result = call.result();
    await clock.advance(5_000);
    await run();
    await clock.advance(2_000);
    expect(await result).toBe(3);
  });

  it("gets the method's own error with its name, its code and its properties", async () => {
    const call = await desk().start().fail();
    await run();
    const error = await call.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MethodError);
    expect(error).toMatchObject({
      name: "RangeError",
      message: "out of range",
      code: "Range",
      retryable: false,
      limits: new Set([1, 2]),
    });
  });

  it("gets an error of this package as its class", async () => {
    const call = await desk().start().stop();
    await run();
    await expect(call.result()).rejects.toThrow(TerminalError);
    await expect(call.result()).rejects.toMatchObject({ message: "never", details: { reason: "closed" } });
  });

  it("gets a ResultTimeout when the call has not ended in time; the call goes on", async () => {
    const call = await desk().start().total(1, 2);
    const early = call.result({ timeout: "2m" }).catch((thrown: unknown) => thrown);
    await clock.advance(119_000);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1_001);
    const error = await early;
    expect(error).toBeInstanceOf(ResultTimeout);
    expect(error).toMatchObject({
      code: "ResultTimeout",
      details: { callId: call.callId, timeoutMs: 120_000 },
    });
    await run();
    expect(await call.result({ timeout: 0 })).toBe(3);
  });

  it.each([-1, "soon", Number.NaN, "11000d", null])(
    "is told that %p is no timeout, before anything is asked",
    async (timeout) => {
      const call = client.call("nothing");
      await expect(call.result({ timeout: timeout as never })).rejects.toMatchObject({
        code: "UnexpectedEvent",
        details: { field: "timeout" },
      });
    },
  );

  it("sees how far a call has come, and when", async () => {
    const startedAt = new Date(clock.now());
    const ended = await desk().start().total(1);
    const failed = await desk().start().fail();
    const about = { actor: "Desk", id: "d", startedAt };
    expect(await ended.status()).toEqual({
      ...about,
      callId: ended.callId,
      method: "total",
      status: "pending",
    });
    await clock.advance(1_000);
    await run();
    const endedAt = new Date(clock.now());
    await clock.advance(1_000);
    expect(await ended.status()).toEqual({
      ...about,
      callId: ended.callId,
      method: "total",
      status: "succeeded",
      endedAt,
    });
    expect(await failed.status()).toEqual({
      ...about,
      callId: failed.callId,
      method: "fail",
      status: "failed",
      endedAt,
    });
  });

  it("asks about a call that another process started, by its id", async () => {
    const { callId } = await startProcess([Desk], local, { clock })
      .client.actor(Desk)
      .get("d")
      .start()
      .total(4);
    const call: CallHandle<number> = client.call<number>(callId);
    expect(call.callId).toBe(callId);
    expect((await call.status()).status).toBe("pending");
    await run();
    expect(await call.result()).toBe(4);
  });

  it.each<[string, (call: CallHandle) => Promise<unknown>]>([
    ["result()", (call) => call.result()],
    ["status()", (call) => call.status()],
    ["resolve()", (call) => call.resolve(1)],
    ["reject()", (call) => call.reject(new Error("no"))],
  ])("gets UnknownCall from %s of a call that nobody started", async (_what, use) => {
    const { callId } = await desk().send().total(1);
    for (const id of ["nothing", "__proto__", callId]) {
      await expect(use(client.call(id))).rejects.toMatchObject({
        code: "UnknownCall",
        retryable: false,
        details: { field: "callId" },
      });
    }
  });

  it.each([
    ["an empty text", ""],
    ["a text of 257 characters", "x".repeat(257)],
    ["a lone surrogate", "\uD800"],
  ])("is told that %s can be no call id", async (_name, callId) => {
    await expect(client.call(callId).status()).rejects.toMatchObject({
      code: "UnexpectedEvent",
      details: { field: "callId" },
    });
  });

  it("gets the same call again for the same key, also after its end, and it runs once", async () => {
    const start = () => desk().start({ idempotencyKey: "k" }).total(1, 1);
    const calls = [await start(), await start()];
    await run();
    await clock.advance(3_600_000);
    calls.push(await start());
    await run();
    expect(new Set(calls.map(({ callId }) => callId)).size).toBe(1);
    expect(await Promise.all(calls.map((call) => call.result()))).toEqual([2, 2, 2]);
    expect(runs).toBe(1);
  });

  it("gets the result of a call that failed first and worked once it was sent back", async () => {
    isBroken = true;
    const call = await desk().start().repairable();
    await run();
    await expect(call.result()).rejects.toMatchObject({ message: "broken" });
    isBroken = false;
    expect(await letters.redrive({ callId: call.callId })).toBe(1);
    await run();
    expect(await call.result()).toBe("repaired");
  });

  describe("with a call that its method left open", () => {
    it.each(["ask", "askLater"] as const)(
      "%s() has no result until another actor ends it",
      async (method) => {
        const call = await desk().start()[method]();
        await run();
        expect((await call.status()).status).toBe("pending");
        const early = call.result({ timeout: "10s" }).catch((thrown: unknown) => thrown);
        await clock.advance(10_001);
        expect(await early).toMatchObject({ code: "ResultTimeout" });
        expect(await manager().approve(call.callId, DECISION)).toBe(1);
        expect(await call.result()).toEqual(DECISION);
      },
    );

    it("gets the error with which another actor ended it", async () => {
      const call = await desk().start().ask();
      await run();
      await manager().refuse(call.callId, "too much");
      await expect(call.result()).rejects.toMatchObject({
        name: "RangeError",
        code: "Refused",
        message: "too much",
        at: new Date(7),
      });
    });

    it("finds it open when the turn that was to end it did not commit", async () => {
      const call = await desk().start().ask();
      await run();
      await expect(manager().approveThenThrow(call.callId)).rejects.toMatchObject({ code: "MethodError" });
      expect((await call.status()).status).toBe("pending");
    });

    it("ends it itself, and the first outcome stays", async () => {
      const call = await desk().start().ask();
      await run();
      expect(await client.call(call.callId).resolve(DECISION)).toBe(true);
      expect(await call.resolve({ by: "Bob", at: new Date(10) })).toBe(false);
      expect(await call.reject(new Error("too late"))).toBe(false);
      await manager().refuse(call.callId, "too late");
      expect(await call.result()).toEqual(DECISION);
    });

    it("fails it, and the first outcome stays", async () => {
      const [call, other, third] = [
        await desk().start().ask(),
        await desk().start().ask(),
        await desk().start().ask(),
      ];
      await run();
      const refusal = Object.assign(new TypeError("not now"), { code: "Later", retryAt: new Date(11) });
      expect(await call.reject(refusal)).toBe(true);
      expect(await call.resolve(DECISION)).toBe(false);
      await manager().approve(call.callId, DECISION);
      await expect(call.result()).rejects.toMatchObject({
        name: "TypeError",
        code: "Later",
        message: "not now",
        retryAt: new Date(11),
      });
      expect(await other.reject("plain text")).toBe(true);
      await expect(other.result()).rejects.toMatchObject({ code: "MethodError", message: "plain text" });
      expect(await third.reject(new TerminalError("closed"))).toBe(true);
      await expect(third.result()).rejects.toThrow(TerminalError);
    });

    it("resolves it with undefined", async () => {
      const call = await desk().start().nothing();
      expect(await call.resolve()).toBe(true);
      expect(await call.resolve()).toBe(true);
      expect((await call.status()).status).toBe("succeeded");
      expect(await call.result()).toBeUndefined();
      await run();
    });

    it("cannot resolve it with what cannot be kept", async () => {
      const call = await desk().start().ask();
      await expect(call.resolve({ by: (() => {}) as never, at: new Date() })).rejects.toMatchObject({
        code: "NotSerializable",
        details: { path: "value.by" },
      });
      expect((await call.status()).status).toBe("pending");
    });

    it("stays open when its message is delivered again", async () => {
      const call = await desk().start({ idempotencyKey: "k" }).ask();
      await run();
      await clock.advance(600_000);
      await desk().start({ idempotencyKey: "k" }).ask();
      await run();
      expect((await call.status()).status).toBe("pending");
      await manager().approve(call.callId, DECISION);
      expect(await call.result()).toEqual(DECISION);
    });
  });

  it("cannot resolve a call that has ended", async () => {
    const call = await desk().start().total(1);
    await run();
    expect(await call.resolve(2)).toBe(false);
    expect(await call.result()).toBe(1);
  });

  it("gets NotTracked when it waits for a method that leaves its call open", async () => {
    for (const ask of [desk().ask(), desk().askLater()]) {
      await expect(ask).rejects.toMatchObject({
        code: "NotTracked",
        retryable: false,
        details: { method: expect.stringMatching(/^ask/) as string },
      });
    }
  });
});

it("a call that no router can run fails, instead of staying open", async () => {
  const client = openDirect();
  const desk = client.actor<Desk & { later(): string }>("Desk").get("d");
  const call = await desk.start().later();
  await drain(handle, local);
  expect(await letters.list()).toMatchObject([{ callId: call.callId, reason: { code: "UnknownMethod" } }]);
  const outcome = call.result({ timeout: "1s" }).catch((thrown: unknown) => thrown);
  await clock.advance(1_001);
  expect(await outcome).toMatchObject({ code: "UnknownMethod", details: { field: "method" } });
});

describe("result() asks", () => {
  const pending = { callId: "c", actor: "Desk", id: "d", method: "ask", status: "pending", startedMs: 0 };
  let askedMs: number[];
  const fixed = (fraction: number): Random => ({ id: () => "AAAAAAAAAAAAAAAA", fraction: () => fraction });
  const over = (answer: (request: unknown) => unknown, fraction: number) => {
    askedMs = [];
    const transport: Transport = {
      async invoke(request) {
        askedMs.push(clock.now());
        return answer(request) as never;
      },
    };
    return clientOver(transport, { clock, random: fixed(fraction) });
  };

  it.each([
    [0, [25, 50, 100, 200, 400, 800, 1_000, 1_000]],
    [1, [50, 100, 200, 400, 800, 1_600, 2_000, 2_000]],
  ])(
    "with intervals that grow up to 2 s, spread by chance (%d), and once more at the end",
    async (fraction, first) => {
      const call = over(() => ({ ok: true, result: pending }), fraction).call("c");
      const startMs = clock.now();
      const outcome = call.result({ timeout: "1m" }).catch((thrown: unknown) => thrown);
      await clock.advance(60_000);
      expect(await outcome).toMatchObject({ code: "ResultTimeout" });
      const gaps = askedMs.slice(1).map((atMs, index) => atMs - (askedMs[index] as number));
      expect(gaps.slice(0, first.length)).toEqual(first);
      const longest = first.at(-1) as number;
      expect(new Set(gaps.slice(first.length, -1))).toEqual(new Set([longest]));
      expect(askedMs.at(-1)).toBe(startMs + 60_000);
      expect(askedMs).toHaveLength(first.length + 1 + Math.ceil((60_000 - sum(first)) / longest));
      await clock.advance(60_000);
      expect(askedMs.at(-1)).toBe(startMs + 60_000);
    },
  );

  it("once, when there is no time to wait", async () => {
    const call = over(() => ({ ok: true, result: pending }), 1).call("c");
    await expect(call.result({ timeout: 0 })).rejects.toMatchObject({ code: "ResultTimeout" });
    expect(askedMs).toHaveLength(1);
  });

  it("for half a minute unless told otherwise", async () => {
    const call = over(() => ({ ok: true, result: pending }), 1).call("c");
    const outcome = call.result().catch((thrown: unknown) => thrown);
    await clock.advance(29_999);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1);
    expect(await outcome).toMatchObject({ code: "ResultTimeout", details: { timeoutMs: 30_000 } });
  });

  it("only about the call", async () => {
    const requests: unknown[] = [];
    const answer = (request: unknown) => {
      requests.push(request);
      return { ok: true, result: { ...pending, status: "succeeded", result: { $number: "NaN" } } };
    };
    expect(await over(answer, 1).call("c").result()).toBeNaN();
    expect(requests).toEqual([{ mode: "status", callId: "c" }]);
  });

  it("again after an answer that was lost", async () => {
    const answers: (() => unknown)[] = [
      () => {
        throw new TransportError("lost");
      },
      () => ({ ok: true, result: { ...pending, status: "succeeded", result: 5 } }),
    ];
    const result = over(() => answers.shift()?.(), 1)
      .call("c")
      .result();
    await clock.advance(100);
    expect(await result).toBe(5);
  });

  it("no longer than its timeout, also when nobody answers", async () => {
    const client = over(() => {
      throw new TransportError("down");
    }, 1);
    let outcome: unknown;
    void client
      .call("c")
      .result({ timeout: "1s" })
      .catch((thrown: unknown) => {
        outcome = thrown;
      });
    await clock.advance(1_000);
    expect(outcome).toBeInstanceOf(DurableError);
    expect(outcome).toMatchObject({ retryable: true });
    await clock.advance(60_000);
  });

  function sum(values: readonly number[]): number {
    return values.reduce((total, value) => total + value, 0);
  }
});
