/** A handler of the form `durable((ctx, request) => …)`, as its page has it, under AWS's own runtime client. */
import { describeRuntime, Session } from "./session";

/** Starting a process, and loading a bundle in it, takes its time on a small machine. */
const PATIENCE_MS = 60_000;
const ENTRY = "__tests__/fixtures/seed-form/quick-start.ts";

let session: Session;

beforeAll(async () => {
  if (process.env.DURABLE_TEST_RIC) session = await Session.begin();
}, PATIENCE_MS);
afterAll(() => session?.end(), PATIENCE_MS);

describeRuntime("a handler under the runtime client", () => {
  test.each(["cjs", "esm"] as const)(
    "answers sync calls with its results, queues the others, and fails with what went wrong (%s)",
    async (format) => {
      const handler = await session.start(await session.bundle(ENTRY, format));
      const actorId = `counter-${format}`;
      const increment = { action: "increment", amount: 5 };
      const sync = (payload: unknown) => handler.invoke({ actorId, payload, sync: true });

      expect(await sync(increment)).toEqual({ kind: "response", body: { count: 5 } });
      expect(await handler.invoke({ actorId, payload: { action: "increment" } })).toEqual({
        kind: "response",
        body: { callId: expect.any(String) },
      });
      expect(await session.drainQueue(handler)).toEqual([]);
      expect(await sync({})).toEqual({ kind: "response", body: { count: 6 } });

      // The handler's own error: it reads a member of null.
      expect(await sync(null)).toMatchObject({ kind: "error", type: "TypeError" });
      expect(await handler.invoke({ actorId: "", sync: true })).toMatchObject({
        kind: "error",
        type: "InvalidActorId",
        message: expect.stringContaining('"actorId"'),
      });
      expect(await sync({})).toEqual({ kind: "response", body: { count: 6 } });
    },
    PATIENCE_MS,
  );
});
