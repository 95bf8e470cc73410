/** Hands a request on to the process that runs the app now, as it came: the path of an id such as `..` must not be resolved away. */
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { TransportError } from "../../lib/errors";
import { HttpProblem, problem } from "../../lib/runtime/http";
import { asDurableError } from "../../lib/wire-error";
import { send } from "../inspector/server";
import { PASS_HEADER } from "./protocol";

/** @param running where that process listens */
export async function forward(
  running: () => Promise<string>,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // What is read meanwhile is for the process.
  incoming.pause();
  try {
    await forwardTo(new URL(await running()), incoming, response);
  } catch (thrown) {
    if (response.headersSent) response.destroy();
    else send(response, problem(new HttpProblem(503, asDurableError(thrown)), { stack: false }));
    incoming.resume();
  }
}

function forwardTo(target: URL, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    // Only this server may ask as whoever may do anything.
    const { [PASS_HEADER]: _pass, connection: _connection, ...headers } = incoming.headers;
    const outgoing = request(
      {
        host: target.hostname,
        port: target.port,
        method: incoming.method,
        path: incoming.url,
        headers: { ...headers, host: target.host },
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
        answer.on("end", resolve);
        answer.on("error", reject);
      },
    );
    outgoing.on("error", (cause) => reject(died(cause)));
    response.on("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
}

function died(cause: Error): TransportError {
  return new TransportError(
    `The app's process did not answer: ${cause.message}. The call may or may not have been applied.`,
  );
}
