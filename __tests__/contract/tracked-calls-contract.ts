/** What every place for tracked calls must do. Run against each adapter by a test file of a few lines. */
import { randomUUID } from "node:crypto";
import type { NewTrackedCall, Outcome, Settlement, TrackedCalls } from "../../lib/messages/tracked-calls";

const DAY_MS = 86_400_000;

export function trackedCallsContract(connect: () => TrackedCalls): void {
  let calls: TrackedCalls;
  let call: NewTrackedCall;

  beforeEach(() => {
    calls = connect();
    // By the real clock, which decides whether an adapter may have dropped the row.
    const startedMs = Date.now();
    call = {
      callId: `call-${randomUUID()}`,
      address: { type: "Thing", id: "a/b#é" },
      method: "run",
      startedMs,
      expiresMs: startedMs + DAY_MS,
    };
  });

  const settlement = (outcome: Outcome): Settlement => ({
    outcome,
    settledMs: call.startedMs + 5,
    expiresMs: call.startedMs + 2 * DAY_MS,
  });
  const succeeded = (result?: string): Settlement => settlement({ status: "succeeded", result });
  const failed = (error: string): Settlement => settlement({ status: "failed", error });

  const pending = () => ({
    callId: call.callId,
    address: call.address,
    method: call.method,
    startedMs: call.startedMs,
  });

  it("knows nothing of a call that nobody opened", async () => {
    expect(await calls.read(call.callId)).toBeUndefined();
    expect(await calls.settle(call.callId, succeeded("1"))).toBe("unknown");
    expect(await calls.read(call.callId)).toBeUndefined();
  });

  it("opens a call as pending", async () => {
    expect(await calls.open(call)).toEqual(pending());
    expect(await calls.read(call.callId)).toEqual(pending());
  });

  it("leaves a row that is there as it is, and returns it", async () => {
    await calls.open(call);
    const other = { ...call, method: "other", startedMs: call.startedMs + 1 };
    expect(await calls.open(other)).toEqual(pending());
    await calls.settle(call.callId, succeeded("1"));
    const ended = {
      ...pending(),
      outcome: { status: "succeeded", result: "1" },
      settledMs: call.startedMs + 5,
    };
    expect(await calls.open(other)).toEqual(ended);
    expect(await calls.read(call.callId)).toEqual(ended);
  });

  it("opens a call once, however many ask", async () => {
    const opened = await Promise.all(
      Array.from({ length: 5 }, (_, index) => calls.open({ ...call, method: `m${index}` })),
    );
    expect(new Set(opened.map(({ method }) => method)).size).toBe(1);
  });

  it.each<[string, Outcome]>([
    ["a result", { status: "succeeded", result: '{"text":"é✓😀\\n"}' }],
    ["an empty result", { status: "succeeded", result: "" }],
    ["no result", { status: "succeeded", result: undefined }],
    ["an error", { status: "failed", error: '{"code":"Broken"}' }],
  ])("ends a call with %s", async (_, outcome) => {
    await calls.open(call);
    expect(await calls.settle(call.callId, settlement(outcome))).toBe("settled");
    expect(await calls.read(call.callId)).toEqual({ ...pending(), outcome, settledMs: call.startedMs + 5 });
  });

  it("keeps the first outcome, and says so to whoever brings another", async () => {
    await calls.open(call);
    await calls.settle(call.callId, succeeded("1"));
    expect(await calls.settle(call.callId, succeeded("2"))).toBe("already");
    expect(await calls.settle(call.callId, succeeded())).toBe("already");
    expect(await calls.settle(call.callId, failed("1"))).toBe("already");
    expect((await calls.read(call.callId))?.outcome).toEqual({ status: "succeeded", result: "1" });
  });

  it("replaces a failure, and nothing else, when its message was moved back from the dead letters", async () => {
    await calls.open(call);
    await calls.settle(call.callId, failed("1"));
    expect(await calls.settle(call.callId, { ...succeeded("2"), replacesFailure: true })).toBe("settled");
    expect(await calls.settle(call.callId, { ...failed("3"), replacesFailure: true })).toBe("already");
    expect((await calls.read(call.callId))?.outcome).toEqual({ status: "succeeded", result: "2" });
  });

  it.each<[string, () => Settlement]>([
    ["a result", () => succeeded("1")],
    ["no result", () => succeeded()],
    ["an error", () => failed("1")],
  ])("takes the same outcome again as settled, when it is %s", async (_, outcome) => {
    await calls.open(call);
    expect(await calls.settle(call.callId, outcome())).toBe("settled");
    const again = { ...outcome(), settledMs: call.startedMs + 9 };
    expect(await calls.settle(call.callId, again)).toBe("settled");
    expect((await calls.read(call.callId))?.settledMs).toBe(call.startedMs + 5);
  });

  it("lets exactly one of many outcomes count", async () => {
    await calls.open(call);
    const results = Array.from({ length: 5 }, (_, index) => String(index));
    const answers = await Promise.all(results.map((result) => calls.settle(call.callId, succeeded(result))));
    expect([...answers].sort()).toEqual(["already", "already", "already", "already", "settled"]);
    const result = String(answers.indexOf("settled"));
    expect((await calls.read(call.callId))?.outcome).toEqual({ status: "succeeded", result });
  });

  it("keeps an outcome of the largest size", async () => {
    await calls.open(call);
    const result = "x".repeat(calls.maxOutcomeBytes);
    expect(await calls.settle(call.callId, succeeded(result))).toBe("settled");
    expect((await calls.read(call.callId))?.outcome).toEqual({ status: "succeeded", result });
  });

  it("keeps calls apart", async () => {
    const other = { ...call, callId: `${call.callId}/2` };
    await calls.open(call);
    await calls.open(other);
    await calls.settle(call.callId, succeeded("1"));
    expect((await calls.read(other.callId))?.outcome).toBeUndefined();
  });
}
