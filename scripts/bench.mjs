// Runs benchmarks as what users run: bundled by esbuild, on plain Node. `node scripts/bench.mjs requests cold …`; without names: all.
// What begins with `--`, and all behind it, goes to the benchmarks: `node scripts/bench.mjs costs --ms 50`.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const outdir = join(root, "node_modules/.cache/durable-lambda-bench");
const sources = (folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(root, folder, name));

buildSync({
  absWorkingDir: root,
  entryPoints: [...sources("bench"), ...sources("bench/support")],
  outbase: join(root, "bench"),
  outdir,
  bundle: true,
  packages: "external",
  platform: "node",
  target: "node22",
  tsconfig: join(root, "tsconfig.json"),
  logLevel: "error",
});

const known = readdirSync(join(root, "bench"))
  .filter((name) => name.endsWith(".ts"))
  .map((name) => name.slice(0, -".ts".length));
const given = process.argv.slice(2);
const firstOption = given.findIndex((argument) => argument.startsWith("--"));
const asked = firstOption === -1 ? given : given.slice(0, firstOption);
const options = given.slice(asked.length);
const unknown = asked.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`No benchmark is named ${unknown.join(", ")}. Known: ${known.join(", ")}.`);
  process.exit(2);
}

let failed = 0;
for (const name of asked.length > 0 ? asked : known) {
  console.log(`\n${name}`);
  const { status } = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(outdir, `${name}.js`), ...options],
    {
      cwd: root,
      stdio: "inherit",
      // Their figures are the output, and not the turns' lines; what those cost, `telemetry` says.
      env: { LOG_LEVEL: "warn", ...process.env },
    },
  );
  if (status !== 0) failed++;
}
process.exit(failed === 0 ? 0 : 1);
