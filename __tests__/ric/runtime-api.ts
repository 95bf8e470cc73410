/**
 * The other end of Lambda's runtime client: the Runtime API (version 2018-06-01) of one process of a function, on loopback.
 * Events wait here until the process asks for its next one; what it answers is the event's outcome.
 */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What became of one event. */
export type Outcome =
  | { readonly kind: "response"; readonly body: unknown }
  | { readonly kind: "error"; readonly type: string; readonly message: string }
  /** It was killed, since it took longer than the function may. */
  | { readonly kind: "timeout" }
  /** The process ended by itself, or by a signal, before it answered. */
  | { readonly kind: "ended"; readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type FunctionError = Extract<Outcome, { kind: "error" }>;

interface Waiting {
  readonly requestId: string;
  readonly event: string;
  readonly deadlineMs: number;
}

/** More is refused, as on Lambda. */
const MAX_RESPONSE_BYTES = 6 * 1_024 * 1_024;
const PREFIX = "/2018-06-01/runtime";

export class RuntimeApi {
  /** How often the process has asked for an event. */
  asked = 0;
  /** Told when the process waits for an event and there is none: Lambda freezes it then. */
  onIdle: () => void = () => {};
  private readonly events: Waiting[] = [];
  /** Requests of the process for an event that is not there yet. */
  private readonly askers: ServerResponse[] = [];
  private readonly running = new Map<string, (outcome: Outcome) => void>();
  /** Resolves when the process asks for its first event, or says why it cannot. */
  readonly initialised: Promise<FunctionError | undefined>;
  private initialise: (failure?: FunctionError) => void = () => {};

  private constructor(private readonly server: Server) {
    this.initialised = new Promise((resolve) => {
      this.initialise = resolve;
    });
    server.on("request", (request, response) => void this.route(request, response));
  }

  static async start(): Promise<RuntimeApi> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new RuntimeApi(server);
  }

  /** What `AWS_LAMBDA_RUNTIME_API` is to be. */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves when the process answers, or somebody else settles it. */
  invoke(event: unknown, requestId: string, deadlineMs: number): Promise<Outcome> {
    const outcome = new Promise<Outcome>((resolve) => this.running.set(requestId, resolve));
    this.events.push({ requestId, event: JSON.stringify(event), deadlineMs });
    this.handOut();
    return outcome;
  }

  /** The process is gone: no answer comes any more. */
  settleAll(outcome: Outcome): void {
    for (const settle of this.running.values()) settle(outcome);
    this.running.clear();
    this.initialise({ kind: "error", type: "Runtime.ExitError", message: "It ended before it was ready." });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    if (this.server.listening) await once(this.server, "close");
  }

  private async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.slice(PREFIX.length) ?? "";
    if (request.method === "GET" && path === "/invocation/next") return this.next(response);
    const body = await textOf(request);
    if (path === "/init/error") {
      this.initialise(errorOf(body));
      return answer(response, 202, { status: "OK" });
    }
    const [, requestId = "", kind] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    const settle = this.running.get(requestId);
    if (settle === undefined) return answer(response, 403, { errorType: "InvalidRequestID" });
    if (kind === "response" && Buffer.byteLength(body) > MAX_RESPONSE_BYTES) {
      return answer(response, 413, { errorType: "RequestEntityTooLarge" });
    }
    this.running.delete(requestId);
    settle(kind === "error" ? errorOf(body) : { kind: "response", body: JSON.parse(body) });
    answer(response, 202, { status: "OK" });
  }

  private next(response: ServerResponse): void {
    this.asked++;
    this.initialise();
    this.askers.push(response);
    this.handOut();
    if (this.askers.length > 0) this.onIdle();
  }

  private handOut(): void {
    while (this.events.length > 0 && this.askers.length > 0) {
      const { requestId, event, deadlineMs } = this.events.shift() as Waiting;
      const headers = {
        "Lambda-Runtime-Aws-Request-Id": requestId,
        "Lambda-Runtime-Deadline-Ms": String(deadlineMs),
        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:router",
        "Lambda-Runtime-Trace-Id": `Root=1-00000000-${randomUUID().replaceAll("-", "").slice(0, 24)};Sampled=0`,
        "Content-Type": "application/json",
      };
      this.askers.shift()?.writeHead(200, headers).end(event);
    }
  }
}

function errorOf(body: string): FunctionError {
  const { errorType: type, errorMessage: message } = JSON.parse(body) as Record<string, string>;
  return { kind: "error", type: String(type), message: String(message) };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
