/** The chat on a port of this machine, and of this machine alone. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { Client } from "durable-lambda";
import { type ChatOptions, createChat } from "./app";

const LOOPBACK = "127.0.0.1";

export interface ChatServer {
  readonly url: string;
  /** Cuts the streams, too: browsers come back by themselves. */
  close(): Promise<void>;
}

/** @param port 0 for any that is free */
export async function serveChat(
  client: Client,
  port: number,
  options: ChatOptions = {},
): Promise<ChatServer> {
  const server = createAdaptorServer({ fetch: createChat(client, options).fetch }) as Server;
  server.listen(port, LOOPBACK);
  await once(server, "listening");
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
