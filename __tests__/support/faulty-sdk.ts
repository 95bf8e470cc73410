/**
 * Faults between an AWS SDK client and its endpoint, one level below the SDK's own retries: a response that is lost
 * after the request was applied, throttling, a reset connection, a delay. Also counts what really goes out.
 */

/** What happens to one request. */
export type Fault = "none" | "lostResponse" | "throttled" | "reset" | { readonly delay: Promise<void> };

export interface SentRequest {
  /** Such as `UpdateItemCommand`. */
  readonly command: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Decides the fault of each request; asked once per attempt. */
export type FaultPlan = (request: SentRequest, index: number) => Fault;

/** Any client of the SDK. */
export interface SdkClient {
  readonly middlewareStack: {
    add(middleware: Middleware, options: { step: "deserialize"; name: string; priority: "low" }): void;
    add(middleware: Middleware, options: { step: "initialize"; name: string; priority: "high" }): void;
  };
}

type Middleware = <Args extends { readonly input: object }, Result>(
  next: (args: Args) => Promise<Result>,
  context: { readonly commandName?: string },
) => (args: Args) => Promise<Result>;

export class SdkWiretap {
  readonly requests: SentRequest[] = [];
  /** Replaced by tests; called for each attempt that is about to be sent. */
  plan: FaultPlan = () => "none";

  attach(client: SdkClient): void {
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const request: SentRequest = {
          command: String(context.commandName),
          input: args.input as Record<string, unknown>,
        };
        this.requests.push(request);
        const fault = this.plan(request, this.requests.length - 1);
        if (fault === "reset") throw connectionReset();
        if (fault === "throttled") throw throttled();
        if (typeof fault === "object") await fault.delay;
        const response = await next(args);
        if (fault === "lostResponse") throw connectionReset();
        return response;
      },
      { step: "deserialize", name: "wiretap", priority: "low" },
    );
  }

  /** Forgets what was counted so far. */
  clear(): void {
    this.requests.length = 0;
  }

  count(command?: string): number {
    return command === undefined
      ? this.requests.length
      : this.requests.filter((request) => request.command === command).length;
  }
}

type Fields = Record<string, unknown>;

/**
 * Puts a script between the callers of a client's command and the client: it can send another input, and change what
 * comes back. For requests that succeed in part.
 */
export function interpose(
  client: SdkClient,
  command: string,
  script: (input: Fields, send: (input: Fields) => Promise<Fields>) => Promise<Fields>,
): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName !== command) return next(args);
      let result = {} as Awaited<ReturnType<typeof next>>;
      const output = await script(args.input as Fields, async (input) => {
        result = await next({ ...args, input });
        return (result as { output: Fields }).output;
      });
      return { ...result, output };
    },
    { step: "initialize", name: `interposed in ${command}`, priority: "high" },
  );
}

function connectionReset(): Error {
  return Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
}

function throttled(): Error {
  return Object.assign(
    new Error("The level of configured provisioned throughput for the table was exceeded."),
    {
      name: "ProvisionedThroughputExceededException",
      $fault: "client",
      $metadata: { httpStatusCode: 400 },
      $retryable: { throttling: true },
    },
  );
}
