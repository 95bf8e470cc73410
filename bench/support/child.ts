/** Starts one of the scripts beside this file as a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export interface Child {
  /** The first line that it printed. */
  readonly line: string;
  readonly process: ChildProcess;
}

export async function startChild(name: string, args: readonly string[] = []): Promise<Child> {
  const file = join(process.cwd(), "node_modules/.cache/durable-lambda-bench/support", `${name}.js`);
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", file, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [chunk] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  return { line: String(chunk).trim(), process: child };
}
