/** The version of this package, by the package.json above this file, wherever that was built to. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const version = readVersion(__dirname);

function readVersion(folder: string): string {
  const path = join(folder, "package.json");
  if (!existsSync(path)) return readVersion(dirname(folder));
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
