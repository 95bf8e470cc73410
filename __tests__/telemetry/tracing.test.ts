/** Spans of turns and calls, and the context that travels with calls and messages. */
import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  type TextMapPropagator,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import {
  Actor,
  createRouter,
  DurableActor,
  type Invocation,
  Method,
  type TraceContext,
  TransportError,
} from "durable-lambda";
import { createTestApp, type TestApp } from "durable-lambda/testing";
import { clientOver } from "../../lib/client/client";
import { FakeClock } from "../support/fake-clock";
import { openLocal } from "../support/local-ports";
import { silentLog } from "../support/process";

let broken = false;

@Actor
class Shop extends DurableActor {
  sold = 0;

  @Method async sell(): Promise<number> {
    this.sold = await this.ctx.actor(Stock).get("s").take(1);
    this.ctx.actor(Mail).get("m").send().write("sold");
    return this.sold;
  }
  @Method async sellCarefully(): Promise<void> {
    await trace.getTracer("own").startActiveSpan("careful", async (span) => {
      await this.ctx.actor(Stock).get("s").take(1);
      span.end();
    });
  }
  @Method later(): void {
    this.ctx.remind("later", { in: "1m" }, "sell");
  }
  @Method refuse(): never {
    throw Object.assign(new RangeError("not today"), { code: "Closed" });
  }
}

@Actor
class Stock extends DurableActor {
  left = 9;

  @Method take(count: number): number {
    this.left -= count;
    return this.left;
  }
  @Method({ readonly: true }) look(): number {
    return this.left;
  }
}

@Actor
class Mail extends DurableActor {
  letters: string[] = [];

  @Method({ maxAttempts: 1 }) write(letter: string): void {
    if (broken) throw new Error("no paper");
    this.letters.push(letter);
  }
}

const ACTORS = [Shop, Stock, Mail];
const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

function register(propagator: TextMapPropagator = new W3CTraceContextPropagator()): void {
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(propagator);
}

function unregister(): void {
  trace.disable();
  context.disable();
  propagation.disable();
}

let app: TestApp;
beforeEach(() => {
  broken = false;
  exporter.reset();
  register();
  app = createTestApp(ACTORS);
});
afterEach(async () => {
  await app.close();
  unregister();
});

/** The one span of this name and kind. */
function span(name: string, kind: SpanKind): ReadableSpan {
  const found = exporter.getFinishedSpans().filter((one) => one.name === name && one.kind === kind);
  expect([name, SpanKind[kind], found.length]).toEqual([name, SpanKind[kind], 1]);
  return found[0] as ReadableSpan;
}
const traceIdOf = (one: ReadableSpan) => one.spanContext().traceId;
const isChildOf = (child: ReadableSpan, parent: ReadableSpan) =>
  traceIdOf(child) === traceIdOf(parent) && child.parentSpanContext?.spanId === parent.spanContext().spanId;

it("of a call, the call that its turn makes, and the message that it sends are one trace", async () => {
  await app.client.actor(Shop).get("a").sell();
  await app.settled();
  const call = span("Shop.sell", SpanKind.CLIENT);
  const turn = span("Shop.sell", SpanKind.SERVER);
  const child = span("Stock.take", SpanKind.SERVER);
  const message = span("Mail.write", SpanKind.CONSUMER);
  expect(call.parentSpanContext).toBeUndefined();
  expect(isChildOf(turn, call)).toBe(true);
  expect(isChildOf(child, turn)).toBe(true);
  expect(isChildOf(message, turn)).toBe(true);
  expect(exporter.getFinishedSpans()).toHaveLength(4);
});

it("say which actor, which call, and what became of it", async () => {
  await app.client.actor(Stock).get("s", { idempotencyKey: "k" }).take(2);
  const { attributes, status } = span("Stock.take", SpanKind.SERVER);
  expect(attributes).toEqual({
    "durable_lambda.actor": "Stock",
    "durable_lambda.actor_id": "s",
    "durable_lambda.method": "take",
    "durable_lambda.call_id": expect.stringMatching(/^~/) as string,
    "durable_lambda.version": 1,
    "durable_lambda.outcome": "committed",
  });
  expect(status.code).toBe(SpanStatusCode.UNSET);
  await app.client.actor(Stock).get("s").look();
  expect(span("Stock.look", SpanKind.SERVER).attributes).toMatchObject({ "durable_lambda.outcome": "read" });
});

