/**
 * The Lambda SDK, loaded with the first client that calls by it: the function that runs the actors calls nobody that way, and
 * would pay for it at every cold start.
 */
export function lambdaSdk(): typeof import("@aws-sdk/client-lambda") {
  return require("@aws-sdk/client-lambda") as typeof import("@aws-sdk/client-lambda");
}
