/** Calls over HTTP: to the local app, a Function URL or an HTTP API. */

import type { Transport } from "../calling/transport";
import { TransportError } from "../errors";
import type { EmitRequest } from "../events/emit-request";
import type { Invocation, InvocationReply } from "../invocation";
import type { CallRequest } from "../messages/call-request";
import { DEFAULT_TIMEOUT_MS } from "../timeouts";

/** Options of {@link httpTransport}. */
export interface HttpTransportOptions {
  /** Where the app is, with or without a path before `/actors`: `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Sent with each request, e.g. an authorization of your own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Adds a signature's headers to each request; `sigv4()` of `durable-lambda/aws` makes one for a Function URL. */
  readonly sign?: SignRequest;
}

/** A request as it is before it is signed. */
export interface UnsignedRequest {
  readonly method: "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Returns all headers of the signed request. */
export type SignRequest = (request: UnsignedRequest) => Promise<Readonly<Record<string, string>>>;

/** The server answers a call that times out; this long after that it is taken for gone. */
const ANSWER_MARGIN_MS = 1_000;

/**
 * A transport over `fetch`.
 * @example createClient({ transport: httpTransport({ url: "http://127.0.0.1:3000" }) })
 */
export function httpTransport({ url, headers = {}, sign }: HttpTransportOptions): Transport {
  const base = url.replace(/\/+$/, "");
  return {
    async invoke(invocation) {
      const { timeoutMs = DEFAULT_TIMEOUT_MS } = "actor" in invocation ? invocation : {};
      const request: UnsignedRequest = {
        method: "POST",
        // Not /actors/{type}/{id}/{method}: URLs resolve an id such as ".." away, and HTTP APIs decode paths.
        url: new URL(`${base}/actors`),
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify(invocation),
      };
      try {
        const response = await fetch(request.url, {
          method: request.method,
          headers: sign === undefined ? request.headers : await sign(request),
          body: request.body,
          signal: AbortSignal.timeout(timeoutMs + ANSWER_MARGIN_MS),
        });
        return readReply(invocation, response.status, await response.text());
      } catch (cause) {
        if (cause instanceof TransportError) throw cause;
        throw new TransportError(
          `${request.url.origin} did not answer: ${reasonOf(cause)}.`,
          { url: base },
          cause,
        );
      }
    },
  };
}

function readReply(
  request: Invocation | CallRequest | EmitRequest,
  status: number,
  text: string,
): InvocationReply {
  let reply: unknown;
  try {
    reply = JSON.parse(text);
  } catch {
    reply = undefined;
  }
  if (typeof reply === "object" && reply !== null && "ok" in reply) return reply as InvocationReply;
  const asked = "actor" in request ? `${request.actor}.${request.method}` : `a "${request.mode}" request`;
  throw new TransportError(`The answer to ${asked} has status ${status} and is no reply.`, {
    status,
    answer: text.slice(0, 200),
  });
}

function reasonOf(cause: unknown): string {
  const { message, cause: inner } = cause as Error;
  return inner instanceof Error ? inner.message : message;
}
