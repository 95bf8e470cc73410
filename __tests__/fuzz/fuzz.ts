/**
 * Feeds the package hostile inputs, on all cores:
 *
 *   npm run fuzz -- [--inputs 2000000] [--seed 1] [--target name] [--workers 2]
 *   npm run fuzz -- --target name --seed 1 --replay 123      that one input again
 *
 * Exits with 1 when a rule was broken. The same seed makes the same inputs, however many workers there are.
 */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { misuse, oneOf, runCommand, wholeNumber } from "../support/arguments";
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

const USAGE = `npm run fuzz -- [options]

  --inputs N     how many in all; default ${DEFAULT_INPUTS}
  --seed N       default 1
  --target NAME  one of: ${TARGETS.map(({ name }) => name).join(", ")}; default: all
  --workers N    default 2
  --replay N     one input of a target again
`;

const OPTIONS = {
  inputs: { type: "string", default: String(DEFAULT_INPUTS) },
  seed: { type: "string", default: "1" },
  target: { type: "string" },
  workers: { type: "string", default: "2" },
  replay: { type: "string" },
} as const;

function print(startedMs: number, seed: number, tallies: readonly Tally[]): number {
  console.log(tableOf(tallies));
  const failures = tallies.flatMap((tally) => tally.failures);
  for (const failure of failures) console.log(`\n${textOf(failure)}`);
  console.log(`\n${totalsOf(tallies, seed, performance.now() - startedMs)}`);
  return failures.length === 0 ? 0 : 1;
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

if (!isMainThread) void work(workerData as Work);
else {
  runCommand(USAGE, OPTIONS, async (values) => {
    const startedMs = performance.now();
    const { target, replay: index } = values;
    const seed = wholeNumber("seed", values.seed);
    const names = TARGETS.map(({ name }) => name);
    const chosen = target === undefined ? names : [oneOf("target", target, names)];
    const targets = TARGETS.filter(({ name }) => chosen.includes(name));
    if (index !== undefined) {
      if (target === undefined) misuse("--replay needs a --target.");
      return print(startedMs, seed, [await replay(targets[0] as Target, seed, wholeNumber("replay", index))]);
    }
    const [inputs, workers] = [
      wholeNumber("inputs", values.inputs, 1),
      wholeNumber("workers", values.workers, 1),
    ];
    return print(startedMs, seed, await runOnWorkers(targets, seed, inputs, workers));
  });
}
