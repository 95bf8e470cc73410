/** What becomes of a turn when its process does not: killed at its timeout, told to stop, or ended by an error of its own. */
import { eventually } from "../deployed/eventually";
import type { FunctionProcess } from "./function-process";
import { describeRuntime, Session } from "./session";

const PATIENCE_MS = 60_000;
const HANGS_AFTER_MS = 3_000;
/** What a turn takes that is long over when its process must end, and one that is not. */
const SHORT_MS = 50;
const LONG_MS = 3_600_000;

let session: Session;
let folder: string;

beforeAll(async () => {
  if (!process.env.DURABLE_TEST_RIC) return;
  session = await Session.begin();
  folder = await session.bundle("__tests__/ric/unruly.ts");
}, PATIENCE_MS);
afterAll(() => session?.end(), PATIENCE_MS);

function call(id: string, method: string, ...args: unknown[]) {
  return { actor: "Unruly", id, method, args };
}

/** The actor's entries, as another process sees them, which adds one. */
async function workInAnother(id: string): Promise<unknown> {
  const another = await session.start(folder);
  const outcome = await another.invoke(call(id, "work", "afterwards"));
  return outcome.kind === "response" ? (outcome.body as { result?: unknown }).result : outcome;
}

async function leaseOf(id: string): Promise<string | undefined> {
  const head = await session.dynamo.store.read({ type: "Unruly", id }, { consistent: true });
  return head?.leaseId;
}

/** Resolves when the process is in the middle of a turn, after it has committed one. */
async function inMidTurn(unruly: FunctionProcess, id: string, method: string, ...args: unknown[]) {
  expect(await unruly.invoke(call(id, "work", "before"))).toMatchObject({ kind: "response" });
  const outcome = unruly.invoke(call(id, method, "half", ...args));
  await unruly.writes("begun: half");
  // In an object, since it has yet to come.
  return { outcome };
}

describeRuntime("a turn in the middle of which its process ends", () => {
  test(
    "has no effect when it was killed at its timeout, and the next one runs at once",
    async () => {
      const unruly = await session.start(folder, { timeoutMs: HANGS_AFTER_MS });
      const { outcome } = await inMidTurn(unruly, "hung", "hogUnderLease");
      expect(await outcome).toEqual({ kind: "timeout" });
      expect(await unruly.ended).toMatchObject({ signal: "SIGKILL" });
      // Nobody could give it back; but it ended with the time that Lambda gave the process.
      expect(await leaseOf("hung")).toEqual(expect.any(String));
      expect(await workInAnother("hung")).toEqual(["before", "afterwards"]);
    },
    PATIENCE_MS,
  );

  test(
    "has no effect when it was killed without a lease, and holds up nobody",
    async () => {
      const unruly = await session.start(folder, { timeoutMs: HANGS_AFTER_MS });
      const { outcome } = await inMidTurn(unruly, "hung alone", "hog");
      expect(await leaseOf("hung alone")).toBeUndefined();
      expect(await workInAnother("hung alone")).toEqual(["before", "afterwards"]);
      expect(await outcome).toEqual({ kind: "timeout" });
      expect(await workInAnother("hung alone")).toEqual(["before", "afterwards", "afterwards"]);
    },
    PATIENCE_MS,
  );

  test(
    "answers before its timeout when it only waits, and has no effect",
    async () => {
      const unruly = await session.start(folder, { timeoutMs: HANGS_AFTER_MS });
      const { outcome } = await inMidTurn(unruly, "slow", "takeTime", LONG_MS);
      expect(await outcome).toMatchObject({
        kind: "response",
        body: { ok: false, error: { code: "CallTimeout" } },
      });
      expect(await workInAnother("slow")).toEqual(["before", "afterwards"]);
    },
    PATIENCE_MS,
  );

  test.each(["throwOutside", "rejectOutside"])(
    "has no effect after an error outside the handler (%s)",
    async (method) => {
      // Nobody gives the lease back: it ends when the event's time does.
      const unruly = await session.start(folder, { timeoutMs: HANGS_AFTER_MS });
      const { outcome } = await inMidTurn(unruly, method, method);
      expect(await outcome).toMatchObject({ kind: "ended", signal: null, code: expect.any(Number) });
      expect(unruly.output).toContain("outside of everything");
      expect(await workInAnother(method)).toEqual(["before", "afterwards"]);
    },
    PATIENCE_MS,
  );

  test(
    "is committed when it ends soon after SIGTERM",
    async () => {
      const unruly = await session.start(folder);
      const { outcome } = await inMidTurn(unruly, "stopped soon", "takeTime", SHORT_MS);
      unruly.terminate();
      expect(await unruly.ended).toMatchObject({ signal: "SIGTERM" });
      await outcome;
      expect(await leaseOf("stopped soon")).toBeUndefined();
      expect(await workInAnother("stopped soon")).toEqual(["before", "half", "afterwards"]);
    },
    PATIENCE_MS,
  );

  test(
    "is rolled back when it goes on after SIGTERM, and the lease is given back",
    async () => {
      const unruly = await session.start(folder, { timeoutMs: PATIENCE_MS });
      const { outcome } = await inMidTurn(unruly, "stopped", "takeTime", LONG_MS);
      // It takes the lease once it waits.
      await eventually(async () => expect(await leaseOf("stopped")).toEqual(expect.any(String)), 10_000);
      unruly.terminate();
      // Of its own accord: the timeout is far away.
      expect(await unruly.ended).toMatchObject({ signal: "SIGTERM" });
      await outcome;
      expect(await leaseOf("stopped")).toBeUndefined();
      expect(await workInAnother("stopped")).toEqual(["before", "afterwards"]);
    },
    PATIENCE_MS,
  );
});

describeRuntime("a process", () => {
  test(
    "ends at SIGTERM when it is idle",
    async () => {
      const unruly = await session.start(folder);
      await unruly.invoke(call("idle", "work", "only"));
      await eventually(async () => expect(unruly.asked).toBe(2), PATIENCE_MS);
      unruly.terminate();
      expect(await unruly.ended).toMatchObject({ signal: "SIGTERM" });
      expect(await leaseOf("idle")).toBeUndefined();
    },
    PATIENCE_MS,
  );

  test(
    "answers with what fits into an answer, and refuses more before the Runtime API does",
    async () => {
      const unruly = await session.start(folder);
      const largest = 6 * 1_024 * 1_024 - 4_096 - 2;
      expect(await unruly.invoke(call("large", "text", largest))).toMatchObject({
        kind: "response",
        body: { ok: true },
      });
      expect(await unruly.invoke(call("large", "text", largest + 1))).toMatchObject({
        kind: "response",
        body: { ok: false, error: { code: "PayloadTooLarge" } },
      });
    },
    PATIENCE_MS,
  );

  test(
    "takes many events at once, as on Managed Instances",
    async () => {
      const unruly = await session.start(folder, { concurrency: 10, timeoutMs: PATIENCE_MS });
      const entries = Array.from({ length: 10 }, (_, index) => `at once ${index}`);
      const outcomes = await Promise.all(entries.map((entry) => unruly.invoke(call("busy", "work", entry))));
      expect(outcomes).toEqual(
        entries.map(() => ({ kind: "response", body: expect.objectContaining({ ok: true }) })),
      );
      const report = await unruly.invoke(call("busy", "report"));
      expect(report).toMatchObject({ kind: "response", body: { result: expect.any(Array) } });
      const { result } = (report as { body: { result: string[] } }).body;
      expect([...result].sort()).toEqual(entries);
    },
    PATIENCE_MS,
  );
});
