/** Where in a trace a call belongs, as it travels: the two fields of W3C's Trace Context. */

export interface TraceContext {
  /** Version, trace, parent and flags: `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`. */
  readonly traceparent: string;
  /** What vendors add. At most 512 characters. */
  readonly tracestate?: string;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const TRACESTATE = /^[\t -~]{0,512}$/;

export const TRACEPARENT_FORM = "the traceparent of W3C's Trace Context: 55 characters";
export const TRACESTATE_FORM = "a tracestate of at most 512 characters of ASCII";

export function isTraceparent(value: unknown): value is string {
  return typeof value === "string" && TRACEPARENT.test(value);
}

export function isTracestate(value: unknown): value is string {
  return typeof value === "string" && TRACESTATE.test(value);
}