it("record what a turn and its call failed with", async () => {
  await app.client
    .actor(Shop)
    .get("a")
    .refuse()
    .catch(() => {});
  for (const kind of [SpanKind.SERVER, SpanKind.CLIENT]) {
    const { status, events } = span("Shop.refuse", kind);
    expect(status).toEqual({ code: SpanStatusCode.ERROR, message: "Closed" });
    expect(events[0]?.attributes).toMatchObject({
      "exception.type": "Closed",
      "exception.message": "not today",
    });
  }
  const [event] = span("Shop.refuse", SpanKind.SERVER).events;
  expect(event?.attributes?.["exception.stacktrace"]).toMatch(/Shop\.refuse/);
});

it("of the method's own are inside its turn, and what it calls from there is inside those", async () => {
  await app.client.actor(Shop).get("a").sellCarefully();
  const own = span("careful", SpanKind.INTERNAL);
  expect(isChildOf(own, span("Shop.sellCarefully", SpanKind.SERVER))).toBe(true);
  expect(isChildOf(span("Stock.take", SpanKind.SERVER), own)).toBe(true);
});

it("are one trace also where the SDK has registered no context manager", async () => {
  context.disable();
  await app.client.actor(Shop).get("a").sell();
  await app.settled();
  const turn = span("Shop.sell", SpanKind.SERVER);
  expect(isChildOf(span("Stock.take", SpanKind.SERVER), turn)).toBe(true);
  expect(isChildOf(span("Mail.write", SpanKind.CONSUMER), turn)).toBe(true);
});

it("take no call along when the SDK throws, at their beginning or at their end", async () => {
  const warned = jest.spyOn(process, "emitWarning").mockImplementation();
  const broken = (): never => {
    throw new Error("the exporter is gone");
  };
  const nothing = { forceFlush: async () => {}, shutdown: async () => {} };
  for (const processor of [
    { ...nothing, onStart: broken, onEnd() {} },
    { ...nothing, onStart() {}, onEnd: broken },
  ]) {
    trace.disable();
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [processor] }));
    warned.mockClear();
    await app.client.actor(Shop).get("a").sell();
    await app.settled();
    expect(warned).toHaveBeenCalledWith(expect.stringContaining("the exporter is gone"));
  }
  expect(await app.client.actor(Stock).get("s").look()).toBe(7);
  expect(await app.deadLetters.list()).toEqual([]);
  warned.mockRestore();
});

it("of calls that share an activation are each in the trace of its own caller", async () => {
  const stock = app.client.actor(Stock).get("s");
  await Promise.all(Array.from({ length: 5 }, () => stock.take(1)));
  const spans = exporter.getFinishedSpans();
  const calls = spans.filter(({ kind }) => kind === SpanKind.CLIENT);
  const turns = spans.filter(({ kind }) => kind === SpanKind.SERVER);
  expect(new Set(spans.map(traceIdOf)).size).toBe(5);
  for (const call of calls) expect(turns.filter((turn) => isChildOf(turn, call))).toHaveLength(1);
});

it("of a client's message lead to its turn, also after a delay", async () => {
  await app.client.actor(Mail).get("m").send({ delay: "10m" }).write("hello");
  await app.clock.advance("11m");
  const sent = span("Mail.write", SpanKind.PRODUCER);
  expect(isChildOf(span("Mail.write", SpanKind.CONSUMER), sent)).toBe(true);
});

it("outlast the dead letter: a message that is redriven is still in its trace", async () => {
  broken = true;
  await app.client.actor(Shop).get("a").sell();
  await app.settled();
  const turn = span("Shop.sell", SpanKind.SERVER);
  expect(span("Mail.write", SpanKind.CONSUMER).status.code).toBe(SpanStatusCode.ERROR);
  const [letter] = await app.deadLetters.list();
  expect(JSON.parse(letter?.body ?? "")).toMatchObject({
    trace: { traceparent: expect.stringContaining(traceIdOf(turn)) as string },
  });
  exporter.reset();
  broken = false;
  expect(await app.deadLetters.redrive({ actor: "Mail" })).toBe(1);
  await app.settled();
  expect(isChildOf(span("Mail.write", SpanKind.CONSUMER), turn)).toBe(true);
});

it("of a reminder begin a trace of their own", async () => {
  await app.client.actor(Shop).get("a").later();
  await app.clock.advance("2m");
  const turn = span("Shop.sell", SpanKind.CONSUMER);
  expect(turn.parentSpanContext).toBeUndefined();
  expect(isChildOf(span("Stock.take", SpanKind.SERVER), turn)).toBe(true);
});

