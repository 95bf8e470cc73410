/**
 * What operations cost in dollars: each is run many times through the public API, what AWS bills is counted as it happens, and
 * multiplied with list prices. Beside it, the same on Durable Objects; and what an app costs that does nothing.
 *
 *     npm run bench:costs -- --ms 50 --mb 512 --calls 1000
 */
import { parseArgs } from "node:util";
import { SWEEP_EVERY_MS } from "../lib/wake";
import { CountedApp } from "./support/counted-app";
import { startEndpoint } from "./support/emulator";
import { ACTORS, type Bounds, OPERATIONS, type Operation } from "./support/operations";
import { type Assumed, AWS, DURABLE_OBJECTS, durableObjects, type Price } from "./support/prices";
import { dollarsOf, newUsage, type Usage } from "./support/usage";

/** The head holds as many call ids as it ever does. */
const WARM_UP_RUNS = 40;
const MONTH_MS = 30 * 86_400_000;
/** How Lambda asks an empty queue: so many requests at once, each for so long. */
const POLLERS = 5;
const POLL_MS = 20_000;
const NAME_WIDTH = 42;

interface Measured {
  readonly operation: Operation;
  readonly usage: Usage;
}

async function main(): Promise<void> {
  const { assumed, calls } = options();
  const endpoint = await startEndpoint();
  try {
    const app = await CountedApp.start(ACTORS, endpoint);
    const measured: Measured[] = [];
    for (const operation of OPERATIONS) measured.push(await measure(app, operation, calls));
    const sweep = await measureSweep(app);
    print(app, endpoint.name, measured, { calls, assumed, sweep });
    const broken = measured.flatMap(({ operation, usage }) => brokenBounds(operation, usage));
    for (const line of broken) console.log(line);
    if (broken.length > 0) process.exitCode = 1;
  } finally {
    endpoint.stop();
  }
}

interface Figures {
  readonly calls: number;
  readonly assumed: Assumed;
  readonly sweep: Usage;
}

function print(
  app: CountedApp,
  endpoint: string,
  measured: readonly Measured[],
  { calls, assumed, sweep }: Figures,
): void {
  const index = app.countsIndex ? "as well" : "computed by DynamoDB's rule, since that endpoint does not";
  console.log(`Units as counted by ${endpoint}; those of the index ${index}.`);
  console.log(`Assumed: ${assumed.ms} ms for each invocation, ${assumed.mb} MB (--ms, --mb).`);
  console.log("\nList prices, for a million");
  for (const price of [...Object.values(AWS), ...Object.values(DURABLE_OBJECTS)]) printPrice(price);
  printCounts(measured, calls);
  printDollars(measured, assumed);
  printDurableObjects(measured, assumed);
  printIdle(sweep, assumed);
}

function options(): { assumed: Assumed; calls: number } {
  const { values } = parseArgs({
    options: {
      ms: { type: "string", default: "20" },
      mb: { type: "string", default: "1024" },
      calls: { type: "string", default: "300" },
    },
    // `npm run bench -- --…` gives all benchmarks the same ones.
    strict: false,
  });
  const [ms = 0, mb = 0, calls = 0] = [values.ms, values.mb, values.calls].map(Number);
  if (!(ms > 0 && mb > 0 && calls >= 1)) {
    console.error("--ms, --mb and --calls take numbers above 0.");
    process.exit(2);
  }
  return { assumed: { ms, mb }, calls: Math.ceil(calls) };
}

async function measure(app: CountedApp, operation: Operation, calls: number): Promise<Measured> {
  await operation.prepare?.(app);
  for (let run = 0; run < WARM_UP_RUNS; run++) await operation.run(app, run);
  app.tally.take();
  for (let run = 0; run < calls; run++) await operation.run(app, WARM_UP_RUNS + run);
  return { operation, usage: app.tally.take(calls * (operation.perRun ?? 1)) };
}

