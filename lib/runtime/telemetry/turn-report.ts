/** What is told of one turn, once, when it is certain what became of it; and the fields of the line that the log has for it. */
import type { Mode } from "../../envelope";
import type { DurableError } from "../../errors";
import type { LogFields } from "../../log";
import { shorten } from "../../quote";
import type { Json } from "../../values/codec";
import { asDurableError } from "../../wire-error";
import type { Call } from "../call";

/** What asked for the turn. `readonly` is a call that takes no lease, `expiry` the end of an actor that nobody has used. */
export type TurnKind = Mode | "reminder" | "expiry" | "readonly";

/**
 * - `committed`: what it did is kept. `read`: likewise for a readonly call, which has nothing to keep.
 * - `repeated`: it had been applied before, and got its first answer.
 * - `failed`: it was rolled back, or never began.
 * - `lost`: its method ended, but the commit was refused, or nobody knows whether it was applied.
 */
export type TurnOutcome = "committed" | "read" | "repeated" | "failed" | "lost";

/** Whose lease it ran under. */
export interface LeaseReport {
  readonly fence: number;
  readonly leaseId: string;
  readonly leaseUntilMs: number;
}

/** The times add up to all the time that the call spent in this process, but for the delivery of effects. */
export interface TurnReport extends Partial<LeaseReport> {
  readonly actor: string;
  readonly actorId: string;
  readonly method: string;
  readonly kind: TurnKind;
  readonly callId: string;
  /** The name of the reminder that it was for. */
  readonly reminder?: string | undefined;
  /** The actor's version that it led to, or ran on. */
  readonly version?: number;
  readonly attempts: number;
  readonly outcome: TurnOutcome;
  readonly error?: DurableError;
  /** In the mailbox, and for a lease that was busy. */
  readonly waitedMs: number;
  /** The request that took the lease and brought the actor; for a readonly call the read. */
  readonly loadedMs?: number;
  readonly ranMs?: number;
  /** From its end to the end of the commit, with the turns that share it. */
  readonly committedMs?: number;
  readonly args?: Json | undefined;
}

const MAX_CODE_LENGTH = 128;

export function fieldsOf(report: TurnReport): LogFields {
  const { actor, actorId, method, kind, callId, version, fence, leaseId, leaseUntilMs } = report;
  const { reminder, attempts, outcome, error, waitedMs, loadedMs, ranMs, committedMs, args } = report;
  return {
    actor,
    actorId,
    method,
    kind,
    callId,
    ...(reminder === undefined ? {} : { reminder }),
    ...(version === undefined ? {} : { version }),
    ...(leaseUntilMs === undefined
      ? {}
      : { fence, leaseId, leaseUntil: new Date(leaseUntilMs).toISOString() }),
    attempts,
    outcome,
    // A method's error has whatever code it was given.
    ...(error === undefined ? {} : { code: shorten(error.code, MAX_CODE_LENGTH) }),
    waitedMs,
    ...(ranMs === undefined ? {} : { loadedMs, ranMs }),
    ...(committedMs === undefined ? {} : { committedMs }),
    ...(args === undefined ? {} : { args }),
  };
}

/** Of a call that failed before its turn came. */
export function unrun(call: Call, thrown: unknown, nowMs: number): TurnReport {
  const { address, method, mode, callId, attempt } = call.envelope;
  return {
    actor: address.type,
    actorId: address.id,
    method,
    kind: mode,
    callId,
    attempts: attempt,
    outcome: "failed",
    error: asDurableError(thrown),
    waitedMs: nowMs - call.arrivedMs,
  };
}
