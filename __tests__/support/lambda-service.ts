/** The part of the Lambda service that `Invoke` needs, in this process, around a handler: faults included. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { RouterHandler } from "durable-lambda";

/** What happens to one invocation. */
export type InvokeFault = "none" | "lostResponse" | "killed" | "unknownFunction";

export class LambdaService {
  readonly invocations: Record<string, unknown>[] = [];
  faults: InvokeFault[] = [];
  private readonly server: Server;

  constructor(handler: RouterHandler) {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const event = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
        this.invocations.push({ ...event, path: request.url });
        const fault = this.faults.shift() ?? "none";
        if (fault === "unknownFunction") {
          response.writeHead(404, { "x-amzn-errortype": "ResourceNotFoundException" });
          response.end('{"Message":"Function not found"}');
          return;
        }
        void handler(event, { getRemainingTimeInMillis: () => 30_000 }).then((reply) => {
          if (fault === "lostResponse") {
            response.destroy();
            return;
          }
          if (fault === "killed") response.setHeader("x-amz-function-error", "Unhandled");
          response.end(
            JSON.stringify(
              fault === "killed" ? { errorType: "Sandbox.Timedout", errorMessage: "Task timed out" } : reply,
            ),
          );
        });
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
