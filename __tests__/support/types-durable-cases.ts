/**
 * What compiles of `durable`. Never run: `types.test.ts` compiles it, and expects below each comment `@ts-expect-error` the errors
 * whose codes the comment names. That the handlers of `fixtures/seed-form` compile is a test of its own.
 */
import {
  type ActorClass,
  type ActorContext,
  type ActorReference,
  type Client,
  createRouter,
  type DurableContext,
  type DurableEvent,
  type DurableHandler,
  durable,
  type HandlerActor,
  type RouterHandler,
  type UntypedRequest,
} from "durable-lambda";
import { createTestApp } from "durable-lambda/testing";
import { z } from "zod";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_A, _B>(_same: Same<_A, _B>): void => {};

declare const client: Client;

interface Count {
  count?: number;
  readonly label?: string;
}
interface Change {
  readonly action: "increment" | "get";
  readonly amount?: number;
}

export const untyped = durable<Count>(async (ctx, request) => {
  same<typeof ctx, DurableContext<Count>>(true);
  same<typeof ctx.state, Count>(true);
  same<typeof request, UntypedRequest>(true);
  ctx.state = { count: 1 };
  ctx.remind("again", { in: "1h" }, "handle", { action: "increment", at: new Date() });
  // @ts-expect-error TS2322: a state of another type
  ctx.state = { count: "1" };
  // @ts-expect-error TS2322: a field of another type
  ctx.state.count = "1";
  // @ts-expect-error TS2540: a readonly field
  ctx.state.label = "";
  // @ts-expect-error TS2339: no field of the state
  void ctx.state.total;
  // @ts-expect-error TS2339: no member of a context
  void ctx.increment;
  // @ts-expect-error TS2540: nobody else's id
  ctx.actorId = "other";
  // @ts-expect-error TS2684: the actors of a handler have one method
  ctx.remind("again", { in: "1h" }, "other", {});
  // @ts-expect-error TS2542: a request stays what it is
  request.action = undefined as never;
});
same<typeof untyped, DurableHandler<Count>>(true);
same<DurableContext<Count>["save"], ActorContext["save"]>(true);

export const typed = durable<Count, Change>(async (ctx, request) => {
  same<typeof request, Change>(true);
  ctx.remind("again", { in: "1h" }, "handle", { action: "increment", amount: 2 });
  // @ts-expect-error TS2322: no request
  ctx.remind("again", { in: "1h" }, "handle", { action: "decrement" });
  // @ts-expect-error TS2367: no such action
  if (request.action === "decrement") return;
  // @ts-expect-error TS2339: no member of the request
  void request.total;
  // @ts-expect-error TS18048: it may be missing
  request.amount + 1;
});

/** With annotations, everything is inferred: the result too. */
export const inferred = durable((ctx: DurableContext<Count, Change>, { amount = 1 }: Change) => {
  ctx.state.count = (ctx.state.count ?? 0) + amount;
  return ctx.state.count;
});
same<typeof inferred, DurableHandler<Count, Change, number>>(true);

const change = z.object({ amount: z.number(), note: z.string().default("") });
export const checked = durable<Count, z.infer<typeof change>>((_ctx, { note }) => note, { input: change });
export const checkedToo = durable(
  async (ctx: DurableContext<Count, z.infer<typeof change>>, request) => request.amount + ctx.version,
  { input: change, name: "Checked", stack: true },
);
same<typeof checkedToo, DurableHandler<Count, { amount: number; note: string }, Promise<number>>>(true);
// @ts-expect-error TS2322: the schema puts out something else
durable<Count, Change>(() => {}, { input: change });
// @ts-expect-error TS2322: and an untyped request is nothing that a schema puts out
durable<Count>(() => {}, { input: change });

export async function callers(): Promise<void> {
  same<typeof untyped.actor, ActorClass<HandlerActor<Count>>>(true);
  const plain = client.actor(untyped.actor).get("c1");
  same<typeof plain, ActorReference<HandlerActor<Count>>>(true);
  const result = await plain.handle({ action: "increment", amount: 5 });
  same<typeof result, unknown>(true);
  // @ts-expect-error TS2345: a request is an object
  await plain.handle("increment");
  // @ts-expect-error TS2554: and is given
  await plain.handle();
  // @ts-expect-error TS2551: the state is no method
  await plain.state();

  const exact = client.actor(typed.actor).get("c1");
  await exact.send().handle({ action: "get" });
  // @ts-expect-error TS2322: no such action
  await exact.handle({ action: "decrement" });

  const count = await client.actor(inferred.actor).get("c1").handle({ action: "get" });
  same<typeof count, number>(true);
  const sum = await client.actor(checkedToo.actor).get("c1").handle({ amount: 1, note: "" });
  same<typeof sum, number>(true);
  const byName = client.actor<HandlerActor<Count, Change>>("Handler").get("c1");
  await byName.handle({ action: "get" });

  const handler: RouterHandler = untyped;
  createRouter([untyped.actor, typed.actor]);
  createTestApp([untyped.actor]);
  void handler;
}

/** Another actor of the same handler, which needs a name of its own for its type. */
export const calling: DurableHandler<Count, Change> = durable<Count, Change>(async (ctx, request) => {
  ctx.actor(calling.actor).get("all").send().handle(request);
  await ctx.actor(calling.actor).get("all").handle(request);
});

export const events: DurableEvent[] = [
  { actorId: "c1" },
  { actorId: "c1", payload: { action: "increment" }, sync: true, callId: "order-17" },
  // @ts-expect-error TS2741: whose it is
  { payload: {} },
  // @ts-expect-error TS2322: a yes or no
  { actorId: "c1", sync: "true" },
];

// @ts-expect-error TS2344: a state is an object
durable<number>(() => {});
// @ts-expect-error TS2345 TS7006 TS7006: a handler takes two
durable<Count>((_ctx, _request, _more: string) => {});
// @ts-expect-error TS2561: no such option
durable<Count>(() => {}, { names: "Counter" });