async function measureSweep(app: CountedApp): Promise<Usage> {
  // Nothing is due: what reminders the operations have left are an hour away.
  await app.sweep();
  return app.tally.take();
}

function printPrice({ dollars, unit, of }: Price): void {
  console.log(`  $${String(dollars).padEnd(8)} ${unit.padEnd(13)} ${of}`);
}

function printCounts(measured: readonly Measured[], calls: number): void {
  console.log(`\nCounted for one operation, over ${calls} runs`);
  console.log(row("", ["writes", "index", "reads", "FIFO", "standard", "events", "Lambda"], 9));
  for (const { operation, usage } of measured) {
    const { writeUnits, indexUnits, readUnits, fifoRequests, standardRequests, events, invocations } = usage;
    const counts = [writeUnits, indexUnits, readUnits, fifoRequests, standardRequests, events, invocations];
    console.log(row(operation.name, counts.map(shortNumber), 9));
  }
}

function printDollars(measured: readonly Measured[], assumed: Assumed): void {
  console.log("\nDollars for a million operations");
  console.log(row("", ["DynamoDB", "SQS", "events", "Lambda", "sum", "Durable Objects"], 9));
  for (const { operation, usage } of measured) {
    const { dynamo, sqs, events, lambda, total } = dollarsOf(usage, assumed);
    const beside = durableObjects(operation.durableObjects, assumed).dollars;
    const amounts = [dynamo, sqs, events, lambda, total].map((amount) => amount.toFixed(2));
    console.log(row(operation.name, [...amounts, beside.toFixed(2).padStart(15)], 9));
  }
}

function printDurableObjects(measured: readonly Measured[], assumed: Assumed): void {
  console.log("\nDurable Objects: requests, rows, duration; for a million");
  for (const { operation } of measured) {
    const { dollars, sum } = durableObjects(operation.durableObjects, assumed);
    console.log(`${operation.name.padEnd(NAME_WIDTH)} ${sum} = $${dollars.toFixed(2)}`);
  }
}

function printIdle(sweep: Usage, assumed: Assumed): void {
  const sweeps = MONTH_MS / SWEEP_EVERY_MS;
  const polls = (POLLERS * MONTH_MS) / POLL_MS;
  const swept = dollarsOf(sweep, assumed, sweeps);
  const fifo = dollarsOf({ ...newUsage(), fifoRequests: polls }, assumed, 1).total;
  const standard = dollarsOf({ ...newUsage(), standardRequests: polls }, assumed, 1).total;
  const line = (name: string, dollars: number) =>
    console.log(`${name.padEnd(78)} ${dollars.toFixed(2).padStart(6)}`);
  console.log("\nDollars for a month of 30 days in which an app does nothing");
  line(`${sweeps} sweeps of ${sweep.readUnits} read units`, swept.dynamo);
  line(`the same, of ${sweep.invocations} invocation`, swept.lambda);
  line(`${polls} empty receives, FIFO (assumed: ${POLLERS} at once, ${POLL_MS / 1_000} s each)`, fifo);
  line(`${polls} empty receives, standard`, standard);
  line("sum", swept.total + fifo + standard);
}

/** What the documentation says is not so. */
function brokenBounds({ name, atMost }: Operation, usage: Usage): string[] {
  const counted: Bounds = {
    writes: usage.writeUnits + usage.indexUnits,
    reads: usage.readUnits,
    sqs: usage.fifoRequests + usage.standardRequests,
    invocations: usage.invocations,
  };
  return (Object.keys(counted) as (keyof Bounds)[])
    .filter((what) => counted[what] > atMost[what] + 1e-9)
    .map((what) => `${name}: ${shortNumber(counted[what])} ${what}, at most ${atMost[what]}`);
}

function row(name: string, cells: readonly string[], width: number): string {
  return name.padEnd(NAME_WIDTH) + cells.map((cell) => cell.padStart(width)).join(" ");
}

function shortNumber(value: number): string {
  return value === 0 ? "-" : String(Math.round(value * 100) / 100);
}

void main();
