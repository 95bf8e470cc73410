/** The file with which an app's code begins, and what its project says of it. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { UsageError } from "../output/usage-error";

/** Where it is when nobody says; the first that is there. */
const USUAL = ["src/actors", "src/index", "actors", "index"].flatMap((name) =>
  [".ts", ".mts", ".js", ".mjs"].map((extension) => name + extension),
);

/** @throws UsageError when there is none */
export function findEntry(given: string | undefined, folder: string): string {
  if (given !== undefined) {
    const path = resolve(folder, given);
    if (existsSync(path)) return path;
    throw new UsageError(`There is no file ${given} in ${folder}.`, { entry: given });
  }
  const found = USUAL.map((name) => join(folder, name)).find(existsSync);
  if (found !== undefined) return found;
  throw new UsageError(
    "No entry was found. Name the file that exports your actors or their router: durable-lambda dev src/actors.ts. " +
      `Looked for: ${USUAL.join(", ")}.`,
    { folder },
  );
}

/** True when Node takes the file for an ES module, as the package.json above it says. */
export function isModule(file: string): boolean {
  const extension = extname(file);
  if (/^\.m[jt]s$/.test(extension)) return true;
  if (/^\.c[jt]s$/.test(extension)) return false;
  return packageOf(file)?.type === "module";
}

interface PackageFile {
  readonly type?: unknown;
}

function packageOf(file: string): PackageFile | undefined {
  for (let folder = dirname(resolve(file)); ; folder = dirname(folder)) {
    const path = join(folder, "package.json");
    if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as PackageFile;
    if (folder === dirname(folder)) return undefined;
  }
}
