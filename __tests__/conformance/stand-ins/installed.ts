/** A folder for each stand-in, outside the project: the second run, and the next clone, find it there. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { NotHere } from "./stand-in";

/** A registry that does not answer is as good as none. */
const TIMEOUT_MS = 5 * 60_000;

/** @param name with the version: another one is another folder. @returns the folder, in which `install` has been through */
export async function installed(name: string, install: (folder: string) => Promise<void>): Promise<string> {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const folder = join(cache, "durable-lambda", "stand-ins", name);
  if (existsSync(folder)) return folder;
  // An install that was broken off must not look like one that is complete.
  const partial = `${folder}.${process.pid}`;
  await mkdir(partial, { recursive: true });
  try {
    await install(partial);
    await rename(partial, folder).catch((failure: unknown) => {
      // Another run may have been faster; what it has installed is the same.
      if (!existsSync(folder)) throw failure;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return folder;
}

/** Runs an installer to its end. @throws NotHere with the reason that it gave */
export async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"], timeout: TIMEOUT_MS });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => said.push(String(text)));
  const failure = await new Promise<string | undefined>((resolve) => {
    child.on("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code === "ENOENT" ? `${command} is not there` : error.message),
    );
    child.on("close", (code) => resolve(code === 0 ? undefined : `${command} failed: ${whyOf(said)}`));
  });
  if (failure !== undefined) throw new NotHere(failure);
}

/** The first line that sounds like a reason; installers have much to say afterwards. */
function whyOf(said: readonly string[]): string {
  const lines = stripVTControlCharacters(said.join("")).trim().split("\n");
  return (lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? "").slice(0, 200);
}
