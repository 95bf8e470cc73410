/** Packs the packages as `npm publish` would, then has publint and attw look at exactly those files. */
const { execFileSync } = require("node:child_process");
const { mkdtempSync, readdirSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join, resolve } = require("node:path");

const root = resolve(__dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "durable-lambda-pack-"));
try {
  const [main, create] = [".", "./cli/create-durable-lambda"].map(pack);
  run("publint", "run", "--strict", main);
  run("publint", "run", "--strict", create);
  // The other one has no types.
  run("attw", main);
} catch {
  // The tool has said what is wrong.
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The file that would be published of a package. */
function pack(path) {
  const before = readdirSync(folder);
  run("npm", "pack", path, "--pack-destination", folder, "--loglevel=error");
  return join(folder, ...readdirSync(folder).filter((name) => !before.includes(name)));
}

function run(tool, ...args) {
  console.log(`> ${tool} ${args.filter((arg) => !arg.startsWith(folder)).join(" ")}`);
  execFileSync(tool, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
}
