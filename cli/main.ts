#!/usr/bin/env node
/** `durable-lambda`: the command. Runs on whatever Node the machine has, at least far enough to say that it is too old. */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write(`durable-lambda needs Node 22.13 or later; this is Node ${process.versions.node}.\n`);
  process.exit(2);
}
// Whoever reads the output may have enough: `durable-lambda list | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
// Node says of its SQLite that it is experimental, at each start; what else it warns of is printed as ever.
const printers = process.listeners("warning");
process.removeAllListeners("warning");
process.on("warning", (warning) => {
  if (warning.name !== "ExperimentalWarning") for (const print of printers) print(warning);
});

// Only now: what is in there does not even load on an older Node.
const { run } = require("./program") as typeof import("./program");
void run(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
