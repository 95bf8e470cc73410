/**
 * What the log says of calls and messages that failed. The caller gets no stack; whoever runs the actor finds it here.
 * Arguments and state are not logged.
 */
import { type DurableError, MethodError, ValidationError } from "../errors";
import type { InputIssue } from "../input";
import type { Logger } from "../log";
import { shorten } from "../quote";

export interface CallFields {
  readonly actor: string;
  readonly actorId: string;
  readonly method: string;
  /** Absent when the caller gave none and was refused before there was one. */
  readonly callId?: string;
}

/** What whoever runs the actors must look at; anything else that is not retryable is the caller's mistake. */
const OUR_FAULT: ReadonlySet<string> = new Set(["InternalError", "CorruptState", "InvalidDefinition"]);

/** @param more further fields, such as how often a message was tried */
export function reportFailure(
  log: Logger,
  call: CallFields | undefined,
  error: DurableError,
  more: Readonly<Record<string, unknown>> = {},
): void {
  if (error.retryable) return;
  // Names that are refused may be of any length.
  const named = call && { ...call, actor: shorten(call.actor, 128), method: shorten(call.method, 128) };
  const fields = { ...named, ...more };
  if (error instanceof MethodError) log.error("method failed", { ...fields, error: error.cause ?? error });
  else if (OUR_FAULT.has(error.code)) log.error("call failed", { ...fields, code: error.code, error });
  else log.warn("call refused", { ...fields, code: error.code, reason: reasonOf(error) });
}

/** A schema's message may quote what it refuses, and arguments are not logged: where they are wrong is said, and not how. */
function reasonOf(error: DurableError): string {
  const { issues } = error.details;
  if (!(error instanceof ValidationError) || !Array.isArray(issues)) return error.message;
  const paths = issues.map((issue) => String((issue as InputIssue | null)?.path));
  return `The input schema refuses ${shorten(paths.join(", "), 500)}.`;
}
