/** The embedded engine: the same runtime as on Lambda, over a SQLite file, in one process, with an HTTP server. */
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { ActorClass } from "../actor";
import { type Client, clientOver } from "../client/client";
import { inlineTransport } from "../client/inline-transport";
import { systemClock } from "../clock";
import type { Inspection } from "../inspect/inspection";
import { DeadLetters } from "../messages/dead-letters";
import { systemRandom } from "../random";
import { Registry } from "../registry";
import { type Authorize, checkAuthorize } from "../runtime/authorize";
import { Poller } from "../runtime/messages/poller";
import { router } from "../runtime/router";
import { Runtime, type RuntimeOptions } from "../runtime/runtime";
import { closeOnSignals } from "../runtime/signals";
import { jsonLogger } from "../telemetry/json-logger";
import { LocalDatabase } from "./database";
import { eventSourcesOf } from "./event-sources";
import { fairTransport } from "./fair-transport";
import { serve } from "./http-server";
import { localInspection } from "./inspection";
import { type LocalPorts, localPorts } from "./ports";
import { Sweeper } from "./sweeper";

/** Options of {@link startLocal}. */
export interface LocalOptions extends RuntimeOptions {
  /** The actors that the app runs. */
  readonly actors: readonly ActorClass[];
  /** Where state is kept; made with its folder when missing. Survives restarts and SIGKILL. Default: in memory only. */
  readonly file?: string;
  /** The HTTP port on 127.0.0.1; 0 for any free one. Default 0. */
  readonly port?: number;
  /** Send the stacks of errors to callers. Default false. */
  readonly stack?: boolean;
  /** Who may ask over HTTP, beside the checks that keep other machines and other sites out. Default: whoever passes those. */
  readonly authorize?: Authorize;
}

/** An app on this machine: {@link startLocal} starts one. */
export interface LocalApp {
  /** Calls actors in this process. */
  readonly client: Client;
  /** The messages that could not be processed. */
  readonly deadLetters: DeadLetters;
  /** What is stored of the actors, and what waits in the queues. */
  readonly inspection: Inspection;
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
  const { actors, file = ":memory:", port = 0, stack = false, authorize, ...runtimeOptions } = options;
  checkAuthorize(authorize);
  const registry = new Registry(actors);
  if (file !== ":memory:") mkdirSync(dirname(resolve(file)), { recursive: true });
  const database = new LocalDatabase(file);
  const { clock = systemClock, random = systemRandom } = runtimeOptions;
  const ports = localPorts(database, clock, random);
  // The lines of turns are for whoever looks after an app; here they would be between somebody's own.
  const log = runtimeOptions.log ?? jsonLogger(undefined, "warn");
  const runtime = new Runtime(registry, ports, { ...runtimeOptions, log });
  const server = await serve(runtime, port, { stack, authorize }).catch(async (error: unknown) => {
    await database.close();
    throw error;
  });
  const stopFeeding = startFeeding(runtime, ports);

  let closing: Promise<void> | undefined;
  const close = () => (closing ??= shutDown());
  const stopListening = closeOnSignals(close);
  async function shutDown(): Promise<void> {
    stopListening();
    const served = server.close();
    const fed = stopFeeding();
    await runtime.close();
    await Promise.all([served, fed]);
    await database.close();
  }
  return {
    client: clientOver(fairTransport(inlineTransport(runtime)), runtime.host),
    url: server.url,
    deadLetters: new DeadLetters(ports, clock),
    inspection: localInspection(database, ports, clock),
    close,
  };
}

/** Batches that are processed at once. */
const CONCURRENCY = 32;
/** Like a lease: a process that dies leaves its messages to others after this. */
const HIDE_MS = 15_000;

/** Starts what Lambda's event sources and its schedule do; the returned function stops it. */
function startFeeding(runtime: Runtime, ports: LocalPorts): () => Promise<unknown> {
  const { clock, log } = runtime.host;
  const handle = router(runtime, { stack: false });
  const pollers = eventSourcesOf(handle, ports).map(
    (source) => new Poller({ ...source, clock, log, concurrency: CONCURRENCY, hideMs: HIDE_MS }),
  );
  const sweeper = new Sweeper(handle, clock, log);
  return () => Promise.all([sweeper.stop(), ...pollers.map((poller) => poller.stop())]);
}
