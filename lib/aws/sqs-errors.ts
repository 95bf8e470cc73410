/** What SQS's errors mean here: those of a whole request, and those of single entries of a batch. */
import type { BatchResultErrorEntry } from "@aws-sdk/client-sqs";
import { DurableError, InternalError, QueueUnavailable } from "../errors";
import type { QueueVariable } from "./environment";
import { isFromSdk, REFUSED } from "./sdk-errors";

/** A queue, and the variable that names it. */
export interface QueueName {
  readonly url: string;
  readonly variable: QueueVariable;
}

/** The request was understood and will never work: repeating it is no use. */
const PERMANENT = new Set([
  ...REFUSED,
  "QueueDoesNotExist",
  "NonExistentQueue",
  "KmsAccessDenied",
  "KmsDisabled",
  "KmsNotFound",
  "InvalidAddress",
  "InvalidMessageContents",
  "UnsupportedOperation",
  "BatchRequestTooLong",
]);

/** What some endpoints and the older protocol put around a code. */
const AROUND_CODE = /^AWS\.SimpleQueueService\.|Exception$/g;

export function isMissingQueue(thrown: unknown): boolean {
  const name = codeOf((thrown as Error).name);
  return name === "QueueDoesNotExist" || name === "NonExistentQueue";
}

export function fromSqs(thrown: unknown, queue: QueueName): DurableError {
  if (thrown instanceof DurableError) return thrown;
  const { message } = thrown as Error;
  const name = codeOf((thrown as Error).name);
  const details = { queue: queue.url, variable: queue.variable, error: name };
  if (isMissingQueue(thrown)) {
    return new InternalError(
      `The queue ${queue.url} does not exist at this endpoint and region. ${queue.variable} names it.`,
      details,
      thrown,
    );
  }
  const text = `SQS: ${name}: ${message} (${queue.url}, which ${queue.variable} names)`;
  // That a body came back damaged is found behind the SDK's attempts.
  const isKnown = isFromSdk(thrown) || /checksum/i.test(message);
  if (!isKnown || PERMANENT.has(name)) return new InternalError(text, details, thrown);
  return new QueueUnavailable(text, details, thrown);
}

/** Retryable unless the entry itself is at fault. One that the queue does not mention was not taken. */
export function fromEntry(entry: BatchResultErrorEntry | undefined, queue: QueueName): DurableError {
  const code = codeOf(entry?.Code);
  const details = { queue: queue.url, variable: queue.variable, error: code };
  const text = `SQS: ${code}: ${entry?.Message ?? "no answer for this message"} (${queue.url})`;
  // Throttling of the queue's encryption key is reported as the sender's fault.
  const permanent = entry?.SenderFault === true && !/throttl/i.test(code);
  return permanent ? new InternalError(text, details) : new QueueUnavailable(text, details);
}

/** The message is gone, or visible again, or another delivery of it has a newer receipt. */
export function isStaleReceipt({ Code, Message = "" }: BatchResultErrorEntry): boolean {
  const code = codeOf(Code);
  return (
    code === "ReceiptHandleIsInvalid" ||
    code === "MessageNotInflight" ||
    (code === "InvalidParameterValue" && /receipt|not available for visibility/i.test(Message))
  );
}

function codeOf(name = "unknown"): string {
  return name.replace(AROUND_CODE, "");
}
