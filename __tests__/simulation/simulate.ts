/**
 * The simulation as a command:
 *
 *     npm run simulate -- --schedules 1000 --seed 1      many schedules
 *     npm run simulate -- --seed 4711 --trace            one again, with everything that happens in it
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runCampaign, type Totals, workAsThread } from "./campaign";
import { faultOf, KINDS } from "./faults/catalogue";
import { runSchedule, type ScheduleResult } from "./schedule";
import { shrink } from "./shrink";

const { values } = parseArgs({
  options: {
    schedules: { type: "string" },
    seed: { type: "string", default: "1" },
    threads: { type: "string", default: String(Math.min(4, availableParallelism())) },
    /** Every kind of fault must have struck so often. */
    hits: { type: "string", default: "0" },
    /** No other faults strike, and no other errands are done, than these. */
    only: { type: "string" },
    trace: { type: "boolean", default: false },
  },
});

async function main(): Promise<number> {
  const seed = wholeNumber("seed");
  if (values.trace || values.only !== undefined) return replay(seed);
  const schedules = values.schedules === undefined ? 1_000 : wholeNumber("schedules");
  const began = performance.now();
  const options = { schedules, seed, threads: wholeNumber("threads"), maxFailures: 5 };
  const totals = await runCampaign(options, ({ schedules: done }) => {
    if (process.stdout.isTTY) process.stdout.write(`\r${done} of ${schedules} schedules`);
  });
  if (process.stdout.isTTY) process.stdout.write("\r\u001b[K");
  const isEnough = printTotals(totals, (performance.now() - began) / 1_000);
  for (const failure of totals.failures.slice(0, 5)) await printFailure(failure);
  return totals.failures.length === 0 && isEnough ? 0 : 1;
}

async function replay(seed: number): Promise<number> {
  const only = values.only === undefined ? undefined : new Set(values.only.split(","));
  const result = await runSchedule({ seed, only, keepsTrace: true });
  for (const line of result.trace) console.log(line);
  printViolations(result);
  console.log(`seed ${seed}: ${result.violations.length} violations, trace ${result.hash}`);
  return result.violations.length === 0 ? 0 : 1;
}

/** False when a kind of fault struck too rarely. */
function printTotals(totals: Totals, seconds: number): boolean {
  const { schedules, turns, committed, writes, faults, hits, hash, failures } = totals;
  const least = wholeNumber("hits");
  console.log("fault                 row   hits  what");
  for (const kind of KINDS) {
    const { row, what } = faultOf(kind);
    const count = hits.get(kind) ?? 0;
    const note = count < least ? `   fewer than ${least}` : "";
    console.log(`${kind.padEnd(20)} ${String(row).padStart(4)} ${String(count).padStart(6)}  ${what}${note}`);
  }
  const lost = (["lost-commit", "lost-acquire", "lost-write"] as const).reduce(
    (sum, kind) => sum + (hits.get(kind) ?? 0),
    0,
  );
  const of = (count: number) => (count / schedules).toFixed(1);
  console.log(
    `\n${schedules} schedules in ${seconds.toFixed(0)} s: ${of(faults)} faults, ${of(turns)} turns of which ${of(committed)} were ` +
      `committed, ${of(writes)} writes each; ${((100 * lost) / writes).toFixed(1)} % of the writes lost their response.`,
  );
  console.log(`traces ${hash.toString(16).padStart(16, "0")}`);
  console.log(`${failures.length} of the schedules failed.`);
  return KINDS.every((kind) => (hits.get(kind) ?? 0) >= least);
}

async function printFailure(failure: ScheduleResult): Promise<void> {
  const { seed } = failure;
  console.log(`\nseed ${seed} failed:`);
  printViolations(failure);
  const { names, result } = await shrink(failure);
  console.log(
    `\nwith no more than ${names.length} of its ${failure.struck.length + failure.errands.length} faults and errands:`,
  );
  for (const line of result.trace.slice(-150)) console.log(`  ${line}`);
  printViolations(result);
  console.log(`\n  npm run simulate -- --seed ${seed} --only ${names.join(",")}`);
}

function printViolations({ violations }: ScheduleResult): void {
  for (const { check, what } of violations) console.log(`  ${check}: ${what}`);
}

function wholeNumber(name: "schedules" | "seed" | "threads" | "hits"): number {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`--${name} (${values[name]}) is not a whole number.`);
  process.exit(2);
}

if (!workAsThread()) {
  void main().then((code) => {
    process.exitCode = code;
  });
}
