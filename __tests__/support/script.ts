/** Runs a TypeScript file of this repository as a process of its own, as the tests' programs do. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(__dirname, "../..");

/** Its standard output is a pipe; its standard error goes to that of the tests. */
export function startScript(script: string, args: readonly string[]): ChildProcess {
  const tsx = pathToFileURL(require.resolve("tsx")).href;
  return spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--import", tsx, join(root, script), ...args],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
      // What it prints is for the test to read, and not the lines of turns.
      env: { LOG_LEVEL: "warn", ...process.env, TSX_TSCONFIG_PATH: join(root, "tsconfig.json") },
    },
  );
}
