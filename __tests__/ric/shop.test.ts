/**
 * The samples' shop, bundled as it is deployed, under AWS's own runtime client: cold and warm starts, every kind of event, and
 * what the runtime client is told when something is wrong.
 */
import { eventually } from "../deployed/eventually";
import type { Outcome } from "./runtime-api";
import { describeRuntime, Session } from "./session";

/** Starting a process, and loading a bundle in it, takes its time on a small machine. */
const PATIENCE_MS = 60_000;

let session: Session;
const folders: Record<"cjs" | "esm", string> = { cjs: "", esm: "" };

beforeAll(async () => {
  if (!process.env.DURABLE_TEST_RIC) return;
  session = await Session.begin();
  for (const format of ["cjs", "esm"] as const) {
    folders[format] = await session.bundle("samples/shop/actors.ts", format);
  }
}, PATIENCE_MS);
afterAll(() => session?.end(), PATIENCE_MS);

function call(actor: string, id: string, method: string, ...args: unknown[]) {
  return { actor, id, method, args };
}

function result(value: unknown): Outcome {
  return { kind: "response", body: expect.objectContaining({ ok: true, result: value }) };
}

describeRuntime("the shop under the runtime client", () => {
  test.each(["cjs", "esm"] as const)(
    "starts cold, stays warm, and leaves its state to the next process (%s)",
    async (format) => {
      const first = await session.start(folders[format]);
      expect(await first.initialised).toBeUndefined();
      expect(await first.invoke(call("Stock", format, "add", 5))).toEqual(result(5));
      expect(await first.invoke(call("Stock", format, "hold", "order", 2))).toEqual(result(3));
      await eventually(async () => expect(first.asked).toBe(3), PATIENCE_MS);
      expect(first.output.match(/"message":"turn/g) ?? []).toHaveLength(2);

      const second = await session.start(folders[format]);
      expect(await second.invoke(call("Stock", format, "left"))).toEqual(result(3));
    },
    PATIENCE_MS,
  );

  test(
    "takes an order from calls over an event to a message",
    async () => {
      const shop = await session.start(folders.cjs);
      await shop.invoke(call("Stock", "pear", "add", 5));
      expect(await shop.invoke(call("Order", "o1", "place", "c1", { pear: 2 }))).toEqual(result("open"));
      expect(await shop.invoke(call("Order", "o1", "pay", 250))).toEqual(result("paid"));
      const [event] = await session.events.delivered(1);
      expect(await shop.invoke(event)).toEqual({ kind: "response", body: { messages: 1 } });
      expect(await session.drainQueue(shop)).toEqual([]);
      expect(await shop.invoke(call("Customer", "c1", "total"))).toEqual(
        result({ spentCents: 250, orders: ["o1"] }),
      );
    },
    PATIENCE_MS,
  );

  test(
    "hands back of a batch only what failed",
    async () => {
      const shop = await session.start(folders.cjs);
      const send = (...of: Parameters<typeof call>) => shop.invoke({ ...call(...of), mode: "send" });
      await send("Counter", "batch", "increment", 3);
      await send("Account", "poor", "withdraw", 100);
      await send("Account", "rich", "deposit", 7);
      expect(await session.drainQueue(shop)).toEqual([expect.stringContaining('"withdraw"')]);
      expect(await shop.invoke(call("Counter", "batch", "value"))).toEqual(result(3));
      expect(await shop.invoke(call("Account", "rich", "statement"))).toEqual(
        result(expect.objectContaining({ balance: 7 })),
      );
      expect(await shop.invoke(call("Account", "poor", "statement"))).toEqual(
        result(expect.objectContaining({ balance: 0 })),
      );
    },
    PATIENCE_MS,
  );

  test(
    "answers a sweep, HTTP, and an event that is none of these",
    async () => {
      const shop = await session.start(folders.cjs);
      expect(await shop.invoke({ mode: "sweep" })).toMatchObject({ kind: "response" });
      const http = {
        rawPath: "/actors/Counter/http/increment",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ args: [4] }),
        requestContext: { domainName: "localhost", http: { method: "POST" } },
      };
      expect(await shop.invoke(http)).toMatchObject({ kind: "response", body: { statusCode: 200 } });
      expect(await shop.invoke(call("Counter", "http", "value"))).toEqual(result(4));
      expect(await shop.invoke({ surprise: true })).toMatchObject({
        kind: "response",
        body: { ok: false, error: { code: "UnexpectedEvent" } },
      });
    },
    PATIENCE_MS,
  );

  test(
    "fails a batch that it cannot read as a whole, and goes on in the same process",
    async () => {
      const shop = await session.start(folders.cjs);
      const unreadable = { Records: [{ eventSource: "aws:sqs", messageId: "m1" }] };
      expect(await shop.invoke(unreadable)).toMatchObject({ kind: "error", type: "UnexpectedEvent" });
      expect(await shop.invoke(call("Counter", "after", "increment"))).toEqual(result(1));
    },
    PATIENCE_MS,
  );
});

describeRuntime("an error in the init phase", () => {
  test(
    "of ours says which variable is missing",
    async () => {
      const { DURABLE_TABLE: _missing, ...environment } = session.environment;
      const shop = await session.start(folders.cjs, { environment });
      expect(await shop.initialised).toEqual({
        kind: "error",
        type: "InvalidDefinition",
        message: expect.stringContaining("DURABLE_TABLE"),
      });
      expect(await shop.ended).toMatchObject({ signal: null, code: expect.any(Number) });
    },
    PATIENCE_MS,
  );

  test.each([
    [
      "of the app's own",
      'throw new RangeError("no configuration");',
      { type: "RangeError", message: "no configuration" },
    ],
    [
      "for want of a handler",
      "exports.handle = () => {};",
      { type: "Runtime.HandlerNotFound", message: "index.handler is undefined or not exported" },
    ],
  ])(
    "%s",
    async (name, text, failure) => {
      const broken = await session.start(await session.write(name.replaceAll(/\W/g, "-"), text));
      expect(await broken.initialised).toEqual({ kind: "error", ...failure });
      expect(await broken.ended).toMatchObject({ signal: null, code: expect.any(Number) });
      expect(broken.asked).toBe(0);
    },
    PATIENCE_MS,
  );
});
