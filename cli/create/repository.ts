/** The git repository of a new app. */
import { spawnSync } from "node:child_process";

/** @returns whether there is a new one: not where git is missing, nor within one that is there already */
export function initRepository(folder: string): boolean {
  const git = (...args: string[]) => spawnSync("git", args, { cwd: folder, stdio: "ignore" }).status === 0;
  return !git("rev-parse", "--git-dir") && git("init");
}
