/** Where a client finds its actors, and how it behaves whatever the transport. */
import { Actor, createClient, createRouter, DurableActor, Method, type Transport } from "durable-lambda";
import { type Emulator, startDynamo } from "../support/dynamo";
import { silentLog } from "../support/process";

@Actor
class Counter extends DurableActor {
  count = 0;
  @Method increment(by = 1): number {
    this.count += by;
    return this.count;
  }
}

const saved = { ...process.env };
afterEach(() => {
  for (const name of ["DURABLE_TABLE", "DURABLE_ROUTER"]) delete process.env[name];
  Object.assign(process.env, saved);
});

describe("without a transport", () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startDynamo();
  });
  afterAll(() => emulator.close());

  it("a client says what to set when the environment says nothing", () => {
    expect(() => createClient()).toThrow(expect.objectContaining({ code: "InvalidDefinition" }));
    expect(() => createClient()).toThrow(/DURABLE_ROUTER.*DURABLE_TABLE/s);
  });

  it("a client runs turns in its own process on the table of the environment, beside the router", async () => {
    process.env.DURABLE_TABLE = emulator.connect().table;
    const handler = createRouter([Counter]);
    const invocation = { actor: "Counter", id: "inline", method: "increment", args: [2] };
    const context = { getRemainingTimeInMillis: () => 5_000 };
    expect(await handler(invocation, context)).toEqual({ ok: true, result: 2, version: 1 });
    expect(await createClient().actor(Counter).get("inline").increment()).toBe(3);
    expect(
      await createClient({ actors: [Counter] })
        .actor<Counter>("Counter")
        .get("inline")
        .increment(),
    ).toBe(4);
    const warn = jest.spyOn(console, "warn").mockImplementation(() => {});
    await expect(createClient().actor<Counter>("Counter").get("inline").increment()).rejects.toMatchObject({
      code: "UnknownActor",
    });
    warn.mockRestore();
  });

  it("a client invokes the router where both are set, unless it is told to run turns itself", async () => {
    Object.assign(process.env, { DURABLE_TABLE: emulator.connect().table, DURABLE_ROUTER: "router" });
    expect(await createClient({ transport: "inline" }).actor(Counter).get("named").increment()).toBe(1);
    // The emulator is no Lambda service: that it is asked shows where the call went.
    const remote = createClient().actor(Counter).get("named", { timeoutMs: 500 });
    await expect(remote.increment()).rejects.toMatchObject({ details: { functionName: "router" } });
  });

  it("a router that finds no table says so with the call", async () => {
    const reply = await createRouter([Counter], { log: silentLog })({
      actor: "Counter",
      id: "a",
      method: "increment",
    });
    expect(reply).toMatchObject({ ok: false, error: { code: "InvalidDefinition" } });
    expect(JSON.stringify(reply)).toContain("DURABLE_TABLE");
  });
});

describe("over any transport", () => {
  function scripted(replies: (() => unknown)[]): { transport: Transport; sent: Record<string, unknown>[] } {
    const sent: Record<string, unknown>[] = [];
    const transport: Transport = {
      async invoke(invocation) {
        sent.push({ ...invocation });
        return replies.shift()?.() as never;
      },
    };
    return { transport, sent };
  }
  const failure = (code: string, retryable: boolean) => ({
    ok: false,
    error: { code, message: code, retryable },
  });

  it("retryable errors are tried again with the same call id, marked as another attempt", async () => {
    const { transport, sent } = scripted([
      () => failure("ActorBusy", true),
      () => failure("FencedError", true),
      () => ({ ok: true, result: 1, version: 1 }),
    ]);
    expect(await createClient({ transport }).actor(Counter).get("a").increment()).toBe(1);
    expect(sent.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(new Set(sent.map(({ callId }) => callId)).size).toBe(1);
  });

  it("other errors are not", async () => {
    const { transport, sent } = scripted([() => failure("UnknownMethod", false)]);
    await expect(createClient({ transport }).actor(Counter).get("a").increment()).rejects.toMatchObject({
      code: "UnknownMethod",
    });
    expect(sent).toHaveLength(1);
  });
  it("an idempotency key makes the call's id, together with the actor's address; and no time is sent with it", async () => {
    const { transport, sent } = scripted(Array.from({ length: 4 }, () => () => ({ ok: true, version: 1 })));
    const counter = createClient({ transport }).actor(Counter);
    await counter.get("a", { idempotencyKey: "order-7" }).increment();
    await counter.get("a", { idempotencyKey: "order-7" }).increment();
    await counter.get("b", { idempotencyKey: "order-7" }).increment();
    await counter.get("a").increment();
    const ids = sent.map(({ callId }) => callId);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
    expect(sent.map(({ sentAtMs }) => typeof sentAtMs)).toEqual([
      "undefined",
      "undefined",
      "undefined",
      "number",
    ]);
  });

  it.each([0, -1, 1.5, 900_001, Number.NaN])("a timeout of %s is refused", async (timeoutMs) => {
    const { transport, sent } = scripted([]);
    await expect(
      createClient({ transport }).actor(Counter).get("a", { timeoutMs }).increment(),
    ).rejects.toMatchObject({
      code: "UnexpectedEvent",
      details: { field: "timeoutMs" },
    });
    expect(sent).toHaveLength(0);
  });

  it("arguments that cannot be kept are refused before anything is sent", async () => {
    const { transport, sent } = scripted([]);
    const counter = createClient({ transport }).actor(Counter).get("a");
    await expect(counter.increment((() => {}) as never)).rejects.toMatchObject({
      code: "NotSerializable",
      details: { path: "args[0]" },
    });
    expect(sent).toHaveLength(0);
  });
});
