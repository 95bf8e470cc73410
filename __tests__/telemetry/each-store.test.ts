/** What metrics and traces tell of turns is the same on both stores. */
import { context, propagation, SpanKind, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { Actor, DurableActor, Method, type Metrics } from "durable-lambda";
import type { Invocation } from "../../lib/invocation";
import { hand, messageFor } from "../support/batches";
import { onEachStore } from "../support/stores";

@Actor
class Gauge extends DurableActor {
  sum = 0;

  @Method async add(by: number): Promise<number> {
    this.sum += by;
    if (by > 1) await this.ctx.actor(Gauge).get(`${this.ctx.actorId}-inner`).add(1);
    return this.sum;
  }
  @Method fail(): never {
    throw new RangeError("no");
  }
  @Method({ readonly: true }) look(): number {
    return this.sum;
  }
}

const exporter = new InMemorySpanExporter();

beforeAll(() => {
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
afterAll(() => {
  trace.disable();
  context.disable();
  propagation.disable();
});
beforeEach(() => exporter.reset());

onEachStore((stage) => {
  const ask = (method: string, args: unknown[] = []): Invocation =>
    ({ actor: "Gauge", id: stage().id, method, args }) as Invocation;

  it("metrics count turns, failures, and how many share a commit", async () => {
    const taken: Record<string, number[]> = {};
    let flushes = 0;
    const metrics: Metrics = {
      addMetric(actor, name, _unit, value) {
        const key = `${actor} ${name}`;
        taken[key] = [...(taken[key] ?? []), value];
      },
      flush() {
        flushes++;
      },
    };
    const one = stage().start([Gauge], { metrics });
    const messages = [1, 1, 1].map((by) =>
      messageFor({ type: "Gauge", id: stage().id }, "add", stage().clock.now(), { args: [by] }),
    );
    expect(await hand(one.handle, messages)).toEqual([]);
    await one.handle(ask("fail"));
    await one.handle(ask("look"));
    expect(taken).toMatchObject({
      "Gauge Turns": [1, 1, 1, 1, 1],
      "Gauge Failures": [0, 0, 0, 1, 0],
      "Gauge BatchSize": [3],
    });
    expect(flushes).toBe(3);
  });

  it("a call, and the call that its turn makes, are spans of one trace, with the versions that they led to", async () => {
    const one = stage().start([Gauge]);
    await one.client.actor(Gauge).get(stage().id).add(2);
    const spans = exporter.getFinishedSpans();
    const turns = spans.filter(({ kind }) => kind === SpanKind.SERVER);
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(turns.map(({ attributes }) => attributes["durable_lambda.actor_id"])).toEqual([
      `${stage().id}-inner`,
      stage().id,
    ]);
    const [inner, outer] = turns;
    expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
    for (const { attributes } of turns) {
      expect(attributes).toMatchObject({
        "durable_lambda.version": 1,
        "durable_lambda.outcome": "committed",
      });
    }
  });
});
