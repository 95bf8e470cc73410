/**
 * The HTTP form of a call, apart from any server: `POST /actors/{type}/{id}/{method}` with `{ "args": […] }`, or
 * `POST /actors` with a whole invocation. Used for Lambda's HTTP events and by the local server.
 */
import type { HostTime } from "../envelope";
import { type DurableError, Forbidden, MethodError, PayloadTooLarge, UnexpectedEvent } from "../errors";
import { isEmitRequest } from "../events/emit-request";
import { isCallRequest } from "../messages/call-request";
import { quote, shorten } from "../quote";
import { errorToWire } from "../wire-error";
import { type Authorize, Door, OPEN, type Sender } from "./authorize";
import { invoke, textOfAnswer } from "./invoke";
import type { Runtime } from "./runtime";

export interface HttpRequest extends Sender {
  readonly method: string;
  readonly contentType: string | undefined;
  readonly body: string;
}

export interface HttpOptions {
  /** Send the stacks of errors to callers. */
  readonly stack: boolean;
  /** Default: lets in whom AWS has let in, and this machine. {@link OPEN} lets everybody in. */
  readonly authorize?: Authorize | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Lambda takes no more. */
export const MAX_BODY_BYTES = 6 * 1_024 * 1_024;

export async function answerHttp(
  runtime: Runtime,
  request: HttpRequest,
  time: HostTime,
  options: HttpOptions,
): Promise<HttpResponse> {
  let invocation: object;
  try {
    invocation = readRequest(request);
  } catch (thrown) {
    if (thrown instanceof HttpProblem) return problem(thrown, options);
    throw thrown;
  }
  const { authorize } = options;
  const door = authorize === OPEN ? undefined : new Door(request, authorize, runtime.host.log);
  const answer = await invoke(runtime, invocation, time, { door });
  if (!answer.ok) return problem(new HttpProblem(statusOf(answer.error, invocation), answer.error), options);
  return { status: 200, headers: JSON_HEADERS, body: textOfAnswer(answer, options) };
}

/**
 * Headers by their names in small letters. Several of one name are one, as HTTP has it; what is no text is left out. Without a
 * prototype: a name such as `constructor` is there only when it was sent.
 */
export function headersOf(sent: readonly (readonly [string, unknown])[]): Readonly<Record<string, string>> {
  const headers = Object.create(null) as Record<string, string>;
  for (const [given, value] of sent) {
    if (typeof value !== "string") continue;
    const name = given.toLowerCase();
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}${name === "cookie" ? "; " : ", "}${value}`;
  }
  return headers;
}

/** Something wrong with the request itself, or a call that failed. */
export class HttpProblem {
  constructor(
    readonly status: number,
    readonly error: DurableError,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

/** A problem as RFC 9457 has it, and as a failed call has it, in one body. */
export function problem({ status, error, headers }: HttpProblem, options: { stack: boolean }): HttpResponse {
  const wire = errorToWire(error, options);
  const retry = status === 503 ? { "retry-after": "1" } : {};
  return {
    status,
    headers: { "content-type": "application/problem+json", ...retry, ...headers },
    body: JSON.stringify({ title: wire.code, status, detail: wire.message, ok: false, error: wire }),
  };
}

export function bodyTooLarge(): HttpProblem {
  const details = { field: "body", limitBytes: MAX_BODY_BYTES };
  return new HttpProblem(
    413,
    new PayloadTooLarge(`The body has more than ${MAX_BODY_BYTES} bytes.`, details),
  );
}

/** Read as UTF-8 all the same, such a body would silently become another one. */
export function notUtf8(): HttpProblem {
  return bad(400, "body", "The body is not UTF-8.");
}

const JSON_HEADERS = { "content-type": "application/json" };

const IN_PATH = ["actor", "id", "method"] as const;

/** @throws HttpProblem */
function readRequest({ method, path, contentType, body }: HttpRequest): object {
  const parts = path.split("/");
  const isWhole = parts.length === 2;
  if (parts[1] !== "actors" || (!isWhole && parts.length !== 5)) {
    throw bad(404, "path", "Calls go to /actors/{type}/{id}/{method}, each part percent-encoded.");
  }
  if (method !== "POST")
    throw bad(405, "method", `${shorten(method)} is not allowed: calls are POST.`, { allow: "POST" });
  if (Buffer.byteLength(body) > MAX_BODY_BYTES) throw bodyTooLarge();
  const fields = body === "" ? {} : readBody(contentType, body);
  if (isWhole) return fields;
  for (const key of IN_PATH) {
    if (Object.hasOwn(fields, key))
      throw bad(400, key, `"${key}" is in the path; the body must not have it too.`);
  }
  return Object.assign(fields, {
    actor: decodeSegment(parts[2] as string),
    id: decodeSegment(parts[3] as string),
    method: decodeSegment(parts[4] as string),
  });
}

function readBody(contentType: string | undefined, body: string): object {
  if (!/^application\/json\s*(;|$)/i.test(contentType ?? "")) {
    throw bad(415, "content-type", `The content type is ${quote(contentType ?? "")}, not application/json.`);
  }
  let fields: unknown;
  try {
    fields = JSON.parse(body);
  } catch (cause) {
    throw bad(400, "body", `The body is not JSON: ${shorten((cause as Error).message, 120)}`);
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    throw bad(400, "body", 'The body is not an object such as {"args":[]}.');
  }
  return fields;
}

function decodeSegment(segment: string): string {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    throw bad(400, "path", "The path has a % that is not followed by an encoded character.");
  }
}

function bad(status: number, field: string, message: string, headers?: Record<string, string>): HttpProblem {
  return new HttpProblem(status, new UnexpectedEvent(message, { field }), headers);
}

const STATUS: Readonly<Record<string, number>> = {
  InvalidActorId: 400,
  UnexpectedEvent: 400,
  NotSerializable: 400,
  ForbiddenKey: 400,
  TooDeep: 400,
  ValidationError: 400,
  Forbidden: 403,
  TerminalError: 422,
  NotTracked: 422,
  CallCycle: 508,
  HopLimitExceeded: 508,
  UnknownCall: 404,
  UnknownActor: 404,
  UnknownMethod: 404,
  PayloadTooLarge: 413,
  StateTooLarge: 413,
  ActorBusy: 503,
  ActorOverloaded: 503,
  FencedError: 503,
  StoreUnavailable: 503,
  QueueUnavailable: 503,
  BusUnavailable: 503,
  StateVersionTooNew: 503,
  ShuttingDown: 503,
  CallTimeout: 504,
};

/** A method's own error is an answer of the application, hence 422; what is not listed is a fault of the server. */
export function statusOf(error: DurableError, request: object): number {
  if (error instanceof MethodError) return 422;
  if (error.code === Forbidden.code) return 403;
  // A value of the actor's own that cannot be kept is not the caller's mistake.
  const { path } = error.details;
  if (
    typeof path === "string" &&
    !path.startsWith("args") &&
    !isCallRequest(request) &&
    !isEmitRequest(request)
  )
    return 500;
  return STATUS[error.code] ?? 500;
}
