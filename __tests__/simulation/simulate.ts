/** The simulation as a command: many schedules, or one of them again. */
import { availableParallelism } from "node:os";
import { runCommand, wholeNumber } from "../support/arguments";
import { runCampaign, type Totals, workAsThread } from "./campaign";
import { faultOf, KINDS } from "./faults/catalogue";
import { runSchedule, type ScheduleResult } from "./schedule";
import { shrink } from "./shrink";

const USAGE = `npm run simulate -- [options]

  --schedules N   how many; default 1000
  --seed N        of the first one, and each further one has the next; default 1
  --hits N        every kind of fault must have struck so often; default 0
  --threads N     default: one for each core, at most 4
  --trace         runs one schedule, and prints all that happens in it
  --only NAMES    runs one, with no other faults and errands than these
`;

const OPTIONS = {
  schedules: { type: "string", default: "1000" },
  seed: { type: "string", default: "1" },
  hits: { type: "string", default: "0" },
  threads: { type: "string", default: String(Math.min(4, availableParallelism())) },
  only: { type: "string" },
  trace: { type: "boolean", default: false },
} as const;

async function simulate(
  schedules: number,
  seed: number,
  threads: number,
  leastHits: number,
): Promise<number> {
  const began = performance.now();
  const options = { schedules, seed, threads, maxFailures: 5 };
  const totals = await runCampaign(options, ({ schedules: done }) => {
    if (process.stdout.isTTY) process.stdout.write(`\r${done} of ${schedules} schedules`);
  });
  if (process.stdout.isTTY) process.stdout.write("\r\u001b[K");
  const isEnough = printTotals(totals, (performance.now() - began) / 1_000, leastHits);
  for (const failure of totals.failures.slice(0, 5)) await printFailure(failure);
  return totals.failures.length === 0 && isEnough ? 0 : 1;
}

async function replay(seed: number, names: string | undefined): Promise<number> {
  const only = names === undefined ? undefined : new Set(names.split(","));
  const result = await runSchedule({ seed, only, keepsTrace: true });
  for (const line of result.trace) console.log(line);
  printViolations(result);
  console.log(`seed ${seed}: ${result.violations.length} violations, trace ${result.hash}`);
  return result.violations.length === 0 ? 0 : 1;
}

/** False when a kind of fault struck too rarely. */
function printTotals(totals: Totals, seconds: number, least: number): boolean {
  const { schedules, turns, committed, writes, faults, hits, hash, failures } = totals;
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

if (!workAsThread()) {
  runCommand(USAGE, OPTIONS, async ({ schedules, seed, threads, hits, trace, only }) => {
    const first = wholeNumber("seed", seed);
    if (trace || only !== undefined) return replay(first, only);
    return simulate(
      wholeNumber("schedules", schedules, 1),
      first,
      wholeNumber("threads", threads, 1),
      wholeNumber("hits", hits),
    );
  });
}
