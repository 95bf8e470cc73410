/**
 * What keeps other machines and other sites out of a server on this machine. It listens on the loopback address alone, and answers
 * only requests that were meant for it: a page of another site can reach a loopback port, through its own origin or through DNS
 * rebinding.
 */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Forbidden, InvalidDefinition } from "../errors";

const LOOPBACK = "127.0.0.1";
const LOCAL_NAMES: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** Why a request must not come in; undefined when it may. */
export function refusalOf(headers: {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
}): Forbidden | undefined {
  const { host, origin } = headers;
  if (!isLocalName(host)) {
    return new Forbidden("The Host header does not name this machine.", { field: "host" });
  }
  if (origin !== undefined && !isLocalOrigin(origin)) {
    return new Forbidden("The request comes from a page of another site.", { field: "origin" });
  }
  return undefined;
}

/**
 * @param port 0 for any free one
 * @returns the server's address
 * @throws InvalidDefinition when the port cannot be had
 */
export function listenOnLoopback(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      reject(
        new InvalidDefinition(
          `The port ${port} cannot be had: ${cause.message}.`,
          { port, error: cause.code },
          cause,
        ),
      );
    });
    server.listen(port, LOOPBACK, () => {
      resolve(`http://${LOOPBACK}:${(server.address() as AddressInfo).port}`);
    });
  });
}

function isLocalName(host: string | undefined): boolean {
  return host !== undefined && LOCAL_NAMES.has(host.replace(/:\d+$/, "").toLowerCase());
}

function isLocalOrigin(origin: string): boolean {
  return URL.canParse(origin) && isLocalName(new URL(origin).host);
}
