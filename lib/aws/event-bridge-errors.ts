/** What EventBridge's errors mean here: those of a whole request, and those of its single entries. */
import type { PutEventsResultEntry } from "@aws-sdk/client-eventbridge";
import { BusUnavailable, DurableError, InternalError } from "../errors";
import type { BusVariable } from "./environment";
import { isFromSdk, REFUSED } from "./sdk-errors";

const VARIABLE: BusVariable = "DURABLE_BUS_NAME";

/** The request or the entry was understood and will never work: repeating it is no use. */
const PERMANENT = new Set([
  ...REFUSED,
  "ResourceNotFound",
  "NotAuthorizedForSource",
  "NotAuthorizedForDetailType",
  "InvalidAccountId",
  "InvalidArgument",
  "InvalidState",
  "MalformedDetail",
  "OperationDisabled",
  "RedactionFailure",
  "Validation",
]);

export function fromEventBridge(thrown: unknown, bus: string): DurableError {
  if (thrown instanceof DurableError) return thrown;
  const { name, message } = thrown as Error;
  if (isFromSdk(thrown)) return errorOf(name, message, bus, thrown);
  return new InternalError(`EventBridge: ${name}: ${message}`, { bus, error: name }, thrown);
}

/** One that the bus does not mention was not taken. */
export function fromEntry(entry: PutEventsResultEntry | undefined, bus: string): DurableError {
  return errorOf(entry?.ErrorCode ?? "unknown", entry?.ErrorMessage ?? "no answer for this event", bus);
}

function errorOf(name: string, message: string, bus: string, cause?: unknown): DurableError {
  const error = name.replace(/Exception$/, "");
  const details = { bus, variable: VARIABLE, error };
  const text =
    error === "ResourceNotFound"
      ? `The event bus ${bus} does not exist at this endpoint and region. ${VARIABLE} names it.`
      : `EventBridge: ${error}: ${message} (${bus}, which ${VARIABLE} names)`;
  return PERMANENT.has(error)
    ? new InternalError(text, details, cause)
    : new BusUnavailable(text, details, cause);
}
