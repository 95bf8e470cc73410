/** The local app's HTTP server: on the loopback address alone, for requests that were meant for it. */
import { isUtf8 } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { unlimitedTime } from "../envelope";
import { UnexpectedEvent } from "../errors";
import { OPEN } from "../runtime/authorize";
import {
  answerHttp,
  bodyTooLarge,
  type HttpOptions,
  HttpProblem,
  type HttpRequest,
  type HttpResponse,
  headersOf,
  MAX_BODY_BYTES,
  notUtf8,
  problem,
} from "../runtime/http";
import type { Runtime } from "../runtime/runtime";
import { asDurableError } from "../wire-error";
import { listenOnLoopback, refusalOf } from "./loopback";

export interface LocalServer {
  readonly url: string;
  close(): Promise<void>;
}

/** @throws InvalidDefinition when the port cannot be had */
export async function serve(runtime: Runtime, port: number, options: HttpOptions): Promise<LocalServer> {
  // Whoever gets here is on this machine.
  const open = { ...options, authorize: options.authorize ?? OPEN };
  const server = createServer((request, response) => void respond(runtime, request, response, open));
  const url = await listenOnLoopback(server, port);
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

async function respond(
  runtime: Runtime,
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpOptions,
): Promise<void> {
  const { status, headers, body } = await answer(runtime, request, options);
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  response.end(body);
}

async function answer(
  runtime: Runtime,
  request: IncomingMessage,
  options: HttpOptions,
): Promise<HttpResponse> {
  try {
    const refusal = refusalOf(request.headers);
    if (refusal !== undefined) throw new HttpProblem(403, refusal);
    const received = new ReceivedRequest(request, await readBody(request));
    return await answerHttp(runtime, received, unlimitedTime(runtime.host.clock.now()), options);
  } catch (thrown) {
    if (thrown instanceof HttpProblem) return problem(thrown, options);
    return problem(new HttpProblem(500, asDurableError(thrown)), options);
  }
}

class ReceivedRequest implements HttpRequest {
  readonly authorizer = undefined;

  constructor(
    private readonly message: IncomingMessage,
    readonly body: string,
  ) {}

  get method(): string {
    return this.message.method ?? "GET";
  }

  get path(): string {
    return pathOf(this.message.url ?? "/");
  }

  get contentType(): string | undefined {
    return this.message.headers["content-type"];
  }

  get domainName(): string | undefined {
    return this.message.headers.host;
  }

  /** Made when asked for: mostly nobody does. */
  get headers(): Readonly<Record<string, string>> {
    return headersOf(Object.entries(this.message.headers));
  }
}

/** By hand, since `URL` would resolve an id such as `..` away. */
function pathOf(target: string): string {
  const end = target.search(/[?#]/);
  return end === -1 ? target : target.slice(0, end);
}

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
      else reject(bodyTooLarge());
      // The rest of a refused body is read and dropped, so that the client gets to see the answer; but not forever.
      if (bytes > 10 * MAX_BODY_BYTES) request.destroy();
    });
    request.on("end", () => {
      const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
      if (isUtf8(body)) resolve(body.toString());
      else reject(notUtf8());
    });
    request.on("error", reject);
    request.on("close", () => {
      if (!request.complete) reject(cutOff());
    });
  });
}

function cutOff(): HttpProblem {
  return new HttpProblem(400, new UnexpectedEvent("The request was cut off.", { field: "body" }));
}
