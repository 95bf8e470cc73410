/** Runs the suites, by jest, against the endpoints of one combination of stand-ins. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Service } from "../support/endpoints";
import type { Deviation } from "./stand-ins/stand-in";

/** Where one service is. */
export interface Place {
  readonly endpoint: string;
  /** What is there. */
  readonly title: string;
  readonly deviations: readonly Deviation[];
}

/** Services without a place are the emulators that `npm test` has; of events there are none then. */
export type Places = Readonly<Partial<Record<Service, Place>>>;

export interface Outcome {
  /** What jest said, its reports of failures among it. */
  readonly output: string;
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  /** The tests that show a deviation, and so were not run. */
  readonly leftOut: readonly string[];
  /** Deviations whose tests are not there: the list says something of tests that nobody runs. */
  readonly unknown: readonly string[];
}

const ROOT = join(__dirname, "..", "..");
const CONTRACTS: Readonly<Record<Service, readonly string[]>> = {
  dynamodb: ["dynamo-store", "dynamo-calls", "dynamo-directory"],
  sqs: ["sqs-queue"],
  eventbridge: ["event-bridge-bus", "event-pattern"],
};
const END_TO_END = ["shop", "own-actors"];
const VARIABLES: Readonly<Record<Service, string>> = {
  dynamodb: "AWS_ENDPOINT_URL_DYNAMODB",
  sqs: "AWS_ENDPOINT_URL_SQS",
  eventbridge: "AWS_ENDPOINT_URL_EVENTBRIDGE",
};

/** @param deviating true to run only the tests that are left out otherwise */
export async function runSuites(
  places: Places,
  targets: string | undefined,
  deviating = false,
): Promise<Outcome> {
  const present = Object.entries(places) as [Service, Place][];
  const known = present.flatMap(([, { deviations }]) => deviations.flatMap(({ tests }) => tests));
  const contracts = present.flatMap(([service]) => CONTRACTS[service]);
  const files = [...contracts, "provision"].map((name) => `__tests__/aws/${name}.test.ts`);
  files.push(...END_TO_END.map((name) => `__tests__/conformance/${name}.test.ts`));
  const args = ["--maxWorkers=2", "--runTestsByPath", ...files.map((file) => join(ROOT, file))];
  // A pattern that never matches, where nothing deviates.
  const anyKnown = known.length === 0 ? "(?!)" : known.map(escaped).join("|");
  args.push("--testNamePattern", deviating ? anyKnown : `^(?!.*(?:${anyKnown}))`);
  const { results, output } = await jest(args, environmentOf(present, targets));

  const tests = results.testResults.flatMap(({ assertionResults }) => assertionResults);
  const named = (...statuses: string[]) =>
    tests.filter(({ status }) => statuses.includes(status)).map(({ fullName }) => fullName);
  // A file that cannot even be loaded has no tests.
  const broken = results.testResults
    .filter(({ status, assertionResults }) => status === "failed" && assertionResults.length === 0)
    .map(({ name }) => name);
  const skipped = named("pending");
  return {
    output,
    passed: named("passed"),
    failed: [...named("failed"), ...broken],
    leftOut: skipped.filter((name) => known.some((part) => name.includes(part))),
    unknown: known.filter((part) => !tests.some(({ fullName }) => fullName.includes(part))),
  };
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** What the tests find: nothing of this process's that could lead them elsewhere. */
function environmentOf(
  present: readonly [Service, Place][],
  targets: string | undefined,
): Record<string, string | undefined> {
  const others = Object.entries(process.env).filter(
    ([name]) => !/^(AWS_ENDPOINT_URL|DURABLE_|WORKFLOW_TABLE)/.test(name),
  );
  return {
    // Endpoints that are named may ask for real ones.
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    // The turns' lines; what fails, the tests say.
    LOG_LEVEL: "silent",
    ...Object.fromEntries(others),
    ...Object.fromEntries(present.map(([service, { endpoint }]) => [VARIABLES[service], endpoint])),
    DURABLE_TEST_CONFORMANCE: "1",
    ...(targets === undefined ? {} : { DURABLE_TEST_TARGET_ENDPOINT: targets }),
  };
}

/** What is read of jest's report. */
interface Results {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

async function jest(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly results: Results; readonly output: string }> {
  const folder = await mkdtemp(join(tmpdir(), "conformance-"));
  try {
    const report = join(folder, "report.json");
    const program = require.resolve("jest/bin/jest");
    const child = spawn(process.execPath, [program, ...args, "--json", "--outputFile", report], {
      cwd: ROOT,
      env,
      // The report is in the file; what jest says for people goes to its stderr.
      stdio: ["ignore", "ignore", "pipe"],
    });
    const said: string[] = [];
    child.stderr.on("data", (text) => said.push(String(text)));
    const killing = () => child.kill("SIGTERM");
    process.on("exit", killing);
    await new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
    process.off("exit", killing);
    const output = said.join("");
    const text = await readFile(report, "utf8").catch(() => {
      throw new Error(`jest made no report: ${output}`);
    });
    return { results: JSON.parse(text) as Results, output };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
