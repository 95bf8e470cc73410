/** A unit of work for one actor, and its answer, as the runtime holds them. How they travel: `invocation.ts`. */
import type { Address } from "./address";
import type { CallContext } from "./call-context";
import type { CallIdentity } from "./call-id";
import type { Input } from "./input";
import type { TraceContext } from "./trace-context";

/**
 * Who waits for a call's end: its caller (`call`), nobody (`send`), or whoever asks later (`start`).
 */
export type Mode = "call" | "send" | "start";

/** How a readonly method reads: `"strong"` sees each commit that was answered, `"eventual"` may miss the last second and costs half. */
export type Consistency = "strong" | "eventual";

export interface Envelope extends CallIdentity {
  readonly address: Address;
  readonly method: string;
  readonly args: readonly unknown[];
  /** What the method's input schemas make of them, when that was asked before the turn. */
  readonly input?: Input;
  /** What is known of the call already. Default: nothing. */
  readonly context?: CallContext;
  readonly mode: Mode;
  /** True when the same call may have been here before: retried, delivered again, or with an id of the caller's. */
  readonly maybeRepeated: boolean;
  /** True when its id was made here, for this request: nobody else has it. */
  readonly isMadeHere?: boolean;
  /** 1 for the first attempt, as far as its sender or its queue knows. */
  readonly attempt: number;
  /** The caller has gone by then. */
  readonly deadlineMs: number;
  /** The host kills the process then; no lease may outlast it. */
  readonly hostEndMs: number;
  readonly consistency: Consistency;
  /** The keys of the actors that wait for this call, the first caller first. */
  readonly chain: readonly string[];
  /** How many calls and messages, each caused by the one before, have led to this one. */
  readonly hops: number;
  /** The span that has caused it. */
  readonly trace: TraceContext | undefined;
}

/** A result as it is kept and sent: encoded when the turn ended, since later turns go on with the same objects. */
export interface Reply {
  /** Encoded; undefined when the method returned undefined. */
  readonly result: string | undefined;
  readonly version: number;
  /** True when the method left the call open, for `ctx.resolve` to end it. */
  readonly isPending?: boolean | undefined;
}

/** What the host says of the time. */
export interface HostTime {
  /** When the call arrived. */
  readonly nowMs: number;
  /** When its answer must be on its way. */
  readonly replyByMs: number;
  /** When the process will be killed. */
  readonly endMs: number;
}

/** The time of a host that kills nobody. */
export function unlimitedTime(nowMs: number): HostTime {
  return { nowMs, replyByMs: Number.POSITIVE_INFINITY, endMs: Number.POSITIVE_INFINITY };
}
