/**
 * Plants bugs, one at a time, and has the simulation look for them: `npm run planted`. Prints by which checker each was found and in
 * which schedule. Fails when one is not found within 100.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { misuse, runCommand } from "../../support/arguments";
import { runCampaign } from "../campaign";
import { BUGS, type Bug } from "./bugs";

const SCHEDULES = 100;
const FOLDER = join(process.cwd(), "node_modules/.cache/durable-lambda-planted");

interface Found {
  readonly seed: number;
  readonly check: string;
  readonly what: string;
}

const USAGE = `npm run planted -- [--bug TEXT]

  --bug TEXT   plants only bugs with this in their names
`;

async function plant(part: string): Promise<number> {
  const bugs = BUGS.filter(({ name }) => name.includes(part));
  if (bugs.length === 0) misuse(`No bug has "${part}" in its name.`);
  const waiting = [...bugs.entries()];
  const found = new Map<Bug, Found | undefined>();
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, bug] = next;
      found.set(bug, await look(bug, join(FOLDER, `${index}.js`)));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  for (const bug of bugs) console.log(lineOf(bug, found.get(bug)));
  const missed = bugs.filter((bug) => found.get(bug) === undefined).length;
  console.log(
    `\n${bugs.length - missed} of ${bugs.length} planted bugs were found within ${SCHEDULES} schedules.`,
  );
  return missed === 0 ? 0 : 1;
}

async function look(bug: Bug, program: string): Promise<Found | undefined> {
  await build({
    absWorkingDir: process.cwd(),
    entryPoints: ["__tests__/simulation/simulate.ts"],
    outfile: program,
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node22",
    tsconfig: "tsconfig.json",
    logLevel: "error",
    plugins: [planting(bug)],
  });
  const options = { schedules: SCHEDULES, seed: 1, threads: 1, maxFailures: 1, program, chunk: 5 };
  const { failures } = await runCampaign(options, () => {});
  const [first] = failures.sort((one, other) => one.seed - other.seed);
  const violation = first?.violations[0];
  return first === undefined || violation === undefined ? undefined : { seed: first.seed, ...violation };
}

function planting(bug: Bug): Plugin {
  const edits = Map.groupBy([bug, ...(bug.also ?? [])], ({ file }) => join(process.cwd(), "lib", file));
  return {
    name: "planted bug",
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const here = edits.get(path);
        if (here === undefined) return undefined;
        const contents = here.reduce(
          (source, { find, replace }) => source.replace(find, () => replace),
          readFileSync(path, "utf8"),
        );
        return { contents, loader: "ts" };
      });
    },
  };
}

function lineOf({ name }: Bug, found: Found | undefined): string {
  if (found === undefined) return `${name.padEnd(75)} NOT FOUND`;
  return `${name.padEnd(75)} ${found.check.padEnd(14)} seed ${found.seed}`;
}

runCommand(USAGE, { bug: { type: "string", default: "" } } as const, ({ bug }) => plant(bug));
