/**
 * Spans and trace contexts, through OpenTelemetry's API. That is loaded only where an SDK has registered itself: without one there
 * is nothing to do, and nothing is loaded.
 */
import type { Attributes, Context, Span } from "@opentelemetry/api";
import type { DurableError } from "../errors";
import { isTraceparent, isTracestate, type TraceContext } from "../trace-context";
import { asDurableError, stackOf } from "../wire-error";
import { safely } from "./safely";

/** The part that a process plays in a call, as OpenTelemetry names it. */
export type SpanRole = "CLIENT" | "SERVER" | "PRODUCER" | "CONSUMER";

/** What is traced: a method of an actor. */
export interface Traced {
  readonly actor: string;
  readonly id: string;
  readonly method: string;
  readonly callId?: string;
}

/** Work that is a span of a trace. */
export interface TracedWork {
  /** What is caused from within takes it along. */
  readonly trace: TraceContext | undefined;
  /** Spans that are begun in there are children of this one. */
  run<T>(work: () => T): T;
  /** @param more what is known only now: of each, the name below `durable_lambda.` */
  end(more: Readonly<Record<string, string | number | undefined>>, error?: DurableError): void;
}

type Api = typeof import("@opentelemetry/api");

const TRACER = "durable-lambda";
/** Where version 1 of the API keeps what an SDK registers. */
const REGISTERED = Symbol.for("opentelemetry.js.api.1");

let loaded: Api | undefined;

/** Undefined while no SDK is registered. */
function api(): Api | undefined {
  const registered = (globalThis as { [REGISTERED]?: { readonly trace?: unknown } })[REGISTERED];
  if (registered?.trace === undefined) return undefined;
  loaded ??= require("@opentelemetry/api") as Api;
  return loaded;
}

/**
 * Begins a span; undefined when nobody traces.
 * @param parent the span that causes it: one that travelled, or the one in which this runs; undefined for a new trace
 */
export function beginSpan(
  role: SpanRole,
  target: Traced,
  parent: TraceContext | "active" | undefined,
): TracedWork | undefined {
  const otel = api();
  return otel === undefined ? undefined : safely(() => begin(otel, role, target, parent));
}

function begin(
  otel: Api,
  role: SpanRole,
  target: Traced,
  parent: TraceContext | "active" | undefined,
): TracedWork {
  const { context, propagation, trace, ROOT_CONTEXT, SpanKind } = otel;
  const from = parent === "active" ? context.active() : propagation.extract(ROOT_CONTEXT, parent ?? {});
  const { actor, id, method, callId } = target;
  const attributes = attributesOf({ actor, actor_id: id, method, call_id: callId });
  const span = trace
    .getTracer(TRACER)
    .startSpan(`${actor}.${method}`, { kind: SpanKind[role], attributes }, from);
  const inside = trace.setSpan(from, span);
  return {
    trace: injected(otel, inside),
    run: (work) => context.with(inside, work),
    end: (more, error) =>
      void safely(() => {
        span.setAttributes(attributesOf(more));
        if (error !== undefined) recordError(otel, span, error);
        span.end();
      }),
  };
}

/** Does work as a span within the one that is active; without a span where nobody traces. */
export function traced<T>(
  role: SpanRole,
  target: Traced,
  work: (trace: TraceContext | undefined) => Promise<T>,
): Promise<T> {
  const span = beginSpan(role, target, "active");
  return span === undefined ? work(undefined) : spanned(span, work);
}

async function spanned<T>(
  span: TracedWork,
  work: (trace: TraceContext | undefined) => Promise<T>,
): Promise<T> {
  try {
    const result = await span.run(() => work(span.trace));
    span.end({});
    return result;
  } catch (thrown) {
    span.end({}, asDurableError(thrown));
    throw thrown;
  }
}

/** The context of the span in which this runs, as it travels; undefined when there is none. */
export function activeTrace(): TraceContext | undefined {
  const otel = api();
  return otel === undefined ? undefined : safely(() => injected(otel, otel.context.active()));
}

/** Of whatever the SDK's propagator writes, the two fields that are carried. */
function injected({ propagation }: Api, from: Context): TraceContext | undefined {
  const carrier: Record<string, unknown> = {};
  propagation.inject(from, carrier);
  const { traceparent, tracestate } = carrier;
  if (!isTraceparent(traceparent)) return undefined;
  return { traceparent, ...(tracestate !== undefined && isTracestate(tracestate) ? { tracestate } : {}) };
}

function recordError({ SpanStatusCode }: Api, span: Span, error: DurableError): void {
  const { code, name, message } = error;
  span.recordException({ code, name, message, stack: stackOf(error) });
  span.setStatus({ code: SpanStatusCode.ERROR, message: code });
}

function attributesOf(values: Readonly<Record<string, string | number | undefined>>): Attributes {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[`durable_lambda.${name}`, value]],
    ),
  );
}
