/**
 * The crash test with real processes: `npm run torture -- --seconds 600 --engine aws`. Workers are killed and stopped, and
 * what they and their clients send is lost, repeated and delayed; then everything must be there once, in order.
 */
import { misuse, oneOf, runCommand, wholeNumber } from "../support/arguments";
import { type Outcome, runTrial, type TrialOptions } from "./trial";

const USAGE = `npm run torture -- [options]

  --seconds N    how long it goes on before the checks; default 60
  --kills N      goes on until so many workers were killed,
  --messages N   and so many messages were sent, instead
  --engine E     file: the embedded engine (default); aws: the AWS adapters over emulators of DynamoDB and SQS
  --workers N    processes at work at a time; default 5
  --seed N       decides whom to kill when, and what becomes of requests; default: a new one, which is printed.
                 Processes have their own time, so the same seed is not the same run.
`;

/** As long as the longest pause between two attempts of a message, and some more. */
const REST_MS = 120_000;
const MAX_SHOWN = 20;

const OPTIONS = {
  seconds: { type: "string" },
  kills: { type: "string" },
  messages: { type: "string" },
  engine: { type: "string", default: "file" },
  workers: { type: "string", default: "5" },
  seed: { type: "string", default: String(Date.now() % 1_000_000) },
} as const;

function print({ figures, findings, folder }: Outcome): number {
  for (const [name, figure] of Object.entries(figures)) {
    console.log(`${name.padEnd(30)} ${figure.toLocaleString("en").padStart(10)}`);
  }
  if (findings.length === 0) return 0;
  for (const { kind, what } of findings.slice(0, MAX_SHOWN)) console.error(`${kind}: ${what}`);
  if (findings.length > MAX_SHOWN) console.error(`… and ${findings.length - MAX_SHOWN} more`);
  console.error(`Findings, logs and data are in ${folder}.`);
  return 1;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
runCommand(USAGE, OPTIONS, async ({ seconds, kills, messages, ...values }) => {
  const hasCounts = kills !== undefined || messages !== undefined;
  if (hasCounts && seconds !== undefined) misuse("Either --seconds, or --kills and --messages.");
  const options: TrialOptions = {
    engine: oneOf("engine", values.engine, ["file", "aws"]),
    seed: wholeNumber("seed", values.seed),
    workers: wholeNumber("workers", values.workers, 1),
    seconds: hasCounts ? undefined : wholeNumber("seconds", seconds ?? "60", 1),
    kills: kills === undefined ? undefined : wholeNumber("kills", kills),
    messages: messages === undefined ? undefined : wholeNumber("messages", messages),
    restMs: REST_MS,
  };
  console.log(`engine ${options.engine}, seed ${options.seed}`);
  return print(await runTrial({ ...options, onProgress: console.log }));
});
