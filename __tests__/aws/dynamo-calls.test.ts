/** Tracked calls on DynamoDB: what every adapter does, and what a lost response or a foreign row leads to. */
import { randomUUID } from "node:crypto";
import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { NewTrackedCall, Outcome } from "../../lib/messages/tracked-calls";
import { trackedCallsContract } from "../contract/tracked-calls-contract";
import { type Emulator, startDynamo } from "../support/dynamo";
import type { Fault } from "../support/faulty-sdk";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startDynamo();
});
afterAll(() => emulator.close());

describe("tracked calls on DynamoDB", () => {
  trackedCallsContract(() => emulator.connect().calls);
});

const NOW_MS = 1_800_000_000_123;
const newCall = (): NewTrackedCall => ({
  callId: `call-${randomUUID()}`,
  address: { type: "Order", id: "o/1" },
  method: "approve",
  startedMs: NOW_MS,
  expiresMs: NOW_MS + 1,
});
const settlement = (outcome: Outcome) => ({ outcome, settledMs: NOW_MS + 5, expiresMs: NOW_MS + 1_000 });
const succeeded: Outcome = { status: "succeeded", result: '{"n":1}' };

describe("a lost response", () => {
  it.each([[["lostResponse"]], [["lostResponse", "lostResponse"]], [["reset", "lostResponse"]]])(
    "%j at open and at settle: the repetition finds its own write",
    async (faults) => {
      const { calls, wiretap } = emulator.connect();
      const call = newCall();
      wiretap.plan = (_, index) => (faults[index] ?? "none") as Fault;
      const { callId, address, method, startedMs } = call;
      expect(await calls.open(call)).toEqual({ callId, address, method, startedMs });
      wiretap.clear();
      expect(await calls.settle(callId, settlement(succeeded))).toBe("settled");
      wiretap.clear();
      wiretap.plan = () => "none";
      expect(await calls.settle(callId, settlement({ status: "failed", error: "{}" }))).toBe("already");
      expect(await calls.read(callId)).toMatchObject({ outcome: succeeded, settledMs: NOW_MS + 5 });
    },
  );

  it("at the settlement that replaces a failure: the repetition finds its own write, the error is gone", async () => {
    const { calls, wiretap, documents, workflows } = emulator.connect();
    const call = newCall();
    await calls.open(call);
    await calls.settle(call.callId, settlement({ status: "failed", error: "{}" }));
    wiretap.clear();
    wiretap.plan = (_, index) => (index === 0 ? "lostResponse" : "none");
    const replacing = { ...settlement(succeeded), replacesFailure: true };
    expect(await calls.settle(call.callId, replacing)).toBe("settled");
    const { Item } = await documents.send(new GetCommand({ TableName: workflows, Key: { pk: call.callId } }));
    expect(Item).toMatchObject({ status: "succeeded", result: '{"n":1}' });
    expect(Item).not.toHaveProperty("error");
  });

  it("that stays lost is a typed error; a second request with the same values is safe", async () => {
    const { calls, wiretap } = emulator.connect();
    const call = newCall();
    wiretap.plan = () => "lostResponse";
    const failed = { code: "StoreUnavailable", retryable: true };
    await expect(calls.open(call)).rejects.toMatchObject(failed);
    await expect(calls.settle(call.callId, settlement(succeeded))).rejects.toMatchObject(failed);
    wiretap.plan = () => "none";
    expect(await calls.open(call)).toMatchObject({ outcome: succeeded });
    expect(await calls.settle(call.callId, settlement(succeeded))).toBe("settled");
  });
});

it("a call costs one request to open and one to settle, and its row can be read in the console", async () => {
  const { calls, wiretap, documents, workflows } = emulator.connect();
  const call = newCall();
  await calls.open(call);
  await calls.settle(call.callId, settlement({ status: "failed", error: '{"code":"X"}' }));
  expect(wiretap.requests.map(({ command }) => command)).toEqual(["PutItemCommand", "UpdateItemCommand"]);
  const { Item } = await documents.send(new GetCommand({ TableName: workflows, Key: { pk: call.callId } }));
  expect(Item).toEqual({
    pk: call.callId,
    actor: "Order/o/1",
    method: "approve",
    status: "failed",
    error: '{"code":"X"}',
    startedAt: NOW_MS,
    settledAt: NOW_MS + 5,
    // Seconds, rounded up.
    expiresAt: 1_800_000_002,
  });
});

it.each([
  ["an unknown status", { status: "paused" }],
  ["no actor", { actor: undefined }],
  ["an actor without an id", { actor: "Order" }],
  ["a failure without its error", { status: "failed" }],
  ["a result that is no text", { status: "succeeded", result: 5 }],
  ["a time that is no number", { startedAt: "now" }],
])("a row with %s is refused and left as it is", async (_, foreign) => {
  const { calls, documents, workflows } = emulator.connect();
  const call = newCall();
  const row = { pk: call.callId, actor: "Order/o", method: "m", status: "pending", startedAt: 1, ...foreign };
  const Item = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
  await documents.send(new PutCommand({ TableName: workflows, Item }));
  const corrupt = { code: "CorruptState", details: { key: call.callId } };
  await expect(calls.read(call.callId)).rejects.toMatchObject(corrupt);
  await expect(calls.open(call)).rejects.toMatchObject(corrupt);
});
