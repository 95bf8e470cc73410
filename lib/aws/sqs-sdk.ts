/**
 * The SQS SDK, loaded with the first queue: it takes several milliseconds of a cold start, and an app without messages
 * has no use for it.
 */
export function sqsSdk(): typeof import("@aws-sdk/client-sqs") {
  return require("@aws-sdk/client-sqs") as typeof import("@aws-sdk/client-sqs");
}
