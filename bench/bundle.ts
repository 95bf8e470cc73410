/**
 * What an app of five actors, `samples/shop`, puts on Lambda: the size of its bundle and what it is made of, and the time that it
 * takes to load as in Lambda's init phase, beside bare handlers that are bundled in the same way.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { buildSync, type Metafile } from "esbuild";
import { FROM_RUNTIME } from "../infra/router-function";

const ROUNDS = 41;
const MAX_RATIO = 1.2;
/** Smaller packages are summed up. */
const SHOWN_BYTES = 10_000;
const root = process.cwd();

/** The app is bundled with the package as it is published, and as `ActorApp` does. */
const OF_THE_PACKAGE = {
  alias: { "durable-lambda": join(root, "dist/index.js") },
  external: [...FROM_RUNTIME],
};
const HANDLERS = {
  shop: ["samples/shop/actors.ts", OF_THE_PACKAGE],
  same: ["bench/support/bare-handler.ts", {}],
  table: ["bench/support/bare-table-handler.ts", {}],
} as const;
type Name = keyof typeof HANDLERS;
const NAMES = Object.keys(HANDLERS) as Name[];
const TITLES: Record<Name, string> = {
  shop: "five actors",
  same: "bare, with the same SDK clients",
  table: "bare, with DynamoDB's alone",
};

interface Bundle {
  readonly file: string;
  readonly bytes: number;
  readonly gzipBytes: number;
  readonly metafile: Metafile;
}

function bundle(name: Name, folder: string): Bundle {
  const [entry, options] = HANDLERS[name];
  const file = join(folder, name, "index.js");
  const { metafile } = buildSync({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "cjs",
    minify: true,
    keepNames: true,
    sourcemap: true,
    metafile: true,
    tsconfig: join(root, "tsconfig.json"),
    logLevel: "error",
    ...options,
  });
  const content = readFileSync(file);
  return { file, bytes: content.length, gzipBytes: gzipSync(content).length, metafile };
}

/** The package that a file of a bundle belongs to. */
function packageOf(path: string): string {
  const inside = path.split("node_modules/").at(-1) ?? path;
  if (inside === path) return path.startsWith("dist/") ? "durable-lambda" : "the app";
  const [scope = "", name = ""] = inside.split("/");
  return scope.startsWith("@") ? `${scope}/${name}` : scope;
}

function printParts({ metafile }: Bundle): void {
  const parts = new Map<string, number>();
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const name = packageOf(path);
      parts.set(name, (parts.get(name) ?? 0) + bytesInOutput);
    }
  }
  const bySize = [...parts].sort(([, one], [, other]) => other - one);
  const small = bySize.filter(([, bytes]) => bytes < SHOWN_BYTES);
  for (const [name, bytes] of bySize.slice(0, -small.length)) printPart(bytes, name);
  printPart(
    small.reduce((sum, [, bytes]) => sum + bytes, 0),
    `${small.length} others`,
  );
}

function printPart(bytes: number, name: string): void {
  console.log(`  ${String(bytes).padStart(7)}  ${name}`);
}

interface Time {
  /** User and system. */
  readonly cpuMs: number;
  readonly wallMs: number;
}

/** Loads a bundle in a fresh process, which believes that Lambda has started it. */
function load({ file }: Bundle): Time {
  const script = `const before = process.cpuUsage(), start = performance.now(); require(${JSON.stringify(file)});
    const wallMs = performance.now() - start, { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ cpuMs: (user + system) / 1000, wallMs }));`;
  const env = {
    AWS_LAMBDA_RUNTIME_API: "127.0.0.1:9001",
    AWS_REGION: "us-east-1",
    DURABLE_TABLE: "State",
  };
  return JSON.parse(execFileSync(process.execPath, ["-e", script], { env, encoding: "utf8" })) as Time;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function measure(bundles: Record<Name, Bundle>): Record<Name, Time[]> {
  const times: Record<Name, Time[]> = { shop: [], same: [], table: [] };
  for (let round = 0; round < ROUNDS; round++) {
    // Whatever else the machine does in a round, it does to all of them.
    for (const name of NAMES) times[name].push(load(bundles[name]));
  }
  return times;
}

/** The median of what the rounds say, each by itself. */
function ratio(ours: readonly Time[], others: readonly Time[], what: keyof Time): number {
  return median(ours.map((time, round) => time[what] / (others[round] as Time)[what]));
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), "durable-bench-"));
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  try {
    const bundles = {
      shop: bundle("shop", folder),
      same: bundle("same", folder),
      table: bundle("table", folder),
    };
    for (const name of NAMES) {
      const { bytes, gzipBytes } = bundles[name];
      const isOurs = name === "shop";
      console.log(
        `${TITLES[name].padEnd(32)} ${bytes} bytes, ${gzipBytes} gzipped${isOurs ? ", made of" : ""}`,
      );
      if (isOurs) printParts(bundles.shop);
    }
    const times = measure(bundles);
    for (const name of NAMES) {
      const [cpuMs, wallMs] = (["cpuMs", "wallMs"] as const).map((what) =>
        median(times[name].map((time) => time[what])).toFixed(1),
      );
      console.log(`init: ${TITLES[name].padEnd(32)} ${cpuMs} ms CPU, ${wallMs} ms`);
    }
    for (const name of ["same", "table"] as const) {
      const [cpu, wall] = (["cpuMs", "wallMs"] as const).map((what) => ratio(times.shop, times[name], what));
      const goal = name === "same" ? ` (at most ${MAX_RATIO}× of the CPU time)` : "";
      console.log(
        `init of five actors beside ${TITLES[name]}: ${cpu?.toFixed(2)}× CPU, ${wall?.toFixed(2)}× time${goal}`,
      );
    }
    if (ratio(times.shop, times.same, "cpuMs") > MAX_RATIO) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main();
