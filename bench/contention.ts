/**
 * Several processes and one hot actor: calls that run without a lease as long as they can, beside the same calls under the lease
 * alone. Each process is a router with an inbox of its own; the table is 5 ms away, as DynamoDB is. Both take turns, so that what
 * else the machine does hits both alike.
 */
import { setTimeout as wait } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { Actor, createClient, DurableActor, Method } from "durable-lambda";
import { DynamoStore } from "../lib/aws/dynamo-store";
import { inlineTransport } from "../lib/client/inline-transport";
import type { Ports } from "../lib/ports";
import { Registry } from "../lib/registry";
import { Runtime } from "../lib/runtime/runtime";
import { jsonLogger } from "../lib/telemetry/json-logger";
import { startEndpoint } from "./support/emulator";

const ROUNDS = 4;
const ROUND_MS = 4_000;
const CALLERS_EACH = 2;
const AWAY_MS = 5;
const MOST_WAIT = 1.5;

@Actor("Hot")
class Hot extends DurableActor {
  count = 0;
  @Method add(): number {
    return ++this.count;
  }
  @Method({ lease: "always" }) addUnderLease(): number {
    return ++this.count;
  }
}

type Way = "add" | "addUnderLease";

interface Measured {
  readonly calls: number;
  readonly slowestMs: number;
}

async function main(): Promise<void> {
  const endpoint = await startEndpoint();
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient());
  documents.middlewareStack.add(
    (next) => async (args) => {
      await wait(AWAY_MS);
      return next(args);
    },
    { step: "finalizeRequest", name: "distance", priority: "low" },
  );
  // Nothing here sends or starts anything.
  const ports = { store: new DynamoStore(documents, endpoint.table) } as unknown as Ports;
  console.log(`On ${endpoint.name}, ${AWAY_MS} ms away; ${CALLERS_EACH} callers in each process:`);
  let held = true;
  for (const processes of [2, 8, 32]) {
    const counters = Array.from({ length: processes }, () =>
      createClient({
        transport: inlineTransport(new Runtime(new Registry([Hot]), ports, { log: jsonLogger("error") })),
      }).actor(Hot),
    );
    const results: Record<Way, Measured[]> = { add: [], addUnderLease: [] };
    for (let round = -1; round < ROUNDS; round++) {
      for (const way of ["addUnderLease", "add"] as const) {
        const measured = await measure(counters, way, `${processes}-${way}`);
        if (round >= 0) results[way].push(measured);
      }
    }
    const calls = (way: Way) => results[way].reduce((sum, one) => sum + one.calls, 0);
    const slowestMs = (way: Way) => Math.max(...results[way].map((one) => one.slowestMs));
    const seconds = (ROUNDS * ROUND_MS) / 1_000;
    const rate = calls("add") / calls("addUnderLease");
    const waiting = slowestMs("add") / slowestMs("addUnderLease");
    held &&= rate >= 1 && waiting <= MOST_WAIT;
    for (const [way, name] of [
      ["addUnderLease", "under the lease"],
      ["add", "without, where it can"],
    ] as const) {
      console.log(
        `${String(processes).padStart(2)} processes, ${name.padEnd(22)} ${(calls(way) / seconds).toFixed(0).padStart(5)}/s   ` +
          `slowest ${slowestMs(way).toFixed(0).padStart(5)} ms`,
      );
    }
    console.log(
      `             ratios: throughput ${rate.toFixed(2)} (goal 1), slowest ${waiting.toFixed(2)} (goal ${MOST_WAIT})`,
    );
  }
  documents.destroy();
  endpoint.stop();
  if (!held) process.exitCode = 1;
}

async function measure(
  counters: readonly { get(id: string): Record<Way, () => Promise<number>> }[],
  way: Way,
  id: string,
): Promise<Measured> {
  let calls = 0;
  let slowestMs = 0;
  const endMs = performance.now() + ROUND_MS;
  const caller = async (counter: (typeof counters)[number]) => {
    while (performance.now() < endMs) {
      const startMs = performance.now();
      await counter.get(id)[way]();
      slowestMs = Math.max(slowestMs, performance.now() - startMs);
      calls++;
    }
  };
  await Promise.all(
    counters.flatMap((counter) => Array.from({ length: CALLERS_EACH }, () => caller(counter))),
  );
  return { calls, slowestMs };
}

void main();
