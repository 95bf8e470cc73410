/**
 * A worker: one process of the app. It serves calls over HTTP, takes messages off the queues, and sweeps. It says on its
 * standard output where it listens, and then how far it has come. Whatever it gets on its standard input tells it to sweep;
 * when that ends, so does it: no worker outlives its supervisor.
 */
import { flushCompileCache } from "node:module";
import type { Logger } from "durable-lambda";
import { systemClock } from "../../lib/clock";
import { LocalDatabase } from "../../lib/local/database";
import { type EventSource, eventSourcesOf } from "../../lib/local/event-sources";
import { serve } from "../../lib/local/http-server";
import { type LocalPorts, localPorts } from "../../lib/local/ports";
import type { Ports } from "../../lib/ports";
import { systemRandom } from "../../lib/random";
import { Registry } from "../../lib/registry";
import { Poller } from "../../lib/runtime/messages/poller";
import { type RouterHandler, router } from "../../lib/runtime/router";
import { Runtime } from "../../lib/runtime/runtime";
import { jsonLogger } from "../../lib/telemetry/json-logger";
import { Account, Alarm } from "./actors";
import type { Progress, WorkerOptions } from "./worker-process";

/**
 * What has died with its process so often that a few times more make it a dead letter, as one that kills them
 * (`lib/runtime/attempts.ts`): that is no loss, and so no use here.
 */
const WORN_RECEIVES = 6;

async function main(options: WorkerOptions): Promise<void> {
  const ports = portsOf(options);
  const limits = { leaseMs: options.leaseMs };
  const runtime = new Runtime(new Registry([Account, Alarm]), ports, { limits, log: countingLog() });
  const handle = router(runtime, { stack: true });
  const { url } = await serve(runtime, 0, { stack: true });
  process.stdout.write(`${new URL(url).port}\n`);
  for (const { queue, process } of eventSourcesOf(handle, ports).slice(
    0,
    options.file === undefined ? 2 : 3,
  )) {
    new Poller({
      queue,
      process: counted(process),
      clock: systemClock,
      log: runtime.host.log,
      concurrency: options.concurrency,
      hideMs: options.hideMs,
    });
  }
  process.stdin.on("data", () => sweep(handle));
  // By itself it is written when a process ends in good order, as none of these does.
  flushCompileCache();
}

function portsOf({ file }: WorkerOptions): LocalPorts {
  if (file !== undefined) return localPorts(new LocalDatabase(file), systemClock, systemRandom);
  // Only here: the SDK takes as long to load as all the rest.
  const { portsFromEnvironment } = require("../../lib/aws/from-environment") as {
    portsFromEnvironment(): Ports;
  };
  const { store, queues, calls } = portsFromEnvironment();
  // No emulator of the bus is at hand, and no actor here emits.
  return { store, queues, calls, bus: {} as LocalPorts["bus"] };
}

/** Tells the supervisor of each batch that is done, and of one that must not be hit again before it begins. */
function counted(process: EventSource["process"]): EventSource["process"] {
  return async (messages) => {
    const isWorn = messages.some(({ receiveCount }) => receiveCount >= WORN_RECEIVES);
    if (isWorn) tell({ worn: 1 });
    const failed = await process(messages);
    const again = messages.filter(({ receiveCount }) => receiveCount > 1).length;
    tell({ done: messages.length - failed.size, again, ...(isWorn ? { worn: -1 } : {}) });
    return failed;
  };
}

/** Logs what is out of the ordinary, and counts what lost its lease. */
function countingLog(): Logger {
  const log = jsonLogger("warn");
  return {
    ...log,
    warn(message, fields) {
      if (fields?.code === "FencedError") tell({ fenced: 1 });
      log.warn(message, fields);
    },
  };
}

function tell(progress: Progress): void {
  process.stdout.write(`${JSON.stringify(progress)}\n`);
}

function sweep(handle: RouterHandler): void {
  handle({ mode: "sweep" }).catch((thrown: unknown) => console.error("sweep failed", thrown));
}

process.stdin.on("end", () => process.exit());
void main(JSON.parse(process.argv[2] ?? "") as WorkerOptions);
