/** The embedded engine: the same runtime as on Lambda, over a SQLite file, in one process, with an HTTP server. */
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { ActorClass } from "../actor";
import { type Client, clientOver } from "../client/client";
import { inlineTransport } from "../client/inline-transport";
import { Registry } from "../registry";
import { Runtime, type RuntimeOptions } from "../runtime/runtime";
import { closeOnSignals } from "../runtime/signals";
import { serve } from "./http-server";
import { SqliteStore } from "./sqlite-store";

export interface LocalOptions extends RuntimeOptions {
  /** The actors that the app runs. */
  readonly actors: readonly ActorClass[];
  /** Where state is kept; made with its folder when missing. Survives restarts and SIGKILL. Default: in memory only. */
  readonly file?: string;
  /** The HTTP port on 127.0.0.1; 0 for any free one. Default 0. */
  readonly port?: number;
  /** Send the stacks of errors to callers. Default false. */
  readonly stack?: boolean;
}

export interface LocalApp {
  /** Calls actors in this process. */
  readonly client: Client;
  /** Where the HTTP server listens: `http://127.0.0.1:…`. */
  readonly url: string;
  /** Lets running turns end, rolls back those that take longer than 2 s, and closes server and file. */
  close(): Promise<void>;
}

/**
 * Runs actors on this machine: no account, no Docker. SIGTERM and SIGINT close it in good order.
 *
 * @throws InvalidDefinition for wrong actors, or a port that is taken; CorruptState when the file is something else
 * @example
 * ```ts
 * const app = await startLocal({ actors: [Counter], file: ".durable/state.db", port: 3000 });
 * await app.client.actor(Counter).get("c1").increment(5);
 * await app.close();
 * ```
 */
export async function startLocal(options: LocalOptions): Promise<LocalApp> {
  const { actors, file = ":memory:", port = 0, stack = false, ...runtimeOptions } = options;
  const registry = new Registry(actors);
  if (file !== ":memory:") mkdirSync(dirname(resolve(file)), { recursive: true });
  const store = new SqliteStore(file, runtimeOptions.clock);
  const runtime = new Runtime(registry, () => store, runtimeOptions);
  const server = await serve(runtime, port, { stack }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });

  let closing: Promise<void> | undefined;
  const close = () => (closing ??= shutDown());
  const stopListening = closeOnSignals(close);
  async function shutDown(): Promise<void> {
    stopListening();
    const served = server.close();
    await runtime.close();
    await served;
    await store.close();
  }
  return { client: clientOver(inlineTransport(runtime), runtime.host), url: server.url, close };
}
