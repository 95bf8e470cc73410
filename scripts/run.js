/**
 * Runs a file of this project on the Node that package.json pins, whatever Node the machine has:
 *
 *   node scripts/run.js <file> [arguments]
 *
 * Installs first what is missing or out of date. TypeScript goes through tsx. A program that the file starts with
 * `process.execPath` and `process.execArgv` runs in the same way, in any folder.
 *
 * It is the only file that runs on the machine's own Node. So it is CommonJS without newer syntax, and one process
 * from the install to the run: in `npm ci && node …` a shell may keep the `node` that it found before the install.
 */
const MINIMUM_MAJOR = 18;
if (Number(process.versions.node.split(".")[0]) < MINIMUM_MAJOR)
  fail(`This is Node ${process.versions.node}.`);

const { spawn, spawnSync } = require("node:child_process");
const { existsSync, readFileSync } = require("node:fs");
const { constants } = require("node:os");
const { delimiter, extname, join, resolve } = require("node:path");
const { pathToFileURL } = require("node:url");

const root = resolve(__dirname, "..");
const binaries = join(root, "node_modules", ".bin");
const pinnedNode = join(
  root,
  "node_modules",
  "node",
  "bin",
  process.platform === "win32" ? "node.exe" : "node",
);

const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node scripts/run.js <file> [arguments]");
  process.exit(2);
}
if (!isInstalled()) install();
run(file, args);

/** True when node_modules holds what package-lock.json says. Times prove nothing: a checkout changes them. */
function isInstalled() {
  const wanted = packagesOf("package-lock.json");
  const found = packagesOf("node_modules/.package-lock.json");
  if (wanted === undefined) fail("package-lock.json is missing.");
  if (found === undefined || !existsSync(pinnedNode)) return false;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === "") return true;
    return found[path] === undefined ? optional === true : found[path].version === version;
  });
}

function packagesOf(lockfile) {
  const path = join(root, lockfile);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : undefined;
}

function install() {
  console.error("Installing what is missing (npm ci) …");
  // npm must not run on the very Node that it is about to replace.
  const outside = (process.env.PATH || "").split(delimiter).filter((folder) => resolve(folder) !== binaries);
  const { status, error } = spawnSync(
    "npm",
    ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"],
    {
      cwd: root,
      env: { ...process.env, PATH: outside.join(delimiter) },
      // What npm reports goes beside the program's own output, not into it.
      stdio: ["ignore", 2, 2],
      shell: process.platform === "win32",
    },
  );
  if (status !== 0) fail(`npm ci failed${error === undefined ? "" : `: ${error.message}`}.`);
  if (!existsSync(pinnedNode)) {
    fail("npm installed no Node. Its install scripts are off: run `npm ci --ignore-scripts=false` once.");
  }
}

function run(path, programArgs) {
  const nodeArgs = ["--disable-warning=ExperimentalWarning"];
  const env = { ...process.env, PATH: binaries + delimiter + (process.env.PATH || "") };
  if (extname(path) === ".ts") {
    // Both by absolute address, so that child processes find them from any folder.
    nodeArgs.push("--import", pathToFileURL(require.resolve("tsx")).href);
    env.TSX_TSCONFIG_PATH = join(root, "tsconfig.json");
  }
  const child = spawn(pinnedNode, [...nodeArgs, resolve(root, path), ...programArgs], {
    stdio: "inherit",
    env,
  });
  child.on("error", ({ message }) => fail(`${pinnedNode} does not start: ${message}.`));
  // Ctrl-C reaches the child by itself; this process stays to pass on how the child ended.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", (signal) => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code === null ? 128 + constants.signals[signal] : code));
}

function fail(reason) {
  console.error(`${reason} durable-lambda needs npm and Node ${MINIMUM_MAJOR} or later to set itself up.`);
  process.exit(1);
}
