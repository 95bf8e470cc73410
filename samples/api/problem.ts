/** What becomes of an error over HTTP: a status, and a problem (RFC 9457) that says what to do about it. */
import { DurableError, type InputIssue } from "durable-lambda";
import type { ErrorHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { RefusalCode } from "./refusal";

/** What a show refuses. TypeScript says when one is missing. */
const REFUSED: Readonly<Record<RefusalCode, number>> = {
  NoSuchShow: 404,
  NoSuchBooking: 404,
  NoSuchSeat: 422,
  ShowExists: 409,
  SeatTaken: 409,
  HoldEnded: 409,
};

/** What a request cannot be, says durable-lambda (docs/errors.md): the schema's refusals, and what is no plain data. */
const INVALID: Readonly<Record<string, number>> = {
  ValidationError: 422,
  NotSerializable: 422,
  ForbiddenKey: 422,
  TooDeep: 422,
  InvalidActorId: 422,
  PayloadTooLarge: 413,
};

export const asProblem: ErrorHandler = (error) => {
  if (error instanceof HTTPException) return problem(error.status, "BadRequest", error.message);
  if (!(error instanceof DurableError)) return unexpected(error);
  const { code, message, details } = error;
  // The client has tried for as long as the call may take. Later, or by the same key, it may go.
  if (error.retryable)
    return problem(503, code, "This takes too long at the moment", {}, { "retry-after": "1" });
  const refused = REFUSED[code as RefusalCode];
  if (refused !== undefined) return problem(refused, code, message, details);
  const invalid = INVALID[code];
  if (invalid !== undefined)
    return problem(invalid, code, "The request is not valid", { issues: issuesOf(error) });
  return unexpected(error);
};

/** Nothing of it gets out: it may say more than a stranger should know. */
function unexpected(error: Error): Response {
  console.error(error);
  return problem(500, "Unexpected", "Something went wrong here");
}

/** By field of the request: it is the method's only argument. */
function issuesOf({ details, message }: DurableError): readonly InputIssue[] {
  const issues = (details.issues as readonly InputIssue[] | undefined) ?? [
    { path: typeof details.path === "string" ? details.path : "", message },
  ];
  return issues.map(({ path, message }) => ({ path: path.replace(/^args\[0\]\.?/, ""), message }));
}

function problem(
  status: number,
  code: string,
  detail: string,
  more: object = {},
  headers: object = {},
): Response {
  return new Response(JSON.stringify({ title: code, status, detail, code, ...more }), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
}
