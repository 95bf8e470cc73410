/**
 * Runs `__tests__/ric`: the bundled samples under AWS's own runtime client, which managed runtimes have too. Its native part is
 * built for about a minute on first use, into a cache outside of the project: nothing else needs it, or the tools to build it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const CLIENT = "aws-lambda-ric";
const VERSION = "4.0.2";

const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
const folder = join(cache, "durable-lambda", `${CLIENT}-${VERSION}`);
const client = join(folder, "node_modules", CLIENT, "index.mjs");

const problem = existsSync(client) ? undefined : (whyNot() ?? install());
if (problem !== undefined) {
  console.log(`skipped: ${CLIENT}@${VERSION} cannot be installed here: ${problem}`);
  process.exit(0);
}
const jest = join(import.meta.dirname, "..", "node_modules/jest/bin/jest.js");
const { status } = spawnSync(process.execPath, [jest, "__tests__/ric", ...process.argv.slice(2)], {
  stdio: "inherit",
  env: { ...process.env, DURABLE_TEST_RIC: client },
});
process.exit(status ?? 1);

/** What is missing here that is known to be needed, if anything. */
function whyNot() {
  if (process.platform !== "linux") return "its native part builds on Linux only";
  const isMissing = (tool) => spawnSync(tool, ["--version"], { stdio: "ignore" }).error !== undefined;
  const missing = ["cmake", "make", "g++", "python3", "tar", "xz"].filter(isMissing);
  return missing.length === 0 ? undefined : `${missing.join(", ")} missing`;
}

/** Beside its place first, so that it is there whole or not at all. @returns why it failed, if it did */
function install() {
  console.log(`Installing ${CLIENT}@${VERSION} into ${folder}: about a minute …`);
  const beside = `${folder}.${process.pid}`;
  mkdirSync(beside, { recursive: true });
  // Some npm run no install scripts but those that are named here.
  const project = { private: true, allowScripts: { [CLIENT]: true } };
  writeFileSync(join(beside, "package.json"), JSON.stringify(project));
  const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts=false", `${CLIENT}@${VERSION}`];
  try {
    const { status, stderr, error } = spawnSync("npm", args, { cwd: beside, encoding: "utf8" });
    if (status !== 0) return error?.message ?? lastLinesOf(stderr);
    rmSync(folder, { recursive: true, force: true });
    renameSync(beside, folder);
    return undefined;
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

function lastLinesOf(text) {
  return `npm failed\n${text.trim().split("\n").slice(-5).join("\n")}`;
}
