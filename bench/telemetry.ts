/**
 * What is told of a turn costs: calls per second on the embedded engine in memory, without the lines of turns, with them, and with
 * metrics besides. Lines are made in full and then dropped, since what writing takes is the terminal's matter.
 */
import { jsonLogger } from "durable-lambda";
import { type LocalOptions, startLocal } from "durable-lambda/local";
import { Counter } from "../samples/counter/counter";

const WARM_UP_CALLS = 2_000;
const ROUNDS = 7;
const CALLS = 2_000;

const CASES: readonly (readonly [string, Partial<LocalOptions>])[] = [
  ["log off", { log: jsonLogger("warn") }],
  ["log on", { log: jsonLogger("info") }],
  ["log and metrics on", { log: jsonLogger("info"), metrics: true }],
];

async function main(): Promise<void> {
  const apps = await Promise.all(
    CASES.map(async ([name, options]) => {
      const app = await startLocal({ actors: [Counter], ...options });
      const counter = app.client.actor(Counter).get("a");
      const measure = async (calls: number): Promise<number> => {
        const startMs = performance.now();
        for (let call = 0; call < calls; call++) await counter.increment();
        return (performance.now() - startMs) / calls;
      };
      return { name, app, measure, times: [] as number[] };
    }),
  );
  const { write } = process.stdout;
  process.stdout.write = () => true;
  for (const { measure } of apps) await measure(WARM_UP_CALLS);
  // In turns, so that whatever else the machine does hits all alike.
  for (let round = 0; round < ROUNDS; round++) {
    for (const { measure, times } of apps) times.push(await measure(CALLS));
  }
  for (const { app } of apps) await app.close();
  process.stdout.write = write;
  for (const { name, times } of apps) {
    const medianMs = times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] as number;
    const perSecond = Math.round(1_000 / medianMs);
    console.log(
      `${name.padEnd(20)} ${String(perSecond).padStart(6)}/s   ${(medianMs * 1_000).toFixed(0)} µs a call`,
    );
  }
}

void main();
