/** Calls by invoking the router function. */
import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { Transport } from "../calling/transport";
import { InternalError, PayloadTooLarge, TransportError } from "../errors";
import type { InvocationReply } from "../invocation";
import { shorten } from "../quote";
import { lambdaClient } from "./clients";
import { lambdaSdk } from "./lambda-sdk";

/** Options of {@link lambdaTransport}. */
export interface LambdaTransportOptions {
  /** The router's name or ARN. */
  readonly functionName: string;
  /** Default: one for the region and the credentials of the environment. */
  readonly client?: LambdaClient;
}

/** What Lambda takes in one synchronous invocation. */
const MAX_PAYLOAD_BYTES = 6 * 1_024 * 1_024;

/** Answers that will be the same for every repetition. */
const PERMANENT = new Set([
  "ResourceNotFoundException",
  "AccessDeniedException",
  "InvalidParameterValueException",
  "UnrecognizedClientException",
  "CredentialsProviderError",
]);

/** @example createClient({ transport: lambdaTransport({ functionName: "my-app-router" }) }) */
export function lambdaTransport({
  functionName,
  client = lambdaClient(),
}: LambdaTransportOptions): Transport {
  const { InvokeCommand } = lambdaSdk();
  return {
    async invoke(invocation) {
      const payload = Buffer.from(JSON.stringify(invocation));
      if (payload.length > MAX_PAYLOAD_BYTES) {
        throw new PayloadTooLarge(
          `The call has ${payload.length} bytes; Lambda takes at most ${MAX_PAYLOAD_BYTES}.`,
          {
            field: "args",
            bytes: payload.length,
            limitBytes: MAX_PAYLOAD_BYTES,
          },
        );
      }
      const answer = await client
        .send(
          new InvokeCommand({
            FunctionName: functionName,
            InvocationType: "RequestResponse",
            Payload: payload,
          }),
        )
        .catch((thrown: unknown) => {
          throw fromLambda(thrown, functionName);
        });
      const text = Buffer.from(answer.Payload ?? []).toString();
      return readReply(text, answer.FunctionError, functionName);
    },
  };
}

function readReply(text: string, functionError: string | undefined, functionName: string): InvocationReply {
  let reply: unknown;
  try {
    reply = JSON.parse(text);
  } catch {
    reply = undefined;
  }
  if (functionError === undefined && typeof reply === "object" && reply !== null && "ok" in reply) {
    return reply as InvocationReply;
  }
  // The function was killed or failed outside the router: the call may have been applied.
  const { errorType, errorMessage } = (reply ?? {}) as { errorType?: unknown; errorMessage?: unknown };
  const answer = typeof errorMessage === "string" ? errorMessage : text;
  throw new TransportError(`${functionName} gave no reply: ${shorten(answer, 200)}.`, {
    functionName,
    errorType: typeof errorType === "string" ? shorten(errorType) : (functionError ?? "NoReply"),
  });
}

function fromLambda(thrown: unknown, functionName: string): Error {
  const { name, message } = thrown as Error;
  const details = { functionName, error: name };
  if (PERMANENT.has(name)) return new InternalError(`Lambda: ${name}: ${message}`, details, thrown);
  return new TransportError(`Lambda: ${name}: ${message}`, details, thrown);
}
