/**
 * What a cold start pays for this package: the CPU time of importing the runtime entry beside that of importing
 * `@aws-sdk/lib-dynamodb`, and the size of its minified bundle, with what it is made of.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";

const ROUNDS = 15;
const MAX_IMPORT_RATIO = 0.25;
const MAX_BUNDLE_BYTES = 60 * 1_024;
const EXTERNAL = ["@aws-sdk/*", "@smithy/*", "@aws-crypto/*", "reflect-metadata", "class-transformer"];
const root = process.cwd();

/** CPU milliseconds, user and system, of one require in a fresh process. */
function importCpuMs(specifier: string): number {
  const script = `const before = process.cpuUsage(); require(${JSON.stringify(specifier)});
    const { user, system } = process.cpuUsage(before); console.log((user + system) / 1000);`;
  return Number(execFileSync(process.execPath, ["-e", script], { cwd: root, encoding: "utf8" }));
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), "durable-bench-"));
  execFileSync("npm", ["run", "--silent", "build"], { cwd: root });
  const entry = join(root, "dist/index.js");
  const ours: number[] = [];
  const sdk: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(importCpuMs(entry));
    sdk.push(importCpuMs("@aws-sdk/lib-dynamodb"));
  }
  const ratio = median(ours) / median(sdk);
  console.log(
    `import of durable-lambda ${median(ours).toFixed(1)} ms CPU   of @aws-sdk/lib-dynamodb ${median(sdk).toFixed(1)} ms   ` +
      `ratio ${(ratio * 100).toFixed(0)} % (at most ${MAX_IMPORT_RATIO * 100} %)`,
  );

  const bundle = (file: string) =>
    buildSync({
      entryPoints: [file],
      bundle: true,
      minify: true,
      platform: "node",
      target: "node22",
      write: false,
      metafile: true,
      outdir: folder,
      external: EXTERNAL,
      logLevel: "error",
    });
  const bytes = bundle(entry).outputFiles[0]?.contents.length ?? 0;
  console.log(
    `minified bundle beside SDK, reflect-metadata and class-transformer: ${bytes} bytes (at most ${MAX_BUNDLE_BYTES}), made of`,
  );
  const parts = Object.values(bundle(join(root, "lib/index.ts")).metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs),
  );
  for (const [name, { bytesInOutput }] of parts.sort((x, y) => y[1].bytesInOutput - x[1].bytesInOutput)) {
    console.log(`  ${String(bytesInOutput).padStart(6)}  ${name}`);
  }
  rmSync(folder, { recursive: true, force: true });
  if (ratio > MAX_IMPORT_RATIO || bytes > MAX_BUNDLE_BYTES) process.exitCode = 1;
}

main();
