/**
 * Increments over HTTP on the embedded engine, beside the least that such a server can be: `node:http` and one
 * `node:sqlite` upsert per request, on a file with the same durability. Both run as processes of their own, in turns,
 * so that what else the machine does hits both alike.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "./support/child";
import { measure, SHAPES } from "./support/load";

const ROUNDS = 7;
const ROUND_MS = 800;
/** For each shape, before any of them is measured: the compiler takes some ten thousand calls to make up its mind about a server. */
const WARM_UP_MS = 3_000;
const GOAL = 0.75;

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "durable-bench-"));
  const floor = await startChild("bare-server", [join(folder, "bare.db")]);
  const ours = await startChild("engine-server", [join(folder, "engine.db")]);
  let held = true;
  try {
    for (const { line } of [floor, ours]) for (const shape of SHAPES) await measure(line, shape, WARM_UP_MS);
    for (const shape of SHAPES) {
      const ratios: number[] = [];
      const rates: [number, number][] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const bare = await measure(floor.line, shape, ROUND_MS);
        const engine = await measure(ours.line, shape, ROUND_MS);
        ratios.push(engine / bare);
        rates.push([bare, engine]);
      }
      const median = [...ratios].sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] as number;
      const mean = (index: 0 | 1) => Math.round(rates.reduce((sum, rate) => sum + rate[index], 0) / ROUNDS);
      held &&= median >= GOAL;
      console.log(
        `${shape.name.padEnd(24)} bare ${String(mean(0)).padStart(6)}/s   engine ${String(mean(1)).padStart(6)}/s   ` +
          `ratio ${(median * 100).toFixed(0)} % (goal ${GOAL * 100} %)`,
      );
    }
  } finally {
    floor.process.kill();
    ours.process.kill();
    rmSync(folder, { recursive: true, force: true });
  }
  if (!held) process.exitCode = 1;
}

void main();
