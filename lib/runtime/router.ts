/**
 * The router: the Lambda handler. Looks at the form of an event and hands it to the runtime; it holds no state of its
 * own, and leaves nothing running when it answers.
 *
 *     HTTP (payload format 2.0) ─► http.ts       SQS batch ─► messages/consumer.ts      EventBridge event ─► events/listen.ts
 *     { "mode": "sweep" } ─► sweep.ts            anything else: an invocation ─► invoke.ts
 */
import { isUtf8 } from "node:buffer";
import type { HostTime } from "../envelope";
import { UnexpectedEvent } from "../errors";
import { isBusEvent } from "../events/event";
import { asDurableError } from "../wire-error";
import { isRecord } from "./authorize";
import { listen } from "./events/listen";
import {
  answerHttp,
  type HttpOptions,
  HttpProblem,
  type HttpRequest,
  type HttpResponse,
  headersOf,
  notUtf8,
  problem,
} from "./http";
import { invoke, replyOfAnswer } from "./invoke";
import { consume } from "./messages/consumer";
import { isSqsEvent, readSqsEvent } from "./messages/sqs-event";
import type { Runtime } from "./runtime";
import { sweep } from "./sweep";

/** What this package reads of Lambda's context. */
export interface LambdaContext {
  /** How much time is left until Lambda kills the process. */
  getRemainingTimeInMillis(): number;
  /** The same when Lambda repeats an asynchronous invocation. */
  readonly awsRequestId?: string;
}

/** A handler for all of the router's events; give it to Lambda as it is. */
export type RouterHandler = (event: unknown, context?: LambdaContext) => Promise<unknown>;

/** An answer is on its way this long before Lambda kills the process. */
const REPLY_MARGIN_MS = 250;

export function router(runtime: Runtime, options: HttpOptions): RouterHandler {
  return async (event, context) => {
    try {
      return await route(event, context);
    } finally {
      runtime.host.telemetry.flush();
    }
  };

  async function route(event: unknown, context: LambdaContext | undefined): Promise<unknown> {
    const time = hostTime(runtime.host.clock.now(), context);
    if (isHttpEvent(event)) return lambdaResponse(await routeHttp(runtime, event, time, options));
    if (isSqsEvent(event)) return consume(runtime, readSqsEvent(event), time);
    if (isSweep(event)) return sweep(runtime.host, time);
    if (isBusEvent(event)) return listen(runtime, event);
    const answer = await invoke(runtime, event, time, { requestId: context?.awsRequestId });
    // Nobody reads the answer to an asynchronous invocation; but when it fails, Lambda invokes again.
    if (!answer.ok && answer.error.retryable && isQueued(event)) throw answer.error;
    return replyOfAnswer(answer, options);
  }
}

function isQueued(event: unknown): boolean {
  const { mode } = event as { mode?: unknown };
  return mode === "send" || mode === "start";
}

/** What a schedule sends, whether its target has an input of its own or EventBridge's. */
function isSweep(event: unknown): boolean {
  const { mode, source, "detail-type": type } = (event ?? {}) as Readonly<Record<string, unknown>>;
  return mode === "sweep" || (source === "aws.events" && type === "Scheduled Event");
}

function hostTime(nowMs: number, context: LambdaContext | undefined): HostTime {
  const remainingMs = context?.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY;
  const marginMs = Math.min(REPLY_MARGIN_MS, remainingMs / 4);
  return { nowMs, replyByMs: nowMs + remainingMs - marginMs, endMs: nowMs + remainingMs };
}

/** Payload format 2.0: a Function URL or an HTTP API. */
interface HttpEvent {
  readonly rawPath?: unknown;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly cookies?: unknown;
  readonly body?: unknown;
  readonly isBase64Encoded?: unknown;
  readonly requestContext: {
    readonly stage?: unknown;
    readonly domainName?: unknown;
    readonly authorizer?: unknown;
    readonly http: { readonly method?: unknown; readonly path?: unknown };
  };
}

function isHttpEvent(event: unknown): event is HttpEvent {
  const context = (event as { requestContext?: { http?: unknown } } | null)?.requestContext;
  return (
    typeof context === "object" &&
    context !== null &&
    typeof context.http === "object" &&
    context.http !== null
  );
}

async function routeHttp(
  runtime: Runtime,
  event: HttpEvent,
  time: HostTime,
  options: HttpOptions,
): Promise<HttpResponse> {
  let request: HttpRequest;
  try {
    request = requestOf(event);
  } catch (thrown) {
    return problem(
      thrown instanceof HttpProblem ? thrown : new HttpProblem(400, asDurableError(thrown)),
      options,
    );
  }
  return answerHttp(runtime, request, time, options);
}

/** @throws UnexpectedEvent naming the field */
function requestOf(event: HttpEvent): HttpRequest {
  const { rawPath, headers = {}, cookies, body, isBase64Encoded, requestContext } = event;
  const { authorizer, domainName } = requestContext;
  const { method } = requestContext.http;
  if (typeof method !== "string") throw unexpected("requestContext.http.method");
  if (typeof rawPath !== "string" || !rawPath.isWellFormed()) throw unexpected("rawPath");
  if (body !== undefined && body !== null && typeof body !== "string") throw unexpected("body");
  if (typeof headers !== "object" || headers === null) throw unexpected("headers");
  const sent = headersOf([...Object.entries(headers), ...cookieHeaders(cookies)]);
  return {
    method,
    path: encodedPath(rawPath, requestContext),
    headers: sent,
    contentType: sent["content-type"],
    authorizer: isRecord(authorizer) ? authorizer : undefined,
    domainName: typeof domainName === "string" ? domainName : undefined,
    body: isBase64Encoded === true ? decodeBody(body ?? "") : (body ?? ""),
  };
}

/** Payload format 2.0 has the cookies apart from the headers. */
function cookieHeaders(cookies: unknown): [string, unknown][] {
  return Array.isArray(cookies) ? cookies.map((cookie: unknown) => ["cookie", cookie]) : [];
}

/** @throws HttpProblem */
function decodeBody(base64: string): string {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.toString("base64") !== base64) throw unexpected("body");
  if (!isUtf8(bytes)) throw notUtf8();
  return bytes.toString();
}

/**
 * A Function URL hands over the path as it was sent. An HTTP API decodes it, puts the stage before it, and so loses
 * which slashes were the id's: all between the type and the method is the id then.
 */
function encodedPath(rawPath: string, { stage, domainName }: HttpEvent["requestContext"]): string {
  const isDecoded = typeof domainName === "string" && !/\.lambda-url\./.test(domainName);
  if (!isDecoded) return rawPath;
  const prefix = typeof stage === "string" && stage !== "$default" ? `/${stage}` : "";
  const path = prefix !== "" && rawPath.startsWith(`${prefix}/`) ? rawPath.slice(prefix.length) : rawPath;
  const [empty, root, type, ...rest] = path.split("/");
  const method = rest.pop();
  if (type === undefined || method === undefined || rest.length === 0)
    return path.split("/").map(encodeURIComponent).join("/");
  return [empty, root, type, rest.join("/"), method].map((part) => encodeURIComponent(part ?? "")).join("/");
}

function lambdaResponse({ status, headers, body }: HttpResponse): object {
  return { statusCode: status, headers, body };
}

function unexpected(field: string): UnexpectedEvent {
  return new UnexpectedEvent(`"${field}" is not what an HTTP event of payload format 2.0 has.`, { field });
}
