/**
 * How often a message was tried: kept in its actor's head by the commit of the turn that failed, so that it is counted once
 * whichever process comes next. One record is enough, since a message that fails holds up those behind it.
 *
 * A process that dies in mid-turn commits nothing. So once a message has come suspiciously often, its beginning is
 * committed too, before it runs: what was begun again and again, and never ended, kills its processes.
 */
import { CorruptState, type DurableError, MethodError, ProcessDied } from "../errors";
import { shorten } from "../quote";
import { parseStored } from "../values/stored-json";
import { errorToWire, type WireError } from "../wire-error";

export interface FailingMessage {
  readonly messageId: string;
  readonly attempts: number;
  /** How often it was begun since the last time that its end was seen. */
  readonly begun?: number;
  /** Present when it is not to be tried again: why. */
  readonly reason?: WireError;
}

/** A message that was handed out more often than this may be one that kills its process. */
const SUSPICIOUS_RECEIVES = 3;
/** More than an outage explains that lets messages begin, and never end. */
const MAX_BEGUN = 5;

export function isSuspicious({ receiveCount }: { readonly receiveCount: number }): boolean {
  return receiveCount > SUSPICIOUS_RECEIVES;
}

/** The record before a suspicious message runs. @throws ProcessDied when it was begun too often */
export function beforeRun(before: FailingMessage | undefined, messageId: string): FailingMessage {
  const { attempts = 0, begun = 0 } = before?.messageId === messageId ? before : {};
  return { messageId, attempts, begun: onceMore(begun) };
}

/** One beginning more. @throws ProcessDied when there were too many */
export function onceMore(begun: number): number {
  if (begun < MAX_BEGUN) return begun + 1;
  throw new ProcessDied(
    `The call was begun ${begun} times, and each time its process died: it ran out of memory or of time, or it exited.`,
    { begun },
  );
}

/** What a failed turn means for its message. */
export interface Verdict {
  readonly attempts: number;
  /** It goes to the dead letters. */
  readonly isDead: boolean;
}

/** Failures that are not the method's: the same message is tried again for as long as they last. */
const UNCOUNTED: ReadonlySet<string> = new Set([
  "ActorBusy",
  "ActorOverloaded",
  "FencedError",
  "StoreUnavailable",
  "QueueUnavailable",
  "BusUnavailable",
  "TransportError",
  "ShuttingDown",
  "StateVersionTooNew",
  "InternalError",
]);

/** The record after one more failure; the same when the failure does not count. */
export function afterFailure(
  before: FailingMessage | undefined,
  { messageId, maxAttempts }: { readonly messageId: string; readonly maxAttempts: number },
  error: DurableError,
): FailingMessage | undefined {
  const isSame = before?.messageId === messageId;
  // Its end was seen: whatever it was, the process lives.
  if (!counts(error)) return isSame ? { messageId, attempts: before.attempts } : before;
  const attempts = (isSame ? before.attempts : 0) + 1;
  if (attempts < maxAttempts && !isFinal(error)) return { messageId, attempts };
  // Short, since it is in the head: all that a second delivery of a dead message needs.
  const { code, message, retryable, name } = errorToWire(error, { stack: false });
  const reason = { code, message: shorten(message, 200), retryable, ...(name === undefined ? {} : { name }) };
  return { messageId, attempts, reason };
}

/** Failures that come again however often the same is tried. */
const FINAL: ReadonlySet<string> = new Set([
  "TerminalError",
  "ValidationError",
  "ProcessDied",
  "CallCycle",
  "HopLimitExceeded",
]);

export function isFinal(error: DurableError): boolean {
  return FINAL.has(error.code) && !(error instanceof MethodError);
}

export function counts(error: DurableError): boolean {
  if (error instanceof MethodError) return true;
  if (error.code !== "CallTimeout") return !UNCOUNTED.has(error.code);
  const { limit, waitedMs, ranMs } = error.details as { limit?: string; waitedMs?: number; ranMs?: number };
  // A method's own timeout begins with its turn.
  if (limit === "method" || waitedMs === undefined || ranMs === undefined) return true;
  // A turn that began late, behind others or after a busy lease, may simply not have had enough time.
  return ranMs >= waitedMs;
}

export function encodeFailing(failing: FailingMessage | undefined): string {
  return failing === undefined ? "" : JSON.stringify(failing);
}

/** @throws CorruptState */
export function parseFailing(text: string): FailingMessage | undefined {
  if (text === "") return undefined;
  try {
    const failing = parseStored(text, "failing") as FailingMessage;
    if (typeof failing.messageId === "string" && Number.isInteger(failing.attempts)) return failing;
  } catch {
    // The same error as for JSON of another form.
  }
  throw new CorruptState("The record of the actor's failing message cannot be read.", { field: "failing" });
}
