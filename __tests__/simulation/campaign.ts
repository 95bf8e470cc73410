/** Many schedules, on several threads; and what they add up to. */
import { once } from "node:events";
import { parentPort, Worker, workerData } from "node:worker_threads";
import type { FaultKind } from "./faults/catalogue";
import { runSchedule, type ScheduleResult } from "./schedule";

export interface CampaignOptions {
  readonly schedules: number;
  /** Of the first schedule; each further one has the next number. */
  readonly seed: number;
  readonly threads: number;
  /** Ends when so many have failed. */
  readonly maxFailures: number;
  /** The file that the threads run. Default: this one, as it is bundled. */
  readonly program?: string;
  /** How many schedules a thread gets at a time. Default 50. */
  readonly chunk?: number;
}

export interface Totals {
  schedules: number;
  turns: number;
  committed: number;
  writes: number;
  faults: number;
  readonly hits: Map<FaultKind, number>;
  /** Of all traces; the same for the same schedules. */
  hash: bigint;
  readonly failures: ScheduleResult[];
}

/** One in so many is run twice, to see that it takes the same course. */
const TWICE_EVERY = 100;
const DEFAULT_CHUNK = 50;

interface Chunk {
  readonly seed: number;
  readonly schedules: number;
}

export async function runCampaign(
  options: CampaignOptions,
  onProgress: (totals: Totals) => void,
): Promise<Totals> {
  const totals = noTotals();
  const { program = __filename, chunk: size = DEFAULT_CHUNK } = options;
  let next = options.seed;
  const endSeed = options.seed + options.schedules;
  const take = (): Chunk | undefined => {
    if (next >= endSeed || totals.failures.length >= options.maxFailures) return undefined;
    const chunk = { seed: next, schedules: Math.min(size, endSeed - next) };
    next += chunk.schedules;
    return chunk;
  };
  const add = (more: Totals) => {
    addTo(totals, more);
    onProgress(totals);
  };
  await Promise.all(Array.from({ length: options.threads }, () => runThread(program, take, add)));
  return totals;
}

/** Works on chunks, when this is the thread of a campaign. True when it is. */
export function workAsThread(): boolean {
  if ((workerData as { isCampaign?: true } | null)?.isCampaign !== true) return false;
  parentPort?.on("message", (chunk: Chunk) => {
    void runChunk(chunk).then((totals) => parentPort?.postMessage(totals));
  });
  return true;
}

async function runThread(
  program: string,
  take: () => Chunk | undefined,
  add: (totals: Totals) => void,
): Promise<void> {
  const resourceLimits = { maxYoungGenerationSizeMb: 64 };
  const worker = new Worker(program, { workerData: { isCampaign: true }, resourceLimits });
  try {
    for (let chunk = take(); chunk !== undefined; chunk = take()) {
      worker.postMessage(chunk);
      const [totals] = (await once(worker, "message")) as [Totals];
      add(totals);
    }
  } finally {
    await worker.terminate();
  }
}

async function runChunk({ seed: first, schedules }: Chunk): Promise<Totals> {
  const totals = noTotals();
  for (let seed = first; seed < first + schedules; seed++) {
    const result = await runSchedule({ seed });
    const again = seed % TWICE_EVERY === 0 ? await runSchedule({ seed }) : result;
    const violations =
      again.hash === result.hash
        ? result.violations
        : [...result.violations, { check: "same trace", what: `${result.hash}, then ${again.hash}` }];
    addResult(totals, { ...result, violations });
  }
  return totals;
}

function noTotals(): Totals {
  return {
    schedules: 0,
    turns: 0,
    committed: 0,
    writes: 0,
    faults: 0,
    hits: new Map(),
    hash: 0n,
    failures: [],
  };
}

function addResult(totals: Totals, result: ScheduleResult): void {
  const { hits, hash, turns, committed, writes, violations } = result;
  const faults = [...hits.values()].reduce((sum, count) => sum + count, 0);
  const failures = violations.length > 0 ? [result] : [];
  addTo(totals, {
    schedules: 1,
    turns,
    committed,
    writes,
    faults,
    hits: new Map(hits),
    hash: BigInt(`0x${hash}`),
    failures,
  });
}

/** In any order: threads are quicker or slower. */
function addTo(totals: Totals, more: Totals): void {
  totals.schedules += more.schedules;
  totals.turns += more.turns;
  totals.committed += more.committed;
  totals.writes += more.writes;
  totals.faults += more.faults;
  for (const [kind, count] of more.hits) totals.hits.set(kind, (totals.hits.get(kind) ?? 0) + count);
  totals.hash = BigInt.asUintN(64, totals.hash + more.hash);
  totals.failures.push(...more.failures);
}
