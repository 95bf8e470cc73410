// Bundles a program of this project by esbuild and runs it on plain Node: `node scripts/bundled.mjs <file.ts> [arguments]`.
import { spawn } from "node:child_process";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const [file, ...args] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node scripts/bundled.mjs <file.ts> [arguments]");
  process.exit(2);
}

const outfile = join(
  root,
  "node_modules/.cache/durable-lambda-bundled",
  relative(root, resolve(root, file)).replace(/\.ts$/, ".js"),
);
buildSync({
  absWorkingDir: root,
  entryPoints: [resolve(root, file)],
  outfile,
  bundle: true,
  packages: "external",
  platform: "node",
  target: "node22",
  sourcemap: true,
  tsconfig: join(root, "tsconfig.json"),
  logLevel: "error",
});

const child = spawn(
  process.execPath,
  ["--disable-warning=ExperimentalWarning", "--enable-source-maps", outfile, ...args],
  { cwd: root, stdio: "inherit" },
);
process.on("SIGINT", () => {});
process.on("SIGTERM", (signal) => child.kill(signal));
child.on("exit", (code) => process.exit(code ?? 1));
