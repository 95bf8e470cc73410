/** The rule for errors: an own class or a method's own error, with a short message and details that can be sent. */
import { DurableError, errorClasses, MethodError } from "../../lib/errors";
import { errorToWire, isWireError, type WireError } from "../../lib/wire-error";
import { Finding, promised } from "./finding";

/** A quoted value is short, a path has a limit: what is longer carries somebody's payload. */
const MAX_MESSAGE_LENGTH = 2_000;
const MAX_DETAILS_LENGTH = 8_000;

/** How an input is refused by what takes it from outside. Not among them: what would be a fault of ours. */
export const REFUSALS: readonly string[] = [
  "InvalidActorId",
  "UnknownActor",
  "UnknownMethod",
  "NotSerializable",
  "ForbiddenKey",
  "TooDeep",
  "UnexpectedEvent",
  "PayloadTooLarge",
  "CallCycle",
  "HopLimitExceeded",
];

/** @returns the code of what was thrown @throws Finding when it is no typed error, or not one of these */
export function codeOfThrown(thrown: unknown, refusals: readonly string[]): string {
  if (thrown instanceof Finding) throw thrown;
  if (!(thrown instanceof DurableError)) throw untyped(thrown);
  return codeOfWire(errorToWire(thrown, { stack: false }), refusals, thrown);
}

/** The same for an error that was sent. A method's own error may say whatever it likes. */
export function codeOfWire(wire: unknown, refusals: readonly string[], cause?: unknown): string {
  promised(isWireError(wire), "an error is sent as { code, message, retryable }");
  const { code, message, details, name, stack } = wire as WireError;
  promised(stack === undefined, "no stack is sent");
  if (name !== undefined) return MethodError.code;
  if (!errorClasses.has(code) || !refusals.includes(code)) {
    throw new Finding("untyped error", `${code}: ${message}${stackOf(cause)}`);
  }
  promised(message.isWellFormed(), `the message of ${code} is well-formed`);
  promised(
    message.length <= MAX_MESSAGE_LENGTH,
    `the message of ${code} is short: ${message.slice(0, 200)}…`,
  );
  const text = JSON.stringify(details ?? {});
  promised(text.length <= MAX_DETAILS_LENGTH, `the details of ${code} are short: ${text.slice(0, 200)}…`);
  return code;
}

function untyped(thrown: unknown): Finding {
  const what = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `a ${typeof thrown}`;
  return new Finding("untyped error", what + stackOf(thrown));
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "";
  const origin = thrown.cause instanceof Error ? thrown.cause : thrown;
  return `\n${(origin.stack ?? "").split("\n").slice(1, 5).join("\n")}`;
}
