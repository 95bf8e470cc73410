/**
 * The crash test with real processes: `npm run torture -- --seconds 600 --engine aws`. Workers are killed and stopped, and
 * what they and their clients send is lost, repeated and delayed; then everything must be there once, in order.
 */
import { parseArgs } from "node:util";
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

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
  console.log(`engine ${options.engine}, seed ${options.seed}`);
  print(await runTrial({ ...options, onProgress: console.log }));
}

function readOptions(args: readonly string[]): TrialOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seconds: { type: "string" },
        kills: { type: "string" },
        messages: { type: "string" },
        engine: { type: "string", default: "file" },
        workers: { type: "string", default: "5" },
        seed: { type: "string", default: String(Date.now() % 1_000_000) },
      },
    });
    const { engine } = values;
    if (engine !== "file" && engine !== "aws") throw new Error(`--engine ${engine} is neither file nor aws.`);
    const hasCounts = values.kills !== undefined || values.messages !== undefined;
    if (hasCounts && values.seconds !== undefined)
      throw new Error("Either --seconds, or --kills and --messages.");
    return {
      engine,
      seed: whole("seed", values.seed),
      workers: whole("workers", values.workers),
      seconds: hasCounts ? undefined : whole("seconds", values.seconds ?? "60"),
      kills: values.kills === undefined ? undefined : whole("kills", values.kills),
      messages: values.messages === undefined ? undefined : whole("messages", values.messages),
      restMs: REST_MS,
    };
  } catch (problem) {
    console.error(`${(problem as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

function whole(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`--${name} ${text} is not a whole number.`);
}

function print({ figures, findings, folder }: Outcome): void {
  for (const [name, figure] of Object.entries(figures)) {
    console.log(`${name.padEnd(30)} ${figure.toLocaleString("en").padStart(10)}`);
  }
  if (findings.length === 0) return;
  for (const { kind, what } of findings.slice(0, MAX_SHOWN)) console.error(`${kind}: ${what}`);
  if (findings.length > MAX_SHOWN) console.error(`… and ${findings.length - MAX_SHOWN} more`);
  console.error(`Findings, logs and data are in ${folder}.`);
  process.exitCode = 1;
}

void main();
