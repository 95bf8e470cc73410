/** Packs the package as `npm publish` would, then has publint and attw look at exactly that file. */
const { execFileSync } = require("node:child_process");
const { mkdtempSync, readdirSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join, resolve } = require("node:path");

const root = resolve(__dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "durable-lambda-pack-"));
try {
  run("npm", "pack", "--pack-destination", folder, "--loglevel=error");
  const [tarball] = readdirSync(folder);
  run("publint", "run", "--strict", join(folder, tarball));
  run("attw", join(folder, tarball));
} catch {
  // The tool has said what is wrong.
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(tool, ...args) {
  console.log(`> ${tool} ${args.filter((arg) => !arg.startsWith(folder)).join(" ")}`);
  execFileSync(tool, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
}
