/**
 * Feeds the package hostile inputs, on all cores:
 *
 *   npm run fuzz -- [--inputs 2000000] [--seed 1] [--target name] [--workers 2]
 *   npm run fuzz -- --target name --seed 1 --replay 123      that one input again
 *
 * Exits with 1 when a rule was broken. The same seed makes the same inputs, however many workers there are.
 */
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { campaign, type Failure, inputOf, replay, type Slice, type Tally } from "./campaign";
import { merged, tableOf, textOf, totalsOf } from "./report";
import type { Target } from "./target";
import { TARGETS } from "./targets";

const DEFAULT_INPUTS = 2_000_000;
/** A worker that stays at one input for so long has met one that never ends. */
const STUCK_MS = 20_000;

/** As much as a process's main thread has: with more, what nests deeply would not show. */
const STACK_MB = 1;

interface Order {
  readonly target: string;
  readonly slice: Slice;
}

interface Work {
  readonly orders: readonly Order[];
  /** Where the worker is: the place of its order, and the index of its input. */
  readonly progress: Int32Array;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      inputs: { type: "string", default: String(DEFAULT_INPUTS) },
      seed: { type: "string", default: "1" },
      target: { type: "string" },
      workers: { type: "string", default: "2" },
      replay: { type: "string" },
    },
  });
  const seed = wholeNumber("seed", values.seed);
  const targets = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
  const [only] = targets;
  if (only === undefined)
    throw new Error(`--target is one of: ${TARGETS.map(({ name }) => name).join(", ")}`);
  const startedMs = performance.now();
  const tallies =
    values.replay === undefined
      ? await runOnWorkers(
          targets,
          seed,
          wholeNumber("inputs", values.inputs),
          wholeNumber("workers", values.workers),
        )
      : [await replay(only, seed, wholeNumber("replay", values.replay))];
  console.log(tableOf(tallies));
  const failures = tallies.flatMap((tally) => tally.failures);
  for (const failure of failures) console.log(`\n${textOf(failure)}`);
  console.log(`\n${totalsOf(tallies, seed, performance.now() - startedMs)}`);
  if (failures.length > 0) process.exitCode = 1;
}

async function runOnWorkers(
  targets: readonly Target[],
  seed: number,
  inputs: number,
  workers: number,
): Promise<Tally[]> {
  const weights = targets.reduce((sum, { weight }) => sum + weight, 0);
  const works = Array.from({ length: workers }, (_, worker): Work => {
    const orders = targets.map(({ name, weight }) => {
      const all = Math.ceil((inputs * weight) / weights);
      const count = Math.ceil((all - worker) / workers);
      return { target: name, slice: { seed, first: worker, step: workers, count: Math.max(0, count) } };
    });
    return { orders, progress: new Int32Array(new SharedArrayBuffer(8)) };
  });
  return merged((await Promise.all(works.map(runWorker))).flat());
}

/** The tallies of one worker; of one that is stuck or dies, those until then and what has stopped it. */
function runWorker(work: Work): Promise<Tally[]> {
  const worker = new Worker(__filename, { workerData: work, resourceLimits: { stackSizeMb: STACK_MB } });
  const tallies: Tally[] = [];
  return new Promise((resolve) => {
    let before = "";
    let sinceMs = performance.now();
    const stop = (message: string, kind: "hang" | "crash") => {
      clearInterval(watch);
      void worker.terminate();
      resolve([...tallies, stopped(work, kind, message)]);
    };
    const watch = setInterval(() => {
      const now = work.progress.join(" ");
      if (now !== before) [before, sinceMs] = [now, performance.now()];
      else if (performance.now() - sinceMs > STUCK_MS) stop(`no end after ${STUCK_MS} ms`, "hang");
    }, 1_000);
    worker.on("message", (tally: Tally) => tallies.push(tally));
    worker.on("error", (error) => stop(`the worker died: ${String(error)}`, "crash"));
    worker.on("exit", () => {
      clearInterval(watch);
      if (tallies.length === work.orders.length) resolve(tallies);
      else stop("the worker ended", "crash");
    });
  });
}

function stopped({ orders, progress }: Work, kind: Failure["kind"], message: string): Tally {
  const [place = 0, index = 0] = progress;
  const { target, slice } = orders[place] as Order;
  const { seed, step } = slice;
  const input = inputOf(TARGETS.find(({ name }) => name === target) as Target, seed, index).value;
  const failures: Failure[] = [{ target, seed, index, kind, message, input }];
  const inputs = Math.ceil((index - slice.first) / step);
  return { target, inputs, outcomes: {}, slowestMs: 0, slow: 0, busyMs: 1, broken: 1, failures };
}

async function work({ orders, progress }: Work): Promise<void> {
  for (const [place, { target, slice }] of orders.entries()) {
    const one = TARGETS.find(({ name }) => name === target) as Target;
    progress[0] = place;
    const tally = await campaign(one, slice, (index) => {
      progress[1] = index;
    });
    parentPort?.postMessage(tally);
  }
}

function wholeNumber(name: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`--${name} (${text}) is not a whole number.`);
}

if (isMainThread) void main();
else void work(workerData as Work);
