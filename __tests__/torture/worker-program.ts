/** Makes the workers' program: one file, since so many of them start. */
import { join } from "node:path";
import { buildSync } from "esbuild";
import type { EngineName } from "./engine";

/** @returns the program's file, in `folder` */
export function buildWorker(folder: string, engine: EngineName): string {
  const outfile = join(folder, "worker.js");
  buildSync({
    absWorkingDir: process.cwd(),
    entryPoints: ["__tests__/torture/worker.ts"],
    outfile,
    bundle: true,
    platform: "node",
    target: "node22",
    keepNames: true,
    tsconfig: "tsconfig.json",
    // On the file no worker ever loads it.
    external: engine === "file" ? ["@aws-sdk/*"] : [],
    logLevel: "error",
  });
  return outfile;
}
