/** Where in the user's own code something went wrong that was thrown, as far as its stack tells. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BuildProblem } from "../inspector/api";

/** A frame of V8's: `at name (file:line:column)` or `at file:line:column`. */
const FRAME = /^\s+at (?:.*\()?((?:file:\/\/)?\/?[^()]+?):(\d+):(\d+)\)?$/;

export function problemOf(thrown: unknown): BuildProblem {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  return { message: `${thrown.name}: ${thrown.message}`, ...placeOf(String(thrown.stack)) };
}

/** The uppermost place that is neither Node's nor a package's. */
export function placeOf(stack: string): Omit<BuildProblem, "message"> {
  for (const line of stack.split("\n")) {
    const [, file, row, column] = FRAME.exec(line) ?? [];
    if (file === undefined || file.startsWith("node:") || /[\\/]node_modules[\\/]/.test(file)) continue;
    const path = file.startsWith("file:") ? fileURLToPath(file) : file;
    const place = { file: path, line: Number(row), column: Number(column) };
    const text = lineIn(path, place.line);
    return text === undefined ? place : { ...place, text };
  }
  return {};
}

function lineIn(file: string, line: number): string | undefined {
  try {
    return readFileSync(file, "utf8").split("\n")[line - 1];
  } catch {
    // A source map may name a file that is not there.
    return undefined;
  }
}
