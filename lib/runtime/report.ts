/**
 * What the log says of calls and messages that failed. The caller gets no stack; whoever runs the actor finds it here.
 * Arguments and state are not logged.
 */
import { type DurableError, MethodError, ValidationError } from "../errors";
import type { InputIssue } from "../input";
import type { LogFields, Logger, LogLevel } from "../log";
import { shorten } from "../quote";

export interface CallFields {
  readonly actor: string;
  readonly actorId: string;
  readonly method: string;
  /** Absent when the caller gave none and was refused before there was one. */
  readonly callId?: string;
}

/** What whoever runs the actors must look at; anything else that is not retryable is the caller's mistake. */
const OUR_FAULT: ReadonlySet<string> = new Set([
  "InternalError",
  "CorruptState",
  "MissingMigration",
  "MigrationFailed",
  "InvalidDefinition",
]);

/** Errors of which the log says already what they ended. */
const told = new WeakSet<DurableError>();

/** The log has said what this error ended: whoever hears of it next says it no more. */
export function noteTold(error: DurableError): void {
  told.add(error);
}

/** What the log says of a failure; undefined when its caller will try again. */
export function lineOf(
  error: DurableError,
): { readonly level: LogLevel; readonly message: string; readonly fields: LogFields } | undefined {
  if (error.retryable) return undefined;
  if (error instanceof MethodError)
    return { level: "error", message: "method failed", fields: { error: error.cause ?? error } };
  const { code } = error;
  return OUR_FAULT.has(code)
    ? { level: "error", message: "call failed", fields: { code, error } }
    : { level: "warn", message: "call refused", fields: { code, reason: reasonOf(error) } };
}

/** @param more further fields, such as how often a message was tried */
export function reportFailure(
  log: Logger,
  call: CallFields | undefined,
  error: DurableError,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const line = told.has(error) ? undefined : lineOf(error);
  if (line === undefined) return;
  // Names that are refused may be of any length.
  const named = call && { ...call, actor: shorten(call.actor, 128), method: shorten(call.method, 128) };
  log[line.level](line.message, { ...named, ...more, ...line.fields });
}

/** A schema's message may quote what it refuses, and arguments are not logged: where they are wrong is said, and not how. */
function reasonOf(error: DurableError): string {
  const { issues } = error.details;
  if (!(error instanceof ValidationError) || !Array.isArray(issues)) return error.message;
  const paths = issues.map((issue) => String((issue as InputIssue | null)?.path));
  return `The input schema refuses ${shorten(paths.join(", "), 500)}.`;
}
