/** Questions about a tracked call, and ways to end it, as they travel; and what comes back. */
import { CALL_ID_FORM, isCallId } from "../call-id";
import { UnexpectedEvent } from "../errors";
import { checkPacked } from "../invocation";
import { quote, shorten } from "../quote";
import type { Json } from "../values/codec";
import { isWireError, type WireError } from "../wire-error";
import type { Outcome, TrackedCall } from "./tracked-calls";

/** A question about a tracked call, or its end, as it travels. */
export type CallRequest =
  | { readonly mode: "status"; readonly callId: string }
  | { readonly mode: "resolve"; readonly callId: string; readonly result?: Json }
  | { readonly mode: "reject"; readonly callId: string; readonly error: WireError };

/** What is known of a tracked call, as it travels. */
export interface CallReport {
  readonly callId: string;
  readonly actor: string;
  readonly id: string;
  readonly method: string;
  readonly status: "pending" | Outcome["status"];
  readonly startedMs: number;
  readonly settledMs?: number;
  readonly result?: Json;
  readonly error?: WireError;
}

const FIELDS: Readonly<Record<CallRequest["mode"], readonly string[]>> = {
  status: ["mode", "callId"],
  resolve: ["mode", "callId", "result"],
  reject: ["mode", "callId", "error"],
};

/** True when an input is about a tracked call; {@link parseCallRequest} says whether it is well-formed. */
export function isCallRequest(input: unknown): input is { readonly mode: CallRequest["mode"] } {
  const mode = (input as { mode?: unknown } | null)?.mode;
  return typeof mode === "string" && Object.hasOwn(FIELDS, mode);
}

/** @throws UnexpectedEvent naming the field; ForbiddenKey and TooDeep for a result */
export function parseCallRequest(input: { readonly mode: CallRequest["mode"] }): CallRequest {
  const request = input as unknown as Record<string, unknown>;
  for (const key of Object.keys(request)) {
    if (!FIELDS[input.mode].includes(key))
      throw bad(key, `"${shorten(key)}" does not go with "${input.mode}".`);
  }
  const { callId, result, error } = request;
  if (!isCallId(callId)) throw bad("callId", `"callId" (${quote(callId)}) is not ${CALL_ID_FORM}.`);
  if (input.mode === "status") return { mode: "status", callId };
  if (input.mode === "resolve") {
    const checked = result === undefined ? {} : { result: checkPacked(result as Json, "result") };
    return { mode: "resolve", callId, ...checked };
  }
  if (!isWireError(error)) throw bad("error", '"error" is not { code, message, retryable }.');
  const { code, message, retryable, name, details } = error;
  const checked = {
    code,
    message,
    retryable,
    ...(name === undefined ? {} : { name }),
    ...(details === undefined ? {} : { details: checkPacked(details, "error.details") }),
  };
  return { mode: "reject", callId, error: checked };
}

export function reportOf({
  callId,
  address,
  method,
  startedMs,
  settledMs,
  outcome,
}: TrackedCall): CallReport {
  return {
    callId,
    actor: address.type,
    id: address.id,
    method,
    status: outcome?.status ?? "pending",
    startedMs,
    ...(settledMs === undefined ? {} : { settledMs }),
    ...(outcome?.status === "succeeded" && outcome.result !== undefined
      ? { result: JSON.parse(outcome.result) as Json }
      : {}),
    ...(outcome?.status === "failed" ? { error: JSON.parse(outcome.error) as WireError } : {}),
  };
}

function bad(field: string, message: string): UnexpectedEvent {
  return new UnexpectedEvent(message, { field: shorten(field) });
}