describe("the router", () => {
  const clock = new FakeClock();
  const handler = () => createRouter(ACTORS, { ...openLocal({ clock }), clock, log: silentLog });
  const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const take = { actor: "Stock", id: "s", method: "take", args: [1] };

  it("takes the context that an invocation brings", async () => {
    await handler()({ ...take, trace: { traceparent: TRACEPARENT, tracestate: "vendor=1" } });
    const turn = span("Stock.take", SpanKind.SERVER);
    expect(traceIdOf(turn)).toBe("0af7651916cd43dd8448eb211c80319c");
    expect(turn.parentSpanContext).toMatchObject({ spanId: "b7ad6b7169203331", isRemote: true });
    expect(turn.spanContext().traceState?.get("vendor")).toBe("1");
  });

  it("takes the span in which it runs for the parent of what comes without one", async () => {
    await trace.getTracer("lambda").startActiveSpan("invoke", async (own) => {
      await handler()(take);
      own.end();
    });
    expect(isChildOf(span("Stock.take", SpanKind.SERVER), span("invoke", SpanKind.INTERNAL))).toBe(true);
  });

  it.each<[unknown, string]>([
    ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "trace"],
    [null, "trace"],
    [[], "trace"],
    [{}, "trace.traceparent"],
    [{ traceparent: 1 }, "trace.traceparent"],
    [{ traceparent: `${TRACEPARENT}-more` }, "trace.traceparent"],
    [{ traceparent: TRACEPARENT.toUpperCase() }, "trace.traceparent"],
    [{ traceparent: `ff${TRACEPARENT.slice(2)}` }, "trace.traceparent"],
    [{ traceparent: `00-${"0".repeat(32)}-b7ad6b7169203331-01` }, "trace.traceparent"],
    [{ traceparent: TRACEPARENT, tracestate: "x".repeat(513) }, "trace.tracestate"],
    [{ traceparent: TRACEPARENT, tracestate: "a=\n" }, "trace.tracestate"],
    [{ traceparent: TRACEPARENT, tracestate: 5 }, "trace.tracestate"],
    [{ traceparent: TRACEPARENT, baggage: "a=1" }, "trace.baggage"],
  ])("refuses the context %j, and names the field %s", async (sent, field) => {
    for (const mode of ["call", "send"]) {
      expect(await handler()({ ...take, mode, trace: sent })).toMatchObject({
        ok: false,
        error: { code: "UnexpectedEvent", details: { field } },
      });
    }
    expect(exporter.getFinishedSpans()).toEqual([]);
  });
});

describe("what travels", () => {
  const sent: Invocation[] = [];
  const client = () =>
    clientOver({
      invoke: async (request) => {
        sent.push(request as Invocation);
        return { ok: true };
      },
    });
  const send = async (): Promise<TraceContext | undefined> => {
    sent.length = 0;
    await client().actor(Stock).get("s").take(1);
    return sent[0]?.trace;
  };

  it("is nothing where nobody traces", async () => {
    unregister();
    expect(await send()).toBeUndefined();
    expect(sent[0]).not.toHaveProperty("trace");
  });

  it("is what the propagator writes, of the two fields; and nothing that a router would refuse", async () => {
    const writing = (fields: Record<string, unknown>): TextMapPropagator => ({
      inject: (_context, carrier) => void Object.assign(carrier as object, fields),
      extract: (from) => from,
      fields: () => Object.keys(fields),
    });
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    const cases: [Record<string, unknown>, TraceContext | undefined][] = [
      [
        { traceparent, tracestate: "a=1", baggage: "b=2" },
        { traceparent, tracestate: "a=1" },
      ],
      [{ traceparent, tracestate: "x".repeat(600) }, { traceparent }],
      [{ "x-amzn-trace-id": "Root=1-2-3" }, undefined],
      [{ traceparent: "odd" }, undefined],
    ];
    for (const [fields, expected] of cases) {
      unregister();
      register(writing(fields));
      expect(await send()).toEqual(expected);
    }
  });

  it("is the same for each attempt of a call", async () => {
    sent.length = 0;
    let attempts = 0;
    const failing = clientOver({
      invoke: async (request) => {
        sent.push(request as Invocation);
        if (++attempts < 3) throw new TransportError("no answer");
        return { ok: true };
      },
    });
    await failing.actor(Stock).get("s").take(1);
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map(({ trace: one }) => one?.traceparent)).size).toBe(1);
    expect(exporter.getFinishedSpans()).toHaveLength(1);
  });
});
