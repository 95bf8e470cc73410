/** What becomes of an error over HTTP: a status, and a problem (RFC 9457) that says why. */
import { DurableError } from "durable-lambda";
import type { ErrorHandler } from "hono";
import { HTTPException } from "hono/http-exception";

/** By code: what the room refuses, what is no name or text, and what is no text at all. */
const STATUS: Readonly<Record<string, number>> = {
  NotHere: 409,
  NameTaken: 409,
  RoomFull: 409,
  TooFast: 429,
  ValidationError: 422,
  NotSerializable: 422,
};

export const asProblem: ErrorHandler = (error) => {
  if (error instanceof HTTPException) return problem(error.status, "Refused", error.message);
  if (!(error instanceof DurableError)) return unexpected(error);
  const { code, message, retryable } = error;
  if (retryable) return problem(503, code, "The room does not answer at the moment", 1);
  const status = STATUS[code];
  if (status === undefined) return unexpected(error);
  const { retryAfterMs } = error.details;
  return problem(
    status,
    code,
    message,
    typeof retryAfterMs === "number" ? Math.ceil(retryAfterMs / 1_000) : undefined,
  );
};

/** Nothing of it gets out: it may say more than a stranger should know. */
function unexpected(error: Error): Response {
  console.error(error);
  return problem(500, "Unexpected", "Something went wrong here");
}

function problem(status: number, code: string, detail: string, retryAfterSeconds?: number): Response {
  const headers: Record<string, string> = { "content-type": "application/problem+json" };
  if (retryAfterSeconds !== undefined) headers["retry-after"] = String(retryAfterSeconds);
  return new Response(JSON.stringify({ title: code, status, detail, code }), { status, headers });
}
